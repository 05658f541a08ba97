// A piece of source with what is said about it:
//
//   12 |   when a -> x   when b -> y
//      |        -             ^ never reached
//      |        |
//      |        covers everything below
//
// One mark stands under the text it is about; a text of several lines has a bar at its left, one track for each.
import { display, printable, type Display } from "./display.ts";
import type { Palette, Role } from "./palette.ts";
import type { Lines } from "./sources.ts";

/** `primary` marks are what the message is about; the others explain it. */
export type Mark = { readonly start: number; readonly end: number; readonly text: string; readonly primary: boolean };

export type Frame = {
  readonly palette: Palette;
  /** How `primary` marks look. */
  readonly role: Role;
  /** Columns of the line number. */
  readonly numbers: number;
  /** Columns the source may take; a longer line is shown around its marks. */
  readonly columns: number;
};

export function snippet(lines: Lines, marks: readonly Mark[], frame: Frame): readonly string[] {
  const placed = marks.map((mark) => place(lines, mark));
  const tracks = assignTracks(placed);
  const out: string[] = [];
  let before = 0;
  for (const number of shownLines(placed)) {
    if (before !== 0 && number > before + 1) out.push(frame.palette("place", "..."));
    out.push(...drawLine(lines, number, { placed, tracks, frame }));
    before = number;
  }
  return out;
}

/** The number of the last line a snippet of these marks shows: how wide its line numbers are. */
export function lastLine(lines: Lines, marks: readonly Mark[]): number {
  return Math.max(...marks.map((mark) => place(lines, mark).to));
}

/** The empty left side of a row that is no line of source. */
export function margin(frame: Frame): string {
  return frame.palette("place", `${" ".repeat(frame.numbers)} |`);
}

// ── where the marks are ──────────────────────────────────────────────────────────────────────────────────────

/** `from` and `to` are line numbers; `last` is the offset of the last character, or `start` where there is none. */
type Placed = Mark & { readonly from: number; readonly to: number; readonly last: number; readonly order: number };
type Tracks = { readonly of: ReadonlyMap<Placed, number>; readonly count: number };

function place(lines: Lines, mark: Mark, order = 0): Placed {
  const start = Math.min(Math.max(mark.start, 0), lines.text.length);
  let end = Math.min(Math.max(mark.end, start), lines.text.length);
  while (end > start + 1 && /\s/.test(lines.text.charAt(end - 1))) end--;
  const last = Math.max(start, end - 1);
  return { ...mark, start, end, last, from: lines.at(start).line, to: lines.at(last).line, order };
}

const WHOLE = 5;

/** First and last line of every mark, a short one whole, and a single line between two others. */
function shownLines(placed: readonly Placed[]): readonly number[] {
  const shown = new Set<number>();
  for (const { from, to } of placed) {
    shown.add(from).add(to);
    if (to - from < WHOLE) for (let line = from; line < to; line++) shown.add(line);
  }
  const sorted = [...shown].sort((a, b) => a - b);
  return sorted.flatMap((line, index) => (index > 0 && line === sorted[index - 1]! + 2 ? [line - 1, line] : [line]));
}

/** Marks of several lines each get a track at the left; the outer ones stand further left. */
function assignTracks(placed: readonly Placed[]): Tracks {
  const long = placed.filter(isLong).sort((a, b) => a.start - b.start || b.end - a.end);
  const free: number[] = [];
  const of = new Map<Placed, number>();
  for (const mark of long) {
    let track = free.findIndex((until) => until < mark.from);
    if (track < 0) track = free.length;
    free[track] = mark.to;
    of.set(mark, track);
  }
  return { of, count: free.length };
}

function isLong(mark: Placed): boolean {
  return mark.to > mark.from;
}

// ── one line and the rows below it ───────────────────────────────────────────────────────────────────────────

type Scene = { readonly placed: readonly Placed[]; readonly tracks: Tracks; readonly frame: Frame };
type View = { readonly text: string; readonly column: (offset: number) => number };

function drawLine(lines: Lines, number: number, scene: Scene): readonly string[] {
  const { placed, frame } = scene;
  const short = placed.filter((mark) => !isLong(mark) && mark.from === number);
  const opened = placed.filter((mark) => isLong(mark) && mark.from === number);
  const closed = placed.filter((mark) => isLong(mark) && mark.to === number);
  const view = viewOf(lines, number, { marks: [...short, ...opened, ...closed], columns: frame.columns });

  // A mark that opens with the line's first word needs no row of its own: its bar begins with a corner.
  const corner = opened.filter((mark) => lines.text.slice(lines.start(number), mark.start).trim() === "");
  const running = new Set(placed.filter((mark) => isLong(mark) && mark.from < number && number <= mark.to));
  const head = new Row(scene, running);
  for (const mark of corner) head.track(mark, "/");
  const left = frame.palette("place", `${String(number).padStart(frame.numbers)} |`);
  const rows = [`${left} ${head.print()}${view.text}`.trimEnd()];

  for (const mark of corner) running.add(mark);
  const below: Row[] = [...shortRows(short, view, { running, scene })];
  for (const mark of opened.filter((one) => !corner.includes(one))) {
    below.push(new Row(scene, running).reach(mark, view.column(mark.start)));
    running.add(mark);
  }
  for (const mark of closed) {
    below.push(new Row(scene, running).reach(mark, view.column(mark.last)).tail(mark));
    running.delete(mark);
  }
  return [...rows, ...below.map((row) => `${margin(frame)} ${row.print()}`.trimEnd())];
}

/** The row of carets and, where two labels stand on one line, rows that hang the left ones below it. */
function shortRows(marks: readonly Placed[], view: View, { running, scene }: { running: ReadonlySet<Placed>; scene: Scene }): readonly Row[] {
  if (marks.length === 0) return [];
  const carets = new Row(scene, running);
  for (const mark of [...marks].sort((a, b) => Number(a.primary) - Number(b.primary))) {
    const from = view.column(mark.start);
    const length = Math.max(view.column(mark.end) - from, 1);
    carets.put(mark, from, (mark.primary ? "^" : "-").repeat(length));
  }
  const labelled = marks.filter((mark) => mark.text !== "").sort((a, b) => b.start - a.start || a.order - b.order);
  const [rightmost, ...others] = labelled;
  if (rightmost === undefined) return [carets];
  const fits = marks.every((mark) => mark === rightmost || mark.end <= rightmost.start || (mark.text === "" && mark.end <= rightmost.end));
  if (fits) carets.tail(rightmost);
  const hanging = fits ? others : labelled;
  const stems = (of: readonly Placed[]): Row => {
    const row = new Row(scene, running);
    for (const mark of of) row.put(mark, view.column(mark.start), "|");
    return row;
  };
  return [
    carets,
    ...(hanging.length === 0 ? [] : [stems(hanging)]),
    ...hanging.map((mark, index) => stems(hanging.slice(index + 1).filter((other) => other.start < mark.start)).hang(mark, view.column(mark.start))),
  ];
}

// ── a row of cells ───────────────────────────────────────────────────────────────────────────────────────────

/** The first cells are the tracks; each cell is one column wide. What `tail` and `hang` write ends the row. */
class Row {
  readonly #scene: Scene;
  readonly #cells: (readonly [string, Role] | undefined)[] = [];
  readonly #offset: number;

  constructor(scene: Scene, running: ReadonlySet<Placed>) {
    this.#scene = scene;
    this.#offset = scene.tracks.count === 0 ? 0 : scene.tracks.count + 1;
    for (const mark of running) this.track(mark, "|");
  }

  track(mark: Placed, cell: string): void {
    this.#cells[this.#trackOf(mark)] = [cell, this.#roleOf(mark)];
  }

  put(mark: Placed, column: number, text: string): void {
    for (let at = 0; at < text.length; at++) this.#cells[this.#offset + column + at] = [text.charAt(at), this.#roleOf(mark)];
  }

  /** A line from the mark's track to `column`, behind the bars of other marks. */
  reach(mark: Placed, column: number): this {
    const role = this.#roleOf(mark);
    for (let at = this.#trackOf(mark) + 1; at < this.#offset + column; at++) this.#cells[at] ??= ["_", role];
    this.#cells[this.#offset + column] = [mark.primary ? "^" : "-", role];
    return this;
  }

  tail(mark: Placed): this {
    if (mark.text !== "") this.#cells.push([` ${printable(mark.text)}`, this.#roleOf(mark)]);
    return this;
  }

  hang(mark: Placed, column: number): this {
    this.#cells[this.#offset + column] = [printable(mark.text), this.#roleOf(mark)];
    return this;
  }

  /** Neighbouring cells of one role are coloured as one piece. */
  print(): string {
    const { palette } = this.#scene.frame;
    const length = Math.max(this.#cells.length, this.#offset);
    let out = "";
    for (let at = 0; at < length; ) {
      const role = this.#cells[at]?.[1];
      let run = "";
      for (; at < length && this.#cells[at]?.[1] === role; at++) run += this.#cells[at]?.[0] ?? " ";
      out += role === undefined ? run : palette(role, run);
    }
    return out;
  }

  #trackOf(mark: Placed): number {
    return this.#scene.tracks.of.get(mark)!;
  }

  #roleOf(mark: Placed): Role {
    return mark.primary ? this.#scene.frame.role : "second";
  }
}

// ── long lines ───────────────────────────────────────────────────────────────────────────────────────────────

const ELLIPSIS = "…";
const CONTEXT = 20;

/** The line, or where it is too long a window of it around its marks, an ellipsis standing for each end that is cut off. */
function viewOf(lines: Lines, number: number, { marks, columns }: { marks: readonly Placed[]; columns: number }): View {
  const line = lines.line(number);
  const start = lines.start(number);
  const shown = display(line);
  const columnOf = (offset: number): number => shown.columns[Math.min(Math.max(offset - start, 0), line.length)]!;
  const total = shown.columns[line.length]!;
  if (total <= columns) return { text: shown.text, column: columnOf };

  const here = marks.filter((mark) => mark.from === number || mark.to === number);
  const focus = here.find((mark) => mark.primary) ?? here[0];
  const from = here.length === 0 ? 0 : Math.min(...here.map((mark) => columnOf(mark.from === number ? mark.start : mark.last)));
  const to = Math.max(from, ...here.map((mark) => columnOf(mark.to === number ? mark.last + 1 : mark.start)));
  const wanted = to - from <= columns - CONTEXT || focus === undefined ? from : columnOf(focus.from === number ? focus.start : focus.last);
  const left = Math.min(Math.max(0, wanted - CONTEXT), total - columns);
  const right = left + columns;
  const window = cut(line, shown, { left: left === 0 ? 0 : left + 1, right: right === total ? total : right - 1 });
  const lead = left === 0 ? "" : ELLIPSIS + " ".repeat(Math.max(0, window.from - left - 1));
  return {
    text: `${lead}${window.text}${right === total ? "" : ELLIPSIS}`,
    column: (offset) => Math.min(Math.max(columnOf(offset) - left, 0), columns - 1),
  };
}

/** The characters of `line` that lie whole between two columns. */
function cut(line: string, shown: Display, { left, right }: { left: number; right: number }): { text: string; from: number } {
  let first = 0;
  while (first < line.length && shown.columns[first]! < left) first++;
  let end = first;
  while (end < line.length && shown.columns[end + 1]! <= right) end++;
  // Do not split what shares a column (a surrogate pair, a mark on its letter).
  while (end > first && end < line.length && shown.columns[end] === shown.columns[end - 1]) end--;
  return { text: display(line.slice(first, end)).text, from: shown.columns[first]! };
}
