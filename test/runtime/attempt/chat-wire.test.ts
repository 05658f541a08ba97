import { describe, expect, test } from "vitest";
import type { Json } from "#contracts";
import { createChatReader } from "../../../runtime/attempt/chat-wire.ts";
import type { JsonObject, Part } from "../../../runtime/stream/part.ts";

const read = (...raws: readonly Json[]): Part[] => {
  const reader = createChatReader();
  return raws.flatMap((raw) => reader.read(raw as JsonObject));
};
const delta = (delta: Json, more: { readonly [key: string]: Json } = {}): Json => ({ choices: [{ index: 0, delta, ...more }] });

describe("the parts of a chunk", () => {
  test.each<[string, Json, readonly Part[]]>([
    ["text", delta({ content: "hi" }), [{ kind: "text", choice: 0, text: "hi" }]],
    ["nothing of an empty delta", delta({ content: "", role: "assistant" }), []],
    ["nothing of a null content", delta({ content: null }), []],
    ["DeepSeek's reasoning", delta({ content: null, reasoning_content: "hm" }), [{ kind: "reasoning", choice: 0, text: "hm" }]],
    ["OpenRouter's reasoning, once", delta({ reasoning: "hm", reasoning_content: "hm" }), [{ kind: "reasoning", choice: 0, text: "hm" }]],
    [
      "Mistral's pieces",
      delta({ content: [{ type: "thinking", thinking: [{ type: "text", text: "a" }, { type: "text", text: "b" }] }, { type: "text", text: "c" }] }),
      [
        { kind: "reasoning", choice: 0, text: "ab" },
        { kind: "text", choice: 0, text: "c" },
      ],
    ],
    ["a thinking text", delta({ content: [{ type: "thinking", thinking: "a" }] }), [{ kind: "reasoning", choice: 0, text: "a" }]],
    ["the finish", delta({}, { finish_reason: "length" }), [{ kind: "finish", choice: 0, reason: "length" }]],
    ["usage", { choices: [], usage: { prompt_tokens: 3, completion_tokens: 4 } }, [{ kind: "usage", input: 3, output: 4 }]],
    ["no usage where it is null", { choices: [], usage: null }, []],
    ["another choice", { choices: [{ index: 1, delta: { content: "x" } }] }, [{ kind: "text", choice: 1, text: "x" }]],
    ["nothing of what is not understood", { object: "ping", choices: "none" }, []],
    ["nothing of a choice that is none", { choices: [null, 3, []] }, []],
    [
      "a whole call",
      delta({ tool_calls: [{ id: "c1", function: { name: "f", arguments: "{}" } }] }),
      [{ kind: "tool", choice: 0, index: 0, id: "c1", name: "f", arguments: "{}" }],
    ],
    [
      "a call whose arguments are an object",
      delta({ tool_calls: [{ id: "c1", index: 0, function: { name: "f", arguments: { a: 1 } } }] }),
      [{ kind: "tool", choice: 0, index: 0, id: "c1", name: "f", arguments: '{"a":1}' }],
    ],
    [
      "a custom tool's input",
      delta({ tool_calls: [{ id: "c1", index: 0, type: "custom", custom: { name: "f", input: "x" } }] }),
      [{ kind: "tool", choice: 0, index: 0, id: "c1", name: "f", arguments: "x", custom: true }],
    ],
    [
      "a whole answer",
      { choices: [{ index: 0, message: { role: "assistant", content: "hi", reasoning_content: "hm" }, finish_reason: "stop" }], usage: { prompt_tokens: 1, completion_tokens: 2 } },
      [
        { kind: "reasoning", choice: 0, text: "hm" },
        { kind: "text", choice: 0, text: "hi" },
        { kind: "finish", choice: 0, reason: "stop" },
        { kind: "usage", input: 1, output: 2 },
      ],
    ],
  ])("%s", (_, raw, parts) => {
    const before = JSON.stringify(raw);
    expect(read(raw)).toEqual(parts);
    expect(JSON.stringify(raw)).toBe(before);
  });
});

const call = (id: string | null, name: string, args: string): Json => ({ ...(id === null ? {} : { id }), function: { name, arguments: args } });
const places = (...raws: readonly Json[]) => read(...raws).map((part) => (part.kind === "tool" ? part.index : -1));

describe("tool calls without an index", () => {
  test("several in one chunk are several calls", () => {
    expect(places(delta({ tool_calls: [call("a", "f", "{}"), call("b", "g", "{}")] }))).toEqual([0, 1]);
  });
  test("a new id in a later chunk is a new call", () => {
    expect(places(delta({ tool_calls: [call("a", "f", "{}")] }), delta({ tool_calls: [call("b", "g", "{}")] }))).toEqual([0, 1]);
  });
  test("the same id, or none, goes on with the call", () => {
    expect(places(delta({ tool_calls: [call("a", "f", "{")] }), delta({ tool_calls: [call("a", "", "}")] }), delta({ tool_calls: [call(null, "", " ")] }))).toEqual([0, 0, 0]);
  });
  test("an index is kept as it came", () => {
    expect(places(delta({ tool_calls: [{ index: 3, id: "a", function: { name: "f", arguments: "" } }] }))).toEqual([3]);
  });
});

const refusal = (raw: Json) => {
  const reader = createChatReader();
  reader.read(raw as JsonObject);
  return reader.fault?.code ?? null;
};

describe("the end", () => {
  test("an answer is finished when every choice that began is", () => {
    const reader = createChatReader();
    expect(reader.finished).toBe(false);
    reader.read({ choices: [{ index: 0, delta: { content: "a" } }, { index: 1, delta: { content: "b" } }] });
    expect([reader.began, reader.finished]).toEqual([true, false]);
    reader.read({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
    expect(reader.finished).toBe(false);
    reader.read({ choices: [{ index: 1, delta: {}, finish_reason: "stop" }] });
    expect(reader.finished).toBe(true);
  });

  test("a second finish reason of one choice is not told again", () => {
    expect(read(delta({}, { finish_reason: "stop" }), delta({}, { finish_reason: "stop" }))).toHaveLength(1);
  });

  test("a filter's finish and a model's refusal are refusals, a null refusal is none", () => {
    expect(refusal(delta({}, { finish_reason: "content_filter" }))).toBe("content_filter");
    expect(refusal(delta({ refusal: "no" }))).toBe("refusal");
    expect(refusal(delta({ refusal: null, content: "" }, { finish_reason: "stop" }))).toBeNull();
  });
});
