// Diagnostics -> the JSON that scripts rely on (contracts/report.ts). Every field is always there: what does not
// apply is null or an empty list.
import type { CheckReport, ReportedRange } from "#contracts";
import type { Diagnostic, SourceFile, Span } from "#lang";
import { rangeOf, sourcesOf, type Sources } from "./sources.ts";

export function renderJson(found: readonly Diagnostic[], files: readonly SourceFile[]): string {
  return `${JSON.stringify(reportOf(found, files), null, 2)}\n`;
}

export function reportOf(found: readonly Diagnostic[], files: readonly SourceFile[]): CheckReport {
  const sources = sourcesOf(files);
  const count = (severity: Diagnostic["severity"]): number => found.filter((one) => one.severity === severity).length;
  return {
    diagnostics: found.map((one) => ({
      code: one.code,
      name: one.name,
      severity: one.severity,
      message: one.message,
      ...place(one.span, sources),
      labels: one.labels.map((label) => ({ ...place(label.span, sources), message: label.text })),
      because: one.because ?? null,
      help: one.help ?? null,
      fixes: (one.fixes ?? []).map((fix) => ({
        title: fix.title,
        safe: fix.safe,
        edits: fix.edits.map((edit) => ({ ...place(edit.span, sources), text: edit.text })),
      })),
      witness: (one.witness ?? null) as CheckReport["diagnostics"][number]["witness"],
    })),
    summary: { errors: count("error"), warnings: count("warning"), infos: count("info") },
  };
}

function place(span: Span, sources: Sources): { readonly file: string; readonly range: ReportedRange } {
  return { file: span.file, range: rangeOf(sources, span) };
}
