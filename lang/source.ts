// A source text and the places in it. Everything downstream points at text with a Span; only a
// report turns a span into lines and columns, so the pipeline never counts newlines twice.

/** One `.ward` file as read. `path` is relative to the program's root, with forward slashes. */
export type SourceFile = { readonly path: string; readonly text: string };

/** A half-open range `[start, end)` of UTF-16 code units in the file named `file`. */
export type Span = { readonly file: string; readonly start: number; readonly end: number };

/** `line` and `column` count from 1; a column is one UTF-16 code unit. `offset` counts from 0. */
export type Position = { readonly line: number; readonly column: number; readonly offset: number };

/** Offsets at which each line of `text` begins. Line breaks are `\n`, `\r\n` and `\r`. */
export function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 13 && text.charCodeAt(at + 1) === 10) continue;
    if (unit === 10 || unit === 13) starts.push(at + 1);
  }
  return starts;
}

/** The position of `offset`, by binary search in the result of {@link lineStarts}. */
export function positionAt(starts: readonly number[], offset: number): Position {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - starts[low]! + 1, offset };
}

/** The smallest span that covers both; they must lie in one file. */
export function join(first: Span, last: Span): Span {
  return { file: first.file, start: Math.min(first.start, last.start), end: Math.max(first.end, last.end) };
}
