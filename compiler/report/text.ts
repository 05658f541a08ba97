// Diagnostics -> text for a person.
//
//   error[W1001 unresolved-name]: unknown target `sonet`
//     --> policy.ward:12:7
//      |
//   12 |   try sonet { retry = 1 }
//      |       ^^^^^
//      |
//      = because: a name that means nothing routes nothing
//      = help: did you mean `sonnet`?
//
// In: diagnostics in the order to print them, and the files they point into. Out: text; nothing is written here.
import type { Diagnostic, Fix, Severity, SourceFile } from "#lang";
import { printable, width } from "./display.ts";
import { masked } from "./mask.ts";
import { plain, type Palette } from "./palette.ts";
import { lastLine, margin, snippet, type Frame, type Mark } from "./snippet.ts";
import { sourcesOf, type Sources } from "./sources.ts";
import { lastLineOf, suggestion } from "./suggest.ts";

/** `columns` is how wide the terminal is. */
export type TextOptions = { readonly palette?: Palette; readonly columns?: number };

/** Every diagnostic with its source, then one line that sums them up. Ends with a line break. */
export function renderText(found: readonly Diagnostic[], files: readonly SourceFile[], options: TextOptions = {}): string {
  const sources = sourcesOf(masked(files, found));
  const palette = options.palette ?? plain;
  const scene = { sources, palette, columns: Math.max(options.columns ?? 140, 40) };
  return [...found.map((one) => `${drawDiagnostic(one, scene)}\n`), summary(found, files, palette)].map((part) => `${part}\n`).join("");
}

/** One diagnostic as {@link renderText} shows it, without the summary. */
export function renderOne(one: Diagnostic, files: readonly SourceFile[], options: TextOptions = {}): string {
  return drawDiagnostic(one, { sources: sourcesOf(masked(files, [one])), palette: options.palette ?? plain, columns: Math.max(options.columns ?? 140, 40) });
}

export function summary(found: readonly Diagnostic[], files: readonly SourceFile[], palette: Palette = plain): string {
  const checked = many(files.length, "file");
  if (found.length === 0) return `${palette("added", "ok")}: nothing found in ${checked}`;
  const counts = (["error", "warning", "info"] as const)
    .map((severity) => ({ severity, count: found.filter((one) => one.severity === severity).length }))
    .filter(({ count }) => count > 0);
  return `${counts.map(({ severity, count }) => palette(severity, many(count, severity))).join(", ")} in ${checked}`;
}

function many(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

type Scene = { readonly sources: Sources; readonly palette: Palette; readonly columns: number };

function drawDiagnostic(one: Diagnostic, { sources, palette, columns }: Scene): string {
  const groups = groupMarks(one);
  const fixes = one.fixes ?? [];
  const numbers = String(Math.max(
    ...[...groups].map(([file, marks]) => lastLine(sources(file), marks)),
    ...fixes.map((fix) => lastLineOf(fix, sources)),
  )).length;
  const frame: Frame = { palette, role: one.severity, numbers, columns: Math.max(columns - numbers - 4, 30) };

  const out = [headline(one, palette)];
  for (const [file, marks] of groups) {
    const lines = sources(file);
    const { line, column } = lines.at(marks[0]!.start);
    out.push(`${" ".repeat(numbers)}${palette("place", file === one.span.file ? "-->" : ":::")} ${printable(file)}:${line}:${column}`);
    if (lines.text === "") continue;
    out.push(margin(frame), ...snippet(lines, marks, frame));
  }
  const notes = [
    ...note("because", one.because, frame),
    ...note("help", one.help, frame),
    ...fixes.flatMap((fix) => drawFix(fix, sources, frame)),
    ...note("witness", one.witness === undefined ? undefined : JSON.stringify(one.witness), frame),
  ];
  return [...out, ...(notes.length === 0 ? [] : [margin(frame), ...notes])].join("\n");
}

function headline({ code, name, severity, message }: Diagnostic, palette: Palette): string {
  return `${palette(severity, `${severity}[${code} ${name}]`)}${palette("strong", `: ${printable(message)}`)}`;
}

/** The marks of each file, the main one's first. A label on the main span itself becomes its text. */
function groupMarks({ span, labels }: Diagnostic): ReadonlyMap<string, readonly Mark[]> {
  const own = labels.find((label) => label.span.file === span.file && label.span.start === span.start && label.span.end === span.end);
  const groups = new Map<string, Mark[]>([[span.file, [{ start: span.start, end: span.end, text: own?.text ?? "", primary: true }]]]);
  for (const label of labels) {
    if (label === own) continue;
    const marks = groups.get(label.span.file) ?? [];
    groups.set(label.span.file, [...marks, { start: label.span.start, end: label.span.end, text: label.text, primary: false }]);
  }
  return groups;
}

/** `= help: …`, its further lines set below the first. */
function note(kind: string, text: string | undefined, { palette, numbers, columns }: Frame): readonly string[] {
  if (text === undefined || text === "") return [];
  const lead = `${" ".repeat(numbers)} ${palette("place", "=")} ${palette("strong", `${kind}:`)} `;
  const hang = " ".repeat(numbers + kind.length + 5);
  const room = Math.max(columns - kind.length - 4, 30);
  const lines = kind === "witness" ? [printable(text)] : text.split(/\r\n|\r|\n/).flatMap((line) => wrap(printable(line), room));
  return lines.map((line, index) => `${index === 0 ? lead : hang}${line}`);
}

/** At spaces only; a word that is too long stays whole. */
function wrap(text: string, room: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.trimEnd().split(" ")) {
    if (line !== "" && width(line) + 1 + width(word) > room) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function drawFix(fix: Fix, sources: Sources, frame: Frame): readonly string[] {
  return [...note(fix.safe ? "fix" : "maybe", fix.title, frame), ...suggestion(fix, sources, frame)];
}

/** Whether a diagnostic of this severity is at or above the level at which a command fails. */
export function reaches(severity: Severity, level: Severity): boolean {
  const order: readonly Severity[] = ["info", "warning", "error"];
  return order.indexOf(severity) >= order.indexOf(level);
}
