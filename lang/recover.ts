import type { Builder, Item } from "./build-ast.ts";
import { syntaxError } from "./diagnostic.ts";
import type { Mistake } from "./run.ts";
import type { SourceFile } from "./source.ts";
import type { Token } from "./tokens.ts";
import { tooDeep } from "./nesting.ts";

export function recover({ source, tokens, mistake }: { readonly source: SourceFile; readonly tokens: readonly Token[]; readonly mistake: Mistake | null }, builder: Builder): readonly (Item | null)[] {
  const deep = tooDeep(source.path, tokens);
  if (deep) builder.diagnostics.push(deep);
  if (mistake) builder.diagnostics.push(syntaxError({ file: source.path, start: mistake.token?.startOffset ?? source.text.length, end: mistake.token ? mistake.token.endOffset + 1 : source.text.length }, mistake.message, mistake.help));
  return [];
}
