// Where exactly the matches of one rule lie in a stretch of text that is known to hold some. Only called where an
// automaton has accepted, so it may cost more than watching does, but never more than linearly in the text's length for
// each state: what was found to lead nowhere is not tried again (Reps, "Maximal-munch tokenization in linear time").
import { contextOf } from "./context.ts";
import { type Matcher, viewOf } from "./matcher.ts";
import { classOf, type Tables } from "./tables.ts";

/** A stretch of text; `before` and `after` are the contexts at its ends, `after` 0 where nothing that depends on it ends there. */
export type Stretch = { readonly text: string; readonly before: number; readonly after: number };
/** A rule by its place, and the characters a match of it may have. */
export type Sought = { readonly rule: number; readonly within: number };
export type Found = { readonly start: number; readonly end: number };

const WORTH_REMEMBERING = 16;

/** The leftmost longest matches from `from` on, none overlapping the one before, that begin before `until`. */
export function findAll(matcher: Matcher, sought: Sought, { text, before, after, from, until }: Stretch & { readonly from: number; readonly until: number }): readonly Found[] {
  const view = viewOf(matcher, "anchored", [sought.rule]);
  const futile = new Set<string>();
  const found: Found[] = [];
  for (let start = from; start < until; ) {
    const end = longestFrom(start);
    if (end > start) found.push({ start, end });
    start = end > start ? end : start + widthAt(text, start);
  }
  return found;

  function longestFrom(start: number): number {
    let state = view.start(start === 0 ? before : contextOf(codeBefore(text, start)));
    let end = -1;
    let tried: string[] = [];
    let left = sought.within;
    for (let at = start; at < text.length; left--) {
      if (left === 0) return end; // a longer match may begin later, so nothing was futile
      const width = widthAt(text, at);
      state = view.step(state, classOf(matcher.tables, text.codePointAt(at)!));
      at += width;
      if (state.nodes.length === 0) break;
      const mark = `${at} ${state.row} ${state.generation}`;
      if (futile.has(mark)) break;
      tried.push(mark);
      const next = at < text.length ? contextOf(text.codePointAt(at)!) : after;
      if (state.accepts.length > 0 || state.pending.some(([, mask]) => (mask & next) !== 0)) {
        end = at;
        tried = [];
      }
    }
    // A short try is cheaper made again than remembered.
    if (tried.length > WORTH_REMEMBERING) for (const mark of tried) futile.add(mark);
    return end;
  }
}

/**
 * The leftmost start of a match that ends where `text` ends. Where several nodes decided it together, each of them
 * for another character that may follow (`a\b|ba\B`), `after` has them all: what follows is not known yet.
 */
export function leftmostStart(tables: Tables, sought: Sought, { text, before, after }: Stretch): number {
  const { nodes } = tables.automaton;
  const { members } = tables;
  let leftmost = text.length;
  let layer = new Set<number>();
  nodes.forEach((node, at) => {
    if (node.accept.some(([rule, mask]) => rule === sought.rule && (mask & after) !== 0)) layer.add(at);
  });
  let left = sought.within;
  for (let at = text.length; at > 0 && left > 0 && layer.size > 0; left--) {
    const code = codeBefore(text, at);
    at -= code > 0xffff ? 2 : 1;
    const oneClass = classOf(tables, code);
    const context = at === 0 ? before : contextOf(codeBefore(text, at));
    const further = new Set<number>();
    for (const node of layer) {
      if (members[nodes[node]!.set]![oneClass] === 0) continue;
      if ((nodes[node]!.start & context) !== 0) leftmost = at;
      for (const one of tables.before[node]!) further.add(one);
    }
    layer = further;
  }
  return leftmost;
}

function widthAt(text: string, at: number): number {
  return text.codePointAt(at)! > 0xffff ? 2 : 1;
}

function codeBefore(text: string, at: number): number {
  const unit = text.charCodeAt(at - 1);
  if ((unit & 0xfc00) !== 0xdc00 || at < 2) return unit;
  const code = text.codePointAt(at - 2)!;
  return code > 0xffff ? code : unit;
}
