// What a model needs to take its own reasoning back, on its way through a client of another protocol: in the field that
// protocol has for the same thing, which its clients send back untouched, under a mark of ours. A provider that speaks the
// client's protocol never gets it: it would take it for its own and refuse it.
//
//   messages    thinking.signature, redacted_thinking.data      responses    reasoning.encrypted_content
import type { Json } from "#contracts";
import type { JsonObject, Part, Protocol } from "../../stream/part.ts";
import { PLAIN_REASONING } from "../../attempt/index.ts";
import { defined, objects, text } from "../json.ts";

/** Whose reasoning it is: no other model may be given it. */
export const FORMAT: { readonly [protocol in Protocol]: string } = {
  chat: "unknown",
  messages: "anthropic-claude-v1",
  responses: "openai-responses-v1",
  gemini: "google-gemini-v1",
  embeddings: "unknown",
};

/** `of` reasoning that can be read, of such that nobody else can read, or of the call that comes next. */
export type Sealed = { readonly of: "text" | "hidden" | "call"; readonly format: string; readonly signature: string };

export function seal(protocol: Protocol, of: Sealed["of"], { signature, format = FORMAT[protocol] }: { readonly signature: string; readonly format?: string }): string {
  return `${MARK}${of}:${format}:${signature}`;
}

/** Null where it is nothing; what has no mark of ours is `own`, of a provider of the client's protocol. */
export function unseal(text: Json | undefined, own: { readonly protocol: Protocol; readonly of: Sealed["of"] }): Sealed | null {
  if (typeof text !== "string" || text === "") return null;
  if (!isSealed(text)) return { of: own.of, format: FORMAT[own.protocol], signature: text };
  const [of, format, ...rest] = text.slice(MARK.length).split(":");
  if ((of !== "text" && of !== "hidden" && of !== "call") || format === undefined) return null;
  return { of, format, signature: rest.join(":") };
}

export function isSealed(text: Json | undefined): text is string {
  return typeof text === "string" && text.startsWith(MARK);
}

const MARK = "wardwright:";

/** The one signature of all of an answer's reasoning; null where there is none, or several whose texts nobody can tell apart. */
export function sealedText(protocol: Protocol, parts: readonly Part[]): string | null {
  const [first, second] = signaturesIn(parts, false);
  // Behind other text it signs that text, and not the reasoning.
  if (first === undefined || second !== undefined) return null;
  const spoke = parts.findIndex((part) => part.kind === "text" || part.kind === "tool");
  return spoke !== -1 && spoke < parts.indexOf(first) ? null : seal(protocol, "text", first);
}

/** The blocks of its reasoning that nobody else can read. */
export function sealedHidden(protocol: Protocol, parts: readonly Part[]): readonly string[] {
  return signaturesIn(parts, true).map((part) => seal(protocol, "hidden", part));
}

function signaturesIn(parts: readonly Part[], hidden: boolean): readonly Extract<Part, { kind: "signature" }>[] {
  return parts.filter((part) => part.kind === "signature" && part.choice === 0 && part.hidden === hidden) as readonly Extract<Part, { kind: "signature" }>[];
}

// ── back again ───────────────────────────────────────────────────────────────────────────────────────────────

/** Reasoning as a chat message of the assistant's has it. */
export function detailOf({ of, format, signature }: Sealed, text: string): JsonObject {
  return of === "hidden" ? { type: "reasoning.encrypted", data: signature, format } : { type: "reasoning.text", text, signature, format };
}

/** What a chat call has in addition, given what was sealed for it. */
export function extraOf(sealed: Sealed | null): JsonObject {
  return sealed === null ? {} : { extra_content: { google: { thought_signature: sealed.signature } } };
}

/** A chat request for a provider that would refuse reasoning of other models. */
export function withoutReasoning(chat: JsonObject): JsonObject {
  return reasoningFor(chat, { id: null, takes: false });
}

/** A chat request with the reasoning in it that this provider is to have. */
export function reasoningFor(chat: JsonObject, provider: { readonly id: string | null; readonly takes: boolean }): JsonObject {
  const messages = objects(chat["messages"]);
  if (!messages.some(reasons)) return chat;
  const lastUser = messages.findLastIndex((message) => message["role"] === "user");
  return { ...chat, messages: messages.map((message, at) => (reasons(message) ? withReasoning(message, { ...provider, current: at > lastUser }) : message)) as readonly Json[] };
}

function reasons(message: JsonObject): boolean {
  return message["reasoning_details"] !== undefined || objects(message["tool_calls"]).some((call) => call["extra_content"] !== undefined);
}

function withReasoning(message: JsonObject, { id, takes, current }: { readonly id: string | null; readonly takes: boolean; readonly current: boolean }): JsonObject {
  const details = objects(message["reasoning_details"]);
  const others = details.filter((one) => one["format"] !== PLAIN_REASONING);
  const calls = objects(message["tool_calls"]);
  // Between the calls of one turn a server goes on from its own reasoning; of earlier turns some refuse it.
  const own = current && calls.length > 0 ? details.filter((one) => one["format"] === PLAIN_REASONING && one["signature"] === id) : [];
  return defined({
    ...message,
    reasoning_details: takes && others.length > 0 ? (others as readonly Json[]) : undefined,
    ...(own.length === 0 ? {} : { reasoning_content: own.map((one) => text(one["text"])).join("") }),
    ...(calls.length === 0 || takes ? {} : { tool_calls: calls.map((call) => defined({ ...call, extra_content: undefined })) as readonly Json[] }),
  });
}
