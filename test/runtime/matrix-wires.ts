// What upstreams of each protocol say, as bytes: one text in pieces, so that a fault can stand behind any of them.
import { chatEvents, completion } from "../support/upstream-server.ts";
import { geminiAnswer, geminiEvents, message, messageEvents } from "./attempt/native.ts";

export type WireKind = "openai_compatible" | "anthropic" | "gemini";

export type Wire = {
  readonly kind: WireKind;
  /** The events that say `texts`; with the protocol's end or without. */
  open(texts: readonly string[]): readonly string[];
  full(texts: readonly string[], finish?: string): readonly string[];
  whole(text: string, finish?: string): object;
  /** Events as they are sent, each complete. */
  frames(events: readonly string[]): string;
  /** What follows the last event, where the protocol has such a mark. */
  readonly mark: string;
  /** An error among the events, or in place of an answer. */
  readonly overloaded: object;
  readonly tooLong: object;
  /** How it says that it refused. */
  readonly refusal: string;
  /** What a request asks to go on from. */
  keptIn(body: Body): string;
};

// oxlint-disable-next-line typescript/no-explicit-any -- requests of three protocols, read by tests alone
type Body = any;

const chat: Wire = {
  kind: "openai_compatible",
  open: (texts) => chatEvents(texts, null),
  full: (texts, finish = "stop") => chatEvents(texts, finish),
  whole: (text, finish = "stop") => completion(text, { choices: [{ index: 0, message: { role: "assistant", content: text }, logprobs: null, finish_reason: finish }] }),
  frames: (events) => events.map((data) => `data: ${data}\n\n`).join(""),
  mark: "data: [DONE]\n\n",
  overloaded: { error: { message: "engine overloaded", type: "overloaded_error" } },
  tooLong: { error: { code: "context_length_exceeded", message: "too long" } },
  refusal: "content_filter",
  keptIn: (body) => body.messages.findLast((one: Body) => one.role === "assistant")?.content ?? "",
};

const anthropic: Wire = {
  kind: "anthropic",
  open: (texts) => messageEvents({ text: texts, finish: null }),
  full: (texts, finish = "end_turn") => messageEvents({ text: texts, finish }),
  whole: (text, finish = "end_turn") => message({ text: [text], finish }),
  frames: (events) => events.map((data) => `event: ${(JSON.parse(data) as { type: string }).type}\r\ndata: ${data}\r\n\r\n`).join(""),
  mark: "",
  overloaded: { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
  tooLong: { type: "error", error: { type: "invalid_request_error", message: "prompt is too long: 213462 tokens > 200000 maximum" } },
  refusal: "refusal",
  keptIn(body) {
    const content = body.messages.findLast((one: Body) => one.role === "assistant")?.content ?? "";
    return typeof content === "string" ? content : content.map((block: Body) => block.text).join("");
  },
};

const gemini: Wire = {
  kind: "gemini",
  open: (texts) => geminiEvents({ text: texts, finish: null }),
  full: (texts, finish = "STOP") => geminiEvents({ text: texts, finish }),
  whole: (text, finish = "STOP") => ({ ...geminiAnswer({ text: [text], finish }) }),
  frames: (events) => events.map((data) => `data: ${data}\r\n\r\n`).join(""),
  mark: "",
  overloaded: { error: { code: 503, message: "The model is overloaded.", status: "UNAVAILABLE" } },
  tooLong: { error: { code: 400, message: "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", status: "INVALID_ARGUMENT" } },
  refusal: "SAFETY",
  keptIn: (body) => (body.contents.findLast((one: Body) => one.role === "model")?.parts ?? []).map((part: Body) => part.text ?? "").join(""),
};

export const WIRES: Readonly<Record<WireKind, Wire>> = { openai_compatible: chat, anthropic, gemini };
