// In: a bound test without errors. Out: a request to rehearse, scripts, and what is expected, each with its place.
// From here on names are those of the policy, as a report says them.
import type { MockStep } from "#contracts";
import type { Span, Test } from "#lang";
import type { Rehearsal } from "#runtime";
import { fieldName, type Bound, type BoundTest } from "../bind/index.ts";
import type { Claim, FieldName } from "./claim.ts";

export type TestCase = {
  readonly node: Test;
  readonly title: string;
  readonly rehearsal: Omit<Rehearsal, "script">;
  readonly scripts: readonly Script[];
  readonly expect: readonly Expectation[];
};

/** What one attempt on a target hears. */
export type Script = { readonly target: string; readonly name: string; readonly steps: readonly MockStep[]; readonly span: Span };
export type Expectation = Claim & { readonly span: Span };

/** In the order of the text, the entry's first. The program has no errors. */
export function casesOf({ tests }: Bound): readonly TestCase[] {
  return tests.map((test) => {
    const { node, given, upstreams } = test;
    if (given === null) throw new Error("a test with errors cannot be run");
    const { model, request, messages, key } = given;
    return {
      node,
      title: node.title.value,
      rehearsal: { request: { ...request, model: model.to.name.text }, messages, key },
      scripts: upstreams.map(({ node: { span }, target, steps }) => ({ target: target.id, name: target.to.name.text, steps, span })),
      expect: expectationsOf(test),
    };
  });
}

function expectationsOf({ node, expect }: BoundTest): readonly Expectation[] {
  if (expect === null) throw new Error("a test with errors cannot be run");
  return node.expect.fields.flatMap((field): readonly Expectation[] => {
    const name = fieldName(field) as FieldName;
    const value = expect[name];
    return value === null ? [] : [{ field: name, value: plain(value), span: field.span }];
  });
}

type Named = { readonly to: { readonly name: { readonly text: string } } };

function plain(value: string | number | Named | readonly (string | Named)[]): Claim["value"] {
  if (typeof value === "string" || typeof value === "number") return value;
  return Array.isArray(value) ? value.map(nameOf) : nameOf(value as Named);
}

function nameOf(value: string | Named): string {
  return typeof value === "string" ? value : value.to.name.text;
}
