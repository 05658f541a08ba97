// Conditions that are no question: they hold for every request, or for none.
import type { Condition } from "#lang";
import type { Lookup } from "#runtime/plan";
import { Space } from "../analysis/index.ts";
import type { Bound } from "../bind/index.ts";
import { lowerCondition } from "../lower/conditions.ts";
import { once } from "./once.ts";

export type Constant = { readonly condition: Condition; readonly always: boolean };

/** The outermost such conditions of every arm, guard and rule. Alerts ask about receipts, which are no requests. */
export const constantConditions = once((bound: Bound, lookup: Lookup): readonly Constant[] =>
  whens(bound).flatMap((when) => {
    const space = new Space([{ lookup, model: null, conditions: [lowerCondition(when, bound.facts.types)] }]);
    return constantsIn(when, { space, bound });
  }),
);

function whens({ selectors, guards, rules, invariants }: Bound): readonly Condition[] {
  return [
    ...selectors.flatMap((one) => (one.kind === "dispatcher" ? one.arms.map((arm) => arm.when) : [])),
    ...guards.map((one) => one.node.when),
    ...rules.map((one) => one.when),
    ...invariants.map((one) => one.node.when),
  ].filter((when) => when !== null);
}

function constantsIn(condition: Condition, of: { readonly space: Space; readonly bound: Bound }): readonly Constant[] {
  const region = of.space.where(lowerCondition(condition, of.bound.facts.types));
  if (of.space.isEmpty(region)) return [{ condition, always: false }];
  if (of.space.isEverything(region)) return [{ condition, always: true }];
  switch (condition.kind) {
    case "and":
    case "or":
      return condition.of.flatMap((one) => constantsIn(one, of));
    case "not":
      return constantsIn(condition.of, of);
    default:
      return [];
  }
}
