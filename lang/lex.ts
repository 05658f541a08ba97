// TEXT -> TOKENS and comments. In: any text at all. Out: tokens that cover everything but white space, comments and
// mistakes, each mistake as a diagnostic. From here on every literal has its value.
//
// Written by hand, not with chevrotain's lexer: it scans once, without regular expressions to analyse at start-up, and
// it can say exactly what is wrong with a string that never ends.
import type { TokenType } from "chevrotain";
import type { Comment } from "./ast.ts";
import { type Diagnostic, syntaxError } from "./diagnostic.ts";
import { readEscapes, readMoney, readNumber, readTextBlock } from "./literals.ts";
import type { SourceFile } from "./source.ts";
import {
  BytesToken, DurationToken, type Literal, MoneyToken, NumberToken, PatternToken, PercentToken, PriceToken, PUNCTUATION, SizeToken, StringToken, type Token,
  wordType,
} from "./tokens.ts";

export type Lexed = {
  readonly tokens: Token[];
  readonly comments: readonly Comment[];
  /** Where the author left an empty line: the offsets of the tokens and comments that follow one. */
  readonly blanks: readonly number[];
  readonly diagnostics: readonly Diagnostic[];
  /** Where a string, a text block, a pattern or a comment begins that never ends: it may have swallowed brackets. */
  readonly unterminated: readonly number[];
};

export function lex(source: SourceFile): Lexed {
  return new Scanner(source).run();
}

const TYPES: { readonly [kind in Literal["kind"]]: TokenType } = {
  number: NumberToken, size: SizeToken, bytes: BytesToken, duration: DurationToken, money: MoneyToken, price: PriceToken,
  percent: PercentToken, string: StringToken, pattern: PatternToken,
};

/** What other languages write with characters that mean nothing here. */
const HELP_WITH: { readonly [character: string]: string } = {
  "-": "numbers are never negative, and a name neither begins nor ends with `-`",
  "'": 'strings stand between `"` and `"`',
  "&": "write `and`",
  "|": "write `or`",
  "!": "write `not`, or `!=` to compare",
  "#": "a comment begins with `//`",
};

class Scanner {
  private readonly file: string;
  private readonly text: string;
  private readonly tokens: Token[] = [];
  private readonly comments: Comment[] = [];
  private readonly blanks: number[] = [];
  private readonly diagnostics: Diagnostic[] = [];
  private readonly unterminated: number[] = [];
  private at = 0;
  /** Line breaks since the last token or comment: 1 makes the next one the first of its line, 2 leave a blank line. */
  private breaks = 0;
  /** The same since the last token, so that a comment before it does not hide that a token begins its line. */
  private tokenBreaks = 0;
  private docs: string[] = [];
  /** Where the last unexpected character ended: a run of them is one mistake. */
  private strayEnd = -1;

  constructor(source: SourceFile) {
    this.file = source.path;
    this.text = source.text;
  }

  run(): Lexed {
    if (this.text.charCodeAt(0) === 0xfeff) this.at = 1;
    while (this.at < this.text.length) this.scan(this.text.charCodeAt(this.at));
    const { tokens, comments, blanks, diagnostics, unterminated } = this;
    return { tokens, comments, blanks, diagnostics, unterminated };
  }

  private scan(unit: number): void {
    const next = this.text.charCodeAt(this.at + 1);
    if (unit === 10 || unit === 13) this.lineBreak(unit, next);
    else if (unit === 32 || unit === 9) this.at++;
    else if (unit === 47 && next === 47) this.lineComment();
    else if (unit === 47 && next === 42) this.blockComment();
    else if (unit === 47) this.pattern();
    else if (unit === 34 && this.text.startsWith('"""', this.at)) this.textBlock();
    else if (unit === 34) this.string();
    else if (isDigit(unit)) this.number();
    else if (unit === 36) this.money();
    else if (isWordStart(unit)) this.word();
    else this.punctuation();
  }

  private lineBreak(unit: number, next: number): void {
    this.at += unit === 13 && next === 10 ? 2 : 1;
    this.breaks++;
    this.tokenBreaks++;
  }

  // ── comments ───────────────────────────────────────────────────────────────────────────────────────────────

  private lineComment(): void {
    const start = this.at;
    const end = this.endOfLine(start);
    const text = this.text.slice(start, end).trimEnd();
    const doc = text.startsWith("///") && !text.startsWith("////");
    const comment = this.comment(doc ? "doc" : "line", start, start + text.length);
    if (doc && comment.ownLine) this.docs.push(text.slice(text[3] === " " ? 4 : 3));
    this.at = end;
  }

  private blockComment(): void {
    const start = this.at;
    const close = this.text.indexOf("*/", start + 2);
    const end = close < 0 ? this.text.length : close + 2;
    if (close < 0) this.neverEnds(start, start + 2, "unterminated comment", "close it with `*/`");
    this.comment("block", start, end);
    for (const found of this.text.slice(start, end).matchAll(/\r\n|\r|\n/g)) this.tokenBreaks += found.length;
    this.at = end;
  }

  private comment(style: Comment["style"], start: number, end: number): Comment {
    const ownLine = this.breaks > 0 || (this.tokens.length === 0 && this.comments.length === 0);
    const comment: Comment = { kind: "comment", style, text: this.text.slice(start, end), ownLine, span: this.span(start, end) };
    this.noteBlank(start);
    this.comments.push(comment);
    return comment;
  }

  // ── literals ───────────────────────────────────────────────────────────────────────────────────────────────

  private string(): void {
    const start = this.at;
    const lineEnd = this.endOfLine(start);
    let at = start + 1;
    while (at < lineEnd && this.text.charCodeAt(at) !== 34) at += this.text.charCodeAt(at) === 92 ? 2 : 1;
    const closed = at < lineEnd;
    const close = Math.min(at, lineEnd);
    if (!closed) this.neverEnds(start, close, "unterminated string", 'close it with `"`, or write a text of several lines between `"""` and `"""`');
    const value = readEscapes(this.text.slice(start + 1, close), start + 1, this.report);
    this.literal({ kind: "string", value, block: false }, start, closed ? close + 1 : close);
  }

  private textBlock(): void {
    const start = this.at;
    let at = start + 3;
    while (at < this.text.length && !this.text.startsWith('"""', at)) at += this.text.charCodeAt(at) === 92 ? 2 : 1;
    const closed = at < this.text.length;
    const close = Math.min(at, this.text.length);
    if (!closed) this.neverEnds(start, start + 3, "unterminated text block", 'close it with `"""`');
    const value = readTextBlock(this.text.slice(start + 3, close), start + 3, this.report);
    this.literal({ kind: "string", value, block: true }, start, closed ? close + 3 : close);
  }

  private pattern(): void {
    const start = this.at;
    const lineEnd = this.endOfLine(start);
    let at = start + 1;
    let inClass = false; // a slash in a class is an ordinary character
    for (; at < lineEnd; at++) {
      const unit = this.text.charCodeAt(at);
      if (unit === 92) at++;
      else if (unit === 91) inClass = true;
      else if (unit === 93) inClass = false;
      else if (unit === 47 && !inClass) break;
    }
    const closed = at < lineEnd;
    const close = Math.min(at, lineEnd);
    if (!closed) this.neverEnds(start, close, "unterminated pattern", inClass ? "its `[` is never closed, and a `/` inside `[…]` does not end the pattern" : "close it with `/`");
    const end = closed ? this.endOfWord(close + 1) : close;
    const flags = closed ? this.text.slice(close + 1, end) : "";
    this.literal({ kind: "pattern", source: this.text.slice(start + 1, close), flags: this.flags(flags, close + 1) }, start, end);
  }

  private flags(flags: string, start: number): string {
    let kept = "";
    for (const [index, flag] of [...flags].entries()) {
      if (!"imsu".includes(flag)) this.report(start + index, start + index + 1, `unknown flag \`${flag}\``, "the flags are `i`, `m`, `s` and `u`");
      else if (kept.includes(flag)) this.report(start + index, start + index + 1, `the flag \`${flag}\` is given twice`);
      else kept += flag;
    }
    return kept;
  }

  private number(): void {
    const start = this.at;
    const digits = this.endOfDigits(start);
    const percent = this.text.charCodeAt(digits) === 37;
    const end = percent ? digits + 1 : this.endOfWord(digits);
    this.literal(readNumber(this.text.slice(start, digits), this.text.slice(digits, end), start, this.report), start, end);
  }

  private money(): void {
    const start = this.at;
    let end = this.endOfDigits(start + 1);
    // `$3/$15` is one token, so that its slash is never taken for the start of a pattern.
    const slash = this.text.charCodeAt(end) === 47 && end > start + 1;
    if (slash && this.text.charCodeAt(end + 1) === 36) end = this.endOfDigits(end + 2);
    else if (slash && isDigit(this.text.charCodeAt(end + 1))) {
      const wrong = this.endOfWord(this.endOfDigits(end + 1));
      this.report(end + 1, wrong, `expected \`$\` before \`${this.text.slice(end + 1, wrong)}\``, "a price is a pair such as `$3/$15`: dollars per million input and output tokens");
      return this.literal({ kind: "price", input: 0, output: 0, text: "$0/$0" }, start, wrong);
    }
    const stray = this.endOfWord(end);
    if (stray > end) this.report(end, stray, `unexpected \`${this.text.slice(end, stray)}\` after \`${this.text.slice(start, end)}\``, "an amount of money has no unit");
    const text = this.text.slice(start, end);
    if (!text.endsWith("$")) return this.literal(readMoney(text, start, this.report), start, stray);
    this.report(start, end, `expected an amount after \`${text}\``, "write dollars, as in `$0.25`, or a price such as `$3/$15`");
    this.literal({ kind: "money", value: 0, text: "$0" }, start, stray);
  }

  // ── words and signs ────────────────────────────────────────────────────────────────────────────────────────

  private word(): void {
    const start = this.at;
    let end = this.endOfWord(start);
    while (this.text.charCodeAt(end) === 45 && isWordPart(this.text.charCodeAt(end + 1))) end = this.endOfWord(end + 1);
    this.token(wordType(this.text.slice(start, end)), start, end, undefined);
  }

  private punctuation(): void {
    const start = this.at;
    const found = PUNCTUATION.find(([sign]) => this.text.startsWith(sign, start));
    if (found) return this.token(found[1], start, start + found[0].length, undefined);
    const point = this.text.codePointAt(start)!;
    this.at = start + (point > 0xffff ? 2 : 1);
    const help = HELP_WITH[String.fromCodePoint(point)] ?? (point > 127 ? "names are made of ASCII letters, digits, `_` and `-`" : undefined);
    if (this.strayEnd === start) this.extendLast(this.at);
    else this.report(start, this.at, `unexpected character ${showCharacter(point)}`, help);
    this.strayEnd = this.at;
  }

  // ── making tokens ──────────────────────────────────────────────────────────────────────────────────────────

  private literal(payload: Literal, start: number, end: number): void {
    this.token(TYPES[payload.kind], start, end, payload);
  }

  private token(tokenType: TokenType, start: number, end: number, payload: Literal | undefined): void {
    this.noteBlank(start);
    this.tokens.push({
      image: this.text.slice(start, end),
      startOffset: start,
      endOffset: end - 1,
      tokenType,
      tokenTypeIdx: tokenType.tokenTypeIdx!,
      payload,
      index: this.tokens.length,
      firstOnLine: this.tokenBreaks > 0 || this.tokens.length === 0,
      doc: this.docs.length === 0 ? null : this.docs.join("\n"),
    });
    this.docs = [];
    this.tokenBreaks = 0;
    this.at = end;
  }

  private noteBlank(start: number): void {
    if (this.breaks > 1) this.blanks.push(start);
    this.breaks = 0;
  }

  private readonly report = (start: number, end: number, message: string, help?: string): void => {
    this.diagnostics.push(syntaxError(this.span(start, end), message, help));
  };

  private neverEnds(start: number, end: number, message: string, help: string): void {
    this.unterminated.push(start);
    this.report(start, end, message, help);
  }

  private extendLast(end: number): void {
    const last = this.diagnostics.pop()!;
    this.diagnostics.push({ ...last, span: { ...last.span, end } });
  }

  private span(start: number, end: number) {
    return { file: this.file, start, end };
  }

  // ── measuring ──────────────────────────────────────────────────────────────────────────────────────────────

  private endOfLine(from: number): number {
    let at = from;
    while (at < this.text.length && this.text.charCodeAt(at) !== 10 && this.text.charCodeAt(at) !== 13) at++;
    return at;
  }

  private endOfWord(from: number): number {
    let at = from;
    while (isWordPart(this.text.charCodeAt(at))) at++;
    return at;
  }

  /** Digits and `_`, and a fraction; `1..2` has none. */
  private endOfDigits(from: number): number {
    let at = from;
    while (isDigit(this.text.charCodeAt(at)) || (at > from && this.text.charCodeAt(at) === 95)) at++;
    if (at === from || this.text.charCodeAt(at) !== 46 || !isDigit(this.text.charCodeAt(at + 1))) return at;
    at++;
    while (isDigit(this.text.charCodeAt(at)) || this.text.charCodeAt(at) === 95) at++;
    return at;
  }
}

function isDigit(unit: number): boolean {
  return unit >= 48 && unit <= 57;
}

function isWordStart(unit: number): boolean {
  return (unit >= 97 && unit <= 122) || (unit >= 65 && unit <= 90) || unit === 95;
}

function isWordPart(unit: number): boolean {
  return isWordStart(unit) || isDigit(unit);
}

/** What cannot be seen is named by its code point. */
function showCharacter(point: number): string {
  const shown = String.fromCodePoint(point);
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(shown) ? `\`${shown}\`` : `U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
}
