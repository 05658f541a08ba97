// The law of the analysis: what the diagram says of a request is what the runtime's planner answers to it. Everything proved
// about a policy leans on this, so it is held to random policies that contain everything a policy can.
import { describe, expect, test } from "vitest";
import { answerText, decide, factsOf, lookup, plan } from "#runtime/plan";
import { answersOf, leafAt, modelRoutes, regionWhere, Space, witnessIn } from "../../../compiler/analysis/index.ts";
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
          expect(leaf.answer, context).toBe(answerText(expected));
          expect(leaf.plan.path, context).toEqual(expected.path);
          expect(leaf.plan.skipped, context).toEqual(expected.skipped);
          expect(decide(leaf.plan).rules, context).toEqual(expected.rules);
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
