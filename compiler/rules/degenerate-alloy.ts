// LAW: every alloy has some request for which two different parts are left to draw from.
import type { Check } from "../check/context.ts";
import { targetsUnder } from "../check/graph.ts";

export const degenerateAlloy: Check = {
  code: "W3011",
  name: "degenerate-alloy",
  severity: "warning",
  law: "every alloy blends: some request has more than one of its parts to draw from",
  because: "an alloy that always comes down to one part draws nothing, and the shares it states are wrong",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }
target large = local "large" { context = 200k }

alloy duo { blend small }

model chat { route = duo }
model long { route = large }
`,
  prefer: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }
target large = local "large" { context = 200k }

alloy duo {
  blend small, large
  partial_context = true
}

model chat { route = duo }
`,
  *check({ policy, lookup, span }) {
    for (const alloy of policy.selectors) {
      if (alloy.kind !== "alloy") continue;
      const targets = targetsUnder(lookup, alloy.id);
      if (alloy.parts.length > 1 && targets.length > 1) continue;
      const only = alloy.parts.length === 1 ? "has one part" : `leads to \`${targets[0]!.name}\` by all of its parts`;
      yield { span: span(alloy.id), message: `\`${alloy.name}\` ${only}: there is nothing to blend`, help: "route to the part itself, or add another" };
    }
  },
};
