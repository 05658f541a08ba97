// TEXT -> TREE. In: any text. Out: a tree, and every mistake in the text. Nothing is ever thrown.
// A text without mistakes is parsed in one go; only one with mistakes is cut into declarations and parsed piece by piece
// (recover.ts), so no guess about where a broken declaration ends can ever change what a correct file means.
import type { CstNode } from "chevrotain";
import type { Damaged, Declaration, File, Use } from "./ast.ts";
import { buildItem, EDITION, type Item } from "./build-ast.ts";
import type { Builder } from "./cst.ts";
import { type Diagnostic, sortDiagnostics, syntaxError } from "./diagnostic.ts";
import { lex, type Lexed } from "./lex.ts";
import { isTooDeep } from "./nesting.ts";
import { anyWithin } from "./offsets.ts";
import { recover } from "./recover.ts";
import { run } from "./run.ts";
import type { SourceFile, Span } from "./source.ts";

export type Parsed = { readonly file: File; readonly diagnostics: readonly Diagnostic[] };

export function parse(source: SourceFile): Parsed {
  const lexed = lex(source);
  const builder: Builder = { file: source.path, diagnostics: [...lexed.diagnostics], damaged: [] };
  const whole = isTooDeep(lexed.tokens) ? null : run("file", lexed.tokens, null);
  const items = whole?.tree
    ? ((whole.tree.children["item"] ?? []) as CstNode[]).map((one) => buildItem(one, builder))
    : recover({ ...lexed, source, mistake: whole?.mistake ?? null }, builder);
  const file = assemble(source, lexed, { items: items.filter((item) => item !== null), builder });
  return { file: { ...file, damaged: damagedIn(file, builder) }, diagnostics: firstOf(builder.diagnostics) };
}

/** More mistakes than anyone reads: a file that is no policy at all, or a very broken one. */
const MOST = 100;

function firstOf(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const sorted = sortDiagnostics(diagnostics);
  if (sorted.length <= MOST) return sorted;
  return [...sorted.slice(0, MOST), syntaxError(sorted[MOST]!.span, `${sorted.length - MOST} more mistakes from here on`)];
}

/** What recovery lost, and every declaration with a mistake inside. */
function damagedIn({ declarations }: File, { diagnostics, damaged }: Builder): readonly Damaged[] {
  if (diagnostics.length === 0) return [];
  const places = diagnostics.map((one) => one.span.start).sort((a, b) => a - b);
  const hurt = declarations.filter((one) => anyWithin(places, { start: one.span.start, end: one.span.end - 1 }));
  const all = [...damaged, ...hurt.map((one) => ({ name: "name" in one ? one.name : null, span: one.span }))];
  return all.sort((a, b) => a.span.start - b.span.start);
}

function assemble(source: SourceFile, { tokens, comments, blanks }: Lexed, { items, builder }: { readonly items: readonly Item[]; readonly builder: Builder }): File {
  const uses: Use[] = [];
  const declarations: Declaration[] = [];
  for (const item of items) {
    if (item.kind === "declaration") declarations.push(item.declaration);
    else if (item.kind === "use") {
      if (declarations.length > 0) builder.diagnostics.push(syntaxError(item.span, "`use` stands after a declaration", "move it up: every `use` stands between `ward 1` and the first declaration"));
      uses.push(item.use);
    }
  }
  const start = tokens[0]?.startOffset ?? source.text.length;
  const end = tokens.length === 0 ? start : tokens.at(-1)!.endOffset + 1;
  const edition = checkEdition(items, builder, tokens[0]?.image === "ward" ? null : { file: source.path, start, end: start + (tokens[0]?.image.length ?? 0) });
  return {
    kind: "file",
    edition: edition?.edition ?? null,
    editionSpan: edition?.span ?? null,
    uses,
    declarations,
    comments,
    blanks,
    damaged: [],
    span: { file: source.path, start, end },
  };
}

/** `ward 1` stands first, and once. `missing` is the place where it is missing. */
function checkEdition(items: readonly Item[], builder: Builder, missing: Span | null) {
  const [edition, second] = items.filter((item) => item.kind === "edition");
  const misplaced = missing ? edition : second;
  if (misplaced) builder.diagnostics.push(syntaxError(misplaced.span, "the edition stands at the start of the file, once"));
  else if (missing) builder.diagnostics.push(syntaxError(missing, `this file does not say which edition of the language it is written in`, `begin it with \`ward ${EDITION}\``));
  return edition;
}
