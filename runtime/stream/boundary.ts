// `hold = line`, `sentence`, `all` or a size hold more than a match needs: where such text may go out.
import type { Hold } from "#contracts";
import { contextOf, LINE } from "./context.ts";

/** What the holds of all rules ask for together; null where none asks for more than `match` does. */
export type ExtraHold = { readonly line: boolean; readonly sentence: boolean; readonly all: boolean; readonly size: number };

export const HOLD_ALL: ExtraHold = { line: false, sentence: false, all: true, size: 0 };

export function extraHold(holds: readonly Hold[]): ExtraHold | null {
  const extra = {
    line: holds.some((hold) => hold.kind === "line"),
    sentence: holds.some((hold) => hold.kind === "sentence"),
    all: holds.some((hold) => hold.kind === "all"),
    size: Math.max(0, ...holds.map((hold) => (hold.kind === "size" ? hold.characters : 0))),
  };
  return extra.line || extra.sentence || extra.all || extra.size > 0 ? extra : null;
}

/** Watches for the ends of lines and sentences. */
export class Boundaries {
  readonly #extra: ExtraHold;
  #stopped = false;
  #lineBegun = false;
  #lineBlank = false;

  constructor(extra: ExtraHold) {
    this.#extra = extra;
  }

  /** Whether the text may be cut behind this character: a line's end; white space behind `.`, `!` or `?`, or a blank line. */
  read(code: number): boolean {
    const lineEnd = contextOf(code) === LINE;
    const space = lineEnd || /\s/u.test(String.fromCodePoint(code));
    const sentenceEnd = (space && this.#stopped) || (lineEnd && this.#lineBegun && this.#lineBlank);
    this.#stopped = code === 0x2e || code === 0x21 || code === 0x3f;
    if (lineEnd) this.#lineBegun = true;
    // The "\n" of "\r\n" ends no line of its own.
    this.#lineBlank = lineEnd ? code !== 13 : this.#lineBlank && space;
    return (!this.#extra.line || lineEnd) && (!this.#extra.sentence || sentenceEnd);
  }
}
