// The attempt loop against a model of it: random cascades, rules and upstreams, played by both.
//
// The model knows words, one forbidden text and one escalating one; it knows nothing of streams, encoders or receipts.
import fc from "fast-check";
import { Receipt, type FailureClass } from "#contracts";
import { createGateway } from "#runtime";
import { describe, expect, test } from "vitest";
import type { UpstreamStart } from "../../../runtime/attempt/index.ts";
import type { Clock } from "../../../runtime/ports.ts";
import { createMemoryStore } from "../../../runtime/receipt/stores/memory.ts";
import type { Chunk } from "../../../runtime/stream/index.ts";
import { loadedFrom, streamed } from "./harness.ts";

/** What one call does: says words, then ends, fails, or says what a rule is against. `repeats`: says again what was kept. */
type Play = { readonly words: number; readonly then: "ends" | FailureClass | "retry rule" | "escalate rule"; readonly repeats: boolean };
type Step = { readonly target: string; readonly retry: number };
type World = {
  readonly steps: readonly Step[];
  readonly cascadeResume: "restart" | "continue" | "never";
  readonly ruleResume: "auto" | "restart" | "continue" | "never";
  readonly retryLimit: number;
  readonly attempts: number;
  readonly stream: boolean;
  readonly plays: readonly Play[];
};

const TARGETS = ["a", "b", "c"];
const FORBIDDEN = "XY";
const ESCALATING = "ZZ";
/** What the n-th call says: never what another one said, so that only what is meant as a repetition is one. */
const said = (n: number, words: number): readonly string[] => Array.from({ length: words }, (_, at) => `part ${at} of what call ${n} says `);
const RETRYABLE: readonly string[] = ["rate_limit", "overloaded", "timeout", "unavailable", "truncated", "malformed"];
const MOVES: readonly string[] = [...RETRYABLE, "context_exceeded", "auth"];

const play: fc.Arbitrary<Play> = fc.record({
  words: fc.integer({ min: 0, max: 2 }),
  then: fc.constantFrom<Play["then"]>("ends", "ends", "retry rule", "escalate rule", "unavailable", "rate_limit", "truncated", "bad_request", "auth"),
  repeats: fc.boolean(),
});
const world: fc.Arbitrary<World> = fc.record({
  steps: fc.array(fc.record({ target: fc.constantFrom("a", "b"), retry: fc.integer({ min: 0, max: 2 }) }), { minLength: 1, maxLength: 3 }),
  cascadeResume: fc.constantFrom("restart", "continue", "never"),
  ruleResume: fc.constantFrom("auto", "restart", "continue", "never"),
  retryLimit: fc.integer({ min: 1, max: 2 }),
  attempts: fc.integer({ min: 1, max: 8 }),
  stream: fc.boolean(),
  plays: fc.array(play, { minLength: 1, maxLength: 8 }),
});

function policyOf({ steps, cascadeResume, ruleResume, retryLimit, attempts }: World): string {
  return `provider local { kind = mock }
${TARGETS.map((name) => `target ${name} = local "${name}" { context = 32Ki  price = free }`).join("\n")}
cascade steady { resume = ${cascadeResume}  ${steps.map((step) => `try ${step.target} { retry = ${step.retry}  backoff = 1ms..1ms }`).join("  ")} }
rule forbidden on text { match /${FORBIDDEN}/  then retry { limit = ${retryLimit}  resume = ${ruleResume}  remind = "not that" }  exhausted block "forbidden" }
rule escalating on text { match /${ESCALATING}/  then escalate c { limit = 1  resume = ${ruleResume} }  exhausted block "escalating" }
model m { route = steady  rules = [forbidden, escalating]  limits = { attempts = ${attempts}  wall = 1h } }
model unused { route = c }`;
}

// ── the model ────────────────────────────────────────────────────────────────────────────────────────────────

type Outcome = { readonly attempts: readonly string[]; readonly status: Receipt["status"]; readonly text: string };

function expected({ steps, cascadeResume, ruleResume, retryLimit, attempts: limit, stream, plays }: World): Outcome {
  const attempts: string[] = [];
  let chain = steps.map((step) => ({ ...step, used: 0 }));
  let at = 0;
  let text = "";
  let retries = 0;
  let escalations = 0;
  const over = (status: Receipt["status"]): Outcome => ({ attempts, status, text: status === "completed" || stream ? text : "" });
  const failed = (): Outcome => over(stream && text !== "" ? "truncated" : "failed");
  /** After a match: asking again is possible from the start, or from what was released where the rule says so. */
  const mayAsk = (): boolean => attempts.length < limit && (text === "" || !stream || ruleResume === "auto" || ruleResume === "continue");

  for (let n = 0; ; n++) {
    const { words, then } = plays[Math.min(n, plays.length - 1)]!;
    const { target } = chain[at]!;
    const fresh = said(n, words).join("");
    // A whole answer that is broken off has given nothing.
    const whole = then === "ends";
    if (stream) text += fresh;
    else text = whole ? fresh : "";
    switch (then) {
      case "ends":
        attempts.push(`${target} ok`);
        return over("completed");
      case "retry rule":
      case "escalate rule": {
        attempts.push(`${target} ended_by_rule`);
        if (!mayAsk()) return over("blocked");
        if (then === "retry rule") {
          if (retries++ >= retryLimit) return over("blocked");
        } else {
          if (escalations++ >= 1) return over("blocked");
          chain = [{ target: "c", retry: 0, used: 0 }];
          at = 0;
        }
        break;
      }
      default: {
        attempts.push(`${target} ${then}`);
        const goesOn = text === "" || !stream || cascadeResume === "continue";
        if (attempts.length >= limit) return failed();
        // A plan without a cascade, which an escalation to one target is, has nothing to move on to.
        if (RETRYABLE.includes(then) && chain[at]!.used < chain[at]!.retry && goesOn) chain[at]!.used++;
        else if (MOVES.includes(then) && at + 1 < chain.length && goesOn) at++;
        else return failed();
      }
    }
  }
}

// ── the gateway ──────────────────────────────────────────────────────────────────────────────────────────────

/** Time that stands still, but for waits, which are over at once; the wall limit is a wait too long to end. */
const clock: Clock = {
  now: () => 1_700_000_000_000,
  elapsed: () => 0,
  after(ms, then) {
    if (ms > 1000) return () => {};
    const timer = setImmediate(then);
    return () => clearImmediate(timer);
  },
};

function upstreamPlaying({ plays }: World, kepts: string[]): UpstreamStart {
  let calls = 0;
  return (call, sink) => {
    const n = calls++;
    const { words, then, repeats } = plays[Math.min(n, plays.length - 1)]!;
    const messages = call.body["messages"] as { role: string; content: string }[];
    const kept = messages.findLast((message) => message.role === "assistant")?.content ?? "";
    kepts.push(kept);
    const trouble = then === "retry rule" ? FORBIDDEN : then === "escalate rule" ? ESCALATING : "";
    const pieces = [...(repeats && kept !== "" ? [kept.slice(0, 5), kept.slice(5)] : []), ...said(n, words), ...trouble];
    let over = false;
    setImmediate(() => {
      if (over) return;
      sink.connected();
      const failing = then !== "ends" && trouble === "";
      if (words > 0 || !failing) sink.opened(200, null);
      const chunk = (text: string): Chunk => ({ protocol: "chat", raw: { id: `c${n}`, choices: [{ index: 0, delta: { content: text }, finish_reason: null }] }, parts: [{ kind: "text", choice: 0, text }] });
      if (call.stream) for (const piece of pieces) if (!over) sink.chunk(chunk(piece));
      if (over) return;
      if (failing) return sink.failed({ class: then as FailureClass, status: 500, message: "it failed", retryAfter: null, code: null });
      const text = pieces.join("");
      if (!call.stream) sink.chunk({ protocol: "chat", raw: { id: "c", choices: [{ index: 0, message: { role: "assistant", content: text }, finish_reason: "stop" }] }, parts: [{ kind: "text", choice: 0, text }] });
      if (!over) sink.ended();
    });
    return { abort: () => void (over = true), pause() {}, resume() {} };
  };
}

async function played(one: World): Promise<Outcome & { readonly receipt: Receipt; readonly kepts: readonly string[]; readonly endedWell: boolean }> {
  const store = createMemoryStore();
  const kepts: string[] = [];
  let ids = 0;
  const gateway = createGateway({ loaded: loadedFrom(policyOf(one)), ports: { clock, chance: { next: () => 0, id: () => `id${ids++}` } }, store, upstreams: { start: upstreamPlaying(one, kepts), close: () => Promise.resolve() } });
  const body = JSON.stringify({ model: "m", stream: one.stream, messages: [{ role: "user", content: "hi" }] });
  const response = await gateway.fetch(new Request("http://gateway/v1/chat/completions", { method: "POST", body, headers: { "content-type": "application/json" } }));
  const isStream = response.headers.get("content-type")!.startsWith("text/event-stream");
  const answer = isStream ? await streamed(response) : null;
  const json = isStream ? null : ((await response.json()) as { choices?: { message: { content: string } }[]; error?: object });
  const { receipts } = await store.list({ limit: 10 });
  expect(receipts.length).toBe(1);
  const receipt = receipts[0]!;
  expect(Receipt.safeParse(receipt).error).toBeUndefined();
  await gateway.close();
  return {
    attempts: receipt.attempts.map((attempt) => `${attempt.target.slice("target:".length)} ${attempt.outcome}`),
    status: receipt.status,
    text: answer?.text ?? json?.choices?.[0]!.message.content ?? "",
    receipt,
    kepts,
    endedWell: answer === null ? response.ok : answer.done && answer.error === null,
  };
}

describe("the attempt loop", () => {
  test("does what its model does, and leaves exactly one receipt", { timeout: 120_000 }, async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(world, async (one) => {
        const should = expected(one);
        const did = await played(one);
        expect({ attempts: did.attempts, status: did.status, text: did.text }).toEqual(should);
        expect(did.receipt.attempts.length).toBeLessThanOrEqual(one.attempts);
        expect(did.text).not.toMatch(/XY|ZZ/);
        expect(did.receipt.triggers.every((trigger) => !trigger.violation_released)).toBe(true);
        // Every attempt that went on was told exactly what the client had by then, so what it had only ever grew.
        for (const [n, kept] of did.kepts.entries()) expect(did.kepts.slice(n + 1).every((later) => later.startsWith(kept))).toBe(true);
        if (one.stream) expect(did.text.startsWith(did.kepts.at(-1)!)).toBe(true);
        expect(did.receipt.attempts.reduce((sum, attempt) => sum + attempt.bytes.released, 0)).toBe(one.stream || did.status === "completed" ? did.text.length : 0);
        expect(did.endedWell).toBe(did.status === "completed" || (did.status === "blocked" && one.stream && did.text !== ""));
        for (const what of [did.status, ...(did.kepts.some((kept) => kept !== "") ? ["went on"] : []), ...did.receipt.triggers.map((trigger) => trigger.action)]) seen.set(what, (seen.get(what) ?? 0) + 1);
      }),
      { numRuns: 300 },
    );
    for (const what of ["completed", "failed", "blocked", "truncated", "went on", "retry", "escalate", "block"]) expect([what, (seen.get(what) ?? 0) > 0]).toEqual([what, true]);
  });
});
