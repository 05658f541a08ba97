// In: an expression. Out: Glushkov's position automaton, one node for each character written out: a node is entered by
// reading one character of its set. Assertions are gone: between two characters they have cut sets apart and removed
// ways; at the edges of a match they are the masks `start` and `accept` (see contexts.ts).
//
//   /\ba+/   ──start 1|2|8──▶ (a) ──▶ (a) ⟲       each accepts with mask 31
import { type CharSet, intersect, union } from "./charset.ts";
import { afters, ALWAYS, ANY_CONTEXT, befores, CONTEXT_SETS, type Pairs } from "./contexts.ts";
import type { Expression } from "./expression.ts";

export type PatternNode = {
  readonly set: CharSet;
  /** Contexts before, under which a match may begin by entering this node. */
  readonly start: number;
  readonly follow: readonly number[];
  /** Contexts after, under which a match may end here. */
  readonly accept: number;
};

export type Positions = { readonly kind: "nodes"; readonly nodes: readonly PatternNode[] } | { readonly kind: "empty" } | { readonly kind: "too-large" };

/** What is left out can never be part of a match: every node is reached from a start and reaches an accept. */
export function positions(expression: Expression, mostEdges: number): Positions {
  return emptyIn(expression) === 0 ? longerThanNothing(expression, mostEdges) : { kind: "empty" };
}

/** The matches that take at least one character; of the others {@link emptyIn} tells. */
export function longerThanNothing(expression: Expression, mostEdges: number): Exclude<Positions, { readonly kind: "empty" }> {
  const draft: Draft = { sets: [], follow: [], edges: 0, mostEdges };
  const whole = add(draft, expression);
  if (draft.edges > mostEdges) return { kind: "too-large" };
  return { kind: "nodes", nodes: trimmed(cut(draft, whole)) };
}

type Draft = { readonly sets: CharSet[]; readonly follow: Map<number, Pairs>[]; edges: number; readonly mostEdges: number };

/**
 * `empty`: between which contexts it may take no text at all. `first` and `last`: the positions it may begin and end
 * with; their pairs relate what stands outside to that position's own character.
 */
type Fragment = { readonly empty: Pairs; readonly first: readonly Place[]; readonly last: readonly Place[] };
type Place = readonly [position: number, pairs: Pairs];

/** Between which contexts the expression may take no text at all. */
export function emptyIn(expression: Expression): Pairs {
  switch (expression.kind) {
    case "set":
      return 0;
    case "assert":
      return expression.pairs;
    case "sequence":
      return expression.of.reduce<Pairs>((pairs, one) => pairs & emptyIn(one), ALWAYS);
    case "choice":
      return expression.of.reduce<Pairs>((pairs, one) => pairs | emptyIn(one), 0);
    case "repeat":
      return expression.min === 0 ? ALWAYS : emptyIn(expression.of);
  }
}

const NOTHING: Fragment = { empty: ALWAYS, first: [], last: [] };

/** Where there are too many edges already, what is added makes no difference. */
function add(draft: Draft, expression: Expression): Fragment {
  if (draft.edges > draft.mostEdges) return NOTHING;
  switch (expression.kind) {
    case "set": {
      if (expression.set.length === 0) return { empty: 0, first: [], last: [] };
      const position = draft.sets.push(expression.set) - 1;
      draft.follow.push(new Map());
      return { empty: 0, first: [[position, ALWAYS]], last: [[position, ALWAYS]] };
    }
    case "assert":
      return { empty: expression.pairs, first: [], last: [] };
    case "sequence":
      return expression.of.reduce<Fragment>((before, next) => chain(draft, before, add(draft, next)), NOTHING);
    case "choice":
      return either(expression.of.map((one) => add(draft, one)));
    case "repeat":
      return repeat(draft, expression.of, expression);
  }
}

function chain(draft: Draft, before: Fragment, next: Fragment): Fragment {
  connect(draft, before.last, next.first);
  return {
    empty: before.empty & next.empty,
    first: before.empty === 0 ? before.first : [...before.first, ...narrowed(next.first, before.empty)],
    last: next.empty === 0 ? next.last : [...next.last, ...narrowed(before.last, next.empty)],
  };
}

function either(fragments: readonly Fragment[]): Fragment {
  return {
    empty: fragments.reduce((pairs, one) => pairs | one.empty, 0),
    first: fragments.flatMap((one) => one.first),
    last: fragments.flatMap((one) => one.last),
  };
}

/** e{2,4} is e e (e (e)?)?, and e{2,} is e (e)+. */
function repeat(draft: Draft, of: Expression, { min, max }: { readonly min: number; readonly max: number }): Fragment {
  let optional = NOTHING;
  if (max === Infinity) {
    const last = add(draft, of);
    connect(draft, last.last, last.first);
    optional = min === 0 ? { ...last, empty: ALWAYS } : last;
  } else {
    for (let left = max - min; left > 0; left--) optional = { ...chain(draft, add(draft, of), optional), empty: ALWAYS };
  }
  let whole = optional;
  for (let left = max === Infinity ? min - 1 : min; left > 0; left--) whole = chain(draft, add(draft, of), whole);
  return whole;
}

function connect(draft: Draft, from: readonly Place[], to: readonly Place[]): void {
  for (const [position, before] of from) {
    const follow = draft.follow[position]!;
    for (const [next, after] of to) {
      if (draft.edges > draft.mostEdges) return;
      if ((before & after) === 0) continue;
      const known = follow.get(next);
      if (known === undefined) draft.edges++;
      follow.set(next, (known ?? 0) | (before & after));
    }
  }
}

function narrowed(places: readonly Place[], pairs: Pairs): readonly Place[] {
  return places.flatMap(([position, own]): readonly Place[] => ((own & pairs) === 0 ? [] : [[position, own & pairs]]));
}

/** Each position becomes one node for every group of contexts of its own character that assertions tell apart. */
function cut(draft: Draft, whole: Fragment): readonly PatternNode[] {
  const start = merged(whole.first);
  const accept = merged(whole.last);
  const told = toldApart(draft, start, accept);
  const nodes: { set: CharSet; start: number; follow: number[]; accept: number; context: number }[] = [];
  const parts: (readonly number[])[] = draft.sets.map((set, position) =>
    told[position]!.flatMap((contexts) => {
      const part = contexts.length === 4 ? set : union(...contexts.map((context) => intersect(set, CONTEXT_SETS[context]!)));
      if (part.length === 0) return [];
      const context = contexts[0]!;
      return nodes.push({ set: part, context, start: befores(start.get(position) ?? 0, context), accept: afters(accept.get(position) ?? 0, context), follow: [] }) - 1;
    }),
  );
  parts.forEach((from, position) => {
    for (const [next, pairs] of draft.follow[position]!) {
      for (const node of from) {
        for (const to of parts[next]!) if ((afters(pairs, nodes[node]!.context) >> nodes[to]!.context) & 1) nodes[node]!.follow.push(to);
      }
    }
  });
  return nodes;
}

/** For each position the contexts 1 to 4 in groups, such that no assertion treats two of a group differently. */
function toldApart(draft: Draft, start: ReadonlyMap<number, Pairs>, accept: ReadonlyMap<number, Pairs>): readonly (readonly number[][])[] {
  const marks: string[][] = draft.sets.map(() => ["", "", "", "", ""]);
  const mark = (position: number, pairs: Pairs, side: (pairs: Pairs, context: number) => number): void => {
    const own = marks[position]!;
    for (let context = 1; context < 5; context++) own[context] += `${side(pairs, context)} `;
  };
  draft.sets.forEach((_, position) => {
    mark(position, start.get(position) ?? 0, befores);
    mark(position, accept.get(position) ?? 0, afters);
    for (const [next, pairs] of draft.follow[position]!) {
      if (pairs === ALWAYS) continue;
      mark(position, pairs, afters);
      mark(next, pairs, befores);
    }
  });
  return marks.map((own) => {
    const groups = new Map<string, number[]>();
    for (let context = 1; context < 5; context++) groups.set(own[context]!, [...(groups.get(own[context]!) ?? []), context]);
    return [...groups.values()];
  });
}

function merged(places: readonly Place[]): ReadonlyMap<number, Pairs> {
  const out = new Map<number, Pairs>();
  for (const [position, pairs] of places) out.set(position, (out.get(position) ?? 0) | pairs);
  return out;
}

function trimmed(nodes: readonly PatternNode[]): readonly PatternNode[] {
  const before: number[][] = nodes.map(() => []);
  nodes.forEach((node, at) => node.follow.forEach((next) => before[next]!.push(at)));
  const reached = closure(nodes.flatMap((node, at) => ((node.start & ANY_CONTEXT) === 0 ? [] : [at])), (at) => nodes[at]!.follow);
  const useful = closure(nodes.flatMap((node, at) => (node.accept === 0 ? [] : [at])), (at) => before[at]!);
  const place = new Map<number, number>();
  nodes.forEach((_, at) => {
    if (reached.has(at) && useful.has(at)) place.set(at, place.size);
  });
  return [...place.keys()].map((at) => {
    const node = nodes[at]!;
    const follow = node.follow.flatMap((next) => place.get(next) ?? []).sort((a, b) => a - b);
    return { set: node.set, start: node.start, follow, accept: node.accept };
  });
}

function closure(from: readonly number[], next: (at: number) => readonly number[]): ReadonlySet<number> {
  const seen = new Set(from);
  for (const at of seen) for (const one of next(at)) seen.add(one);
  return seen;
}
