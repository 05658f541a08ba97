// What may stand beside a character, as far as an assertion can tell. The runtime has the same five; a context's bit in
// the masks of the automaton is 1 << its place here.
import { type CharSet, complement, LINE_TERMINATORS, union, WORD } from "./charset.ts";

export const EDGE = 0;
export const LINE = 1;
export const WORDLIKE = 2;
export const OTHER = 3;
/** Word characters for patterns with both `i` and `u` only: they fold into ASCII. */
export const WORD_IF_FOLDED = 4;

const FOLDED: CharSet = [0x17f, 0x17f, 0x212a, 0x212a];

/** The characters of each context; the block's edge has none. */
export const CONTEXT_SETS: readonly CharSet[] = [
  [],
  LINE_TERMINATORS,
  WORD,
  complement(union(LINE_TERMINATORS, WORD, FOLDED)),
  FOLDED,
];

export const ANY_CONTEXT = 31;

/** A relation of contexts: bit 5 * before + after is set where it holds. */
export type Pairs = number;

export const ALWAYS: Pairs = pairsWhere(() => true);

export function pairsWhere(holds: (before: number, after: number) => boolean): Pairs {
  let pairs = 0;
  for (let before = 0; before < 5; before++) {
    for (let after = 0; after < 5; after++) if (holds(before, after)) pairs |= 1 << (5 * before + after);
  }
  return pairs;
}

/** The contexts that may follow `before`, as a mask. */
export function afters(pairs: Pairs, before: number): number {
  return (pairs >> (5 * before)) & 31;
}

/** The contexts that may precede `after`, as a mask. */
export function befores(pairs: Pairs, after: number): number {
  let mask = 0;
  for (let before = 0; before < 5; before++) if ((pairs >> (5 * before + after)) & 1) mask |= 1 << before;
  return mask;
}
