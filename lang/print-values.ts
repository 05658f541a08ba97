// Values and conditions -> documents.
import type { Condition, FactRef, Field, ListValue, RecordValue, Value } from "./ast.ts";
import { type Doc, group, indent, line } from "./layout.ts";
import { body, bracketed, type Entry, leaf, name, string } from "./print-body.ts";
import type { Notes } from "./print-comments.ts";
import { unreachable } from "./unreachable.ts";

export function value(notes: Notes, one: Value): Doc {
  switch (one.kind) {
    case "name":
    case "number":
    case "size":
    case "bytes":
    case "duration":
    case "money":
    case "price":
    case "percent":
      return leaf(notes, one.span, one.text);
    case "string":
      return string(notes, one);
    case "pattern":
      return leaf(notes, one.span, `/${one.source}/${one.flags}`);
    case "list":
      return list(notes, one);
    case "record":
      return record(notes, one);
    case "env":
      return [leaf(notes, one.span, "env("), name(notes, one.variable), one.fallback ? [", ", string(notes, one.fallback)] : "", ")"];
    case "range":
      return [leaf(notes, one.from.span, one.from.text), "..", leaf(notes, one.to.span, one.to.text)];
    default:
      return unreachable(one);
  }
}

export function list(notes: Notes, { items, span }: ListValue): Doc {
  return [notes.inline(span.start), bracketed(notes, "[]", { entries: items.map((one) => ({ span: one.span, print: () => value(notes, one) })), end: span.end })];
}

export function record(notes: Notes, { fields, span }: RecordValue): Doc {
  return [notes.inline(span.start), body(notes, fieldEntries(notes, fields), { shape: "wide", end: span.end })];
}

export function fieldEntries(notes: Notes, fields: readonly Field[]): readonly Entry[] {
  return fields.map((one) => ({ span: one.span, print: () => field(notes, one) }));
}

export function field(notes: Notes, { name: key, value: right }: Field): Doc {
  return [key.kind === "string" ? string(notes, key) : name(notes, key), " = ", value(notes, right)];
}

// ── conditions ───────────────────────────────────────────────────────────────────────────────────────────────

/** With no more parentheses than the same tree needs. */
export function condition(notes: Notes, one: Condition): Doc {
  switch (one.kind) {
    case "or":
    case "and":
      return group(indent(one.of.map((part, index): Doc => [index > 0 ? [line(" "), `${one.kind} `] : "", operand(notes, part, { of: one.kind })])));
    case "not":
      return [leaf(notes, one.span, "not "), operand(notes, one.of, { of: "not" })];
    case "compare":
      return [fact(notes, one.fact), ` ${one.op} `, value(notes, one.value)];
    case "has":
      return [fact(notes, one.fact), " has ", value(notes, one.value)];
    case "in":
      return [fact(notes, one.fact), " in ", list(notes, one.values)];
    case "absent":
      return [leaf(notes, one.span, "absent("), fact(notes, one.fact), ")"];
    case "truth":
      // Alone, `not` would be taken for the operator.
      return one.fact.path === "not" ? ["(", fact(notes, one.fact), ")"] : fact(notes, one.fact);
    default:
      return unreachable(one);
  }
}

function operand(notes: Notes, one: Condition, { of }: { readonly of: "and" | "or" | "not" }): Doc {
  const loose = one.kind === "or" || (one.kind === "and" && of !== "or");
  return loose || (of === "not" && seemsOperator(one)) ? ["(", condition(notes, one), ")"] : condition(notes, one);
}

/** `not has x` asks the fact `not`; to deny the fact `has`, its condition stands in parentheses. */
function seemsOperator(one: Condition): boolean {
  return (one.kind === "truth" || one.kind === "has" || one.kind === "in") && (one.fact.path === "has" || one.fact.path === "in");
}

export function fact(notes: Notes, { span, path }: FactRef): Doc {
  return leaf(notes, span, path);
}
