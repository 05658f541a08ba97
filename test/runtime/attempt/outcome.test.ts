import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FAILURE_CLASSES, type FailureClass, type Json } from "#contracts";
import { failureOfConnection, failureOfError, failureOfStatus, readError, readRetryAfter } from "../../../runtime/attempt/outcome.ts";
import { quickest } from "../../support/quickest.ts";
import { scrub } from "../../../runtime/attempt/scrub.ts";

const NOW = Date.UTC(2026, 0, 1);

const ANSWERS: readonly (readonly [status: number, body: Json | undefined, itsClass: FailureClass])[] = [
  [400, { error: { message: "no", type: "invalid_request_error", code: null } }, "bad_request"],
  [400, { error: { message: "This model's maximum context length is 8192 tokens", code: "context_length_exceeded" } }, "context_exceeded"],
  [400, { error: { message: "This model's maximum context length is 8192 tokens. However, you requested 9000", type: "invalid_request_error" } }, "context_exceeded"],
  [400, { object: "error", message: "This model's maximum context length is 4096 tokens", type: "BadRequestError", code: 400 }, "context_exceeded"],
  [400, { error: { code: 400, message: "the request exceeds the available context size", type: "exceed_context_size_error" } }, "context_exceeded"],
  [400, { type: "error", error: { type: "invalid_request_error", message: "prompt is too long: 210000 tokens > 200000 maximum" } }, "context_exceeded"],
  [400, { error: { code: "content_filter", message: "The response was filtered" } }, "refused"],
  [400, { error: { code: "content_policy_violation", message: "x" } }, "refused"],
  [400, [{ error: { code: 400, message: "API key not valid", status: "INVALID_ARGUMENT" } }], "bad_request"],
  [401, { error: { code: "invalid_api_key" } }, "auth"],
  [402, { error: { code: 402, message: "Insufficient credits" } }, "auth"],
  [403, { error: { type: "permission_error" } }, "auth"],
  [403, { error: { code: 403, message: "flagged", metadata: { reasons: ["violence"], flagged_input: "…" } } }, "refused"],
  [404, { error: "model 'x' not found, try pulling it first" }, "bad_request"],
  [405, undefined, "bad_request"],
  [408, undefined, "timeout"],
  [409, undefined, "bad_request"],
  [413, undefined, "context_exceeded"],
  [413, { error: { code: "rate_limit_exceeded", message: "Request too large for model on tokens per minute" } }, "rate_limit"],
  [422, { detail: [{ loc: ["body"], msg: "field required" }] }, "bad_request"],
  [429, undefined, "rate_limit"],
  [429, { error: { code: "insufficient_quota" } }, "rate_limit"],
  [429, { error: { code: "engine_overloaded" } }, "overloaded"],
  [498, undefined, "overloaded"],
  [500, undefined, "unavailable"],
  [500, { error: { type: "overloaded_error" } }, "overloaded"],
  [500, { error: { message: "context window exceeded" } }, "context_exceeded"],
  [502, undefined, "unavailable"],
  [503, undefined, "overloaded"],
  [504, undefined, "timeout"],
  [520, undefined, "unavailable"],
  [522, undefined, "timeout"],
  [524, undefined, "timeout"],
  [529, { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }, "overloaded"],
  [302, undefined, "malformed"],
];

test.each(ANSWERS)("HTTP %i with %j is %s", (status, body, itsClass) => {
  const failure = failureOfStatus(status, { error: readError(body), retryAfter: null, secrets: [] });
  expect(failure).toMatchObject({ class: itsClass, status });
});

test.each<[Json, FailureClass, number | null]>([
  [{ error: { message: "x", code: 429 } }, "rate_limit", 429],
  [{ error: { message: "x", code: "502" } }, "unavailable", 502],
  [{ error: { message: "x", type: "server_error" } }, "unavailable", null],
  [{ error: { message: "x", type: "overloaded_error" } }, "overloaded", null],
  [{ error: { message: "x", type: "invalid_request_error" } }, "bad_request", null],
  [{ error: { message: "context length exceeded" } }, "context_exceeded", null],
  [{ error: "stopped" }, "unavailable", null],
  [{ error: { message: "x", code: "anything_else" } }, "unavailable", null],
])("the error object %j is %s", (raw, itsClass, status) => {
  expect(failureOfError(readError(raw)!, [])).toMatchObject({ class: itsClass, status });
});

test.each([
  [{ code: "ECONNREFUSED" }, "before the answer", "unavailable"],
  [{ code: "ENOTFOUND" }, "before the answer", "unavailable"],
  [{ code: "CERT_HAS_EXPIRED" }, "before the answer", "unavailable"],
  [{ code: "UND_ERR_CONNECT_TIMEOUT" }, "before the answer", "timeout"],
  [{ code: "UND_ERR_SOCKET" }, "before the answer", "unavailable"],
  [{ code: "UND_ERR_SOCKET" }, "within the answer", "truncated"],
  [{ code: "ECONNRESET" }, "within the answer", "truncated"],
  [{ code: "UND_ERR_RES_CONTENT_LENGTH_MISMATCH" }, "within the answer", "truncated"],
  [{ code: "HPE_INVALID_CHUNK_SIZE" }, "within the answer", "malformed"],
  [{ name: "HTTPParserError", code: undefined }, "before the answer", "malformed"],
  [undefined, "before the answer", "unavailable"],
] as const)("the connection's error %j %s is %s", (error, began, itsClass) => {
  expect(failureOfConnection(error, began).class).toBe(itsClass);
});

describe("Retry-After", () => {
  test.each<[Record<string, string>, number | null]>([
    [{}, null],
    [{ "retry-after": "3" }, 3000],
    [{ "retry-after": "0" }, 0],
    [{ "retry-after": "1.5" }, 1500],
    [{ "retry-after": " 2 " }, 2000],
    [{ "retry-after": "-1" }, null],
    [{ "retry-after": "soon" }, null],
    [{ "retry-after": "" }, null],
    [{ "retry-after": "Thu, 01 Jan 2026 00:00:09 GMT" }, 9000],
    [{ "retry-after": "Wed, 31 Dec 2025 23:00:00 GMT" }, 0],
    [{ "retry-after-ms": "120" }, 120],
    [{ "retry-after-ms": "120", "retry-after": "9" }, 120],
    [{ "retry-after-ms": "x", "retry-after": "9" }, 9000],
    [{ "retry-after": "999999999999" }, 86_400_000],
  ])("%j is %s milliseconds", (headers, wait) => {
    expect(readRetryAfter((name) => headers[name], NOW)).toBe(wait);
  });
});

describe("what a client reads", () => {
  test("the provider's words reach the client only where the request is at fault", () => {
    const words = "Unsupported parameter: 'temperature'";
    const say = (status: number) => failureOfStatus(status, { error: readError({ error: { message: words } }), retryAfter: null, secrets: [] }).message;
    expect(say(400)).toContain(words);
    for (const status of [401, 403, 429, 500, 503]) expect(say(status)).not.toContain(words);
  });

  test.each([
    ["see http://10.1.2.3:8000/v1/x?key=1 now", "see […] now"],
    ["connect to 192.168.0.7:11434 failed", "connect to […] failed"],
    ["localhost:8000 says no", "[…] says no"],
    ["[::1]:8000 says no", "[…] says no"],
    ["upstream llm.prod.svc.cluster.local:80 says no", "upstream […] says no"],
    ["host api.example.com says no", "host […] says no"],
    ["key sk-proj-abcdefgh12345 is wrong", "key […] is wrong"],
    ["Authorization: Bearer abc.def", "Authorization: […]"],
    ["two\nlines\u0000 \u2028 here", "two lines here"],
    ["Invalid type for 'messages[0].content': expected a string", "Invalid type for 'messages[0].content': expected a string"],
    ["response_format.json_schema is not allowed for qwen3-coder:30b", "response_format.json_schema is not allowed for qwen3-coder:30b"],
  ])("%j is scrubbed to %j", (text, clean) => {
    expect(scrub(text, [])).toBe(clean);
  });

  test("no secret survives, wherever it stands and however the provider wraps it", () => {
    const texts = fc.string({ unit: "binary", maxLength: 60 });
    fc.assert(
      fc.property(texts, texts, fc.stringMatching(/^[a-zA-Z0-9.:+*-]{6,20}$/), fc.constantFrom(...ANSWERS.map(([status]) => status)), (before, after, secret, status) => {
        const message = `${before}${secret}${after}`;
        const failure = failureOfStatus(status, { error: readError({ error: { message, code: secret } }), retryAfter: null, secrets: [secret] });
        expect(failure.message.toLowerCase()).not.toContain(secret.toLowerCase());
        expect(FAILURE_CLASSES).toContain(failure.class);
      }),
    );
  });

  test("a long message is cut short", () => {
    expect(scrub("word ".repeat(10_000), []).length).toBeLessThanOrEqual(501);
  });

  test.each(["a-", "a.", "a.b", "sk-", "a.com", "a-."])("a message of 64 KB of `%s` keeps nobody waiting", async (piece) => {
    const text = piece.repeat(64_000 / piece.length);
    // It took seconds before the text was cut.
    expect(await quickest(500, () => {
      const since = performance.now();
      scrub(text, ["a secret"]);
      return Promise.resolve(performance.now() - since);
    })).toBeLessThan(500);
  });
});
