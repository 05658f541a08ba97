import { describe, expect, test } from "vitest";
import type { Policy, Selector } from "#contracts";
import { factsOf, lookup, named, plan } from "#runtime/plan";
import { costOf, modelRoutes, worstCase, type Bounds } from "../../../compiler/analysis/index.ts";
import { aCascade, aDispatcher, aModel, anAlloy, aPolicy, aProvider, aRule, aSmallest, aTarget } from "../../support/policy.ts";
import { randomFrom, randomPolicy, randomRequest } from "../../support/random-policy.ts";

const SECOND = 1_000;
const TARGETS = [
  aTarget("a", { context: 1_000_000, price: { input: 1_000_000, output: 2_000_000 }, output: 100_000 }),
  aTarget("b", { context: 100_000, price: { input: 3_000_000, output: 1_000_000 }, provider: "provider:slow" }),
  aTarget("free", { context: 100, price: { input: 0, output: 0 } }),
  aTarget("unpriced", { context: 100 }),
];
const timeout = (total: number) => ({ connect: 1, first_token: 1, idle: 1, total });

function worst(route: string, selectors: readonly Selector[], fields: Partial<Policy> = {}): Bounds {
  const policy = aPolicy({
    providers: [aProvider("p", { timeout: timeout(60 * SECOND) }), aProvider("slow", { timeout: timeout(600 * SECOND) })], targets: TARGETS, selectors,
    models: [aModel("m", route, { rules: (fields.rules ?? []).map((rule) => rule.id) })], ...fields,
  });
  return worstCase(lookup(policy), policy.models[0]!);
}

describe("the worst case", () => {
  test("of one attempt fills the window, with as much of it an answer as makes it dearer", () => {
    expect(costOf(TARGETS[0]!).value).toBe(900_000 + 200_000);
    expect(costOf(TARGETS[1]!).value).toBe(300_000);
    expect(costOf(TARGETS[2]!).value).toBe(0);
    expect(costOf(TARGETS[3]!)).toEqual({ value: null, path: [], unpriced: ["target:unpriced"] });
  });

  test.each<[string, string, Selector[], readonly [attempts: number, cost: number | null, wall: number]]>([
    ["a target", "target:b", [], [1, 300_000, 600 * SECOND]],
    ["a cascade is the sum of its steps", "cascade:c", [aCascade("c", ["target:a", "target:b", "target:a"])], [3, 2_500_000, 720 * SECOND]],
    ["a retry multiplies its step, and waits", "cascade:c", [aCascade("c", [["target:a", { retry: 2, backoff: { from: 1, to: 5 * SECOND } }], "target:free"])], [4, 3_300_000, (3 * 60 + 2 * 5 + 60) * SECOND]],
    ["a retry multiplies what is inside its step", "cascade:o", [aCascade("i", [["target:free", { retry: 1 }]]), aCascade("o", [["cascade:i", { retry: 1 }]])], [4, 0, (4 * 60 + 2 * 5 + 5) * SECOND]],
    ["a step's timeout is the least of all around it", "cascade:o", [aCascade("i", [["target:b", { timeout: 90 * SECOND }]]), aCascade("o", [["cascade:i", { timeout: 70 * SECOND }], ["target:a", { timeout: 70 * SECOND }]])], [2, 1_400_000, 130 * SECOND]],
    ["a dispatcher is its largest arm", "dispatcher:d", [aDispatcher("d", [[{ op: "absent", fact: "caller.user" }, "target:a"], [null, "alloy:x"]]), anAlloy("x", ["target:b", "target:free"])], [2, 1_100_000, 660 * SECOND]],
    ["an arm that refuses costs nothing", "dispatcher:d", [aDispatcher("d", [[null, "no"]])], [0, 0, 0]],
    ["an alloy and `smallest of` are sums of their parts", "alloy:x", [aSmallest("s", ["target:a", "target:free"]), anAlloy("x", ["dispatcher:s", "target:b"])], [3, 1_400_000, 720 * SECOND]],
    ["a price that is not declared leaves the cost unknown", "cascade:c", [aCascade("c", ["target:a", "target:unpriced"])], [2, null, 120 * SECOND]],
  ])("is by structure: %s", (_, route, selectors, [attempts, cost, wall]) => {
    const bounds = worst(route, selectors);
    expect([bounds.attempts.value, bounds.cost.value, bounds.wall.value]).toEqual([attempts, cost, wall]);
  });

  test("names the arms that reach it, and the prices that are missing", () => {
    const selectors = [aDispatcher("d", [[{ op: "absent", fact: "caller.user" }, "target:a"], [null, "cascade:c"]]), aCascade("c", ["target:free", "target:unpriced"])];
    const bounds = worst("dispatcher:d", selectors);
    expect(bounds.attempts.path).toEqual(["dispatcher:d/arm:2"]);
    expect(bounds.wall.path).toEqual(["dispatcher:d/arm:2"]);
    expect(bounds.cost).toEqual({ value: null, path: ["dispatcher:d/arm:2"], unpriced: ["target:unpriced"] });
  });

  test("adds what rules repeat: each retry an attempt on the dearest target, each escalation its whole selector", () => {
    const rules = [
      aRule("again", { ladder: [{ kind: "retry", limit: 2, remind: null, resume: "auto", feedback: "none" }, { kind: "block", message: "" }] }),
      aRule("up", { ladder: [{ kind: "escalate", selector: "cascade:c", limit: 3, resume: "auto" }, { kind: "block", message: "" }] }),
      aRule("watched", { mode: "shadow", ladder: [{ kind: "retry", limit: 9, remind: null, resume: "auto", feedback: "none" }, { kind: "note" }] }),
    ];
    const bounds = worst("target:free", [aCascade("c", ["target:b", "target:free"])], { rules });
    expect(bounds.attempts).toEqual({ value: 1 + 2 + 3 * 2, path: ["rule:again", "rule:up"], unpriced: [] });
    expect(bounds.cost.value).toBe(0 + 2 * 300_000 + 3 * 300_000);
    expect(bounds.wall.value).toBe((60 + 2 * 600 + 3 * 660) * SECOND);
  });

  test("of a model without rules is one that a plan without filters reaches, and none exceeds", () => {
    let reached = 0;
    for (let seed = 0; seed < 300; seed++) {
      const random = randomFrom(seed);
      const known = lookup(randomPolicy(random));
      for (const model of known.policy.models) {
        const bare = { ...model, rules: [], guards: [] };
        const bounds = worstCase(known, bare);
        expect(modelRoutes(known, bare)).toEqual([model.route]);
        let most = 0;
        for (let at = 0; at < 10; at++) {
          const facts = factsOf(known, { ...randomRequest(random), tokens: 0, output: 0, needs: [] });
          if (!facts.ok) throw new Error(facts.problem.message);
          const { attempts, complete } = plan(known, { ...bare, reserve: 0 }, facts.facts, { keys: null });
          if (!complete) continue;
          most = Math.max(most, attempts.reduce((sum, one) => sum + 1 + one.retries, 0));
          const dearest = attempts.reduce<number | null>((sum, one) => (sum === null || costOf(one.target).value === null ? null : sum + (1 + one.retries) * costOf(one.target).value!), 0);
          const longest = attempts.reduce((sum, one) => sum + (1 + one.retries) * Math.min(one.timeout ?? Infinity, named(known.providers, one.target.provider).timeout.total) + one.retries * (one.backoff?.to ?? 0), 0);
          expect(most).toBeLessThanOrEqual(bounds.attempts.value!);
          expect(dearest ?? 0).toBeLessThanOrEqual(bounds.cost.value ?? Infinity);
          expect(longest).toBeLessThanOrEqual(bounds.wall.value!);
        }
        if (most === bounds.attempts.value) reached++;
      }
    }
    expect(reached).toBeGreaterThan(300);
  });
});
