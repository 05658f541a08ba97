// Traces as a collector gets them: whose they are, how they nest, what stands in them, and what a bad collector costs.
import { openTraces, readTraceSettings, type ServeOptions, type Traces } from "#runtime";
import { describe, expect, onTestFinished, test } from "vitest";
import { createMemoryStore } from "../../../runtime/receipt/stores/memory.ts";
import { systemClock } from "../../../runtime/system-clock.ts";
import { openCollector, traces as traced, type Collector, type SentSpan } from "../../support/collector.ts";
import { chatEvents, completion } from "../../support/upstream-server.ts";
import { geminiEvents, messageEvents, stream } from "../attempt/native.ts";
import { gatewayFor, mockModel, streamed, targetsAt, upstream } from "../gateway/harness.ts";

type Opened = { readonly traces: Traces; readonly said: readonly string[] };

async function tracesTo(collector: Collector, env: { readonly [name: string]: string } = {}): Promise<Opened> {
  const secrets = (name: string) => ({ OTEL_BSP_SCHEDULE_DELAY: "30", ...env })[name];
  const read = readTraceSettings(collector.url, secrets);
  if (!read.ok || read.settings === null) throw new Error("no settings");
  const said: string[] = [];
  const traces = await openTraces({ settings: read.settings, secrets, clock: systemClock, version: "1.2.3", say: (level, text) => said.push(`${level}: ${text}`) });
  onTestFinished(() => traces.close());
  return { traces, said };
}

async function collecting(): Promise<Collector> {
  const collector = await openCollector();
  onTestFinished(() => collector.close());
  return collector;
}

async function tracedGateway(policy: string, env: { readonly [name: string]: string } = {}, options: Partial<ServeOptions> = {}) {
  const collector = await collecting();
  const { traces, said } = await tracesTo(collector, env);
  const gateway = await gatewayFor(policy, { ...options, traces });
  /** The n-th trace, once its request and all of it are there. */
  const trace = async (n = 1) => traced(await collector.until((spans) => spans.filter(({ kind }) => kind === "server").length >= n))[n - 1]!;
  return { collector, gateway, trace, said, traces };
}

const nests = ({ request, attempts }: { readonly request: SentSpan; readonly attempts: readonly SentSpan[] }) =>
  attempts.every(({ start, end, traceId }, at) => traceId === request.traceId && start >= request.start && end <= request.end && start <= end && (at === 0 || attempts[at - 1]!.end <= start));

describe("a trace", () => {
  test("of a fallback has a call that failed and one that did not, one after the other and inside the request", async () => {
    const a = await upstream([{ does: "fails", status: 503 }]);
    const b = await upstream([{ does: "json", body: { ...completion("fine"), id: "chatcmpl-7", model: "up-b-2026" } }]);
    const { gateway, trace } = await tracedGateway(`${targetsAt({ a, b })}\ncascade c { try a  try b }\nmodel m { route = c }`);
    await (await gateway.chat({ model: "m" })).text();
    const [receipt] = await gateway.receipts();
    const { request, attempts } = await trace();
    expect(nests({ request, attempts })).toBe(true);
    expect(request).toMatchObject({
      name: "POST /v1/chat/completions",
      parent: "",
      failed: false,
      resource: { "service.name": "wardwright", "service.version": "1.2.3" },
      attributes: {
        "http.request.method": "POST", "http.route": "/v1/chat/completions", "http.response.status_code": 200,
        "wardwright.receipt.id": receipt!.id, "wardwright.request.id": receipt!.request_id, "wardwright.bundle.digest": receipt!.bundle, "wardwright.receipt.written": true,
        "wardwright.model.id": "model:m", "wardwright.status": "completed", "wardwright.decision.targets": ["target:a", "target:b"], "wardwright.attempts": 2, "wardwright.selected": "target:b",
      },
    });
    expect(request.attributes["error.type"]).toBeUndefined();
    expect(attempts.map(({ name, failed }) => [name, failed])).toEqual([["chat up-a", true], ["chat up-b", false]]);
    expect(attempts[0]!.attributes).toMatchObject({ "error.type": "overloaded", "http.response.status_code": 503, "server.address": "127.0.0.1", "server.port": a.port, "wardwright.attempt.because": "cascade:c/try:1", "wardwright.attempt.outcome": "overloaded" });
    expect(attempts[1]!.attributes).toMatchObject({
      "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai_compatible", "gen_ai.request.model": "up-b", "gen_ai.response.model": "up-b-2026", "gen_ai.response.id": "chatcmpl-7",
      "gen_ai.response.finish_reasons": ["stop"], "gen_ai.usage.input_tokens": receipt!.attempts[1]!.tokens.input, "gen_ai.usage.output_tokens": receipt!.attempts[1]!.tokens.output,
      "server.port": b.port, "wardwright.attempt.because": "cascade:c/try:2", "wardwright.target.id": "target:b",
    });
    expect(attempts[1]!.attributes["error.type"]).toBeUndefined();
    // The span lasts as long as the receipt says.
    expect(Number(request.end - request.start) / 1e6).toBeCloseTo(receipt!.ms.total, 2);
    expect(Number(attempts[1]!.start - request.start) / 1e6).toBeCloseTo(receipt!.attempts[1]!.ms.started!, 2);
  });

  test("of a retry by a rule names the rule at its time, between the call it ended and the one it asked for", async () => {
    const { gateway, trace } = await tracedGateway(mockModel([["so far so good, then bad", { wait: 20 }, "word"], [" and well"]], 'rule no on text { match /bad/  then retry { limit = 1 }  exhausted block "no" }\nmodel m { route = t  rules = [no]  limits = { attempts = 3 } }'));
    const { text, done } = await streamed(await gateway.chat({ model: "m", stream: true }));
    expect([text.startsWith("so far so good, then"), done]).toEqual([true, true]);
    const { request, attempts } = await trace();
    expect(nests({ request, attempts })).toBe(true);
    expect(attempts.map(({ attributes, failed }) => [attributes["wardwright.attempt.outcome"], attributes["wardwright.attempt.because"], failed])).toEqual([["ended_by_rule", undefined, false], ["ok", "rule:no", false]]);
    expect(attempts[1]!.attributes).toMatchObject({ "gen_ai.request.stream": true, "gen_ai.response.time_to_first_chunk": expect.any(Number) });
    expect(request.events).toMatchObject([{ name: "wardwright.rule", attributes: { "wardwright.rule.id": "rule:no", "wardwright.rule.action": "retry", "wardwright.rule.mode": "enforce", "wardwright.attempt.number": 1 } }]);
    expect(request.events[0]!.at >= attempts[0]!.start && request.events[0]!.at <= attempts[1]!.start).toBe(true);
  });

  test("of a stream that another provider goes on with has both, and says which died", async () => {
    const a = await upstream([{ does: "stream", events: chatEvents(["Hello "], null), done: false, then: "cut" }]);
    const b = await upstream([{ does: "stream", events: chatEvents(["Hello ", "world"]) }]);
    const { gateway, trace } = await tracedGateway(`${targetsAt({ a, b })}\ncascade c { resume = continue  try a  try b }\nmodel m { route = c }`);
    const { done } = await streamed(await gateway.chat({ model: "m", stream: true }));
    expect(done).toBe(true);
    const found = await trace();
    expect(nests(found)).toBe(true);
    expect(found.attempts.map(({ attributes }) => attributes["error.type"])).toEqual(["truncated", undefined]);
    expect(found.request.attributes).toMatchObject({ "http.response.status_code": 200, "wardwright.status": "completed" });
  });

  test("of a refusal has no call, and is no fault of the server", async () => {
    const { gateway, trace } = await tracedGateway(mockModel([["x"]], 'dispatcher d { when request.tokens >= 0 -> refuse "closed"  otherwise -> t }\nmodel m { route = d }'));
    expect((await gateway.chat({ model: "m" })).status).toBe(403);
    const { request, attempts } = await trace();
    expect(attempts).toEqual([]);
    expect(request).toMatchObject({ failed: false, attributes: { "http.response.status_code": 403, "error.type": "policy_refused", "wardwright.status": "refused", "wardwright.decision.refusal": "policy_refused" } });
  });

  test("of a client that went away says so, and blames nobody", async () => {
    const { gateway, trace } = await tracedGateway(mockModel([["slowly ", { wait: 5000 }, "on"]], "model m { route = t }"));
    const leave = new AbortController();
    const answer = await gateway.chat({ model: "m", stream: true }, { signal: leave.signal });
    await answer.body!.getReader().read();
    leave.abort();
    const { request, attempts } = await trace();
    expect(request).toMatchObject({ failed: false, attributes: { "wardwright.status": "cancelled", "http.response.status_code": 200 } });
    expect(attempts).toMatchObject([{ failed: false, attributes: { "wardwright.attempt.outcome": "cancelled" } }]);
    expect(nests({ request, attempts })).toBe(true);
  });

  test("of a chain that is used up is a fault, with the class of the last failure", async () => {
    const a = await upstream([{ does: "hangs" }]);
    const { gateway, trace } = await tracedGateway(`${targetsAt({ a })}\nmodel m { route = a }`);
    expect((await gateway.chat({ model: "m", stream: true })).status).toBe(504);
    const { request, attempts } = await trace();
    expect(request).toMatchObject({ failed: true, attributes: { "http.response.status_code": 504, "error.type": "timeout", "wardwright.status": "failed" } });
    expect(attempts).toMatchObject([{ failed: true, attributes: { "error.type": "timeout" } }]);
    expect(attempts[0]!.end - attempts[0]!.start >= 350_000_000n).toBe(true);
  });

  test("of what came to no decision is the request alone; what never came in has none", async () => {
    const { gateway, trace, collector } = await tracedGateway(mockModel([["x"]], "model m { route = t }"));
    expect((await gateway.chat({ model: "unheard-of" })).status).toBe(404);
    expect((await fetch(`${gateway.url}/v1/models`)).status).toBe(200);
    expect((await fetch(`${gateway.url}/nowhere`, { method: "POST" })).status).toBe(404);
    await (await gateway.chat({ model: "m" })).text();
    await trace(2);
    expect(collector.spans.filter(({ kind }) => kind === "server").map(({ attributes }) => [attributes["wardwright.status"], attributes["http.response.status_code"]])).toEqual([["unread", 404], ["completed", 200]]);
  });

  test.each([[false, "refuse", "strict"], [true, "refuse", "strict"], [false, "degrade", "strict"], [true, "degrade", "strict"], [false, "refuse", "relaxed"]] as const)(
    "of an answer whose receipt cannot be written has the status the client saw, and says what is missing: streamed %s, %s, %s",
    async (stream, onStoreFailure, durability) => {
      const store = { ...createMemoryStore(), append: () => Promise.reject(new Error("disk")) };
      const { gateway, trace } = await tracedGateway(mockModel([["x"]], "model m { route = t }"), {}, { store, onStoreFailure, durability });
      const answer = await gateway.chat({ model: "m", stream });
      const missing = (await answer.text()).includes("receipt_not_written");
      const { request } = await trace();
      expect(missing).toBe(onStoreFailure === "refuse" && durability === "strict");
      expect(request.attributes["http.response.status_code"]).toBe(answer.status);
      expect([request.failed, request.attributes["error.type"], request.attributes["wardwright.receipt.written"]]).toEqual(missing ? [true, "receipt_not_written", false] : [false, undefined, false]);
    },
  );

  test.each([
    ["anthropic", "anthropic", stream(messageEvents({ text: ["fine"] })), "msg_1 upstream-model stop"],
    ["gemini", "gcp.gemini", stream(geminiEvents({ text: ["fine"] })), "r1 upstream-model stop"],
    ["openai_compatible", "openai_compatible", { does: "stream", events: chatEvents(["fine"]) } as const, "chatcmpl-test upstream-model stop"],
  ] as const)("of a stream of %s has the provider's name, the id of the answer, its model and why it ended", async (kind, name, answer, said) => {
    const a = await upstream([answer]);
    const { gateway, trace } = await tracedGateway(`provider p { kind = ${kind}  base = "${a.base}" }\ntarget t = p "asked-for" { context = 32k  output = 4k  price = $1/$2 }\nmodel m { route = t }`);
    expect((await streamed(await gateway.chat({ model: "m", stream: true }))).text).toBe("fine");
    const [{ attributes }] = (await trace()).attempts as [SentSpan];
    expect(attributes).toMatchObject({ "gen_ai.provider.name": name, "gen_ai.request.model": "asked-for" });
    expect([attributes["gen_ai.response.id"], attributes["gen_ai.response.model"], ...(attributes["gen_ai.response.finish_reasons"] as string[])].join(" ")).toBe(said);
  });

  test("of embeddings is an operation of its own, without output", async () => {
    const a = await upstream([{ does: "json", body: { object: "list", model: "emb-1", data: [{ object: "embedding", index: 0, embedding: [0.5] }], usage: { prompt_tokens: 3, total_tokens: 3 } } }]);
    const { gateway, trace } = await tracedGateway(`${targetsAt({ a }).replace("can = [tools, json, logprobs]", "can = [embeddings]")}\nmodel m { route = a }`);
    const answer = await fetch(`${gateway.url}/v1/embeddings`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ model: "m", input: "one" }) });
    expect(answer.status).toBe(200);
    const { request, attempts } = await trace();
    expect(request.name).toBe("POST /v1/embeddings");
    expect(attempts).toMatchObject([{ name: "embeddings up-a", attributes: { "gen_ai.operation.name": "embeddings", "gen_ai.response.model": "emb-1", "gen_ai.usage.input_tokens": 3 } }]);
    expect(attempts[0]!.attributes["gen_ai.usage.output_tokens"]).toBeUndefined();
  });
});

describe("trace context", () => {
  const PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const POLICY = mockModel([["x"]], "model m { route = t }");

  test("of the client is gone on from, with its state, and no provider is told of it", async () => {
    const a = await upstream([{ does: "json", body: completion("fine") }]);
    const { gateway, trace } = await tracedGateway(`${targetsAt({ a })}\nmodel m { route = a }`);
    await (await gateway.chat({ model: "m" }, { headers: { traceparent: PARENT, tracestate: "vendor=x1" } })).text();
    const { request, attempts } = await trace();
    expect(request).toMatchObject({ traceId: "0af7651916cd43dd8448eb211c80319c", parent: "b7ad6b7169203331", state: "vendor=x1" });
    expect(attempts).toMatchObject([{ traceId: "0af7651916cd43dd8448eb211c80319c" }]);
    expect(Object.keys(a.seen[0]!.headers).filter((name) => name.startsWith("trace"))).toEqual([]);
  });

  test.each([
    ["none"], [""], ["nonsense"], ["00-00000000000000000000000000000000-b7ad6b7169203331-01"], ["00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"], ["ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"], ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"], ["00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01"],
  ])("that is none begins a trace of our own: %j", async (traceparent) => {
    const { gateway, trace } = await tracedGateway(POLICY);
    await (await gateway.chat({ model: "m" }, traceparent === "none" ? {} : { headers: { traceparent } })).text();
    const { request } = await trace();
    expect([request.parent, request.traceId === "0af7651916cd43dd8448eb211c80319c"]).toEqual(["", false]);
  });

  test("of a later version is read as far as it is known", async () => {
    const { gateway, trace } = await tracedGateway(POLICY);
    await (await gateway.chat({ model: "m" }, { headers: { traceparent: `cc${PARENT.slice(2)}-what-comes` } })).text();
    expect((await trace()).request.parent).toBe("b7ad6b7169203331");
  });

  test("that was not sampled is not sampled here, and a sampler that takes nothing takes what was sampled before", async () => {
    const { gateway, trace, collector } = await tracedGateway(POLICY, { OTEL_TRACES_SAMPLER: "parentbased_always_off" });
    await (await gateway.chat({ model: "m" })).text();
    await (await gateway.chat({ model: "m" }, { headers: { traceparent: PARENT.replace(/01$/, "00") } })).text();
    await (await gateway.chat({ model: "m" }, { headers: { traceparent: PARENT } })).text();
    expect((await trace()).request.parent).toBe("b7ad6b7169203331");
    expect(collector.spans.length).toBe(2);
  });

  test("drawn by a ratio: a trace is taken whole or not at all", async () => {
    const { gateway, traces, collector } = await tracedGateway(POLICY, { OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.5" });
    for (let n = 0; n < 40; n++) await (await gateway.chat({ model: "m" })).text();
    await traces.close();
    const taken = collector.spans.filter(({ kind }) => kind === "server").length;
    expect(taken > 2 && taken < 38).toBe(true);
    expect(collector.spans.length).toBe(taken * 2);
  });
});

describe("a collector", () => {
  const POLICY = mockModel([["x"]], "model m { route = t }");
  const spansIn = async (url: string) => Object.fromEntries([...(await (await fetch(`${url}/metrics`)).text()).matchAll(/^wardwright_trace_spans_total\{result="(\w+)"\} (\d+)$/gm)].map(([, result, count]) => [result, Number(count)]));

  test("that answers errors is told of once, and once more when it is over; requests go on, and what was lost is counted", async () => {
    const { gateway, collector, said, trace } = await tracedGateway(POLICY);
    collector.answers(400);
    for (let n = 0; n < 3; n++) {
      expect((await gateway.chat({ model: "m" })).status).toBe(200);
      await expect.poll(() => spansIn(gateway.url)).toEqual({ sent: 0, dropped: 2 * (n + 1) });
    }
    expect(said).toEqual([`warn: the collector at 127.0.0.1:${collector.port} does not take traces (status 400); spans are dropped until it does, requests are not touched\n`]);
    collector.answers(200);
    await (await gateway.chat({ model: "m" })).text();
    await trace();
    await expect.poll(() => spansIn(gateway.url)).toEqual({ sent: 2, dropped: 6 });
    expect(said.slice(1)).toEqual([`info: the collector at 127.0.0.1:${collector.port} takes traces again; 6 spans were dropped\n`]);
  });

  test("that says nothing keeps no more spans in memory than the queue has room for, and no close waiting", async () => {
    const { gateway, collector, traces, said } = await tracedGateway(POLICY, { OTEL_BSP_MAX_QUEUE_SIZE: "8", OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "4", OTEL_EXPORTER_OTLP_TIMEOUT: "300" });
    collector.answers("never");
    for (let n = 0; n < 20; n++) expect((await gateway.chat({ model: "m" })).status).toBe(200);
    // 40 spans, of which no more than eight ever waited.
    expect(traces.spans().dropped >= 32).toBe(true);
    await traces.close();
    expect(traces.spans()).toEqual({ sent: 0, dropped: 40 });
    expect(said.length).toBe(1);
  });

  test("that is not there costs a close no more than the time of one batch", async () => {
    const { gateway, collector, traces, said } = await tracedGateway(POLICY, { OTEL_EXPORTER_OTLP_TIMEOUT: "200" });
    await collector.close();
    expect((await gateway.chat({ model: "m" })).status).toBe(200);
    await traces.close();
    expect([traces.spans(), said.length, said[0]]).toEqual([{ sent: 0, dropped: 2 }, 1, expect.stringContaining("ECONNREFUSED")]);
  });

  test("gets what waits when the gateway is closed", async () => {
    const { gateway, collector } = await tracedGateway(POLICY, { OTEL_BSP_SCHEDULE_DELAY: "60000" });
    await (await gateway.chat({ model: "m" })).text();
    expect(collector.spans).toEqual([]);
    await gateway.close();
    expect(collector.spans.length).toBe(2);
  });
});
