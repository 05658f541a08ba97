// In: a pattern as written. Out: its nodes, or what is wrong with it and where. From here on nothing but sets of code
// points and contexts is left; no stage behind this one knows regular-expression syntax.
import { type AST, RegExpParser, RegExpSyntaxError } from "@eslint-community/regexpp";
import { one } from "./charset.ts";
import { type Expression, sizeOf } from "./expression.ts";
import { expressionOf, type Flags, type NotRegular } from "./translate.ts";
import { ALWAYS, type Pairs } from "./contexts.ts";
import { emptyIn, longerThanNothing, type PatternNode, positions } from "./positions.ts";

/** As a rule's `match` has it. */
export type PatternSource =
  | { readonly kind: "pattern"; readonly source: string; readonly flags: string }
  | { readonly kind: "any"; readonly texts: readonly string[] };

/** A pattern read and found good. It takes at least one character; without nodes it matches nothing at all. */
export type Pattern = { readonly kind: "read-pattern"; readonly nodes: readonly PatternNode[] };

/**
 * `offset` and `length` are UTF-16 code units of the source (a flag at fault stands behind the source and its slash, at
 * source.length + 1 + its place); for `any` they count texts.
 */
export type PatternProblem = {
  readonly kind: "syntax" | "not-regular" | "empty" | "too-large";
  readonly message: string;
  readonly help: string;
  readonly offset: number;
  readonly length: number;
};

/** A pattern that is asked whether it matches anywhere in a text, and may do so without taking any of it: between the contexts of `empty`. */
export type Searched = { readonly pattern: Pattern; readonly empty: Pairs };
export type ReadSearched = { readonly ok: true; readonly searched: Searched } | { readonly ok: false; readonly problem: PatternProblem };

export type ReadPattern = { readonly ok: true; readonly pattern: Pattern } | { readonly ok: false; readonly problem: PatternProblem };

type Unread = { readonly ok: false; readonly problem: PatternProblem };
type Whole = { readonly offset: number; readonly length: number };

/** Nodes one pattern may have; `(\w{1,100} ){1,100}` has 10,100. */
export const LARGEST = 5_000;
/** Ways from node to node, which alternatives behind alternatives multiply. */
const MOST_EDGES = 200_000;

export function readPattern(source: PatternSource): ReadPattern {
  return source.kind === "any" ? readTexts(source.texts) : readExpression(source.source, source.flags);
}

/** A `pattern` of a JSON schema: ECMAScript's with the flag `u`. */
export function readSearched(source: string): ReadSearched {
  const parsed = parsedExpression(source, "u");
  if (!parsed.ok) return parsed;
  const { expression } = parsed;
  const empty = emptyIn(expression);
  // It matches everywhere, so nothing has to be looked for.
  if (empty === ALWAYS) return { ok: true, searched: { pattern: { kind: "read-pattern", nodes: [] }, empty } };
  const whole = { offset: 0, length: source.length };
  const size = sizeOf(expression);
  if (size > LARGEST) return problem(tooLong(size, whole));
  const nodes = longerThanNothing(expression, MOST_EDGES);
  return nodes.kind === "nodes" ? { ok: true, searched: { pattern: { kind: "read-pattern", nodes: nodes.nodes }, empty } } : problem(tooMany(whole));
}

function readTexts(texts: readonly string[]): ReadPattern {
  const empty = texts.indexOf("");
  if (empty >= 0 || texts.length === 0) {
    return problem({
      kind: "empty",
      message: "the empty text is in every text",
      help: "write at least one character",
      offset: Math.max(0, empty),
      length: 1,
    });
  }
  const literals = [...new Set(texts)].map((text): Expression => ({ kind: "sequence", of: [...text].map((char) => ({ kind: "set", set: one(char.codePointAt(0)!) })) }));
  return built({ kind: "choice", of: literals }, { offset: 0, length: texts.length });
}

function readExpression(source: string, flags: string): ReadPattern {
  const parsed = parsedExpression(source, flags);
  return parsed.ok ? built(parsed.expression, { offset: 0, length: source.length }) : parsed;
}

function parsedExpression(source: string, flags: string): { readonly ok: true; readonly expression: Expression } | Unread {
  const wrongFlag = [...flags].findIndex((flag, at) => !"imsu".includes(flag) || flags.indexOf(flag) !== at);
  if (wrongFlag >= 0) {
    const flag = flags[wrongFlag]!;
    return problem({
      kind: "syntax",
      message: flags.indexOf(flag) === wrongFlag ? `unknown flag \`${flag}\`` : `flag \`${flag}\` is there twice`,
      help: "the flags are `i` (ignore case), `m` (`^` and `$` at every line), `s` (`.` takes line ends too) and `u` (Unicode)",
      offset: source.length + 1 + wrongFlag,
      length: 1,
    });
  }
  const unicode = flags.includes("u");
  let parsed: AST.Pattern;
  try {
    parsed = new RegExpParser({ ecmaVersion: 2025 }).parsePattern(source, 0, source.length, { unicode });
  } catch (error) {
    if (!(error instanceof RegExpSyntaxError)) throw error;
    return problem({ kind: "syntax", ...syntaxMessage(error, source), offset: Math.min(error.index, Math.max(0, source.length - 1)), length: 1 });
  }
  const scope: Flags = { unicode, ignoreCase: flags.includes("i"), multiline: flags.includes("m"), dotAll: flags.includes("s") };
  const translated = expressionOf(parsed, scope);
  return translated.ok ? translated : problem(notRegular(translated.found));
}

function built(expression: Expression, whole: Whole): ReadPattern {
  const size = sizeOf(expression);
  if (size > LARGEST) return problem(tooLong(size, whole));
  const nodes = positions(expression, MOST_EDGES);
  switch (nodes.kind) {
    case "nodes":
      return { ok: true, pattern: { kind: "read-pattern", nodes: nodes.nodes } };
    case "empty":
      return problem({
        kind: "empty",
        message: "the pattern can match the empty text, so it would match everywhere",
        help: "let it take at least one character, with `+` for `*`, or without a `?`",
        ...whole,
      });
    case "too-large":
      return problem(tooMany(whole));
  }
}

function tooLong(size: number, whole: Whole): PatternProblem {
  return {
    kind: "too-large",
    message: `the pattern is ${size === Infinity ? "too" : `${size} characters`} long once its repeats are written out; ${LARGEST} are allowed`,
    help: "use smaller repeats, or split the rule",
    ...whole,
  };
}

function tooMany(whole: Whole): PatternProblem {
  return {
    kind: "too-large",
    message: "the pattern's alternatives multiply to more than can be watched",
    help: "take alternatives that follow each other apart, or split the rule",
    ...whole,
  };
}

function notRegular(found: NotRegular): PatternProblem {
  const place = { offset: found.start, length: found.end - found.start };
  switch (found.kind) {
    case "lookahead":
      return { kind: "not-regular", message: `lookahead \`${found.raw}\` is not regular`, help: "match the text up to it and no more, or put what must follow into the pattern; `\\b`, `\\B`, `^` and `$` are allowed", ...place };
    case "lookbehind":
      return { kind: "not-regular", message: `lookbehind \`${found.raw}\` is not regular`, help: "put what must stand before into the pattern; `\\b`, `\\B` and `^` are allowed", ...place };
    case "backreference":
      return { kind: "not-regular", message: `backreference \`${found.raw}\` is not regular`, help: "write out what may be repeated", ...place };
  }
}

/** The parser says `Invalid regular expression: /…/: Unterminated group`; the end of it is enough beside the caret. */
function syntaxMessage(error: RegExpSyntaxError, source: string): { readonly message: string; readonly help: string } {
  const what = error.message.slice(error.message.lastIndexOf(": ") + 2).toLowerCase();
  const astral = /[\u{10000}-\u{10ffff}]/u.test(source) && what.includes("range out of order");
  return { message: `not a regular expression: ${what}`, help: astral ? "add the flag `u` for ranges beyond U+FFFF" : "patterns are ECMAScript's, without lookaround and backreferences" };
}

function problem(problem: PatternProblem): Unread {
  return { ok: false, problem };
}
