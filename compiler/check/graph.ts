// What a selector leads to, whatever the request: the graph of a policy, before any condition is asked.
import type { Selector, Target } from "#contracts";
import { named, type Lookup } from "#runtime/plan";

/** A way on: the arm, part or step it is written in, and what it names. */
export type Hop = { readonly id: string; readonly to: string };

/** The ways on from a target, model or selector. A model stands for its route. */
export function hopsOf(lookup: Lookup, id: string): readonly Hop[] {
  const model = lookup.models.get(id);
  if (model !== undefined) return [{ id, to: model.route }];
  return lookup.targets.has(id) ? [] : partsOf(named(lookup.selectors, id));
}

export function partsOf(selector: Selector): readonly Hop[] {
  switch (selector.kind) {
    case "dispatcher":
      return selector.arms.flatMap((arm) => (arm.then.kind === "selector" ? [{ id: arm.id, to: arm.then.id }] : []));
    case "cascade":
      return selector.tries.map((step) => ({ id: step.id, to: step.selector }));
    case "smallest":
    case "alloy":
      return selector.parts.map((part) => ({ id: part.id, to: part.selector }));
    default:
      return unreachable(selector);
  }
}

/** Everything `id` leads to, itself first; each once, in reading order. `goes` says which ways are open. */
export function reachable(lookup: Lookup, id: string, goes: (hop: Hop) => boolean = () => true): ReadonlySet<string> {
  const seen = new Set<string>();
  const visit = (one: string): void => {
    if (seen.has(one)) return;
    seen.add(one);
    for (const hop of hopsOf(lookup, one)) if (goes(hop)) visit(hop.to);
  };
  visit(id);
  return seen;
}

/** Where `id` is named by an arm, part, step or model. */
export function waysTo(lookup: Lookup, id: string): readonly Hop[] {
  return [...lookup.selectors.keys(), ...lookup.models.keys()].flatMap((from) => hopsOf(lookup, from).filter((hop) => hop.to === id));
}

/** The declaration an arm, part or step stands in; any other id is its own. */
export function ownerOf(id: string): string {
  return id.split("/", 1)[0]!;
}

export function targetsUnder(lookup: Lookup, id: string): readonly Target[] {
  return [...reachable(lookup, id)].flatMap((one) => lookup.targets.get(one) ?? []);
}

function unreachable(value: never): never {
  throw new Error(`no such selector: ${JSON.stringify(value)}`);
}
