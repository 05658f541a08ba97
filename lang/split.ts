// TOKENS of a file with mistakes -> one piece for each thing at its top level. A declaration ends where its braces do.
// Where they never do, it ends before the next line that can only be the head of another declaration: so a brace that
// is missing costs one declaration, not the rest of the file.
import type { TokenType } from "chevrotain";
import { DECLARATION_WORDS } from "./messages.ts";
import { CLOSER_OF, Equals, isCloser, isName, K, LBrace, NumberToken, RBrace, StringToken, type Token } from "./tokens.ts";

/** `next` is the token after the piece; null at the end of the file. */
export type Piece = { readonly tokens: readonly Token[]; readonly next: Token | null };

export function split(text: string, tokens: readonly Token[]): readonly Piece[] {
  const pieces: Piece[] = [];
  let begin = 0;
  let open: TokenType[] = []; // the closers that are waited for
  let waiting = new Map<TokenType, number>(); // how many of each, so that one nobody waits for costs nothing
  const cut = (end: number) => {
    if (end > begin) pieces.push({ tokens: tokens.slice(begin, end), next: tokens[end] ?? null });
    begin = end;
    open = [];
    waiting = new Map();
  };
  for (const [index, token] of tokens.entries()) {
    if (index > begin && isHead(tokens, index, { text, begin, nested: open.length > 0 })) cut(index);
    const closer = CLOSER_OF.get(token.tokenType);
    if (closer) {
      open.push(closer);
      waiting.set(closer, (waiting.get(closer) ?? 0) + 1);
    } else if (isCloser(token) && (waiting.get(token.tokenType) ?? 0) > 0) {
      for (let closed; closed !== token.tokenType; ) {
        closed = open.pop()!;
        waiting.set(closed, waiting.get(closed)! - 1);
      }
      if (open.length === 0 && token.tokenType === RBrace) cut(index + 1);
    } else if (index === begin + 1 && tokens[begin]!.tokenType === K.ward) cut(index + 1);
  }
  cut(tokens.length);
  return pieces;
}

/** The keywords of declarations with no name, and with one. */
const UNNAMED: ReadonlySet<TokenType> = new Set([K.invariant, K.test, K.use]);
export const NAMED: ReadonlySet<TokenType> = new Set(DECLARATION_WORDS.map((word) => K[word]).filter((type) => type !== K.facts && !UNNAMED.has(type)));
const AFTER_NAME: ReadonlySet<TokenType> = new Set([LBrace, Equals, K.was, K.on]);

/** Inside open brackets a keyword may be any name: there only a whole head, no further right than the last one, will do. */
function isHead(tokens: readonly Token[], index: number, { text, begin, nested }: { readonly text: string; readonly begin: number; readonly nested: boolean }): boolean {
  const [token, second, third] = [tokens[index]!, tokens[index + 1], tokens[index + 2]];
  if (!token.firstOnLine || second === undefined) return false;
  if (nested && column(text, token) > column(text, tokens[begin]!)) return false;
  const type = token.tokenType;
  if (type === K.ward) return second.tokenType === NumberToken;
  if (type === K.facts) return second.tokenType === LBrace;
  if (UNNAMED.has(type)) return nested ? second.tokenType === StringToken && third?.tokenType === LBrace : second.tokenType === StringToken || second.tokenType === LBrace;
  if (!NAMED.has(type)) return false;
  return nested ? isName(second) && third !== undefined && AFTER_NAME.has(third.tokenType) : isName(second) || second.tokenType === LBrace;
}

function column(text: string, token: Token): number {
  let at = token.startOffset;
  while (at > 0 && text.charCodeAt(at - 1) !== 10 && text.charCodeAt(at - 1) !== 13) at--;
  return token.startOffset - at;
}
