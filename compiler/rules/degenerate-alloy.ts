// LAW: every alloy has some request for which two different parts are left to draw from.
import type { RequestFacts } from "#contracts";
import { factsOf, plan } from "#runtime/plan";
import { regionWhere, type Answers, type Cube } from "../analysis/index.ts";
import type { Asked } from "../check/asked.ts";
import type { Check } from "../check/context.ts";
import { targetsUnder } from "../check/graph.ts";

export const degenerateAlloy: Check = {
  code: "W3011",
  name: "degenerate-alloy",
  severity: "warning",
  law: "every alloy blends: some request has more than one of its parts to draw from",
  because: "an alloy that always comes down to one part draws nothing, and the shares it states are wrong",
  avoid: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }
target large = local "large" { context = 200k }

alloy duo { blend small }

model chat { route = duo }
model long { route = large }
`,
  prefer: `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }
target large = local "large" { context = 200k }

alloy duo {
  blend small, large
  partial_context = true
}

model chat { route = duo }
`,
  *check({ policy, lookup, models, span }) {
    const most = mostBlended(models);
    for (const alloy of policy.selectors) {
      if (alloy.kind !== "alloy") continue;
      const targets = targetsUnder(lookup, alloy.id);
      const why =
        alloy.parts.length === 1 ? "has one part"
        : targets.length === 1 ? `leads to \`${targets[0]!.name}\` by all of its parts`
        : !most.has(alloy.id) || models.length < policy.models.length ? null
        : most.get(alloy.id) === 1 ? "has one part left for every request"
        : alloy.pick === "alternate" ? oneTurnOnly(alloy.id, models)
        : null;
      if (why !== null) yield { span: span(alloy.id), message: `\`${alloy.name}\` ${why}: there is nothing to blend`, help: "route to the part itself, or add another" };
    }
  },
};

/** The parts of each alloy that some request blends, at most. */
function mostBlended(models: readonly Asked[]): ReadonlyMap<string, number> {
  const most = new Map<string, number>();
  for (const { everyRoute } of models) {
    for (const { leaves } of everyRoute) {
      for (const { plan: { alloys } } of leaves) for (const { id, shares } of alloys) most.set(id, Math.max(most.get(id) ?? 0, shares.length));
    }
  }
  return most;
}

/** Taking turns goes by the turn alone: an alloy that is only asked in turns that are the same part's never changes over. */
function oneTurnOnly(alloy: string, models: readonly Asked[]): string | null {
  const firsts = new Set<string>();
  let looked = 0;
  for (const answers of models.flatMap((asked) => asked.everyRoute)) {
    // Requests of one leaf have the same parts left, so that one of them stands for all that are made in its turn.
    for (const leaf of answers.leaves.filter((one) => one.plan.alloys.some(({ id }) => id === alloy))) {
      for (const cube of answers.space.cubes(regionWhere(answers, (one) => one === leaf), MANY)) {
        // More ways to it than are looked at: nothing is said.
        if (++looked >= MANY) return null;
        for (const request of requestsIn(cube, answers)) firsts.add(firstOf(alloy, request, answers));
        if (firsts.size > 1) return null;
      }
    }
  }
  return `is asked only in turns of \`${[...firsts][0]!.replace(/^.*:/, "")}\``;
}

const MANY = 100;

/** One for each turn that may differ: of many in a row, the first two. */
function requestsIn(cube: Cube, { space, model }: Answers): readonly RequestFacts[] {
  const request = { ...space.requestAt(new Map([...cube].map(([axis, values]) => [axis, values[0]!]))), model: model.name };
  const at = space.axes.findIndex((axis) => axis.kind === "number" && axis.fact === "request.turn");
  const axis = space.axes[at];
  if (axis?.kind !== "number" || !cube.has(at)) return [{ ...request, turn: 0 }, { ...request, turn: 1 }];
  const turns = cube.get(at)!.flatMap((value) => {
    const { least, most } = axis.values[value]!;
    return least === most ? [least] : [least, least + 1];
  });
  return turns.map((turn) => ({ ...request, turn }));
}

/** By any key at all: which part's turn it is does not depend on it. */
function firstOf(alloy: string, request: RequestFacts, { lookup, model, route }: Answers): string {
  const facts = factsOf(lookup, request);
  if (!facts.ok) throw new Error(`the request of a cube is none: ${facts.problem.message}`);
  return plan(lookup, model, facts.facts, { keys: { fixed: "any" }, route }).alloys.find((one) => one.id === alloy)!.order![0]!;
}
