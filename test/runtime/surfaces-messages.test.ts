// `/v1/messages`: what its clients send and get, whichever protocol the provider speaks.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { messages } from "../../runtime/gateway/surfaces/messages/index.ts";
import type { JsonObject } from "../../runtime/stream/index.ts";
import { chatEvents, completion } from "../support/upstream-server.ts";
import { gatewayFor, mockModel, targetsAt, upstream } from "./gateway/harness.ts";
import { ask, post, question, told } from "./surfaces-harness.ts";

const TOOL = { name: "look_up", description: "Looks up.", input_schema: { type: "object", properties: { of: { type: "string" } } } };

const chat = (body: object): JsonObject => messages.toChat({ model: "m", max_tokens: 10, messages: [{ role: "user", content: "hi" }], ...body } as JsonObject);

describe("a request in chat", () => {
  test("has the system prompt first, whether it is a text or blocks", () => {
    expect(chat({ system: "Be brief." })["messages"]).toEqual([{ role: "system", content: "Be brief." }, { role: "user", content: "hi" }]);
    const blocks = [{ type: "text", text: "You are a helper.", cache_control: { type: "ephemeral" } }, { type: "text", text: "Be brief." }];
    expect(chat({ system: blocks })["messages"]).toEqual([{ role: "system", content: "You are a helper.\nBe brief." }, { role: "user", content: "hi" }]);
  });

  test("has what tools at the provider found as calls and their results, in their place", () => {
    const used = (id: string, query: string) => ({ type: "server_tool_use", id, name: "web_search", input: { query } });
    const found = (id: string, title: string) => ({ type: "web_search_tool_result", tool_use_id: id, content: [{ type: "web_search_result", title, encrypted_content: "x" }] });
    const content = [{ type: "text", text: "Let me see." }, used("s1", "a"), used("s2", "b"), found("s1", "A"), found("s2", "B"), { type: "text", text: "So." }, used("s3", "not answered yet")];
    const call = (id: string, query: string) => ({ id, type: "function", function: { name: "web_search", arguments: JSON.stringify({ query }) } });
    const result = (id: string, title: string) => ({ role: "tool", tool_call_id: id, content: JSON.stringify([{ type: "web_search_result", title }]) });
    expect(chat({ messages: [{ role: "user", content: "hi" }, { role: "assistant", content }] })["messages"]).toEqual([
      { role: "user", content: "hi" },
      { role: "assistant", content: "Let me see.", tool_calls: [call("s1", "a"), call("s2", "b")] },
      result("s1", "A"),
      result("s2", "B"),
      { role: "assistant", content: "So." },
    ]);
  });

  test("has calls with the assistant's text and their results as messages right behind it", () => {
    const conversation = [
      { role: "user", content: [{ type: "text", text: "look " }, { type: "text", text: "it up" }] },
      { role: "assistant", content: [{ type: "thinking", thinking: "hm", signature: "s" }, { type: "text", text: "Let me see." }, { type: "tool_use", id: "t1", name: "look_up", input: { of: "x" } }, { type: "tool_use", id: "t2", name: "look_up", input: {} }] },
      { role: "user", content: [{ type: "text", text: "and be quick" }, { type: "tool_result", tool_use_id: "t1", content: "found" }, { type: "tool_result", tool_use_id: "t2", is_error: true, content: [{ type: "text", text: "gone" }] }] },
    ];
    expect(chat({ messages: conversation })["messages"]).toEqual([
      { role: "user", content: [{ type: "text", text: "look " }, { type: "text", text: "it up" }] },
      { role: "assistant", content: "Let me see.", reasoning_details: [{ type: "reasoning.text", text: "hm", signature: "s", format: "anthropic-claude-v1" }], tool_calls: [{ id: "t1", type: "function", function: { name: "look_up", arguments: '{"of":"x"}' } }, { id: "t2", type: "function", function: { name: "look_up", arguments: "{}" } }] },
      { role: "tool", tool_call_id: "t1", content: "found" },
      { role: "tool", tool_call_id: "t2", content: "Error: gone" },
      { role: "user", content: "and be quick" },
    ]);
  });

  test("shows pictures and files, those of a tool's result too", () => {
    const image = { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } };
    const content = [image, { type: "image", source: { type: "url", url: "https://example.test/a.png" } }, { type: "document", title: "a.pdf", source: { type: "base64", media_type: "application/pdf", data: "BBBB" } }];
    expect(chat({ messages: [{ role: "user", content }] })["messages"]).toEqual([
      { role: "user", content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }, { type: "image_url", image_url: { url: "https://example.test/a.png" } }, { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,BBBB" } }] },
    ]);
    const shown = chat({ messages: [{ role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: [{ type: "text", text: "here" }, image] }] }] })["messages"];
    expect(shown).toEqual([{ role: "tool", tool_call_id: "t", content: "here" }, { role: "user", content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }] }]);
  });

  test("has the same tools, limits and format under chat's names, and nothing that was not asked for", () => {
    expect(chat({})).toEqual({ model: "m", max_tokens: 10, messages: [{ role: "user", content: "hi" }] });
    const asked = chat({
      tools: [TOOL, { type: "web_search_20250305", name: "web_search" }], tool_choice: { type: "any", disable_parallel_tool_use: true }, stop_sequences: ["END"], temperature: 0.5, top_p: 0.9, top_k: 3,
      thinking: { type: "enabled", budget_tokens: 2_000 }, metadata: { user_id: "ada" }, output_config: { format: { type: "json_schema", schema: { type: "object" } } },
    });
    expect(asked).toMatchObject({
      tools: [{ type: "function", function: { name: "look_up", description: "Looks up.", parameters: TOOL.input_schema } }], tool_choice: "required", parallel_tool_calls: false, stop: ["END"], temperature: 0.5, top_p: 0.9,
      reasoning_effort: "low", user: "ada", response_format: { type: "json_schema", json_schema: { schema: { type: "object" } } },
    });
    expect(asked["top_k"]).toBe(undefined);
    expect(chat({ tools: [TOOL], tool_choice: { type: "tool", name: "look_up" } })["tool_choice"]).toEqual({ type: "function", function: { name: "look_up" } });
  });
});

describe("facts", () => {
  const facts = (body: object) => messages.facts({ model: "m", max_tokens: 10, messages: [{ role: "user", content: "hi" }], ...body } as JsonObject);

  test("are read off the body: the limit, the turn, what it needs", () => {
    expect(facts({})).toMatchObject({ output: 10, turn: 0, stream: false, needs: [] });
    expect(facts({ stream: true, messages: [{ role: "user", content: "a" }, { role: "assistant", content: "b" }, { role: "user", content: "c" }] })).toMatchObject({ stream: true, turn: 1 });
    expect(facts({ tools: [TOOL] }).needs).toEqual(["tools"]);
    expect(facts({ tools: [{ type: "web_search_20250305", name: "web_search" }] }).needs).toEqual(["tools"]);
    expect(facts({ thinking: { type: "enabled", budget_tokens: 2_000 } }).needs).toEqual(["reasoning"]);
    expect(facts({ thinking: { type: "adaptive" }, output_config: { effort: "high" } }).needs).toEqual([]);
    expect(facts({ messages: [{ role: "user", content: [{ type: "image", source: { type: "url", url: "x" } }] }] }).needs).toEqual(["vision"]);
  });

  test("count what the model will read: more text is never fewer tokens", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, more) => {
        const of = (said: string): number => facts({ system: said, tools: [TOOL], messages: [{ role: "user", content: [{ type: "text", text: said }] }] }).tokens;
        expect(of(`${one} ${more}`)).toBeGreaterThanOrEqual(of(one) - 1);
      }),
      { numRuns: 100 },
    );
  });
});

describe("the request again", () => {
  const body = { model: "m", max_tokens: 5, messages: [{ role: "user", content: "hi" }] } as JsonObject;

  test("is the client's own where nothing is added, and says what a rule wants said where something is", () => {
    expect(messages.again(body, { reminders: [], kept: "", continues: "prefix" })).toBe(body);
    expect(messages.again(body, { reminders: ["be good"], kept: "", continues: "prefix" })["messages"]).toEqual([{ role: "user", content: "hi" }, { role: "user", content: "be good" }]);
    expect(messages.again(body, { reminders: ["be good"], kept: "so far ", continues: "prefix" })["messages"]).toEqual([{ role: "user", content: "hi" }, { role: "user", content: "be good" }, { role: "assistant", content: "so far" }]);
    const instructed = messages.again(body, { reminders: ["be good"], kept: "so far ", continues: "instruction" })["messages"] as JsonObject[];
    expect(instructed.map((one) => one["role"])).toEqual(["user", "assistant", "user"]);
    expect(instructed[2]!["content"]).toContain("be good");
  });

  test("does not bring a provider thinking that it has not signed", () => {
    const assistant = { role: "assistant", content: [{ type: "thinking", thinking: "mine", signature: "s" }, { type: "thinking", thinking: "another's", signature: "" }, { type: "text", text: "x" }] };
    const again = messages.again({ ...body, messages: [assistant, { role: "assistant", content: [{ type: "thinking", thinking: "y", signature: "" }] }] }, { reminders: [], kept: "", continues: "prefix" });
    expect(again["messages"]).toEqual([{ role: "assistant", content: [{ type: "thinking", thinking: "mine", signature: "s" }, { type: "text", text: "x" }] }]);
  });
});

describe("an answer of a chat provider", () => {
  test("is a message: text, its end, and what it cost", async () => {
    const a = await upstream([{ does: "json", body: completion("hello") }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    const answer = await ask(gateway, "messages", question("messages", false));
    expect(JSON.parse(answer.body)).toEqual({
      id: expect.stringMatching(/^msg_/), type: "message", role: "assistant", model: "m", content: [{ type: "text", text: "hello" }], stop_reason: "end_turn", stop_sequence: null,
      usage: { input_tokens: 3, output_tokens: 2, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
    });
    expect(a.seen[0]!.body).toMatchObject({ model: "up-a", max_tokens: 100, messages: [{ role: "user", content: "hi" }] });
    expect(await gateway.receipts()).toMatchObject([{ surface: "messages", stream: false, status: "completed", tokens: { input: 3, output: 2 } }]);
  });

  test("is streamed in its order, from `message_start` to `message_stop`", async () => {
    const gateway = await gatewayFor(mockModel([["Hello ", "there"]], "model m { route = t }"));
    const answer = await ask(gateway, "messages", question("messages", true));
    expect(answer.events.map((event) => event.type)).toEqual(["message_start", "content_block_start", "content_block_delta", "content_block_delta", "content_block_stop", "message_delta", "message_stop"]);
    expect(answer).toMatchObject({ text: "Hello there", end: "end_turn", error: null });
    expect(answer.events[0].message).toMatchObject({ type: "message", role: "assistant", model: "m", content: [], stop_reason: null });
    expect(answer.events.at(-2).usage.output_tokens).toBe(3);
  });

  const call = (index: number, more: object) => JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: [{ index, ...more }] }, finish_reason: null }] });
  const finish = (reason: string) => JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: reason }] });

  test("has thinking, text and calls as blocks of their own", async () => {
    const events = [
      JSON.stringify({ choices: [{ index: 0, delta: { reasoning_content: "let me think" }, finish_reason: null }] }),
      JSON.stringify({ choices: [{ index: 0, delta: { content: "Looking." }, finish_reason: null }] }),
      call(0, { id: "c1", type: "function", function: { name: "look_up", arguments: "" } }),
      call(0, { function: { arguments: '{"of":' } }),
      call(0, { function: { arguments: '"x"}' } }),
      call(1, { id: "c2", type: "function", function: { name: "other", arguments: "{}" } }),
      finish("tool_calls"),
    ];
    const a = await upstream([{ does: "stream", events }, { does: "stream", events: [call(0, { id: "c1", function: { name: "one", arguments: "{" } }), call(1, { id: "c2", function: { name: "two", arguments: "{}" } }), call(0, { function: { arguments: "}" } }), finish("tool_calls")] }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    const answer = await ask(gateway, "messages", question("messages", true));
    expect(answer).toMatchObject({ reasoning: "let me think", text: "Looking.", end: "tool_use", calls: [{ name: "look_up", arguments: '{"of":"x"}' }, { name: "other", arguments: "{}" }] });
    expect(answer.events.filter((event) => event.type === "content_block_start").map((event) => event.content_block.type)).toEqual(["thinking", "text", "tool_use", "tool_use"]);
    // Two calls at once stay apart.
    expect((await ask(gateway, "messages", question("messages", true))).calls).toEqual([{ name: "one", arguments: "{}" }, { name: "two", arguments: "{}" }]);
  });

  test("whole has calls with their input as an object, and none that ran into the limit", async () => {
    const calls = [{ id: "c1", type: "function", function: { name: "look_up", arguments: '{"of":"x"}' } }, { id: "c2", type: "function", function: { name: "look_up", arguments: '{"of":' } }];
    const a = await upstream([{ does: "json", body: completion("", { choices: [{ index: 0, message: { role: "assistant", content: null, tool_calls: calls }, finish_reason: "length" }] }) }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    const { content, stop_reason } = JSON.parse((await ask(gateway, "messages", question("messages", false))).body);
    expect([content, stop_reason]).toEqual([[{ type: "tool_use", id: "c1", name: "look_up", input: { of: "x" } }], "max_tokens"]);
  });

  test("keeps its order where a rule holds text back in front of a call", async () => {
    const events = [JSON.stringify({ choices: [{ index: 0, delta: { content: "I will use sec" }, finish_reason: null }] }), call(0, { id: "c1", function: { name: "look_up", arguments: "{}" } }), finish("tool_calls")];
    const a = await upstream([{ does: "stream", events }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nrule r on text { match /secret/  then block "no" }\nmodel m { route = a  rules = [r] }`);
    const answer = await ask(gateway, "messages", question("messages", true));
    expect(answer).toMatchObject({ text: "I will use sec", end: "tool_use", calls: [{ name: "look_up", arguments: "{}" }] });
    expect(answer.events.filter((event) => event.type === "content_block_start").map((event) => event.content_block.type)).toEqual(["text", "tool_use"]);
  });
});

describe("an error", () => {
  const POLICY = mockModel([["x"]], 'guard never { then refuse "not for anyone" }\nmodel m { route = t }\nmodel refused { route = t  guards = [never] }');

  test("has this protocol's envelope wherever it comes from", async () => {
    const gateway = await gatewayFor(POLICY);
    const table: readonly (readonly [string, unknown, Record<string, string>, number, string])[] = [
      ["/v1/messages", "{", {}, 400, "invalid_request_error"],
      ["/v1/messages", { model: "m", messages: [{ role: "user", content: "x" }] }, {}, 400, "invalid_request_error"],
      ["/v1/messages", { model: "m", max_tokens: 1, messages: [{ role: "tool", content: "x" }] }, {}, 400, "invalid_request_error"],
      ["/v1/messages", { ...question("messages", false), model: "nothing" }, {}, 404, "not_found_error"],
      ["/v1/messages", { ...question("messages", false), model: "refused" }, {}, 403, "permission_error"],
      ["/v1/messages", "x", { "content-type": "text/plain" }, 415, "invalid_request_error"],
      ["/v1/messages/batches", {}, {}, 404, "not_found_error"],
      ["/v1/messages/count_tokens", { model: "m" }, {}, 400, "invalid_request_error"],
    ];
    for (const [path, body, headers, status, type] of table) {
      const response = await post(gateway, path, body, headers);
      expect([path, response.status, await response.json()]).toMatchObject([path, status, { type: "error", error: { type, message: expect.any(String) } }]);
    }
    const get = await fetch(`${gateway.url}/v1/messages`);
    expect([get.status, get.headers.get("allow"), await get.json()]).toMatchObject([405, "POST, OPTIONS", { type: "error", error: { type: "invalid_request_error" } }]);
  });

  test("of the chain says whether to ask again, and within a stream is an event", async () => {
    const limited = await upstream([{ does: "fails", status: 429, headers: { "retry-after": "7" } }]);
    const cut = await upstream([{ does: "stream", events: chatEvents(["half"], null), done: false, then: "cut" }]);
    const gateway = await gatewayFor(`${targetsAt({ limited, cut })}\nmodel m { route = limited }\nmodel c { route = cut }`);
    const refused = await ask(gateway, "messages", question("messages", true));
    expect([refused.status, refused.error?.type, refused.headers.get("x-should-retry"), refused.headers.get("retry-after")]).toEqual([429, "rate_limit_error", "false", "7"]);
    const half = await ask(gateway, "messages", { ...question("messages", true), model: "c" });
    expect([half.text, half.end, half.error?.type]).toEqual(["half", null, "api_error"]);
    expect((await gateway.receipts()).at(-1)!.status).toBe("truncated");
  });
});

describe("count_tokens", () => {
  test("is the estimate that guards go by, and asks no provider", async () => {
    const a = await upstream([{ does: "hangs" }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    const body = { model: "m", system: "Be brief.", tools: [TOOL], messages: [{ role: "user", content: "How many tokens is this?" }] };
    const response = await post(gateway, "/v1/messages/count_tokens", body, { "anthropic-version": "2023-06-01", "x-api-key": "any" });
    expect(await response.json()).toEqual({ input_tokens: messages.facts(body as JsonObject).tokens });
    expect([a.seen.length, (await gateway.receipts()).length]).toEqual([0, 0]);
  });
});

test("the headers of its clients are taken as they come", async () => {
  const gateway = await gatewayFor(mockModel([["x"]], "model m { route = t }"));
  const response = await post(gateway, "/v1/messages", question("messages", false), { "anthropic-version": "2023-06-01", "anthropic-beta": "fine-grained-tool-streaming-2025-05-14", "x-api-key": "any", "x-claude-code-session-id": "s1" });
  expect((await told("messages", response)).text).toBe("x");
  expect((await gateway.receipts())[0]!.caller["session"]).toEqual({ value: "s1", source: "header" });
});
