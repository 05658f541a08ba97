// LAW: where some requests have a fallback in a cascade, no request goes without one only because it is larger.
import type { RequestFacts, Selector } from "#contracts";
import { regionWhere, witnessIn, type Answers, type Leaf } from "../analysis/index.ts";
import type { Asked } from "../check/asked.ts";
import type { Check } from "../check/context.ts";
import { sizeText } from "../check/words.ts";

export const shrinkingFallback: Check = {
  code: "W3008",
  name: "shrinking-fallback",
  severity: "warning",
  law: "a request that a cascade takes does not lose its fallback because the fallback is smaller",
  because: "for those requests the cascade is one target: its failure is theirs, and only long conversations find out",
  avoid: `ward 1

provider local { kind = mock }
provider rented { kind = mock }
target small = local "small" { context = 32Ki }
target large = rented "large" { context = 200k }

cascade steady {
  try large
  try small
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
  *check({ lookup, models, span }) {
    const found = new Set<string>();
    for (const asked of models) {
      const cascades = [...asked.reaches].flatMap((id) => {
        const one = lookup.selectors.get(id);
        return one?.kind === "cascade" ? [one] : [];
      });
      for (const answers of asked.everyRoute) {
        for (const cascade of cascades) {
          if (found.has(cascade.id)) continue;
          const lost = lossesOf(cascade, asked, answers);
          if (lost === null) continue;
          found.add(cascade.id);
          yield {
            span: span(lost.fallback.id),
            message: `a request ${sizeText(lost.request)} has no fallback in \`${cascade.name}\`: this step is smaller than the one before it`,
            labels: [{ span: span(lost.only.id), text: "takes the request alone" }],
            help: "put the smaller step first, or add a step that is as large",
            witness: lost.request,
          };
        }
      }
    }
  },
};

type Cascade = Extract<Selector, { readonly kind: "cascade" }>;
type Step = Cascade["tries"][number];

/** Requests that one step takes alone, while a step behind it may serve them and only has no room. */
function lossesOf(cascade: Cascade, asked: Asked, answers: Answers): { readonly only: Step; readonly fallback: Step; readonly request: RequestFacts } | null {
  const { space } = asked;
  const stepsOf = (leaf: Leaf): readonly Step[] => (leaf.plan.outcome === "route" ? cascade.tries.filter((step) => leaf.plan.path.includes(step.id)) : []);
  const steps = new Map(answers.leaves.map((leaf) => [leaf, stepsOf(leaf)]));
  if (![...steps.values()].some((taken) => taken.length > 1)) return null;
  for (const [at, only] of cascade.tries.entries()) {
    const lonely = new Set(answers.leaves.filter((leaf) => steps.get(leaf)!.length === 1 && steps.get(leaf)![0] === only));
    if (lonely.size === 0) continue;
    const alone = regionWhere(answers, (leaf) => lonely.has(leaf));
    for (const fallback of cascade.tries.slice(at + 1)) {
      const witness = witnessIn(answers, space.and(alone, asked.allowed(fallback.selector)));
      if (witness !== null) return { only, fallback, request: witness.request };
    }
  }
  return null;
}
