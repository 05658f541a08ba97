// What a provider says, in one vocabulary for every protocol. A chunk keeps the provider's own JSON beside its parts, so
// that what nobody governs passes through untouched.
//
//   client ─ its protocol ─▶ surface ─ its own, or chat ─▶ provider ─ its own ─▶ chunks: raw + parts ─▶ surface ─▶ client
//
// Requests meet in chat completions and answers in parts: a surface whose protocol the provider speaks hands its body
// over and gets its own JSON back; any other pair needs one translation each, and no pair a translation of its own.
import type { Json } from "#contracts";

export type JsonObject = { readonly [key: string]: Json | undefined };

/** The shape of a body or of an event. */
export type Protocol = "chat" | "messages" | "responses" | "gemini" | "embeddings";

export type Part =
  | { readonly kind: "text"; readonly choice: number; readonly text: string }
  | { readonly kind: "reasoning"; readonly choice: number; readonly text: string }
  /**
   * What lets a model take its own reasoning back in a later turn, opaque and of no use to another one: the signature of
   * the reasoning before it, or, `hidden`, a whole block that nobody else can read. `format` says whose it is where the
   * protocol does not: a chat server takes its own reasoning back as plain text, and its signature is who it is.
   */
  | { readonly kind: "signature"; readonly choice: number; readonly signature: string; readonly hidden: boolean; readonly format?: string }
  /**
   * A piece of a tool call: `index` tells calls of one choice apart; `id` and `name` come with its first piece. A
   * `signature` is what its model wants back with the call; `custom` tools take free text in place of JSON.
   */
  | { readonly kind: "tool"; readonly choice: number; readonly index: number; readonly id: string | null; readonly name: string | null; readonly arguments: string; readonly signature?: string; readonly custom?: true }
  /** The reason in chat's words: `stop`, `length`, `tool_calls`, `content_filter`, or what the provider said instead. */
  | { readonly kind: "finish"; readonly choice: number; readonly reason: string }
  /** Everything counted so far, `input` and `output` including what their details count; a later one replaces it. */
  | { readonly kind: "usage"; readonly input: number; readonly output: number; readonly details?: UsageDetails };

/** Tokens read from and written to the provider's cache, and spent on reasoning. */
export type UsageDetails = { readonly cacheRead?: number; readonly cacheWrite?: number; readonly reasoning?: number };

/** One event of a stream, or a whole unary answer: the provider's JSON, in its protocol, and what it says. */
export type Chunk = {
  readonly protocol: Protocol;
  readonly raw: JsonObject;
  readonly parts: readonly Part[];
  /** Events that have the same one differ in the text of their only choice, and in nothing else; none says nothing of it. */
  readonly like?: object | null;
};
