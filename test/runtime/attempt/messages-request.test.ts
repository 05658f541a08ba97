import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json, Target } from "#contracts";
import { asMessages, DEFAULT_LIMIT, JSON_TOOL } from "../../../runtime/attempt/messages-request.ts";
import { chatOfMessages } from "../../../runtime/gateway/surfaces/messages/to-chat.ts";
import type { JsonObject } from "../../../runtime/stream/part.ts";
import { callOf, conversation, HELLO, tool } from "./chats.ts";

function translate(body: JsonObject, target: Partial<Target> = {}) {
  const problems: string[] = [];
  const { body: out, reading } = asMessages(callOf(body, target), (message) => void problems.push(message));
  // As it goes out: what is undefined is not there.
  return { body: JSON.parse(JSON.stringify(out)) as JsonObject, reading, problems };
}
const body = (chat: JsonObject, target: Partial<Target> = {}): JsonObject => {
  const { body: out, problems } = translate(chat, target);
  expect(problems).toEqual([]);
  return out;
};
const messages = (...list: Json[]): Json => body({ messages: list })["messages"]!;
const call = (id: string, name = "f", args = "{}"): Json => ({ id, type: "function", function: { name, arguments: args } });

describe("the whole of a plain request", () => {
  test("is the model's own name, a limit and the messages", () => {
    expect(body({})).toEqual({ model: "upstream-model", max_tokens: DEFAULT_LIMIT, messages: [{ role: "user", content: "hello" }], stream: true });
  });

  test("in the provider's own words goes on untouched but for the model, over the target's params", () => {
    const given = { model: "public", max_tokens: 9, thinking: { type: "enabled", budget_tokens: 5 }, mcp_servers: [{ a: 1 }], messages: [{ role: "user", content: [{ type: "search_result", x: 1 }] }], system: [{ type: "text", text: "s", cache_control: { type: "ephemeral" } }], temperature: 0.5 };
    const { body: out } = asMessages(callOf({}, { params: { temperature: 1, top_k: 4, max_completion_tokens: 99, reasoning_effort: "high" } }, { protocol: "messages", body: given }), () => expect.unreachable());
    expect(JSON.parse(JSON.stringify(out))).toEqual({ ...given, model: "upstream-model", stream: true, top_k: 4 });
  });
});

describe("messages", () => {
  test.each<[string, Json[], JsonObject]>([
    ["system and developer are the system", [{ role: "system", content: "a" }, HELLO, { role: "developer", content: [{ type: "text", text: "b" }] }], { system: "a\n\nb", messages: [{ role: "user", content: "hello" }] }],
    ["a system with marks of the cache keeps them", [{ role: "system", content: [{ type: "text", text: "a", cache_control: { type: "ephemeral" } }] }, HELLO], { system: [{ type: "text", text: "a", cache_control: { type: "ephemeral" } }], messages: [{ role: "user", content: "hello" }] }],
  ])("%s", (_, list, expected) => {
    expect(body({ messages: list })).toMatchObject(expected);
  });

  test.each<[string, Json[], Json]>([
    ["a picture in the request", [{ role: "user", content: [{ type: "text", text: "see" }, { type: "image_url", image_url: { url: "data:image/png;base64,AAAA", detail: "low" } }] }], [{ role: "user", content: [{ type: "text", text: "see" }, { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } }] }]],
    ["a picture by its address", [{ role: "user", content: [{ type: "image_url", image_url: { url: "https://x.test/a.png" } }] }], [{ role: "user", content: [{ type: "image", source: { type: "url", url: "https://x.test/a.png" } }] }]],
    ["a document", [{ role: "user", content: [{ type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,BBBB" } }] }], [{ role: "user", content: [{ type: "document", source: { type: "base64", media_type: "application/pdf", data: "BBBB" }, title: "a.pdf" }] }]],
    [
      "calls and their results, which come first in the user's message",
      [HELLO, { role: "assistant", content: "ok", tool_calls: [call("a", "f", '{"x":1}'), call("b", "g", "")] }, { role: "tool", tool_call_id: "a", content: "1" }, { role: "tool", tool_call_id: "b", content: [{ type: "text", text: "2" }] }, { role: "user", content: "go on" }],
      [
        { role: "user", content: "hello" },
        { role: "assistant", content: [{ type: "text", text: "ok" }, { type: "tool_use", id: "a", name: "f", input: { x: 1 } }, { type: "tool_use", id: "b", name: "g", input: {} }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "a", content: "1" }, { type: "tool_result", tool_use_id: "b", content: "2" }, { type: "text", text: "go on" }] },
      ],
    ],
    ["an id another provider made", [HELLO, { role: "assistant", content: null, tool_calls: [call("functions.f:0")] }, { role: "tool", tool_call_id: "functions.f:0", content: "" }], [{ role: "user", content: "hello" }, { role: "assistant", content: [{ type: "tool_use", id: "functions_f_0", name: "f", input: {} }] }, { role: "user", content: [{ type: "tool_result", tool_use_id: "functions_f_0" }] }]],
    ["neighbours of one role as one message", [HELLO, { role: "user", content: "there" }, { role: "assistant", content: "a" }, { role: "assistant", content: "b" }, { role: "user", content: "c" }], [{ role: "user", content: [{ type: "text", text: "hello" }, { type: "text", text: "there" }] }, { role: "assistant", content: [{ type: "text", text: "a" }, { type: "text", text: "b" }] }, { role: "user", content: "c" }]],
    ["nothing of an empty message", [HELLO, { role: "assistant", content: "" }, { role: "user", content: "c" }], [{ role: "user", content: [{ type: "text", text: "hello" }, { type: "text", text: "c" }] }]],
    ["a refusal of the past as what was said", [HELLO, { role: "assistant", content: null, refusal: "no" }, { role: "user", content: "c" }], [{ role: "user", content: "hello" }, { role: "assistant", content: "no" }, { role: "user", content: "c" }]],
    ["a piece that is not chat's as it is", [{ role: "user", content: [{ type: "search_result", source: "x" }] }], [{ role: "user", content: [{ type: "search_result", source: "x" }] }]],
  ])("%s", (_, list, expected) => {
    expect(messages(...list)).toEqual(expected);
  });

  test("an answer's beginning loses the white space at its end, and the reader knows of it", () => {
    const { body: out, reading } = translate({ messages: [HELLO, { role: "assistant", content: "once upon \n", prefix: true }] });
    expect(out["messages"]).toEqual([{ role: "user", content: "hello" }, { role: "assistant", content: "once upon" }]);
    expect(reading.given).toBe(" \n");
  });

  test.each<[string, JsonObject, Json]>([
    ["its own reasoning is given back with its signature", { reasoning_content: "hm", reasoning_details: [{ type: "reasoning.text", signature: "s", format: "anthropic-claude-v1" }] }, [{ type: "thinking", thinking: "hm", signature: "s" }, { type: "text", text: "a" }]],
    ["and its hidden reasoning", { reasoning_details: [{ type: "reasoning.encrypted", data: "xyz", format: "anthropic-claude-v1" }] }, [{ type: "redacted_thinking", data: "xyz" }, { type: "text", text: "a" }]],
    ["reasoning of another model is left out", { reasoning_content: "hm", reasoning_details: [{ type: "reasoning.text", signature: "s", format: "google-gemini-v1" }] }, "a"],
    ["reasoning without a signature is left out", { reasoning_content: "hm" }, "a"],
    ["signatures nobody can tell the texts of are left out", { reasoning_content: "hm", reasoning_details: [{ type: "reasoning.text", signature: "s", format: "anthropic-claude-v1" }, { type: "reasoning.text", signature: "t", format: "anthropic-claude-v1" }] }, "a"],
  ])("%s", (_, fields, content) => {
    expect((messages(HELLO, { role: "assistant", content: "a", ...fields }, HELLO) as Json[])[1]).toEqual({ role: "assistant", content });
  });
});

describe("settings", () => {
  test.each<[string, JsonObject, JsonObject]>([
    ["a limit", { max_tokens: 7 }, { max_tokens: 7 }],
    ["a limit by its newer name, which wins", { max_tokens: 7, max_completion_tokens: 9 }, { max_tokens: 9 }],
    ["stop, one", { stop: "X" }, { stop_sequences: ["X"] }],
    ["stop, several", { stop: ["X", "Y"] }, { stop_sequences: ["X", "Y"] }],
    ["a temperature", { temperature: 0.3 }, { temperature: 0.3 }],
    ["a temperature beyond this scale, at its end", { temperature: 1.7 }, { temperature: 1 }],
    ["top_p", { top_p: 0.9 }, { top_p: 0.9 }],
    ["a user", { user: "u1" }, { metadata: { user_id: "u1" } }],
    ["a field that is not chat's", { top_k: 5, context_management: { edits: [] } }, { top_k: 5, context_management: { edits: [] } }],
    ["a schema", { response_format: { type: "json_schema", json_schema: { name: "x", schema: { type: "object" } } } }, { output_config: { format: { type: "json_schema", schema: { type: "object" } } } }],
  ])("%s", (_, chat, expected) => {
    expect(body(chat)).toMatchObject(expected);
  });

  test.each<[string, JsonObject]>([
    ["hints and what is kept where", { seed: 1, frequency_penalty: 0.5, presence_penalty: 0.5, store: true, metadata: { a: "b" }, service_tier: "auto", prediction: {}, verbosity: "low", prompt_cache_key: "k", safety_identifier: "x", logprobs: false, top_logprobs: 0, n: 1, modalities: ["text"], logit_bias: {}, top_p: 1 }],
    ["what is null", { max_tokens: null, temperature: null, stop: null, tools: null, tool_choice: null, response_format: null, reasoning_effort: null, top_k: null }],
    ["plain text for a format", { response_format: { type: "text" } }],
    ["no effort", { reasoning_effort: "none" }],
  ])("%s go unsaid", (_, chat) => {
    expect(body(chat)).toEqual(body({}));
  });

  test("the target's params lie under the caller's, in the words of either API", () => {
    const target = { output: 2000, params: { temperature: 0.1, top_k: 3, stop: ["A"] } };
    expect(body({}, target)).toMatchObject({ max_tokens: 2000, temperature: 0.1, top_k: 3, stop_sequences: ["A"] });
    expect(body({ temperature: 0.9, stop: ["B"], max_completion_tokens: 5 }, { ...target, params: { ...target.params, max_tokens: 77 } })).toMatchObject({ max_tokens: 5, temperature: 0.9, stop_sequences: ["B"] });
  });

  test.each<[string, JsonObject, RegExp]>([
    ["several answers", { n: 2 }, /`n`/],
    ["log probabilities", { logprobs: true }, /`logprobs`/],
    ["a bias of tokens", { logit_bias: { "1": 5 } }, /`logit_bias`/],
    ["sound", { modalities: ["text", "audio"] }, /`modalities`/],
    ["sound to hear", { messages: [{ role: "user", content: [{ type: "input_audio", input_audio: { data: "AA", format: "wav" } }] }] }, /audio/],
    ["the old functions", { functions: [{ name: "f" }] }, /`functions`/],
    ["a search", { web_search_options: {} }, /`web_search_options`/],
    ["a custom tool", { tools: [{ type: "custom", custom: { name: "x" } }] }, /`tools\[0\]`/],
    ["a format nobody knows", { response_format: { type: "grammar" } }, /`response_format`/],
    ["a picture that is no address", { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "file:///etc/passwd" } }] }] }, /`messages\[0\]\.content\[0\]`/],
    ["a file of another provider", { messages: [{ role: "user", content: [{ type: "file", file: { file_id: "file-1" } }] }] }, /file_data/],
    ["arguments that are no object", { messages: [HELLO, { role: "assistant", tool_calls: [call("a", "f", "[1]")] }] }, /`messages\[1\]\.tool_calls\[0\]\.function\.arguments`/],
    ["arguments that are no JSON", { messages: [HELLO, { role: "assistant", tool_calls: [call("a", "f", "{x")] }] }, /arguments/],
    ["a result of no call", { messages: [HELLO, { role: "tool", tool_call_id: "zz", content: "1" }] }, /`messages\[1\]\.tool_call_id`/],
    ["a role nobody knows", { messages: [{ role: "narrator", content: "x" }] }, /`messages\[0\]\.role`/],
    ["nothing to answer", { messages: [{ role: "system", content: "x" }] }, /`messages`/],
  ])("%s cannot be said, and the client hears which field it was", (_, chat, message) => {
    // The first is what the client hears.
    expect(translate(chat).problems[0]).toMatch(message);
  });
});

describe("tools", () => {
  test.each<[string, JsonObject, JsonObject]>([
    ["a function", { tools: [tool("f")] }, { tools: [{ name: "f", description: "does f", input_schema: { type: "object", properties: { a: { type: "string" } } } }] }],
    ["a function without parameters", { tools: [{ type: "function", function: { name: "f" } }] }, { tools: [{ name: "f", input_schema: { type: "object" } }] }],
    ["a tool that is not chat's", { tools: [{ type: "web_search_20250305", name: "web_search" }] }, { tools: [{ type: "web_search_20250305", name: "web_search" }] }],
    ["auto", { tools: [tool("f")], tool_choice: "auto" }, { tool_choice: { type: "auto" } }],
    ["none", { tools: [tool("f")], tool_choice: "none" }, { tool_choice: { type: "none" } }],
    ["required", { tools: [tool("f")], tool_choice: "required" }, { tool_choice: { type: "any" } }],
    ["one of them", { tools: [tool("f")], tool_choice: { type: "function", function: { name: "f" } } }, { tool_choice: { type: "tool", name: "f" } }],
    ["some of them", { tools: [tool("f"), tool("g")], tool_choice: { type: "allowed_tools", allowed_tools: { mode: "required", tools: [{ type: "function", function: { name: "g" } }] } } }, { tools: [{ name: "g" }], tool_choice: { type: "any" } }],
    ["one at a time", { tools: [tool("f")], parallel_tool_calls: false }, { tool_choice: { type: "auto", disable_parallel_tool_use: true } }],
    ["one at a time and required", { tools: [tool("f")], tool_choice: "required", parallel_tool_calls: false }, { tool_choice: { type: "any", disable_parallel_tool_use: true } }],
    ["calls of the past where none may be made any more", { messages: [HELLO, { role: "assistant", tool_calls: [call("a", "f")] }, { role: "tool", tool_call_id: "a", content: "1" }] }, { tools: [{ name: "f", input_schema: { type: "object" } }], tool_choice: { type: "none" } }],
  ])("%s", (_, chat, expected) => {
    expect(body(chat)).toMatchObject(expected);
  });

  test("a strict function stays strict where the target can keep to a schema", () => {
    const strict = { tools: [tool("f", { strict: true })] };
    expect((body(strict, { can: ["tools", "json_schema"] })["tools"] as JsonObject[])[0]!["strict"]).toBe(true);
    expect((body(strict)["tools"] as JsonObject[])[0]!["strict"]).toBeUndefined();
  });

  test("an answer that must be JSON is the input of a tool that must be used", () => {
    const format = { response_format: { type: "json_object" } };
    const { body: alone, reading } = translate(format);
    expect(alone).toMatchObject({ tools: [{ name: JSON_TOOL }], tool_choice: { type: "tool", name: JSON_TOOL } });
    expect(reading.jsonTool).toBe(JSON_TOOL);
    expect(body({ ...format, tools: [tool("f")] })).toMatchObject({ tools: [{ name: "f" }, { name: JSON_TOOL }], tool_choice: { type: "any" } });
    expect(translate({ ...format, thinking: { type: "enabled", budget_tokens: 1024 } }).problems).toHaveLength(1);
  });
});

describe("reasoning", () => {
  const asked = { reasoning_effort: "medium", max_tokens: 10_000 };
  test.each<[string, JsonObject, JsonObject, JsonObject]>([
    ["an effort is a budget", asked, {}, { thinking: { type: "enabled", budget_tokens: 5000 } }],
    ["a high one a larger budget", { ...asked, reasoning_effort: "high" }, {}, { thinking: { type: "enabled", budget_tokens: 8000 } }],
    ["where the target thinks by its own measure it is an effort", asked, { thinking: { type: "adaptive" } }, { thinking: { type: "adaptive" }, output_config: { effort: "medium" } }],
    ["the caller's own thinking stays", { ...asked, thinking: { type: "enabled", budget_tokens: 1234 } }, {}, { thinking: { type: "enabled", budget_tokens: 1234 } }],
  ])("%s", (_, chat, params, expected) => {
    expect(body(chat, { params: params as Target["params"] })).toMatchObject(expected);
  });

  test("takes temperature and top_k away, which may not stand beside it", () => {
    expect(Object.keys(body({ ...asked, temperature: 0.5, top_k: 3 }))).not.toContain("temperature");
    expect(Object.keys(body({ ...asked, temperature: 0.5, top_k: 3 }))).not.toContain("top_k");
  });

  const step = [HELLO, { role: "assistant", content: null, tool_calls: [call("a")] }, { role: "tool", tool_call_id: "a", content: "1" }];
  const signed = { reasoning_content: "hm", reasoning_details: [{ type: "reasoning.text", signature: "s", format: "anthropic-claude-v1" }] };
  test.each<[string, JsonObject, boolean]>([
    ["gives way to a call that must be made", { tools: [tool("f")], tool_choice: "required" }, false],
    ["gives way where the answer is too short for it", { max_tokens: 1024 }, false],
    ["gives way where a step of this turn came without its thoughts", { messages: step }, false],
    ["stays where the step has them", { messages: [HELLO, { ...(step[1] as JsonObject), ...signed }, step[2]!] }, true],
    ["stays where the step was in an earlier turn", { messages: [...step, { role: "assistant", content: "x" }, HELLO] }, true],
  ])("%s", (_, chat, thinks) => {
    expect("thinking" in body({ ...asked, ...chat })).toBe(thinks);
  });
});

describe("there and back", () => {
  test("a conversation keeps its roles, texts, pictures, calls and results", () => {
    fc.assert(
      fc.property(conversation, (chat) => {
        const { body: out, problems } = translate({ messages: chat as readonly Json[], tools: [tool("look_up")] });
        expect(problems).toEqual([]);
        const back = chatOfMessages(out)["messages"] as readonly JsonObject[];
        expect(back.map(plain)).toEqual(chat.map(plain));
        const roles = (out["messages"] as readonly JsonObject[]).map((one) => one["role"]);
        expect(roles.every((role, at) => role === (at % 2 === 0 ? "user" : "assistant"))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

/** A message with its one text as a string, however it was written. */
function plain(message: JsonObject): JsonObject {
  const { role, content, tool_calls: calls, tool_call_id: id } = message;
  const pieces = typeof content === "string" ? [{ type: "text", text: content }] : ((content ?? []) as readonly JsonObject[]);
  return { role, content: pieces as readonly Json[], ...(calls === undefined ? {} : { calls: (calls as readonly JsonObject[]).map((one) => one["function"]!) }), ...(id === undefined ? {} : { id }) };
}
