// Lines compiled per second: parse to bundle, in memory, cold (first compile of the process) and warm.
import { compile } from "#compiler";
import { parse } from "#lang";
import { median, table } from "./figures.ts";
import { largeProgram } from "./rules.ts";

export async function benchCompiler(): Promise<string> {
  const rows: (string | number)[][] = [];
  for (const models of [10, 100, 1000]) {
    const text = largeProgram(models);
    const lines = text.split("\n").length;
    const parsing = times(() => parse({ path: "policy.ward", text }));
    const all = times(() => {
      const { bundle, diagnostics } = compile("policy.ward", { read: (path) => (path === "policy.ward" ? text : null) });
      if (bundle === null) throw new Error(`the bench's program does not compile: ${diagnostics[0]?.message}`);
    });
    rows.push([`${models} models`, lines, median(parsing), all[0]!, median(all), (lines / median(all)) * 1000]);
  }
  return table("compiler", ["", "lines", "parse ms", "whole ms, first", "whole ms, median", "lines/s"], rows);
}

function times(work: () => void): readonly number[] {
  return Array.from({ length: 5 }, () => {
    const at = performance.now();
    work();
    return performance.now() - at;
  });
}
