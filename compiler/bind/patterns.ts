// IN: bound rules. OUT: what each of them matches, read once, or what is wrong with it. From here on a rule's text is not
// read again: its widths and its automaton come from here.
import type { Span } from "#lang";
import { longest, readPattern, type Decided, type Pattern, type PatternProblem, type PatternSource } from "../patterns/index.ts";
import type { BoundAction, BoundRule } from "./bound.ts";

export type RulePattern = {
  readonly rule: BoundRule;
  readonly pattern: Pattern;
  /** Characters of the longest match, as the rule's ladder decides it and `within` caps it; null without a bound. */
  readonly longest: number | null;
  /** The literal itself. */
  readonly span: Span;
};

export type UnreadPattern = { readonly rule: BoundRule; readonly problem: PatternProblem; readonly span: Span };

export type RulePatterns = {
  /** By the rule's id. */
  readonly read: ReadonlyMap<string, RulePattern>;
  readonly unread: readonly UnreadPattern[];
};

export function readPatterns(rules: readonly BoundRule[]): RulePatterns {
  const read = new Map<string, RulePattern>();
  const unread: UnreadPattern[] = [];
  for (const rule of rules) {
    const source = sourceOf(rule);
    if (source === null) continue;
    const result = readPattern(source);
    if (result.ok) read.set(rule.id, measured(rule, result.pattern));
    else unread.push({ rule, problem: result.problem, span: placeOf(rule, result.problem) });
  }
  return { read, unread };
}

/** Null for what is not text to be found. */
function sourceOf({ match }: BoundRule): PatternSource | null {
  if (match.kind === "match") return { kind: "pattern", source: match.pattern.source, flags: match.pattern.flags };
  return match.kind === "match-any" ? { kind: "any", texts: match.texts.items.flatMap((item) => (item.kind === "string" ? item.value : [])) } : null;
}

function measured(rule: BoundRule, pattern: Pattern): RulePattern {
  const { within } = rule.fields;
  const length = longest(pattern, decidedBy(rule.ladder));
  return { rule, pattern, longest: length === null || within === null ? (length ?? within) : Math.min(length, within), span: literalOf(rule) };
}

/** A rule that only ever ends the attempt decides at the first character where its pattern has matched. */
function decidedBy(ladder: readonly BoundAction[]): Decided {
  return ladder.every(({ node: { kind } }) => kind === "retry" || kind === "escalate" || kind === "block") ? "at-first-accept" : "at-longest";
}

function placeOf(rule: BoundRule, { offset, length }: PatternProblem): Span {
  const literal = literalOf(rule);
  if (rule.match.kind === "match-any") return rule.match.texts.items[offset]?.span ?? literal;
  const start = Math.min(literal.start + 1 + offset, literal.end);
  return { file: literal.file, start, end: Math.min(start + length, literal.end) };
}

function literalOf({ match, node }: BoundRule): Span {
  return match.kind === "match" ? match.pattern.span : match.kind === "match-any" ? match.texts.span : node.name.span;
}
