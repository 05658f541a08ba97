// LAW: no rule of a model matches the reminder of one of its rules.
import { named } from "#runtime/plan";
import type { Check } from "../check/context.ts";
import { rulesOf } from "../check/listing.ts";
import { firstMatchEnd } from "../patterns/index.ts";

export const reminderTriggersRule: Check = {
  code: "W5008",
  name: "reminder-triggers-rule",
  severity: "warning",
  law: "no rule matches the reminder of a retry",
  because: "models quote what they are told: the retry would be ended by the very words that ask for it",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

rule no-old-client on text {
  match /OldClient/
  then retry { limit = 1  remind = "Do not use OldClient." }
  exhausted block "a deprecated client"
}

model chat {
  route = small
  rules = [no-old-client]
}
`,
  prefer: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

rule no-old-client on text {
  match /OldClient/
  then retry { limit = 1  remind = "Use NewClient for every call." }
  exhausted block "a deprecated client"
}

model chat {
  route = small
  rules = [no-old-client]
}
`,
  *check({ bound, lookup, patterns, policy }) {
    const found = new Set<string>();
    for (const model of policy.models) {
      for (const { id, node, ladder } of rulesOf(bound, model)) {
        for (const action of ladder) {
          if (action.kind !== "retry" || action.fields.remind === null) continue;
          for (const other of model.rules.map((one) => named(lookup.rules, one))) {
            const pattern = patterns.get(other.id);
            if (pattern === undefined || (other.channel.kind !== "text" && other.channel.kind !== "output") || other.mode === "shadow" || found.has(`${id} ${other.id}`)) continue;
            const end = firstMatchEnd(pattern.pattern, action.fields.remind);
            if (end === null) continue;
            found.add(`${id} ${other.id}`);
            yield {
              span: action.node.span,
              message: `the reminder of \`${node.name.text}\` is itself a match of \`${other.name}\``,
              labels: [{ span: pattern.span, text: `matches ${JSON.stringify(action.fields.remind.slice(Math.max(0, end - 24), end))}` }],
              help: "say what to do instead, without the words that are looked for",
            };
          }
        }
      }
    }
  },
};
