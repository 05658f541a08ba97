// A request's life around its answer: clients that leave or read slowly, receipts that cannot be written, gateways that close.
import { connect } from "node:net";
import type { Receipt } from "#contracts";
import { createGateway } from "#runtime";
import { describe, expect, test } from "vitest";
import { createMemoryStore } from "../../../runtime/receipt/stores/memory.ts";
import type { ReceiptStore } from "../../../runtime/receipt/store.ts";
import type { Chunk as ProviderChunk } from "../../../runtime/stream/index.ts";
import { fixedChance, realClock } from "../../support/clock.ts";
import { chatEvents, completion } from "../../support/upstream-server.ts";
import { gatewayFor, loadedFrom, mockModel, streamed, takeApart, targetsAt, upstream } from "./harness.ts";
import { quickest } from "../../support/quickest.ts";

/** Resolves when the gateway has written its n-th receipt. */
function watching(store: ReceiptStore): { readonly store: ReceiptStore; written(n: number): Promise<Receipt> } {
  const receipts: Receipt[] = [];
  const waiters: (() => void)[] = [];
  return {
    store: {
      ...store,
      async append(receipt) {
        await store.append(receipt);
        receipts.push(receipt);
        for (const tell of waiters.splice(0)) tell();
      },
    },
    async written(n) {
      while (receipts.length < n) await new Promise<void>((resolve) => waiters.push(resolve));
      return receipts[n - 1]!;
    },
  };
}

describe("a client that hangs up", () => {
  test.each([
    ["before the first token", [{ does: "hangs" }], true],
    ["after the head", [{ does: "hangs after head" }], true],
    ["in mid-stream", [{ does: "stream", events: chatEvents(["so far"], null), done: false, then: "hang" }], true],
    ["while a whole answer is awaited", [{ does: "hangs" }], false],
  ] as const)("%s ends the upstream call within 50 ms, and the receipt says `cancelled`", async (when, answers, stream) => {
    const once = async (): Promise<number> => {
      const a = await upstream([...answers]);
      const { store, written } = watching(createMemoryStore());
      const gateway = await gatewayFor(`${targetsAt({ a }).replaceAll("400ms", "10s")}\nmodel m { route = a }`, { store });
      const abort = new AbortController();
      const response = gateway.chat({ model: "m", stream }, { signal: abort.signal });
      response.catch(() => {});
      const seen = await a.request(0);
      if (when === "in mid-stream") {
        const reader = (await response).body!.getReader();
        await reader.read();
      } else if (when === "after the head") await new Promise((resolve) => setImmediate(resolve));
      const since = performance.now();
      abort.abort();
      await seen.ended;
      const took = performance.now() - since;
      expect(seen.aborted).toBe(true);
      expect(await written(1)).toMatchObject({ status: "cancelled", error: null, attempts: [{ outcome: "cancelled" }] });
      return took;
    };
    expect(await quickest(50, once)).toBeLessThan(50);
  });

  test("while a retry waits for its time leaves nothing behind", async () => {
    const a = await upstream([{ does: "fails", status: 503, headers: { "retry-after": "20" } }]);
    const { store, written } = watching(createMemoryStore());
    const gateway = await gatewayFor(`${targetsAt({ a })}\ncascade steady { try a { retry = 3 } }\nmodel m { route = steady  limits = { wall = 1m } }`, { store });
    const abort = new AbortController();
    gateway.chat({ model: "m", stream: true }, { signal: abort.signal }).catch(() => {});
    await (await a.request(0)).ended;
    abort.abort();
    expect(await written(1)).toMatchObject({ status: "cancelled", attempts: [{ outcome: "overloaded" }] });
    expect(a.seen.length).toBe(1);
  });
});

describe("a client that reads slowly", () => {
  test("holds the upstream back: what waits for it in memory has a bound", async () => {
    let sent = 0;
    const piece = "x".repeat(16 * 1024);
    const chunk = (): ProviderChunk => ({ protocol: "chat", raw: { id: "c", choices: [{ index: 0, delta: { content: piece }, finish_reason: null }] }, parts: [{ kind: "text", choice: 0, text: piece }] });
    let paused = false;
    const gateway = createGateway({
      loaded: loadedFrom(mockModel([["x"]], "model m { route = t }")),
      ports: { clock: realClock(), chance: fixedChance() },
      store: createMemoryStore(),
      upstreams: {
        close: () => Promise.resolve(),
        start(_, sink) {
          let over = false;
          const run = (): void => {
            // oxlint-disable-next-line no-unmodified-loop-condition -- the sink pauses and aborts while it is told
            for (let n = 0; n < 8 && !over && !paused; n++) {
              sent += piece.length;
              sink.chunk(chunk());
            }
            if (!over && !paused) setImmediate(run);
          };
          setImmediate(() => {
            sink.connected();
            sink.opened(200, null);
            run();
          });
          return {
            abort: () => void (over = true),
            pause: () => void (paused = true),
            resume() {
              if (!paused) return;
              paused = false;
              setImmediate(run);
            },
          };
        },
      },
    });
    const abort = new AbortController();
    const body = JSON.stringify({ model: "m", stream: true, messages: [{ role: "user", content: "hi" }] });
    const response = await gateway.fetch(new Request("http://gateway/v1/chat/completions", { method: "POST", body, headers: { "content-type": "application/json" }, signal: abort.signal }));
    const reader = response.body!.getReader();
    await reader.read();
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(paused).toBe(true);
    expect(sent).toBeLessThan(1024 * 1024);
    const before = sent;
    for (let n = 0; n < 20; n++) await reader.read();
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toBeGreaterThan(before);
    abort.abort();
    await gateway.close();
  });

  test("over a socket does so too, and gets everything in the end", async () => {
    const words = Array.from({ length: 3000 }, (_, n) => `${n} ${"y".repeat(2000)} `);
    const a = await upstream([{ does: "stream", events: chatEvents(words) }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    const body = JSON.stringify({ model: "m", stream: true, messages: [{ role: "user", content: "hi" }] });
    const text = await new Promise<string>((resolve) => {
      const socket = connect(gateway.port, "127.0.0.1", () => socket.write(`POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`));
      let answer = "";
      socket.pause();
      setTimeout(() => socket.resume(), 300);
      socket.setEncoding("utf8").on("data", (data: string) => (answer += data)).on("close", () => resolve(answer));
    });
    const events = text.slice(text.indexOf("\r\n\r\n") + 4).replaceAll(/(^|\r\n)[0-9a-f]+\r\n/g, "");
    expect(takeApart(events.replace(/\r\n[\s\S]*$/, "")).text).toBe(words.join(""));
  });
});

describe("a receipt", () => {
  /** A store whose `append` waits until it is let go, or fails. */
  function slowStore(): { readonly store: ReceiptStore; readonly asked: Promise<Receipt>; finish(how: "written" | "failed"): void } {
    const memory = createMemoryStore();
    const asked = Promise.withResolvers<Receipt>();
    const gate = Promise.withResolvers<void>();
    gate.promise.catch(() => {});
    return {
      asked: asked.promise,
      finish: (how) => (how === "written" ? gate.resolve() : gate.reject(new Error("/secret/path: no space left"))),
      store: {
        ...memory,
        async append(receipt) {
          asked.resolve(receipt);
          await gate.promise;
          await memory.append(receipt);
        },
      },
    };
  }

  const POLICY = mockModel([["all of it"]], "model m { route = t }");

  test("is durable before the client sees the end of a stream", async () => {
    const slow = slowStore();
    const gateway = await gatewayFor(POLICY, { store: slow.store });
    const response = await gateway.chat({ model: "m", stream: true });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    const all = (async () => {
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) text += piece.value;
    })();
    await slow.asked;
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(text).toContain('"finish_reason":"stop"');
    expect(text).not.toContain("[DONE]");
    slow.finish("written");
    await all;
    expect(takeApart(text)).toMatchObject({ done: true, text: "all of it" });
  });

  test("is durable before the client sees a whole answer, a refusal or a block", async () => {
    const policies = [POLICY, mockModel([["x"]], `guard no { then refuse "no" }\nmodel m { route = t  guards = [no] }`), mockModel([["x"]], `rule no on text { match /x/  then block "no" }\nmodel m { route = t  rules = [no] }`)];
    for (const policy of policies) {
      const slow = slowStore();
      const gateway = await gatewayFor(policy, { store: slow.store });
      let answered = false;
      const response = gateway.chat({ model: "m" }).then((one) => {
        answered = true;
        return one;
      });
      await slow.asked;
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect(answered).toBe(false);
      slow.finish("written");
      await (await response).text();
    }
  });

  test("that cannot be written keeps the answer back, and `/readyz` says so", async () => {
    const slow = slowStore();
    slow.finish("failed");
    const gateway = await gatewayFor(POLICY, { store: slow.store });
    const whole = await gateway.chat({ model: "m" });
    expect(whole.status).toBe(503);
    const text = await whole.text();
    expect(text).toContain("receipt_not_written");
    expect(text).not.toMatch(/secret|all of it/);
    const stream = await streamed(await gateway.chat({ model: "m", stream: true }));
    expect([stream.done, stream.error?.code]).toEqual([false, "receipt_not_written"]);
    const ready = await fetch(`${gateway.url}/readyz`);
    expect([ready.status, ((await ready.json()) as { error: { code: string } }).error.code]).toEqual([503, "not_ready"]);
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  });

  test("that cannot be written costs no answer where the deployment says so", async () => {
    const slow = slowStore();
    slow.finish("failed");
    const gateway = await gatewayFor(POLICY, { store: slow.store, onStoreFailure: "degrade" });
    expect(await streamed(await gateway.chat({ model: "m", stream: true }))).toMatchObject({ done: true, text: "all of it" });
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503);
  });

  test("is not waited for under relaxed durability, and closing waits for it", async () => {
    const slow = slowStore();
    const gateway = await gatewayFor(POLICY, { store: slow.store, durability: "relaxed" });
    expect(await streamed(await gateway.chat({ model: "m", stream: true }))).toMatchObject({ done: true });
    let closed = false;
    const closing = gateway.close().then(() => (closed = true));
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(closed).toBe(false);
    slow.finish("written");
    await closing;
  });
});

describe("closing", () => {
  test("finishes what is under way and takes no more", async () => {
    const a = await upstream([{ does: "json", body: completion("late but whole") }]);
    const gateway = await gatewayFor(mockModel([["slowly ", { wait: 150 }, "to the end"]], "model m { route = t }") + targetsAt({ a }) + "\nmodel n { route = a }");
    const response = await gateway.chat({ model: "m", stream: true });
    const answer = streamed(response);
    const closing = gateway.close();
    expect(await answer).toMatchObject({ text: "slowly to the end", done: true });
    await closing;
    await expect(gateway.chat({ model: "m" })).rejects.toThrow();
  });
});

describe("behind `fetch`, without a server", () => {
  const embed = () =>
    createGateway({
      loaded: loadedFrom(mockModel([["x"]], `rule no on text { match /secret/  then block "no" }\nmodel m { route = t  rules = [no] }`)),
      ports: { clock: realClock(), chance: { next: () => 0.5, id: () => crypto.randomUUID() } },
      store: createMemoryStore(),
      upstreams: {
        close: () => Promise.resolve(),
        start(_, sink) {
          let over = false;
          queueMicrotask(() => {
            sink.connected();
            sink.opened(200, "up-1");
            for (const text of ["one ", "two "]) if (!over) sink.chunk({ protocol: "chat", raw: { id: "c", choices: [{ index: 0, delta: { content: text }, finish_reason: null }] }, parts: [{ kind: "text", choice: 0, text }] });
            if (!over) sink.ended();
          });
          return { abort: () => void (over = true), pause() {}, resume() {} };
        },
      },
    });
  const ask = (body: string, headers: Record<string, string> = { "content-type": "application/json" }): Request => new Request("http://gateway/v1/chat/completions", { method: "POST", body, headers });

  test("it streams, refuses and lists as over HTTP", async () => {
    const gateway = embed();
    const stream = await streamed(await gateway.fetch(ask(JSON.stringify({ model: "m", stream: true, messages: [{ role: "user", content: "x" }] }))));
    expect([stream.text, stream.done, stream.finish]).toEqual(["one two ", true, ["stop"]]);
    expect((await gateway.fetch(ask("{"))).status).toBe(400);
    expect((await gateway.fetch(ask("{}", { "content-type": "text/plain" }))).status).toBe(415);
    expect((await gateway.fetch(new Request("http://gateway/v1/models"))).status).toBe(200);
    expect(((await (await gateway.fetch(new Request("http://gateway/v1/receipts"))).json()) as { data: object[] }).data.length).toBe(1);
    await gateway.close();
  });
});

describe("a bug of ours", () => {
  test("ends its request with an error and a receipt, and no other", async () => {
    const loaded = loadedFrom(mockModel([["x"]], "model m { route = t }"));
    const store = createMemoryStore();
    let broken = true;
    const gateway = createGateway({
      loaded,
      ports: { clock: realClock(), chance: { next: () => 0.5, id: () => crypto.randomUUID() } },
      store,
      upstreams: {
        close: () => Promise.resolve(),
        start(_, sink) {
          let over = false;
          queueMicrotask(() => {
            if (over) return;
            // What no encoder can write: it breaks inside the gateway.
            const more = broken ? { count: 1n as never } : {};
            sink.chunk({ protocol: "chat", raw: { ...more, choices: [{ index: 0, delta: { content: "fine" }, finish_reason: null }] }, parts: [{ kind: "text", choice: 0, text: "fine" }] });
            if (!over) sink.ended();
          });
          return { abort: () => void (over = true), pause() {}, resume() {} };
        },
      },
    });
    const ask = (stream = true) => gateway.fetch(new Request("http://gateway/v1/chat/completions", { method: "POST", body: JSON.stringify({ model: "m", stream, messages: [{ role: "user", content: "x" }] }), headers: { "content-type": "application/json" } }));
    for (const [at, stream] of [true, false].entries()) {
      const response = await ask(stream);
      expect([response.status, ((await response.json()) as { error: { code: string } }).error.code]).toEqual([500, "internal_error"]);
      const { receipts } = await store.list({});
      expect([receipts.length, receipts[0]]).toMatchObject([at + 1, { status: "failed", error: { code: "internal_error" } }]);
    }
    broken = false;
    expect((await streamed(await ask())).done).toBe(true);
    await gateway.close();
  });
});
