// Matches that overlap are redacted as one span, with the replacement of the rule that is listed first.
import type { Span } from "./lane.ts";

export type Redaction = { readonly start: number; readonly end: number; readonly replacement: string };

/** `spans` by offset. Spans that only touch stay two. */
export function redactionsOf(spans: readonly Span[]): readonly Redaction[] {
  const groups: { start: number; end: number; order: number; replacement: string }[] = [];
  for (const { rule, start, end } of spans) {
    if (rule.action.kind !== "redact") continue;
    const { replacement } = rule.action;
    const last = groups.at(-1);
    if (last === undefined || start >= last.end) {
      groups.push({ start, end, order: rule.order, replacement });
      continue;
    }
    last.end = Math.max(last.end, end);
    if (rule.order < last.order) Object.assign(last, { order: rule.order, replacement });
  }
  return groups;
}

/** `text` begins at offset `start`, and every redaction lies in it. */
export function redacted(text: string, start: number, redactions: readonly Redaction[]): string {
  let out = "";
  let from = 0;
  for (const one of redactions) {
    out += text.slice(from, one.start - start) + one.replacement;
    from = one.end - start;
  }
  return out + text.slice(from);
}
