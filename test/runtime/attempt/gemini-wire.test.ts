import { describe, expect, test } from "vitest";
import type { Json } from "#contracts";
import { createGeminiReader } from "../../../runtime/attempt/gemini-wire.ts";
import type { JsonObject, Part } from "../../../runtime/stream/part.ts";

function readAll(...raws: readonly Json[]) {
  const reader = createGeminiReader((nth) => `call_${nth}`);
  const parts: Part[] = raws.flatMap((raw) => reader.read(raw as JsonObject));
  return { parts, reader };
}
const says = (parts: Json, more: { readonly [key: string]: Json } = {}): Json => ({ candidates: [{ content: { role: "model", parts }, ...more }] });

describe("the parts of an event", () => {
  test.each<[string, Json, readonly Part[]]>([
    ["text", says([{ text: "hi" }]), [{ kind: "text", choice: 0, text: "hi" }]],
    ["nothing of an empty text", says([{ text: "" }]), []],
    ["a thought", says([{ text: "hm", thought: true }]), [{ kind: "reasoning", choice: 0, text: "hm" }]],
    ["a signature", says([{ text: "", thoughtSignature: "s1" }]), [{ kind: "signature", choice: 0, signature: "s1", hidden: false }]],
    ["a call, which gets an id", says([{ functionCall: { name: "f", args: { a: 1 } } }]), [{ kind: "tool", choice: 0, index: 0, id: "call_0", name: "f", arguments: '{"a":1}' }]],
    ["a call with an id of its own", says([{ functionCall: { id: "x", name: "f", args: {} } }]), [{ kind: "tool", choice: 0, index: 0, id: "x", name: "f", arguments: "{}" }]],
    ["a call without arguments", says([{ functionCall: { name: "f" } }]), [{ kind: "tool", choice: 0, index: 0, id: "call_0", name: "f", arguments: "{}" }]],
    ["a call and its signature", says([{ functionCall: { name: "f", args: {} }, thoughtSignature: "s" }]), [{ kind: "tool", choice: 0, index: 0, id: "call_0", name: "f", arguments: "{}", signature: "s" }]],
    [
      "calls at once",
      says([{ functionCall: { name: "f" } }, { functionCall: { name: "f" } }]),
      [
        { kind: "tool", choice: 0, index: 0, id: "call_0", name: "f", arguments: "{}" },
        { kind: "tool", choice: 0, index: 1, id: "call_1", name: "f", arguments: "{}" },
      ],
    ],
    ["another candidate", { candidates: [{ index: 1, content: { parts: [{ text: "x" }] } }] }, [{ kind: "text", choice: 1, text: "x" }]],
    ["nothing of what chat has no place for", says([{ inlineData: { mimeType: "image/png", data: "" } }, { executableCode: { code: "1" } }]), []],
    ["nothing of what is not understood", { candidates: [null, 3, { content: "x" }, { content: { parts: "x" } }] }, []],
    ["what it costs, thoughts in it", { usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 5, thoughtsTokenCount: 185, cachedContentTokenCount: 4, totalTokenCount: 199 } }, [{ kind: "usage", input: 9, output: 190, details: { cacheRead: 4, reasoning: 185 } }]],
    ["what the provider's own tools cost", { usageMetadata: { promptTokenCount: 9, toolUsePromptTokenCount: 6 } }, [{ kind: "usage", input: 15, output: 0 }]],
  ])("%s", (_, raw, expected) => {
    const before = JSON.stringify(raw);
    expect(readAll(raw).parts).toEqual(expected);
    expect(JSON.stringify(raw)).toBe(before);
  });
});

describe("the end", () => {
  test.each([
    ["STOP", "stop"],
    ["MAX_TOKENS", "length"],
    ["A_NEW_REASON", "a_new_reason"],
  ])("by %s is told in chat's words", (finishReason, reason) => {
    const { parts, reader } = readAll(says([{ text: "hi" }], { finishReason }));
    expect(parts.at(-1)).toEqual({ kind: "finish", choice: 0, reason });
    expect([reader.began, reader.finished, reader.fault]).toEqual([true, true, null]);
  });

  test("after a call is one for calls", () => {
    expect(readAll(says([{ functionCall: { name: "f" } }]), says([{ text: "" }], { finishReason: "STOP" })).parts.at(-1)).toEqual({ kind: "finish", choice: 0, reason: "tool_calls" });
  });

  test.each([
    ["SAFETY", "refused"],
    ["RECITATION", "refused"],
    ["LANGUAGE", "refused"],
    ["BLOCKLIST", "refused"],
    ["PROHIBITED_CONTENT", "refused"],
    ["SPII", "refused"],
    ["IMAGE_SAFETY", "refused"],
    ["MALFORMED_FUNCTION_CALL", "malformed"],
    ["UNEXPECTED_TOOL_CALL", "malformed"],
    ["OTHER", "truncated"],
    ["FINISH_REASON_UNSPECIFIED", "truncated"],
  ])("by %s is a failure and no finish", (finishReason, itsClass) => {
    const { parts, reader } = readAll(says([{ text: "hi" }]), { candidates: [{ finishReason }] });
    expect(parts.filter((part) => part.kind === "finish")).toEqual([]);
    expect(reader.fault?.class).toBe(itsClass);
  });

  test("of a prompt that was blocked is a refusal", () => {
    const { reader } = readAll({ promptFeedback: { blockReason: "SAFETY" }, usageMetadata: { promptTokenCount: 4 } });
    expect(reader.fault).toMatchObject({ class: "refused", code: "content_filter" });
    expect([reader.began, reader.finished]).toEqual([true, true]);
  });

  test("of one candidate is not that of the other", () => {
    const { reader } = readAll({ candidates: [{ index: 0, content: { parts: [{ text: "a" }] }, finishReason: "STOP" }, { index: 1, content: { parts: [{ text: "b" }] } }] });
    expect(reader.finished).toBe(false);
    reader.read({ candidates: [{ index: 1, finishReason: "STOP" }] });
    expect(reader.finished).toBe(true);
  });
});
