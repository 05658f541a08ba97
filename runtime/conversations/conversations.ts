// The seam to where conversations are remembered whose requests leave their own history out (`previous_response_id`,
// `item_reference`). In memory by default; gateways of several processes put another behind it, so everything that
// crosses is plain JSON and every call answers later.
//
//   answer 1 ─keep▶ turn 1 ◀─previous─ turn 2 ◀─previous─ turn 3        recall(turn 3) = what was said in 1, 2 and 3
//
// True of every one: a turn belongs to an owner, and to another it does not exist; what cannot be told whole is not told
// at all, so a turn whose earlier ones are gone is unknown; nothing is kept without end. It is never a disk, a receipt or
// a log.
import type { Json } from "#contracts";

/** A turn as the client has it: what it sent, what it got. Items are in the protocol's own form. */
export type Turn = {
  /** Of the answer, by which the client goes on from it. */
  readonly id: string;
  /** The turn it goes on from. `input` is what the client said beyond that one. */
  readonly previous: string | null;
  readonly input: readonly Json[];
  readonly output: readonly Json[];
};

export type Wanted = {
  /** The turn whose conversation is gone on from. */
  readonly response: string | null;
  /** Items of answers by their ids, as often as they are named. */
  readonly items: readonly string[];
  /** Bytes that all of it may have, each item counted as often as it is named. */
  readonly most: number;
};

export type Recalled =
  /** `history` is the conversation up to and with that turn, oldest first; `items` are in the order they were asked for. */
  | { readonly kind: "recalled"; readonly history: readonly Json[]; readonly items: readonly Json[] }
  /** Never kept, no longer kept, or somebody else's: nobody can tell which. */
  | { readonly kind: "unknown"; readonly what: "response" | "item"; readonly id: string }
  | { readonly kind: "too large" };

/** What is remembered: turns of all conversations, and the bytes they take, about. */
export type ConversationsSize = { readonly turns: number; readonly bytes: number };

export type Conversations = {
  /** For metrics; left out where it is kept elsewhere. */
  size?(): ConversationsSize;
  recall(owner: string, wanted: Wanted): Promise<Recalled>;
  /** What does not fit is not kept. */
  keep(owner: string, turn: Turn): Promise<void>;
  /** Forgets everything; the last thing that is asked of it. */
  close(): Promise<void>;
};
