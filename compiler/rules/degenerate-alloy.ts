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
  *check({ policy, lookup, models, span }) {
    const leaves = models.flatMap((asked) => asked.everyRoute.flatMap((answers) => answers.leaves));
    for (const alloy of policy.selectors) {
      if (alloy.kind !== "alloy") continue;
      const targets = targetsUnder(lookup, alloy.id);
      const blended = leaves.flatMap((leaf) => leaf.plan.alloys.filter((one) => one.id === alloy.id)).map((one) => one.shares.length);
      const why =
        alloy.parts.length === 1 ? "has one part"
        : targets.length === 1 ? `leads to \`${targets[0]!.name}\` by all of its parts`
        : blended.length > 0 && Math.max(...blended) === 1 && models.length === policy.models.length ? "has one part left for every request"
        : null;
      if (why !== null) yield { span: span(alloy.id), message: `\`${alloy.name}\` ${why}: there is nothing to blend`, help: "route to the part itself, or add another" };
    }
  },
};
