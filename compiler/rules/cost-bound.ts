// LAW: the worst case of a model's cost is no more than its `limits.cost`.
import type { Model, RequestFacts, Target } from "#contracts";
import { targetsOf, worstOf } from "../analysis/worst.ts";
import type { Check } from "../check/context.ts";
import { limitOf, moneyText } from "../check/limits.ts";

export const costBound: Check = {
  code: "W6002",
  name: "cost-bound",
  severity: "info",
  law: "the most a request can cost is within the limit of its model",
  because: "an attempt whose worst cost would pass the limit is not started: the request fails although a target is there",
  avoid: `ward 1

provider local { kind = mock }
provider rented { kind = mock }
target small = local "small" { context = 32Ki }
target large = rented "large" { context = 200k  output = 64k  price = $3/$15 }

model chat {
  route = large
  limits = { cost = $0.10 }
}

model short { route = small }
`,
  prefer: `ward 1

provider local { kind = mock }
provider rented { kind = mock }
target small = local "small" { context = 32Ki }
target large = rented "large" { context = 200k  output = 64k  price = $3/$15 }

model chat {
  route = large
  limits = { cost = $2.00 }
}

model short { route = small }
`,
  *check({ bound, policy }) {
    for (const model of policy.models) {
      const span = limitOf(bound, model.id, "cost");
      const worst = worstOf(policy, model).cost;
      const { cost: limit } = model.limits;
      if (span === null || limit === null || worst === null || worst <= limit) continue;
      yield {
        span,
        message: `a request to \`${model.name}\` can cost ${moneyText(worst)}, and its limit is ${moneyText(limit)}`,
        help: `raise the limit to ${moneyText(worst)}, retry less, or route less to what is dear`,
        ...witnessOf(dearest(targetsOf(policy, model)), model),
      };
    }
  },
};

function dearest(targets: readonly Target[]): Target | undefined {
  return targets.toSorted((a, b) => costOf(b) - costOf(a))[0];
}

/** The request that fills the window of the dearest target, as much of it with the answer as costs most. */
function witnessOf(target: Target | undefined, model: Model): { readonly witness?: RequestFacts } {
  if (target === undefined) return {};
  const output = answerOf(target);
  return { witness: { model: model.name, tokens: target.context - output, output } };
}

function costOf(target: Target): number {
  const output = answerOf(target);
  return target.price === null ? 0 : (target.context - output) * target.price.input + output * target.price.output;
}

function answerOf({ price, context, output }: Target): number {
  return price !== null && price.output > price.input ? Math.min(output ?? context, context) : 0;
}
