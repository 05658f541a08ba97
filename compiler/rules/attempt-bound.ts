// LAW: the worst case of a model's attempts is no more than its `limits.attempts`.
import { worstCase } from "../analysis/index.ts";
import type { Check } from "../check/context.ts";
import { limitOf } from "../check/limits.ts";

export const attemptBound: Check = {
  code: "W6001",
  name: "attempt-bound",
  severity: "info",
  law: "the attempts a request can need are within the limit of its model",
  because: "the limit cuts the chain short: the last fallbacks are never tried when they are needed most",
  avoid: `ward 1

provider local { kind = mock }
provider rented { kind = mock }
target small = local "small" { context = 32Ki }
target large = rented "large" { context = 200k }

cascade steady {
  try small { retry = 2 }
  try large { retry = 2 }
}

model chat {
  route = steady
  limits = { attempts = 4 }
}

model long { route = large }
`,
  prefer: `ward 1

provider local { kind = mock }
provider rented { kind = mock }
target small = local "small" { context = 32Ki }
target large = rented "large" { context = 200k }

cascade steady {
  try small { retry = 2 }
  try large { retry = 2 }
}

model chat {
  route = steady
  limits = { attempts = 6 }
}

model long { route = large }
`,
  *check({ bound, policy, lookup, span: placeOf }) {
    for (const model of policy.models) {
      const span = limitOf(bound, model.id, "attempts");
      const { value: worst, path } = worstCase(lookup, model).attempts;
      if (span === null || worst === null || worst <= model.limits.attempts) continue;
      yield {
        span,
        message: `\`${model.name}\` can need ${worst} attempts, and its limit is ${model.limits.attempts}`,
        labels: path.map((id) => ({ span: placeOf(id), text: "on the longest way" })),
        help: `raise the limit to ${worst}, or retry less`,
      };
    }
  },
};
