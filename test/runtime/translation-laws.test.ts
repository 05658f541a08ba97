// One conversation, written in each protocol by hands that know nothing of ours, means the same wherever it goes: into chat
// from every protocol, from there into every provider's, and back.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asGemini } from "../../runtime/attempt/gemini-request.ts";
import { asMessages } from "../../runtime/attempt/messages-request.ts";
import { chatOfMessages } from "../../runtime/gateway/surfaces/messages/to-chat.ts";
import { chatOfResponses } from "../../runtime/gateway/surfaces/responses/to-chat.ts";
import type { JsonObject } from "../../runtime/stream/part.ts";
import { callOf, conversation } from "./attempt/chats.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- messages of four protocols, read by tests alone
type Json = any;

/** What a message says, in no protocol's words. */
type Said =
  | { readonly by: "system" | "user" | "assistant"; readonly pieces: readonly { readonly text: string }[] | readonly { readonly picture: string }[] | readonly object[]; readonly calls: readonly { readonly name: string; readonly input: unknown }[] }
  | { readonly by: "tool"; readonly of: number; readonly result: string };

/** A chat conversation; `of` counts calls from the first of all. */
function readChat(messages: readonly Json[]): Said[] {
  const ids: string[] = [];
  return messages.map((message): Said => {
    if (message.role === "tool") return { by: "tool", of: ids.indexOf(message.tool_call_id), result: message.content };
    const content = typeof message.content === "string" ? [{ type: "text", text: message.content }] : (message.content ?? []);
    const calls = message.tool_calls ?? [];
    ids.push(...calls.map((call: Json) => call.id));
    return {
      by: message.role,
      pieces: content.map((piece: Json) => (piece.type === "text" ? { text: piece.text } : { picture: piece.image_url.url })),
      calls: calls.map((call: Json) => ({ name: call.function.name, input: JSON.parse(call.function.arguments) })),
    };
  });
}

// ── written by hand ──────────────────────────────────────────────────────────────────────────────────────────

function writeMessages(said: readonly Said[]): JsonObject {
  const messages: { role: string; content: object[] }[] = [];
  const add = (role: string, ...content: object[]): void => {
    const last = messages.at(-1);
    if (last?.role === role) last.content.push(...content);
    else messages.push({ role, content });
  };
  let system: string | undefined;
  let count = 0;
  for (const one of said) {
    if (one.by === "tool") add("user", { type: "tool_result", tool_use_id: `t${one.of}`, content: one.result });
    else if (one.by === "system") system = one.pieces.map((piece: Json) => piece.text).join("");
    else {
      const pieces = one.pieces.map((piece: Json) => (piece.text === undefined ? { type: "image", source: pictureOf(piece.picture) } : { type: "text", text: piece.text }));
      add(one.by, ...pieces, ...one.calls.map(({ name, input }) => ({ type: "tool_use", id: `t${count++}`, name, input })));
    }
  }
  return { model: "m", max_tokens: 10, ...(system === undefined ? {} : { system }), messages: messages as never };
}

function pictureOf(url: string): object {
  return url.startsWith("data:") ? { type: "base64", media_type: "image/png", data: url.slice("data:image/png;base64,".length) } : { type: "url", url };
}

function writeResponses(said: readonly Said[]): JsonObject {
  let instructions: string | undefined;
  let count = 0;
  const input = said.flatMap((one): object[] => {
    if (one.by === "tool") return [{ type: "function_call_output", call_id: `t${one.of}`, output: one.result }];
    const kind = one.by === "assistant" ? "output_text" : "input_text";
    const content = one.pieces.map((piece: Json) => (piece.text === undefined ? { type: "input_image", image_url: piece.picture } : { type: kind, text: piece.text }));
    if (one.by === "system") {
      instructions = one.pieces.map((piece: Json) => piece.text).join("");
      return [];
    }
    return [...(content.length === 0 ? [] : [{ type: "message", role: one.by, content }]), ...one.calls.map(({ name, input: its }) => ({ type: "function_call", call_id: `t${count++}`, name, arguments: JSON.stringify(its) }))];
  });
  return { model: "m", ...(instructions === undefined ? {} : { instructions }), input: input as never };
}

function readGemini({ systemInstruction, contents }: Json): Said[] {
  let calls = 0;
  let results = 0;
  const system: Said[] = systemInstruction === undefined ? [] : [{ by: "system", pieces: systemInstruction.parts.map(({ text }: Json) => ({ text })), calls: [] }];
  return [
    ...system,
    ...contents.flatMap(({ role, parts }: Json): Said[] => {
      const answers: Said[] = parts.filter((part: Json) => part.functionResponse !== undefined).map(({ functionResponse: { response } }: Json) => ({ by: "tool", of: results++, result: response.result ?? JSON.stringify(response) }));
      const pieces = parts.flatMap((part: Json) => (part.text !== undefined ? [{ text: part.text }] : part.inlineData !== undefined ? [{ picture: `data:${part.inlineData.mimeType};base64,${part.inlineData.data}` }] : part.fileData !== undefined ? [{ picture: part.fileData.fileUri }] : []));
      const made = parts.filter((part: Json) => part.functionCall !== undefined).map(({ functionCall: { name, args } }: Json) => ({ name, input: args }));
      calls += made.length;
      if (results > calls) throw new Error("a result stands before its call");
      return [...answers, ...(pieces.length + made.length === 0 ? [] : [{ by: role === "model" ? ("assistant" as const) : ("user" as const), pieces, calls: made }])];
    }),
  ];
}

// ── the laws ─────────────────────────────────────────────────────────────────────────────────────────────────

const messagesOf = (chat: JsonObject): readonly Json[] => chat["messages"] as never;
const never = (message: string): never => {
  throw new Error(message);
};
const written = (value: unknown): Json => JSON.parse(JSON.stringify(value));
/** A result that is a JSON object is passed on as one. */
const resultsAsJson = (said: readonly Said[]): unknown => said.map((one) => (one.by === "tool" ? { ...one, result: asJson(one.result) } : one));
function asJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

describe("a conversation", () => {
  test.each([["messages", writeMessages, chatOfMessages], ["responses", writeResponses, chatOfResponses]] as const)("in %s is the same in chat", (_, write, toChat) => {
    fc.assert(
      fc.property(conversation, (chat) => {
        const said = readChat(chat);
        expect(readChat(messagesOf(toChat(write(said))))).toEqual(said);
      }),
      { numRuns: 300 },
    );
  });

  test.each([["chat", (said: readonly Said[], chat: readonly JsonObject[]) => ({ messages: chat, said })], ["messages", (said: readonly Said[]) => chatOfMessages(writeMessages(said))], ["responses", (said: readonly Said[]) => chatOfResponses(writeResponses(said))]] as const)(
    "of a client of %s is the same to a provider of messages, and of Gemini's",
    (_, chatOf) => {
      fc.assert(
        fc.property(conversation, (chat) => {
          const said = readChat(chat);
          const call = callOf({ messages: messagesOf(chatOf(said, chat) as JsonObject) as never });
          expect(readChat(messagesOf(chatOfMessages(written(asMessages(call, never).body))))).toEqual(said);
          expect(resultsAsJson(readGemini(written(asGemini(call, never))))).toEqual(resultsAsJson(said));
        }),
        { numRuns: 300 },
      );
    },
  );
});
