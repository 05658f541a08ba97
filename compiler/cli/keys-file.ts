// The keys file on the disk: read for a gateway and kept up to date there, changed by `ward keys`. Nobody but its owner
// needs to read it, although it holds no secrets: it names customers and says what each may spend.
import { closeSync, fstatSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { KEYS_FORMAT, readKeysFile, type KeysFile } from "#contracts";
import type { KeyFindings, Running } from "#runtime";
import { kindOf, reasonOf } from "./files.ts";
import type { ServeLog } from "./serve-log.ts";
import { ok, wrong, type Io, type Result } from "./io.ts";

export type ReadKeys = { readonly file: KeysFile; readonly text: string; readonly openToOthers: boolean };

export function readKeys(cwd: string, path: string): Result<ReadKeys> {
  let text: string;
  let mode: number;
  try {
    const file = openSync(resolve(cwd, path), "r");
    try {
      mode = fstatSync(file).mode;
      text = readFileSync(file, "utf8");
    } finally {
      closeSync(file);
    }
  } catch (problem) {
    return wrong(`cannot read \`${path}\`: ${reasonOf(problem)}`, "`ward keys make` makes one");
  }
  const read = readKeysFile(text);
  return read.ok ? ok({ file: read.file, text, openToOthers: (mode & 0o077) !== 0 && process.platform !== "win32" }) : wrong(`\`${path}\` is not a keys file: ${read.message}`, "it is what `ward keys` writes");
}

/**
 * Reads the file, lets `change` say what becomes of it, and puts that in its place, whole or not at all. The draft's name
 * is the lock: of two that change it at once one is told to try again, so no revocation is written over.
 */
export function changeKeys<T>(cwd: string, path: string, change: (file: KeysFile) => Result<{ readonly file: KeysFile; readonly value: T }>): Result<T> {
  const place = resolve(cwd, path);
  const draft = `${place}.new`;
  try {
    writeFileSync(draft, "", { flag: "wx", mode: 0o600 });
  } catch (problem) {
    const taken = problem instanceof Error && "code" in problem && problem.code === "EEXIST";
    return taken ? wrong(`\`${path}\` is being changed by another \`ward keys\``, `try again; if none is running, remove \`${path}.new\``) : wrong(`cannot write \`${path}\`: ${reasonOf(problem)}`);
  }
  try {
    const old = kindOf(cwd, path) === null ? ok({ file: { format: KEYS_FORMAT, keys: [] } as KeysFile }) : readKeys(cwd, path);
    if (!old.ok) return old;
    const changed = change(old.value.file);
    if (!changed.ok) return changed;
    writeFileSync(draft, `${JSON.stringify(changed.value.file, null, 2)}\n`);
    renameSync(draft, place);
    return ok(changed.value.value);
  } catch (problem) {
    return wrong(`cannot write \`${path}\`: ${reasonOf(problem)}`);
  } finally {
    rmSync(draft, { force: true });
  }
}

const LOOK_EVERY_MS = 1_000;

/**
 * A gateway's keys as the file has them: read again when it changes and on SIGHUP. What watches a folder misses changes on
 * some file systems, and a revocation must not be missed, so the file is looked at every second too. A file that cannot be
 * used changes nothing, and is complained of once.
 */
export function keepKeys(path: string, { callers, notes, bundles }: Pick<Running, "callers" | "notes" | "bundles">, io: Io, say: ServeLog["say"]): () => void {
  let seen = "";
  let stamp = "";
  let busy: Promise<void> = Promise.resolve();
  tell(notes);
  const first = readKeys(io.cwd, path);
  if (first.ok) seen = first.value.text;
  if (first.ok && first.value.openToOthers) tell([{ message: `\`${path}\` can be read by others`, help: `\`chmod 600 ${path}\` keeps it to its owner` }]);
  stamp = stampOf(io.cwd, path);

  const look = (): void => void (busy = busy.then(again));
  const unwatch = io.watch([dirname(path)], look);
  const deaf = io.onReload(look);
  const timer = setInterval(() => {
    if (stampOf(io.cwd, path) !== stamp) look();
  }, LOOK_EVERY_MS);
  timer.unref();
  // What changed since it was read for the start.
  look();
  return () => {
    clearInterval(timer);
    unwatch();
    deaf();
  };

  async function again(): Promise<void> {
    stamp = stampOf(io.cwd, path);
    const read = readKeys(io.cwd, path);
    const text = read.ok ? read.value.text : read.problem.message;
    if (text === seen) return;
    seen = text;
    if (!read.ok) return tell([{ message: `${read.problem.message}; the keys stay as they were`, help: read.problem.help ?? "" }]);
    const { problems, notes: more }: KeyFindings = await callers!.replace(read.value.file, bundles.active);
    tell(problems.map(({ message, help }) => ({ message: `${message}; the keys stay as they were`, help })));
    if (problems.length > 0) return;
    tell(more);
    say("info", "keys read again\n");
  }

  function tell(found: readonly { readonly message: string; readonly help: string }[]): void {
    for (const { message, help } of found) say("warn", `ward: ${message}\n${help === "" ? "" : `help: ${help}\n`}`);
  }
}

/** Another one when the file is written, "" where there is none. */
export function stampOf(cwd: string, path: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(resolve(cwd, path));
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return "";
  }
}
