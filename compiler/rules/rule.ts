// A rule of the compiler: one thing it can say, in one file. The file states the law, a program to avoid and one to
// prefer; the tests compile both, and `ward explain` prints them.
import type { Diagnostic, Fix, Label, Severity, Span } from "#lang";

export type Explained = {
  readonly code: string;
  readonly name: string;
  readonly severity: Severity;
  /** What is true of every program without this diagnostic, in one sentence. */
  readonly law: string;
  /** Why it matters to who runs the policy. */
  readonly because: string;
  /** A whole program in which this diagnostic, and no error besides it, is found. */
  readonly avoid: string;
  /** The same program put right: nothing is found in it. */
  readonly prefer: string;
  /** The command that says it, where `ward check` does not. */
  readonly foundBy?: string;
  /** Further files of both programs, by path. */
  readonly files?: { readonly [path: string]: string };
};

/** The parts of a diagnostic that differ from one finding to the next. */
export type Finding = {
  readonly span: Span;
  readonly message: string;
  readonly labels?: readonly Label[];
  readonly help?: string;
  readonly fixes?: readonly Fix[];
  readonly witness?: unknown;
  /** Only where one code has two severities (an import cycle is an error, an unused import a warning). */
  readonly severity?: Severity;
};

export function diagnose(rule: Explained, { severity, ...finding }: Finding): Diagnostic {
  return {
    code: rule.code,
    name: rule.name,
    severity: severity ?? rule.severity,
    because: rule.because,
    ...finding,
    labels: finding.labels ?? [],
  };
}
