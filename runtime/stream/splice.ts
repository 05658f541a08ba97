// Signatures first; the inside follows.

/** How the attempt was asked to go on: only an instruction may be answered by a repetition. */
export type SpliceHow = "prefix" | "instruction";

export type Splice = {
  /** The next piece of the continuation; what of it goes on to the governor. */
  push(text: string): string;
  /** The continuation's end: what was kept back and is no repetition. */
  finish(): string;
};

export function createSplice(_released: string, _how: SpliceHow): Splice {
  throw new Error("not built yet");
}
