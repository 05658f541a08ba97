// LAW: every guard makes a difference to some request of some model that lists it.
import type { Model, RequestFacts } from "#contracts";
import { answerText, factsOf, plan } from "#runtime/plan";
import { witnessWhere, type Answers, type Leaf } from "../analysis/index.ts";
import { isConstant } from "../check/arms.ts";
import { sameAnswers, type Asked } from "../check/asked.ts";
import type { Check } from "../check/context.ts";
import { askedOf, listing } from "../check/listing.ts";

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
      const listed = listing(policy, guard.id);
      const asked = askedOf(models, listed);
      if (listed.length === 0 || asked.length < listed.length || (guard.when !== null && isConstant(lookup, guard.when))) continue;
      if (!asked.every((one) => one.everyRoute.every((answers) => isIdle(one, answers, guard.id)))) continue;
      yield {
        span: span(guard.id),
        message: `without \`${guard.name}\` every request gets the same answer`,
        labels: listed.map((model) => ({ span: span(model.id), text: "lists it" })),
        help: "remove it, or write down what it is for as an invariant",
      };
    }
  },
};

/** One request from which the guard takes something is asked first: it mostly settles the matter. */
function isIdle({ space, under, model }: Asked, answers: Answers, guard: string): boolean {
  const without = { ...model, guards: model.guards.filter((id) => id !== guard) };
  const witness = witnessWhere(answers, ({ plan: { skipped } }) => skipped.some((skip) => skip.id === guard));
  if (witness !== null && withoutMessage(answerTo(witness.request, without, answers)) !== withoutMessage(witness.leaf)) return false;
  return sameAnswers(space, answers, under(answers.lookup, without, answers.route), withoutMessage);
}

function answerTo(request: RequestFacts, model: Model, { lookup, route }: Answers): Pick<Leaf, "plan" | "answer"> {
  const facts = factsOf(lookup, request);
  if (!facts.ok) throw new Error(`the witness is not a request: ${facts.problem.message}`);
  const decided = plan(lookup, model, facts.facts, { keys: null, route });
  return { plan: decided, answer: answerText(decided) };
}

/** Which guards left nothing is said in a refusal's message, and is no part of what a request gets. */
function withoutMessage({ plan: { refusal }, answer }: Pick<Leaf, "plan" | "answer">): string {
  return refusal === null || refusal.code === "policy_refused" ? answer : refusal.code;
}
