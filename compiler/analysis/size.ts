// The sizes a request can have, cut into cells no condition and no target can tell apart. Fit is a diagonal: what must
// have room is tokens and answer together, which no cut of either alone can express. So with an answer length given a
// cell is a rectangle of the two cut by diagonals; without one it is an interval of tokens, shifted by the reserve.
//
//   output ▲  ╲   ╲
//          │───╲───╲──
//          │    ╲   ╲          a cell exists only if some tokens and some output give such a sum; interval
//          └─────────╲──▶ tokens        arithmetic decides that exactly
import type { Vocabulary } from "./vocabulary.ts";

/** Whole numbers from `least` to `most`, both included; `most` may be infinite. */
export type Interval = { readonly least: number; readonly most: number };

/** `sum` is tokens and output together. `at` is the request with the shortest answer, then the fewest tokens, in the cell. */
export type SizeCell = { readonly tokens: Interval; readonly output: Interval; readonly sum: Interval; readonly at: { readonly tokens: number; readonly output: number } };

const EVERYTHING: Interval = { least: 0, most: Number.POSITIVE_INFINITY };

export function sizeCells({ constants, contexts, outputs, reserves }: Vocabulary): readonly SizeCell[] {
  const tokenCuts = cutsOf(constants.get("request.tokens"));
  const outputCuts = [1, ...cutsOf(constants.get("request.output")), ...[...outputs].map((one) => one + 1)];
  const sumCuts = [...contexts].map((one) => one + 1);
  const unsaidCuts = [...reserves].flatMap((reserve) => [...contexts].map((context) => context + 1 - reserve));

  const none = { least: 0, most: 0 };
  const cells: SizeCell[] = intervals([...tokenCuts, ...unsaidCuts], 0).map((tokens) => ({ tokens, output: none, sum: tokens, at: { tokens: tokens.least, output: 0 } }));
  if (contexts.size === 0 && outputCuts.length === 1) {
    // Nothing asks how long the answer is to be.
    return cells.map((cell) => ({ ...cell, output: EVERYTHING, sum: EVERYTHING }));
  }
  for (const output of intervals(outputCuts, 1)) {
    for (const tokens of intervals(tokenCuts, 0)) {
      for (const sum of intervals(sumCuts, 0)) {
        if (Math.max(sum.least, tokens.least + output.least) > Math.min(sum.most, tokens.most + output.most)) continue;
        const least = Math.max(output.least, sum.least - tokens.most);
        cells.push({ tokens, output, sum, at: { tokens: Math.max(tokens.least, sum.least - least), output: least } });
      }
    }
  }
  return cells;
}

/** Where an axis may change its meaning: at each constant and just above it. */
export function cutsOf(constants: ReadonlySet<string | number> | undefined): readonly number[] {
  return [...(constants ?? [])].map(Number).flatMap((one) => [Math.ceil(one), Math.floor(one) + 1]);
}

/** The line from `from` on, cut before each of `cuts`. */
export function intervals(cuts: readonly number[], from: number): readonly Interval[] {
  const starts = [...new Set([from, ...cuts.filter((one) => one > from && Number.isFinite(one))])].sort((left, right) => left - right);
  return starts.map((least, at) => ({ least, most: (starts[at + 1] ?? Number.POSITIVE_INFINITY) - 1 }));
}
