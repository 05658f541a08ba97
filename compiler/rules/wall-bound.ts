// LAW: the worst case of a model's time is no more than its `limits.wall`.
import { worstCase } from "../analysis/index.ts";
import type { Check } from "../check/context.ts";
import { durationText, limitOf } from "../check/limits.ts";

export const wallBound: Check = {
  code: "W6003",
  name: "wall-bound",
  severity: "info",
  law: "the time a request can take is within the limit of its model",
  because: "the limit cuts the chain short: what is still to be tried when it is reached is not tried",
  avoid: `ward 1

provider local { kind = mock }
provider rented { kind = mock }
target small = local "small" { context = 32Ki }
target large = rented "large" { context = 200k }

cascade steady {
  try small { timeout = 2m }
  try large { timeout = 2m }
}

model chat {
  route = steady
  limits = { wall = 3m }
}
`,
  prefer: `ward 1

provider local { kind = mock }
provider rented { kind = mock }
target small = local "small" { context = 32Ki }
target large = rented "large" { context = 200k }

cascade steady {
  try small { timeout = 2m }
  try large { timeout = 2m }
}

model chat {
  route = steady
  limits = { wall = 4m }
}
`,
  *check({ bound, policy, lookup, span: placeOf }) {
    for (const model of policy.models) {
      const span = limitOf(bound, model.id, "wall");
      const { value: worst, path } = worstCase(lookup, model).wall;
      if (span === null || worst === null || worst <= model.limits.wall) continue;
      yield {
        span,
        message: `a request to \`${model.name}\` can take ${durationText(worst)}, and its limit is ${durationText(model.limits.wall)}`,
        labels: path.map((id) => ({ span: placeOf(id), text: "on the longest way" })),
        help: `raise the limit to ${durationText(worst)}, or give the steps shorter timeouts`,
      };
    }
  },
};
