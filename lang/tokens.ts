// The words of the language. Every keyword is contextual: its token type is a `Name` too, so a field may be called
// `on` and a target `when`. The lexer never decides which one is meant; the grammar does, by where the word stands.
import { type IToken, Lexer, type TokenType, createToken } from "chevrotain";

/** A token as our lexer makes it. Offsets are chevrotain's: `endOffset` is the last code unit, not the one after. */
export type Token = IToken & {
  readonly endOffset: number;
  /** Its place in the file's token list. */
  readonly index: number;
  /** Does it begin its line? Recovery looks for clauses and declarations there. */
  readonly firstOnLine: boolean;
  /** The `///` lines between the previous token and this one. */
  readonly doc: string | null;
  /** What a literal means; names and punctuation have none. */
  readonly payload: Literal | undefined;
};

/** The value of a literal, decided once by the lexer, which can point at the exact place of a mistake. */
export type Literal =
  | { readonly kind: "number"; readonly value: number; readonly text: string }
  | { readonly kind: "size"; readonly value: number; readonly suffix: "k" | "Ki" | "M" | "Mi"; readonly text: string }
  | { readonly kind: "bytes"; readonly value: number; readonly text: string }
  | { readonly kind: "duration"; readonly value: number; readonly text: string }
  | { readonly kind: "money"; readonly value: number; readonly text: string }
  | { readonly kind: "price"; readonly input: number; readonly output: number; readonly text: string }
  | { readonly kind: "percent"; readonly value: number; readonly text: string }
  | { readonly kind: "string"; readonly value: string; readonly block: boolean }
  | { readonly kind: "pattern"; readonly source: string; readonly flags: string };

/** The words that mean something somewhere. A token's name is its word, capitalised: `K.when.name` is "When". */
export const WORDS = [
  "ward", "use", "was", "facts", "provider", "target", "dispatcher", "cascade", "alloy", "guard", "rule", "alert",
  "model", "invariant", "test", "from", "enum", "set", "key", "header", "metadata", "trusted", "smallest", "of", "when",
  "otherwise", "refuse", "try", "blend", "then", "only", "never", "zone", "region", "on", "text", "reasoning", "tool",
  "output", "request", "match", "any", "expect", "json", "schema", "after", "within", "turns", "repeat", "allow",
  "exhausted", "also", "retry", "escalate", "block", "redact", "prepend", "append", "note", "for", "always", "can",
  "serves", "attempts", "cost", "wall", "given", "upstream", "fails", "hangs", "cuts", "env", "absent", "not", "and",
  "or", "has", "in",
] as const;

export type Keyword = (typeof WORDS)[number];

export const Name = token("Name");

export const K = Object.fromEntries(
  WORDS.map((word) => [word, createToken({ name: word[0]!.toUpperCase() + word.slice(1), pattern: Lexer.NA, categories: [Name] })]),
) as { readonly [word in Keyword]: TokenType };

export const NumberToken = token("Number");
export const SizeToken = token("Size");
export const BytesToken = token("Bytes");
export const DurationToken = token("Duration");
export const MoneyToken = token("Money");
export const PriceToken = token("Price");
export const PercentToken = token("Percent");
export const StringToken = token("String");
export const PatternToken = token("Pattern");

export const LBrace = token("LBrace");
export const RBrace = token("RBrace");
export const LBracket = token("LBracket");
export const RBracket = token("RBracket");
export const LParen = token("LParen");
export const RParen = token("RParen");
export const Arrow = token("Arrow");
export const Equals = token("Equals");
/** `==`, `!=`, `<` and `>`, `>=`. */
export const Compare = token("Compare");
/** `<=` compares too, and sets the bound of an invariant. */
export const AtMost = createToken({ name: "AtMost", pattern: Lexer.NA, categories: [Compare] });
export const Comma = token("Comma");
export const Semicolon = token("Semicolon");
export const Colon = token("Colon");
export const DotDot = token("DotDot");
export const Dot = token("Dot");
export const Star = token("Star");
export const Tilde = token("Tilde");

/** Longest first, as the lexer must try them. */
export const PUNCTUATION: readonly (readonly [string, TokenType])[] = [
  ["->", Arrow], ["==", Compare], ["!=", Compare], ["<=", AtMost], [">=", Compare], ["..", DotDot], ["{", LBrace],
  ["}", RBrace], ["[", LBracket], ["]", RBracket], ["(", LParen], [")", RParen], ["=", Equals], ["<", Compare],
  [">", Compare], [",", Comma], [";", Semicolon], [":", Colon], [".", Dot], ["*", Star], ["~", Tilde],
];

export const CLOSER_OF: ReadonlyMap<TokenType, TokenType> = new Map([[LBrace, RBrace], [LBracket, RBracket], [LParen, RParen]]);

export function isCloser({ tokenType }: IToken): boolean {
  return tokenType === RBrace || tokenType === RBracket || tokenType === RParen;
}

export const VOCABULARY: readonly TokenType[] = [
  Name, ...Object.values(K), NumberToken, SizeToken, BytesToken, DurationToken, MoneyToken, PriceToken, PercentToken,
  StringToken, PatternToken, ...new Set(PUNCTUATION.map(([, type]) => type)),
];

const BY_WORD: ReadonlyMap<string, TokenType> = new Map(Object.entries(K));

/** The token type of a word: its keyword, or just a name. */
export function wordType(word: string): TokenType {
  return BY_WORD.get(word) ?? Name;
}

/** Is this token a name? Every keyword is. */
export function isName(token: IToken): boolean {
  return token.tokenType === Name || BY_WORD.get(token.image) === token.tokenType;
}

function token(name: string): TokenType {
  return createToken({ name, pattern: Lexer.NA });
}
