// Upstreams that fail, over real HTTP: what a cascade survives, and what the client hears where it does not.
import { createServer } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Receipt } from "#contracts";
import { describe, expect, test } from "vitest";
import { chatEvents, completion } from "../../support/upstream-server.ts";
import { gatewayFor, streamed, targetsAt, upstream, type Answer } from "./harness.ts";

const GOOD: Answer = { does: "stream", events: chatEvents(["from ", "b"]) };
const good = (stream: boolean): Answer => (stream ? GOOD : { does: "json", body: completion("from b") });

/** An address nobody listens at. */
async function deadBase(): Promise<string> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/v1`;
}

const TWO_STEPS = `cascade steady { try a  try b }\nmodel m { route = steady }`;

const oneStep = (wall: string): string => `cascade steady { try a { retry = 1  backoff = 1ms..2ms } }\nmodel m { route = steady  limits = { wall = ${wall} } }`;

async function textOf(response: Response, stream: boolean): Promise<string> {
  if (stream) return (await streamed(response)).text;
  return ((await response.json()) as { choices: { message: { content: string } }[] }).choices[0]!.message.content;
}

describe("where nothing was released, a cascade survives", () => {
  test.each([
    ["an error status", { does: "fails", status: 500 }, "unavailable"],
    ["a rate limit", { does: "fails", status: 429, headers: { "retry-after": "7" } }, "rate_limit"],
    ["an upstream that is overloaded", { does: "fails", status: 503 }, "overloaded"],
    ["a rejected key", { does: "fails", status: 401 }, "auth"],
    ["a reset connection", { does: "cuts" }, "unavailable"],
    ["what is not HTTP", { does: "babbles", text: "what?\r\n\r\n" }, "malformed"],
    ["garbage for events", { does: "raw", body: "<html>busy</html>", headers: { "content-type": "text/html" } }, "malformed"],
    ["events of garbage", { does: "stream", events: ["not json"] }, "malformed"],
    ["an error under status 200", { does: "stream", events: ['{"error":{"message":"boom","code":500}}'], done: false }, "unavailable"],
    ["silence after the head", { does: "hangs after head" }, "timeout"],
    ["a hang before the first token", { does: "stream", events: [JSON.stringify({ choices: [{ index: 0, delta: { role: "assistant", content: "" } }] })], done: false, then: "hang" }, "timeout"],
    ["a stream cut before its first token", { does: "stream", events: [JSON.stringify({ choices: [{ index: 0, delta: { role: "assistant", content: "" } }] })], done: false, then: "cut" }, "truncated"],
    ["a stream that ends without a word", { does: "stream", events: [], done: false }, "truncated"],
    ["a content filter", { does: "stream", events: chatEvents(["a"].slice(1), "content_filter") }, "refused"],
  ] as const)("%s", async (_, answer, outcome) => {
    const a = await upstream([answer as Answer]);
    const b = await upstream([GOOD]);
    const moves = outcome === "refused" ? "cascade steady { try a { on = [refused] }  try b }\nmodel m { route = steady }" : TWO_STEPS;
    const gateway = await gatewayFor(targetsAt({ a, b }) + moves);
    const response = await gateway.chat({ model: "m", stream: true });
    expect(response.headers.get("x-wardwright-selected-model")).toBe("b");
    const answered = await streamed(response);
    expect([answered.text, answered.done, answered.error]).toEqual(["from b", true, null]);
    const [receipt] = await gateway.receipts();
    expect(receipt!.attempts.map((attempt) => [attempt.target, attempt.outcome])).toEqual([["target:a", outcome], ["target:b", "ok"]]);
    expect(receipt).toMatchObject({ status: "completed", selected: "target:b" });
    expect(Receipt.safeParse(receipt).error).toBeUndefined();
  });

  test.each([true, false])("a refused connection (streamed: %s)", async (stream) => {
    const b = await upstream([good(stream)]);
    const gateway = await gatewayFor(targetsAt({ a: await deadBase(), b }) + TWO_STEPS);
    expect(await textOf(await gateway.chat({ model: "m", stream }), stream)).toBe("from b");
    expect((await gateway.receipts())[0]!.attempts.map((attempt) => attempt.outcome)).toEqual(["unavailable", "ok"]);
  });

  test("a whole answer that is cut, is garbage, or fails", async () => {
    for (const answer of [{ does: "raw", body: '{"choices":[{"mess', then: "cut" }, { does: "raw", body: "<html>" }, { does: "fails", status: 502 }] as Answer[]) {
      const a = await upstream([answer]);
      const b = await upstream([good(false)]);
      const gateway = await gatewayFor(targetsAt({ a, b }) + TWO_STEPS);
      expect(await textOf(await gateway.chat({ model: "m" }), false)).toBe("from b");
    }
  });
});

describe("a step", () => {
  test("is repeated as often as it says, with the same target, before the next one", async () => {
    const a = await upstream([{ does: "fails", status: 500 }]);
    const b = await upstream([GOOD]);
    const gateway = await gatewayFor(`${targetsAt({ a, b })}
cascade steady { try a { retry = 2  backoff = 1ms..2ms }  try b }
model m { route = steady }`);
    expect((await streamed(await gateway.chat({ model: "m", stream: true }))).text).toBe("from b");
    expect(a.seen.length).toBe(3);
    expect((await gateway.receipts())[0]!.attempts.map((attempt) => attempt.because)).toEqual([expect.stringContaining("steady"), expect.stringContaining("steady"), expect.stringContaining("steady"), expect.stringContaining("steady")]);
  });

  test("is not repeated for what a repetition cannot help, nor left for a class it does not move on by", async () => {
    const a = await upstream([{ does: "fails", status: 400, body: { error: { message: "no such field `x`" } } }]);
    const b = await upstream([GOOD]);
    const gateway = await gatewayFor(`${targetsAt({ a, b })}
cascade steady { try a { retry = 2  backoff = 1ms..2ms }  try b }
model m { route = steady }`);
    const response = await gateway.chat({ model: "m", stream: true });
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: { message: string; code: string } };
    expect(error.code).toBe("bad_request");
    expect(error.message).toContain("no such field");
    expect([a.seen.length, b.seen.length]).toEqual([1, 0]);
  });

  test("is given its own time, and the model's attempts bound all of them together", async () => {
    const a = await upstream([{ does: "hangs" }]);
    const b = await upstream([{ does: "fails", status: 500 }]);
    const c = await upstream([GOOD]);
    const gateway = await gatewayFor(`${targetsAt({ a, b, c })}
cascade steady { try a { timeout = 50ms }  try b  try c }
model m { route = steady  limits = { attempts = 2 } }`);
    const response = await gateway.chat({ model: "m", stream: true });
    expect(response.status).toBe(502);
    expect((await gateway.receipts())[0]!.attempts.map((attempt) => attempt.outcome)).toEqual(["timeout", "unavailable"]);
    expect(c.seen.length).toBe(0);
  });
});

describe("where something was released", () => {
  const CUT: Answer = { does: "stream", events: chatEvents(["half ", "an answer"], null), done: false, then: "cut" };

  test("a cut stream is an error in the stream and never a clean end", async () => {
    const a = await upstream([CUT]);
    const b = await upstream([GOOD]);
    const gateway = await gatewayFor(targetsAt({ a, b }) + TWO_STEPS);
    const answer = await streamed(await gateway.chat({ model: "m", stream: true }));
    expect(answer.text).toBe("half an answer");
    expect(answer.error).toMatchObject({ code: "truncated", type: "upstream_error" });
    expect([answer.done, answer.finish]).toEqual([false, []]);
    expect(b.seen.length).toBe(0);
    const [receipt] = await gateway.receipts();
    expect(receipt).toMatchObject({ status: "truncated", error: { code: "truncated" }, selected: "target:a", attempts: [{ outcome: "truncated" }] });
  });

  test("a stream that stops without its end is no end either", async () => {
    const a = await upstream([{ does: "stream", events: chatEvents(["half"], null), done: false, then: "end" }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    const answer = await streamed(await gateway.chat({ model: "m", stream: true }));
    expect([answer.text, answer.error?.code, answer.done]).toEqual(["half", "truncated", false]);
  });

  test("a stream that goes silent is ended, and the upstream is let go", async () => {
    const a = await upstream([{ does: "stream", events: chatEvents(["half"], null), done: false, then: "hang" }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    const answer = await streamed(await gateway.chat({ model: "m", stream: true }));
    expect([answer.text, answer.error?.code, answer.done]).toEqual(["half", "timeout", false]);
    await a.seen[0]!.ended;
    expect(a.seen[0]!.aborted).toBe(true);
  });

  test("a cascade with `resume = continue` goes on where the answer stopped: nothing taken back, repeated or lost", async () => {
    const a = await upstream([{ does: "stream", events: chatEvents(["The quick brown fox ", "jumps over "], null), done: false, then: "cut" }]);
    const b = await upstream([{ does: "stream", events: chatEvents(["The quick brown fox jumps over ", "the lazy dog."]) }]);
    const gateway = await gatewayFor(`${targetsAt({ a, b })}
cascade steady { resume = continue  try a  try b }
model m { route = steady }`);
    const answer = await streamed(await gateway.chat({ model: "m", stream: true, stream_options: { include_usage: true } }));
    expect(answer.text).toBe("The quick brown fox jumps over the lazy dog.");
    expect([answer.done, answer.error, answer.finish]).toEqual([true, null, ["stop"]]);
    expect(new Set(answer.chunks.map((chunk) => chunk.id)).size).toBe(1);
    expect(answer.chunks.filter((chunk) => chunk.choices[0]?.delta.role !== undefined).length).toBe(1);
    const messages = b.seen[0]!.body["messages"] as { role: string; content: string }[];
    expect(messages.map((message) => message.role)).toEqual(["user", "assistant", "user"]);
    expect(messages[1]!.content).toBe("The quick brown fox jumps over ");
    const [receipt] = await gateway.receipts();
    expect(receipt).toMatchObject({ status: "completed", selected: "target:b" });
    // The tokens of both attempts were paid for, so both are counted.
    expect(answer.chunks.at(-1)!.usage!.prompt_tokens).toBe(receipt!.tokens.input);
  });

  test("a target that continues by prefix gets what was released as the beginning of its answer", async () => {
    const a = await upstream([{ does: "stream", events: chatEvents(["The quick "], null), done: false, then: "cut" }]);
    const b = await upstream([{ does: "stream", events: chatEvents(["brown fox."]) }]);
    const gateway = await gatewayFor(`${targetsAt({ a, b }, "continues = prefix")}
cascade steady { resume = continue  try a  try b }
model m { route = steady }`);
    const answer = await streamed(await gateway.chat({ model: "m", stream: true, response_format: { type: "json_object" } }));
    expect([answer.text, answer.done]).toEqual(["The quick brown fox.", true]);
    expect((b.seen[0]!.body["messages"] as object[]).at(-1)).toEqual({ role: "assistant", content: "The quick ", prefix: true });
    expect(b.seen[0]!.body["continue_final_message"]).toBeUndefined();
  });

  test("a provider that needs more than the message to go on with it gets that too, and only then", async () => {
    const a = await upstream([{ does: "stream", events: chatEvents(["The quick "], null), done: false, then: "cut" }]);
    const b = await upstream([{ does: "stream", events: chatEvents(["brown fox."]) }]);
    const gateway = await gatewayFor(`${targetsAt({ a, b }, "continues = prefix").replaceAll("openai_compatible", "vllm")}
cascade steady { resume = continue  try a  try b }
model m { route = steady }`);
    expect((await streamed(await gateway.chat({ model: "m", stream: true }))).text).toBe("The quick brown fox.");
    expect(a.seen[0]!.body["continue_final_message"]).toBeUndefined();
    expect(b.seen[0]!.body).toMatchObject({ continue_final_message: true, add_generation_prompt: false });
  });

  test.each([
    ["a tool call was released", { tools: [{ type: "function", function: { name: "f" } }] }, [JSON.stringify({ choices: [{ index: 0, delta: { role: "assistant", tool_calls: [{ index: 0, id: "c", type: "function", function: { name: "f", arguments: "{" } }] } }] })]],
    ["the answer must be JSON", { response_format: { type: "json_object" } }, chatEvents(['{"a":'], null)],
    ["there are several choices", { n: 2 }, chatEvents(["one"], null)],
  ] as const)("`resume = continue` cannot help where %s, and the error says so", async (_, body, events) => {
    const a = await upstream([{ does: "stream", events: [...events], done: false, then: "cut" }]);
    const b = await upstream([GOOD]);
    const gateway = await gatewayFor(`${targetsAt({ a, b })}
cascade steady { resume = continue  try a  try b }
model m { route = steady }`);
    const answer = await streamed(await gateway.chat({ model: "m", stream: true, ...body }));
    expect([answer.error?.code, answer.done, b.seen.length]).toEqual(["truncated", false, 0]);
  });
});

describe("a chain that is used up", () => {
  test("tells clients not to ask again at once, and when the first of its targets can be asked", async () => {
    const a = await upstream([{ does: "fails", status: 429, headers: { "retry-after": "9" } }]);
    const b = await upstream([{ does: "fails", status: 429, headers: { "retry-after-ms": "1500" } }]);
    const gateway = await gatewayFor(targetsAt({ a, b }) + TWO_STEPS);
    for (const stream of [false, true]) {
      const response = await gateway.chat({ model: "m", stream });
      expect(response.status).toBe(429);
      expect(response.headers.get("x-should-retry")).toBe("false");
      expect([response.headers.get("retry-after"), response.headers.get("retry-after-ms")]).toEqual(["2", "1500"]);
      expect(((await response.json()) as { error: object }).error).toMatchObject({ code: "rate_limit", type: "rate_limit_error" });
    }
    expect((await gateway.receipts()).map((receipt) => [receipt.status, receipt.error?.http_status])).toEqual([["failed", 429], ["failed", 429]]);
  });

  test("waits for `Retry-After` where the wall limit leaves time for it, and does not where it leaves none", async () => {
    const answers: Answer[] = [{ does: "fails", status: 429, headers: { "retry-after-ms": "120" } }, GOOD];
    const patient = await upstream(answers);
    const first = await gatewayFor(targetsAt({ a: patient }) + oneStep("10s"));
    const before = performance.now();
    expect((await streamed(await first.chat({ model: "m", stream: true }))).text).toBe("from b");
    expect(performance.now() - before).toBeGreaterThan(115);
    const hasty = await upstream([{ does: "fails", status: 429, headers: { "retry-after": "30" } }, GOOD]);
    const second = await gatewayFor(targetsAt({ a: hasty }) + oneStep("2s"));
    expect((await second.chat({ model: "m", stream: true })).status).toBe(429);
    expect(hasty.seen.length).toBe(1);
  });

  test("ends at the wall limit, whatever it is doing", async () => {
    const a = await upstream([{ does: "hangs" }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a  limits = { wall = 60ms } }`);
    const response = await gateway.chat({ model: "m", stream: true });
    expect(response.status).toBe(504);
    expect((await gateway.receipts())[0]).toMatchObject({ status: "failed", error: { code: "timeout" }, attempts: [{ outcome: "timeout" }] });
    await a.seen[0]!.ended;
    expect(a.seen[0]!.aborted).toBe(true);
  });

  test("never shows where its upstreams are, nor their keys", async () => {
    const dead = await deadBase();
    const a = await upstream([{ does: "fails", status: 500, body: { error: { message: "key sk-secret-123 at http://internal.host:9 failed" } } }]);
    const gateway = await gatewayFor(targetsAt({ a, b: dead }) + TWO_STEPS);
    const text = await (await gateway.chat({ model: "m" })).text();
    expect(text).not.toMatch(/sk-secret|internal\.host|127\.0\.0\.1/);
    expect(JSON.stringify(await gateway.receipts())).not.toMatch(/sk-secret|internal\.host|127\.0\.0\.1/);
  });
});

describe("the cost limit", () => {
  test("keeps an attempt from being started whose worst cost would pass it", async () => {
    const a = await upstream([{ does: "fails", status: 500 }]);
    const b = await upstream([GOOD]);
    const policy = `provider pa { kind = openai_compatible  base = "${a.base}" }
provider pb { kind = openai_compatible  base = "${b.base}" }
target a = pa "up-a" { context = 32k  output = 4k  price = free }
target b = pb "up-b" { context = 32k  output = 4k  price = $10/$1000 }
cascade steady { try a  try b }
model m { route = steady  limits = { cost = $0.01 } }`;
    const gateway = await gatewayFor(policy);
    const response = await gateway.chat({ model: "m", stream: true });
    expect(response.status).toBe(502);
    expect(b.seen.length).toBe(0);
    expect((await gateway.receipts())[0]!.attempts.map((attempt) => attempt.outcome)).toEqual(["unavailable", "not_started"]);
    // An answer that the caller bounds is one that can be paid for.
    expect((await streamed(await gateway.chat({ model: "m", stream: true, max_tokens: 5 }))).text).toBe("from b");
  });

  test("refuses a request of which nothing can be started", async () => {
    const a = await upstream([GOOD]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a  limits = { cost = $0.000001 } }`);
    const response = await gateway.chat({ model: "m" });
    expect(response.status).toBe(403);
    expect(((await response.json()) as { error: { code: string } }).error.code).toBe("limit_reached");
    expect((await gateway.receipts())[0]).toMatchObject({ status: "refused", attempts: [{ outcome: "not_started" }] });
    expect(a.seen.length).toBe(0);
  });
});
