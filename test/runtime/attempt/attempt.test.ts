// What an attempt does on the wire: what it asks for, what comes out, how it stops.
import { afterEach, describe, expect, test } from "vitest";
import type { Provider } from "#contracts";
import type { Attempt } from "../../../runtime/attempt/index.ts";
import { realClock } from "../../support/clock.ts";
import { recording } from "../../support/recordings.ts";
import { chatEvents, completion, seeded, startUpstreamServer, type Answer } from "../../support/upstream-server.ts";
import { aProvider, aTarget, openLine, playAttempt, said } from "./harness.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

async function connect(answers: readonly Answer[], over: Partial<Provider> = {}, secrets: { readonly [variable: string]: string } = {}) {
  const upstream = await startUpstreamServer(answers);
  const clock = realClock();
  const line = openLine(aProvider({ base: { from: "literal", value: upstream.base }, ...over }), clock, secrets);
  open.push(() => upstream.close(), () => line.close());
  return { upstream, line, clock };
}

/** What the upstream saw of one call. */
async function ask(call: Parameters<typeof playAttempt>[1], over: Partial<Provider> = {}) {
  const { upstream, line } = await connect([{ does: "stream", events: chatEvents(["x"]) }], over, { KEY: "secret-key" });
  await playAttempt(line, call).over;
  return upstream.seen[0]!;
}

describe("what is asked of a provider", () => {
  test("the client's body goes up with the target's model, and usage is asked for", async () => {
    const seen = await ask({ body: { model: "public", messages: [], unknown_field: { a: [1] }, stream: true, stream_options: { include_obfuscation: false } } });
    expect(seen.path).toBe("/v1/chat/completions");
    expect(seen.body).toEqual({ model: "upstream-model", messages: [], unknown_field: { a: [1] }, stream: true, stream_options: { include_obfuscation: false, include_usage: true } });
  });

  test("the target's params are defaults: what the caller sent wins, be it null", async () => {
    const target = aTarget({ params: { temperature: 0.2, top_p: 0.5, seed: 7, max_tokens: 9, model: "no" } });
    const seen = await ask({ target, body: { messages: [], temperature: 1, seed: null, max_completion_tokens: 5 } });
    expect(seen.body).toEqual({ model: "upstream-model", messages: [], temperature: 1, top_p: 0.5, seed: null, max_completion_tokens: 5, stream: true, stream_options: { include_usage: true } });
  });

  test("a whole answer is asked for without any word of streams", async () => {
    const { upstream, line } = await connect([{ does: "json", body: completion("x") }]);
    await playAttempt(line, { stream: false, body: { messages: [], stream: true, stream_options: { include_usage: true } } }).over;
    expect(upstream.seen[0]!.body).toEqual({ model: "upstream-model", messages: [] });
  });

  test("a target whose server takes no stream options is spared them", async () => {
    const seen = await ask({ target: aTarget({ params: { stream_options: { include_usage: false } } }), body: { messages: [] } });
    expect(seen.body).toEqual({ model: "upstream-model", messages: [], stream: true });
  });

  test("key and headers come from the policy, and nothing else is told", async () => {
    const seen = await ask({}, { key: { from: "env", variable: "KEY", fallback: null }, headers: { "X-Title": { from: "literal", value: "w" } } });
    const { host: _, ...headers } = seen.headers;
    expect(headers).toEqual({
      accept: "text/event-stream",
      "accept-encoding": "identity",
      authorization: "Bearer secret-key",
      connection: "keep-alive",
      "content-length": String(seen.text.length),
      "content-type": "application/json",
      "user-agent": "wardwright",
      "x-title": "w",
    });
  });

  test("a header of the policy replaces the key's", async () => {
    const seen = await ask({}, { key: { from: "literal", value: "k" }, headers: { Authorization: { from: "literal", value: "Basic x" } } });
    expect(seen.headers.authorization).toBe("Basic x");
  });

  test.each([
    ["/", "/chat/completions"],
    ["/v1/", "/v1/chat/completions"],
    ["/a/b?api-version=1", "/a/b/chat/completions?api-version=1"],
  ])("a base ending in %s is asked at %s", async (path, asked) => {
    const upstream = await startUpstreamServer([{ does: "stream", events: chatEvents(["x"]) }]);
    open.push(() => upstream.close());
    const line = openLine(aProvider({ base: { from: "literal", value: new URL(path, upstream.base).href } }), realClock());
    open.push(() => line.close());
    await playAttempt(line).over;
    expect(upstream.seen[0]!.path).toBe(asked);
  });
});

/** The name, the arguments and the index of a recording's one call. */
async function toolCall(name: string) {
  const { line } = await connect([{ does: "stream", events: recording(name)!, cuts: { seed: 4 } }]);
  const played = playAttempt(line);
  await played.over;
  const parts = played.chunks.flatMap((chunk) => chunk.parts).filter((part) => part.kind === "tool");
  return [parts.find((part) => part.name !== null)?.name, parts.map((part) => part.arguments).join(""), Math.max(...parts.map((part) => part.index))];
}

describe("recorded answers", () => {
  // What each recording says, read from its lines without any of the code under test.
  const CASES: readonly (readonly [name: string, text: (chunk: Chunk) => string, reasoning: (chunk: Chunk) => string])[] = [
    ["openai/text", (chunk) => chunk.choices[0]?.delta.content ?? "", () => ""],
    ["openai/azure-model-router", (chunk) => chunk.choices[0]?.delta.content ?? "", () => ""],
    ["deepseek/text", (chunk) => chunk.choices[0]?.delta.content ?? "", () => ""],
    ["deepseek/reasoning", (chunk) => chunk.choices[0]?.delta.content ?? "", (chunk) => chunk.choices[0]?.delta.reasoning_content ?? ""],
    ["deepseek/tool-call", (chunk) => chunk.choices[0]?.delta.content ?? "", (chunk) => chunk.choices[0]?.delta.reasoning_content ?? ""],
    ["mistral/text", (chunk) => chunk.choices[0]?.delta.content ?? "", () => ""],
    ["mistral/tool-call", () => "", () => ""],
    ["mistral/incremental-tool-call", () => "", () => ""],
  ];
  type Chunk = { choices: { delta: { content?: string | null; reasoning_content?: string | null } }[] };

  for (const [name, text, reasoning] of CASES) {
    const events = recording(name);
    test.skipIf(events === null)(`${name} comes out exactly, wherever it is cut`, async () => {
      const chunks = events!.map((line) => JSON.parse(line) as Chunk);
      for (const seed of [1, 2, 3]) {
        const { line } = await connect([{ does: "stream", events: events!, cuts: { seed, longest: 60 * seed ** 3 }, done: seed !== 2 }]);
        const played = playAttempt(line);
        expect(await played.over).toBeNull();
        expect(said(played.chunks)).toBe(chunks.map(text).join(""));
        expect(said(played.chunks, "reasoning")).toBe(chunks.map(reasoning).join(""));
        expect(played.chunks.map((chunk) => chunk.raw)).toEqual(chunks);
        expect(played.attempt.measured().usage).not.toBeNull();
      }
    });
  }

  test.skipIf(recording("mistral/reasoning") === null)("Mistral's thinking is reasoning, its text is text", async () => {
    const { line } = await connect([{ does: "stream", events: recording("mistral/reasoning")!, cuts: "every byte" }]);
    const played = playAttempt(line);
    expect(await played.over).toBeNull();
    expect(said(played.chunks)).toBe("2 + 2 = 4");
    expect(said(played.chunks, "reasoning")).toBe("The user is asking for 2+2. This is basic arithmetic. 2+2=4.");
  });

  test.skipIf(recording("mistral/tool-call") === null)("a tool call comes out with its name and arguments, whole or in pieces", async () => {
    expect(await toolCall("mistral/tool-call")).toEqual(["weather", '{"location": "San Francisco"}', 0]);
    expect(await toolCall("mistral/incremental-tool-call")).toEqual(["webSearchTool", '{"query": "current Berlin weather"}', 0]);
    expect(await toolCall("deepseek/tool-call")).toEqual(["weather", '{"location": "San Francisco"}', 0]);
  });
});

describe("an abort", () => {
  const moments: readonly (readonly [string, Answer, string[]])[] = [
    ["before the head", { does: "hangs" }, []],
    ["before the first token", { does: "hangs after head" }, ["opened 200"]],
    ["in mid-stream", { does: "stream", events: chatEvents(["Hel"], null), done: false, then: "hang" }, ["opened 200", "chunks"]],
  ];
  test.each(moments)("%s reaches the upstream within 50 ms and says nothing more", async (_, answer, told) => {
    const { upstream, line, clock } = await connect([answer]);
    const took: number[] = [];
    for (let n = 0; n < 3; n++) {
      const played = playAttempt(line);
      const seen = await upstream.request(n);
      await expect.poll(() => played.events, { interval: 1 }).toEqual(told);
      const from = performance.now();
      played.attempt.abort();
      played.attempt.abort();
      await seen.ended;
      took.push(performance.now() - from);
      expect(seen.aborted).toBe(true);
      await expect.poll(() => upstream.connections, { interval: 1 }).toBe(0);
      expect(played.events).toEqual(told);
      expect(clock.pending).toBe(0);
    }
    // The best of three: the machine may be busy with something else, the code may not.
    expect(Math.min(...took)).toBeLessThan(50);
  });

  test("at once, before there is a connection, leaves the call unmade", async () => {
    const { upstream, line, clock } = await connect([{ does: "stream", events: chatEvents(["x"]) }]);
    playAttempt(line).attempt.abort();
    const next = playAttempt(line);
    expect(await next.over).toBeNull();
    expect(upstream.seen).toHaveLength(1);
    expect(clock.pending).toBeLessThanOrEqual(1);
  });

  test("from within a chunk ends it there, though more of it was read", async () => {
    const events = chatEvents(["a", "b", "c"]);
    const { line } = await connect([{ does: "raw", body: events.map((data) => `data: ${data}\n\n`).join(""), headers: { "content-type": "text/event-stream" } }]);
    const played = playAttempt(line, {}, (chunk, attempt) => {
      if (said([chunk]) === "a") attempt.abort();
    });
    await expect.poll(() => said(played.chunks), { interval: 1 }).toBe("a");
    await line.close();
    expect(said(played.chunks)).toBe("a");
    expect(played.events).toEqual(["opened 200", "chunks"]);
  });

  test("after the end changes nothing, and the connection is kept for the next call", async () => {
    const { upstream, line } = await connect([{ does: "stream", events: chatEvents(["a"]) }]);
    for (let i = 0; i < 9; i++) {
      const played = playAttempt(line);
      await played.over;
      played.attempt.abort();
      await upstream.seen[i]!.ended;
    }
    // Two, because a call may follow before the body's end has followed `[DONE]`.
    expect(upstream.connections).toBeLessThanOrEqual(2);
    expect(upstream.seen.every((seen) => !seen.aborted)).toBe(true);
  });
});

describe("backpressure", () => {
  test.each([undefined, "gzip"] as const)("a paused attempt stops the sender and loses nothing (%s)", async (encoding) => {
    // Random-looking, so that gzip does not make it small, and more than the sockets between would hold.
    const next = seeded(5);
    const texts = Array.from({ length: 300 }, () => Buffer.from(Array.from({ length: 24_000 }, () => next() * 256)).toString("base64"));
    const { upstream, line } = await connect([{ does: "stream", events: chatEvents(texts), ...(encoding === undefined ? {} : { encoding }) }], { timeout: { connect: 2000, first_token: 2000, idle: 80, total: 20_000 } });
    let attempt: Attempt | null = null;
    let pausedAt = -1;
    const played = playAttempt(line, {}, () => {
      if (pausedAt !== -1) return;
      attempt = played.attempt;
      attempt.pause();
      pausedAt = played.chunks.length;
    });
    await expect.poll(() => pausedAt, { interval: 1 }).toBeGreaterThan(0);
    await settled(() => played.chunks.length);
    const seenPaused = played.chunks.length;
    expect(seenPaused).toBeLessThan(texts.length / 2);
    let complete = false;
    void upstream.seen[0]!.ended.then(() => (complete = true));
    // Longer than `idle`: a reader who is slow is not a provider who is silent.
    await settled(() => played.chunks.length, 150);
    expect(played.chunks.length).toBe(seenPaused);
    expect(complete).toBe(false);
    attempt!.resume();
    expect(await played.over).toBeNull();
    expect(said(played.chunks) === texts.join("")).toBe(true);
  });

  test("a pause before the head holds back the whole answer", async () => {
    const { upstream, line } = await connect([{ does: "stream", events: chatEvents(["a"]) }]);
    const played = playAttempt(line);
    played.attempt.pause();
    await upstream.request(0);
    await settled(() => played.chunks.length);
    expect(said(played.chunks)).toBe("");
    played.attempt.resume();
    expect(await played.over).toBeNull();
    expect(said(played.chunks)).toBe("a");
  });
});

describe("limits and measures", () => {
  test("no more calls than the provider's concurrency are under way, and all are served in order", async () => {
    const { line } = await connect([{ does: "stream", events: chatEvents(["a", "b"]) }], { limit: { concurrency: 2 } });
    const done: number[] = [];
    let most = 0;
    const calls = Array.from({ length: 6 }, (_, n) => {
      const call = playAttempt(line, {}, () => {
        most = Math.max(most, calls.filter((one) => one.attempt.measured().started).length - done.length);
      });
      void call.over.then(() => done.push(n));
      return call;
    });
    expect(calls.filter((call) => call.attempt.measured().started)).toHaveLength(2);
    expect(await Promise.all(calls.map((call) => call.over))).toEqual([null, null, null, null, null, null]);
    expect(most).toBe(2);
    expect(done.toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(done.indexOf(0)).toBeLessThan(done.indexOf(4));
  });

  test("an aborted call makes room for the next", async () => {
    const { upstream, line } = await connect([{ does: "hangs" }, { does: "stream", events: chatEvents(["a"]) }], { limit: { concurrency: 1 } });
    const first = playAttempt(line);
    await upstream.request(0);
    const second = playAttempt(line);
    const given = playAttempt(line);
    given.attempt.abort();
    first.attempt.abort();
    expect(await second.over).toBeNull();
    expect(given.attempt.measured().started).toBe(false);
    expect(upstream.seen).toHaveLength(2);
  });

  test("a full provider is overloaded, and was not called", async () => {
    const { upstream, line } = await connect([{ does: "hangs" }], { limit: { concurrency: 1 }, timeout: { connect: 30, first_token: 5000, idle: 5000, total: 5000 } });
    const first = playAttempt(line);
    const second = playAttempt(line);
    expect(await second.over).toMatchObject({ class: "overloaded", code: "concurrency" });
    expect(second.attempt.measured().started).toBe(false);
    first.attempt.abort();
    await expect.poll(() => upstream.connections, { interval: 1 }).toBe(0);
  });

  test("an open breaker spares the call and fails as the last one did", async () => {
    const { upstream, line } = await connect([{ does: "fails", status: 503 }], { breaker: { failures: 2, cooldown: 60_000 } });
    for (let i = 0; i < 2; i++) expect(await playAttempt(line).over).toMatchObject({ class: "overloaded", status: 503 });
    const spared = playAttempt(line);
    expect(spared.events).toEqual([]);
    expect(await spared.over).toMatchObject({ class: "overloaded", status: null, code: "breaker_open" });
    expect(spared.attempt.measured().started).toBe(false);
    expect(upstream.seen).toHaveLength(2);
    const other = playAttempt(line, { target: aTarget({ id: "target:two" }) });
    expect(await other.over).toMatchObject({ status: 503 });
  });

  test("clients that hang up never open the breaker", async () => {
    const { upstream, line } = await connect([{ does: "hangs" }, { does: "hangs" }, { does: "hangs" }, { does: "stream", events: chatEvents(["a"]) }], { breaker: { failures: 1, cooldown: 60_000 } });
    for (let i = 0; i < 3; i++) {
      const played = playAttempt(line);
      await upstream.request(i);
      played.attempt.abort();
    }
    expect(await playAttempt(line).over).toBeNull();
  });

  test("what a receipt needs is measured", async () => {
    const { line } = await connect([{ does: "stream", events: chatEvents(["a", "b"]), headers: { "x-request-id": "req_up_1" } }]);
    const played = playAttempt(line);
    await played.over;
    const measured = played.attempt.measured();
    expect(measured).toMatchObject({ started: true, status: 200, requestId: "req_up_1", usage: { input: 3, output: 2 } });
    expect(measured.ms.headers).toBeGreaterThan(0);
    expect(measured.ms.first_token).toBeGreaterThanOrEqual(measured.ms.headers!);
    expect(measured.ms.end).toBeGreaterThanOrEqual(measured.ms.first_token!);
    expect(played.attempt.measured()).toEqual(measured);
  });

  test("a failed call's id is known too", async () => {
    const { line } = await connect([{ does: "fails", status: 500, headers: { "x-request-id": "req_up_2" } }]);
    const played = playAttempt(line);
    await played.over;
    expect(played.attempt.measured()).toMatchObject({ status: 500, requestId: "req_up_2", usage: null });
  });

  test("the step's own limit bounds the whole attempt", async () => {
    const { line } = await connect([{ does: "stream", events: chatEvents(["a"], null), done: false, then: "hang" }]);
    const played = playAttempt(line, { timeout: 60 });
    expect(await played.over).toMatchObject({ class: "timeout", code: "total" });
    expect(said(played.chunks)).toBe("a");
  });
});

/** Resolves when `read` has not changed for `ms`. */
async function settled(read: () => number, ms = 60): Promise<void> {
  for (let last = NaN; last !== read(); ) {
    last = read();
    await new Promise((resolve) => setTimeout(resolve, ms));
  }
}

