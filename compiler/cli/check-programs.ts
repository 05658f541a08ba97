// Programs -> everything that is wrong with them, under their settings; and the same once what can be put right safely has been.
import { sortDiagnostics, type Diagnostic, type Severity, type SourceFile } from "#lang";
import { applySafeFixes, type AppliedFix } from "../check/fix.ts";
import type { Host } from "../host.ts";
import { reaches } from "../report/index.ts";
import { compileEntry } from "./compile-entry.ts";
import { writeText } from "./files.ts";
import type { Entry } from "./inputs.ts";
import { ok, type Result } from "./io.ts";

export type Checked = { readonly diagnostics: readonly Diagnostic[]; readonly sources: readonly SourceFile[] };

/** What several programs share is said once, at the severest of their levels. */
export function checkPrograms(programs: readonly Entry[], host: Host): Checked {
  const diagnostics = new Map<string, Diagnostic>();
  const sources = new Map<string, SourceFile>();
  for (const program of programs) {
    const compiled = compileEntry(program, host);
    for (const source of compiled.sources) sources.set(source.path, source);
    for (const one of compiled.diagnostics) {
      const key = JSON.stringify([one.code, one.span, one.message]);
      const known = diagnostics.get(key);
      if (known === undefined || reaches(one.severity, known.severity)) diagnostics.set(key, one);
    }
  }
  return { diagnostics: sortDiagnostics([...diagnostics.values()]), sources: [...sources.values()] };
}

/** Writes the files that safe fixes change, each whole or not at all. A fix counts only if it helps every program at once. */
export function fixPrograms(programs: readonly Entry[], host: Host, cwd: string): Result<{ readonly checked: Checked; readonly applied: readonly AppliedFix[] }> {
  const before = checkPrograms(programs, host);
  const fixed = applySafeFixes(before.sources, before.diagnostics, (files) => checkPrograms(programs, hostOver(files, host)).diagnostics);
  for (const [index, file] of fixed.files.entries()) {
    if (file.text === before.sources[index]!.text) continue;
    const written = writeText(cwd, file.path, file.text);
    if (!written.ok) return written;
  }
  return ok({ checked: { diagnostics: fixed.found, sources: fixed.files }, applied: fixed.applied });
}

/** The strictest that any of the settings asks for. */
export function failOnOf(programs: readonly Entry[]): Severity {
  const asked = new Set(programs.flatMap(({ config }) => config.failOn ?? []));
  return (["info", "warning", "error"] as const).find((one) => asked.has(one)) ?? "error";
}

function hostOver(files: readonly SourceFile[], host: Host): Host {
  const texts = new Map(files.map((file) => [file.path, file.text]));
  return { read: (path) => texts.get(path) ?? host.read(path) };
}
