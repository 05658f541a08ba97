// A fix as the lines it changes: what stands there now, and what will.
import type { Fix } from "#lang";
import { clip, display } from "./display.ts";
import { margin, type Frame } from "./snippet.ts";
import type { Lines, Sources } from "./sources.ts";

type Edit = Fix["edits"][number];

const MOST = 12;

/** The changed lines of every file the fix touches, at most a dozen. */
export function suggestion(fix: Fix, sources: Sources, frame: Frame): readonly string[] {
  const out: string[] = [];
  for (const [file, edits] of byFile(fix.edits)) {
    const lines = sources(file);
    for (const hunk of hunks(lines, edits)) out.push(margin(frame), ...drawHunk(lines, hunk, frame));
  }
  return out.length <= MOST + 2 ? out : [...out.slice(0, MOST + 1), `${margin(frame)} ${frame.palette("quiet", `and ${out.length - MOST - 1} more lines`)}`];
}

/** The largest line number {@link suggestion} prints. */
export function lastLineOf(fix: Fix, sources: Sources): number {
  return Math.max(0, ...fix.edits.map((edit) => sources(edit.span.file).at(edit.span.end).line));
}

function byFile(edits: readonly Edit[]): ReadonlyMap<string, readonly Edit[]> {
  const files = new Map<string, Edit[]>();
  for (const edit of edits) files.set(edit.span.file, [...(files.get(edit.span.file) ?? []), edit]);
  return files;
}

type Hunk = { readonly first: number; readonly last: number; readonly edits: readonly Edit[] };

/** Edits that touch the same lines belong together. */
function hunks(lines: Lines, edits: readonly Edit[]): readonly Hunk[] {
  const out: Hunk[] = [];
  for (const edit of [...edits].sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end)) {
    const first = lines.at(edit.span.start).line;
    const last = lines.at(edit.span.end).line;
    const before = out.at(-1);
    if (before !== undefined && first <= before.last) {
      out[out.length - 1] = { first: before.first, last: Math.max(before.last, last), edits: [...before.edits, edit] };
    } else out.push({ first, last, edits: [edit] });
  }
  return out;
}

function drawHunk(lines: Lines, { first, last, edits }: Hunk, frame: Frame): readonly string[] {
  const from = lines.start(first);
  const old = Array.from({ length: last - first + 1 }, (_, index) => lines.line(first + index));
  const next = rewrite(old.join("\n"), edits, (offset) => offsetIn(lines, { first, from }, offset)).split(/\r\n|\r|\n/);
  // Lines that stay as they are at either end are not part of the change.
  let head = 0;
  while (head < old.length && head < next.length && old[head] === next[head]) head++;
  let tail = 0;
  while (tail < old.length - head && tail < next.length - head && old.at(-1 - tail) === next.at(-1 - tail)) tail++;
  const row = (number: number, sign: "-" | "+", text: string): string => {
    const role = sign === "-" ? "removed" : "added";
    return `${frame.palette("place", String(number).padStart(frame.numbers))} ${frame.palette(role, `${sign} ${clip(display(text), frame.columns - 2)}`.trimEnd())}`;
  };
  return [
    ...old.slice(head, old.length - tail).map((text, index) => row(first + head + index, "-", text)),
    ...next
      .slice(head, next.length - tail)
      .filter((text, _index, all) => all.length > 1 || text.trim() !== "")
      .map((text, index) => row(first + head + index, "+", text)),
  ];
}

/** Where `offset` of the file lies in the hunk's lines joined by `\n`, whatever the file's own line breaks are. */
function offsetIn(lines: Lines, { first, from }: { first: number; from: number }, offset: number): number {
  const at = lines.at(offset);
  let lost = 0;
  for (let line = first; line < at.line; line++) lost += lines.start(line + 1) - lines.start(line) - lines.line(line).length - 1;
  return Math.min(at.column - 1, lines.line(at.line).length) + (lines.start(at.line) - from) - lost;
}

function rewrite(text: string, edits: readonly Edit[], offset: (of: number) => number): string {
  let out = "";
  let at = 0;
  for (const edit of edits) {
    const start = offset(edit.span.start);
    if (start < at) continue; // overlapping edits: the first one stands, as when they are applied
    out += text.slice(at, start) + edit.text;
    at = offset(edit.span.end);
  }
  return out + text.slice(at);
}
