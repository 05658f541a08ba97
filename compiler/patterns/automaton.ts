// In: the patterns of one lane. Out: one automaton as plain data. Nodes with the same set, the same start mask and the
// same predecessors are entered together always, so they are one node: rules that begin alike share their beginning,
// which is what makes a thousand rules about as cheap as one.
import type { Automaton } from "#contracts";
import { alphabetOf } from "./alphabet.ts";
import { type CharSet, keyOf } from "./charset.ts";
import type { PatternNode } from "./positions.ts";
import type { Pattern } from "./read.ts";

export function buildAutomaton(id: string, rules: readonly { readonly id: string; readonly pattern: Pattern }[]): Automaton {
  const sets: CharSet[] = [];
  const places = new Map<string, number>();
  const setPlace = (set: CharSet): number => {
    const key = keyOf(set);
    const known = places.get(key);
    if (known !== undefined) return known;
    places.set(key, sets.length);
    return sets.push(set) - 1;
  };
  const drafts = rules.flatMap(({ pattern }, rule) => draftsOf(pattern.nodes, rule, setPlace));
  number(drafts);
  mergePrefixes(drafts);
  const nodes = drafts.filter((draft) => draft.into === null);
  nodes.forEach((node, at) => (node.at = at));
  const alphabet = alphabetOf(sets);
  return {
    id,
    rules: rules.map((rule) => rule.id),
    cuts: alphabet.cuts,
    classes: alphabet.classes,
    contexts: alphabet.contexts,
    sets: alphabet.sets,
    nodes: nodes.map((node) => ({
      set: node.set,
      start: node.start,
      follow: [...new Set(node.follow.map((next) => end(next).at))].sort(ascending),
      accept: [...node.accept].sort(([a], [b]) => a - b),
    })),
  };
}

type Draft = {
  readonly set: number;
  readonly start: number;
  readonly follow: Draft[];
  readonly before: Draft[];
  readonly accept: Map<number, number>;
  at: number;
  /** The node this one was merged into. */
  into: Draft | null;
};

/** One pattern's nodes, each after its predecessors wherever no loop prevents it. */
function draftsOf(nodes: readonly PatternNode[], rule: number, setPlace: (set: CharSet) => number): readonly Draft[] {
  const drafts = nodes.map((node): Draft => ({
    set: setPlace(node.set), start: node.start, follow: [], before: [], accept: new Map(node.accept === 0 ? [] : [[rule, node.accept]]), at: 0, into: null,
  }));
  nodes.forEach((node, at) => {
    for (const next of node.follow) {
      drafts[at]!.follow.push(drafts[next]!);
      drafts[next]!.before.push(drafts[at]!);
    }
  });
  return reversePostorder(drafts);
}

function reversePostorder(drafts: readonly Draft[]): readonly Draft[] {
  const seen = new Set<Draft>();
  const done: Draft[] = [];
  for (const root of drafts.toReversed()) {
    if (root.start === 0 || seen.has(root)) continue;
    seen.add(root);
    const stack: { readonly draft: Draft; next: number }[] = [{ draft: root, next: root.follow.length }];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      if (top.next === 0) {
        done.push(top.draft);
        stack.pop();
        continue;
      }
      const next = top.draft.follow[--top.next]!;
      if (seen.has(next)) continue;
      seen.add(next);
      stack.push({ draft: next, next: next.follow.length });
    }
  }
  return done.toReversed();
}

function number(drafts: readonly Draft[]): void {
  drafts.forEach((draft, at) => (draft.at = at));
}

/** To a fixpoint: what a loop hid from one pass the next one sees. A node's own loop is the same as another's own. */
function mergePrefixes(drafts: readonly Draft[]): void {
  for (let changed = true; changed; ) {
    changed = false;
    const byKey = new Map<string, Draft>();
    for (const draft of drafts) {
      if (draft.into !== null) continue;
      const before = [...new Set(draft.before.map((one) => (end(one) === draft ? -1 : end(one).at)))].sort(ascending);
      const key = `${draft.set} ${draft.start} ${before.join(" ")}`;
      const same = byKey.get(key);
      if (same === undefined) {
        byKey.set(key, draft);
        continue;
      }
      draft.into = same;
      for (const next of draft.follow) same.follow.push(next);
      for (const [rule, mask] of draft.accept) same.accept.set(rule, (same.accept.get(rule) ?? 0) | mask);
      changed = true;
    }
  }
}

function end(draft: Draft): Draft {
  let last = draft;
  while (last.into !== null) last = last.into;
  return last;
}

function ascending(a: number, b: number): number {
  return a - b;
}
