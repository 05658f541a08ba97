// LAW: every rule that a model lists holds for some request the model serves.
import type { Capability } from "#contracts";
import { modelRoutes } from "../analysis/index.ts";
import { isConstant } from "../check/arms.ts";
import type { Check } from "../check/context.ts";
import { targetsUnder } from "../check/graph.ts";
import { askedOf, listing } from "../check/listing.ts";

export const ruleNeverFires: Check = {
  code: "W5007",
  name: "rule-never-fires",
  severity: "warning",
  law: "every rule can act on some answer to some request of the models that list it",
  because: "a rule that never acts enforces nothing",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

rule no-keys on text {
  when request.turn > 10
  match /sk-[a-z]{8}/
  then block "a key in the answer"
}

guard not-for-ever { when request.turn > 5 then refuse "begin a new conversation" }

model chat {
  route = small
  guards = [not-for-ever]
  rules = [no-keys]
}
`,
  prefer: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

rule no-keys on text {
  when request.turn > 3
  match /sk-[a-z]{8}/
  then block "a key in the answer"
}

guard not-for-ever { when request.turn > 5 then refuse "begin a new conversation" }

model chat {
  route = small
  guards = [not-for-ever]
  rules = [no-keys]
}
`,
  *check({ lookup, models, policy, span }) {
    for (const rule of policy.rules) {
      const listed = listing(policy, rule.id);
      const asked = askedOf(models, listed);
      if (listed.length === 0 || asked.length < listed.length) continue;
      const labels = listed.map((model) => ({ span: span(model.id), text: "lists it" }));
      if (isConstant(lookup, rule.when)) continue; // said of the condition (W3004)
      if (asked.every(({ answers }) => answers.leaves.every(({ plan }) => !plan.rules.includes(rule.id)))) {
        yield { span: span(rule.id), message: `\`${rule.name}\` holds for no request that is served`, labels, help: "change its condition, or remove it" };
        continue;
      }
      const can = (capability: Capability): boolean => listed.flatMap((model) => modelRoutes(lookup, model)).some((route) => targetsUnder(lookup, route).some((target) => target.can.includes(capability)));
      if (rule.channel.kind === "tool" && !can("tools")) {
        yield { span: span(rule.id), message: `\`${rule.name}\` watches calls of tools, and no target of its models makes any`, labels, help: "put it on another channel, or say `can = [tools]` where a target does" };
      }
      if (rule.channel.kind === "reasoning" && !can("reasoning")) {
        yield { span: span(rule.id), message: `\`${rule.name}\` reads reasoning, and no target of its models does any`, labels, help: "put it on another channel, or say `can = [reasoning]` where a target does" };
      }
    }
  },
};
