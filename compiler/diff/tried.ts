// Where a space is too large to be worked through: differences found by trying requests. What is found is true, and was put to
// both planners; that nothing else differs is not known, and is not said.
import type { DifferingRegion } from "#contracts";
import { factsOf } from "#runtime/plan";
import { addCosts, axisSize, compareCosts, costOfValue, FREE, Space, type Cost } from "../analysis/index.ts";
import { grouping, type Group } from "./group.ts";
import type { Way } from "./groups.ts";
import type { Pair } from "./pairs.ts";
import { rank } from "./severity.ts";
import { shown } from "./shown.ts";
import { hearing } from "./side.ts";
import { treatedRequest, type Treated } from "./treated.ts";

/** A second or two. */
const REQUESTS = 3_000;

export function triedRegions(pair: Pair): readonly DifferingRegion[] {
  const space = new Space([{ lookup: pair.old.compared, model: pair.oldModel }, { lookup: pair.now.compared, model: pair.nowModel }]);
  const tried = [...ways(space)].flatMap((way) => treatments(pair, space, way));
  const groupOf = grouping(pair, new Map(tried.flatMap((one) => [...one.old.reach])));
  const best = new Map<Group, { readonly way: Way; readonly cost: Cost }>();
  for (const { way, old, now } of tried) {
    if (old.text === now.text) continue;
    const group = groupOf(old, now);
    const cost = costOf(space, way);
    const known = best.get(group);
    if (known === undefined || compareCosts(cost, known.cost) < 0) best.set(group, { way, cost });
  }
  return [...best]
    .map(([group, { way }]): DifferingRegion => {
      const [here] = treatments(pair, space, way);
      return { ...shown(pair, { ...group, ...here! }, space.requestAt(way)), where: [], exact: false, cells: null };
    })
    .sort((left, right) => rank(left.severity) - rank(right.severity));
}

type Tried = { readonly way: Way; readonly old: Treated; readonly now: Treated };

/** None where one side would not hear the request. */
function treatments({ old, now, oldModel, nowModel, name }: Pair, space: Space, way: Way): readonly Tried[] {
  const request = { model: name, ...space.requestAt(way) };
  if (!hearing(old, request).ok || !hearing(now, request).ok) return [];
  const [left, right] = [factsOf(old.compared, request), factsOf(now.compared, request)];
  if (!left.ok || !right.ok) return [];
  return [{ way, old: treatedRequest(old.compared, oldModel, left.facts), now: treatedRequest(now.compared, nowModel, right.facts) }];
}

/** The same ones every time: most say little, as requests do. */
function* ways(space: Space): Generator<Way> {
  let state = 1;
  const below = (size: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * size);
  };
  for (let at = 0; at < REQUESTS; at++) {
    const quiet = 1 + below(8);
    yield new Map(space.axes.map((axis, index) => [index, axis.kind === "size" || below(quiet) === 0 ? below(axisSize(axis)) : 0]));
  }
}

function costOf({ axes }: Space, way: Way): Cost {
  return [...way].reduce<Cost>((cost, [axis, value]) => addCosts(cost, costOfValue(axes[axis]!, value)), FREE);
}
