// What is true of every plan, whatever the policy and the request.
import { describe, expect, test } from "vitest";
import { RETRYABLE, type Capability } from "#contracts";
import { admits, factsOf, lookup, matches, named, needOf, plan, readerOf, type Facts, type Lookup, type Plan } from "#runtime/plan";
import { randomFrom, randomPolicy, randomRequest } from "../../support/random-policy.ts";

const KEYS = [null, { request: "r1", session: "s1" }, { request: "r2", session: null }, { fixed: "k" }];

describe("every plan of a random policy", () => {
  const samples = [...plans(600)];

  test("routes and refuses, both, and the samples are many", () => {
    expect(samples.filter(({ planned }) => planned.outcome === "route").length).toBeGreaterThan(800);
    expect(samples.filter(({ planned }) => planned.outcome === "refuse").length).toBeGreaterThan(300);
  });

  test("has only attempts every active guard admits", () => {
    for (const { known, facts, planned, seed } of samples) {
      const guards = planned.model.guards.map((id) => named(known.guards, id)).filter((guard) => guard.when === null || matches(guard.when, readerOf(facts)) === true);
      const broken = planned.attempts.filter(({ target }) => !guards.every((guard) => admits(guard, target, named(known.providers, target.provider))));
      expect({ seed, broken }).toEqual({ seed, broken: [] });
    }
  });

  test("has only attempts that can do what is needed and have the room", () => {
    for (const { facts, planned, seed } of samples) {
      const { needed, output } = needOf(facts, planned.model.reserve);
      const broken = planned.attempts.filter(
        ({ target }) => needed > target.context || (target.output !== null && output > target.output) || [...facts.needs].some((one: Capability) => !target.can.includes(one)),
      );
      expect({ seed, broken }).toEqual({ seed, broken: [] });
    }
  });

  test("moves forward only, to an attempt it has, on the classes it names", () => {
    for (const { planned, seed } of samples) {
      for (const [at, { moves, on, retries, backoff }] of planned.attempts.entries()) {
        const ways = Object.entries(moves).filter(([, move]) => move !== null);
        expect({ seed, on: ways.map(([failure]) => failure) }).toEqual({ seed, on });
        expect(ways.every(([, move]) => move!.to > at && move!.to < planned.attempts.length)).toBe(true);
        expect(backoff === null).toBe(retries === 0);
      }
    }
  });

  test("leaves no attempt out of reach of the first, unless a step names the classes it moves on by", () => {
    for (const { known, planned, seed } of samples) {
      const narrow = known.policy.selectors.some((one) => one.kind === "cascade" && one.tries.some((step) => !RETRYABLE.every((failure) => step.on.includes(failure))));
      if (narrow || planned.attempts.length === 0) continue;
      const reached = new Set([0]);
      for (const [at, { moves }] of planned.attempts.entries()) if (reached.has(at)) for (const move of Object.values(moves)) if (move !== null) reached.add(move.to);
      expect({ seed, reached: reached.size }).toEqual({ seed, reached: planned.attempts.length });
    }
  });

  test("is a refusal with a code and words, or a route with an attempt, never both and never neither", () => {
    for (const { planned } of samples) {
      expect(planned.attempts.length > 0).toBe(planned.outcome === "route");
      expect(planned.refusal !== null).toBe(planned.outcome === "refuse");
      expect(planned.refusal?.message).not.toBe("");
    }
  });

  test("draws among the same attempts whatever the key", () => {
    for (const { known, facts, planned, seed } of samples) {
      const others = KEYS.map((keys) => targets(plan(known, planned.model, facts, { keys })).toSorted());
      expect({ seed, others }).toEqual({ seed, others: KEYS.map(() => targets(planned).toSorted()) });
    }
  });

  test("has shares that add up to one", () => {
    for (const { planned } of samples) {
      for (const { shares } of planned.alloys) {
        const total = shares.reduce((sum, { share }) => sum + fraction(share), 0);
        expect(total).toBeCloseTo(1, 10);
      }
    }
  });
});

type Sample = { readonly seed: number; readonly known: Lookup; readonly facts: Facts; readonly planned: Plan };

function* plans(policies: number): Generator<Sample> {
  for (let seed = 0; seed < policies; seed++) {
    const random = randomFrom(seed);
    const known = lookup(randomPolicy(random));
    for (let at = 0; at < 4; at++) {
      const request = randomRequest(random);
      const facts = factsOf(known, request);
      if (!facts.ok) throw new Error(facts.problem.message);
      yield { seed, known, facts: facts.facts, planned: plan(known, known.modelNamed(request.model!)!, facts.facts, { keys: random.pick(KEYS) }) };
    }
  }
}

function targets(planned: Plan): string[] {
  return planned.attempts.map((one) => one.target.id);
}

function fraction(share: string): number {
  const [over, under = "1"] = share.split("/");
  return Number(over) / Number(under);
}
