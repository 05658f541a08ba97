// Programs that people wrote, against each other: those by which the checks explain themselves.
import { expect, test } from "vitest";
import { Difference } from "#contracts";
import { RULES } from "#compiler";
import { diff, differenceAsGithub, differenceAsMarkdown, differenceAsText, type Program } from "../../../compiler/diff/index.ts";
import { compileText } from "../../support/compile.ts";

/** The one program that is there to be too large takes its time to be found so. */
const LARGE = "W0004";

const programs = RULES.filter((one) => one.code !== LARGE).flatMap((one) => [one.avoid, one.prefer]).flatMap((text): Program[] => {
  if (typeof text !== "string") return [];
  const { bundle } = compileText(text);
  return bundle === null ? [] : [{ bundle, label: "policy.ward", folder: "", text: () => text }];
});

test("can be compared, every witness confirmed, and be told in every format", () => {
  expect(programs.length).toBeGreaterThan(50);
  let [same, different] = [0, 0];
  for (const [at, old] of programs.entries()) {
    for (const now of [old, programs[(at + 1) % programs.length]!, programs[(at + 17) % programs.length]!]) {
      const difference = diff(old, now);
      expect(difference.proved).toBe(true);
      if (old === now) expect(difference.same).toBe(true);
      expect(Difference.parse(difference)).toEqual(difference);
      for (const text of [differenceAsText(difference), differenceAsMarkdown(difference, { old: "old", now: "now" }), differenceAsGithub(difference, { failOn: "stricter", folder: "" })]) {
        expect(text.endsWith("\n") && !text.includes("undefined")).toBe(true);
      }
      if (difference.same) same++;
      else different++;
    }
  }
  expect(same).toBeGreaterThanOrEqual(programs.length);
  expect(different).toBeGreaterThan(50);
});
