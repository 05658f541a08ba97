// Reading chevrotain's concrete trees: children by the name of their rule, tokens by their type, and places.
import type { CstNode, TokenType } from "chevrotain";
import type { Damaged } from "./ast.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { Span } from "./source.ts";
import type { Token } from "./tokens.ts";

/** What every builder has at hand. */
export type Builder = {
  readonly file: string;
  readonly diagnostics: Diagnostic[];
  readonly damaged: Damaged[];
  /** Clauses have been cut out to go on after a mistake: one that is missing now may have been there. */
  readonly incomplete?: true;
};

export function tokens(node: CstNode, type: TokenType): readonly Token[] {
  return (node.children[type.name] ?? []) as unknown as readonly Token[];
}

export function first(node: CstNode, type: TokenType): Token {
  return tokens(node, type)[0]!;
}

export function maybe(node: CstNode, type: TokenType): Token | null {
  return tokens(node, type)[0] ?? null;
}

export function has(node: CstNode, type: TokenType): boolean {
  return node.children[type.name] !== undefined;
}

export function children(node: CstNode, rule: string): readonly CstNode[] {
  return (node.children[rule] ?? []) as readonly CstNode[];
}

export function child(node: CstNode, rule: string): CstNode {
  return children(node, rule)[0]!;
}

export function maybeChild(node: CstNode, rule: string): CstNode | null {
  return children(node, rule)[0] ?? null;
}

export function spanOf(builder: Builder, node: CstNode): Span {
  return { file: builder.file, start: node.location!.startOffset, end: node.location!.endOffset! + 1 };
}

export function tokenSpan(builder: Builder, token: Token): Span {
  return { file: builder.file, start: token.startOffset, end: token.endOffset + 1 };
}
