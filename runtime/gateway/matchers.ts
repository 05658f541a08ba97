// The automata of a bundle, each loaded once and shared by every stream.
import type { Loaded } from "../load.ts";
import { named } from "../plan/index.ts";
import { loadMatcher, type Matcher } from "../stream/index.ts";
import type { MatchersOf } from "./answer.ts";

export function matchersOf(loaded: Loaded): MatchersOf {
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
