// The texts a report points into, cut into lines once per report.
import { lineStarts, positionAt, type Position, type SourceFile, type Span } from "#lang";

export type Lines = {
  readonly path: string;
  readonly text: string;
  /** The position of an offset; one outside the text is brought to its nearest end. */
  at(offset: number): Position;
  /** Line `number` (from 1), without its line break. */
  line(number: number): string;
  /** The offset at which line `number` begins. */
  start(number: number): number;
  readonly count: number;
};

export type Sources = (path: string) => Lines;

/** Each file by its path. A path that is not among them (a file that could not be read) has an empty text. */
export function sourcesOf(files: readonly SourceFile[]): Sources {
  const cut = new Map<string, Lines>();
  const texts = new Map(files.map((file) => [file.path, file.text]));
  return (path) => {
    const known = cut.get(path);
    if (known !== undefined) return known;
    const lines = linesOf(path, texts.get(path) ?? "");
    cut.set(path, lines);
    return lines;
  };
}

/** Both ends of a span; a span that runs backwards or out of its file is brought to what is there. */
export function rangeOf(sources: Sources, span: Span): { readonly start: Position; readonly end: Position } {
  const lines = sources(span.file);
  const start = lines.at(span.start);
  return { start, end: lines.at(Math.max(span.start, span.end)) };
}

function linesOf(path: string, text: string): Lines {
  const starts = lineStarts(text);
  const start = (number: number): number => starts[number - 1] ?? text.length;
  return {
    path,
    text,
    count: starts.length,
    at: (offset) => positionAt(starts, Math.min(Math.max(offset, 0), text.length)),
    line: (number) => text.slice(start(number), number < starts.length ? start(number + 1) : text.length).replace(/[\r\n]+$/, ""),
    start,
  };
}
