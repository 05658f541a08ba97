// TOKENS of a file with mistakes -> what can be understood of it, and all its mistakes. Each piece is parsed by itself;
// at a mistake, the clause it stands in is reported, cut out, and the rest of the piece is parsed again. So one wrong
// clause hides neither the next clause nor the next declaration, and a declaration keeps its name.
//
// Cost: one more parse of the piece for each mistake in it, for at most MOST_IN_PIECE mistakes.
import type { TokenType } from "chevrotain";
import { balance, type BracketProblem, isAdded } from "./balance.ts";
import { buildItem, type Item } from "./build-ast.ts";
import type { Builder } from "./cst.ts";
import { type Diagnostic, syntaxError } from "./diagnostic.ts";
import { tooDeep } from "./nesting.ts";
import { type Mistake, run } from "./run.ts";
import type { SourceFile } from "./source.ts";
import { NAMED, type Piece, split } from "./split.ts";
import { CLOSER_OF, Comma, Equals, isCloser, isName, K, LBrace, Name, RBrace, Semicolon, StringToken, type Token } from "./tokens.ts";

/** `mistake` is what the parse of the whole file said; `unterminated` are the places of literals that never end. */
export type Broken = { readonly source: SourceFile; readonly tokens: readonly Token[]; readonly unterminated: readonly number[]; readonly mistake: Mistake | null };

export function recover(broken: Broken, builder: Builder): readonly (Item | null)[] {
  const lexical = [...builder.diagnostics];
  const items = split(broken.source.text, broken.tokens).map((piece) => recoverPiece(piece, { broken, lexical, builder }));
  // A mistake that vanished when the file was cut up must not vanish from the report.
  if (builder.diagnostics.length === 0) builder.diagnostics.push(tooDeep(builder.file, broken.tokens) ?? told(broken.mistake!, { tokens: broken.tokens, next: null }, builder));
  return items;
}

type Context = { readonly broken: Broken; readonly lexical: readonly Diagnostic[]; readonly builder: Builder };

const MOST_IN_PIECE = 20;

function recoverPiece(piece: Piece, context: Context): Item | null {
  const { broken, builder } = context;
  const deep = tooDeep(builder.file, piece.tokens);
  if (deep) {
    builder.diagnostics.push(deep);
    noteLost(piece, builder);
    return null;
  }
  const { tokens, problems } = balance(builder.file, piece.tokens);
  const before = builder.diagnostics.length;
  const item = parsePiece({ ...piece, tokens }, context);
  const mistakes = builder.diagnostics.slice(before);
  const swallowed = broken.unterminated.some((at) => isWithin(piece, at));
  if (!swallowed) builder.diagnostics.push(...problems.filter((one) => !isExplained(one, mistakes)).map((one) => one.diagnostic));
  if (item === null) noteLost(piece, builder);
  return item;
}

/** A `(` or `[` is missed where the parser stumbled behind it; a `{` may be missed anywhere. */
function isExplained({ opener, until }: BracketProblem, mistakes: readonly Diagnostic[]): boolean {
  if (opener === null || opener.tokenType === LBrace) return false;
  return mistakes.some(({ span }) => span.start >= opener.startOffset && span.start < until);
}

function parsePiece(piece: Piece, { lexical, builder }: Context): Item | null {
  const { diagnostics } = builder;
  let tokens = piece.tokens;
  let whole = true; // is the head the author's own?
  for (let count = 0; count < MOST_IN_PIECE && tokens.length > 0; count++) {
    const { tree, mistake } = run("item", tokens, piece.next);
    if (tree !== null) {
      const item = buildItem(tree, count === 0 ? builder : { ...builder, incomplete: true });
      return whole ? item : null;
    }
    if (!isConsequence(mistake, tokens, lexical)) diagnostics.push(told(mistake, { tokens, next: piece.next }, builder));
    const clause = clauseOf(mistake, tokens);
    if (clause !== null) tokens = [...tokens.slice(0, clause.start), ...tokens.slice(clause.end)];
    else {
      const headed = whole ? withStubHead(tokens) : null;
      if (headed === null) break;
      tokens = headed;
      whole = false;
    }
  }
  return null;
}

/** Nothing is left of it, but its name is known. */
function noteLost({ tokens }: Piece, { file, damaged }: Builder): void {
  const [keyword, name] = tokens;
  if (keyword === undefined) return;
  const named = name !== undefined && NAMED.has(keyword.tokenType) && isName(name);
  damaged.push({
    name: named ? { kind: "name", text: name.image, span: { file, start: name.startOffset, end: name.endOffset + 1 } } : null,
    span: { file, start: keyword.startOffset, end: tokens.at(-1)!.endOffset + 1 },
  });
}

function isWithin({ tokens }: Piece, offset: number): boolean {
  return tokens[0]!.startOffset <= offset && offset <= tokens.at(-1)!.endOffset;
}

/** A mistake that only follows from one already reported: at a bracket we added, or right behind something unreadable. */
function isConsequence({ token }: Mistake, tokens: readonly Token[], lexical: readonly Diagnostic[]): boolean {
  if (token && isAdded(token)) return true;
  const index = token ? tokens.indexOf(token) : tokens.length;
  const from = tokens[index - 1]?.startOffset ?? token?.startOffset ?? 0;
  const to = token ? token.startOffset : Infinity;
  return lexical.some(({ span }) => span.start >= from && span.start < to);
}

function told({ token, message, help }: Mistake, { tokens, next }: Piece, { file }: Builder): Diagnostic {
  const place = token ?? next;
  const end = tokens.length === 0 ? 0 : tokens.at(-1)!.endOffset + 1;
  return syntaxError(place ? { file, start: place.startOffset, end: place.endOffset + 1 } : { file, start: end, end }, message, help);
}

// ── cutting out a clause ─────────────────────────────────────────────────────────────────────────────────────

type Range = { readonly start: number; readonly end: number };

/** The tokens to cut out; null where the mistake stands in the head. */
function clauseOf({ token: stumbled, clause }: Mistake, tokens: readonly Token[]): Range | null {
  const at = stumbled ? tokens.indexOf(stumbled) : tokens.length;
  const body = tokens.findIndex((one) => one.tokenType === LBrace);
  const start = clause ? tokens.indexOf(clause) : body >= 0 && at > body ? at : -1;
  if (start < 0 || start >= tokens.length || (clause === null && isEndOfBody(tokens, at))) return null;
  let depth = 0;
  let end = start;
  for (; end < tokens.length; end++) {
    const token = tokens[end]!;
    if (depth === 0 && end > start && end >= at && beginsClause(tokens, end)) break;
    if (CLOSER_OF.has(token.tokenType)) depth++;
    else if (isCloser(token)) {
      if (depth === 0) break;
      depth--;
    }
  }
  if (end === start) return null;
  const doubled = isSeparator(tokens[start - 1]) && isSeparator(tokens[end]);
  return { start, end: doubled ? end + 1 : end };
}

/** What stands behind the last brace belongs to no clause. */
function isEndOfBody(tokens: readonly Token[], at: number): boolean {
  let depth = 0;
  for (const { tokenType } of tokens.slice(0, at)) depth += tokenType === LBrace ? 1 : tokenType === RBrace ? -1 : 0;
  return depth === 0;
}

const CLAUSE_WORDS: ReadonlySet<TokenType> = new Set([
  K.when, K.otherwise, K.smallest, K.try, K.blend, K.match, K.expect, K.after, K.repeat, K.allow, K.then, K.exhausted, K.also, K.for, K.never, K.only, K.always, K.attempts, K.cost,
  K.wall, K.given, K.upstream,
]);

const OPERATORS: ReadonlySet<TokenType> = new Set([K.and, K.or, K.not, K.has, K.in]);

/** A guess, made only once there is a mistake: `name =`, a clause's word behind a comma, or any word that begins a line. */
function beginsClause(tokens: readonly Token[], index: number): boolean {
  const [token, next] = [tokens[index]!, tokens[index + 1]];
  if (next?.tokenType === Equals) return isName(token) || token.tokenType === StringToken;
  if (isSeparator(tokens[index - 1])) return CLAUSE_WORDS.has(token.tokenType) || tokens[0]!.tokenType === K.facts;
  return token.firstOnLine && isName(token) && !OPERATORS.has(token.tokenType);
}

function isSeparator(token: Token | undefined): boolean {
  return token?.tokenType === Comma || token?.tokenType === Semicolon;
}

// ── going on behind a broken head ────────────────────────────────────────────────────────────────────────────

/** The same body under a head that parses, so that the body's mistakes are found too. Nobody sees the result. */
function withStubHead(tokens: readonly Token[]): readonly Token[] | null {
  const keyword = tokens[0]!;
  const body = tokens.findIndex((one) => one.tokenType === LBrace);
  const head = STUBS.get(keyword.tokenType);
  if (head === undefined || body < 0) return null;
  return [keyword, ...head.map((type) => stub(type, keyword)), ...tokens.slice(body)];
}

const STUBS: ReadonlyMap<TokenType, readonly TokenType[]> = new Map<TokenType, readonly TokenType[]>([
  [K.use, [StringToken]],
  [K.facts, []],
  ...[K.provider, K.dispatcher, K.cascade, K.alloy, K.guard, K.alert, K.model].map((kind): [TokenType, readonly TokenType[]] => [kind, [Name]]),
  [K.target, [Name, Equals, Name, StringToken]],
  [K.rule, [Name, K.on, K.text]],
  [K.invariant, [StringToken]],
  [K.test, [StringToken]],
]);

function stub(tokenType: TokenType, place: Token): Token {
  return { ...place, image: "_", tokenType, tokenTypeIdx: tokenType.tokenTypeIdx!, payload: tokenType === StringToken ? { kind: "string", value: "", block: false } : undefined, doc: null };
}
