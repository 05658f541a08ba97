// LAW: every arm of a dispatcher is taken by some request.
import type { Check } from "../check/context.ts";
import { armsCovered, armsTaken, isConstant } from "../check/arms.ts";
import { removal } from "../check/removal.ts";
import { waysTo } from "../check/graph.ts";

export const unreachableArm: Check = {
  code: "W3002",
  name: "unreachable-arm",
  severity: "warning",
  law: "every arm of a dispatcher is the first that matches some request",
  because: "what stands there looks like policy and is none",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }
target large = local "large" { context = 200k }

dispatcher by-size {
  when request.tokens <= 20k -> small
  when request.tokens <= 10k -> large
  otherwise -> large
}

model chat { route = by-size }
`,
  prefer: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki  output = 8Ki }
target large = local "large" { context = 200k }

dispatcher by-size {
  when request.tokens <= 10k and request.output <= 8Ki -> small
  otherwise -> large
}

model chat { route = by-size }
`,
  *check(context) {
    const { lookup, models, span } = context;
    const reached = armsTaken(models);
    for (const dispatcher of lookup.selectors.values()) {
      if (dispatcher.kind !== "dispatcher") continue;
      const covered = armsCovered(lookup, dispatcher);
      for (const { arm, cover } of covered) {
        const last = arm.when === null;
        yield {
          span: span(arm.id),
          message: last ? "`otherwise` is never reached: the arms above take every request" : "this arm is never reached",
          labels: cover.map((other) => ({ span: span(other.id), text: cover.length === 1 ? "takes all it could take" : "takes a part of what it could take" })),
          help: last ? "make the arm above it the `otherwise`" : "remove it, or put it above",
          ...(last ? {} : { fixes: [removal("remove the arm", span(arm.id), context)] }),
        };
      }
      // A dispatcher that no request gets to at all is another matter.
      if (!dispatcher.arms.some((arm) => reached.has(arm.id))) continue;
      for (const arm of dispatcher.arms) {
        if (reached.has(arm.id) || isConstant(lookup, arm.when) || covered.some((one) => one.arm === arm)) continue;
        yield {
          span: span(arm.id),
          message: "no request that gets here is left for this arm",
          labels: waysTo(lookup, dispatcher.id).map((hop) => ({ span: span(hop.id), text: `leads to \`${dispatcher.name}\`` })),
          help: "remove it, or ask for less on the way here",
        };
      }
    }
  },
};
