// `ward check --watch`: a pass for each change that changes something, until it is asked to stop.
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Io } from "../../compiler/cli/io.ts";
import { ward } from "../../compiler/cli/ward.ts";
import { watchFolders } from "../../compiler/cli/watch-folders.ts";
import { folderOf, type Folder } from "../support/ward.ts";

const head = 'ward 1\n\nprovider local { kind = mock }\ntarget echo = local "echo" { context = 32Ki }\n';
const good = `${head}model chat { route = echo }\n`;
const bad = `${head}model chat { route = ecko }\n`;
const OK = "ok: nothing found in 1 file\n";

/** A command under way: what it has printed, what it watches, and the world's side of its ports. */
function watched(folder: Folder, words: readonly string[], watch?: Io["watch"]) {
  const printed: string[] = [];
  const errors: string[] = [];
  const seen = { folders: [] as readonly string[], open: 0, changed: () => undefined as void, stop: () => undefined as void };
  const { promise: next, resolve } = Promise.withResolvers<void>();
  let told = resolve;
  const io: Io = {
    cwd: folder.path,
    env: {},
    out(text) {
      printed.push(text);
      told();
    },
    err: (text) => void errors.push(text),
    stdin: () => Promise.resolve(""),
    lines: () => Readable.from([]),
    terminal: { out: false, err: false, columns: undefined },
    onStop(then) {
      seen.stop = then;
      return () => undefined;
    },
    onReload: () => () => undefined,
    watch: watch ?? ((folders, then) => {
      seen.folders = folders;
      seen.open += 1;
      seen.changed = then;
      return () => void (seen.open -= 1);
    }),
  };
  let waiting = next;
  const code = ward(["check", "--watch", ...words], io);
  return {
    code, printed, errors, seen,
    /** Resolves when a result has been printed that was not waited for before. */
    async printedAgain() {
      await waiting;
      const after = Promise.withResolvers<void>();
      waiting = after.promise;
      told = after.resolve;
    },
  };
}

describe("by a clock of the test's own", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("it checks at once, again after each change, and ends with the last result when it is stopped", async () => {
    const folder = folderOf({ "policy.ward": good });
    const run = watched(folder, []);
    await run.printedAgain();
    expect(run.printed).toEqual([OK]);
    folder.write("policy.ward", bad);
    run.seen.changed();
    await vi.runAllTimersAsync();
    expect(run.printed).toEqual([OK, expect.stringContaining("error[W1001")]);
    run.seen.stop();
    expect(await run.code).toBe(1);
    expect(run.seen.open).toBe(0);
    expect(run.errors.every((text) => text === "watching; Ctrl-C ends\n")).toBe(true);
  });

  test("changes that come together are one", async () => {
    const folder = folderOf({ "policy.ward": good });
    const run = watched(folder, []);
    await run.printedAgain();
    for (let times = 0; times < 5; times++) {
      folder.write("policy.ward", `${good}// ${times}\n`);
      run.seen.changed();
      await vi.advanceTimersByTimeAsync(10);
    }
    await vi.runAllTimersAsync();
    expect(run.printed).toEqual([OK, OK]);
    run.seen.stop();
    expect(await run.code).toBe(0);
  });

  test("a folder in which something always changes is looked at all the same", async () => {
    const folder = folderOf({ "policy.ward": good });
    const run = watched(folder, []);
    await run.printedAgain();
    folder.write("policy.ward", bad);
    for (let times = 0; times < 200; times++) {
      run.seen.changed();
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(run.printed).toHaveLength(2);
    run.seen.stop();
    await run.code;
  });

  test("a change that changes nothing says nothing: its own report does not set it off", async () => {
    const folder = folderOf({ "policy.ward": good });
    const run = watched(folder, []);
    await run.printedAgain();
    folder.write("report.txt", run.printed.join(""));
    run.seen.changed();
    await vi.runAllTimersAsync();
    expect(run.printed).toEqual([OK]);
    run.seen.stop();
    await run.code;
  });

  test("what changed between the first look and the watch is not missed", async () => {
    const folder = folderOf({ "policy.ward": good });
    const run = watched(folder, []);
    await run.printedAgain();
    folder.write("policy.ward", bad);
    await vi.runAllTimersAsync();
    expect(run.printed).toHaveLength(2);
    run.seen.stop();
    await run.code;
  });

  test("it watches the folders of everything it read or missed, and follows a program to others", async () => {
    const folder = folderOf({ "team/policy.ward": good, "lib/more/echo.ward": `${head}` });
    const run = watched(folder, ["team"]);
    await run.printedAgain();
    expect(run.seen.folders).toEqual([".", "team"]);
    folder.write("team/policy.ward", 'ward 1\nuse "../lib/more/echo.ward" { echo }\nuse "../gone/x.ward" { x }\nmodel chat { route = echo }\n');
    run.seen.changed();
    await vi.runAllTimersAsync();
    expect(run.seen.folders).toEqual([".", "gone", "lib/more", "team"]);
    expect(run.seen.open).toBe(1);
    run.seen.stop();
    await run.code;
  });

  test("a broken ward.json is told, and a mended one goes on", async () => {
    const folder = folderOf({ "policy.ward": good, "ward.json": "{" });
    const run = watched(folder, []);
    await vi.runAllTimersAsync();
    expect(run.errors).toEqual(["ward: ward.json:1:2: this is not JSON: expected a key in quotes\n", "watching; Ctrl-C ends\n"]);
    folder.write("ward.json", "{}");
    run.seen.changed();
    await vi.runAllTimersAsync();
    expect(run.printed).toEqual([OK]);
    run.seen.stop();
    expect(await run.code).toBe(0);
  });

  test("with `--fix` each pass repairs what it can, and its own writing is no change", async () => {
    const arms = (dead: string) => `${head}dispatcher d {\n  when request.turn > 9 -> echo\n${dead}  otherwise -> refuse "too short"\n}\nmodel chat { route = d }\n`;
    const folder = folderOf({ "policy.ward": arms("") });
    const run = watched(folder, ["--fix"]);
    await run.printedAgain();
    folder.write("policy.ward", arms("  when request.turn > 20 -> echo\n"));
    run.seen.changed();
    await vi.runAllTimersAsync();
    expect(folder.read("policy.ward")).toBe(arms(""));
    run.seen.changed();
    await vi.runAllTimersAsync();
    expect(run.errors.filter((text) => text.includes("1 fix in 1 file"))).toHaveLength(1);
    run.seen.stop();
    await run.code;
  });
});

test("on a disk, a write, a new file and a file put in place of another are changes", async () => {
  const folder = folderOf({ "policy.ward": good });
  const run = watched(folder, [], (folders, then) => watchFolders(folder.path, folders, then));
  await run.printedAgain();
  folder.write("policy.ward", bad);
  await run.printedAgain();
  expect(run.printed.at(-1)).toContain("error[W1001");
  folder.write("other.ward", good.replace("chat", "talk"));
  await run.printedAgain();
  expect(run.printed.at(-1)).toContain("in 2 files");
  const { renameSync } = await import("node:fs");
  folder.write("draft", good);
  renameSync(`${folder.path}/draft`, `${folder.path}/policy.ward`);
  await run.printedAgain();
  expect(run.printed.at(-1)).toBe("ok: nothing found in 2 files\n");
  run.seen.stop();
  expect(await run.code).toBe(0);
});
