// Sets of characters are the platform's, for every code point there is.
import { describe, expect, test } from "vitest";
import { has } from "../../../compiler/patterns/charset.ts";
import { readPattern } from "../../../compiler/patterns/index.ts";

const CONSTRUCTS = [
  "a", "K", "\\u212a", "\\u017f", "ß", "\\u1e9e", "İ", "ı", "Σ", "ς", "\\u0345", "\\ufb05", "\\u1fd3", "µ", "å", "\\u2126", "\\u01c5",
  "[a-z]", "[^a-z]", "[k]", "[^k]", "[^s]", "\\w", "\\W", "[\\W]", "[^\\W]", "[\\w-]", "\\d", "\\D", "\\s", "\\S", "[^\\S]", ".", "[\\s\\S]", "[^]", "[]", "[A-z]", "[\\u0100-\\u024f]", "[^\\u0100-\\u024f]",
];
const UNICODE_ONLY = ["\\p{L}", "\\p{Lu}", "\\P{Lu}", "[\\P{Lu}]", "[^\\P{Lu}]", "\\p{Script=Greek}", "\\u{1f600}", "[\\u{10400}-\\u{1044f}]", "\\u{10428}", "[^\\u{1f600}]"];

/** The set of a pattern of one character. */
function setOf(source: string, flags: string): readonly number[] {
  const read = readPattern({ kind: "pattern", source, flags });
  if (!read.ok) throw new Error(read.problem.message);
  return read.pattern.nodes[0]?.set ?? [];
}

/** The first code point up to `last` on which the platform says otherwise. */
function difference(source: string, flags: string, last: number): string | null {
  const set = setOf(source, flags);
  const platform = new RegExp(`^(?:${source})(?![^])`, flags);
  for (let code = 0; code <= last; code++) {
    if (platform.test(String.fromCodePoint(code)) !== has(set, code)) return `U+${code.toString(16)}`;
  }
  return null;
}

describe.each(["", "i"])("with the flags `%s`", (flags) => {
  test.each(CONSTRUCTS)("%s is what it is without `u`, for every unit", (source) => {
    expect(difference(source, flags, 0xffff)).toBeNull();
  });
});

describe.each(["u", "iu"])("with the flags `%s`", (flags) => {
  test.each([...CONSTRUCTS, ...UNICODE_ONLY])("%s is what it is, for every code point", (source) => {
    expect(difference(source, flags, 0x1ffff)).toBeNull();
  });
});

test.each([".", "\\p{Lu}", "\\P{Co}", "[^\\p{L}]"])("%s is what it is up to the last code point", (source) => {
  expect(difference(source, "isu", 0x10ffff)).toBeNull();
});

test("with `s` a dot takes line ends", () => {
  expect(difference(".", "s", 0xffff)).toBeNull();
});

describe("without `u`", () => {
  test("a set that holds every surrogate holds every character beyond U+FFFF", () => {
    for (const source of [".", "[^a]", "\\W", "\\D", "[^]", "[\\u0000-\\uffff]"]) expect(has(setOf(source, ""), 0x1f600), source).toBe(true);
    for (const source of ["\\w", "[^\\ud800-\\udfff]", "[\\ud83d]"]) expect(has(setOf(source, ""), 0x1f600), source).toBe(false);
  });

  test("a surrogate pair is the one character it spells, and a repeat behind it repeats it whole", () => {
    expect(setOf("😀", "")).toEqual([0x1f600, 0x1f600]);
    expect(setOf("\\ud83d\\ude00+", "")).toEqual([0x1f600, 0x1f600]);
    expect(setOf("[😀a]", "")).toEqual([0x61, 0x61, 0x1f600, 0x1f600]);
    expect(setOf("[\\ud800-\\udbff][\\udc00-\\udfff]", "")).toEqual([0x10000, 0x10ffff]);
  });
});

test("every character folds as it does on the platform, with and without `u`", () => {
  const cased = Array.from({ length: 0x1ffff }, (_, code) => code)
    .filter((code) => code < 0xd800 || code > 0xdfff)
    .filter((code) => /[\p{Changes_When_Casemapped}\p{Changes_When_Casefolded}]/u.test(String.fromCodePoint(code)));
  const all = cased.map((code) => String.fromCodePoint(code)).join("");
  for (const code of cased) {
    const escape = `\\u{${code.toString(16)}}`;
    const alike = [...all.matchAll(new RegExp(escape, "giu"))].map((found) => found[0].codePointAt(0)!);
    expect([...alike].filter((one) => !has(setOf(escape, "iu"), one)), escape).toEqual([]);
    expect(alike.length, escape).toBe(setOf(escape, "iu").reduce((sum, edge, at, set) => (at % 2 === 1 ? sum + edge - set[at - 1]! + 1 : sum), 0));
  }
});
