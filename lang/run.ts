// One run of the grammar over some tokens: a tree, or the first mistake in the author's words. The only file besides
// grammar.ts that knows how chevrotain reports.
import { type CstNode, EOF } from "chevrotain";
import { Grammar } from "./grammar.ts";
import { showToken } from "./messages.ts";
import type { Token } from "./tokens.ts";

export type Mistake = {
  /** The token that does not fit; null where the tokens end too early. */
  readonly token: Token | null;
  /** The first token of the clause it stands in; null in a declaration's head or between two clauses. */
  readonly clause: Token | null;
  readonly message: string;
  readonly help: string | undefined;
};

export type Run = { readonly tree: CstNode; readonly mistake: null } | { readonly tree: null; readonly mistake: Mistake };

/** `next` is the token after these in the file, if they are only a part of it. */
export function run(rule: "file" | "item", tokens: readonly Token[], next: Token | null): Run {
  const grammar = theGrammar();
  grammar.clauseStart = null;
  grammar.input = [...tokens];
  const tree = grammar[rule]();
  const [error] = grammar.errors;
  if (error === undefined) return { tree, mistake: null };
  const token = error.token.tokenType === EOF ? null : (error.token as Token);
  const [message = "", help] = error.message.split("\n");
  return { tree: null, mistake: { token, clause: grammar.clauseStart as Token | null, message: `${message}, found ${showToken(token ?? next)}`, help } };
}

let made: Grammar | undefined;

/** Learning the grammar takes some milliseconds, so it is done once, and not before something is parsed. */
function theGrammar(): Grammar {
  return (made ??= new Grammar({ validate: "nothing" }));
}
