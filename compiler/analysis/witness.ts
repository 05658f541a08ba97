// One request to stand for many: the most ordinary one of a region. As few facts as possible are said at all, then no
// answer length if it can be helped, then the numbers are as small as they can be; what is left is decided by the axes'
// order, so the same region always gives the same request.
import type { RequestFacts } from "#contracts";
import { answerText, factsOf, plan, type Plan } from "#runtime/plan";
import type { Answers, Leaf } from "./answers.ts";
import type { Ref } from "./diagram.ts";
import { axisSize, valueAt, type Axis, type Region, type Space } from "./space.ts";

/** A request, its leaf, and what the runtime's own planner answers to it. */
export type Witness = { readonly request: RequestFacts; readonly leaf: Leaf; readonly plan: Plan };

/** Null where the region is empty. */
export function requestIn(space: Space, region: Region): RequestFacts | null {
  const way = cheapestWay(space, region.ref, (leaf) => leaf === true);
  return way === null ? null : space.requestAt(way);
}

/**
 * The most ordinary request of the region with its decision. INVARIANT (no unconfirmed witness): the planner was asked about
 * exactly this request and agrees with the diagram; where it does not, that is a bug of ours and is thrown.
 */
export function witnessIn(answers: Answers, region: Region): Witness | null {
  const way = cheapestWay(answers.space, region.ref, (leaf) => leaf === true);
  return way === null ? null : witnessAt(answers, way);
}

/** The same of all requests whose leaf `keep` accepts, without making a region of them; `within`: only where that diagram still has leaves of the answers. */
export function witnessWhere(answers: Answers, keep: (leaf: Leaf) => boolean, within: Ref = answers.ref): Witness | null {
  const way = cheapestWay(answers.space, within, (leaf) => typeof leaf === "object" && keep(leaf as Leaf));
  return way === null ? null : witnessAt(answers, way);
}

function witnessAt(answers: Answers, way: ReadonlyMap<number, number>): Witness {
  const { space, model, lookup, route } = answers;
  const leaf = leafAt(answers, way);
  const request: RequestFacts = { model: model.name, ...space.requestAt(way) };
  const facts = factsOf(lookup, request);
  if (!facts.ok) throw new Error(`the witness is not a request: ${facts.problem.message}`);
  const confirmed = plan(lookup, model, facts.facts, { keys: null, route });
  if (answerText(confirmed) !== leaf.answer) {
    throw new Error(`the diagram and the planner disagree about ${JSON.stringify(request)}: ${leaf.answer} against ${answerText(confirmed)}`);
  }
  return { request, leaf, plan: confirmed };
}

/** The leaf of the request at which each axis has the given value, the others 0. */
export function leafAt({ space, ref }: Answers, way: ReadonlyMap<number, number>): Leaf {
  let at = ref;
  while (!space.diagrams.isLeaf(at)) {
    const { variable, kids } = space.diagrams.at(at);
    at = kids[way.get(variable) ?? 0]!;
  }
  return space.diagrams.leafOf(at) as Leaf;
}

/** Facts said, then answer length said, then how large the numbers are: compared in this order. */
export type Cost = readonly [facts: number, output: number, size: number];

export const FREE: Cost = [0, 0, 0];

/** The cheapest way to a leaf that `keep` accepts; of equally cheap ones that with the earliest values. */
function cheapestWay(space: Space, from: Ref, keep: (leaf: object | boolean) => boolean): ReadonlyMap<number, number> | null {
  const { diagrams } = space;
  const costs = costsOf(space);
  const known = new Map<Ref, { readonly cost: Cost; readonly value: number } | null>();

  const best = (ref: Ref): { readonly cost: Cost; readonly value: number } | null => {
    const before = known.get(ref);
    if (before !== undefined) return before;
    const found = diagrams.isLeaf(ref) ? (keep(diagrams.leafOf(ref)) ? { cost: FREE, value: 0 } : null) : bestOf(ref);
    known.set(ref, found);
    return found;
  };
  const bestOf = (ref: Ref): { readonly cost: Cost; readonly value: number } | null => {
    const { variable, kids } = diagrams.at(ref);
    const own = costs[variable]!;
    let found: { readonly cost: Cost; readonly value: number } | null = null;
    let rest: { readonly cost: Cost } | null = null;
    for (let value = 0; value < kids.length; value++) {
      // Neighbouring values mostly lead to the same place.
      if (value === 0 || kids[value] !== kids[value - 1]) rest = best(kids[value]!);
      if (rest !== null && (found === null || isLess(own[value]!, rest.cost, found.cost))) found = { cost: addCosts(own[value]!, rest.cost), value };
    }
    return found;
  };

  if (best(from) === null) return null;
  const way = new Map<number, number>();
  for (let ref = from; !diagrams.isLeaf(ref); ) {
    const { variable, kids } = diagrams.at(ref);
    const { value } = best(ref)!;
    way.set(variable, value);
    ref = kids[value]!;
  }
  return way;
}

/** Whether two costs together are less than a third: `compareCosts(addCosts(one, other), than) < 0`, and makes nothing. */
function isLess(one: Cost, other: Cost, than: Cost): boolean {
  const facts = one[0] + other[0] - than[0];
  if (facts !== 0) return facts < 0;
  const output = one[1] + other[1] - than[1];
  return output === 0 ? one[2] + other[2] < than[2] : output < 0;
}

/** For each axis what its values cost. */
function costsOf(space: Space): readonly (readonly Cost[])[] {
  const known = COSTS.get(space) ?? space.axes.map((axis) => Array.from({ length: axisSize(axis) }, (_, value) => costOfValue(axis, value)));
  COSTS.set(space, known);
  return known;
}

const COSTS = new WeakMap<Space, readonly (readonly Cost[])[]>();

/** What one value of an axis costs a request that has it. */
export function costOfValue(axis: Axis, value: number): Cost {
  if (axis.kind === "size") {
    const { tokens, output } = axis.cells[value]!.at;
    return [0, output > 0 ? 1 : 0, tokens + output];
  }
  if (value === 0) return FREE;
  const said = axis.kind === "number" ? valueAt(axis, value, axis.fact) : 0;
  return [1, 0, typeof said === "number" ? Math.abs(said) : 0];
}

export function addCosts(left: Cost, right: Cost): Cost {
  return [left[0] + right[0], left[1] + right[1], left[2] + right[2]];
}

export function compareCosts(left: Cost, right: Cost): number {
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}

/** How many requests' classes an axis tells apart; for tests that walk a whole small space. */
export function spaceSize({ axes }: Space): number {
  return axes.reduce((product, axis) => product * axisSize(axis), 1);
}
