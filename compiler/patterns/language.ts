// Patterns as languages: what one catches and another does not, always with the shortest text that shows it. A text is a
// whole block, from its edge to its edge. Exact, by walking both automata together; where that would take too many
// states the answer is `unknown`, never a guess.
import type { Automaton } from "#contracts";
import { buildAutomaton } from "./automaton.ts";
import { ANY_CONTEXT, EDGE } from "./contexts.ts";
import type { Pattern } from "./read.ts";

export type Witness = { readonly kind: "text"; readonly text: string } | { readonly kind: "none" } | { readonly kind: "unknown" };
export type Answer = { readonly kind: "yes" } | { readonly kind: "no"; readonly witness: string } | { readonly kind: "unknown" };

/** States looked at before the answer is `unknown`. */
const MOST_STATES = 20_000;

/** Whether `outer` matches in every text in which `inner` does. */
export function includes(outer: Pattern, inner: Pattern): Answer {
  return answer(differenceWitness(inner, outer));
}

/** The shortest text in which `one` matches and `other` does not. */
export function differenceWitness(one: Pattern, other: Pattern): Witness {
  return shortest([one, other], { at: "end", found: ([a, b]) => a === true && b === false, hopeless: ([, b]) => b === true });
}

/** The shortest text in which both match, each anywhere. */
export function intersectionWitness(one: Pattern, other: Pattern): Witness {
  return shortest([one, other], { at: "end", found: ([a, b]) => a === true && b === true, hopeless: () => false });
}

/**
 * Whether `first` is decided at the same character as `second` or before, in every text in which `second` is: then
 * a rule that ends the attempt with `first`, listed before, leaves `second` nothing.
 */
export function decidedNoLater(first: Pattern, second: Pattern): Answer {
  return answer(shortest([first, second], { at: "any", found: ([a, b]) => b === true && a === false, hopeless: ([a, b]) => a === true || b === true }));
}

/** The shortest text at whose end both are decided for the first time: there the listed order alone says which one acts. */
export function tieWitness(one: Pattern, other: Pattern): Witness {
  return shortest([one, other], { at: "any", found: ([a, b]) => a === true && b === true, hopeless: ([a, b]) => a === true || b === true });
}

/** The shortest text in which the pattern matches. */
export function shortestText(pattern: Pattern): Witness {
  return shortest([pattern], { at: "end", found: ([a]) => a === true, hopeless: () => false });
}

/** Where in `text`, a whole block, the pattern first is decided to have matched; the end of that match. Null where nowhere. */
export function firstMatchEnd(pattern: Pattern, text: string): number | null {
  const { automaton, follower } = walker([pattern]);
  let state = follower.begin;
  let at = 0;
  for (const char of text) {
    const next = follower.from(state)(classOf(automaton, char.codePointAt(0)!));
    if (next.late[0] === true) return at;
    at += char.length;
    if (next.done[0] === true) return at;
    state = next;
  }
  return follower.ended(state)[0] === true ? at : null;
}

function answer(witness: Witness): Answer {
  switch (witness.kind) {
    case "none":
      return { kind: "yes" };
    case "text":
      return { kind: "no", witness: witness.text };
    case "unknown":
      return witness;
  }
}

/** Whether the patterns that have matched, and no others, are what is looked for: at a text's end, or wherever one is decided. */
type Sought = {
  readonly at: "end" | "any";
  readonly found: (matched: readonly boolean[]) => boolean;
  /** Whether no longer text can be. */
  readonly hopeless: (matched: readonly boolean[]) => boolean;
};

/** Breadth first over texts, so that the first one found is the shortest. */
function shortest(patterns: readonly Pattern[], { at, found, hopeless }: Sought): Witness {
  const { automaton, follower } = walker(patterns);
  const letters = lettersOf(automaton);
  const seen = new Set([follower.key(follower.begin)]);
  type Reached = { readonly state: State; readonly text: string; readonly shown: boolean };
  let layer: readonly Reached[] = [{ state: follower.begin, text: "", shown: false }];
  while (layer.length > 0) {
    const further: Reached[] = [];
    for (const { state, text, shown } of layer) {
      if (shown || found(follower.ended(state))) return { kind: "text", text };
      const step = follower.from(state);
      for (const [oneClass, letter] of letters) {
        const next = step(oneClass);
        const shows = at === "any" && (found(next.late) || (!hopeless(next.late) && found(next.done)));
        if (!shows && hopeless(next.done)) continue;
        const key = follower.key(next);
        if (!shows && seen.has(key)) continue;
        if (seen.size >= MOST_STATES) return { kind: "unknown" };
        seen.add(key);
        further.push({ state: next, text: text + letter, shown: shows });
      }
    }
    layer = further;
  }
  return { kind: "none" };
}

/** For each pattern: whether it has matched, and if not the nodes it stands at. `late` is `done` before the last character's own matches. */
type State = { readonly done: readonly boolean[]; readonly late: readonly boolean[]; readonly nodes: readonly (readonly number[])[]; readonly context: number };

type Follower = {
  readonly begin: State;
  /** The state behind one more character, by its class. */
  from(state: State): (oneClass: number) => State;
  /** What has matched if the text ends here. */
  ended(state: State): readonly boolean[];
  key(state: State): string;
};

function walker(patterns: readonly Pattern[]): { readonly automaton: Automaton; readonly follower: Follower } {
  const automaton = buildAutomaton("automaton:compared", patterns.map((pattern, at) => ({ id: `rule:${at}`, pattern })));
  const { nodes, contexts } = automaton;
  const members = automaton.sets.map((set) => new Set(set));
  const tracks = patterns.map((_, rule) => trackOf(automaton, rule));
  const mask = (list: readonly number[], { accepts }: Track): number => {
    let all = 0;
    for (const node of list) all |= accepts[node]!;
    return all;
  };
  const decided = ({ done, nodes: lists }: State, context: number): readonly boolean[] => done.map((one, rule) => one || (mask(lists[rule]!, tracks[rule]!) & context) !== 0);
  const follower: Follower = {
    begin: { done: patterns.map(() => false), late: patterns.map(() => false), nodes: patterns.map(() => []), context: 1 << EDGE },
    from: (state) => {
      // What can be entered hangs on the character only by the sets of the nodes.
      const open = state.nodes.map((list, rule) => entered(list, tracks[rule]!, state.context));
      const lates = new Map<number, readonly boolean[]>();
      return (oneClass) => {
        const context = contexts[oneClass]!;
        const late = lates.get(context) ?? decided(state, context);
        lates.set(context, late);
        const lists = open.map((list, rule): readonly number[] => (late[rule] === true ? [] : list.filter((node) => members[nodes[node]!.set]!.has(oneClass))));
        const done = late.map((one, rule) => one || mask(lists[rule]!, tracks[rule]!) === ANY_CONTEXT);
        return { done, late, nodes: lists.map((list, rule) => (done[rule] === true ? [] : list)), context };
      };
    },
    ended: (state) => decided(state, 1 << EDGE),
    key: (state) => `${state.context};${state.nodes.map((list, rule) => (state.done[rule] === true ? "+" : list.join(","))).join(";")}`,
  };
  return { automaton, follower };
}

/** What of an automaton matters to one of its rules: by node what it follows and accepts, and by context where it begins. */
type Track = { readonly follow: readonly (readonly number[])[]; readonly accepts: readonly number[]; readonly starts: Map<number, readonly number[]>; readonly begin: readonly (readonly [node: number, start: number])[] };

function trackOf(automaton: Automaton, rule: number): Track {
  const own = reaching(automaton, rule);
  const { nodes } = automaton;
  return {
    follow: nodes.map((node) => node.follow.filter((next) => own.has(next))),
    accepts: nodes.map((node) => node.accept.reduce((sum, [one, accept]) => (one === rule ? sum | accept : sum), 0)),
    starts: new Map(),
    begin: nodes.flatMap((node, at) => (own.has(at) && node.start !== 0 ? [[at, node.start] as const] : [])),
  };
}

/** The nodes that the next character can enter, in order. */
function entered(list: readonly number[], { follow, starts, begin }: Track, context: number): readonly number[] {
  const fresh = starts.get(context) ?? begin.flatMap(([node, start]) => ((start & context) !== 0 ? [node] : []));
  starts.set(context, fresh);
  if (list.length === 0) return fresh;
  const next = new Set(fresh);
  for (const node of list) for (const one of follow[node]!) next.add(one);
  return [...next].sort((a, b) => a - b);
}

/** The nodes from which a match of the rule can be completed. */
function reaching({ nodes }: Automaton, rule: number): ReadonlySet<number> {
  const before: number[][] = nodes.map(() => []);
  nodes.forEach((node, at) => node.follow.forEach((next) => before[next]!.push(at)));
  const reached = new Set(nodes.flatMap((node, at) => (node.accept.some(([one]) => one === rule) ? [at] : [])));
  for (const at of reached) for (const one of before[at]!) reached.add(one);
  return reached;
}

/** Of each class the character that reads best, in the order in which texts are tried. */
function lettersOf(automaton: Automaton): readonly (readonly [oneClass: number, letter: string])[] {
  const best = new Map<number, number>();
  const offer = (code: number): void => {
    const oneClass = classOf(automaton, code);
    if (!best.has(oneClass)) best.set(oneClass, code);
  };
  for (const [from, to] of [[97, 122], [65, 90], [48, 57], [32, 126], [10, 10]] as const) for (let code = from; code <= to; code++) offer(code);
  automaton.cuts.forEach((from, at) => {
    // No text holds half a surrogate pair.
    const code = from >= 0xd800 && from <= 0xdfff ? 0xe000 : from;
    if (code < (automaton.cuts[at + 1] ?? 0x110000)) offer(code);
  });
  return [...best].map(([oneClass, code]) => [oneClass, String.fromCodePoint(code)] as const);
}

function classOf({ cuts, classes }: Automaton, code: number): number {
  let low = 0;
  let high = cuts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (cuts[middle]! <= code) low = middle;
    else high = middle - 1;
  }
  return classes[low]!;
}
