// LAW: no rule of a model escalates to a selector that contains the route of the model.
import type { Check } from "../check/context.ts";
import { reachable } from "../check/graph.ts";

export const escalationLoop: Check = {
  code: "W6004",
  name: "escalation-loop",
  severity: "error",
  law: "no rule escalates to a selector that leads back to the route of the model",
  because: "the targets that just gave the wrong answer are asked the same again",
  avoid: `ward 1

provider local { kind = mock }
provider rented { kind = mock }
target small = local "small" { context = 32Ki }
target large = rented "large" { context = 200k }

cascade steady {
  try small
  try large
}

rule no-keys on text {
  match /sk-[a-z]{8}/
  then escalate steady
}

model chat {
  route = steady
  rules = [no-keys]
}
`,
  prefer: `ward 1

provider local { kind = mock }
provider rented { kind = mock }
target small = local "small" { context = 32Ki }
target large = rented "large" { context = 200k }

rule no-keys on text {
  match /sk-[a-z]{8}/
  then escalate large
}

model chat {
  route = small
  rules = [no-keys]
}
`,
  *check({ bound, lookup }) {
    const rules = new Map(bound.rules.map((rule) => [rule.id, rule]));
    for (const model of bound.models) {
      for (const reference of model.fields.rules) {
        for (const action of rules.get(reference.id)?.ladder ?? []) {
          if (action.kind !== "escalate" || !reachable(lookup, action.selector.id).has(model.fields.route.id)) continue;
          yield {
            span: action.selector.name.span,
            message: `\`${reference.name.text}\` escalates to \`${action.selector.name.text}\`, which leads back to the route of \`${model.node.name.text}\``,
            labels: [{ span: model.fields.route.name.span, text: "the route" }, { span: reference.name.span, text: "the rule is listed here" }],
            help: "escalate to something the request has not been through",
          };
        }
      }
    }
  },
};
