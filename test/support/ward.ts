// Runs the `ward` command inside the test's own process, in a folder of its own.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { onTestFinished } from "vitest";
import type { Io } from "../../compiler/cli/io.ts";
import { ward } from "../../compiler/cli/ward.ts";

export type Run = { readonly code: number; readonly out: string; readonly err: string };
export type RunOptions = { readonly env?: Io["env"]; readonly stdin?: string; readonly terminal?: boolean };

export type Folder = {
  readonly path: string;
  read(path: string): string;
  write(path: string, text: string): void;
  run(words: readonly string[], options?: RunOptions): Promise<Run>;
};

/** A fresh folder with these files; removed when the test is over. */
export function folderOf(files: { readonly [path: string]: string }): Folder {
  const path = mkdtempSync(join(tmpdir(), "ward-cli-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  const folder: Folder = {
    path,
    read: (name) => readFileSync(join(path, name), "utf8"),
    write(name, text) {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), text);
    },
    run: (words, options) => runIn(path, words, options),
  };
  for (const [name, text] of Object.entries(files)) folder.write(name, text);
  return folder;
}

export type Started = {
  readonly url: string;
  /** As Ctrl-C does; resolves when the command has ended. */
  stop(): Promise<Run>;
  /** As SIGHUP does. */
  reload(): void;
  /** As a change in a watched folder does. */
  change(): void;
  /** What it has said to standard error so far. */
  readonly err: string;
};

/** Runs a command that goes on until it is stopped, here until the test is over at the latest. */
export async function startIn(cwd: string, words: readonly string[], { env = {} }: RunOptions = {}): Promise<Started> {
  let out = "";
  let err = "";
  let stop = (): void => undefined;
  const reloads = new Set<() => void>();
  const changes = new Set<() => void>();
  const { promise: ready, resolve: tellReady } = Promise.withResolvers<void>();
  const io: Io = {
    cwd,
    env,
    out(text) {
      out += text;
      tellReady();
    },
    err: (text) => void (err += text),
    stdin: () => Promise.resolve(""),
    lines: () => Readable.from([]),
    terminal: { out: false, err: false, columns: undefined },
    onStop(then) {
      stop = then;
      return () => undefined;
    },
    onReload(then) {
      reloads.add(then);
      return () => void reloads.delete(then);
    },
    watch(_, then) {
      changes.add(then);
      return () => void changes.delete(then);
    },
  };
  const ended = ward(words, io).then((code): Run => ({ code, out, err }));
  const first = await Promise.race([ready, ended]);
  if (first !== undefined) throw new Error(`\`ward ${words.join(" ")}\` ended with ${first.code}: ${first.err}`);
  const started: Started = {
    url: /http:\/\/[^\s/]+/.exec(out)![0],
    reload: () => reloads.forEach((then) => then()),
    change: () => changes.forEach((then) => then()),
    get err() {
      return err;
    },
    stop() {
      stop();
      return ended;
    },
  };
  onTestFinished(async () => void (await started.stop()));
  return started;
}

export async function runIn(cwd: string, words: readonly string[], { env = {}, stdin = "", terminal = false }: RunOptions = {}): Promise<Run> {
  let out = "";
  let err = "";
  const code = await ward(words, {
    cwd,
    env,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    stdin: () => Promise.resolve(stdin),
    lines: () => Readable.from(stdin.split("\n")),
    terminal: { out: terminal, err: terminal, columns: undefined },
    onStop: () => () => undefined,
    onReload: () => () => undefined,
    watch: () => () => undefined,
  });
  return { code, out, err };
}
