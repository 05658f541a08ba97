// Whether a pattern of a JSON schema matches anywhere in a text that is there as a whole: what the platform's
// `RegExp.test` answers, in one pass whatever the text.
//
// The states that texts reach are kept, so that a character costs a lookup; but only so many. A pattern with more of them
// (`a.{1000}b` has 2^1000) is followed node by node from there on, which for those is far cheaper than making states that
// no other character ever meets.
import type { SchemaPatterns } from "#contracts";
import { ANY, EDGE } from "./context.ts";
import { aliveFor, classOf, loadTables, type Tables } from "./tables.ts";

export type Test = (text: string) => boolean;

/** By source; undefined for a pattern that is not among them. */
export function testsOf({ sources, automaton }: SchemaPatterns): (source: string) => Test | undefined {
  const tables = loadTables(automaton);
  const places = new Map(sources.map(({ source }, at) => [source, at]));
  return (source) => {
    const at = places.get(source);
    if (at === undefined) return undefined;
    const { empty } = sources[at]!;
    return empty === EVERYWHERE ? () => true : search(tables, at, empty);
  };
}

/** All 25 pairs of contexts. */
const EVERYWHERE = 2 ** 25 - 1;
const MOST_STATES = 256;

type State = {
  /** Entered with the last character, ascending where it is kept. */
  readonly nodes: readonly number[];
  /** The context of the last character. */
  readonly before: number;
  /** A match has ended here if the next character's context is in this mask. */
  readonly ends: number;
  /** By class what follows; null for a state that is not kept. */
  readonly next: (State | undefined)[] | null;
};

const MATCHED: State = { nodes: [], before: 0, ends: ANY, next: null };

function search(tables: Tables, rule: number, empty: number): Test {
  const { members, automaton: { nodes, contexts } } = tables;
  const sets = Int32Array.from(nodes, (node) => node.set);
  const alive = aliveFor(tables, new Set([rule]));
  const accepts = nodes.map(({ accept }) => accept.reduce((mask, [one, under]) => (one === rule ? mask | under : mask), 0));
  const follow = nodes.map((node, at) => (alive[at] === 1 ? node.follow.filter((next) => alive[next] === 1) : []));
  const starts = tables.starts.map((all) => all.filter((node) => alive[node] === 1));
  const stamps = new Int32Array(nodes.length);
  const kept = new Map<string, State>();
  let stamp = 0;
  const begin = stateOf([], EDGE, 0);

  return (text) => {
    let state = begin;
    for (let at = 0; at < text.length; ) {
      const code = text.codePointAt(at)!;
      const oneClass = classOf(tables, code);
      state = state.next?.[oneClass] ?? step(state, oneClass);
      if (state === MATCHED) return true;
      at += code > 0xffff ? 2 : 1;
    }
    return (state.ends & EDGE) !== 0;
  };

  function step(state: State, oneClass: number): State {
    const context = contexts[oneClass]!;
    const next = (state.ends & context) !== 0 ? MATCHED : entered(state, oneClass);
    if (state.next !== null) state.next[oneClass] = next;
    return next;
  }

  function entered({ nodes: from, before }: State, oneClass: number): State {
    const list: number[] = [];
    let ends = 0;
    stamp = (stamp + 1) | 0;
    const enter = (node: number): void => {
      if (stamps[node] === stamp || members[sets[node]!]![oneClass] === 0) return;
      stamps[node] = stamp;
      list.push(node);
      ends |= accepts[node]!;
    };
    for (const node of from) for (const next of follow[node]!) enter(next);
    for (const node of starts[oneClass]!) if ((nodes[node]!.start & before) !== 0) enter(node);
    return ends === ANY ? MATCHED : stateOf(list, contexts[oneClass]!, ends);
  }

  /** `ofNodes`: the contexts before which its nodes end a match. */
  function stateOf(list: number[], before: number, ofNodes: number): State {
    const ends = ofNodes | endsOfNothing(before);
    if (ends === ANY) return MATCHED;
    if (kept.size >= MOST_STATES) return { nodes: list, before, ends, next: null };
    const key = `${before} ${list.sort((a, b) => a - b).join(" ")}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const state: State = { nodes: list, before, ends, next: [] };
    kept.set(key, state);
    return state;
  }

  /** The contexts between which and `before` the pattern takes no text at all. */
  function endsOfNothing(before: number): number {
    return (empty >> (5 * (31 - Math.clz32(before)))) & ANY;
  }
}
