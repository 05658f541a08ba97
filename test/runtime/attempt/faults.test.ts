// Every way an upstream can go wrong, over real HTTP: its class, what was told before, and that nothing is left behind.
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { FailureClass, Provider } from "#contracts";
import { realClock } from "../../support/clock.ts";
import { chatEvents, completion, startUpstreamServer, type Answer } from "../../support/upstream-server.ts";
import { aProvider, openLine, playAttempt, said, type Line } from "./harness.ts";

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
beforeAll(() => void process.on("unhandledRejection", note).on("uncaughtException", note));
afterAll(() => void process.off("unhandledRejection", note).off("uncaughtException", note));

/** Only a fault that is a silence needs limits it can run into; the others get limits a busy machine does not reach. */
const QUICK: Provider["timeout"] = { connect: 300, first_token: 150, idle: 150, total: 3000 };
const PATIENT: Provider["timeout"] = { connect: 20_000, first_token: 20_000, idle: 20_000, total: 20_000 };
const KEY = "sk-canary-0123456789abcdef";

type Fault = {
  readonly name: string;
  readonly answer: Answer;
  readonly stream?: boolean;
  readonly timeout?: number;
  readonly class: FailureClass | null;
  readonly text?: string;
  readonly retryAfter?: number;
  readonly code?: string;
};

const HI = chatEvents(["Hel", "lo"]);
const OPEN = chatEvents(["Hel", "lo"], null);
const choice = (finish: string, more: object = {}) => JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: finish, ...more }] });

const FAULTS: readonly Fault[] = [
  { name: "a whole stream", answer: { does: "stream", events: HI }, class: null, text: "Hello" },
  { name: "a whole answer", answer: { does: "json", body: completion("Hello") }, stream: false, class: null, text: "Hello" },
  { name: "a stream without [DONE]", answer: { does: "stream", events: HI, done: false }, class: null, text: "Hello" },
  { name: "a stream whose body the connection's end ends", answer: { does: "stream", events: HI, done: false, then: "close" }, class: null, text: "Hello" },
  { name: "a stream that never closes after [DONE]", answer: { does: "stream", events: HI, then: "hang" }, class: null, text: "Hello" },
  { name: "a [DONE] without its blank line", answer: { does: "raw", body: `${HI.map((data) => `data: ${data}\n\n`).join("")}data: [DONE]`, headers: { "content-type": "text/event-stream" } }, class: null, text: "Hello" },
  { name: "comments, a BOM and CRLF", answer: { does: "raw", body: `\ufeff: hi\r\n\r\n${HI.map((data) => `event: message\r\ndata: ${data}\r\n\r\n: ping\r\n`).join("")}data: [DONE]\r\n\r\n`, headers: { "content-type": "text/event-stream" }, cuts: "every byte" }, class: null, text: "Hello" },
  { name: "a stream without a content type", answer: { does: "raw", body: `${HI.map((data) => `data: ${data}\n\n`).join("")}data: [DONE]\n\n` }, class: null, text: "Hello" },
  { name: "gzip nobody asked for", answer: { does: "stream", events: HI, encoding: "gzip", cuts: { seed: 1, longest: 9 } }, class: null, text: "Hello" },
  { name: "brotli nobody asked for", answer: { does: "stream", events: HI, encoding: "br", cuts: { seed: 2, longest: 9 } }, class: null, text: "Hello" },
  { name: "deflate", answer: { does: "json", body: completion("Hello"), encoding: "deflate" }, stream: false, class: null, text: "Hello" },
  { name: "raw deflate", answer: { does: "json", body: completion("Hello"), encoding: "raw deflate" }, stream: false, class: null, text: "Hello" },

  { name: "429 with Retry-After", answer: { does: "fails", status: 429, headers: { "retry-after": "7" }, body: { error: { message: "slow down", code: "rate_limit_exceeded" } } }, class: "rate_limit", retryAfter: 7000, code: "rate_limit_exceeded" },
  { name: "429 with retry-after-ms", answer: { does: "fails", status: 429, headers: { "retry-after-ms": "250", "retry-after": "9" } }, stream: false, class: "rate_limit", retryAfter: 250 },
  { name: "a used-up quota", answer: { does: "fails", status: 429, body: { error: { code: "insufficient_quota" } } }, class: "rate_limit", code: "insufficient_quota" },
  { name: "500", answer: { does: "fails", status: 500, body: "<html>oops</html>" }, class: "unavailable" },
  { name: "502", answer: { does: "fails", status: 502 }, class: "unavailable" },
  { name: "503", answer: { does: "fails", status: 503 }, class: "overloaded" },
  { name: "504", answer: { does: "fails", status: 504 }, class: "timeout" },
  { name: "529", answer: { does: "fails", status: 529 }, class: "overloaded" },
  { name: "401", answer: { does: "fails", status: 401, body: { error: { message: `Incorrect API key provided: ${KEY}` } } }, class: "auth" },
  { name: "403", answer: { does: "fails", status: 403 }, class: "auth" },
  { name: "400", answer: { does: "fails", status: 400, body: { error: { message: `bad temperature, says http://127.0.0.1/v1 to ${KEY}` } } }, class: "bad_request" },
  { name: "404", answer: { does: "fails", status: 404 }, class: "bad_request" },
  { name: "422", answer: { does: "fails", status: 422, body: { detail: "no such field" } }, class: "bad_request" },
  { name: "a request too long for the model", answer: { does: "fails", status: 400, body: { error: { code: "context_length_exceeded" } } }, class: "context_exceeded", code: "context_length_exceeded" },
  { name: "a request the content filter refused", answer: { does: "fails", status: 400, body: { error: { code: "content_filter" } } }, class: "refused", code: "content_filter" },
  { name: "a redirect", answer: { does: "fails", status: 307, headers: { location: "http://127.0.0.1:1/" } }, class: "malformed" },
  { name: "an error body that is cut", answer: { does: "raw", status: 503, body: '{"error":{"mess', then: "cut" }, class: "overloaded" },
  { name: "an endless error body", answer: { does: "raw", status: 503, body: "x".repeat(200_000), then: "hang" }, class: "overloaded" },

  { name: "a content filter under HTTP 200", answer: { does: "stream", events: [HI[0]!, choice("content_filter")] }, class: "refused", code: "content_filter", text: "" },
  { name: "a refusal under HTTP 200", answer: { does: "stream", events: [HI[0]!, JSON.stringify({ choices: [{ index: 0, delta: { refusal: "I cannot" }, finish_reason: null }] }), choice("stop")] }, class: "refused", code: "refusal", text: "" },
  { name: "a refused whole answer", answer: { does: "json", body: completion("", { choices: [{ index: 0, message: { role: "assistant", content: null, refusal: "no" }, finish_reason: "stop" }] }) }, stream: false, class: "refused", code: "refusal" },

  { name: "no answer at all", answer: { does: "hangs" }, class: "timeout", code: "first_token" },
  { name: "a head and then nothing", answer: { does: "hangs after head" }, class: "timeout", code: "first_token" },
  { name: "comments instead of content", answer: { does: "raw", body: ": ping\n\n".repeat(20), headers: { "content-type": "text/event-stream" }, then: "hang" }, class: "timeout", code: "first_token" },
  { name: "a role and then nothing", answer: { does: "stream", events: [HI[0]!], done: false, then: "hang" }, class: "timeout", code: "first_token" },
  { name: "silence in mid-stream", answer: { does: "stream", events: OPEN, done: false, then: "hang" }, class: "timeout", code: "idle", text: "Hello" },
  { name: "a whole answer that never comes", answer: { does: "hangs" }, stream: false, timeout: 150, class: "timeout", code: "total" },

  { name: "a socket cut before the answer", answer: { does: "cuts" }, class: "unavailable" },
  { name: "a socket cut in mid-stream", answer: { does: "stream", events: OPEN, done: false, then: "cut" }, class: "truncated", text: "Hello" },
  { name: "a socket cut within an event", answer: { does: "raw", body: `data: ${OPEN[0]}\n\ndata: {"choi`, headers: { "content-type": "text/event-stream" }, then: "cut" }, class: "truncated" },
  { name: "a clean end without a finish reason", answer: { does: "stream", events: OPEN, done: false }, class: "truncated", text: "Hello" },
  { name: "a clean end within an event", answer: { does: "raw", body: `data: ${OPEN[1]}\n\ndata: {"choi`, headers: { "content-type": "text/event-stream" } }, class: "truncated", text: "Hel" },
  { name: "one choice of two unfinished", answer: { does: "stream", done: false, events: [...OPEN, JSON.stringify({ choices: [{ index: 1, delta: { content: "!" }, finish_reason: "stop" }] })] }, class: "truncated", text: "Hello!" },
  { name: "an empty stream", answer: { does: "stream", events: [], done: false }, class: "truncated" },
  { name: "gzip that is cut", answer: { does: "raw", body: gzipSync(HI.map((data) => `data: ${data}\n\n`).join("")).subarray(0, 60), headers: { "content-type": "text/event-stream", "content-encoding": "gzip" } }, class: "truncated", text: "" },
  { name: "a whole answer that is cut", answer: { does: "raw", body: '{"choices":[', headers: { "content-type": "application/json" }, then: "cut" }, stream: false, class: "truncated" },

  { name: "garbage for a stream", answer: { does: "raw", body: "\u0000\u0001 nonsense \n\n more", headers: { "content-type": "text/event-stream" } }, class: "malformed" },
  { name: "garbage in an event", answer: { does: "stream", events: [HI[1]!, "{not json"] }, class: "malformed", text: "Hel" },
  { name: "a list for an event", answer: { does: "stream", events: ["[1,2]"] }, class: "malformed" },
  { name: "garbage for an answer", answer: { does: "raw", body: "<html>", headers: { "content-type": "application/json" } }, stream: false, class: "malformed" },
  { name: "an answer without choices", answer: { does: "json", body: { id: "x", choices: [] } }, stream: false, class: "malformed" },
  { name: "a stream without choices", answer: { does: "stream", events: [] }, class: "malformed" },
  { name: "a page of HTML", answer: { does: "raw", body: "<!doctype html><p>please log in</p>", headers: { "content-type": "text/html" } }, class: "malformed" },
  { name: "a whole answer where a stream was asked for", answer: { does: "json", body: completion("Hello") }, class: "malformed" },
  { name: "a stream where a whole answer was asked for", answer: { does: "stream", events: HI }, stream: false, class: "malformed" },
  { name: "gzip that is none", answer: { does: "raw", body: "plain", headers: { "content-type": "text/event-stream", "content-encoding": "gzip" } }, class: "malformed" },
  { name: "an encoding nobody knows", answer: { does: "raw", body: "plain", headers: { "content-encoding": "rot13" } }, class: "malformed" },
  { name: "something that is not HTTP", answer: { does: "babbles", text: "SSH-2.0-OpenSSH\r\n" }, class: "malformed" },

  { name: "an error object in the stream", answer: { does: "stream", events: [HI[1]!, JSON.stringify({ error: { message: "engine overloaded", type: "overloaded_error" } })] }, class: "overloaded", text: "Hel" },
  { name: "an error with a status in the stream", answer: { does: "stream", events: [JSON.stringify({ error: { code: 429, message: "x" }, choices: [{ index: 0, delta: {}, finish_reason: "error" }] })] }, class: "rate_limit" },
  { name: "an error of the choice", answer: { does: "stream", events: [HI[1]!, choice("error", { error: { code: 503, message: "x" } })] }, class: "overloaded", text: "Hel" },
  { name: "an error of a whole answer's choice", answer: { does: "json", body: completion("", { choices: [{ index: 0, error: { code: 502 }, finish_reason: "error" }] }) }, stream: false, class: "unavailable" },
  { name: "an error named by its event", answer: { does: "raw", body: 'event: error\ndata: {"message":"x"}\n\n', headers: { "content-type": "text/event-stream" } }, class: "unavailable" },
  { name: "an error that is a text", answer: { does: "stream", events: [JSON.stringify({ error: "model runner stopped" })] }, class: "unavailable" },
  { name: "an error under HTTP 200", answer: { does: "json", body: { error: { message: "x", code: 502 } } }, stream: false, class: "unavailable" },
  { name: "an error as JSON where a stream was asked for", answer: { does: "json", body: { error: { type: "server_error", message: "x" } } }, class: "unavailable" },
];

describe("an upstream that goes wrong", () => {
  let after: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const one of after.toReversed()) await one();
    after = [];
  });

  test.each(FAULTS.map((fault) => [fault.name, fault] as const))("%s", async (_, fault) => {
    const clock = realClock();
    const upstream = await startUpstreamServer([fault.answer]);
    const provider = aProvider({ base: { from: "literal", value: upstream.base }, key: { from: "literal", value: KEY }, timeout: fault.class === "timeout" ? QUICK : PATIENT });
    const line: Line = openLine(provider, clock);
    after.push(() => upstream.close());

    const played = playAttempt(line, { stream: fault.stream ?? true, timeout: fault.timeout ?? null });
    const failure = await played.over;

    expect(failure?.class ?? null).toBe(fault.class);
    expect(said(played.chunks)).toBe(fault.text ?? "");
    expect(failure?.retryAfter ?? null).toBe(fault.retryAfter ?? null);
    expect(failure?.code ?? null).toBe(fault.code ?? null);
    expect(played.events.filter((event) => event === "ended" || event.startsWith("failed"))).toHaveLength(1);
    const shown = JSON.stringify(failure);
    for (const secret of [KEY, "127.0.0.1", String(upstream.port), "localhost"]) expect(shown).not.toContain(secret);
    const measured = played.attempt.measured();
    expect(measured.started).toBe(true);
    expect(measured.ms.end).toBeGreaterThanOrEqual(measured.ms.first_token ?? 0);

    // Nothing is left: the call is over on the wire, no timer runs, and closing waits for no one.
    await upstream.seen[0]?.ended;
    await line.close();
    await gone(() => upstream.connections === 0);
    await gone(() => clock.pending === 0);
    expect(unhandled).toEqual([]);
  });

  test("a provider that refuses connections is unavailable", async () => {
    const upstream = await startUpstreamServer([]);
    const { base } = upstream;
    await upstream.close();
    const clock = realClock();
    const line = openLine(aProvider({ base: { from: "literal", value: base } }), clock);
    const played = playAttempt(line);
    const failure = await played.over;
    expect(failure).toMatchObject({ class: "unavailable", status: null });
    expect(JSON.stringify(failure)).not.toContain("127.0.0.1");
    expect(played.events).toEqual(["failed unavailable"]);
    await line.close();
    expect(clock.pending).toBe(0);
    expect(unhandled).toEqual([]);
  });

  test("a whole answer beyond the bound is malformed, and its connection is given up", async () => {
    const upstream = await startUpstreamServer([{ does: "raw", body: Buffer.alloc(70 * 1024 * 1024, 0x20), headers: { "content-type": "application/json" } }]);
    after.push(() => upstream.close());
    const clock = realClock();
    const line = openLine(aProvider({ base: { from: "literal", value: upstream.base } }), clock);
    const failure = await playAttempt(line, { stream: false }).over;
    expect(failure?.class).toBe("malformed");
    await upstream.seen[0]?.ended;
    expect(upstream.seen[0]?.aborted).toBe(true);
    await line.close();
    expect(clock.pending).toBe(0);
  });

  test("an answer of ten megabytes comes whole", async () => {
    const text = "ä".repeat(5 * 1024 * 1024);
    const upstream = await startUpstreamServer([{ does: "json", body: completion(text) }]);
    after.push(() => upstream.close());
    const line = openLine(aProvider({ base: { from: "literal", value: upstream.base } }), realClock());
    const played = playAttempt(line, { stream: false });
    expect(await played.over).toBeNull();
    expect(said(played.chunks) === text).toBe(true);
    await line.close();
  });
});

async function gone(check: () => boolean): Promise<void> {
  await expect.poll(check, { interval: 5, timeout: 500 }).toBe(true);
}
