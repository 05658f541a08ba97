// What is larger than anyone needs, from either side: deep, wide, long. It costs its own request a clear error and nobody anything else.
import { describe, expect, test } from "vitest";
import { chatEvents, completion, type Answer } from "../../support/upstream-server.ts";
import { ask, post, PATHS, question, SURFACES } from "../surfaces-harness.ts";
import { gatewayFor, targetsAt, upstream } from "./harness.ts";

const lists = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
const objects = (levels: number) => '{"a":'.repeat(levels) + "1" + "}".repeat(levels);
const raw = (body: string, type = "application/json"): Answer => ({ does: "raw", body, headers: { "content-type": type } });

describe.each(SURFACES)("%s", (surface) => {
  test("a request that is nested too deep is a bad request, wherever it is, and reaches nobody", async () => {
    const a = await upstream([{ does: "json", body: completion("fine") }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    const plain = JSON.stringify(question(surface, false));
    for (const levels of [501, 10_000, 500_000]) {
      for (const field of [`"unheard_of":${lists(levels)}`, `"metadata":${objects(levels)}`, `"tools":[{"type":"function","function":{"name":"f","parameters":${objects(levels)}}}]`]) {
        const response = await post(gateway, PATHS[surface], `${plain.slice(0, -1)},${field}}`);
        const { error } = (await response.json()) as { readonly error: { readonly message: string } };
        expect([response.status, error.message]).toEqual([400, "the body is nested deeper than 500 levels"]);
      }
    }
    expect([a.seen.length, await gateway.receipts()]).toEqual([0, []]);
    const within = await post(gateway, PATHS[surface], `${plain.slice(0, -1)},"unheard_of":${lists(499)}}`);
    expect(within.status).toBe(200);
  });

  test("an answer that is nested too deep is malformed, and the next upstream answers", async () => {
    const bad: readonly Answer[] = [
      raw(`{"choices":[{"index":0,"message":{"role":"assistant","content":"x","more":${lists(20_000)}},"finish_reason":"stop"}]}`),
      raw(`data: {"choices":[{"index":0,"delta":{"content":"x","more":${lists(20_000)}},"finish_reason":null}]}\n\n`, "text/event-stream"),
      { ...raw(`{"error":${objects(9_000)}}`), status: 503 } as Answer,
    ];
    for (const [at, answer] of bad.entries()) {
      const [a, b] = await Promise.all([upstream([answer]), upstream([at === 1 ? { does: "stream", events: chatEvents(["from b"]) } : { does: "json", body: completion("from b") }])]);
      const gateway = await gatewayFor(`${targetsAt({ a, b })}\ncascade c { try a { on = [malformed, overloaded] }  try b }\nmodel m { route = c }`);
      const told = await ask(gateway, surface, question(surface, at === 1));
      expect([told.status, told.text, told.error]).toEqual([200, "from b", null]);
      expect((await gateway.receipts())[0]!.attempts.map((one) => one.outcome)).toEqual([at === 2 ? "overloaded" : "malformed", "ok"]);
    }
  });

  test("a call whose arguments are nested too deep ends its request and no other", async () => {
    const call = { choices: [{ index: 0, message: { role: "assistant", content: null, tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: objects(20_000) } }] }, finish_reason: "tool_calls" }] };
    const a = await upstream([{ does: "json", body: completion("", call) }, { does: "json", body: completion("fine") }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nrule no on tool { match /never/  then block "no" }\nmodel m { route = a  rules = [no] }`);
    expect((await ask(gateway, surface, question(surface, false))).status).toBe(200);
    expect((await ask(gateway, surface, question(surface, false))).text).toBe("fine");
    expect((await gateway.receipts()).map((one) => one.status)).toEqual(["completed", "completed"]);
  });
});

test("a provider may number its choices and calls as it likes: no number is a length", async () => {
  const about = { id: "c", object: "chat.completion.chunk", created: 1, model: "u" };
  const called = (index: number | null, id: string) => JSON.stringify({ ...about, choices: [{ index: 0, delta: { tool_calls: [{ ...(index === null ? {} : { index }), id, type: "function", function: { name: "f", arguments: "{}" } }] }, finish_reason: null }] });
  const end = JSON.stringify({ ...about, choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }] });
  const a = await upstream([{ does: "stream", events: [called(4_000_000_000, "a"), called(null, "b"), called(-1, "c"), called(1.5, "d"), called(null, "b"), end] }]);
  const gateway = await gatewayFor(`${targetsAt({ a })}\nrule no on tool { match /never/  then block "no" }\nmodel m { route = a }\nmodel watched { route = a  rules = [no] }`);
  for (const surface of SURFACES) {
    for (const model of ["m", "watched"]) {
      const response = await post(gateway, PATHS[surface], { ...question(surface, true), model });
      expect((await response.text()).length).toBeGreaterThan(100);
    }
  }
  expect((await gateway.receipts()).map((one) => one.status)).toEqual(Array.from({ length: 6 }, () => "completed"));
});

test("an answer of more choices or calls than anyone asks for is malformed, and costs little", async () => {
  const about = { id: "c", object: "chat.completion.chunk", created: 1, model: "u" };
  const event = (choice: object) => JSON.stringify({ ...about, choices: [{ finish_reason: null, ...choice }] });
  const many = Array.from({ length: 20_000 }, (_, at) => at);
  const a = await upstream([
    { does: "stream", events: many.map((at) => event({ index: 0, delta: { tool_calls: [{ index: at, id: `c${at}`, type: "function", function: { name: "f", arguments: "{}" } }] } })) },
    { does: "stream", events: many.map((at) => event({ index: at, delta: { content: "x" } })) },
  ]);
  const gateway = await gatewayFor(`${targetsAt({ a })}\nrule no on tool { match /never/  then block "no" }\nrule j on output { expect json  then block "no json" }\nmodel m { route = a  rules = [no, j] }`);
  for (let at = 0; at < 2; at++) await (await post(gateway, PATHS.responses, question("responses", true))).text();
  expect((await gateway.receipts()).map((one) => one.attempts.map(({ outcome }) => outcome))).toEqual([["malformed"], ["malformed"]]);
});

test("a response of more items than anyone needs is malformed, and costs little", async () => {
  const added = Array.from({ length: 4_000 }, (_, at) => ({ type: "response.output_item.added", output_index: at, item: { id: `ws_${at}`, type: "web_search_call", status: "in_progress" } }));
  const response = { id: "resp_1", object: "response", status: "completed", model: "u", output: [], usage: { input_tokens: 1, output_tokens: 1 } };
  const events = [{ type: "response.created", response }, ...added, { type: "response.completed", response }];
  const a = await upstream([raw(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(""), "text/event-stream")]);
  const gateway = await gatewayFor(`provider p { kind = openai  base = "${a.base}" }\ntarget t = p "up" { context = 32Ki }\nmodel m { route = t }`);
  await ask(gateway, "responses", question("responses", true));
  const [receipt] = await gateway.receipts();
  expect([receipt!.status, receipt!.attempts.map((one) => one.outcome)]).toEqual(["truncated", ["malformed"]]);
});

test("a stream that never ends is malformed once it has said more than any model writes", async () => {
  const piece = JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "u", choices: [{ index: 0, delta: { content: "x".repeat(1_000_000) }, finish_reason: null }] });
  const a = await upstream([{ does: "stream", events: Array.from({ length: 20 }, () => piece) }]);
  const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
  expect((await (await gateway.chat({ model: "m", stream: true })).text()).length).toBeLessThan(17_000_000);
  expect((await gateway.receipts()).map((one) => [one.status, one.error?.code])).toEqual([["truncated", "malformed"]]);
});

test("tokens that no number can count are not counted", async () => {
  const a = await upstream([{ does: "json", body: completion("x", { usage: { prompt_tokens: -5, completion_tokens: 1e300 } }) }]);
  const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
  await (await gateway.chat({ model: "m" })).text();
  const [receipt] = await gateway.receipts();
  expect([Number.isSafeInteger(receipt!.tokens.output), receipt!.cost! < 1_000]).toEqual([true, true]);
});

test("an answer that must be JSON and is nested too deep is not as expected", async () => {
  const a = await upstream([{ does: "json", body: completion(objects(50_000)) }]);
  const gateway = await gatewayFor(`${targetsAt({ a })}\nrule j on output { expect json  then block "no json" }\nmodel m { route = a  rules = [j] }`);
  expect((await gateway.chat({ model: "m" })).status).toBe(422);
});
