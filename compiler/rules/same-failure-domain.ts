// LAW: the targets of a cascade with several steps belong to more than one provider.
import { named } from "#runtime/plan";
import type { Check } from "../check/context.ts";
import { targetsUnder } from "../check/graph.ts";

export const sameFailureDomain: Check = {
  code: "W3010",
  name: "same-failure-domain",
  severity: "info",
  law: "a cascade does not stand on one provider alone",
  because: "when that provider is down every step of the cascade is down with it",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }
target large = local "large" { context = 200k }

cascade steady {
  try small
  try large
}

model chat { route = steady }
`,
  prefer: `ward 1

provider local { kind = mock }
provider rented { kind = mock }
target small = local "small" { context = 32Ki }
target large = rented "large" { context = 200k }

cascade steady {
  try small
  try large
}

model chat { route = steady }
`,
  *check({ policy, lookup, span }) {
    for (const cascade of policy.selectors) {
      if (cascade.kind !== "cascade" || cascade.tries.length < 2) continue;
      const providers = new Set(targetsUnder(lookup, cascade.id).map((target) => target.provider));
      if (providers.size !== 1) continue;
      const provider = named(lookup.providers, [...providers][0]!);
      yield {
        span: span(cascade.id),
        message: `every step of \`${cascade.name}\` asks the provider \`${provider.name}\``,
        labels: [{ span: span(provider.id), text: "the one provider" }],
        help: "let a step ask a target of another provider",
      };
    }
  },
};
