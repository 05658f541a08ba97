// TREE -> TEXT, the one canonical layout. In: the tree of a file that parses. Out: text that parses to the same tree,
// with the same comments in the same order; printing that again changes nothing.
//
// Declarations and their uses stand in the order of the tree, one empty line between two declarations. Clauses stand in
// the order of the text. Two spaces of indentation, no columns are aligned, lines are at most 120 columns where they can
// break. One empty line the author left between two clauses is kept.
import type { Action, Condition, Declaration, FactSource, FactType, File, GuardClause, InvariantClause, RuleClause, Test, UpstreamStep, Use } from "./ast.ts";
import { type Doc, group, hardLine, indent, layOut, line } from "./layout.ts";
import { body, bracketed, commas, type Entry, leaf, name, nameEntry, partEntry, type Shape, string } from "./print-body.ts";
import { type Notes, notesOf } from "./print-comments.ts";
import { condition, fact, field, fieldEntries, list, record, value } from "./print-values.ts";
import type { Span } from "./source.ts";
import { unreachable } from "./unreachable.ts";

export function print(file: File): string {
  const notes = notesOf(file);
  const docs: Doc[] = [];
  let from = 0;
  let first = true;
  const put = ({ span, print: printIt }: Entry, { blank, doc }: { readonly blank: "kept" | "always"; readonly doc: string | null }) => {
    const gap = notes.gap({ from, to: span.start, between: hardLine, blank: first ? "never" : blank });
    docs.push(gap.comments, isNothing(gap.comments) && first ? "" : gap.end);
    if (doc !== null && !gap.documented) docs.push(doc.split("\n").map((text): Doc => [text === "" ? "///" : `/// ${text}`, hardLine()]));
    docs.push(printIt());
    from = span.end;
    first = false;
  };
  const { edition, editionSpan } = file;
  if (editionSpan) put({ span: editionSpan, print: () => ["ward ", notes.inline(editionSpan.end), `${edition}`] }, { blank: "kept", doc: null });
  for (const one of file.uses) put({ span: one.span, print: () => use(notes, one) }, { blank: "kept", doc: null });
  for (const one of file.declarations) put({ span: one.span, print: () => declaration(notes, one) }, { blank: "always", doc: one.doc });
  docs.push(notes.gap({ from, to: Infinity, between: () => "", blank: first ? "never" : "kept" }).comments);
  const text = layOut(docs).replace(/^\n+/, "");
  return text === "" ? "" : `${text}\n`;
}

function isNothing(doc: Doc): boolean {
  return Array.isArray(doc) && doc.length === 0;
}

function use(notes: Notes, { path, names, span }: Use): Doc {
  return ["use ", string(notes, path), " ", bracketed(notes, "{}", { entries: names.map((one) => nameEntry(notes, one)), end: span.end })];
}

// ── declarations ─────────────────────────────────────────────────────────────────────────────────────────────

function declaration(notes: Notes, one: Declaration): Doc {
  const head = (): Doc => ("name" in one ? [`${one.kind} `, name(notes, one.name), one.was ? [" was ", name(notes, one.was)] : ""] : "");
  const braces = (entries: readonly Entry[], shape: Shape = "tall"): Doc => body(notes, entries, { shape, end: one.span.end });
  switch (one.kind) {
    case "facts":
      return ["facts ", braces(one.facts.map((each) => ({ span: each.span, print: () => [fact(notes, each.fact), ": ", factType(notes, each.type), " ", factSource(notes, each.source)] })))];
    case "provider":
      return [head(), " ", braces(fieldEntries(notes, one.fields), one.fields.some((each) => each.value.kind === "record") ? "tall" : "wide")];
    case "target":
      return [head(), " = ", name(notes, one.provider), " ", string(notes, one.model), " ", braces(fieldEntries(notes, one.fields))];
    case "dispatcher":
      return [head(), " ", one.body.kind === "smallest" ? smallest(notes, one.body, one.span) : braces(one.body.arms.map((each) => ({ span: each.span, print: () => arm(notes, each) })))];
    case "cascade":
      return [head(), " ", braces(inOrder([...fieldEntries(notes, one.fields), ...one.tries.map((each) => ({ span: each.span, print: () => ["try ", name(notes, each.selector), options(notes, each)] }))]))];
    case "alloy":
      return [head(), " ", braces(inOrder([...blend(notes, one.parts), ...fieldEntries(notes, one.fields)]))];
    case "guard":
      return [head(), " ", braces([{ span: { start: one.when?.span.start ?? one.then.span.start, end: one.then.span.end }, print: () => guardClause(notes, one.when, one.then) }])];
    case "rule":
      return [head(), " on ", leaf(notes, one.channel.span, one.channel.on), one.channel.glob ? [" ", string(notes, one.channel.glob)] : "", " ", braces(one.clauses.map((each) => ({ span: each.span, print: () => ruleClause(notes, each) })))];
    case "alert":
      return [head(), " ", braces(inOrder([...(one.when ? [whenEntry(notes, one.when)] : []), ...fieldEntries(notes, one.fields)]))];
    case "model":
      return [head(), " ", braces(fieldEntries(notes, one.fields))];
    case "invariant": {
      const about: Entry[] = one.models.length === 0 ? [] : [{ span: spanFrom(one.models), print: () => ["for", commas(notes, one.models.map((each) => nameEntry(notes, each)))] }];
      const clauses = one.clauses.map((each) => ({ span: each.span, print: () => invariantClause(notes, each) }));
      return ["invariant ", string(notes, one.title), " ", braces([...about, ...(one.when ? [whenEntry(notes, one.when)] : []), ...clauses], "sentence")];
    }
    case "test":
      return ["test ", string(notes, one.title), " ", braces(testEntries(notes, one))];
    default:
      return unreachable(one);
  }
}

function whenEntry(notes: Notes, one: Condition): Entry {
  return { span: one.span, print: () => ["when ", condition(notes, one)] };
}

/** As the author ordered them, where that can be told. */
function inOrder(entries: readonly Entry[]): readonly Entry[] {
  return entries.toSorted((a, b) => a.span.start - b.span.start);
}

function spanFrom(nodes: readonly { readonly span: Span }[]): Omit<Span, "file"> {
  return { start: nodes[0]!.span.start, end: nodes.at(-1)!.span.end };
}

/** ` { limit = 1 }`, or nothing where there are no fields. */
function options(notes: Notes, { fields, span }: { readonly fields: Parameters<typeof fieldEntries>[1]; readonly span: Span }): Doc {
  return fields.length === 0 ? "" : [" ", body(notes, fieldEntries(notes, fields), { shape: "wide", end: span.end })];
}

// ── facts ────────────────────────────────────────────────────────────────────────────────────────────────────

function factType(notes: Notes, type: FactType): Doc {
  if (type.kind === "scalar") return name(notes, type.of);
  return [leaf(notes, type.span, type.of), bracketed(notes, "()", { entries: type.values.map((one) => nameEntry(notes, one)), end: type.span.end })];
}

function factSource(notes: Notes, { from, name: title, span }: FactSource): Doc {
  return [leaf(notes, span, `from ${from.replace("-", " ")}`), title ? [" ", string(notes, title)] : ""];
}

// ── routing ──────────────────────────────────────────────────────────────────────────────────────────────────

type Dispatched = Extract<Declaration, { readonly kind: "dispatcher" }>["body"];

function smallest(notes: Notes, { of, span }: Extract<Dispatched, { readonly kind: "smallest" }>, whole: Span): Doc {
  return body(notes, [{ span, print: () => ["smallest of", commas(notes, of.map((one) => nameEntry(notes, one)))] }], { shape: "wide", end: whole.end });
}

function arm(notes: Notes, { when, then }: Extract<Dispatched, { readonly kind: "arms" }>["arms"][number]): Doc {
  return [
    when ? ["when ", condition(notes, when)] : "otherwise",
    " -> ",
    then.kind === "refuse" ? [leaf(notes, then.span, "refuse "), string(notes, then.message)] : name(notes, then.selector),
  ];
}

function blend(notes: Notes, parts: Extract<Declaration, { readonly kind: "alloy" }>["parts"]): readonly Entry[] {
  if (parts.length === 0) return [];
  return [{ span: spanFrom(parts), print: () => ["blend", commas(notes, parts.map((one) => partEntry(notes, one)))] }];
}

function guardClause(notes: Notes, when: Condition | null, then: GuardClause): Doc {
  return group([
    when ? ["when ", condition(notes, when), line(" ")] : "",
    "then ",
    then.kind === "refuse" ? [leaf(notes, then.span, "refuse "), string(notes, then.message)] : fence(notes, then),
  ]);
}

type Fence = Extract<GuardClause, { readonly kind: "only" | "never" }>;

function fence(notes: Notes, { kind, by, names, span }: Fence): Doc {
  return [leaf(notes, span, `${kind} ${by}`), commas(notes, names.map((one) => nameEntry(notes, one)))];
}

// ── rules ────────────────────────────────────────────────────────────────────────────────────────────────────

function ruleClause(notes: Notes, one: RuleClause): Doc {
  switch (one.kind) {
    case "when":
      return ["when ", condition(notes, one.condition)];
    case "match":
      return ["match ", value(notes, one.pattern)];
    case "match-any":
      return ["match any ", list(notes, one.texts)];
    case "expect":
      return one.path ? ["expect schema ", string(notes, one.path)] : "expect json";
    case "after":
      return ["after tool ", string(notes, one.tool), " within ", name(notes, one.turns), " turns"];
    case "repeat":
      return ["repeat ", name(notes, one.times), " within ", name(notes, one.turns), " turns"];
    case "allow":
      return ["allow ", list(notes, one.names)];
    case "option":
      return field(notes, one.field);
    case "then":
      return ["then ", action(notes, one.action)];
    case "exhausted":
      return ["exhausted ", action(notes, one.action)];
    case "also-alert":
      return ["also alert ", name(notes, one.alert)];
    default:
      return unreachable(one);
  }
}

function action(notes: Notes, one: Action): Doc {
  const word = leaf(notes, one.span, one.kind);
  switch (one.kind) {
    case "retry":
      return [word, options(notes, one)];
    case "escalate":
      return [word, " ", name(notes, one.selector), options(notes, one)];
    case "block":
      return [word, " ", string(notes, one.message)];
    case "redact":
      return [word, " ", string(notes, one.replacement)];
    case "prepend":
    case "append":
      return [word, " ", string(notes, one.text)];
    case "note":
      return word;
    default:
      return unreachable(one);
  }
}

// ── invariants and tests ─────────────────────────────────────────────────────────────────────────────────────

function invariantClause(notes: Notes, one: InvariantClause): Doc {
  switch (one.kind) {
    case "never":
    case "only":
      return fence(notes, one);
    case "always-can":
      return ["always can", commas(notes, one.capabilities.map((each) => nameEntry(notes, each)))];
    case "always-serves":
      return "always serves";
    case "bound":
      return [`${one.of} <= `, value(notes, one.limit)];
    default:
      return unreachable(one);
  }
}

function testEntries(notes: Notes, { given, upstreams, expect }: Test): readonly Entry[] {
  return inOrder([
    { span: given.span, print: () => ["given ", record(notes, given)] },
    ...upstreams.map((one): Entry => ({
      span: one.span,
      print: () => ["upstream ", name(notes, one.target), " ", group(indent(one.steps.map((each, index): Doc => [index > 0 ? [line(" "), "~ "] : "", step(notes, each)])))],
    })),
    { span: expect.span, print: () => ["expect ", record(notes, expect)] },
  ]);
}

function step(notes: Notes, one: UpstreamStep): Doc {
  switch (one.kind) {
    case "text":
      return string(notes, one.text);
    case "reasoning":
      return [leaf(notes, one.span, "reasoning "), string(notes, one.text)];
    case "tool":
      return [leaf(notes, one.span, "tool "), string(notes, one.name), one.arguments ? [" ", string(notes, one.arguments)] : ""];
    case "fails":
      return [leaf(notes, one.span, "fails "), name(notes, one.status)];
    case "hangs":
    case "cuts":
      return leaf(notes, one.span, one.kind);
    default:
      return unreachable(one);
  }
}
