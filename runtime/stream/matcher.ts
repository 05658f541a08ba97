// An automaton of the bundle, loaded: its tables, and from them one lazy DFA for each set of rules that is active
// together. No regular expression is parsed at run time.
import type { Automaton } from "#contracts";
import { type Aged, type Capped, createAged } from "./aged.ts";
import { loadTables, type Tables } from "./tables.ts";
import { createView, type Kind, type View } from "./view.ts";

export type Matcher = { readonly tables: Tables; readonly views: Map<string, View>; readonly aged: Map<string, Aged> };

/** More sets of active rules than this, and the one made first is made again when it is needed. */
const MOST_VIEWS = 64;

/** Loaded once per automaton of a bundle and shared by every stream. */
export function loadMatcher(automaton: Automaton): Matcher {
  return { tables: loadTables(automaton), views: new Map(), aged: new Map() };
}

/** The DFA of these rules, given by their places; the same one for the same rules. */
export function viewOf(matcher: Matcher, kind: Kind, rules: readonly number[]): View {
  return kept(matcher.views, `${kind} ${rules.join(" ")}`, () => createView(matcher.tables, kind, rules));
}

/** Rules with `within`, before any character. What it says never changes, so streams share it. */
export function agedOf(matcher: Matcher, rules: readonly Capped[]): Aged {
  return kept(matcher.aged, rules.map(({ rule, within }) => `${rule}:${within}`).join(" "), () => createAged(matcher.tables, rules));
}

function kept<Made>(all: Map<string, Made>, key: string, make: () => Made): Made {
  const known = all.get(key);
  if (known !== undefined) return known;
  const [oldest] = all.keys();
  if (all.size >= MOST_VIEWS && oldest !== undefined) all.delete(oldest);
  const made = make();
  all.set(key, made);
  return made;
}
