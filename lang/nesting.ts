// How deep brackets and `not` may nest. The parser, the printer and every check walk the tree by recursion; a cap here,
// before any of them runs, is why none of them can overflow the stack.
import type { TokenType } from "chevrotain";
import { type Diagnostic, syntaxError } from "./diagnostic.ts";
import { K, LBrace, LBracket, LParen, RBrace, RBracket, RParen, type Token } from "./tokens.ts";

export const MOST_NESTED = 100;

const OPENERS: ReadonlySet<TokenType> = new Set([LBrace, LBracket, LParen]);
const CLOSERS: ReadonlySet<TokenType> = new Set([RBrace, RBracket, RParen]);

export function isTooDeep(tokens: readonly Token[]): boolean {
  return firstTooDeep(tokens) !== null;
}

export function tooDeep(file: string, tokens: readonly Token[]): Diagnostic | null {
  const token = firstTooDeep(tokens);
  return token && syntaxError({ file, start: token.startOffset, end: token.endOffset + 1 }, `nested too deeply: at most ${MOST_NESTED} brackets and \`not\` may be open at once`, "give the inner parts a declaration of their own");
}

function firstTooDeep(tokens: readonly Token[]): Token | null {
  const open: number[] = []; // what each open bracket counts for: itself and the `not`s before it
  let depth = 0;
  let nots = 0;
  for (const token of tokens) {
    if (token.tokenType === K.not) nots++;
    else if (OPENERS.has(token.tokenType)) {
      open.push(nots + 1);
      depth += nots + 1;
      nots = 0;
    } else {
      nots = 0;
      if (CLOSERS.has(token.tokenType)) depth -= open.pop() ?? 0;
    }
    if (depth + nots > MOST_NESTED) return token;
  }
  return null;
}
