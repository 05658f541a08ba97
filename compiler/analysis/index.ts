// What can be known of a policy before the first request. Everything proved comes from here.
//
//   const space = new Space([{ lookup, model, conditions }]);      // lay the requests out, once per model
//   const answers = answersOf(space, { lookup, model });           // every request's decision, as a diagram
//   const region = space.and(space.where(condition), regionWhere(answers, (leaf) => leaf.plan.outcome === "refuse"));
//   if (!space.isEmpty(region)) witnessIn(answers, region)         // the most ordinary such request, confirmed by the planner
//
// Work beyond the space's budget throws `GaveUp`; `orGaveUp` makes a value of it, to be said instead of an answer.
import { GaveUp } from "./diagram.ts";

export { answersIn, answersOf, leavesIn, regionWhere, servedBy, type Answers, type Leaf } from "./answers.ts";
export { costOf, worstCase, type Bound, type Bounds } from "./bounds.ts";
export { describe } from "./describe.ts";
export { GaveUp, type Ref } from "./diagram.ts";
export type { Interval, SizeCell } from "./size.ts";
export { satisfiable, type Satisfiable } from "./satisfiable.ts";
export { axisSize, DEFAULT_BUDGET, Space, type Axis, type Cube, type Region } from "./space.ts";
export { modelRoutes, reach, type Source } from "./vocabulary.ts";
export { addCosts, compareCosts, costOfValue, FREE, leafAt, requestIn, spaceSize, witnessIn, witnessWhere, type Cost, type Witness } from "./witness.ts";

export function orGaveUp<T>(work: () => T): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly because: string } {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    if (error instanceof GaveUp) return { ok: false, because: error.message };
    throw error;
  }
}
