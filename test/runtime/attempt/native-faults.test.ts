// Every way the messages API and the Gemini API can go wrong, over real HTTP: the class of it, what was told before it,
// and that nothing of ours is in what the client hears.
import { afterEach, describe, expect, test } from "vitest";
import type { FailureClass, Provider } from "#contracts";
import { realClock } from "../../support/clock.ts";
import { startUpstreamServer, type Answer } from "../../support/upstream-server.ts";
import { aProvider, openLine, playAttempt, said } from "./harness.ts";
import { geminiAnswer, geminiEvents, message, messageEvents, stream } from "./native.ts";

const QUICK: Provider["timeout"] = { connect: 300, first_token: 150, idle: 150, total: 3000 };
const KEY = "sk-canary-0123456789abcdef";

type Fault = { readonly name: string; readonly answer: Answer; readonly stream?: boolean; readonly class: FailureClass | null; readonly text?: string; readonly retryAfter?: number; readonly code?: string; readonly says?: RegExp };

const claude = (status: number, type: string, text = "x", headers = {}): Answer => ({ does: "fails", status, headers, body: { type: "error", error: { type, message: text }, request_id: "req_1" } });
const HI = { text: ["Hel", "lo"] };
const CUT = messageEvents({ ...HI, finish: null });
const error = (type: string) => JSON.stringify({ type: "error", error: { type, message: "x" } });

const ANTHROPIC: readonly Fault[] = [
  { name: "a whole stream", answer: stream(messageEvents(HI)), class: null, text: "Hello" },
  { name: "a whole stream, cut anywhere", answer: stream(messageEvents(HI), { cuts: { seed: 5, longest: 60 } }), class: null, text: "Hello" },
  { name: "a whole answer", answer: { does: "json", body: message(HI) }, stream: false, class: null, text: "Hello" },
  { name: "a stream that stays open behind its last event", answer: stream(messageEvents(HI), { then: "hang" }), class: null, text: "Hello" },
  { name: "a stream without its last event, but with its stop reason", answer: stream(messageEvents(HI).slice(0, -1)), class: null, text: "Hello" },
  { name: "an answer that says nothing", answer: stream(messageEvents({})), class: null, text: "" },
  { name: "400", answer: claude(400, "invalid_request_error", `max_tokens: too large, says http://127.0.0.1/v1 to ${KEY}`), class: "bad_request", says: /max_tokens: too large/ },
  { name: "a prompt that is too long", answer: claude(400, "invalid_request_error", "prompt is too long: 213462 tokens > 200000 maximum"), class: "context_exceeded", says: /213462/ },
  { name: "a prompt and limit that are too long together", answer: claude(400, "invalid_request_error", "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000"), class: "context_exceeded" },
  { name: "a body that is too large", answer: claude(413, "request_too_large"), class: "context_exceeded" },
  { name: "a used-up credit", answer: claude(400, "invalid_request_error", "Your credit balance is too low to access the API."), class: "rate_limit" },
  { name: "a bill that is not paid", answer: claude(402, "billing_error"), class: "rate_limit" },
  { name: "401", answer: claude(401, "authentication_error", `invalid x-api-key ${KEY}`), class: "auth" },
  { name: "403", answer: claude(403, "permission_error"), class: "auth" },
  { name: "404", answer: claude(404, "not_found_error", "model: nope"), class: "bad_request" },
  { name: "429", answer: claude(429, "rate_limit_error", "x", { "retry-after": "3" }), class: "rate_limit", retryAfter: 3000 },
  { name: "500", answer: claude(500, "api_error"), class: "unavailable" },
  { name: "504", answer: claude(504, "timeout_error"), class: "timeout" },
  { name: "529", answer: claude(529, "overloaded_error"), class: "overloaded" },
  { name: "overload before the first word", answer: stream([error("overloaded_error")]), class: "overloaded" },
  { name: "overload in mid-stream", answer: stream([...CUT, error("overloaded_error")]), class: "overloaded", text: "Hello" },
  { name: "an error of the API in mid-stream", answer: stream([...CUT, error("api_error")]), class: "unavailable", text: "Hello" },
  { name: "an error as JSON where a stream was asked for", answer: { does: "json", body: { type: "error", error: { type: "overloaded_error", message: "x" } } }, class: "overloaded" },
  { name: "a refusal", answer: stream(messageEvents({ finish: "refusal" })), class: "refused", code: "refusal" },
  { name: "a refusal in mid-answer", answer: stream(messageEvents({ ...HI, finish: "refusal" })), class: "refused", code: "refusal", text: "Hello" },
  { name: "a refused whole answer", answer: { does: "json", body: message({ ...HI, finish: "refusal" }) }, stream: false, class: "refused", code: "refusal", text: "" },
  { name: "a clean end without a stop reason", answer: stream(CUT), class: "truncated", text: "Hello" },
  { name: "a socket cut in mid-stream", answer: stream(CUT, { then: "cut" }), class: "truncated", text: "Hello" },
  { name: "silence in mid-stream", answer: stream(CUT, { then: "hang" }), class: "timeout", code: "idle", text: "Hello" },
  { name: "nothing but its beginning", answer: stream(CUT.slice(0, 3), { then: "hang" }), class: "timeout", code: "first_token" },
  { name: "an end before anything", answer: stream([JSON.stringify({ type: "message_stop" })]), class: "malformed" },
  { name: "a [DONE] that is not of this protocol", answer: stream([...CUT, "[DONE]"]), class: "malformed", text: "Hello" },
  { name: "an empty stream", answer: stream([]), class: "truncated" },
  { name: "a whole answer of another API", answer: { does: "json", body: { choices: [{ index: 0, message: { content: "hi" }, finish_reason: "stop" }] } }, stream: false, class: "malformed" },
];

const google = (code: number, status: string, text = "x", details: readonly object[] = []): Answer => ({ does: "fails", status: code, body: { error: { code, message: text, status, ...(details.length === 0 ? {} : { details }) } } });
const OPEN = geminiEvents({ ...HI, finish: null });

const GEMINI: readonly Fault[] = [
  { name: "a whole stream", answer: stream(geminiEvents(HI)), class: null, text: "Hello" },
  { name: "a whole stream, cut anywhere", answer: stream(geminiEvents(HI), { cuts: { seed: 5, longest: 60 } }), class: null, text: "Hello" },
  { name: "a whole answer", answer: { does: "json", body: geminiAnswer(HI) }, stream: false, class: null, text: "Hello" },
  { name: "an answer that says nothing", answer: stream(geminiEvents({})), class: null },
  { name: "400", answer: google(400, "INVALID_ARGUMENT", `bad field, says https://inside.corp/x to ${KEY}`), class: "bad_request", says: /bad field/ },
  { name: "a key that is not valid", answer: google(400, "INVALID_ARGUMENT", "API key not valid.", [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID" }]), class: "auth", code: "API_KEY_INVALID" },
  { name: "a prompt that is too long", answer: google(400, "INVALID_ARGUMENT", "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."), class: "context_exceeded" },
  { name: "403", answer: google(403, "PERMISSION_DENIED"), class: "auth" },
  { name: "404", answer: google(404, "NOT_FOUND", "models/nope is not found"), class: "bad_request" },
  { name: "429, with the time to wait in its body", answer: google(429, "RESOURCE_EXHAUSTED", "x", [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "34.5s" }]), class: "rate_limit", retryAfter: 34_500 },
  { name: "500", answer: google(500, "INTERNAL"), class: "unavailable" },
  { name: "503", answer: google(503, "UNAVAILABLE"), class: "overloaded" },
  { name: "504", answer: google(504, "DEADLINE_EXCEEDED"), class: "timeout" },
  { name: "an error in a list", answer: { does: "fails", status: 503, body: [{ error: { code: 503, message: "x", status: "UNAVAILABLE" } }] }, class: "overloaded" },
  { name: "an error in mid-stream", answer: stream([...OPEN, JSON.stringify({ error: { code: 503, message: "x", status: "UNAVAILABLE" } })]), class: "overloaded", text: "Hello" },
  { name: "a prompt that was blocked", answer: stream([JSON.stringify({ promptFeedback: { blockReason: "SAFETY" } })]), class: "refused", code: "content_filter" },
  { name: "a prompt that was blocked, whole", answer: { does: "json", body: { promptFeedback: { blockReason: "OTHER" } } }, stream: false, class: "refused", code: "content_filter" },
  { name: "a filter in mid-answer", answer: stream(geminiEvents({ ...HI, finish: "SAFETY" })), class: "refused", code: "content_filter", text: "Hello" },
  { name: "a call nobody can read", answer: stream(geminiEvents({ finish: "MALFORMED_FUNCTION_CALL" })), class: "malformed" },
  { name: "an end for no reason given", answer: stream(geminiEvents({ ...HI, finish: "OTHER" })), class: "truncated", text: "Hello" },
  { name: "a clean end without a finish reason", answer: stream(OPEN), class: "truncated", text: "Hello" },
  { name: "a socket cut in mid-stream", answer: stream(OPEN, { then: "cut" }), class: "truncated", text: "Hello" },
  { name: "silence in mid-stream", answer: stream(OPEN, { then: "hang" }), class: "timeout", code: "idle", text: "Hello" },
  { name: "an empty stream", answer: stream([]), class: "truncated" },
  { name: "a whole answer without a candidate", answer: { does: "json", body: { usageMetadata: {} } }, stream: false, class: "malformed" },
];

let after: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const one of after.toReversed()) await one();
  after = [];
});

describe.each([["anthropic", ANTHROPIC], ["gemini", GEMINI]] as const)("%s", (kind, faults) => {
  test.each(faults.map((fault) => [fault.name, fault] as const))("%s", async (_, fault) => {
    const upstream = await startUpstreamServer([fault.answer]);
    after.push(() => upstream.close());
    const line = openLine(aProvider({ kind, base: { from: "literal", value: upstream.base }, key: { from: "literal", value: KEY }, timeout: QUICK }), realClock());
    const played = playAttempt(line, { stream: fault.stream ?? true });
    const failure = await played.over;

    expect(failure?.class ?? null).toBe(fault.class);
    expect(said(played.chunks)).toBe(fault.text ?? "");
    expect(failure?.retryAfter ?? null).toBe(fault.retryAfter ?? null);
    if (fault.code !== undefined) expect(failure?.code).toBe(fault.code);
    if (fault.says !== undefined) expect(failure?.message).toMatch(fault.says);
    const shown = JSON.stringify(failure);
    for (const secret of [KEY, "127.0.0.1", String(upstream.port), "inside.corp"]) expect(shown).not.toContain(secret);
    expect(played.events.filter((event) => event === "ended" || event.startsWith("failed"))).toHaveLength(1);
    await upstream.seen[0]?.ended;
    await line.close();
  });
});

describe("what goes out", () => {
  async function asked(kind: "anthropic" | "gemini", over: Partial<Parameters<typeof playAttempt>[1]> = {}, answer?: Answer, headers: Provider["headers"] = {}) {
    const upstream = await startUpstreamServer([answer ?? stream(kind === "anthropic" ? messageEvents(HI) : geminiEvents(HI))]);
    after.push(() => upstream.close());
    const line = openLine(aProvider({ kind, base: { from: "literal", value: upstream.base }, key: { from: "literal", value: KEY }, headers }), realClock());
    const played = playAttempt(line, over);
    const failure = await played.over;
    await line.close();
    return { upstream, failure, played };
  }

  test("carries the key and the version as the messages API wants them", async () => {
    const { upstream, played } = await asked("anthropic");
    expect(upstream.seen[0]).toMatchObject({ path: "/v1/messages", headers: { "x-api-key": KEY, "anthropic-version": "2023-06-01" }, body: { model: "upstream-model", stream: true } });
    expect(upstream.seen[0]!.headers.authorization).toBeUndefined();
    expect(played.attempt.measured().usage).toEqual({ input: 3, output: 7 });
    expect(new Set(played.chunks.map((chunk) => chunk.protocol))).toEqual(new Set(["messages"]));
  });

  test("carries what the client's own headers say of the protocol, and no other of them", async () => {
    const { upstream } = await asked("anthropic", { headers: [["anthropic-beta", "context-1m"], ["x-api-key", "the-clients"], ["cookie", "c"]] });
    expect(upstream.seen[0]!.headers).toMatchObject({ "anthropic-beta": "context-1m", "x-api-key": KEY });
    expect(upstream.seen[0]!.headers.cookie).toBeUndefined();
  });

  test("carries what the policy says beside what the client says, where both can stand", async () => {
    const policy = { "anthropic-beta": { from: "literal", value: "a" }, "anthropic-version": { from: "literal", value: "2024-01-01" } } as const;
    const alone = await asked("anthropic", {}, undefined, policy);
    expect(alone.upstream.seen[0]!.headers).toMatchObject({ "anthropic-beta": "a", "anthropic-version": "2024-01-01" });
    const both = await asked("anthropic", { headers: [["anthropic-beta", "b"], ["anthropic-version", "2025-01-01"]] }, undefined, policy);
    expect(both.upstream.seen[0]!.headers).toMatchObject({ "anthropic-beta": "a,b", "anthropic-version": "2025-01-01" });
  });

  test("carries the key as Gemini wants it, and names model and manner in the path", async () => {
    const { upstream, played } = await asked("gemini");
    expect(upstream.seen[0]).toMatchObject({ path: "/v1/models/upstream-model:streamGenerateContent?alt=sse", headers: { "x-goog-api-key": KEY } });
    expect(Object.keys(upstream.seen[0]!.body)).not.toContain("model");
    expect(played.attempt.measured().usage).toEqual({ input: 3, output: 7 });
    const whole = await asked("gemini", { stream: false }, { does: "json", body: geminiAnswer(HI) });
    expect(whole.upstream.seen[0]!.path).toBe("/v1/models/upstream-model:generateContent");
  });

  test.each(["anthropic", "gemini"] as const)("is nothing where the request cannot be said to %s", async (kind) => {
    const { upstream, failure } = await asked(kind, { body: { messages: [{ role: "user", content: "hi" }], logprobs: true } });
    expect(upstream.seen).toHaveLength(0);
    expect(failure).toMatchObject({ class: "bad_request", code: "untranslatable", status: null });
    expect(failure?.message).toContain("`logprobs`");
  });
});
