// Numbers and requests as messages say them.
import type { RequestFacts } from "#contracts";

/** `32,768`: the same on every machine. */
export function numberText(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

/** `20,481 tokens`, `20,481 tokens and an answer of 8,192`. */
export function sizeText({ tokens = 0, output = 0 }: RequestFacts): string {
  const prompt = `${numberText(tokens)} token${tokens === 1 ? "" : "s"}`;
  return output === 0 ? prompt : `${prompt} and an answer of ${numberText(output)}`;
}
