import * as fc from "fast-check";
import { expect, test } from "vitest";
import { lineDiff } from "../../compiler/cli/line-diff.ts";

const diff = (before: string, after: string) => lineDiff({ path: "a.ward", before, after }, (_role, text) => text);

test("equal texts have no difference", () => {
  expect(diff("a\nb\n", "a\nb\n")).toBe("");
});

test("a difference shows three lines around each change, and joins changes that are near", () => {
  const before = Array.from({ length: 20 }, (_, n) => `line ${n + 1}`);
  const after = before.with(4, "changed").toSpliced(15, 1);
  expect(diff(`${before.join("\n")}\n`, `${after.join("\n")}\n`)).toBe(
    [
      "--- a.ward", "+++ a.ward (formatted)",
      "@@ -2,7 +2,7 @@", " line 2", " line 3", " line 4", "-line 5", "+changed", " line 6", " line 7", " line 8",
      "@@ -13,7 +13,6 @@", " line 13", " line 14", " line 15", "-line 16", " line 17", " line 18", " line 19", "",
    ].join("\n"),
  );
});

test("a last line without its line break is said", () => {
  expect(diff("a", "a\n")).toBe("--- a.ward\n+++ a.ward (formatted)\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n");
});

test("the text before, patched with the difference, is the text after", () => {
  const line = fc.constantFrom("a", "b", "c", "");
  const text = fc.array(line, { maxLength: 30 }).map((lines) => lines.map((one) => `${one}\n`).join(""));
  fc.assert(
    fc.property(text, text, (before, after) => {
      expect(patched(before, diff(before, after))).toBe(after);
    }),
    { numRuns: 300 },
  );
});

/** Applies a unified diff, and is strict about every number and every line of context in it. */
function patched(before: string, difference: string): string {
  const lines = before.split("\n").slice(0, -1);
  const out: string[] = [];
  let at = 0;
  for (const hunk of difference.split(/^(?=@@)/m).slice(difference === "" ? 0 : 1).filter((one) => one !== "")) {
    const [head, ...body] = hunk.split("\n").slice(0, -1);
    const [, start, count = "1", fresh, freshCount = "1"] = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@$/.exec(head!)!;
    out.push(...lines.slice(at, (at = Number(start) - (count === "0" ? 0 : 1))));
    expect(out.length).toBe(Number(fresh) - (freshCount === "0" ? 0 : 1));
    expect(body.filter((one) => one[0] !== "+")).toHaveLength(Number(count));
    expect(body.filter((one) => one[0] !== "-")).toHaveLength(Number(freshCount));
    const old = body.filter((one) => one[0] !== "+").map((one) => one.slice(1));
    expect(lines.slice(at, (at += old.length))).toEqual(old);
    out.push(...body.filter((one) => one[0] !== "-").map((one) => one.slice(1)));
  }
  return [...out, ...lines.slice(at)].map((one) => `${one}\n`).join("");
}
