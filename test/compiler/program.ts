// Programs for tests: a text becomes a program without a disk.
import { compile, hostOf, type Compiled } from "../../compiler/index.ts";

export function compiled(text: string, files: { readonly [path: string]: string } = {}): Compiled {
  return compile("main.ward", hostOf({ ...files, "main.ward": text }));
}

/** `W1001 error: unknown target \`x\`` for each diagnostic. */
export function said(of: Compiled): readonly string[] {
  return of.diagnostics.map((one) => `${one.code} ${one.severity}: ${one.message}`);
}

/** The text that each diagnostic points at. */
export function pointedAt(of: Compiled): readonly string[] {
  return of.diagnostics.map(({ span }) => of.sources.find((source) => source.path === span.file)?.text.slice(span.start, span.end) ?? "");
}

/** A program around some declarations: a provider `local`, targets `small` and `large`, and no model. */
export function library(declarations: string): string {
  return `ward 1
provider local { kind = mock }
target small = local "small" { context = 32Ki }
target large = local "large" { context = 200k }
${declarations}
`;
}
