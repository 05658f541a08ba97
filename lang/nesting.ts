// How deep brackets and `not` may nest. The parser, the printer and every check walk the tree by recursion; a cap here,
// before any of them runs, is why none of them can overflow the stack.
import type { TokenType } from "chevrotain";
import { type Diagnostic, syntaxError } from "./diagnostic.ts";
import { CLOSER_OF, isCloser, K, type Token } from "./tokens.ts";

export const MOST_NESTED = 100;

export function isTooDeep(tokens: readonly Token[]): boolean {
  return firstTooDeep(tokens) !== null;
}

export function tooDeep(file: string, tokens: readonly Token[]): Diagnostic | null {
  const token = firstTooDeep(tokens);
  return token && syntaxError({ file, start: token.startOffset, end: token.endOffset + 1 }, `nested too deeply: at most ${MOST_NESTED} brackets and \`not\` may be open at once`, "give the inner parts a declaration of their own");
}

/** Closers that close nothing are passed over, as balance.ts does, so that what it makes is no deeper than what is seen here. */
function firstTooDeep(tokens: readonly Token[]): Token | null {
  const open: { readonly closer: TokenType; readonly counts: number }[] = []; // a bracket counts with the `not`s before it
  let depth = 0;
  let nots = 0;
  for (const token of tokens) {
    const closer = CLOSER_OF.get(token.tokenType);
    if (closer) {
      open.push({ closer, counts: nots + 1 });
      depth += 1;
    } else if (token.tokenType === K.not) {
      nots++;
      depth++;
    } else {
      depth -= nots;
      if (isCloser(token)) for (const one of open.splice(matching(open, token.tokenType))) depth -= one.counts;
    }
    if (token.tokenType !== K.not) nots = 0;
    if (depth > MOST_NESTED) return token;
  }
  return null;
}

function matching(open: readonly { readonly closer: TokenType }[], type: TokenType): number {
  const index = open.findLastIndex((one) => one.closer === type);
  return index < 0 ? open.length : index;
}
