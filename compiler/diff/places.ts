// Where each side says what makes the difference: the arm, if the request takes another one; else the step, part, guard or
// rule that differs. What is not in the source (a bundle may come from elsewhere) falls back to what holds it.
import type { DifferencePlace, Model } from "#contracts";
import { named, type Lookup, type PlannedAttempt } from "#runtime/plan";
import { alike, placeOf, type Side } from "./side.ts";
import type { Treated } from "./treated.ts";

type Compared = { readonly old: Side; readonly now: Side; readonly oldModel: Model; readonly nowModel: Model };
type Treatments = { readonly old: Treated; readonly now: Treated };

/** `escalation`: the rule whose escalation differs, where the routes do not. */
export function placesOf({ old, now, oldModel, nowModel }: Compared, group: Treatments, escalation: string | null): { readonly old: DifferencePlace | null; readonly new: DifferencePlace | null } {
  const fallbacks = (model: Model, arms: readonly string[]): readonly string[] => [...arms.slice(-1), model.route, model.id];
  const [left, right] = escalation === null ? causes({ old, now, oldModel, nowModel }, group) : [[escalation], [escalation]];
  return {
    old: placeOf(old, [...left, ...fallbacks(oldModel, group.old.arms)]),
    new: placeOf(now, [...right, ...fallbacks(nowModel, group.now.arms)]),
  };
}

type Ids = readonly (string | null)[];

function causes(compared: Compared, { old, now }: Treatments): readonly [Ids, Ids] {
  const at = differingArm(compared, { old, now });
  if (at !== null) return [[old.arms[at] ?? null], [now.arms[at] ?? null]];

  const guards = (one: Treated, other: Treated): Ids => one.plan.skipped.flatMap((skip) => (skip.reason === "guard" && !other.guarded.has(skip.target) ? [skip.id] : []));
  const [guardOfOld, guardOfNow] = [guards(old, now), guards(now, old)];
  if (guardOfOld.length + guardOfNow.length > 0) return [[...guardOfOld, ...guardOfNow], [...guardOfNow, ...guardOfOld]];

  const steps = differingStep(old.plan.attempts, now.plan.attempts);
  if (steps !== null) return steps;

  const gone = old.plan.rules.filter((one) => !now.plan.rules.includes(one));
  const come = now.plan.rules.filter((one) => !old.plan.rules.includes(one));
  return [[...gone, ...come], [...come, ...gone]];
}

/** The first arm on the way that says something else: another condition, or another way on. */
function differingArm({ old: { compared: left }, now: { compared: right } }: Compared, { old, now }: Treatments): number | null {
  for (let at = 0; at < Math.max(old.arms.length, now.arms.length); at++) {
    const [was, is] = [old.arms[at], now.arms[at]];
    if (was === undefined || is === undefined || !alike(armOf(left, was), armOf(right, is))) return at;
  }
  return null;
}

function armOf(lookup: Lookup, id: string): unknown {
  const dispatcher = named(lookup.selectors, id.slice(0, id.lastIndexOf("/")));
  const arm = dispatcher.kind === "dispatcher" ? dispatcher.arms.find((one) => one.id === id) : undefined;
  return arm === undefined ? null : { when: arm.when, then: arm.then };
}

/** The steps of the first attempt that is another one; where they are all the same, of the first that goes on otherwise. */
function differingStep(old: readonly PlannedAttempt[], now: readonly PlannedAttempt[]): readonly [Ids, Ids] | null {
  const another = (was: PlannedAttempt | undefined, is: PlannedAttempt | undefined): boolean => was?.target.id !== is?.target.id || was?.retries !== is?.retries || was?.timeout !== is?.timeout;
  const otherwise = (was: PlannedAttempt | undefined, is: PlannedAttempt | undefined): boolean => !alike(was?.moves ?? null, is?.moves ?? null) || !alike(was?.backoff ?? null, is?.backoff ?? null);
  for (const differs of [another, otherwise]) {
    for (let at = 0; at < Math.max(old.length, now.length); at++) {
      const [was, is] = [old[at], now[at]];
      if (differs(was, is)) return [[...stepsOf(was), ...selectorsOf(is)], [...stepsOf(is), ...selectorsOf(was)]];
    }
  }
  return null;
}

function stepsOf(attempt: PlannedAttempt | undefined): Ids {
  return attempt === undefined ? [] : [...attempt.trail.toReversed(), attempt.target.id];
}

/** Where a step that is missing would stand. */
function selectorsOf(attempt: PlannedAttempt | undefined): Ids {
  return attempt === undefined ? [] : attempt.trail.toReversed().map((step) => step.slice(0, step.lastIndexOf("/")));
}
