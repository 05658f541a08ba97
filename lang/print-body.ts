// Bodies and lists: entries between two brackets, on one line or one a line, with their comments between them.
import type { Name, NumberLiteral, Part, StringLiteral } from "./ast.ts";
import { escapeBlock, escapeString } from "./escape.ts";
import { type Doc, group, hardLine, indent, line } from "./layout.ts";
import type { Notes } from "./print-comments.ts";
import type { Span } from "./source.ts";

/** Something that stands in a body. It is printed only when its turn comes, because comments are handed out in order. */
export type Entry = { readonly span: Omit<Span, "file">; readonly print: () => Doc };

/** `tall` bodies have one entry a line, always; `wide` ones stand on one line if they fit, a `sentence` with single spaces. */
export type Shape = "tall" | "wide" | "sentence";

/** `{ … }`; `end` is where the closing brace ends. */
export function body(notes: Notes, entries: readonly Entry[], { shape, end }: { readonly shape: Shape; readonly end: number }): Doc {
  const inner: Doc[] = [];
  let from = entries[0]?.span.start ?? end;
  for (const [index, { span, print }] of entries.entries()) {
    const between = (blank: boolean) => (shape === "tall" ? hardLine(blank) : line(index > 0 && shape === "wide" ? "  " : " ", blank));
    const gap = notes.gap({ from, to: span.start, between, blank: index === 0 ? "never" : "kept" });
    inner.push(gap.comments, gap.end, print());
    from = span.end;
  }
  const last = notes.gap({ from: end, to: end - 1, between: () => (shape === "tall" ? hardLine() : line(" ")), blank: "never" });
  if (entries.length === 0 && isEmpty(last.comments)) return "{}";
  return group(["{", indent([...inner, last.comments]), last.forced ? hardLine() : last.end, "}"]);
}

/** `[…]` or `(…)` with commas between, and one behind the last if it is broken. `end` is where the bracket ends. */
export function bracketed(notes: Notes, brackets: "[]" | "()" | "{}", { entries, end }: { readonly entries: readonly Entry[]; readonly end: number }): Doc {
  const space = brackets === "{}" ? " " : "";
  const inner = entries.map(({ span, print }, index): Doc => {
    const gap = notes.gap({ from: span.start, to: span.start, between: () => line(index === 0 ? space : " "), blank: "never" });
    return [gap.comments, gap.end, print(), index < entries.length - 1 ? "," : { kind: "if-broken", text: "," }];
  });
  const last = notes.gap({ from: end, to: end - 1, between: () => line(space), blank: "never" });
  if (entries.length === 0 && isEmpty(last.comments)) return brackets;
  return group([brackets[0]!, indent([...inner, last.comments]), last.forced ? hardLine() : last.end, brackets[1]!]);
}

/** `a, b, c` without brackets: broken, it continues on lines of its own. No comma behind the last: it would go on. */
export function commas(notes: Notes, entries: readonly Entry[]): Doc {
  const inner = entries.map(({ span, print }, index): Doc => {
    const gap = notes.gap({ from: span.start, to: span.start, between: () => line(" "), blank: "never" });
    return [gap.comments, gap.end, print(), index < entries.length - 1 ? "," : ""];
  });
  return group(indent(inner));
}

function isEmpty(doc: Doc): boolean {
  return Array.isArray(doc) && doc.length === 0;
}

// ── leaves ───────────────────────────────────────────────────────────────────────────────────────────────────

export function leaf(notes: Notes, span: Span, text: string): Doc {
  return [notes.inline(span.start), text];
}

export function name(notes: Notes, { span, text }: Name | NumberLiteral): Doc {
  return leaf(notes, span, text);
}

export function string(notes: Notes, { span, value, block }: StringLiteral): Doc {
  const before = notes.inline(span.start);
  if (!block) return [before, `"${escapeString(value)}"`];
  if (value === "") return [before, '""""""'];
  return [before, '"""', indent([...escapeBlock(value), '"""'].map((text): Doc => [hardLine(), text]))];
}

export function nameEntry(notes: Notes, one: Name): Entry {
  return { span: one.span, print: () => name(notes, one) };
}

export function partEntry(notes: Notes, { span, selector, weight }: Part): Entry {
  return { span, print: () => [name(notes, selector), weight ? [" * ", name(notes, weight)] : ""] };
}
