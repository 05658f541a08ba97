// Rules and guards apply alike on every surface, streamed or not: one policy, one answer of the model, one table.
import type { Receipt } from "#contracts";
import { describe, expect, test } from "vitest";
import { gatewayFor, mockModel } from "./gateway/harness.ts";
import { ask, question, scripted, SURFACES, type SurfaceName, type Told } from "./surfaces-harness.ts";

/** How each protocol says that an answer was over, and that policy ended it. */
const OVER: Record<SurfaceName, string> = { chat: "stop", responses: "completed", messages: "end_turn" };
const ENDED: Record<SurfaceName, string> = { chat: "content_filter", responses: "content_filter", messages: "refusal" };

type Case = {
  readonly name: string;
  readonly policy: string;
  /** What the client has at the end, `stopped` where policy ended what it had begun, and null where it got an error instead. */
  readonly streamed: { readonly text: string; readonly reasoning?: string; readonly stopped?: true } | null;
  readonly whole: { readonly text: string; readonly reasoning?: string } | null;
  readonly status: Receipt["status"];
  readonly triggers: readonly string[];
  readonly attempts: number;
};

const CASES: readonly Case[] = [
  {
    name: "no rule",
    policy: mockModel([["Hello ", "there"]], "model m { route = t }"),
    streamed: { text: "Hello there" }, whole: { text: "Hello there" }, status: "completed", triggers: [], attempts: 1,
  },
  {
    name: "block before a release",
    policy: mockModel([["secret", " and more"]], 'rule r on text { match /secret/  then block "no" }\nmodel m { route = t  rules = [r] }'),
    streamed: null, whole: null, status: "blocked", triggers: ["block"], attempts: 1,
  },
  {
    name: "block after a release",
    policy: mockModel([["so far ", "so good, a sec", "ret"]], 'rule r on text { match /secret/  then block "no" }\nmodel m { route = t  rules = [r] }'),
    streamed: { text: "so far so good, a ", stopped: true }, whole: null, status: "blocked", triggers: ["block"], attempts: 1,
  },
  {
    name: "redact",
    policy: mockModel([["the sec", "ret is out"]], 'rule r on text { match /secret/  then redact "[gone]" }\nmodel m { route = t  rules = [r] }'),
    streamed: { text: "the [gone] is out" }, whole: { text: "the [gone] is out" }, status: "completed", triggers: ["redact"], attempts: 1,
  },
  {
    name: "redact in the reasoning",
    policy: scripted('{ reasoning = "the sec" }, { reasoning = "ret plan" }, "done"', 'rule r on reasoning { match /secret/  then redact "[gone]" }\nmodel m { route = t  rules = [r] }'),
    streamed: { text: "done", reasoning: "the [gone] plan" }, whole: { text: "done", reasoning: "the [gone] plan" }, status: "completed", triggers: ["redact"], attempts: 1,
  },
  {
    name: "retry with a reminder, and go on",
    policy: mockModel([["one two OldClient"], ["one two NewClient"]], 'rule r on text { match /OldClient/  then retry { limit = 1  remind = "Use NewClient." }  exhausted block "no" }\nmodel m { route = t  rules = [r] }'),
    streamed: { text: "one two NewClient" }, whole: { text: "one two NewClient" }, status: "completed", triggers: ["retry"], attempts: 2,
  },
  {
    name: "retry that is used up",
    policy: mockModel([["OldClient"]], 'rule r on text { match /OldClient/  then retry { limit = 1  remind = "Use NewClient." }  exhausted block "no" }\nmodel m { route = t  rules = [r] }'),
    streamed: null, whole: null, status: "blocked", triggers: ["retry", "block"], attempts: 2,
  },
  {
    name: "note",
    policy: mockModel([["a word", " to note"]], "rule r on text { match /word/  then note }\nmodel m { route = t  rules = [r] }"),
    streamed: { text: "a word to note" }, whole: { text: "a word to note" }, status: "completed", triggers: ["note"], attempts: 1,
  },
  {
    name: "escalate",
    policy: `${mockModel([["I cannot do that"]], "")}target big = local "mock-2" { context = 32k  output = 4k  price = $1/$2  replies = [["I can do that"]] }
rule r on text { match /^I cannot/  then escalate big }\nmodel m { route = t  rules = [r] }`,
    streamed: { text: "I can do that" }, whole: { text: "I can do that" }, status: "completed", triggers: ["escalate"], attempts: 2,
  },
  {
    name: "a guard that refuses",
    policy: mockModel([["x"]], 'guard never { then refuse "not for anyone" }\nmodel m { route = t  guards = [never] }'),
    streamed: null, whole: null, status: "refused", triggers: [], attempts: 0,
  },
  {
    name: "a target that cannot hold the request",
    policy: mockModel([["x"]], "model m { route = t }").replace("context = 32k", "context = 1k"),
    streamed: null, whole: null, status: "refused", triggers: [], attempts: 0,
  },
];

const LONG = "word ".repeat(2_000);

describe.each(CASES)("$name", (one) => {
  test.each(SURFACES.flatMap((surface) => [true, false].map((stream) => [surface, stream] as const)))("on %s, streamed: %s", async (surface, stream) => {
    const gateway = await gatewayFor(one.policy);
    const answer = await ask(gateway, surface, question(surface, stream, one.name.includes("hold") ? LONG : "hi"));
    const expected = stream ? one.streamed : one.whole;
    if (expected === null) expectError(surface, answer);
    else {
      const stopped = "stopped" in expected;
      expect([answer.status, answer.text, answer.reasoning, answer.end, answer.error]).toEqual([200, expected.text, expected.reasoning ?? "", stopped ? ENDED[surface] : OVER[surface], null]);
    }
    const receipts = await gateway.receipts();
    expect(receipts).toMatchObject([{ surface, stream, status: one.status }]);
    const [receipt] = receipts;
    expect([receipt!.triggers.map((trigger) => trigger.action), receipt!.attempts.length]).toEqual([one.triggers, one.attempts]);
    expect(receipt!.triggers.every((trigger) => !trigger.violation_released || trigger.action === "note")).toBe(true);
    expect(answer.headers.get("x-wardwright-receipt-id")).toBe(receipt!.id);
  });
});

function expectError(surface: SurfaceName, { status, error, body }: Told): void {
  expect(status).toBeGreaterThanOrEqual(400);
  expect(error).toMatchObject({ type: expect.any(String), message: expect.any(String) });
  expect(JSON.parse(body).type).toBe(surface === "messages" ? "error" : undefined);
}
