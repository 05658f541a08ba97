// The law of the analysis: what the diagram says of a request is what the runtime's planner answers to it. Everything proved
// about a policy leans on this, so it is held to random policies that contain everything a policy can.
import { describe, expect, test } from "vitest";
import type { RequestFacts } from "#contracts";
import { answerText, factsOf, lookup, plan, type Plan } from "#runtime/plan";
import { answersOf, axisSize, leafAt, modelRoutes, regionWhere, Space, spaceSize, witnessIn } from "../../../compiler/analysis/index.ts";
import { aModel, anAlloy, aPolicy, aSmallest, aTarget } from "../../support/policy.ts";
import { constructsOf, randomFrom, randomPolicy, randomRequest } from "../../support/random-policy.ts";

const POLICIES = 2_000;
const REQUESTS = 6;

/** Every construct of the language that can change a decision; each must have occurred. */
const CONSTRUCTS = [
  "dispatcher", "smallest", "cascade", "alloy", "pick weighted", "pick round_robin", "pick alternate", "pick all", "sticky request", "sticky turn", "sticky session", "partial alloy",
  "whole alloy", "weights", "nested alloy", "nested selector", "model through model", "target twice", "refuse arm", "retry", "retry of a composite", "narrow `on`", "reserve", "rules",
  "several guards", "guard only", "guard never", "guard refuse", "guard by zone", "guard by region", "guard by provider", "guard by target", "guard without when", "provider without zone",
  "declared output", "escalation", "absent fact", "output given", "outcome route", "outcome guard_refused", "outcome policy_refused", "outcome capability_missing",
  "outcome context_length_exceeded", "skip guard", "skip capability", "skip context", "skip output", "skip alloy_capability", "skip alloy_context", "active rule",
];

describe("the diagram of a policy", () => {
  test("answers every request as the runtime's planner does", () => {
    const counts = new Map<string, number>();
    const count = (name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);
    let compared = 0;

    for (let seed = 0; seed < POLICIES; seed++) {
      const random = randomFrom(seed);
      const policy = randomPolicy(random);
      const known = lookup(policy);
      constructsOf(policy).forEach(count);
      const answers = new Map(
        policy.models.map((model) => {
          const space = new Space([{ lookup: known, model }]);
          return [model.name, modelRoutes(known, model).map((route) => answersOf(space, { lookup: known, model, route }))] as const;
        }),
      );
      for (let at = 0; at < REQUESTS; at++) {
        const request = randomRequest(random);
        const facts = factsOf(known, request);
        if (!facts.ok) throw new Error(facts.problem.message);
        if (Object.keys(request.facts ?? {}).length < 5) count("absent fact");
        if (request.output! > 0) count("output given");
        const model = known.modelNamed(request.model!)!;
        for (const one of answers.get(model.name)!) {
          const expected = plan(known, model, facts.facts, { keys: null, route: one.route });
          const leaf = leafAt(one, one.space.valuesOf(facts.facts));
          const context = `seed ${seed}, ${JSON.stringify(request)} by ${one.route}`;
          expect({ context, ...told(leaf.plan) }).toEqual({ context, ...told(expected) });
          count(`outcome ${expected.refusal?.code ?? "route"}`);
          expected.skipped.forEach((skip) => count(`skip ${skip.reason}`));
          if (expected.rules.length > 0) count("active rule");
          compared++;
        }
      }
    }

    expect(compared).toBeGreaterThanOrEqual(12_000);
    expect(CONSTRUCTS.filter((name) => !counts.has(name))).toEqual([]);
  });

  test("answers as the planner does at every point of a space small enough to walk", () => {
    let walked = 0;
    for (let seed = 5_000; seed < 5_150; seed++) {
      const known = lookup(randomPolicy(randomFrom(seed)));
      const model = known.modelNamed("second")!;
      const space = new Space([{ lookup: known, model }]);
      if (spaceSize(space) > 10_000) continue;
      const answers = answersOf(space, { lookup: known, model });
      for (const way of everyWay(space)) {
        const facts = factsOf(known, space.requestAt(way));
        if (!facts.ok) throw new Error(facts.problem.message);
        expect({ seed, ...told(leafAt(answers, way).plan) }).toEqual({ seed, ...told(plan(known, model, facts.facts, { keys: null })) });
        walked++;
      }
    }
    expect(walked).toBeGreaterThan(20_000);
  });

  test("tells requests apart by abilities that only an alloy has, none of its targets", () => {
    // The blend can do tools and vision: its second part has them in two targets. No target has exactly these two.
    const targets = [aTarget("all", { can: ["tools", "vision", "json"] }), aTarget("hands", { can: ["tools"] }), aTarget("eyes", { can: ["vision"] })];
    const selectors = [aSmallest("either", ["target:hands", "target:eyes"]), anAlloy("blend", ["target:all", "dispatcher:either"])];
    const known = lookup(aPolicy({ targets, selectors, models: [aModel("m", "alloy:blend")] }));
    const model = known.modelNamed("m")!;
    const answers = answersOf(new Space([{ lookup: known, model }]), { lookup: known, model });
    const refused = (needs: RequestFacts["needs"] & {}): string | undefined => {
      const facts = factsOf(known, { needs });
      return facts.ok ? leafAt(answers, answers.space.valuesOf(facts.facts)).plan.refusal?.code : "not a request";
    };
    expect(refused(["tools", "vision"])).toBeUndefined();
    expect(refused(["tools", "vision", "json"])).toBe("capability_missing");
  });

  test("gives every leaf a witness the planner confirms", () => {
    for (let seed = 1_000; seed < 1_060; seed++) {
      const known = lookup(randomPolicy(randomFrom(seed)));
      const model = known.modelNamed("second")!;
      const space = new Space([{ lookup: known, model }]);
      const answers = answersOf(space, { lookup: known, model });
      for (const leaf of answers.leaves) {
        const witness = witnessIn(answers, regionWhere(answers, (one) => one === leaf));
        expect(witness?.leaf).toBe(leaf);
      }
    }
  });
});

/** What a plan says, but for the wording of a refusal nobody wrote, which names numbers of the request. */
function told(one: Plan): object {
  return { answer: answerText(one), path: one.path, skipped: one.skipped, rules: one.rules };
}

function* everyWay({ axes }: Space): Generator<ReadonlyMap<number, number>> {
  const values = axes.map(() => 0);
  for (;;) {
    yield new Map(values.entries());
    let at = 0;
    while (at < axes.length && ++values[at]! === axisSize(axes[at]!)) values[at++] = 0;
    if (at === axes.length) return;
  }
}
