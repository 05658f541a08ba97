// LAW: for every retry with a reminder, some request that is served still fits with the reminder added.
import { estimateTokens, factsOf, plan, type Lookup } from "#runtime/plan";
import { witnessWhere, type Answers, type Leaf } from "../analysis/index.ts";
import type { Check } from "../check/context.ts";
import { rulesOf } from "../check/listing.ts";

export const reminderDoesNotFit: Check = {
  code: "W6005",
  name: "reminder-does-not-fit",
  severity: "warning",
  law: "some request that is answered leaves room for the reminder of a retry",
  because: "a retry that fits nowhere is never made, and `exhausted` applies at once",
  avoid: `ward 1

provider local { kind = mock }
target tiny = local "tiny" { context = 32 }

rule no-old-client on text {
  match /OldClient/
  then retry { limit = 1  remind = "Use NewClient for every call, construct it once, pass it on, and close it when the last answer has come; never create a second one." }
  exhausted block "a deprecated client"
}

model chat {
  route = tiny
  rules = [no-old-client]
}
`,
  prefer: `ward 1

provider local { kind = mock }
target tiny = local "tiny" { context = 32 }

rule no-old-client on text {
  match /OldClient/
  then retry { limit = 1  remind = "Use NewClient." }
  exhausted block "a deprecated client"
}

model chat {
  route = tiny
  rules = [no-old-client]
}
`,
  *check({ bound, lookup, models }) {
    for (const { model, answers } of models) {
      for (const { id, node, ladder } of rulesOf(bound, model)) {
        for (const action of ladder) {
          if (action.kind !== "retry" || action.fields.remind === null) continue;
          const active = answers.leaves.filter((leaf) => leaf.plan.rules.includes(id));
          const tokens = estimateTokens(action.fields.remind);
          if (active.length === 0 || active.some((leaf) => leavesRoom({ lookup, answers, leaf, tokens }))) continue;
          yield {
            span: action.node.span,
            message: `the reminder of \`${node.name.text}\` takes some ${tokens} tokens, and no request to \`${model.name}\` leaves room for them`,
            help: "shorten it, or route to something larger",
          };
        }
      }
    }
  },
};

type Retry = { readonly lookup: Lookup; readonly answers: Answers; readonly leaf: Leaf; readonly tokens: number };

/** Of the requests that get one answer the smallest leaves the most room. With the reminder it is planned again. */
function leavesRoom({ lookup, answers, leaf, tokens }: Retry): boolean {
  const { request } = witnessWhere(answers, (one) => one === leaf)!;
  const facts = factsOf(lookup, { ...request, tokens: (request.tokens ?? 0) + tokens });
  return facts.ok && plan(lookup, answers.model, facts.facts, { keys: null }).outcome === "route";
}
