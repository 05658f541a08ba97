import { describe, expect, test } from "vitest";
import type { Json } from "#contracts";
import { AS_IT_IS, createMessagesReader, type MessagesReading } from "../../../runtime/attempt/messages-wire.ts";
import type { JsonObject, Part } from "../../../runtime/stream/part.ts";

function readAll(raws: readonly Json[], how: Partial<MessagesReading> = {}) {
  const reader = createMessagesReader({ ...AS_IT_IS, ...how });
  const parts: Part[] = raws.flatMap((raw) => reader.read(raw as JsonObject));
  return { parts, reader };
}
const parts = (raws: readonly Json[], how: Partial<MessagesReading> = {}): readonly Part[] => readAll(raws, how).parts;

const open = (index: number, block: Json): Json => ({ type: "content_block_start", index, content_block: block });
const delta = (index: number, its: Json): Json => ({ type: "content_block_delta", index, delta: its });
const close = (index: number): Json => ({ type: "content_block_stop", index });
const stop = (reason: string, usage: Json = null): Json => ({ type: "message_delta", delta: { stop_reason: reason, stop_sequence: null }, ...(usage === null ? {} : { usage }) });
const text = (said: string): Part => ({ kind: "text", choice: 0, text: said });
const tool = (index: number, id: string | null, name: string | null, args: string): Part => ({ kind: "tool", choice: 0, index, id, name, arguments: args });

describe("the parts of an event", () => {
  test.each<[string, readonly Json[], readonly Part[]]>([
    ["text", [delta(0, { type: "text_delta", text: "hi" })], [text("hi")]],
    ["text its block begins with", [open(0, { type: "text", text: "hi" })], [text("hi")]],
    ["nothing of an empty text", [open(0, { type: "text", text: "" }), delta(0, { type: "text_delta", text: "" })], []],
    ["thinking", [delta(0, { type: "thinking_delta", thinking: "hm" })], [{ kind: "reasoning", choice: 0, text: "hm" }]],
    ["a signature", [delta(0, { type: "signature_delta", signature: "s1" })], [{ kind: "signature", choice: 0, signature: "s1", hidden: false }]],
    ["thinking that is hidden", [open(0, { type: "redacted_thinking", data: "xyz" })], [{ kind: "signature", choice: 0, signature: "xyz", hidden: true }]],
    ["a call in pieces", [open(1, { type: "tool_use", id: "t1", name: "f", input: {} }), delta(1, { type: "input_json_delta", partial_json: '{"a"' }), delta(1, { type: "input_json_delta", partial_json: ":1}" }), close(1)], [tool(0, "t1", "f", ""), tool(0, null, null, '{"a"'), tool(0, null, null, ":1}")]],
    ["a call whose input came without deltas", [open(1, { type: "tool_use", id: "t1", name: "f", input: { a: 1 } }), close(1)], [tool(0, "t1", "f", ""), tool(0, null, null, '{"a":1}')]],
    ["a call without arguments, as an object", [open(1, { type: "tool_use", id: "t1", name: "f", input: {} }), delta(1, { type: "input_json_delta", partial_json: "" }), close(1)], [tool(0, "t1", "f", ""), tool(0, null, null, "{}")]],
    ["calls, counted without the blocks between them", [open(0, { type: "tool_use", id: "a", name: "f", input: {} }), close(0), open(3, { type: "tool_use", id: "b", name: "g", input: {} })], [tool(0, "a", "f", ""), tool(0, null, null, "{}"), tool(1, "b", "g", "")]],
    ["nothing of a tool the provider runs", [open(0, { type: "server_tool_use", id: "s", name: "web_search", input: {} }), delta(0, { type: "input_json_delta", partial_json: '{"q":1}' }), close(0), open(1, { type: "web_search_tool_result", content: [] }), close(1)], []],
    ["nothing of a citation", [delta(0, { type: "citations_delta", citation: {} })], []],
    ["nothing of a ping", [{ type: "ping" }], []],
    ["nothing of what is not known", [{ type: "a_new_event", text: "x" }, open(0, { type: "a_new_block", text: "x" }), delta(0, { type: "a_new_delta", text: "x" })], []],
    ["nothing of what is not understood", [{ type: "content_block_delta" }, { type: "message_start", message: null }, { type: "content_block_stop" }], []],
    ["what it costs, with the cache in it", [{ type: "message_delta", delta: {}, usage: { input_tokens: 3, cache_read_input_tokens: 10, cache_creation_input_tokens: 5, output_tokens: 1 } }], [{ kind: "usage", input: 18, output: 1, details: { cacheRead: 10, cacheWrite: 5 } }]],
    ["nothing of what it costs before it has cost anything", [{ type: "message_start", message: { content: [], usage: { input_tokens: 3, output_tokens: 1 } } }], []],
    ["what it costs in the end, from both its halves", [{ type: "message_start", message: { content: [], usage: { input_tokens: 3, output_tokens: 1 } } }, stop("end_turn", { output_tokens: 7 })], [{ kind: "finish", choice: 0, reason: "stop" }, { kind: "usage", input: 3, output: 7 }]],
    [
      "a whole message",
      [{ type: "message", role: "assistant", content: [{ type: "thinking", thinking: "hm", signature: "s" }, { type: "text", text: "hi" }, { type: "tool_use", id: "t1", name: "f", input: { a: [1] } }], stop_reason: "tool_use", usage: { input_tokens: 1, output_tokens: 2 } }],
      [{ kind: "reasoning", choice: 0, text: "hm" }, { kind: "signature", choice: 0, signature: "s", hidden: false }, text("hi"), tool(0, "t1", "f", ""), tool(0, null, null, '{"a":[1]}'), { kind: "finish", choice: 0, reason: "tool_calls" }, { kind: "usage", input: 1, output: 2 }],
    ],
  ])("%s", (_, raws, expected) => {
    const before = JSON.stringify(raws);
    expect(parts(raws)).toEqual(expected);
    expect(JSON.stringify(raws)).toBe(before);
  });
});

describe("the end", () => {
  const called = [open(0, { type: "tool_use", id: "a", name: "f", input: {} }), close(0)];
  test.each([
    ["end_turn", [], "stop"],
    ["stop_sequence", [], "stop"],
    ["max_tokens", [], "length"],
    ["model_context_window_exceeded", [], "length"],
    ["pause_turn", [], "length"],
    ["tool_use", called, "tool_calls"],
    ["a_new_reason", [], "a_new_reason"],
  ] as const)("by %s is told in chat's words", (reason, before, told) => {
    const { parts: all, reader } = readAll([{ type: "message_start", message: { content: [] } }, ...before, stop(reason)]);
    expect(all.at(-1)).toEqual({ kind: "finish", choice: 0, reason: told });
    expect([reader.began, reader.finished, reader.ended, reader.fault]).toEqual([true, true, false, null]);
    reader.read({ type: "message_stop" });
    expect(reader.ended).toBe(true);
  });

  test("by refusal is a failure and no finish", () => {
    const { parts: all, reader } = readAll([{ type: "message_start", message: { content: [] } }, stop("refusal", { output_tokens: 5 })]);
    expect(all.filter((part) => part.kind === "finish")).toEqual([]);
    expect(reader.fault).toMatchObject({ class: "refused", code: "refusal" });
  });

  test("that is missing leaves the answer unfinished", () => {
    const { reader } = readAll([{ type: "message_start", message: { content: [] } }, delta(0, { type: "text_delta", text: "hi" })]);
    expect([reader.began, reader.finished, reader.ended]).toEqual([true, false, false]);
  });
});

describe("an answer that is read otherwise", () => {
  test("a tool's input is the answer's text, and its call no call", () => {
    const raws = [open(0, { type: "tool_use", id: "t", name: "as_json", input: {} }), delta(0, { type: "input_json_delta", partial_json: '{"a":' }), delta(0, { type: "input_json_delta", partial_json: "1}" }), close(0), stop("tool_use")];
    expect(parts(raws, { jsonTool: "as_json" })).toEqual([text('{"a":'), text("1}"), { kind: "finish", choice: 0, reason: "stop" }]);
  });

  test("white space the client has already is not given again, in whatever pieces it comes", () => {
    const said = (pieces: readonly string[], given: string) => parts(pieces.map((piece) => delta(0, { type: "text_delta", text: piece })), { given }).map((part) => (part.kind === "text" ? part.text : "")).join("");
    expect(said([" and on"], " ")).toBe("and on");
    expect(said(["\n", "\n and on"], "\n\n")).toBe(" and on");
    expect(said(["and on"], " ")).toBe("and on");
    expect(said([" ", "and", " on"], "  ")).toBe("and on");
    expect(said([" and on"], "")).toBe(" and on");
  });
});
