// LAW: of two rules of one channel, the later one acts on some text in which the earlier one has not acted before.
import { named } from "#runtime/plan";
import type { Check } from "../check/context.ts";
import { alwaysEnds, finderOf, isActiveWith, pairsOf, type Pair } from "../check/rule-pairs.ts";
import { decidedNoLater, shortestText, type Witness } from "../patterns/index.ts";

export const ruleShadowed: Check = {
  code: "W5005",
  name: "rule-shadowed",
  severity: "warning",
  law: "every rule acts on some text on which no rule before it acts first",
  because: "a rule that never gets its turn is text that somebody relies on",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

rule no-keys on text {
  match /sk-\\w{8,40}/
  then block "a key in the answer"
}

rule no-live-keys on text {
  match /sk-live\\w{8,40}/
  then block "a live key in the answer"
}

model chat {
  route = small
  rules = [no-keys, no-live-keys]
}
`,
  prefer: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }

rule no-live-keys on text {
  match /sk-live\\w{8,40}/
  then block "a live key in the answer"
}

rule no-passwords on text {
  match /password: \\w{8,40}/
  then block "a password in the answer"
}

model chat {
  route = small
  rules = [no-live-keys, no-passwords]
}
`,
  *check(context) {
    const { lookup, patterns, policy, span } = context;
    const samples = new Map<string, string | null>();
    const finders = new Map<string, (text: string) => boolean>();
    const shadowed = new Map<string, Pair[]>();
    for (const pair of pairsOf(context)) {
      const { first, second } = pair;
      if (!alwaysEnds(first) || first.within !== null || !isActiveWith(pair, context)) continue;
      // A text that fires the second and in which the first is not even found settles the matter for most pairs.
      const sample = remembered(samples, second.id, () => textOf(shortestText(named(patterns, second.id).pattern)));
      if (sample === null || !remembered(finders, first.id, () => finderOf(first))(sample)) continue;
      if (decidedNoLater(named(patterns, first.id).pattern, named(patterns, second.id).pattern).kind !== "yes") continue;
      shadowed.set(second.id, [...(shadowed.get(second.id) ?? []), pair]);
    }
    for (const [id, pairs] of shadowed) {
      // In a model where it comes first it still has its use.
      if (!policy.models.every((model) => !model.rules.includes(id) || pairs.some((pair) => pair.model === model))) continue;
      const { first, second } = pairs[0]!;
      yield {
        span: span(id),
        message: `\`${second.name}\` never acts: every text that it matches, \`${first.name}\` matches no later`,
        labels: [{ span: named(patterns, first.id).span, text: "acts first" }, { span: named(patterns, second.id).span, text: `such as ${JSON.stringify(samples.get(id))}` }],
        help: `list it before \`${named(lookup.rules, first.id).name}\`, or remove it`,
      };
    }
  },
};

function textOf(witness: Witness): string | null {
  return witness.kind === "text" ? witness.text : null;
}

function remembered<T>(known: Map<string, T>, key: string, work: () => T): T {
  if (!known.has(key)) known.set(key, work());
  return known.get(key)!;
}
