// Patterns as written: what is refused, where and with which help, and how long a match can be.
import { describe, expect, test } from "vitest";
import { longest, readPattern } from "../../../compiler/patterns/index.ts";

const read = (source: string, flags = "") => readPattern({ kind: "pattern", source, flags });

function problem(source: string, flags = "") {
  const result = read(source, flags);
  if (result.ok) throw new Error(`/${source}/${flags} was read`);
  return result.problem;
}

describe("what is no pattern", () => {
  test.each([
    ["(?=a)b", "", "not-regular", 0, 5],
    ["a(?!b)", "", "not-regular", 1, 5],
    ["x(?<=a)b", "", "not-regular", 1, 6],
    ["(?<!a)b", "", "not-regular", 0, 6],
    ["(a)b\\1", "", "not-regular", 4, 2],
    ["(?<n>a)\\k<n>", "", "not-regular", 7, 5],
    ["a((b(?=c)))+", "", "not-regular", 4, 5],
    ["a*", "", "empty", 0, 2],
    ["a?|b", "", "empty", 0, 4],
    ["", "", "empty", 0, 0],
    ["\\b", "", "empty", 0, 2],
    ["^$", "", "empty", 0, 2],
    ["(?:\\b|a)", "", "empty", 0, 8],
    ["a(", "", "syntax", 1, 1],
    ["[b-a]", "", "syntax", 4, 1],
    ["a", "gi", "syntax", 2, 1],
    ["ab", "uiu", "syntax", 5, 1],
    ["(?:a{1,100}){1,100}", "", "too-large", 0, 19],
    ["a{9999999999}", "", "too-large", 0, 13],
    ["(?:a?){4000}", "", "empty", 0, 12],
    [`(?:${"a?".repeat(1000)}b){2}`, "", "too-large", 0, 2008],
  ] as const)("/%s/%s is %s", (source, flags, kind, offset, length) => {
    expect(problem(source, flags)).toMatchObject({ kind, offset, length });
    expect(problem(source, flags).help).not.toBe("");
  });

  test("an empty text of a list is found by its place", () => {
    expect(readPattern({ kind: "any", texts: ["a", ""] })).toMatchObject({ ok: false, problem: { kind: "empty", offset: 1, length: 1 } });
    expect(readPattern({ kind: "any", texts: [] })).toMatchObject({ ok: false, problem: { kind: "empty" } });
  });

  test("a pattern that can never match is one all the same", () => {
    for (const source of ["a$b", "a^b", "[]", "a\\b\\B", "a\\Bb\\b\\w"]) expect(read(source)).toMatchObject({ ok: true, pattern: { nodes: [] } });
  });
});

describe("the longest match", () => {
  test.each([
    ["sk-\\w{20,}", "", 23, null],
    ["OldClient\\s{0,8}\\(", "", 18, 18],
    ["a|abc", "", 3, 3],
    ["ab?c?", "", 1, 3],
    ["foo\\w*\\b", "", null, null],
    ["a\\b.*", "", 1, null],
    ["a\\b |a\\B", "", 2, 2],
    ["x(?:ab|c){2,3}", "", 5, 7],
    ["(?:ab)+c", "", null, null],
    ["😀{2}", "", 2, 2],
    ["a$b", "", 1, 1],
  ] as const)("of /%s/%s is %s where the first one ends the attempt, and %s where the longest counts", (source, flags, first, whole) => {
    const result = read(source, flags);
    if (!result.ok) throw new Error(result.problem.message);
    expect([longest(result.pattern, "at-first-accept"), longest(result.pattern, "at-longest")]).toEqual([first, whole]);
  });

  test("of a list is its longest text, in characters", () => {
    const result = readPattern({ kind: "any", texts: ["ab", "😀😀😀"] });
    expect(result.ok && longest(result.pattern, "at-longest")).toBe(3);
  });
});
