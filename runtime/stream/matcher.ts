// An automaton of the bundle, loaded.
import type { Automaton } from "#contracts";

export type Matcher = { readonly automaton: Automaton };

/** Loaded once per automaton of a bundle and shared by every stream. */
export function loadMatcher(automaton: Automaton): Matcher {
  return { automaton };
}
