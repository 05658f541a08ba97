// LAW: every guard makes a difference to some request of some model that lists it.
import type { Answers, Leaf } from "../analysis/index.ts";
import { isConstant } from "../check/arms.ts";
import { sameAnswers, type Asked } from "../check/asked.ts";
import type { Check } from "../check/context.ts";

export const guardWithoutEffect: Check = {
  code: "W4002",
  name: "guard-without-effect",
  severity: "warning",
  law: "every guard changes the answer to some request of the models that list it",
  because: "a guard that guards nothing is trusted all the same",
  avoid: `ward 1

facts { request.tags: set(pii) from header "X-Tags" }

provider house { kind = mock  zone = private }
provider rented { kind = mock  zone = cloud }
target small = house "small" { context = 32Ki }
target large = rented "large" { context = 200k }

guard at-home { when request.tags has pii then only zone private }

model chat {
  route = small
  guards = [at-home]
}

model long { route = large }
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
    for (const guard of policy.guards) {
      const listing = policy.models.filter((model) => model.guards.includes(guard.id));
      const asked = models.filter((one) => listing.includes(one.model));
      if (listing.length === 0 || asked.length < listing.length || (guard.when !== null && isConstant(lookup, guard.when))) continue;
      if (!asked.every((one) => one.everyRoute.every((answers) => isIdle(one, answers, guard.id)))) continue;
      yield {
        span: span(guard.id),
        message: `without \`${guard.name}\` every request gets the same answer`,
        labels: listing.map((model) => ({ span: span(model.id), text: "lists it" })),
        help: "remove it, or write down what it is for as an invariant",
      };
    }
  },
};

function isIdle({ space, under, model }: Asked, answers: Answers, guard: string): boolean {
  const without = { ...model, guards: model.guards.filter((id) => id !== guard) };
  return sameAnswers(space, answers, under(answers.lookup, without, answers.route), withoutMessage);
}

/** Which guards left nothing is said in a refusal's message, and is no part of what a request gets. */
function withoutMessage({ plan, answer }: Leaf): string {
  return plan.refusal === null || plan.refusal.code === "policy_refused" ? answer : plan.refusal.code;
}
