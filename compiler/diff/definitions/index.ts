// What two policies define differently, each thing once; where requests go is in the regions.
import type { DifferingDefinition } from "#contracts";
import { nameChanges, type Pair, type Sides } from "../pairs.ts";
import { rank } from "../severity.ts";
import { entries, joined, renamed } from "./entry.ts";
import { factChanges } from "./facts.ts";
import { modelChanges } from "./models.ts";
import { protectionChanges } from "./protections.ts";
import { ruleChanges } from "./rules.ts";
import { upstreamChanges } from "./upstreams.ts";

export type Definitions = { readonly definitions: readonly DifferingDefinition[]; readonly unproved: readonly string[] };

/** The most severe first. */
export function definitionChanges(sides: Sides, pairs: readonly Pair[]): Definitions {
  const rules = ruleChanges(sides);
  const found = [...nameChanges(sides), ...modelChanges(pairs), ...protectionChanges(sides), ...rules.definitions, ...factChanges(sides), ...upstreamChanges(sides), ...selectorNames(sides)];
  const order = (one: DifferingDefinition): string => `${one.kind} ${one.id}`;
  const definitions = found
    .map((one, at) => ({ one, at }))
    .sort((left, right) => rank(left.one.severity) - rank(right.one.severity) || (order(left.one) < order(right.one) ? -1 : order(left.one) > order(right.one) ? 1 : left.at - right.at))
    .map(({ one }) => one);
  return { definitions, unproved: rules.unproved };
}

/** Everything else of a selector is in the plans. */
function selectorNames(sides: Sides): readonly DifferingDefinition[] {
  return joined(sides.old.served.selectors, sides.now.served.selectors).flatMap(([id, was, is]) => {
    if (was === undefined || is === undefined) return [];
    return entries(sides, { kind: is.kind === "smallest" ? "dispatcher" : is.kind, id }, renamed(was, is));
  });
}
