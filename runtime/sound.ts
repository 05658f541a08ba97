// Whether an automaton leads nowhere it does not have: from here on its tables are read without asking.
import type { Automaton } from "#contracts";

/** The first thing in it that is not so, in a few words; null for one that can be run. */
export function unsound({ rules, cuts, classes, contexts, sets, nodes }: Automaton): string | null {
  const below = (most: number) => (one: number): boolean => one < most;
  if (cuts[0] !== 0 || cuts.some((cut, at) => at > 0 && cut <= cuts[at - 1]!)) return "its alphabet is not in order";
  if (classes.length !== cuts.length || !classes.every(below(contexts.length))) return "its alphabet has characters of no class";
  if (!contexts.every((context) => MASKS.includes(context))) return "its alphabet has a class of no context";
  if (!sets.every((set) => set.every(below(contexts.length)))) return "a set of it has a class that is not there";
  const wrong = nodes.findIndex(({ set, follow, accept }) => set >= sets.length || !follow.every(below(nodes.length)) || !accept.every(([rule]) => rule < rules.length));
  return wrong < 0 ? null : `its node ${wrong} leads to what is not there`;
}

const MASKS: readonly number[] = [1, 2, 4, 8, 16];
