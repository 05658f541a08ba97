// SARIF as its committee published it, over everything the compiler can say; and fingerprints as a reader of many runs
// needs them.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Ajv } from "ajv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Diagnostic, SourceFile } from "#lang";
import { renderSarif } from "../../../compiler/report/index.ts";
import { RULES } from "../../../compiler/rules/index.ts";
import { compileTexts } from "../../support/compile.ts";
import { folderOf } from "../../support/ward.ts";
import { files, found } from "./sample.ts";

type Result = {
  readonly ruleId: string;
  readonly level: string;
  readonly partialFingerprints: { readonly primaryLocationLineHash: string };
  readonly locations: readonly { readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } } }[];
  readonly properties?: { readonly witness: unknown };
};
type Run = { readonly results: readonly Result[]; readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string; readonly help: { readonly text: string; readonly markdown: string } }[] } } };

const validate = official();
const render = (of: readonly Diagnostic[], sources: readonly SourceFile[]) => renderSarif(of, sources, { rules: RULES, version: "0.1.0" });
const runOf = (of: readonly Diagnostic[], sources: readonly SourceFile[]) => (JSON.parse(render(of, sources)) as { readonly runs: readonly [Run] }).runs[0];
const check = (text: string) => compileTexts({ "policy.ward": text }, "policy.ward");

describe("what the official schema asks for", () => {
  it("is really asked: a log that lacks it is refused", () => {
    expect(wrongWith({ version: "2.1.0", runs: [{}] })).toContain("must have required property 'tool'");
    expect(wrongWith({ version: "2.1.0", runs: [{ tool: { driver: { name: "x" } }, results: [{ message: { text: "x" }, level: "fatal" }] }] })).not.toBe("");
  });

  it("holds of findings of every shape, and of none", () => {
    expect(wrongWith(JSON.parse(render(found, files)))).toBe("");
    expect(wrongWith(JSON.parse(render([], [])))).toBe("");
  });

  it.each(RULES.filter((rule) => rule.foundBy === undefined).map((rule) => [rule.code, rule.name, rule] as const))("holds of what %s %s says", (_code, _name, rule) => {
    const { diagnostics, sources } = compileTexts({ "policy.ward": rule.avoid, ...rule.files }, "policy.ward");
    expect(wrongWith(JSON.parse(render(diagnostics, sources)))).toBe("");
    expect(runOf(diagnostics, sources).results.some((one) => one.ruleId === rule.code)).toBe(true);
  });

  it("holds of what the command prints, with paths relative to where it runs", async () => {
    const folder = folderOf({ "deep er/policy.ward": "ward 1\nmodel chat { route = ecko }\n" });
    for (const path of ["deep er", `${folder.path}/deep er/policy.ward`]) {
      const { out } = await folder.run(["check", path, "--format", "sarif"]);
      const log = JSON.parse(out) as { readonly runs: readonly [Run] };
      expect(wrongWith(log)).toBe("");
      expect(log.runs[0].results[0]!.locations[0]!.physicalLocation.artifactLocation.uri).toBe("deep%20er/policy.ward");
    }
  });
});

it("a rule has its code as id, and help, whether it found something or not", () => {
  const { rules } = runOf([], []).tool.driver;
  expect(rules.map((rule) => rule.id)).toEqual([...new Set(["W0001", ...RULES.map((rule) => rule.code)])].sort());
  for (const { help } of rules) {
    expect(help.text.length).toBeGreaterThan(20);
    expect(help.markdown.split("```").length % 2).toBe(1);
  }
});

it("a result carries its witness", () => {
  const request = { model: "coding", tokens: 5, facts: { "request.tags": ["pii"] } };
  expect(runOf(found, files).results[0]!.properties).toEqual({ witness: request });
});

it("a level that settings changed is the result's, not the rule's", async () => {
  const unused = 'ward 1\n\nprovider local { kind = mock }\ntarget echo = local "echo" { context = 32Ki }\ntarget spare = local "spare" { context = 32Ki }\nmodel chat { route = echo }\n';
  const folder = folderOf({ "policy.ward": unused, "ward.json": '{ "levels": { "W1004": "error" } }' });
  const { out } = await folder.run(["check", "--format", "sarif"]);
  expect((JSON.parse(out) as { readonly runs: readonly [Run] }).runs[0].results).toMatchObject([{ ruleId: "W1004", level: "error" }]);
});

describe("a fingerprint", () => {
  const program = `ward 1

provider local { kind = mock }
target echo = local "echo" { context = 32Ki }

dispatcher a {
  when request.turn > 9 -> echo
  when request.turn > 20 -> echo
  otherwise -> refuse "too short"
}
dispatcher b {
  when request.turn > 9 -> echo
  when request.turn > 20 -> echo
  otherwise -> refuse "too short"
}

model one { route = a }
model two { route = b }
`;
  const marksOf = (text: string) => {
    const { diagnostics, sources } = check(text);
    return runOf(diagnostics, sources).results.map((one) => one.partialFingerprints.primaryLocationLineHash);
  };

  it("tells equal findings on equal lines apart", () => {
    const marks = marksOf(program);
    expect(marks.length).toBeGreaterThan(1);
    expect(new Set(marks).size).toBe(marks.length);
    expect(marks.map((mark) => mark.split(":")[1])).toContain("2");
  });

  it("survives lines that move and layout that changes", () => {
    const before = marksOf(program);
    const lines = program.split("\n");
    const inserted = fc.array(fc.tuple(fc.integer({ min: 1, max: lines.length - 1 }), fc.constantFrom("", "// a note", "\n")), { maxLength: 6 });
    const spaced = fc.constantFrom("", " ", "\t", "   ");
    fc.assert(fc.property(inserted, spaced, (extra, space) => {
      const moved = lines.map((line) => (line === "" ? line : space + line));
      for (const [at, line] of extra.toSorted(([a], [b]) => b - a)) moved.splice(at, 0, line);
      expect(marksOf(moved.join("\n"))).toEqual(before);
    }), { numRuns: 25 });
  });

  it("changes with the line it is about", () => {
    const before = marksOf(program);
    const after = marksOf(program.replace("turn > 20", "turn > 21"));
    expect(after).toHaveLength(before.length);
    expect(after.filter((mark) => !before.includes(mark))).toHaveLength(1);
  });
});

/** The schema is of draft 4, of which it uses nothing that later drafts read otherwise but its own two names. */
function official(): (log: unknown) => readonly string[] {
  const path = createRequire(import.meta.url).resolve("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json");
  const { $schema: _draft, id: _id, ...schema } = JSON.parse(readFileSync(path, "utf8")) as { readonly $schema: string; readonly id: string };
  const ajv = new Ajv({
    strict: false,
    allErrors: true,
    unicodeRegExp: false,
    formats: { uri: /^[a-z][a-z0-9+.-]*:\S*$/i, "uri-reference": /^[^\s\\<>"{}|^`]*$/, "date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/ },
  });
  const compiled = ajv.compile(schema);
  return (log) => (compiled(log) ? [] : compiled.errors!.map((one) => `${one.instancePath} ${one.message}`));
}

function wrongWith(log: unknown): string {
  return validate(log).join("\n");
}
