// A pattern as read: what is left of a regular expression when flags, escapes and shorthand are resolved.
import type { CharSet } from "./charset.ts";
import type { Pairs } from "./contexts.ts";

export type Expression =
  | { readonly kind: "set"; readonly set: CharSet }
  /** Takes no text, and holds between characters of these contexts. */
  | { readonly kind: "assert"; readonly pairs: Pairs }
  | { readonly kind: "sequence"; readonly of: readonly Expression[] }
  | { readonly kind: "choice"; readonly of: readonly Expression[] }
  /** `max` may be Infinity. */
  | { readonly kind: "repeat"; readonly of: Expression; readonly min: number; readonly max: number };

/** How many characters are written out once every bounded repeat is. */
export function sizeOf(expression: Expression): number {
  switch (expression.kind) {
    case "set":
      return 1;
    case "assert":
      return 0;
    case "sequence":
    case "choice":
      return expression.of.reduce((sum, one) => sum + sizeOf(one), 0);
    case "repeat":
      return sizeOf(expression.of) * (expression.max === Infinity ? Math.max(1, expression.min) : expression.max);
  }
}
