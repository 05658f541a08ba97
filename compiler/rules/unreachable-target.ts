// LAW: every target that a model leads to stands in the plan of some request.
import { modelRoutes } from "../analysis/index.ts";
import { armsTaken } from "../check/arms.ts";
import type { Check } from "../check/context.ts";
import { ownerOf, reachable, waysTo } from "../check/graph.ts";

export const unreachableTarget: Check = {
  code: "W3007",
  name: "unreachable-target",
  severity: "warning",
  law: "every target a model leads to is tried for some request",
  because: "a target that is never tried is no fallback and no choice: whoever counts on it is wrong",
  avoid: `ward 1

facts { request.tags: set(pii) from header "X-Tags" }

provider house { kind = mock  zone = private }
provider rented { kind = mock  zone = cloud }
target small = house "small" { context = 32Ki }
target large = rented "large" { context = 200k }

dispatcher by-size { smallest of small, large }
guard at-home { then only zone private }

model chat {
  route = by-size
  guards = [at-home]
}
`,
  prefer: `ward 1

facts { request.tags: set(pii) from header "X-Tags" }

provider house { kind = mock  zone = private }
provider rented { kind = mock  zone = cloud }
target small = house "small" { context = 32Ki }
target large = rented "large" { context = 200k }

dispatcher by-size { smallest of small, large }
guard at-home { when request.tags has pii then only zone private }

model chat {
  route = by-size
  guards = [at-home]
}
`,
  *check({ lookup, models, policy, span }) {
    // Where a model is not proved, any target it leads to may be tried.
    const unproved = policy.models.filter((model) => !models.some((asked) => asked.model === model));
    const tried = new Set([
      ...models.flatMap((asked) => asked.everyRoute.flatMap((answers) => answers.leaves.flatMap((leaf) => leaf.plan.attempts.map((attempt) => attempt.target.id)))),
      ...unproved.flatMap((model) => modelRoutes(lookup, model)).flatMap((route) => [...reachable(lookup, route)]),
    ]);
    const arms = armsTaken(models);
    const led = new Set(models.flatMap((asked) => modelRoutes(lookup, asked.model)).flatMap((route) => [...reachable(lookup, route, (hop) => !hop.id.includes("/arm:") || arms.has(hop.id))]));
    for (const target of policy.targets) {
      if (tried.has(target.id) || !led.has(target.id)) continue;
      const why = models.flatMap((asked) => asked.everyRoute.flatMap((answers) => answers.leaves.flatMap((leaf) => leaf.plan.skipped.filter((skip) => skip.target === target.id))));
      yield {
        span: span(target.id),
        message: `no request ever tries \`${target.name}\``,
        labels: [
          ...waysTo(lookup, target.id).filter((hop) => led.has(ownerOf(hop.id))).map((hop) => ({ span: span(hop.id), text: "leads to it" })),
          ...[...new Set(why.flatMap((skip) => (skip.reason === "guard" ? [skip.id] : [])))].map((id) => ({ span: span(id), text: "removes it" })),
        ],
        help: "remove it from the route, or ask for less on the way",
      };
    }
  },
};
