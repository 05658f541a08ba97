// What is true of the arms of a dispatcher: which take nothing because others take it first, and which take only what
// they cannot place.
import type { Condition, RequestFacts, Selector } from "#contracts";
import type { Lookup } from "#runtime/plan";
import { regionWhere, Space, witnessIn } from "../analysis/index.ts";
import type { Asked } from "./asked.ts";

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
export function armsTaken(models: readonly Asked[]): ReadonlySet<string> {
  return new Set(models.flatMap((asked) => asked.everyRoute.flatMap((answers) => answers.leaves.flatMap((leaf) => leaf.arms))));
}

/** Whether a condition holds for every request or for none. */
export function isConstant(lookup: Lookup, when: Condition | null): boolean {
  if (when === null) return false;
  const space = spaceOf(lookup, [when]);
  const region = space.where(when);
  return space.isEmpty(region) || space.isEverything(region);
}

/** Arms that some request takes, and behind which no such request has room. */
export function armsThatNeverFit(lookup: Lookup, models: readonly Asked[]): readonly { readonly arm: Arm; readonly to: string; readonly request: RequestFacts }[] {
  return [...lookup.selectors.values()].flatMap((selector) => {
    if (selector.kind !== "dispatcher") return [];
    return selector.arms.flatMap((arm) => {
      const { then } = arm;
      if (then.kind === "refuse") return [];
      let request: RequestFacts | null = null;
      for (const asked of models.filter((one) => one.reaches.has(selector.id))) {
        const { space } = asked;
        for (const answers of asked.everyRoute) {
          const taken = regionWhere(answers, (leaf) => leaf.arms.includes(arm.id));
          const witness = witnessIn(answers, taken);
          if (witness === null) continue;
          // One request that fits settles the matter, mostly at once.
          if (asked.hasRoom(then.id, witness.request) || !space.isEmpty(space.and(taken, asked.roomy(then.id)))) return [];
          request ??= witness.request;
        }
      }
      return request === null ? [] : [{ arm, to: then.id, request }];
    });
  });
}

function spaceOf(lookup: Lookup, conditions: readonly Condition[]): Space {
  return new Space([{ lookup, model: null, conditions }]);
}
