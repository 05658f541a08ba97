// LAW: no text is decided by two rules of one model at the same character, where one would do this and the other that.
import type { Rule } from "#contracts";
import { named } from "#runtime/plan";
import { GaveUp } from "../analysis/index.ts";
import type { Check } from "../check/context.ts";
import { alwaysEnds, areActiveTogether, isActiveWith, pairsOf } from "../check/rule-pairs.ts";
import { canEndTogether, decidedNoLater, tieWitness } from "../patterns/index.ts";

export const rulesConflict: Check = {
  code: "W5006",
  name: "rules-conflict",
  severity: "warning",
  law: "no two rules of a model want different things of the same text",
  because: "only the first of them acts; what the other was written for does not happen",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

rule no-keys on text {
  match /sk-[a-z]{6}/
  then redact "[key]"
}

rule no-secrets on text {
  match /[a-z]{2}-secret/
  then block "a secret in the answer"
}

model chat {
  route = small
  rules = [no-keys, no-secrets]
}
`,
  prefer: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

rule no-keys on text {
  match /sk-[0-9]{6}/
  then redact "[key]"
}

rule no-secrets on text {
  match /[a-z]{2}-secret/
  then block "a secret in the answer"
}

model chat {
  route = small
  rules = [no-keys, no-secrets]
}
`,
  *check(context) {
    const { patterns, span } = context;
    const done = new Set<string>();
    for (const pair of pairsOf(context)) {
      const { first, second, model } = pair;
      const wants = [want(first), want(second)];
      if (wants.includes(null) || wants[0] === wants[1] || done.has(`${first.id} ${second.id}`)) continue;
      const [one, other] = [named(patterns, first.id).pattern, named(patterns, second.id).pattern];
      if (!canEndTogether(one, other) || !areActiveTogether(pair, context)) continue;
      done.add(`${first.id} ${second.id}`);
      if (done.size > MOST_PAIRS) throw new GaveUp(`more than ${MOST_PAIRS} pairs of rules can match the same text`);
      // Where the first leaves the second nothing at all, that is said instead (W5005).
      if (alwaysEnds(first) && first.within === null && isActiveWith(pair, context) && decidedNoLater(one, other).kind === "yes") continue;
      const tie = tieWitness(one, other);
      if (tie.kind !== "text") continue;
      yield {
        span: span(second.id),
        message: `\`${first.name}\` and \`${second.name}\` both match ${JSON.stringify(tie.text)}, and only the first does what it says`,
        labels: [{ span: named(patterns, first.id).span, text: `would ${want(first)}` }, { span: named(patterns, second.id).span, text: `would ${want(second)}` }, { span: span(model.id), text: "lists both" }],
        help: "let one of the patterns leave out what the other is for",
      };
    }
  },
};

/** Each pair is a walk over two automata. */
const MOST_PAIRS = 2_000;

/** What the rule does at its first match; null where it changes nothing. */
function want({ ladder }: Rule): "retry" | "escalate" | "block" | "redact" | null {
  const [{ kind }] = ladder as readonly [Rule["ladder"][number]];
  return kind === "retry" || kind === "escalate" || kind === "block" || kind === "redact" ? kind : null;
}
