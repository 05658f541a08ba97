// The client's answer as it grows over one or more attempts: what the provider says goes in, what may go out comes out.
// Streamed and whole answers differ in when they release, and in nothing the attempt loop has to know.
import type { Model, ReceiptTrigger, Target } from "#contracts";
import type { Totals } from "../../receipt/ledger.ts";
import type { Chunk, Match, Matcher } from "../../stream/index.ts";
import type { Problem } from "../problem.ts";
import type { Active } from "./rule-set.ts";

/** What one attempt's text is watched for, and how it goes on from what was released. */
export type Watch = {
  readonly target: Target;
  readonly rules: Active;
  /** `continue` keeps what was released and removes what the attempt repeats of it. */
  readonly resume: "restart" | "continue";
};

/** A match and what was known when it was decided, in UTF-8 bytes. */
export type Seen = {
  readonly match: Match;
  readonly channel: ReceiptTrigger["channel"];
  /** Of the request its message, in order. */
  readonly choice: number;
  readonly heldBytes: number;
  readonly releasedBytes: number;
  /** Why it counts as a match where nothing of the kind was seen. */
  readonly reason?: string;
  /** What is wrong with the answer, for its model. */
  readonly feedback?: readonly string[];
};

/** Why policy ends an attempt: a rule's match, or more text held back than the model allows. */
export type Ending = ({ readonly kind: "match" } & Seen) | { readonly kind: "overflow"; readonly channel: ReceiptTrigger["channel"]; readonly choice: number };

export type Bytes = { readonly received: number; readonly held: number; readonly released: number };

export type Answer = {
  /** Something of it has reached the client, so it can no longer begin again. */
  readonly released: boolean;
  /** Why what was released cannot be gone on from; null where it can. */
  readonly stuck: string | null;
  /** What the client has of the first choice's text, for an attempt that goes on from there. */
  readonly kept: string;
  /** What the client has of each choice's text, where it is recorded. */
  readonly texts: readonly string[];
  /** Bytes of the current attempt. */
  bytes(): Bytes;
  begin(watch: Watch): void;
  chunk(chunk: Chunk): Ending | null;
  /** The provider's end was seen: releases what was held, or finds what only the end could decide. */
  finish(): Ending | null;
  /** Gives the client the end of a whole answer, all but what says that it is over. */
  close(totals: Totals): void;
  /** What `done` gives the client. */
  last(): string;
  /** The last thing the client gets: says that the answer is over. */
  done(): void;
  /** Ends what was begun by policy, in the protocol's own terms, all but the last. */
  block(totals: Totals, why: string): void;
  /** Ends what was begun with an error. */
  fail(problem: Problem): void;
};

/** An answer as the one who makes it has it. Its members are plain: an object with accessors of its own costs ten times as much. */
export type Growing = { -readonly [Member in keyof Answer]: Answer[Member] };

/** The bundle's automata by model and channel, made once. */
export type Matchers = { readonly hold: Matcher | null; readonly observe: Matcher | null };
export type MatchersOf = (model: Model, channel: ReceiptTrigger["channel"]) => Matchers;
