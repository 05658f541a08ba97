import { describe, expect, it } from "vitest";
import type { Diagnostic, Fix, SourceFile } from "#lang";
import { applySafeFixes, edit } from "../../compiler/check/fix.ts";
import { RULES } from "../../compiler/rules/index.ts";
import { compileText, compileTexts } from "../support/compile.ts";

/** `beside`: what the programs read that is no program, such as a schema. */
const recheckWith = (beside: Readonly<Record<string, string>>) => (files: readonly SourceFile[]) =>
  compileTexts({ ...beside, ...Object.fromEntries(files.map((file) => [file.path, file.text])) }, "policy.ward").diagnostics;
const recheck = recheckWith({});
const fixText = (text: string) => {
  const fixed = applySafeFixes([{ path: "policy.ward", text }], compileText(text).diagnostics, recheck);
  return { text: fixed.files[0]!.text, codes: fixed.found.map((one) => one.code), applied: fixed.applied.map((one) => one.title) };
};

const HEAD = `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }
target large = local "large" { context = 200k }
`;

describe("safe fixes", () => {
  it("take away dead arms with their lines and leave every other character alone", () => {
    const { text, codes, applied } = fixText(`${HEAD}
dispatcher d {
  // long conversations
  when request.turn > 9 -> large
  when request.turn > 20 -> small   // never
  when request.turn > 30 -> small
  otherwise -> refuse "too short" // why
}
dispatcher e { when request.stream -> small  when request.stream -> large  otherwise -> large }

model chat { route = d }
model talk { route = e  reserve = 1 }
`);
    expect(text).toBe(`${HEAD}
dispatcher d {
  // long conversations
  when request.turn > 9 -> large
  // never
  otherwise -> refuse "too short" // why
}
dispatcher e { when request.stream -> small  otherwise -> large }

model chat { route = d }
model talk { route = e  reserve = 1 }
`);
    expect(codes.filter((code) => code !== "W3001")).toEqual([]);
    expect(applied).toEqual(["remove the arm", "remove the arm", "remove the arm"]);
  });

  it("are not applied where they would bring another finding", () => {
    // Without its last use `small` would be an unused definition.
    const program = `${HEAD}
dispatcher d {
  when request.turn > 9 -> large
  when request.turn > 20 -> small
  otherwise -> large
}
model chat { route = d }
`;
    const { text, applied } = fixText(program);
    expect(applied).toEqual([]);
    expect(text).toBe(program);
  });

  it.each(RULES.map((rule) => [rule.code, rule.name, rule] as const))("of %s %s remove what they are offered for and add nothing", (_code, _name, rule) => {
    const files = { "policy.ward": rule.avoid, ...rule.files };
    const recheck = recheckWith(files);
    const before = compileTexts(files, "policy.ward");
    const after = applySafeFixes(before.sources, before.diagnostics, recheck);
    const count = (found: readonly Diagnostic[], code: string) => found.filter((one) => one.code === code).length;
    for (const code of new Set([...before.diagnostics, ...after.found].map((one) => one.code))) {
      expect(count(after.found, code)).toBeLessThanOrEqual(count(before.diagnostics, code));
    }
    expect(before.diagnostics.length - after.found.length).toBeGreaterThanOrEqual(after.applied.length);
    expect(recheck(after.files)).toEqual(after.found);
  });
});

describe("edits", () => {
  const file = { path: "a.ward", text: "0123456789" };
  const fix = (...edits: readonly (readonly [number, number, string])[]): Fix => ({ title: "", safe: true, edits: edits.map(([start, end, text]) => ({ span: { file: "a.ward", start, end }, text })) });

  it("are made at their places whatever their order", () => {
    expect(edit([file], [fix([8, 9, "x"], [0, 0, "<"]), fix([3, 5, ""])])[0]!.text).toBe("<012567x9");
  });

  it("of a fix are made all or none, where another fix was there first", () => {
    expect(edit([file], [fix([2, 4, "a"]), fix([0, 1, "b"], [3, 6, "b"]), fix([4, 5, "c"])])[0]!.text).toBe("01ac56789");
  });
});
