// In which region one request lies, as far as what is known of it says.
import type { RequestFacts } from "#contracts";
import { factsOf } from "#runtime/plan";
import type { Ref, Space } from "../analysis/index.ts";
import type { Group } from "./group.ts";
import type { Pair } from "./pairs.ts";

/** A request that came. `declared`: the facts that were heard then; one of them it does not hold was absent, any other is not known. */
export type Came = { readonly request: RequestFacts; readonly declared: readonly string[] };

type Locating = { readonly pair: Pair; readonly came: Came; readonly placeOf: (group: Group) => number };

/** Walks to the request's leaf. Where the diagram asks what is not known of it, every answer must lead to one place. */
export function located(space: Space, root: Ref, { pair, came: { request, declared }, placeOf }: Locating): number | null | undefined {
  const known = pair.old.compared.facts;
  const { unknown = [], ...said } = request;
  const open = new Set([...unknown, ...[...known.keys()].filter((name) => !declared.includes(name) && request.facts?.[name] === undefined)]);
  const facts = factsOf({ facts: known }, { ...said, facts: Object.fromEntries(Object.entries(request.facts ?? {}).filter(([name]) => known.has(name))) });
  if (!facts.ok) return undefined;
  const values = space.valuesOf(facts.facts);
  const found = new Set<number | null>();
  const seen = new Set<Ref>();
  const visit = (ref: Ref): void => {
    if (seen.has(ref)) return;
    seen.add(ref);
    if (space.diagrams.isLeaf(ref)) {
      const leaf = space.diagrams.leafOf(ref);
      found.add(typeof leaf === "boolean" ? null : placeOf(leaf as Group));
      return;
    }
    const { variable, kids } = space.diagrams.at(ref);
    const axis = space.axes[variable]!;
    const isOpen = axis.kind === "size" ? open.has("request.tokens") || open.has("request.output") : open.has(axis.fact);
    (isOpen ? kids : [kids[values.get(variable) ?? 0]!]).forEach(visit);
  };
  visit(root);
  return found.size === 1 ? [...found][0]! : undefined;
}
