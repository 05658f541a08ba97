// TOKENS -> the same tokens with every bracket closed. What had to be added or left out is reported here, so that
// whoever goes on need not wonder about brackets again.
import { type Diagnostic, syntaxError } from "./diagnostic.ts";
import { CLOSER_OF, isCloser, type Token } from "./tokens.ts";

/** `until` is where an opener's closer was added, behind which the problem can explain nothing. */
export type BracketProblem = { readonly diagnostic: Diagnostic; readonly opener: Token | null; readonly until: number };
export type Balanced = { readonly tokens: readonly Token[]; readonly problems: readonly BracketProblem[] };

export function balance(file: string, tokens: readonly Token[]): Balanced {
  const kept: Token[] = [];
  const problems: BracketProblem[] = [];
  const open: Token[] = [];
  const closeDownTo = (depth: number) => {
    const unclosed = open.splice(depth).toReversed();
    if (unclosed.length > 0) problems.push({ diagnostic: neverClosed(file, unclosed), opener: unclosed[0]!, until: kept.at(-1)!.endOffset + 1 });
    for (const opener of unclosed) kept.push(closerFor(opener, kept.at(-1)!));
  };
  for (const token of tokens) {
    if (CLOSER_OF.has(token.tokenType)) open.push(token);
    else if (isCloser(token)) {
      const opener = open.findLastIndex((one) => CLOSER_OF.get(one.tokenType) === token.tokenType);
      if (opener < 0) {
        problems.push({ diagnostic: syntaxError(spanOf(file, token), `unexpected \`${token.image}\``, "nothing is open that it could close"), opener: null, until: token.startOffset });
        continue;
      }
      closeDownTo(opener + 1);
      open.pop();
    }
    kept.push(token);
  }
  closeDownTo(0);
  return { tokens: kept, problems };
}

/** Was this closer added by {@link balance}? It has no width. */
export function isAdded(token: Token): boolean {
  return token.endOffset < token.startOffset;
}

function closerFor(opener: Token, previous: Token): Token {
  const tokenType = CLOSER_OF.get(opener.tokenType)!;
  const at = previous.endOffset + 1;
  return { image: "", startOffset: at, endOffset: at - 1, tokenType, tokenTypeIdx: tokenType.tokenTypeIdx!, payload: undefined, index: -1, firstOnLine: false, doc: null };
}

function neverClosed(file: string, [innermost, ...outer]: readonly Token[]): Diagnostic {
  const labels = outer.map((one) => ({ span: spanOf(file, one), text: "neither is this one" }));
  return { ...syntaxError(spanOf(file, innermost!), `this \`${innermost!.image}\` is never closed`), labels };
}

function spanOf(file: string, token: Token) {
  return { file, start: token.startOffset, end: token.endOffset + 1 };
}
