// Diagnostics -> annotations of GitHub Actions, one workflow command a line.
import type { Diagnostic, Severity, SourceFile } from "#lang";
import { normalPath } from "../host.ts";
import { rangeOf, sourcesOf, type Sources } from "./sources.ts";

const COMMANDS: { readonly [severity in Severity]: string } = { error: "error", warning: "warning", info: "notice" };

/** GitHub knows files by their paths in the repository: `folder` is where in it the paths of the diagnostics begin. */
export function renderGithub(found: readonly Diagnostic[], files: readonly SourceFile[], folder = ""): string {
  const sources = sourcesOf(files);
  return found
    .map((one) => {
      const { start, end } = rangeOf(sources, one.span);
      return annotation(COMMANDS[one.severity], { title: `${one.code} ${one.name}`, place: { file: inRepository(folder, one.span.file), start, end } }, body(one, sources));
    })
    .join("");
}

type Position = { readonly line: number; readonly column: number };
/** `place` null: the run as a whole. */
export type Annotated = { readonly title: string; readonly place: { readonly file: string; readonly start: Position; readonly end: Position } | null };

/** One workflow command, on its own line. */
export function annotation(command: string, { title, place }: Annotated, body: string): string {
  const properties = [...(place === null ? [] : placeOf(place)), ["title", title] as const].map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  return `::${command} ${properties.join(",")}::${escapeData(body)}\n`;
}

function placeOf({ file, start, end }: NonNullable<Annotated["place"]>): readonly (readonly [string, string | number])[] {
  return [
    ["file", file],
    ["line", start.line],
    ["endLine", end.line],
    // GitHub reads columns only where the annotation is on one line.
    ...(start.line === end.line ? ([["col", start.column], ["endColumn", Math.max(end.column, start.column)]] as const) : []),
  ];
}

export function inRepository(folder: string, path: string): string {
  return folder === "" ? path : normalPath(`${folder}/${path}`);
}

function body(one: Diagnostic, sources: Sources): string {
  return [
    one.message,
    ...one.labels.map((label) => `${label.span.file}:${rangeOf(sources, label.span).start.line}: ${label.text}`),
    ...(one.because === undefined ? [] : [`because: ${one.because}`]),
    ...(one.help === undefined ? [] : [`help: ${one.help}`]),
    ...(one.witness === undefined ? [] : [`witness: ${JSON.stringify(one.witness)}`]),
  ].join("\n");
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
