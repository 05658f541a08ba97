// JSON that anyone may have sent, kept from the one thing it can do to whoever reads it: nested deep enough, it is parsed
// all right, and then whatever walks it by recursion (writing it out again, for one) runs out of stack.
import type { Json } from "#contracts";

/** Far deeper than any schema or document, far from any stack's end. */
export const DEEPEST = 500;

/** `text` is what `value` was read from: what is short cannot be deep, so that most of what comes is not walked at all. */
export function tooDeep(text: string, value: unknown): boolean {
  return text.length > 2 * DEEPEST && deeper(value, DEEPEST);
}

/** Undefined for what is no JSON, or is nested too deep to be read. */
export function parseJson(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return tooDeep(text, value) ? undefined : value;
  } catch {
    return undefined;
  }
}

function deeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  return Array.isArray(value) ? value.some((inner) => deeper(inner, levels - 1)) : Object.values(value).some((inner) => deeper(inner, levels - 1));
}
