// What the governor of one block of text says of each piece it is given.
import type { Action, Rule } from "#contracts";

/** A rule of a block and what it does if it matches now: its ladder's current step, chosen when the attempt starts. */
export type ActiveRule = { readonly rule: Rule; readonly action: Action };

/** One decided match, in UTF-16 code units of the provider's own text of the block. */
export type Match = {
  readonly rule: Rule;
  readonly action: Action;
  readonly offset: number;
  readonly length: number;
  /** Characters held back when the match was decided, and characters of the block released before it. */
  readonly held: number;
  readonly released: number;
};

export type Verdict = {
  /** What may go out now, redactions applied; "" where nothing may. */
  readonly release: string;
  /** Matches decided by this piece, in the order they were decided: notes, redactions, shadows, and the ending one last. */
  readonly matches: readonly Match[];
  /** The match that ends the attempt; nothing held is released after it. */
  readonly ending: Match | null;
  /** More text was held than `limits.held` allows: the attempt is to be blocked, and nothing held was released. */
  readonly overflow: boolean;
};

/** Governs one block: one channel of one choice of one answer, across the attempts that continue it. */
export type BlockGovernor = {
  /** The next piece of the provider's text. Empty pieces change nothing. */
  push(text: string): Verdict;
  /** The block's end: decides what only the end could decide and releases what is left. */
  finish(): Verdict;
  /** Characters held back now. */
  readonly held: number;
  /** A governor for the next attempt, at the seam: what was released stays, what was held is gone. */
  continueWith(rules: readonly ActiveRule[]): BlockGovernor;
};
