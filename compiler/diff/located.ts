// In which region one request lies, as far as what is known of it says.
import type { RequestFacts } from "#contracts";
import { factsOf } from "#runtime/plan";
import type { Ref, Space } from "../analysis/index.ts";
import type { Group } from "./group.ts";
import type { Pair } from "./pairs.ts";

type Locating = { readonly pair: Pair; readonly request: RequestFacts; readonly placeOf: (group: Group) => number };

/** Walks to the request's leaf. Where the diagram asks what is not known of it, every answer must lead to one place. */
export function located(space: Space, root: Ref, { pair, request, placeOf }: Locating): number | null | undefined {
  const { old, now } = pair;
  const { model: _, unknown = [], ...said } = request;
  // A fact that only the new policy declares was not heard when the request came.
  const declared = Object.keys(request.facts ?? {});
  const open = new Set([...unknown, ...[...now.served.facts.keys()].filter((name) => !old.served.facts.has(name) && !declared.includes(name))]);
  const facts = factsOf({ facts: old.compared.facts }, { ...said, facts: Object.fromEntries(Object.entries(request.facts ?? {}).filter(([name]) => old.compared.facts.has(name))) });
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
