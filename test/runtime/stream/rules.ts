// Rules and texts to try the governor with: a small alphabet, so that matches, half matches and overlaps are common.
import type { Action, Hold, Rule } from "#contracts";
import { type ActiveRule, type BlockGovernor, createBlockGovernor, loadMatcher, type Matcher } from "#runtime/stream";
import fc from "fast-check";
import { buildAutomaton, readPattern } from "../../../compiler/patterns/index.ts";

export const BLOCK: Action = { kind: "block", message: "found" };
export const NOTE: Action = { kind: "note" };

export function redact(replacement: string): Action {
  return { kind: "redact", replacement };
}

/** `match` as `/…/flags`, or a list of texts. */
export function rule(id: string, match: RegExp | readonly string[], action: Action, more: Partial<Pick<Rule, "hold" | "mode" | "within">> = {}): ActiveRule {
  const how = match instanceof RegExp ? { kind: "pattern", source: match.source, flags: match.flags } as const : { kind: "any", texts: match } as const;
  return {
    action,
    rule: { id, name: id, channel: { kind: "text" }, when: null, mode: "enforce", match: how, hold: { kind: "match" }, within: null, ladder: [action], alerts: [], longest: null, ...more },
  };
}

export type Lanes = { readonly hold: Matcher | null; readonly observe: Matcher | null };

export function lanesOf(rules: readonly ActiveRule[]): Lanes {
  const observing = (one: ActiveRule): boolean => one.rule.mode === "shadow" || one.rule.hold.kind === "none";
  return { hold: matcherOf(rules.filter((one) => !observing(one))), observe: matcherOf(rules.filter(observing)) };
}

export function governor(rules: readonly ActiveRule[], more: { readonly canContinue?: boolean; readonly limit?: number; readonly lanes?: Lanes } = {}): BlockGovernor {
  const { lanes = lanesOf(rules), canContinue = true, limit = 1 << 20 } = more;
  return createBlockGovernor({ rules, ...lanes, canContinue, limit });
}

/** Patterns as text, from the grammar; only such as can be read and take text. */
export function anyPattern(flags: readonly string[] = ["", "i", "m", "s", "im", "u", "iu", "imsu"]): fc.Arbitrary<RegExp> {
  const atom = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom("a", "b", "c", "k", "A", " ", "_", "ab", "ca") },
    { weight: 3, arbitrary: fc.constantFrom("[ab]", "[^a]", "[b-k]", "\\w", "\\W", "\\s", ".", "[^\\w]", "\\d", "\\n") },
    { weight: 1, arbitrary: fc.constantFrom("\\b", "\\B", "^", "$") },
  );
  const { tree } = fc.letrec<{ tree: string; atom: string }>((tie) => ({
    atom,
    tree: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      tie("atom"),
      fc.array(tie("tree"), { minLength: 2, maxLength: 3 }).map((of) => of.join("")),
      fc.array(tie("tree"), { minLength: 2, maxLength: 3 }).map((of) => `(?:${of.join("|")})`),
      fc.tuple(tie("tree"), fc.constantFrom("?", "*", "+", "{2}", "{1,3}", "{0,2}", "{2,}")).map(([of, how]) => `(?:${of})${how}`),
    ),
  }));
  return fc
    .tuple(fc.array(tree, { minLength: 1, maxLength: 3 }).map((of) => of.join("")), fc.constantFrom(...flags))
    .filter(([source, flags]) => readPattern({ kind: "pattern", source, flags }).ok)
    .map(([source, flags]) => new RegExp(source, flags));
}

export const anyTexts: fc.Arbitrary<readonly string[]> = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "c", " "), minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });

export function anyAction(kinds: readonly Action["kind"][]): fc.Arbitrary<Action> {
  const actions: readonly Action[] = [BLOCK, NOTE, redact("#"), redact("<redacted>"), redact("")];
  return fc.constantFrom(...actions.filter((one) => kinds.includes(one.kind)));
}

export type RuleShape = { readonly kinds?: readonly Action["kind"][]; readonly holds?: readonly Hold[]; readonly withins?: readonly (number | null)[]; readonly flags?: readonly string[]; readonly most?: number };

/** One rule or a few, in the order listed. */
export function anyRules({ kinds = ["block", "note", "redact"], holds = [{ kind: "match" }], withins = [null], flags, most = 4 }: RuleShape = {}): fc.Arbitrary<readonly ActiveRule[]> {
  const one = fc.record({
    match: fc.oneof({ weight: 3, arbitrary: anyPattern(flags) }, { weight: 1, arbitrary: anyTexts }),
    action: anyAction(kinds),
    hold: fc.constantFrom(...holds),
    within: fc.constantFrom(...withins),
    shadow: fc.integer({ min: 0, max: 5 }),
  });
  return fc.array(one, { minLength: 1, maxLength: most }).map((list) =>
    list.map(({ match, action, hold, within, shadow }, at) => rule(`rule:r${at}`, match, action, { hold, within, mode: shadow === 0 ? "shadow" : "enforce" })),
  );
}

export function anyText(maxLength = 24, more: readonly string[] = []): fc.Arbitrary<string> {
  const common = ["a", "a", "b", "b", "c", "k", "A", " ", "_", "\n", "ſ", "1", ".", ...more];
  return fc.string({ unit: fc.constantFrom(...common), maxLength });
}

/** Ways of cutting a text: the lengths of its pieces, the last one taking the rest. */
export const anyCuts: fc.Arbitrary<readonly number[]> = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 30 });

export function cut(text: string, lengths: readonly number[]): readonly string[] {
  const pieces: string[] = [];
  let at = 0;
  for (const length of lengths) {
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return [...pieces, text.slice(at)];
}

function matcherOf(rules: readonly ActiveRule[]): Matcher | null {
  if (rules.length === 0) return null;
  return loadMatcher(
    buildAutomaton(
      "automaton:test",
      rules.map(({ rule }) => {
        if (rule.match.kind !== "pattern" && rule.match.kind !== "any") throw new Error("these are not text");
        const read = readPattern(rule.match);
        if (!read.ok) throw new Error(`${JSON.stringify(rule.match)}: ${read.problem.message}`);
        return { id: rule.id, pattern: read.pattern };
      }),
    ),
  );
}
