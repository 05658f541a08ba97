// LAW: every invariant holds on every path: first choice, fallback, alloy part, retry, `exhausted`, escalation.
import { named } from "#runtime/plan";
import type { Check } from "../check/context.ts";
import { breachesOf } from "../check/invariants.ts";

export const zoneLeak: Check = {
  code: "W4001",
  name: "zone-leak",
  severity: "error",
  law: "every invariant holds on every path a request can take",
  because: "an invariant is what the policy promises; a request that breaks it will come",
  avoid: `ward 1

facts { request.tags: set(pii) from header "X-Tags" }

provider house { kind = mock  zone = private }
provider rented { kind = mock  zone = cloud }
target small = house "small" { context = 32Ki }
target large = rented "large" { context = 200k }

dispatcher by-size { smallest of small, large }

model chat { route = by-size }

invariant "pii stays private" { for chat when request.tags has pii never zone cloud }
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

invariant "pii stays private" { for chat when request.tags has pii never zone cloud }
`,
  *check(context) {
    const { bound, policy, models } = context;
    for (const invariant of policy.invariants) {
      const written = bound.invariants.find((one) => one.id === invariant.id)!;
      for (const { clause, what, path, witness } of breachesOf(invariant, context)) {
        yield {
          span: written.clauses[clause]!.node.span,
          message: `"${invariant.title}" does not hold: ${what}`,
          labels: path,
          help: "bind the model by a guard, or change what leads there",
          ...(witness === undefined ? {} : { witness }),
        };
      }
      for (const id of invariant.models) {
        if (models.some((asked) => asked.model.id === id)) continue;
        yield { span: written.node.title.span, message: `"${invariant.title}" is not proved: \`${named(context.lookup.models, id).name}\` tells more requests apart than are worked through`, help: "split the model, or ask fewer facts on its way" };
      }
    }
  },
};
