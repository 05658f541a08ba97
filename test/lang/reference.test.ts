// The reference is true.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse, print } from "#lang";

const reference = readFileSync(new URL("../../lang/REFERENCE.md", import.meta.url), "utf8");
const programs = [...reference.matchAll(/^```ward\n([^]*?)^```$/gm)].map(([, text]) => text!);

describe("every program of the reference", () => {
  it("is there", () => {
    expect(programs.length).toBeGreaterThan(8);
  });

  it.each(programs)("parses and is laid out as printed: %#", (program) => {
    const text = program.startsWith("ward 1") ? program : `ward 1\n\n${program}`;
    const { file, diagnostics } = parse({ path: "reference.ward", text });
    expect(diagnostics).toEqual([]);
    expect(print(file)).toBe(text);
  });
});
