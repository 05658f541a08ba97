// Whether a schema can be met: never a wrong "no", never a "yes" without a value the runtime's validator accepts.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "#contracts";
import { expectationOf, type ExpectedSchema } from "#runtime/stream";
import { satisfiable } from "../../compiler/analysis/index.ts";
import { readSchema } from "../../compiler/patterns/index.ts";
import { compileTexts } from "../support/compile.ts";
import { schemaUnsatisfiable } from "../../compiler/rules/schema-unsatisfiable.ts";

const meets = (schema: Json, value: Json): boolean => {
  const read = readSchema(schema);
  if (!read.ok) throw new Error(read.problem);
  const match = { kind: "schema", schema, ...(read.patterns === null ? {} : { patterns: read.patterns }) };
  return expectationOf(match as ExpectedSchema)(JSON.stringify(value)).length === 0;
};

describe("a schema", () => {
  it.each<[string, Json, string]>([
    ["that is false", false, ""],
    ["with an empty range", { type: "number", minimum: 3, exclusiveMaximum: 3 }, ""],
    ["with no whole number in its range", { type: "integer", exclusiveMinimum: 1, exclusiveMaximum: 2 }, ""],
    ["whose values are of another type", { type: "string", enum: [1, null] }, ""],
    ["that requires what it rules out", { type: "object", required: ["a"], properties: { b: true }, additionalProperties: false }, ""],
    ["whose required property cannot be", { type: "object", required: ["a"], properties: { a: { type: "string", minLength: 2, maxLength: 1 } } }, "/properties/a"],
    ["whose parts allow no common type", { allOf: [{ type: "string" }, { type: "number" }] }, ""],
    ["with a reference to nothing possible", { $defs: { no: { type: "array", minItems: 1, items: false } }, type: "object", required: ["a"], properties: { a: { $ref: "#/$defs/no" } } }, "#/$defs/no/items"],
    ["whose every choice is impossible", { anyOf: [false, { type: "string", minLength: 3, maxLength: 1 }] }, ""],
  ])("%s is met by nothing", (_, schema, at) => {
    expect(satisfiable(schema)).toMatchObject({ kind: "no", at });
  });

  it.each<[string, Json]>([
    ["of an object", { type: "object", required: ["due", "lines"], properties: { due: { type: "string", pattern: "^\\d{4}-\\d\\d$" }, lines: { type: "array", minItems: 2, items: { $ref: "#/$defs/line" } } }, additionalProperties: false, $defs: { line: { type: "object", required: ["n"], properties: { n: { type: "integer", minimum: 7, multipleOf: 5 } } } } }],
    ["of choices", { oneOf: [{ type: "string", minLength: 3, maxLength: 1 }, { const: 4 }] }],
    ["that refers to itself", { $defs: { node: { type: "object", properties: { next: { $ref: "#/$defs/node" } } } }, $ref: "#/$defs/node" }],
    ["with an optional property that cannot be", { type: "object", properties: { a: false } }],
    ["whose impossible words are of another type", { minimum: 3, maximum: 1 }],
    ["of a text that may be empty", { type: "string", pattern: "^(?:[A-Z]{2})?$", minLength: 1 }],
    ["of a text no backtracking ends with", { type: "string", pattern: "^(a+)+$", minLength: 40 }],
    ["whose parts add up", { allOf: [{ type: "object", required: ["a"] }, { properties: { a: { const: 1 } } }] }],
  ])("%s is met by the example that is given", (_, schema) => {
    const answer = satisfiable(schema);
    expect(answer.kind).toBe("yes");
    if (answer.kind === "yes") expect(meets(schema, answer.example)).toBe(true);
  });

  it("of which nothing is known is said to be unknown", () => {
    const found = compileTexts({ "policy.ward": schemaUnsatisfiable.prefer, "invoice.schema.json": '{ "type": "integer", "not": { "multipleOf": 1 } }' }, "policy.ward").diagnostics;
    expect(found.map((one) => [one.code, one.severity])).toEqual([["W7001", "info"]]);
  });

  it("that a value meets is never called impossible", () => {
    const limits = fc.integer({ min: -2, max: 3 });
    const { schema } = fc.letrec<{ schema: Json }>((tie) => ({
      schema: fc.oneof(
        { maxDepth: 3, depthSize: "small" },
        fc.constantFrom<Json>(true, false, {}, { type: "null" }, { type: ["string", "integer"] }, { enum: [1, "a", null] }, { type: "string", enum: [1] }, { const: [] }),
        fc.record({ type: fc.constantFrom("number", "integer"), minimum: limits, maximum: limits, exclusiveMaximum: limits }, { requiredKeys: ["type"] }) as fc.Arbitrary<Json>,
        fc.record({ type: fc.constant("string"), minLength: fc.nat(2), maxLength: fc.nat(2) }, { requiredKeys: [] }) as fc.Arbitrary<Json>,
        fc.record({ type: fc.constant("array"), minItems: fc.nat(2), maxItems: fc.nat(2), items: tie("schema") }, { requiredKeys: ["type"] }) as fc.Arbitrary<Json>,
        fc.record({ type: fc.constant("object"), required: fc.subarray(["a", "b"]), maxProperties: fc.nat(2), properties: fc.record({ a: tie("schema") }, { requiredKeys: [] }), additionalProperties: tie("schema") }, { requiredKeys: ["type"] }) as fc.Arbitrary<Json>,
        fc.record({ allOf: fc.array(tie("schema"), { minLength: 1, maxLength: 2 }), anyOf: fc.array(tie("schema"), { minLength: 1, maxLength: 2 }), not: tie("schema") }, { requiredKeys: [] }) as fc.Arbitrary<Json>,
      ),
    }));
    const values: readonly Json[] = [null, true, 0, 1, -1, 2, 0.5, "", "a", "aa", [], [1], ["a", null], [[]], {}, { a: 1 }, { b: "" }, { a: null, b: 0 }, { a: [] }];
    const seen = { yes: 0, no: 0, unknown: 0 };
    fc.assert(
      fc.property(schema, (one) => {
        const answer = satisfiable(one);
        seen[answer.kind]++;
        if (answer.kind === "no") expect(values.filter((value) => meets(one, value))).toEqual([]);
        if (answer.kind === "yes") expect(meets(one, answer.example)).toBe(true);
      }),
      { numRuns: 300 },
    );
    expect(Math.min(seen.yes, seen.no)).toBeGreaterThan(10);
  });
});
