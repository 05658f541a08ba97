#!/usr/bin/env node
// The process around the command: only input and output.
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { keepCompiledCode } from "./code-cache.ts";
import { tooOld } from "./engine.ts";
import type { Io } from "./io.ts";
import { watchFolders } from "./watch-folders.ts";

const io: Io = {
  cwd: process.cwd(),
  env: process.env,
  out: (line) => void process.stdout.write(line),
  err: (line) => void process.stderr.write(line),
  stdin: () => text(process.stdin),
  lines: () => createInterface({ input: process.stdin, crlfDelay: Infinity }),
  terminal: { out: process.stdout.isTTY, err: process.stderr.isTTY, columns: process.stdout.columns },
  onStop(then) {
    const stop = (): void => {
      cancel();
      then();
    };
    // A second signal finds no listener and ends the process at once.
    const cancel = (): void => void (process.off("SIGINT", stop), process.off("SIGTERM", stop));
    process.on("SIGINT", stop).on("SIGTERM", stop);
    return cancel;
  },
  onReload(then) {
    process.on("SIGHUP", then);
    return () => void process.off("SIGHUP", then);
  },
  watch: (folders, then) => watchFolders(process.cwd(), folders, then),
};

// `ward check | head`: that nobody reads further changes neither what is done nor the exit code.
process.stdout.on("error", (problem: NodeJS.ErrnoException) => {
  if (problem.code !== "EPIPE") throw problem;
});

const old = tooOld(process.versions.node);
if (old === null) {
  // Before the rest is loaded, or there is nothing to gain.
  keepCompiledCode(process.env, process.platform);
  const { ward } = await import("./ward.ts");
  process.exitCode = await ward(process.argv.slice(2), io);
} else {
  io.err(old);
  process.exitCode = 2;
}
