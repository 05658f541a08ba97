// What holds for every text anybody could hand the compiler: random ones, and the corpus's own with pieces taken out,
// doubled, swapped and made up.
import { readdirSync, readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CheckReport, RequestFacts } from "#contracts";
import { sortDiagnostics, type Diagnostic } from "#lang";
import { factsOf, lookup, plan } from "#runtime/plan";
import type { Compiled } from "#compiler";
import { renderGithub, renderJson, renderJunit, renderSarif, renderText } from "../../compiler/report/index.ts";
import { RULES } from "../../compiler/rules/index.ts";
import { compileText } from "../support/compile.ts";

const CORPUS = new URL("../corpus/", import.meta.url);
const programs = [
  ...readdirSync(CORPUS).filter((name) => name.endsWith(".ward")).map((name) => readFileSync(new URL(name, CORPUS), "utf8")),
  ...RULES.flatMap((rule) => [rule.avoid, rule.prefer]),
];

const WORDS = [
  ...new Set(programs.flatMap((text) => text.match(/[A-Za-z_][\w-]*|\d[\w.]*|"[^"\n]*"|\/[^/\n]+\/|->|[<>=!]=?|[{}[\](),*~;.|]|\/\/[^\n]*\n|\n/g) ?? [])),
  "$", "\\", '"""', "/*", "*/", "///", "`", "\u0000", "\u202e", "\ud800", "漢字", "👩‍👩‍👧", "9".repeat(400), "1e999", "__proto__", "constructor", "(".repeat(300), "not ".repeat(300),
];

const word = fc.constantFrom(...WORDS);
const randomText = fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.array(word, { maxLength: 80 }).map((words) => words.join(" ")), fc.array(word, { maxLength: 80 }).map((words) => `ward 1\n${words.join(" ")}`));

/** A program with a few pieces changed. */
const mutated = fc
  .tuple(fc.constantFrom(...programs), fc.array(fc.tuple(fc.nat(), fc.nat(40), fc.oneof(word, fc.constant(""), fc.constant(null))), { minLength: 1, maxLength: 4 }))
  .map(([text, changes]) =>
    changes.reduce((now, [at, length, put]) => {
      const start = now.length === 0 ? 0 : at % (now.length + 1);
      const gone = now.slice(start, start + length);
      return now.slice(0, start) + (put ?? gone + gone) + now.slice(start + length);
    }, text),
  );

describe.each([["random text", randomText, 300], ["a changed program", mutated, 500]] as const)("of %s", (_title, texts, numRuns) => {
  it("the compiler says something, and what it says stands in the text", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const compiled = compileText(text);
        expect(compiled.bundle === null).toBe(compiled.diagnostics.some((one) => one.severity === "error"));
        for (const one of compiled.diagnostics) wellFormed(one, text);
        expect(compiled.diagnostics).toEqual(sortDiagnostics(compiled.diagnostics));
        witnessesArePlanned(compiled);
      }),
      { numRuns },
    );
  });
});

describe("of any text", () => {
  it("the compiler says the same twice", () => {
    fc.assert(
      fc.property(mutated, (text) => {
        const { bundle, diagnostics } = compileText(text);
        expect(compileText(text)).toMatchObject({ bundle, diagnostics });
      }),
      { numRuns: 60 },
    );
  });

  it("every report can be drawn", () => {
    fc.assert(
      fc.property(mutated, (text) => {
        const { diagnostics, sources } = compileText(text);
        expect(renderText(diagnostics, sources, { columns: 60 })).toMatch(/[^\n]\n$/);
        expect(CheckReport.safeParse(JSON.parse(renderJson(diagnostics, sources))).error).toBeUndefined();
        expect(renderGithub(diagnostics, sources).split("\n")).toHaveLength(diagnostics.length + 1);
        expect(JSON.parse(renderSarif(diagnostics, sources, { version: "0.0.0" })).runs[0].results).toHaveLength(diagnostics.length);
        expect(renderJunit(diagnostics, sources)).toContain("</testsuites>");
      }),
      { numRuns: 60 },
    );
  });
});

function wellFormed(one: Diagnostic, text: string): void {
  for (const span of [one.span, ...one.labels.map((label) => label.span), ...(one.fixes ?? []).flatMap((fix) => fix.edits.map((edit) => edit.span))]) {
    expect(span).toMatchObject({ file: "policy.ward" });
    expect(span.start).toBeGreaterThanOrEqual(0);
    expect(span.end).toBeGreaterThanOrEqual(span.start);
    expect(span.end).toBeLessThanOrEqual(text.length);
  }
  expect(one.code).toMatch(/^W\d{4}$/);
  expect(one.message).not.toMatch(/^[A-Z][a-z]|\.$|undefined|\[object/);
}

/** A witness is a request that `ward eval` accepts and the runtime's own planner answers. */
function witnessesArePlanned({ diagnostics, policy }: Compiled): void {
  const program = policy === null ? null : lookup(policy);
  for (const { witness } of diagnostics) {
    if (witness === undefined) continue;
    const request = RequestFacts.parse(witness);
    const facts = factsOf(program!, request);
    const model = program!.modelNamed(request.model ?? "");
    if (!facts.ok || model === null) throw new Error(`not a request: ${JSON.stringify(witness)}`);
    expect(plan(program!, model, facts.facts, { keys: null }).outcome).toMatch(/^(route|refuse)$/);
  }
}
