// Numbers and requests as messages say them.
import type { RequestFacts } from "#contracts";

/** `32,768`: the same on every machine. */
export function numberText(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

/** `of 20,481 tokens`, `of 20,481 tokens with an answer of 8,192`, `for an answer of 8,193 tokens`. */
export function sizeText({ tokens = 0, output = 0 }: RequestFacts): string {
  if (output === 0) return `of ${tokensText(tokens)}`;
  return tokens === 0 ? `for an answer of ${tokensText(output)}` : `of ${tokensText(tokens)} with an answer of ${numberText(output)}`;
}

function tokensText(count: number): string {
  return `${numberText(count)} token${count === 1 ? "" : "s"}`;
}
