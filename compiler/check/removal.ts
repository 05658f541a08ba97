// The fix that takes a piece of text away, and with it the line or the blanks that would be left of it.
import type { Fix, Span } from "#lang";
import type { CheckContext } from "./context.ts";

export function removal(title: string, span: Span, { text: textOf }: Pick<CheckContext, "text">): Fix {
  return { title, safe: true, edits: [{ span: withItsBlanks(span, textOf(span.file)), text: "" }] };
}

/** A piece that has its lines to itself goes with them; one that shares its line goes with the blanks before it. */
function withItsBlanks(span: Span, text: string): Span {
  let start = span.start;
  while (start > 0 && isBlank(text.charAt(start - 1))) start--;
  let end = span.end;
  while (isBlank(text.charAt(end))) end++;
  const opensLine = start === 0 || text.charAt(start - 1) === "\n";
  const breakAt = /^\r?\n/.exec(text.slice(end, end + 2));
  if (opensLine && breakAt !== null) return { ...span, start, end: end + breakAt[0].length };
  return opensLine ? { ...span, end } : { ...span, start };
}

function isBlank(character: string): boolean {
  return character === " " || character === "\t";
}
