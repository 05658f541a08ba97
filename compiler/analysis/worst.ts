// Policy -> the worst case of each model in plain figures, and the targets it reaches: what bounds.ts proves, without the
// paths that lead there.
import type { Model, Policy, Target } from "#contracts";
import { lookup } from "#runtime/plan";
import { worstCase } from "./bounds.ts";
import { modelRoutes, reach } from "./vocabulary.ts";

/** Microdollars, null where a target declares no price; milliseconds. */
export type Worst = { readonly attempts: number; readonly cost: number | null; readonly wall: number };

export function worstOf(policy: Policy, model: Model): Worst {
  const { attempts, cost, wall } = worstCase(lookup(policy), model);
  // Only a price can be undeclared: the other two always have a value.
  return { attempts: attempts.value!, cost: cost.value, wall: wall.value! };
}

/** Every target a request for the model can reach, by its route or by an escalation; in the policy's order. */
export function targetsOf(policy: Policy, model: Model): readonly Target[] {
  const program = lookup(policy);
  const reached = reach(program, modelRoutes(program, model));
  return policy.targets.filter((target) => reached.has(target.id));
}
