// Signatures first; the inside follows.
import type { Matcher } from "./matcher.ts";
import type { ActiveRule, BlockGovernor, Verdict } from "./verdict.ts";

export type Governed = {
  /** The channel's rules, in the order the model lists them, each with what it does if it matches now. */
  readonly rules: readonly ActiveRule[];
  /** The model's automata of the channel; null where it has none of that lane. */
  readonly hold: Matcher | null;
  readonly observe: Matcher | null;
  /** Whether an attempt that ends here can be continued: then text is released a little later. */
  readonly canContinue: boolean;
  /** `limits.held`, in UTF-16 code units. */
  readonly limit: number;
};

export function createBlockGovernor(_governed: Governed): BlockGovernor {
  throw new Error("not built yet");
}

/** A whole text at once, as in a unary answer: all of it is released, or nothing where a match ends it. */
export function governText(_text: string, _governed: Pick<Governed, "rules" | "hold" | "observe">): Verdict {
  throw new Error("not built yet");
}
