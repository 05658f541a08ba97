// A plan, and how it is printed, stored in receipts and compared.
import type { Decision, Model } from "#contracts";
import type { AlloyDraw } from "./draw.ts";
import type { PlannedAttempt } from "./unroll.ts";

export type Plan = {
  readonly model: Model;
  readonly outcome: Decision["outcome"];
  readonly attempts: readonly PlannedAttempt[];
  readonly refusal: Decision["refusal"];
  /** Who wrote the refusal's message: the policy, in a `refuse "…"`, or the planner. */
  readonly wording: "policy" | "planner";
  readonly skipped: Decision["skipped"];
  readonly path: readonly string[];
  readonly alloys: readonly AlloyDraw[];
  /** Ids of the rules whose `when` holds, in the model's order; none where the request is refused. */
  readonly rules: readonly string[];
  /** Unknown facts that change the answer. */
  readonly depends: readonly string[];
  /** False where the plan is longer than is written out. */
  readonly complete: boolean;
};

export function decide(plan: Plan): Decision {
  const { model, outcome, refusal, path, alloys, rules, depends } = plan;
  // A target is named alike wherever a decision speaks of it; its id is its kind and its name.
  const skipped = plan.skipped.map((skip) => ({ ...skip, target: skip.target.slice(skip.target.indexOf(":") + 1) }));
  return { model: model.name, outcome, attempts: printed(plan.attempts), refusal, skipped, path, alloys, rules, depends };
}

type Printed = Decision["attempts"];

/** Requests that nothing was drawn for share their list of attempts. */
const prints = new WeakMap<Plan["attempts"], Printed>();

function printed(attempts: Plan["attempts"]): Printed {
  let print = prints.get(attempts);
  if (print === undefined) prints.set(attempts, (print = attempts.map(({ target, step, retries, on, timeout }) => ({ target: target.name, id: target.id, step, retries, on, timeout }))));
  return print;
}

/**
 * The text two plans share exactly where they treat a request the same: what is tried and where each failure leads,
 * shares, active rules, refusal. Not how the decision came about (path, skips, the names of steps), so that an inlined
 * or unused selector is no difference, and not what was drawn. Plan with `keys: null` to compare policies.
 */
export function answerText(plan: Plan): string {
  const { outcome, refusal, rules, complete } = plan;
  const attempts = plan.attempts.map(({ target, retries, resume, moves, timeout }) => [
    target.id, retries, retries > 0 ? resume : null, timeout, Object.entries(moves).flatMap(([failure, move]) => (move === null ? [] : [[failure, move.to, move.resume]])),
  ]);
  const alloys = plan.alloys.map(({ id, pick, shares }) => [id, pick, shares]);
  // The wording of a refusal nobody wrote names numbers of the request; its code says all that matters.
  const said = refusal === null ? null : [refusal.code, plan.wording === "policy" ? refusal.message : null];
  return JSON.stringify([outcome, attempts, said, alloys, rules, complete]);
}
