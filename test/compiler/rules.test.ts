// Every rule of the catalogue, by the programs it states itself.
import { describe, expect, it } from "vitest";
import { RULES, rulesNamed } from "../../compiler/rules/index.ts";
import type { Explained } from "../../compiler/rules/rule.ts";
import { explain } from "../../compiler/report/index.ts";
import { uncoveredIn } from "../../compiler/test/index.ts";
import { compileTexts } from "../support/compile.ts";

const found = async (rule: Explained, text: string) => {
  const compiled = compileTexts({ "policy.ward": text, ...rule.files }, "policy.ward");
  return rule.foundBy === undefined ? compiled.diagnostics : [...compiled.diagnostics, ...(await uncoveredIn(compiled))];
};
const about = (rule: Explained) => (one: { readonly code: string; readonly name: string }) => one.code === rule.code && one.name === rule.name;

describe.each(RULES.map((rule) => [`${rule.code} ${rule.name}`, rule] as const))("%s", (_title, rule) => {
  it("is found in the program to avoid, and no other error is", async () => {
    const all = await found(rule, rule.avoid);
    expect(all.map((one) => `${one.code} ${one.name}`)).toContain(`${rule.code} ${rule.name}`);
    expect(all.filter(about(rule)).map((one) => one.severity)).toContain(rule.severity);
    expect(all.filter((one) => one.severity === "error" && !about(rule)(one))).toEqual([]);
  });

  it("and everything else is gone from the program to prefer", async () => {
    expect(await found(rule, rule.prefer)).toEqual([]);
  });

  it("states its law and its reason as others read them", () => {
    expect(rule.code).toMatch(/^W\d{4}$/);
    expect(rule.name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    for (const text of [rule.law, rule.because]) expect(text).toMatch(/^[a-z`].*[^.]$/);
    expect(explain(rule)).toContain(rule.law);
  });
});

describe("the catalogue", () => {
  it("lists each rule once, in the order of codes", () => {
    const keys = RULES.map((rule) => `${rule.code} ${rule.name}`);
    expect(keys).toEqual([...new Set(keys)].sort());
  });

  it("finds a rule by its code and by its name, in any case", () => {
    for (const rule of RULES) {
      expect(rulesNamed(rule.code.toLowerCase())).toContain(rule);
      expect(rulesNamed(rule.name)).toEqual([rule]);
    }
    expect(rulesNamed("W0999")).toEqual([]);
  });
});
