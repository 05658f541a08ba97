// CONCRETE SYNTAX -> conditions, values and leaves. Chains of one connective become one node here:
// `(a and b) and c` is `a and b and c`.
import type { CstNode } from "chevrotain";
import type { Condition, FactRef, Field, ListValue, Name as NameNode, NumberLiteral, PatternLiteral, RecordValue, StringLiteral, Value } from "./ast.ts";
import { type Builder, child, children, first, has, maybe, maybeChild, spanOf, tokens, tokenSpan } from "./cst.ts";
import type { Span } from "./source.ts";
import { Compare, DurationToken, K, Name, StringToken, type Token } from "./tokens.ts";

// ── conditions ───────────────────────────────────────────────────────────────────────────────────────────────

export function condition(builder: Builder, node: CstNode): Condition {
  return chain("or", children(node, "conjunction").map((one) => conjunction(builder, one)), spanOf(builder, node));
}

function conjunction(builder: Builder, node: CstNode): Condition {
  return chain("and", children(node, "negation").map((one) => negation(builder, one)), spanOf(builder, node));
}

function chain(kind: "and" | "or", conditions: readonly Condition[], span: Span): Condition {
  if (conditions.length === 1) return conditions[0]!;
  return { kind, of: conditions.flatMap((one) => (one.kind === kind ? one.of : [one])), span };
}

function negation(builder: Builder, node: CstNode): Condition {
  const span = spanOf(builder, node);
  const [inner, absent, compared] = [maybeChild(node, "condition"), maybeChild(node, "absent"), maybeChild(node, "comparison")];
  const positive: Condition = inner
    ? condition(builder, inner)
    : absent
      ? { kind: "absent", fact: factRef(builder, child(absent, "fact")), span: spanOf(builder, absent) }
      : comparison(builder, compared!);
  return tokens(node, K.not).reduceRight<Condition>((of, not) => ({ kind: "not", of, span: { ...span, start: not.startOffset } }), positive);
}

function comparison(builder: Builder, node: CstNode): Condition {
  const span = spanOf(builder, node);
  const fact = factRef(builder, child(node, "fact"));
  if (has(node, K.in)) return { kind: "in", fact, values: list(builder, child(node, "list")), span };
  const right = maybeChild(node, "value");
  if (right === null) return { kind: "truth", fact, span };
  if (has(node, K.has)) return { kind: "has", fact, value: value(builder, right), span };
  const op = first(node, Compare).image as "==" | "!=" | "<" | "<=" | ">" | ">=";
  return { kind: "compare", op, fact, value: value(builder, right), span };
}

export function factRef(builder: Builder, node: CstNode): FactRef {
  return { kind: "fact", path: tokens(node, Name).map((one) => one.image).join("."), span: spanOf(builder, node) };
}

// ── values ───────────────────────────────────────────────────────────────────────────────────────────────────

export function value(builder: Builder, node: CstNode): Value {
  const durations = tokens(node, DurationToken);
  if (durations.length === 2) {
    const [from, to] = durations.map((one) => literal(builder, one));
    if (from?.kind === "duration" && to?.kind === "duration") return { kind: "range", from, to, span: spanOf(builder, node) };
  }
  const only = Object.values(node.children)[0]![0]!;
  if (!("children" in only)) return only.tokenType === Name || (only as Token).payload === undefined ? name(builder, only as Token) : literal(builder, only as Token);
  if (only.name === "list") return list(builder, only);
  if (only.name === "record") return record(builder, only);
  const fallback = maybe(only, StringToken);
  return { kind: "env", variable: name(builder, first(only, Name)), fallback: fallback && stringLiteral(builder, fallback), span: spanOf(builder, only) };
}

export function list(builder: Builder, node: CstNode): ListValue {
  return { kind: "list", items: children(node, "value").map((one) => value(builder, one)), span: spanOf(builder, node) };
}

export function record(builder: Builder, node: CstNode): RecordValue {
  return { kind: "record", fields: fields(builder, node), span: spanOf(builder, node) };
}

export function fields(builder: Builder, node: CstNode): readonly Field[] {
  return children(node, "field").map((one) => field(builder, one));
}

export function recordFields(builder: Builder, node: CstNode): readonly Field[] {
  const body = maybeChild(node, "record");
  return body ? fields(builder, body) : [];
}

export function field(builder: Builder, node: CstNode): Field {
  const key = maybe(node, StringToken);
  return {
    kind: "field",
    name: key ? stringLiteral(builder, key) : name(builder, first(node, Name)),
    value: value(builder, child(node, "value")),
    span: spanOf(builder, node),
  };
}

// ── leaves ───────────────────────────────────────────────────────────────────────────────────────────────────

type Literals = Exclude<Value, { readonly kind: "name" | "list" | "record" | "env" | "range" }>;

function literal(builder: Builder, token: Token): Literals {
  return { ...token.payload!, span: tokenSpan(builder, token) };
}

export function stringLiteral(builder: Builder, token: Token): StringLiteral {
  return literal(builder, token) as StringLiteral;
}

export function numberLiteral(builder: Builder, token: Token): NumberLiteral {
  return literal(builder, token) as NumberLiteral;
}

export function patternLiteral(builder: Builder, token: Token): PatternLiteral {
  return literal(builder, token) as PatternLiteral;
}

export function name(builder: Builder, token: Token): NameNode {
  return { kind: "name", text: token.image, span: tokenSpan(builder, token) };
}

export function names(builder: Builder, node: CstNode): readonly NameNode[] {
  return tokens(node, Name).map((one) => name(builder, one));
}
