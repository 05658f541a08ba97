// The automata of a bundle, each loaded once and shared by every stream, and by whoever only asks what would be done.
import type { Loaded } from "../../load.ts";
import { named } from "../../plan/index.ts";
import { loadMatcher, type Matcher } from "../../stream/index.ts";
import type { MatchersOf } from "./answer.ts";

export function matchersOf(loaded: Loaded): MatchersOf {
  let its = known.get(loaded);
  if (its === undefined) known.set(loaded, (its = openMatchers(loaded)));
  return its;
}

const known = new WeakMap<Loaded, MatchersOf>();

function openMatchers(loaded: Loaded): MatchersOf {
  const matchers = new Map<string, Matcher>();
  const matcher = (id: string): Matcher => {
    let known = matchers.get(id);
    if (known === undefined) matchers.set(id, (known = loadMatcher(named(loaded.automata, id))));
    return known;
  };
  return (model, channel) => {
    const of = (lane: "hold" | "observe"): Matcher | null => {
      const watch = model.automata.find((one) => one.channel === channel && one.lane === lane);
      return watch === undefined ? null : matcher(watch.automaton);
    };
    return { hold: of("hold"), observe: of("observe") };
  };
}
