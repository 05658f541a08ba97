// What a user is told. A diagnostic is data: collected, sorted by place, never thrown.
import type { Span } from "./source.ts";

export type Severity = "error" | "warning" | "info";

/** A second place that explains the first: "first defined here", "covers everything below". */
export type Label = { readonly span: Span; readonly text: string };

/** A change of text that removes the diagnostic. `safe` ones keep the meaning and `--fix` applies them. */
export type Fix = {
  readonly title: string;
  readonly safe: boolean;
  readonly edits: readonly { readonly span: Span; readonly text: string }[];
};

/**
 * `code` is stable (`W3001`), `name` its readable twin (`dispatcher-gap`). `message` says what is wrong: lower case,
 * no full stop, names in backticks. `because` says why it matters, `help` what to do. `witness` is a request, in the
 * form `ward eval --request` accepts, that shows the problem.
 */
export type Diagnostic = {
  readonly code: string;
  readonly name: string;
  readonly severity: Severity;
  readonly message: string;
  readonly span: Span;
  readonly labels: readonly Label[];
  readonly because?: string;
  readonly help?: string;
  readonly fixes?: readonly Fix[];
  readonly witness?: unknown;
};

/** Codes the language itself reports; every other code belongs to one file of the compiler's rules. */
export const SYNTAX = { code: "W0001", name: "syntax" } as const;

export function syntaxError(span: Span, message: string, help?: string): Diagnostic {
  return { ...SYNTAX, severity: "error", message, span, labels: [], ...(help === undefined ? {} : { help }) };
}

export function hasErrors(found: readonly Diagnostic[]): boolean {
  return found.some((one) => one.severity === "error");
}

/** By file, place, code and message: the same program always reports in the same order. */
export function sortDiagnostics(found: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...found].sort(
    (a, b) =>
      compareText(a.span.file, b.span.file) ||
      a.span.start - b.span.start ||
      a.span.end - b.span.end ||
      compareText(a.code, b.code) ||
      compareText(a.message, b.message),
  );
}

/** By code unit, so that the order never depends on a machine's locale. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
