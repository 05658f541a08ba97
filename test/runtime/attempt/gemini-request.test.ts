import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json, Target } from "#contracts";
import { asGemini } from "../../../runtime/attempt/gemini-request.ts";
import type { JsonObject } from "../../../runtime/stream/part.ts";
import { callOf, conversation, HELLO, tool } from "./chats.ts";

function translate(body: JsonObject, target: Partial<Target> = {}) {
  const problems: string[] = [];
  const out = asGemini(callOf(body, target), (message) => void problems.push(message));
  return { body: JSON.parse(JSON.stringify(out)) as JsonObject, problems };
}
const body = (chat: JsonObject, target: Partial<Target> = {}): JsonObject => {
  const { body: out, problems } = translate(chat, target);
  expect(problems).toEqual([]);
  return out;
};
const contents = (...list: Json[]): Json => body({ messages: list })["contents"]!;
const config = (chat: JsonObject, target: Partial<Target> = {}): JsonObject => body(chat, target)["generationConfig"] as JsonObject;
const call = (id: string, name = "f", args = "{}", more: JsonObject = {}): Json => ({ id, type: "function", function: { name, arguments: args }, ...more });
const hello = { role: "user", parts: [{ text: "hello" }] };

describe("the whole of a plain request", () => {
  test("is its contents", () => {
    expect(body({})).toEqual({ contents: [hello], generationConfig: {} });
  });
});

describe("messages", () => {
  test("system and developer are the instruction", () => {
    expect(body({ messages: [{ role: "system", content: "a" }, HELLO, { role: "developer", content: "b" }] })).toMatchObject({ systemInstruction: { parts: [{ text: "a" }, { text: "b" }] }, contents: [hello] });
  });

  test.each<[string, Json[], Json]>([
    ["a picture in the request", [{ role: "user", content: [{ type: "text", text: "see" }, { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }] }], [{ role: "user", parts: [{ text: "see" }, { inlineData: { mimeType: "image/png", data: "AAAA" } }] }]],
    ["a picture by its address", [{ role: "user", content: [{ type: "image_url", image_url: { url: "https://x.test/a.png" } }] }], [{ role: "user", parts: [{ fileData: { fileUri: "https://x.test/a.png" } }] }]],
    ["sound", [{ role: "user", content: [{ type: "input_audio", input_audio: { data: "AA", format: "mp3" } }] }], [{ role: "user", parts: [{ inlineData: { mimeType: "audio/mp3", data: "AA" } }] }]],
    ["a document", [{ role: "user", content: [{ type: "file", file: { file_data: "data:application/pdf;base64,BB" } }] }], [{ role: "user", parts: [{ inlineData: { mimeType: "application/pdf", data: "BB" } }] }]],
    [
      "calls and their results, in the order of the calls",
      [HELLO, { role: "assistant", content: "ok", tool_calls: [call("a", "f", '{"x":1}'), call("b", "f", '{"x":2}')] }, { role: "tool", tool_call_id: "b", content: "two" }, { role: "tool", tool_call_id: "a", content: '{"one":1}' }, { role: "assistant", content: "done" }, HELLO],
      [
        hello,
        { role: "model", parts: [{ text: "ok" }, { functionCall: { name: "f", args: { x: 1 } } }, { functionCall: { name: "f", args: { x: 2 } } }] },
        { role: "user", parts: [{ functionResponse: { name: "f", response: { one: 1 } } }, { functionResponse: { name: "f", response: { result: "two" } } }] },
        { role: "model", parts: [{ text: "done" }] },
        hello,
      ],
    ],
    ["a picture that a call gave, beside its result", [HELLO, { role: "assistant", tool_calls: [call("a")] }, { role: "tool", tool_call_id: "a", content: [{ type: "text", text: "1" }, { type: "image_url", image_url: { url: "https://x.test/a.png" } }] }, { role: "assistant", content: "x" }, HELLO], [hello, { role: "model", parts: [{ functionCall: { name: "f", args: {} } }] }, { role: "user", parts: [{ functionResponse: { name: "f", response: { result: "1" } } }, { fileData: { fileUri: "https://x.test/a.png" } }] }, { role: "model", parts: [{ text: "x" }] }, hello]],
    ["a call's own signature", [HELLO, { role: "assistant", content: null, tool_calls: [call("a", "f", "{}", { extra_content: { google: { thought_signature: "s" } } })] }, { role: "tool", tool_call_id: "a", content: "1" }], [hello, { role: "model", parts: [{ functionCall: { name: "f", args: {} }, thoughtSignature: "s" }] }, { role: "user", parts: [{ functionResponse: { name: "f", response: { result: "1" } } }] }]],
    ["in the turn under way, the word for a step of another model", [HELLO, { role: "assistant", content: null, tool_calls: [call("a"), call("b")] }, { role: "tool", tool_call_id: "a", content: "1" }, { role: "tool", tool_call_id: "b", content: "2" }], [hello, { role: "model", parts: [{ functionCall: { name: "f", args: {} }, thoughtSignature: "skip_thought_signature_validator" }, { functionCall: { name: "f", args: {} } }] }, { role: "user", parts: [{ functionResponse: { name: "f", response: { result: "1" } } }, { functionResponse: { name: "f", response: { result: "2" } } }] }]],
    ["neighbours of one role as one content", [HELLO, { role: "user", content: "there" }], [{ role: "user", parts: [{ text: "hello" }, { text: "there" }] }]],
    ["nothing of reasoning, nor of an empty message", [HELLO, { role: "assistant", content: "", reasoning_content: "hm", reasoning_details: [{ type: "reasoning.text", text: "hm", signature: "s", format: "anthropic-claude-v1" }] }, HELLO], [{ role: "user", parts: [{ text: "hello" }, { text: "hello" }] }]],
  ])("%s", (_, list, expected) => {
    expect(contents(...list)).toEqual(expected);
  });
});

describe("settings", () => {
  test.each<[string, JsonObject, JsonObject]>([
    ["numbers", { temperature: 1.7, top_p: 0.9, top_k: 5, seed: 3, presence_penalty: 0.5, frequency_penalty: 0.2 }, { temperature: 1.7, topP: 0.9, topK: 5, seed: 3, presencePenalty: 0.5, frequencyPenalty: 0.2 }],
    ["a limit", { max_tokens: 7 }, { maxOutputTokens: 7 }],
    ["a limit by its newer name, which wins", { max_tokens: 7, max_completion_tokens: 9 }, { maxOutputTokens: 9 }],
    ["stop", { stop: "X" }, { stopSequences: ["X"] }],
    ["several answers", { n: 2 }, { candidateCount: 2 }],
    ["JSON", { response_format: { type: "json_object" } }, { responseMimeType: "application/json" }],
    ["a schema, as it is", { response_format: { type: "json_schema", json_schema: { name: "x", schema: { type: "object", $defs: { a: {} }, additionalProperties: false } } } }, { responseMimeType: "application/json", responseJsonSchema: { type: "object", $defs: { a: {} }, additionalProperties: false } }],
    ["an effort, as a budget", { reasoning_effort: "medium" }, { thinkingConfig: { includeThoughts: true, thinkingBudget: 8192 } }],
    ["no effort", { reasoning_effort: "none" }, { thinkingConfig: { thinkingBudget: 0 } }],
    ["the provider's own words beside them", { temperature: 0.5, generationConfig: { mediaResolution: "LOW" } }, { temperature: 0.5, mediaResolution: "LOW" }],
    ["nothing of penalties that are none, nor of nulls", { presence_penalty: 0, frequency_penalty: 0, temperature: null, seed: null, n: 1 }, {}],
  ])("%s", (_, chat, expected) => {
    expect(config(chat)).toEqual(expected);
  });

  test("fields that are not chat's go on, chat's own do not", () => {
    expect(body({ safetySettings: [{ category: "x" }], store: true, user: "u", metadata: { a: "b" }, service_tier: "auto" })).toEqual({ contents: [hello], generationConfig: {}, safetySettings: [{ category: "x" }] });
  });

  test("the target's params lie under the caller's, in the words of either API", () => {
    const params = { temperature: 0.1, generationConfig: { topK: 3, thinkingConfig: { thinkingLevel: "low" } }, safetySettings: [] };
    expect(body({}, { params })).toEqual({ contents: [hello], safetySettings: [], generationConfig: { temperature: 0.1, topK: 3, thinkingConfig: { thinkingLevel: "low" } } });
    expect(config({ temperature: 0.9, reasoning_effort: "high" }, { params })).toEqual({ temperature: 0.9, topK: 3, thinkingConfig: { includeThoughts: true, thinkingLevel: "high" } });
  });

  test.each<[string, JsonObject, RegExp]>([
    ["log probabilities", { logprobs: true }, /`logprobs`/],
    ["sound to speak", { modalities: ["audio"] }, /`modalities`/],
    ["one call at a time", { tools: [tool("f")], parallel_tool_calls: false }, /`parallel_tool_calls`/],
    ["a custom tool", { tools: [{ type: "custom", custom: { name: "x" } }] }, /`tools\[0\]`/],
    ["a piece nobody knows", { messages: [{ role: "user", content: [{ type: "hologram" }] }] }, /hologram/],
    ["nothing to answer", { messages: [{ role: "system", content: "x" }] }, /`messages`/],
  ])("%s cannot be said, and the client hears which field it was", (_, chat, message) => {
    expect(translate(chat).problems[0]).toMatch(message);
  });
});

describe("tools", () => {
  const declared = { functionDeclarations: [{ name: "f", description: "does f", parametersJsonSchema: { type: "object", properties: { a: { type: "string" } } } }] };
  test.each<[string, JsonObject, JsonObject]>([
    ["a function", { tools: [tool("f")] }, { tools: [declared] }],
    ["a function without parameters", { tools: [{ type: "function", function: { name: "f" } }] }, { tools: [{ functionDeclarations: [{ name: "f" }] }] }],
    ["a tool that is not chat's", { tools: [tool("f"), { googleSearch: {} }] }, { tools: [declared, { googleSearch: {} }] }],
    ["auto", { tools: [tool("f")], tool_choice: "auto" }, { toolConfig: { functionCallingConfig: { mode: "AUTO" } } }],
    ["none", { tools: [tool("f")], tool_choice: "none" }, { toolConfig: { functionCallingConfig: { mode: "NONE" } } }],
    ["required", { tools: [tool("f")], tool_choice: "required" }, { toolConfig: { functionCallingConfig: { mode: "ANY" } } }],
    ["one of them", { tools: [tool("f")], tool_choice: { type: "function", function: { name: "f" } } }, { toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["f"] } } }],
    ["a choice beside the provider's own config", { tools: [tool("f")], tool_choice: "auto", toolConfig: { retrievalConfig: {} } }, { toolConfig: { retrievalConfig: {}, functionCallingConfig: { mode: "AUTO" } } }],
  ])("%s", (_, chat, expected) => {
    expect(body(chat)).toMatchObject(expected);
  });
});

describe("a conversation", () => {
  test("keeps its roles in turn, its texts, pictures, calls and results", () => {
    fc.assert(
      fc.property(conversation, (chat) => {
        const out = body({ messages: chat as readonly Json[] });
        const given = out["contents"] as readonly { readonly role: string; readonly parts: readonly JsonObject[] }[];
        expect(given.every(({ role }, at) => role === (at % 2 === 0 ? "user" : "model"))).toBe(true);
        const parts = given.flatMap((content) => content.parts);
        const of = (field: string) => parts.flatMap((part) => (part[field] === undefined ? [] : [part[field] as JsonObject]));

        const calls = chat.flatMap((message) => (message["tool_calls"] ?? []) as readonly { readonly function: { readonly name: string; readonly arguments: string } }[]);
        expect(of("functionCall")).toEqual(calls.map(({ function: its }) => ({ name: its.name, args: JSON.parse(its.arguments) as unknown })));
        const results = chat.filter((message) => message["role"] === "tool").map((message) => message["content"] as string);
        expect(of("functionResponse").map((one) => one["response"])).toEqual(results.map(responseOf));
        expect(of("functionResponse").map((one) => one["name"])).toEqual(calls.map((one) => one.function.name));

        const pieces = chat.filter((message) => message["role"] !== "system" && message["role"] !== "tool").flatMap(({ content }) => (typeof content === "string" ? [{ type: "text", text: content }] : ((content ?? []) as readonly JsonObject[])));
        expect(of("text")).toEqual(pieces.filter((piece) => piece["type"] === "text").map((piece) => piece["text"]));
        expect(of("inlineData").length + of("fileData").length).toBe(pieces.filter((piece) => piece["type"] === "image_url").length);
      }),
      { numRuns: 300 },
    );
  });
});

function responseOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Text.
  }
  return { result: text };
}
