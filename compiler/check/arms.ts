// What is true of the arms of a dispatcher: which take nothing because others take it first, and which take only what
// they cannot place.
import type { Condition, RequestFacts, Selector } from "#contracts";
import type { Lookup } from "#runtime/plan";
import { regionWhere, Space, witnessWhere, type Answers, type Witness } from "../analysis/index.ts";
import type { Asked } from "./asked.ts";
import { reaching } from "./listing.ts";
import { once, onceEach } from "./once.ts";

export type Dispatcher = Extract<Selector, { readonly kind: "dispatcher" }>;
export type Arm = Dispatcher["arms"][number];

/** Arms that match no request first, wherever the dispatcher stands, with the arms above that cover them. */
export function armsCovered(lookup: Lookup, dispatcher: Dispatcher): readonly { readonly arm: Arm; readonly cover: readonly Arm[] }[] {
  const space = spaceOf(lookup, dispatcher.arms.flatMap((arm) => arm.when ?? []));
  const matched = dispatcher.arms.map((arm) => space.where(arm.when));
  return dispatcher.arms.flatMap((arm, at) => {
    const own = matched[at]!;
    if (space.isEmpty(own)) return []; // a contradiction, which is said of its condition
    const above = dispatcher.arms.flatMap((_, other) => (other < at && !space.isEmpty(space.and(own, matched[other]!)) ? [other] : []));
    const covers = (others: readonly number[]): boolean => space.includes(space.or(...others.map((other) => matched[other]!)), own);
    if (!covers(above)) return [];
    // The arms that are needed for it, the earliest preferred.
    const needed = above.reduceRight<readonly number[]>((left, other) => (covers(left.filter((one) => one !== other)) ? left.filter((one) => one !== other) : left), above);
    return [{ arm, cover: needed.map((other) => dispatcher.arms[other]!) }];
  });
}

/** Every arm that some request to some model takes. */
export const armsTaken = once((models: readonly Asked[]): ReadonlySet<string> => new Set(models.flatMap((asked) => asked.everyRoute.flatMap((answers) => answers.leaves.flatMap((leaf) => leaf.arms)))));

/** The most ordinary request that takes an arm; null where none does. */
export const takerOf = onceEach((answers: Answers, arm: string): Witness | null => {
  if (!answers.leaves.some((leaf) => leaf.arms.includes(arm))) return null;
  return witnessWhere(answers, (leaf) => leaf.arms.includes(arm));
});

/** Whether a condition holds for every request or for none. */
export function isConstant(lookup: Lookup, when: Condition | null): boolean {
  return when !== null && isConstantCondition(lookup, when);
}

const isConstantCondition = onceEach((lookup: Lookup, when: Condition): boolean => {
  const space = spaceOf(lookup, [when]);
  const region = space.where(when);
  return space.isEmpty(region) || space.isEverything(region);
});

/** Arms that some request takes, and behind which no such request has room. */
export const armsThatNeverFit = once((models: readonly Asked[], lookup: Lookup): readonly { readonly arm: Arm; readonly to: string; readonly request: RequestFacts }[] => {
  return [...lookup.selectors.values()].flatMap((selector) => {
    if (selector.kind !== "dispatcher") return [];
    return selector.arms.flatMap((arm) => {
      const { then } = arm;
      if (then.kind === "refuse") return [];
      let request: RequestFacts | null = null;
      for (const asked of reaching(models, selector.id)) {
        const { space } = asked;
        for (const answers of asked.everyRoute) {
          const taker = takerOf(answers, arm.id);
          if (taker === null) continue;
          // One request that fits settles the matter, mostly at once.
          if (asked.hasRoom(then.id, taker.request)) return [];
          const taken = regionWhere(answers, (leaf) => leaf.arms.includes(arm.id));
          if (!space.isEmpty(space.and(taken, asked.roomy(then.id)))) return [];
          request ??= taker.request;
        }
      }
      return request === null ? [] : [{ arm, to: then.id, request }];
    });
  });
});

function spaceOf(lookup: Lookup, conditions: readonly Condition[]): Space {
  return new Space([{ lookup, model: null, conditions }]);
}
