// What the planner keeps from one request to the next is seen in nothing it answers.
import fc from "fast-check";
import { expect, test } from "vitest";
import { decide, factsOf, lookup, plan, type Lookup, type Plan } from "#runtime/plan";
import type { Model, RequestFacts } from "#contracts";
import { randomFrom, randomPolicy, randomRequest } from "../../support/random-policy.ts";

test("a request is planned as if it were the first, whatever was asked before it", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const random = randomFrom(seed);
      const policy = randomPolicy(random);
      const used = lookup(policy);
      for (let nth = 0; nth < 12; nth++) {
        const request = randomRequest(random);
        for (const at of policy.models.keys()) {
          const fresh = lookup(structuredClone(policy));
          const answer = planned(used, policy.models[at]!, { request, nth });
          expect(answer).toEqual(planned(fresh, fresh.policy.models[at]!, { request, nth }));
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("a rule of the same name in another policy is another rule", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const random = randomFrom(seed);
      const policy = randomPolicy(random);
      const { when } = randomPolicy(random).rules[0] ?? { when: null };
      const other = { ...policy, rules: policy.rules.map((rule) => ({ ...rule, when })) };
      const request = randomRequest(random);
      for (const model of policy.models) {
        planned(lookup(policy), model, { request, nth: 0 });
        const fresh = lookup(structuredClone(other));
        expect(planned(lookup(other), model, { request, nth: 0 })).toEqual(planned(fresh, fresh.models.get(model.id)!, { request, nth: 0 }));
      }
    }),
    { numRuns: 60 },
  );
});

function planned(known: Lookup, model: Model, { request, nth }: { readonly request: RequestFacts; readonly nth: number }): { readonly plan: Plan; readonly decision: unknown } | null {
  const facts = factsOf(known, request);
  if (!facts.ok) return null;
  const made = plan(known, model, facts.facts, { keys: { request: `req_${nth}`, session: nth % 3 === 0 ? null : `s${nth % 2}` } });
  return { plan: made, decision: decide(made) };
}
