// In: one public model as two policies have it. Out: the requests they treat differently, as regions that do not overlap:
// one for each pair of ways and the arms that lead there, and where the ways are the same one for each change of rules or
// escalations, whatever the ways; each with its most ordinary request, confirmed by the planner.
//
//   both sides ─▶ one space ─▶ two diagrams ─▶ pairs of leaves ─▶ groups ─▶ regions
//
// INVARIANT (exact): a request lies in a region exactly if the treatment texts of the two sides about it differ.
import type { DifferingRegion } from "#contracts";
import { axisSize, GaveUp, Space, type Ref } from "../analysis/index.ts";
import { heardByBoth, incomparable, isUntouched } from "./comparable.ts";
import { grouping, severityOf, type Group } from "./group.ts";
import { groupsIn, type Way } from "./groups.ts";
import { located, type Came } from "./located.ts";
import type { Pair } from "./pairs.ts";
import { rank, type Reach } from "./severity.ts";
import { shown } from "./shown.ts";
import { treatedBy, type Treated } from "./treated.ts";
import { triedRegions } from "./tried.ts";
import { whereOf } from "./where.ts";

export type Compared = {
  readonly regions: readonly DifferingRegion[];
  /** Why this is not all, where it is not. */
  readonly unproved: readonly string[];
  /** Kinds of requests that the two can tell apart, for who measures. */
  readonly cells: number;
  /** The region a request falls into, by its place in `regions`; null where it is treated the same, undefined where what is known of it does not say. */
  locate(came: Came): number | null | undefined;
};

/** Edges of the diagrams of one pair; some seconds of work, and where plans are long a gigabyte. */
export const BUDGET = 1_000_000;
/** Steps to describe all its regions in; beyond them a region is described by what holds for all of it. A second of work. */
const DESCRIBING = 2_000_000;

export function compareModels(pair: Pair, budget: number = BUDGET): Compared {
  if (isUntouched(pair)) return { regions: [], unproved: [], cells: 1, locate: () => null };
  const torn = incomparable(pair);
  if (torn.length > 0) return unproved([], torn.map((fact) => `\`${pair.name}\`: \`${fact}\` is of another type now, so its requests cannot be compared`));
  try {
    return compared(pair, budget);
  } catch (error) {
    if (!(error instanceof GaveUp)) throw error;
    return unproved(triedRegions(pair), [`\`${pair.name}\`: ${error.message}, so its requests were only tried here and there`]);
  }
}

function unproved(regions: readonly DifferingRegion[], reasons: readonly string[]): Compared {
  return { regions, unproved: reasons, cells: 1, locate: () => undefined };
}

function compared(pair: Pair, budget: number): Compared {
  const { old, now, oldModel, nowModel } = pair;
  const space = new Space([{ lookup: old.compared, model: oldModel }, { lookup: now.compared, model: nowModel }], budget);
  const before = treatedBy(space, old, oldModel);
  const after = treatedBy(space, now, nowModel);
  const whole: Reach = new Map(before.leaves.flatMap((one) => [...one.reach]));
  const { diagrams } = space;
  const groupOf = grouping(pair, whole);
  const root = diagrams.product([before.ref, after.ref, heardByBoth(space, pair)], ([was, is, heard]) => {
    const [left, right] = [was as Treated, is as Treated];
    return diagrams.leaf(heard === false || left.text === right.text ? false : groupOf(left, right));
  });

  const groups = groupsIn<Group>(space, root);
  const found = [...groups.all].map(([group, { way, cells }]) => ({ group, way, cells }));
  found.sort((left, right) => rank(severityOf(left.group)) - rank(severityOf(right.group)) || right.cells - left.cells || compareTexts(left.group.key, right.group.key));
  const effort = { left: DESCRIBING };
  const regions = found.map(({ group, way, cells }) => {
    const where = whereOf(space, root, { has: (ref) => groups.below(ref, group), way, effort });
    const here: Group = { ...group, old: treatedAt(space, before.ref, way), now: treatedAt(space, after.ref, way) };
    return { ...shown(pair, here, space.requestAt(way)), where: where.texts, exact: where.exact, cells };
  });
  const order = new Map(found.map(({ group }, at) => [group, at]));
  const cut = [...before.leaves, ...after.leaves].some((one) => !one.plan.complete);
  return {
    regions,
    unproved: cut ? [`\`${pair.name}\`: a plan of it is longer than is written out, and is compared only as far as it is`] : [],
    cells: space.axes.reduce((product, axis) => product * axisSize(axis), 1),
    locate: (came) => located(space, root, { pair, came, placeOf: (group) => order.get(group)! }),
  };
}

function treatedAt({ diagrams }: Space, root: Ref, way: Way): Treated {
  let ref = root;
  while (!diagrams.isLeaf(ref)) {
    const { variable, kids } = diagrams.at(ref);
    ref = kids[way.get(variable) ?? 0]!;
  }
  return diagrams.leafOf(ref) as Treated;
}

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
