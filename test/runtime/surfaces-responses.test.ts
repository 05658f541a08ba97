// `/v1/responses`: what its clients send and get, whichever protocol the provider speaks.
import { describe, expect, test } from "vitest";
import { responses } from "../../runtime/gateway/surfaces/responses/index.ts";
import type { JsonObject } from "../../runtime/stream/index.ts";
import { chatEvents, completion } from "../support/upstream-server.ts";
import { gatewayFor, mockModel, targetsAt, upstream } from "./gateway/harness.ts";
import { ask, post, question } from "./surfaces-harness.ts";

const TOOL = { type: "function", name: "look_up", description: "Looks up.", parameters: { type: "object", properties: { of: { type: "string" } } }, strict: true };

const chat = (body: object): JsonObject => responses.toChat({ model: "m", input: "hi", ...body } as JsonObject);

describe("a request in chat", () => {
  test("has its input as messages, whether it is a text or items, and the instructions before them", () => {
    expect(chat({ instructions: "Be brief." })["messages"]).toEqual([{ role: "system", content: "Be brief." }, { role: "user", content: "hi" }]);
    const input = [
      { role: "developer", content: "Be kind." },
      { type: "message", role: "user", content: [{ type: "input_text", text: "look" }, { type: "input_image", image_url: "data:x", detail: "low" }, { type: "input_file", filename: "a.pdf", file_data: "data:y" }] },
      { type: "message", id: "msg_1", role: "assistant", status: "completed", content: [{ type: "output_text", text: "I ", annotations: [] }, { type: "output_text", text: "see", annotations: [] }] },
      { role: "user", content: [{ type: "input_text", text: "and?" }] },
    ];
    expect(chat({ input })["messages"]).toEqual([
      { role: "system", content: "Be kind." },
      { role: "user", content: [{ type: "text", text: "look" }, { type: "image_url", image_url: { url: "data:x", detail: "low" } }, { type: "file", file: { filename: "a.pdf", file_data: "data:y" } }] },
      { role: "assistant", content: "I see" },
      { role: "user", content: "and?" },
    ]);
  });

  test("has calls that follow each other in one message, with the text before them, and outputs as messages", () => {
    const input = [
      { role: "user", content: "go" },
      { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "hm" }], encrypted_content: "x" },
      { role: "assistant", content: "Looking." },
      { type: "function_call", call_id: "c1", name: "look_up", arguments: '{"of":"x"}' },
      { type: "function_call", call_id: "c2", name: "look_up", arguments: "{}" },
      { type: "function_call_output", call_id: "c1", output: "found" },
      { type: "function_call_output", call_id: "c2", output: [{ type: "input_text", text: "here" }, { type: "input_image", image_url: "data:z" }] },
      { type: "function_call", call_id: "c3", name: "look_up", arguments: "{}" },
    ];
    const call = (id: string, its: string) => ({ id, type: "function", function: { name: "look_up", arguments: its } });
    expect(chat({ input })["messages"]).toEqual([
      { role: "user", content: "go" },
      { role: "assistant", content: "Looking.", reasoning_details: [{ type: "reasoning.encrypted", data: "x", format: "openai-responses-v1" }], tool_calls: [call("c1", '{"of":"x"}'), call("c2", "{}")] },
      { role: "tool", tool_call_id: "c1", content: "found" },
      { role: "tool", tool_call_id: "c2", content: "here" },
      { role: "user", content: [{ type: "image_url", image_url: { url: "data:z" } }] },
      { role: "assistant", content: null, tool_calls: [call("c3", "{}")] },
    ]);
  });

  test("has the same tools, limits and format under chat's names, and nothing that was not asked for", () => {
    expect(chat({ store: true, include: ["reasoning.encrypted_content"] })).toEqual({ model: "m", messages: [{ role: "user", content: "hi" }] });
    expect(
      chat({
        tools: [TOOL, { type: "web_search" }], tool_choice: { type: "function", name: "look_up" }, parallel_tool_calls: false, max_output_tokens: 9, temperature: 0.1, top_p: 0.2, reasoning: { effort: "low", summary: "auto" },
        text: { format: { type: "json_schema", name: "n", schema: { type: "object" }, strict: true } }, user: "ada",
      }),
    ).toEqual({
      model: "m", messages: [{ role: "user", content: "hi" }], tools: [{ type: "function", function: { name: "look_up", description: "Looks up.", parameters: TOOL.parameters, strict: true } }],
      tool_choice: { type: "function", function: { name: "look_up" } }, parallel_tool_calls: false, max_tokens: 9, temperature: 0.1, top_p: 0.2, reasoning_effort: "low",
      response_format: { type: "json_schema", json_schema: { name: "n", schema: { type: "object" }, strict: true } }, user: "ada",
    });
  });
});

test("facts are read off the body: the limit, the turn, what it needs", () => {
  const facts = (body: object) => responses.facts({ model: "m", input: "hi", ...body } as JsonObject);
  expect(facts({})).toMatchObject({ output: 0, turn: 0, stream: false, needs: [] });
  expect(facts({ max_output_tokens: 9, stream: true, input: [{ role: "user", content: "a" }, { role: "assistant", content: "b" }, { type: "function_call", call_id: "c", name: "f", arguments: "{}" }] })).toMatchObject({ output: 9, turn: 1, stream: true });
  expect(facts({ tools: [{ type: "web_search" }], reasoning: { effort: "high" }, text: { format: { type: "json_object" } } }).needs).toEqual(["tools", "json", "reasoning"]);
  expect(facts({ include: ["message.output_text.logprobs"] }).needs).toEqual(["logprobs"]);
});

describe("the request again", () => {
  const body = { model: "m", input: "hi" } as JsonObject;

  test("is the client's own where nothing is added, and says what a rule wants said where something is", () => {
    expect(responses.again(body, { reminders: [], kept: "", continues: "instruction" })).toBe(body);
    expect(responses.again(body, { reminders: ["be good"], kept: "", continues: "instruction" })["input"]).toEqual([{ role: "user", content: "hi" }, { role: "user", content: "be good" }]);
    const instructed = responses.again(body, { reminders: ["be good"], kept: "so far", continues: "instruction" })["input"] as JsonObject[];
    expect(instructed.map((one) => [one["role"], one["content"]]).slice(0, 2)).toEqual([["user", "hi"], ["assistant", "so far"]]);
    expect(instructed[2]!["content"]).toContain("be good");
  });

  test("does not bring a provider reasoning that it cannot find", () => {
    const own = { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "x" };
    expect(responses.again({ ...body, input: [own, { type: "reasoning", id: "rs_2", summary: [] }] }, { reminders: [], kept: "", continues: "instruction" })["input"]).toEqual([own]);
  });
});

describe("an answer of a chat provider", () => {
  test("is a response: its items, its end, what was asked, and what it cost", async () => {
    const a = await upstream([{ does: "json", body: completion("hello") }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    const answer = await ask(gateway, "responses", { ...question("responses", false), instructions: "Be brief.", metadata: { session_id: "s" } });
    expect(JSON.parse(answer.body)).toMatchObject({
      id: expect.stringMatching(/^resp_/), object: "response", status: "completed", model: "m", error: null, incomplete_details: null, instructions: "Be brief.", metadata: { session_id: "s" },
      output: [{ type: "message", status: "completed", role: "assistant", content: [{ type: "output_text", text: "hello", annotations: [] }] }],
      usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5, input_tokens_details: { cached_tokens: 0 }, output_tokens_details: { reasoning_tokens: 0 } },
    });
    expect(a.seen[0]!.body).toMatchObject({ model: "up-a", messages: [{ role: "system", content: "Be brief." }, { role: "user", content: "hi" }] });
    expect(await gateway.receipts()).toMatchObject([{ surface: "responses", stream: false, status: "completed", caller: { session: { value: "s" } } }]);
  });

  test("is streamed in its order, from `response.created` to `response.completed`", async () => {
    const gateway = await gatewayFor(mockModel([["Hello ", "there"]], "model m { route = t }"));
    const answer = await ask(gateway, "responses", question("responses", true));
    expect(answer.events.map((event) => event.type)).toEqual([
      "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added", "response.output_text.delta", "response.output_text.delta",
      "response.output_text.done", "response.content_part.done", "response.output_item.done", "response.completed",
    ]);
    expect(answer).toMatchObject({ text: "Hello there", end: "completed", error: null });
    expect(answer.events.at(-1).response).toMatchObject({ status: "completed", model: "m", usage: { output_tokens: 3 }, output: [{ type: "message", content: [{ text: "Hello there" }] }] });
  });

  const call = (index: number, more: object) => JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: [{ index, ...more }] }, finish_reason: null }] });
  const delta = (its: object) => JSON.stringify({ choices: [{ index: 0, delta: its, finish_reason: null }] });
  const finish = (reason: string) => JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: reason }] });

  test("has reasoning, text and calls as items of their own", async () => {
    const events = [
      delta({ reasoning_content: "let me " }), delta({ reasoning_content: "think" }), delta({ content: "Looking." }), call(0, { id: "c1", type: "function", function: { name: "look_up", arguments: "" } }),
      call(0, { function: { arguments: '{"of":' } }), call(0, { function: { arguments: '"x"}' } }), call(1, { id: "c2", type: "function", function: { name: "other", arguments: "{}" } }), finish("tool_calls"),
    ];
    const two = [call(0, { id: "c1", function: { name: "one", arguments: "{" } }), call(1, { id: "c2", function: { name: "two", arguments: "{}" } }), call(0, { function: { arguments: "}" } }), finish("tool_calls")];
    const a = await upstream([{ does: "stream", events }, { does: "stream", events: two }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    const answer = await ask(gateway, "responses", question("responses", true));
    expect(answer).toMatchObject({ reasoning: "let me think", text: "Looking.", end: "completed", calls: [{ name: "look_up", arguments: '{"of":"x"}' }, { name: "other", arguments: "{}" }] });
    expect(answer.events.at(-1).response.output).toMatchObject([
      { type: "reasoning", summary: [{ type: "summary_text", text: "let me think" }] }, { type: "message" },
      { type: "function_call", call_id: "c1", name: "look_up", arguments: '{"of":"x"}', status: "completed" }, { type: "function_call", call_id: "c2" },
    ]);
    expect((await ask(gateway, "responses", question("responses", true))).calls).toEqual([{ name: "one", arguments: "{}" }, { name: "two", arguments: "{}" }]);
  });

  test("keeps its order where a rule holds text back in front of a call", async () => {
    const a = await upstream([{ does: "stream", events: [delta({ content: "I will use sec" }), call(0, { id: "c1", function: { name: "look_up", arguments: "{}" } }), finish("tool_calls")] }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nrule r on text { match /secret/  then block "no" }\nmodel m { route = a  rules = [r] }`);
    const answer = await ask(gateway, "responses", question("responses", true));
    expect(answer).toMatchObject({ text: "I will use sec", calls: [{ name: "look_up", arguments: "{}" }] });
    expect(answer.events.at(-1).response.output.map((item: { type: string }) => item.type)).toEqual(["message", "function_call"]);
  });

  test("that ran into its limit is incomplete, streamed or not", async () => {
    const a = await upstream([{ does: "stream", events: chatEvents(["half"], "length") }, { does: "json", body: completion("half", { choices: [{ index: 0, message: { role: "assistant", content: "half" }, finish_reason: "length" }] }) }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    const streamed = await ask(gateway, "responses", question("responses", true));
    expect([streamed.end, streamed.events.at(-1).type]).toEqual(["max_output_tokens", "response.incomplete"]);
    expect((await ask(gateway, "responses", question("responses", false))).end).toBe("max_output_tokens");
  });
});

describe("an error", () => {
  test("of the request has the envelope, and names what is not supported", async () => {
    const gateway = await gatewayFor(mockModel([["x"]], "model m { route = t }"), { conversations: null });
    const table: readonly (readonly [object, string, string | null])[] = [
      [{ input: undefined }, "input", null],
      [{ input: [{ role: "user" }] }, "input[0].content", null],
      [{ tools: [1] }, "tools[0]", null],
      [{ previous_response_id: "resp_1" }, "previous_response_id", "unsupported_parameter"],
      [{ conversation: "conv_1" }, "conversation", "unsupported_parameter"],
      [{ prompt: { id: "p" } }, "prompt", "unsupported_parameter"],
      [{ background: true }, "background", "unsupported_parameter"],
      [{ input: [{ type: "item_reference", id: "msg_1" }] }, "input[0]", "unsupported_parameter"],
    ];
    for (const [more, param, code] of table) {
      const response = await post(gateway, "/v1/responses", { ...question("responses", false), ...more });
      expect([response.status, await response.json()]).toMatchObject([400, { error: { type: "invalid_request_error", param, code } }]);
    }
    expect((await post(gateway, "/v1/responses", { ...question("responses", false), previous_response_id: null, background: false })).status).toBe(200);
    expect((await fetch(`${gateway.url}/v1/responses`)).status).toBe(405);
  });

  test("of the chain says whether to ask again, and within a stream is `response.failed`", async () => {
    const limited = await upstream([{ does: "fails", status: 429, headers: { "retry-after": "7" } }]);
    const cut = await upstream([{ does: "stream", events: chatEvents(["half"], null), done: false, then: "cut" }]);
    const gateway = await gatewayFor(`${targetsAt({ limited, cut })}\nmodel m { route = limited }\nmodel c { route = cut }`);
    const refused = await ask(gateway, "responses", question("responses", true));
    expect([refused.status, refused.error?.type, refused.headers.get("x-should-retry"), refused.headers.get("retry-after")]).toEqual([429, "rate_limit_error", "false", "7"]);
    const half = await ask(gateway, "responses", { ...question("responses", true), model: "c" });
    expect([half.text, half.end, half.error?.code, half.events.at(-1).type]).toEqual(["half", null, "truncated", "response.failed"]);
    expect((await gateway.receipts()).at(-1)!.status).toBe("truncated");
  });
});
