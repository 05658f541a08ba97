// LAW: the worst case of a model's cost is no more than its `limits.cost`.
import type { Model, RequestFacts, Target } from "#contracts";
import type { Lookup } from "#runtime/plan";
import { costOf, modelRoutes, worstCase } from "../analysis/index.ts";
import type { Check } from "../check/context.ts";
import { targetsUnder } from "../check/graph.ts";
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
  *check({ bound, policy, lookup, span: placeOf }) {
    for (const model of policy.models) {
      const span = limitOf(bound, model.id, "cost");
      const { value: worst, path } = worstCase(lookup, model).cost;
      const { cost: limit } = model.limits;
      if (span === null || limit === null || worst === null || worst <= limit) continue;
      yield {
        span,
        message: `a request to \`${model.name}\` can cost ${moneyText(worst)}, and its limit is ${moneyText(limit)}`,
        labels: path.map((id) => ({ span: placeOf(id), text: "on the dearest way" })),
        help: `raise the limit to ${moneyText(worst)}, retry less, or route less to what is dear`,
        witness: largestRequest(dearest(lookup, model), model),
      };
    }
  },
};

function dearest(lookup: Lookup, model: Model): Target {
  const targets = modelRoutes(lookup, model).flatMap((route) => targetsUnder(lookup, route));
  return targets.toSorted((a, b) => (costOf(b).value ?? 0) - (costOf(a).value ?? 0) || (a.id < b.id ? -1 : 1))[0]!;
}

/** The request that fills the window of the dearest target, as much of it with the answer as costs most. */
function largestRequest({ price, context, output }: Target, { name }: Model): RequestFacts {
  const answer = price !== null && price.output > price.input ? Math.min(output ?? context, context) : 0;
  return { model: name, tokens: context - answer, output: answer };
}
