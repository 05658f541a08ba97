// What a governor must do, computed the slow way: by asking the platform's RegExp of every stretch of the whole text.
import type { Action } from "#contracts";
import type { ActiveRule } from "#runtime/stream";

/** `start` and `end` in UTF-16 code units. */
export type Hit = { readonly start: number; readonly end: number };

/** Every stretch of `text` that the rule's pattern matches there, its assertions seeing what stands beside it. */
export function everyMatch(rule: ActiveRule["rule"], text: string): readonly Hit[] {
  if (rule.match.kind !== "pattern" && rule.match.kind !== "any") return [];
  const source = rule.match.kind === "pattern" ? rule.match.source : rule.match.texts.map(escaped).join("|");
  const flags = rule.match.kind === "pattern" ? rule.match.flags : "";
  const unicode = flags.includes("u");
  const hits: Hit[] = [];
  for (let end = 1; end <= text.length; end++) {
    if (splits(text, end)) continue;
    const behind = unicode ? Array.from(text.slice(end)).length : text.length - end;
    // Exactly so much of the text is left behind the match; `$` would mean a line's end with `m`.
    const to = new RegExp(`(?:${source})(?=[^]{${behind}}(?![^]))`, `${flags}y`);
    for (let start = 0; start < end; start++) {
      if (splits(text, start)) continue;
      to.lastIndex = start;
      if (to.test(text) && (rule.within === null || Array.from(text.slice(start, end)).length <= rule.within)) hits.push({ start, end });
    }
  }
  return hits;
}

/** From left to right, each the longest of its start, none overlapping the one before. */
export function leftmostLongest(hits: readonly Hit[]): readonly Hit[] {
  const chosen: Hit[] = [];
  for (let from = 0; ; ) {
    const start = Math.min(...hits.filter((hit) => hit.start >= from).map((hit) => hit.start));
    if (start === Infinity) return chosen;
    from = Math.max(...hits.filter((hit) => hit.start === start).map((hit) => hit.end));
    chosen.push({ start, end: from });
  }
}

export type Expected = {
  /** Where the attempt ends, and the rules that may have ended it; null where none does. */
  readonly ending: { readonly end: number; readonly rules: readonly string[]; readonly starts: ReadonlyMap<string, number> } | null;
  /** By offset, then as listed; the ending is not among them. */
  readonly matches: readonly { readonly rule: string; readonly offset: number; readonly length: number }[];
};

export function expected(rules: readonly ActiveRule[], text: string): Expected {
  const ending = expectedEnding(rules.filter((one) => isEnding(one.action) && !looksOn(one.rule)), text);
  const read = ending === null ? text : text.slice(0, ending.end);
  const matches = rules.flatMap(({ rule, action }, order) => {
    if (isEnding(action) && !looksOn(rule)) return [];
    const hits = everyMatch(rule, read);
    return (isEnding(action) ? firstDecided(hits) : leftmostLongest(hits)).map(({ start, end }) => ({ rule: rule.id, offset: start, length: end - start, order }));
  });
  return { ending, matches: matches.sort((a, b) => a.offset - b.offset || a.order - b.order).map(({ rule, offset, length }) => ({ rule, offset, length })) };
}

/** `text` with what the rules redact in it. */
export function redactedText(rules: readonly ActiveRule[], text: string, matches: Expected["matches"]): string {
  const spans: { start: number; end: number; order: number }[] = [];
  for (const { rule, offset, length } of matches) {
    const order = rules.findIndex((one) => one.rule.id === rule);
    if (rules[order]!.action.kind !== "redact" || looksOn(rules[order]!.rule)) continue;
    const last = spans.at(-1);
    if (last !== undefined && offset < last.end) {
      last.end = Math.max(last.end, offset + length);
      last.order = Math.min(last.order, order);
    } else spans.push({ start: offset, end: offset + length, order });
  }
  return spans.toReversed().reduce((out, { start, end, order }) => {
    const { action } = rules[order]!;
    return out.slice(0, start) + (action.kind === "redact" ? action.replacement : "") + out.slice(end);
  }, text);
}

export function isEnding(action: Action): boolean {
  return action.kind === "block" || action.kind === "retry" || action.kind === "escalate";
}

export function looksOn(rule: ActiveRule["rule"]): boolean {
  return rule.mode === "shadow" || rule.hold.kind === "none";
}

function expectedEnding(rules: readonly ActiveRule[], text: string): Expected["ending"] {
  const all = rules.map(({ rule }) => ({ id: rule.id, hits: everyMatch(rule, text) }));
  const end = Math.min(...all.flatMap(({ hits }) => hits.map((hit) => hit.end)));
  if (end === Infinity) return null;
  const there = all.filter(({ hits }) => hits.some((hit) => hit.end === end));
  const starts = new Map(there.map(({ id, hits }) => [id, Math.min(...hits.filter((hit) => hit.end === end).map((hit) => hit.start))]));
  return { end, rules: there.map((one) => one.id), starts };
}

/** A rule in shadow mode that would have ended the attempt. */
function firstDecided(hits: readonly Hit[]): readonly Hit[] {
  const end = Math.min(...hits.map((hit) => hit.end));
  return end === Infinity ? [] : [{ start: Math.min(...hits.filter((hit) => hit.end === end).map((hit) => hit.start)), end }];
}

function splits(text: string, at: number): boolean {
  return at > 0 && at < text.length && text.codePointAt(at - 1)! > 0xffff;
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
