// LAW: every arm that leads somewhere leads to something with room for some of the requests it takes.
import type { Check } from "../check/context.ts";
import { armsThatNeverFit } from "../check/arms.ts";
import { nameOf } from "../check/gaps.ts";
import { targetsUnder } from "../check/graph.ts";
import { numberText } from "../check/words.ts";

export const armNeverFits: Check = {
  code: "W3003",
  name: "arm-never-fits",
  severity: "warning",
  law: "every arm leads to something that has room for some of the requests it takes",
  because: "every request the arm takes is refused, although it looks as if it were served",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }
target large = local "large" { context = 200k }

dispatcher by-size {
  when request.tokens > 40k -> small
  otherwise -> large
}

model chat { route = by-size }
`,
  prefer: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }
target large = local "large" { context = 200k }

dispatcher by-size { smallest of small, large }

model chat { route = by-size }
`,
  *check({ lookup, models, span }) {
    for (const { arm, to, request } of armsThatNeverFit(models, lookup)) {
      const largest = Math.max(...targetsUnder(lookup, to).map((target) => target.context));
      yield {
        span: span(arm.id),
        message: `nothing that this arm takes fits \`${nameOf(lookup, to)}\``,
        labels: [{ span: span(to), text: `holds ${numberText(largest)} tokens at most` }],
        help: "lead to something larger, or ask for smaller requests",
        witness: request,
      };
    }
  },
};
