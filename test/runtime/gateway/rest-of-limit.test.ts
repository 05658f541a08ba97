// An answer that another provider goes on with is no longer than the client allowed for all of it.
import fc from "fast-check";
import { expect, test } from "vitest";
import { restOfLimit } from "../../../runtime/gateway/attempts/rest-of-limit.ts";
import { estimateTokens } from "../../../runtime/plan/index.ts";
import { chatEvents, completion } from "../../support/upstream-server.ts";
import { ask, question, SURFACES } from "../surfaces-harness.ts";
import { gatewayFor, targetsAt, upstream } from "./harness.ts";

const FIELD = { chat: "max_completion_tokens", responses: "max_output_tokens", messages: "max_tokens" } as const;

test.each(SURFACES)("on %s the second provider is asked for what is left", async (surface) => {
  const half = "The answer has two halves, and this is the first of them, which took a number of tokens to say";
  const a = await upstream([{ does: "stream", events: chatEvents([half], null), done: false, then: "cut" }]);
  const b = await upstream([{ does: "stream", events: chatEvents([", and this is the second."]) }]);
  const gateway = await gatewayFor(`${targetsAt({ a, b })}\ncascade both { resume = continue  try a  try b }\nmodel m { route = both }`);
  await ask(gateway, surface, { ...question(surface, true), [FIELD[surface]]: 200 });
  const limits = [a, b].map(({ seen }) => seen[0]!.body["max_completion_tokens"] ?? seen[0]!.body["max_tokens"]);
  expect(limits).toEqual([200, 200 - estimateTokens(half)]);
});

test("a retry that begins again has all of it", async () => {
  const a = await upstream([{ does: "fails", status: 500 }]);
  const b = await upstream([{ does: "json", body: completion("x") }]);
  const gateway = await gatewayFor(`${targetsAt({ a, b })}\ncascade both { resume = continue  try a  try b }\nmodel m { route = both }`);
  await gateway.chat({ model: "m", max_tokens: 200 });
  expect(b.seen[0]!.body["max_tokens"]).toBe(200);
});

test("what is left is never more than the limit, never nothing, and leaves room for a budget of thinking", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.string({ minLength: 1, maxLength: 400 }), fc.option(fc.nat(4000), { nil: undefined }), (limit, kept, budget) => {
      const body = { max_tokens: limit, ...(budget === undefined ? {} : { thinking: { type: "enabled", budget_tokens: budget } }) };
      const left = restOfLimit(body, kept)["max_tokens"] as number;
      expect(left).toBeLessThanOrEqual(limit);
      expect(left).toBeGreaterThan(0);
      expect(left === limit || left > (budget ?? 0)).toBe(true);
      expect(left === limit - estimateTokens(kept) || left === Math.min(limit, 16 + (budget ?? 0))).toBe(true);
    }),
  );
});
