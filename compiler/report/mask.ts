// A report shows the lines it speaks of, and is kept in logs that others read. So a secret that was found in a policy is
// painted over before any line is shown, also where another diagnostic shows the same line.
import type { Diagnostic, SourceFile } from "#lang";
import { secretLiteral } from "../rules/secret-literal.ts";

/** The same texts, of the same length, with every character of a secret but its quotes replaced. */
export function masked(files: readonly SourceFile[], found: readonly Diagnostic[]): readonly SourceFile[] {
  const secrets = found.filter((one) => one.code === secretLiteral.code).map((one) => one.span);
  if (secrets.length === 0) return files;
  return files.map((file) => ({
    ...file,
    text: secrets.filter((span) => span.file === file.path).reduce((text, { start, end }) => text.slice(0, start) + text.slice(start, end).replaceAll(/[^"\r\n]/g, "•") + text.slice(end), file.text),
  }));
}
