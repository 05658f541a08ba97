// What providers with protocols of their own say, to be played by an upstream server.
import type { Answer, Cuts } from "../../support/upstream-server.ts";

export type Said = { readonly text?: readonly string[]; readonly calls?: readonly { readonly name: string; readonly input: object }[]; readonly finish?: string | null };

/** The events of a message; without an end where `finish` is null. */
export function messageEvents({ text = [], calls = [], finish = "end_turn" }: Said): string[] {
  const events: object[] = [
    { type: "message_start", message: { id: "msg_1", type: "message", role: "assistant", model: "upstream-model", content: [], stop_reason: null, usage: { input_tokens: 3, output_tokens: 1 } } },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "ping" },
    ...text.map((piece) => ({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: piece } })),
    { type: "content_block_stop", index: 0 },
    ...calls.flatMap(({ name, input }, at) => [
      { type: "content_block_start", index: at + 1, content_block: { type: "tool_use", id: `toolu_${at}`, name, input: {} } },
      { type: "content_block_delta", index: at + 1, delta: { type: "input_json_delta", partial_json: JSON.stringify(input) } },
      { type: "content_block_stop", index: at + 1 },
    ]),
  ];
  if (finish !== null) events.push({ type: "message_delta", delta: { stop_reason: finish, stop_sequence: null }, usage: { output_tokens: 7 } }, { type: "message_stop" });
  return events.map((event) => JSON.stringify(event));
}

export function message({ text = [], calls = [], finish = "end_turn" }: Said): object {
  return {
    id: "msg_1", type: "message", role: "assistant", model: "upstream-model",
    content: [...(text.length === 0 ? [] : [{ type: "text", text: text.join("") }]), ...calls.map(({ name, input }, at) => ({ type: "tool_use", id: `toolu_${at}`, name, input }))],
    stop_reason: finish, stop_sequence: null, usage: { input_tokens: 3, output_tokens: 7 },
  };
}

export function geminiEvents({ text = [], calls = [], finish = "STOP" }: Said): string[] {
  const usageMetadata = { promptTokenCount: 3, candidatesTokenCount: 7, totalTokenCount: 10 };
  const about = { usageMetadata, modelVersion: "upstream-model", responseId: "r1" };
  const parts: object[] = [...text.map((piece) => ({ text: piece })), ...calls.map(({ name, input }) => ({ functionCall: { name, args: input } }))];
  const events: object[] = parts.map((part) => ({ candidates: [{ content: { role: "model", parts: [part] }, index: 0 }], ...about }));
  if (finish !== null) events.push({ candidates: [{ content: { role: "model", parts: [{ text: "" }] }, finishReason: finish, index: 0 }], ...about });
  return events.map((event) => JSON.stringify(event));
}

export function geminiAnswer({ text = [], calls = [], finish = "STOP" }: Said): object {
  const parts = [...(text.length === 0 ? [] : [{ text: text.join("") }]), ...calls.map(({ name, input }) => ({ functionCall: { name, args: input } }))];
  return { candidates: [{ content: { role: "model", parts }, finishReason: finish, index: 0 }], usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 7, totalTokenCount: 10 }, modelVersion: "upstream-model" };
}

/** Events as these APIs send them: named by their type where they have one, and with no `[DONE]`. */
export function stream(events: readonly string[], more: { readonly cuts?: Cuts; readonly then?: "end" | "hang" | "cut" } = {}): Answer {
  const body = events.map((data) => `${nameOf(data)}data: ${data}\r\n\r\n`).join("");
  return { does: "raw", body, headers: { "content-type": "text/event-stream; charset=utf-8" }, ...more };
}

function nameOf(data: string): string {
  const name = /^\{"type":"(\w+)"/.exec(data)?.[1];
  return name === undefined ? "" : `event: ${name}\r\n`;
}
