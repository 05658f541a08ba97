// From text to bundle: how long it takes cold (first compile of a process) and warm, and which stage takes it; and what a
// short command takes from its start to its end.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCompiler } from "./children.ts";
import type { Program } from "./compiled.ts";
import { median, table } from "./figures.ts";
import { largeProgram } from "./rules.ts";

const PROGRAMS: readonly Program[] = [
  ...[10, 100, 1000].map((models) => ({ kind: "plain", models }) as const),
  ...[10, 100].map((models) => ({ kind: "rich", models }) as const),
];

export async function benchCompiler(): Promise<string> {
  const rows: (string | number)[][] = [];
  for (const program of PROGRAMS) {
    const { lines, cold, whole, stages } = await runCompiler(program);
    rows.push([`${program.models} ${program.kind} models`, lines, cold, whole, (lines / whole) * 1000, ...stages]);
  }
  return [
    table("compiler: milliseconds of CPU, and of each stage when warm", ["", "lines", "cold", "warm", "lines/s", "parse", "bind", "patterns", "lower", "check", "emit"], rows),
    commands(),
  ].join("\n");
}

/** From source, as `npm run ward` runs it. The first run keeps the compiled code; the others use it. */
function commands(): string {
  const folder = mkdtempSync(join(tmpdir(), "ward-bench-"));
  const main = fileURLToPath(new URL("../../compiler/cli/main.ts", import.meta.url));
  const time = (words: readonly string[]): number => {
    const at = performance.now();
    const { status } = spawnSync(process.execPath, ["-C", "wardwright-source", main, ...words], { cwd: folder, stdio: "ignore", env: { ...process.env, XDG_CACHE_HOME: folder } });
    if (status !== 0) throw new Error(`\`ward ${words.join(" ")}\` ended with ${status}`);
    return performance.now() - at;
  };
  try {
    for (const models of [1, 100]) writeFileSync(join(folder, `${models}.ward`), largeProgram(models));
    const rows = [["--version"], ["fmt", "1.ward"], ["check", "1.ward"], ["check", "100.ward"]].map((words) => {
      const first = time(words);
      return [`ward ${words.join(" ")}`, first, median([time(words), time(words), time(words)])];
    });
    return table("commands, from start to end: milliseconds", ["", "first", "then"], rows);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
