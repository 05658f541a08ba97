// CONCRETE SYNTAX -> TREE. In: a concrete tree the grammar accepted. Out: the tree of ast.ts, and what the grammar lets
// pass because it only says what may stand where: a clause that must occur, or only once, or only first.
import type { CstNode, TokenType } from "chevrotain";
import type {
  Action, Alert, Alloy, Arm, By, Cascade, Declaration, Destination, Dispatcher, FactDeclaration, Facts, FactSource, FactType, Guard, Invariant, InvariantClause, Model, Part, Provider,
  Rule, RuleClause, Target, Test, Try, Upstream, UpstreamStep, Use,
} from "./ast.ts";
import { condition, factRef, field, fields, list, name, names, numberLiteral, patternLiteral, record, recordFields, stringLiteral, value } from "./build-values.ts";
import { type Builder, child, children, first, has, maybe, maybeChild, spanOf, tokens, tokenSpan } from "./cst.ts";
import { syntaxError } from "./diagnostic.ts";
import type { Span } from "./source.ts";
import { K, type Keyword, Name, NumberToken, PatternToken, StringToken } from "./tokens.ts";

export type Item =
  | { readonly kind: "edition"; readonly edition: number; readonly span: Span }
  | { readonly kind: "use"; readonly use: Use; readonly span: Span }
  | { readonly kind: "declaration"; readonly declaration: Declaration; readonly span: Span };

export const EDITION = 1;

/** Null where a part is missing that the tree cannot be without; that has been reported. */
export function buildItem(item: CstNode, builder: Builder): Item | null {
  const node = Object.values(item.children)[0]![0] as CstNode;
  const span = spanOf(builder, node);
  if (node.name === "edition") return { kind: "edition", edition: edition(builder, node), span };
  if (node.name === "use") return { kind: "use", use: use(builder, node), span };
  const declaration = DECLARATIONS[node.name as Declaration["kind"]](builder, node);
  return declaration && { kind: "declaration", declaration, span };
}

const DECLARATIONS: { readonly [kind in Declaration["kind"]]: (builder: Builder, node: CstNode) => Declaration | null } = {
  facts, provider, target, dispatcher, cascade, alloy, guard, rule, alert, model, invariant, test,
};

// ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────

function edition(builder: Builder, node: CstNode): number {
  const token = first(node, NumberToken);
  const value = numberLiteral(builder, token).value;
  if (token.image !== String(EDITION)) {
    report(builder, tokenSpan(builder, token), `edition \`${token.image}\` is not known to this version`, `this version reads \`ward ${EDITION}\``);
  }
  return value;
}

function use(builder: Builder, node: CstNode): Use {
  return { kind: "use", path: stringLiteral(builder, first(node, StringToken)), names: names(builder, child(node, "names")), span: spanOf(builder, node) };
}

function facts(builder: Builder, node: CstNode): Facts {
  return { kind: "facts", doc: docOf(node, K.facts), facts: children(node, "factDeclaration").map((one) => factDeclaration(builder, one)), span: spanOf(builder, node) };
}

function factDeclaration(builder: Builder, node: CstNode): FactDeclaration {
  const source = child(node, "factSource");
  return {
    kind: "fact-declaration",
    fact: factRef(builder, child(node, "fact")),
    type: factType(builder, child(node, "factType")),
    // The source's `from` stands outside its rule, and belongs to it.
    source: factSource(builder, source, first(node, K.from).startOffset),
    span: spanOf(builder, node),
  };
}

function factType(builder: Builder, node: CstNode): FactType {
  const span = spanOf(builder, node);
  const of = has(node, K.enum) ? "enum" : has(node, K.set) ? "set" : null;
  if (of === null) return { kind: "scalar", of: name(builder, first(node, Name)), span };
  return { kind: "choice", of, values: names(builder, child(node, "names")), span };
}

function factSource(builder: Builder, node: CstNode, start: number): FactSource {
  const from = has(node, K.key) ? "key" : has(node, K.metadata) ? "metadata" : has(node, K.trusted) ? "trusted-header" : "header";
  const title = maybe(node, StringToken);
  return { kind: "fact-source", from, name: title && stringLiteral(builder, title), span: { ...spanOf(builder, node), start } };
}

// ── declarations ─────────────────────────────────────────────────────────────────────────────────────────────

function provider(builder: Builder, node: CstNode): Provider {
  return { kind: "provider", ...declared(builder, node, K.provider), fields: recordFields(builder, node) };
}

function target(builder: Builder, node: CstNode): Target {
  return {
    kind: "target",
    ...declared(builder, node, K.target),
    provider: name(builder, first(node, Name)),
    model: stringLiteral(builder, first(node, StringToken)),
    fields: recordFields(builder, node),
  };
}

function dispatcher(builder: Builder, node: CstNode): Dispatcher | null {
  const head = declared(builder, node, K.dispatcher);
  const arms = children(node, "arm").map((one) => arm(builder, one));
  const [smallest, second] = children(node, "smallest");
  if (smallest !== undefined) {
    const stray = second === undefined ? arms[0]?.span : spanOf(builder, second);
    if (stray) report(builder, stray, "a dispatcher has either one `smallest of` or arms", "give each its own dispatcher, and name one in an arm of the other");
    return { kind: "dispatcher", ...head, body: { kind: "smallest", of: names(builder, child(smallest, "names")), span: spanOf(builder, smallest) } };
  }
  const [start, end] = [arms[0], arms.at(-1)];
  if (start === undefined || end === undefined) {
    return missing(builder, head.name.span, `dispatcher \`${head.name.text}\` has no arms`, "write `when CONDITION -> SELECTOR` and `otherwise -> SELECTOR`, or `smallest of A, B`");
  }
  return { kind: "dispatcher", ...head, body: { kind: "arms", arms, span: { file: builder.file, start: start.span.start, end: end.span.end } } };
}

function arm(builder: Builder, node: CstNode): Arm {
  const when = maybeChild(node, "condition");
  return { kind: "arm", when: when && condition(builder, when), then: destination(builder, child(node, "destination")), span: spanOf(builder, node) };
}

function destination(builder: Builder, node: CstNode): Destination {
  const span = spanOf(builder, node);
  const message = maybe(node, StringToken);
  return message ? { kind: "refuse", message: stringLiteral(builder, message), span } : { kind: "to", selector: name(builder, first(node, Name)), span };
}

function cascade(builder: Builder, node: CstNode): Cascade {
  return { kind: "cascade", ...declared(builder, node, K.cascade), fields: fields(builder, node), tries: children(node, "try").map((one) => tryStep(builder, one)) };
}

function tryStep(builder: Builder, node: CstNode): Try {
  return { kind: "try", selector: name(builder, first(node, Name)), fields: recordFields(builder, node), span: spanOf(builder, node) };
}

function alloy(builder: Builder, node: CstNode): Alloy {
  const blends = children(node, "blend");
  once(builder, blends, "blend");
  return {
    kind: "alloy",
    ...declared(builder, node, K.alloy),
    parts: blends.slice(0, 1).flatMap((blend) => children(blend, "part").map((one) => part(builder, one))),
    fields: fields(builder, node),
  };
}

function part(builder: Builder, node: CstNode): Part {
  const weight = maybe(node, NumberToken);
  return { kind: "part", selector: name(builder, first(node, Name)), weight: weight && numberLiteral(builder, weight), span: spanOf(builder, node) };
}

function guard(builder: Builder, node: CstNode): Guard | null {
  const head = declared(builder, node, K.guard);
  const [clause, second] = children(node, "guardClause");
  if (second !== undefined) report(builder, spanOf(builder, second), "a guard has one clause", "give the second its own guard: all guards of a model apply together");
  if (clause === undefined) return missing(builder, head.name.span, `guard \`${head.name.text}\` does nothing`, "write `when CONDITION then only zone NAME`, `then never …` or `then refuse \"…\"`");
  const when = maybeChild(clause, "condition");
  const message = maybe(clause, StringToken);
  return {
    kind: "guard",
    ...head,
    when: when && condition(builder, when),
    then: message
      ? { kind: "refuse", message: stringLiteral(builder, message), span: { file: builder.file, start: first(clause, K.refuse).startOffset, end: message.endOffset + 1 } }
      : fence(builder, child(clause, "fence")),
  };
}

function fence(builder: Builder, node: CstNode) {
  const kind = has(node, K.only) ? ("only" as const) : ("never" as const);
  const by: By = (["zone", "region", "provider"] as const).find((one) => has(node, K[one])) ?? "target";
  return { kind, by, names: names(builder, child(node, "names")), span: spanOf(builder, node) };
}

function alert(builder: Builder, node: CstNode): Alert {
  const conditions = children(node, "when");
  once(builder, conditions, "when");
  return { kind: "alert", ...declared(builder, node, K.alert), when: conditions[0] ? condition(builder, child(conditions[0], "condition")) : null, fields: fields(builder, node) };
}

function model(builder: Builder, node: CstNode): Model {
  return { kind: "model", ...declared(builder, node, K.model), fields: recordFields(builder, node) };
}

// ── rules ────────────────────────────────────────────────────────────────────────────────────────────────────

function rule(builder: Builder, node: CstNode): Rule {
  const channel = child(node, "channel");
  const glob = maybe(channel, StringToken);
  const on = (["text", "reasoning", "tool", "output"] as const).find((one) => has(channel, K[one])) ?? "request";
  return {
    kind: "rule",
    ...declared(builder, node, K.rule),
    channel: { kind: "channel", on, glob: glob && stringLiteral(builder, glob), span: spanOf(builder, channel) },
    clauses: children(node, "ruleClause").map((one) => ruleClause(builder, one)),
  };
}

function ruleClause(builder: Builder, clause: CstNode): RuleClause {
  const node = Object.values(clause.children)[0]![0] as CstNode;
  const span = spanOf(builder, node);
  switch (node.name as "when" | "match" | "expect" | "after" | "repeat" | "allow" | "then" | "exhausted" | "also" | "field") {
    case "when":
      return { kind: "when", condition: condition(builder, child(node, "condition")), span };
    case "match": {
      const pattern = maybe(node, PatternToken);
      return pattern ? { kind: "match", pattern: patternLiteral(builder, pattern), span } : { kind: "match-any", texts: list(builder, child(node, "list")), span };
    }
    case "expect": {
      const path = maybe(node, StringToken);
      return { kind: "expect", what: path ? "schema" : "json", path: path && stringLiteral(builder, path), span };
    }
    case "after":
      return { kind: "after", tool: stringLiteral(builder, first(node, StringToken)), turns: numberLiteral(builder, first(node, NumberToken)), span };
    case "repeat": {
      const [times, turns] = tokens(node, NumberToken);
      return { kind: "repeat", times: numberLiteral(builder, times!), turns: numberLiteral(builder, turns!), span };
    }
    case "allow":
      return { kind: "allow", names: list(builder, child(node, "list")), span };
    case "then":
      return { kind: "then", action: action(builder, child(node, "action")), span };
    case "exhausted":
      return { kind: "exhausted", action: action(builder, child(node, "action")), span };
    case "also":
      return { kind: "also-alert", alert: name(builder, first(node, Name)), span };
    case "field":
      return { kind: "option", field: field(builder, node), span };
  }
}

function action(builder: Builder, node: CstNode): Action {
  const span = spanOf(builder, node);
  if (has(node, K.retry)) return { kind: "retry", fields: recordFields(builder, node), span };
  if (has(node, K.escalate)) return { kind: "escalate", selector: name(builder, first(node, Name)), fields: recordFields(builder, node), span };
  if (has(node, K.note)) return { kind: "note", span };
  const text = stringLiteral(builder, first(node, StringToken));
  if (has(node, K.block)) return { kind: "block", message: text, span };
  if (has(node, K.redact)) return { kind: "redact", replacement: text, span };
  return { kind: has(node, K.prepend) ? "prepend" : "append", text, span };
}

// ── invariants and tests ─────────────────────────────────────────────────────────────────────────────────────

function invariant(builder: Builder, node: CstNode): Invariant {
  const title = stringLiteral(builder, first(node, StringToken));
  const models = maybeChild(node, "for");
  const when = maybeChild(node, "when");
  const clauses = children(node, "invariantClause").map((one) => invariantClause(builder, one));
  if (models === null) missing(builder, title.span, "this invariant is about no model", "begin it with `for MODEL`");
  else if (clauses.length === 0) missing(builder, title.span, "this invariant says nothing", "write `never zone NAME`, `always can NAME`, `always serves`, `attempts <= N`, `cost <= $N` or `wall <= 1m`");
  return {
    kind: "invariant",
    title,
    doc: docOf(node, K.invariant),
    models: models ? names(builder, child(models, "names")) : [],
    when: when && condition(builder, child(when, "condition")),
    clauses,
    span: spanOf(builder, node),
  };
}

function invariantClause(builder: Builder, node: CstNode): InvariantClause {
  const span = spanOf(builder, node);
  const bounds = maybeChild(node, "fence");
  if (bounds) return fence(builder, bounds);
  if (has(node, K.can)) return { kind: "always-can", capabilities: names(builder, child(node, "names")), span };
  if (has(node, K.serves)) return { kind: "always-serves", span };
  return { kind: "bound", of: has(node, K.attempts) ? "attempts" : has(node, K.cost) ? "cost" : "wall", limit: value(builder, child(node, "value")), span };
}

function test(builder: Builder, node: CstNode): Test | null {
  const title = stringLiteral(builder, first(node, StringToken));
  const [given, expected] = [children(node, "given"), children(node, "expected")];
  once(builder, given, "given");
  once(builder, expected, "expect");
  if (given[0] === undefined) missing(builder, title.span, "this test has no `given`", "write `given { model = NAME }`");
  if (expected[0] === undefined) missing(builder, title.span, "this test expects nothing", "write `expect { … }`");
  if (given[0] === undefined || expected[0] === undefined) return null;
  return {
    kind: "test",
    title,
    doc: docOf(node, K.test),
    given: record(builder, child(given[0], "record")),
    upstreams: children(node, "upstream").map((one) => upstream(builder, one)),
    expect: record(builder, child(expected[0], "record")),
    span: spanOf(builder, node),
  };
}

function upstream(builder: Builder, node: CstNode): Upstream {
  return { kind: "upstream", target: name(builder, first(node, Name)), steps: children(node, "step").map((one) => step(builder, one)), span: spanOf(builder, node) };
}

function step(builder: Builder, node: CstNode): UpstreamStep {
  const span = spanOf(builder, node);
  if (has(node, K.fails)) return { kind: "fails", status: numberLiteral(builder, first(node, NumberToken)), span };
  if (has(node, K.hangs)) return { kind: "hangs", span };
  if (has(node, K.cuts)) return { kind: "cuts", span };
  const [text, args] = tokens(node, StringToken).map((one) => stringLiteral(builder, one));
  if (has(node, K.tool)) return { kind: "tool", name: text!, arguments: args ?? null, span };
  return { kind: has(node, K.reasoning) ? "reasoning" : "text", text: text!, span };
}

/** `declared` is the head every named declaration has: its keyword, its name, `was`, and the doc above it. */
function declared(builder: Builder, node: CstNode, keyword: TokenType) {
  const identity = child(node, "identity");
  const [own, was] = names(builder, identity);
  return { name: own!, was: was ?? null, doc: docOf(node, keyword), span: spanOf(builder, node) };
}

function docOf(node: CstNode, keyword: TokenType): string | null {
  return first(node, keyword).doc;
}

// ── complaints ───────────────────────────────────────────────────────────────────────────────────────────────

function once(builder: Builder, clauses: readonly CstNode[], keyword: Keyword): void {
  const [clause, second] = clauses;
  if (clause === undefined || second === undefined) return;
  const labels = [{ span: spanOf(builder, clause), text: "the first one" }];
  builder.diagnostics.push({ ...syntaxError(spanOf(builder, second), `a second \`${keyword}\``), labels });
}

function missing(builder: Builder, span: Span, message: string, help: string): null {
  if (!builder.incomplete) report(builder, span, message, help);
  return null;
}

function report(builder: Builder, span: Span, message: string, help: string): void {
  builder.diagnostics.push(syntaxError(span, message, help));
}
