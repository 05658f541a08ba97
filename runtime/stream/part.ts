// What a provider says, in one vocabulary for every protocol. A chunk keeps the provider's own JSON beside its parts, so
// that what nobody governs passes through untouched.
import type { Json } from "#contracts";

export type JsonObject = { readonly [key: string]: Json | undefined };

export type Part =
  | { readonly kind: "text"; readonly choice: number; readonly text: string }
  | { readonly kind: "reasoning"; readonly choice: number; readonly text: string }
  /** A piece of a tool call: `index` tells calls of one choice apart; `id` and `name` come with its first piece. */
  | { readonly kind: "tool"; readonly choice: number; readonly index: number; readonly id: string | null; readonly name: string | null; readonly arguments: string }
  | { readonly kind: "finish"; readonly choice: number; readonly reason: string }
  | { readonly kind: "usage"; readonly input: number; readonly output: number };

/** One event of a stream, or a whole unary answer: the provider's JSON and what it says. */
export type Chunk = { readonly raw: JsonObject; readonly parts: readonly Part[] };
