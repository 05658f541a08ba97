// LAW: every arm that some request takes gives it another answer than it would have without the arm.
import { answerText, factsOf, plan, type Lookup } from "#runtime/plan";
import type { Answers } from "../analysis/index.ts";
import { armsTaken, isConstant, takerOf } from "../check/arms.ts";
import { sameAnswers, withSelector, type Asked } from "../check/asked.ts";
import type { Check } from "../check/context.ts";
import { reaching } from "../check/listing.ts";
import { removal } from "../check/removal.ts";

export const redundantArm: Check = {
  code: "W3005",
  name: "redundant-arm",
  severity: "warning",
  law: "every arm changes the answer to some request",
  because: "an arm that changes nothing must be read, tested and kept in step, for nothing",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }
target large = local "large" { context = 200k }

dispatcher by-size { smallest of small, large }

dispatcher by-stream {
  when request.turn > 3 -> large
  when request.stream -> by-size
  otherwise -> by-size
}

model chat { route = by-stream }
`,
  prefer: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }
target large = local "large" { context = 200k }

dispatcher by-size { smallest of small, large }

dispatcher by-stream {
  when request.turn > 3 -> large
  otherwise -> by-size
}

model chat { route = by-stream }
`,
  *check(context) {
    const { lookup, models, span } = context;
    const taken = armsTaken(models);
    for (const dispatcher of lookup.selectors.values()) {
      if (dispatcher.kind !== "dispatcher") continue;
      for (const arm of dispatcher.arms) {
        if (arm.when === null || isConstant(lookup, arm.when)) continue;
        if (!taken.has(arm.id)) continue;
        const left = { ...dispatcher, arms: dispatcher.arms.filter((one) => one !== arm) };
        if (!reaching(models, dispatcher.id).every((asked) => asked.everyRoute.every((answers) => isSame(asked, answers, { without: withSelector(asked, left), arm: arm.id })))) continue;
        yield {
          span: span(arm.id),
          message: "without this arm every request gets the same answer",
          help: "remove it",
          fixes: [removal("remove the arm", span(arm.id), context)],
        };
      }
    }
  },
};

/** One request that takes the arm is asked first: it mostly settles the matter. */
function isSame({ space, under, model }: Asked, answers: Answers, { without, arm }: { readonly without: Lookup; readonly arm: string }): boolean {
  const taker = takerOf(answers, arm);
  if (taker === null) return true;
  const { request, leaf } = taker;
  const facts = factsOf(without, request);
  if (!facts.ok || answerText(plan(without, model, facts.facts, { keys: null, route: answers.route })) !== leaf.answer) return false;
  return sameAnswers(space, answers, under(without, model, answers.route));
}
