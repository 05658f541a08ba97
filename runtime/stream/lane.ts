// What both lanes share: the rules they watch for, and the text they have read and not yet settled.
import type { Action } from "#contracts";
import { extraHold, type ExtraHold } from "./boundary.ts";
import { contextAfter } from "./context.ts";
import { findAll, leftmostStart } from "./find.ts";
import type { Matcher } from "./matcher.ts";
import { watch, type Watched } from "./tracker.ts";
import type { ActiveRule, Match } from "./verdict.ts";

/** A rule of a lane. `order` is its place among all the active rules of the channel, `place` the one in the automaton. */
export type LaneRule = ActiveRule & { readonly order: number; readonly place: number; readonly within: number; readonly ends: boolean };

/** Made once for a list of rules: a stream that begins costs nothing for each of them. */
export type Lane = {
  readonly matcher: Matcher;
  readonly rules: readonly LaneRule[];
  readonly byPlace: ReadonlyMap<number, LaneRule>;
  readonly watched: Watched;
  readonly extra: ExtraHold | null;
};

/** A match and where it ends. */
export type Span = { readonly rule: LaneRule; readonly start: number; readonly end: number };

/** Told of everything that happens, in the order in which it happens in the text; however the text was cut. */
export type Sink = {
  /** `text` may go out; it stands for `raw` of the provider's text. */
  release(text: string, raw: string): void;
  decided(match: Match): void;
};

export function laneOf(matcher: Matcher, rules: readonly (ActiveRule & { readonly order: number })[]): Lane {
  const placed = rules.map((one): LaneRule => {
    const place = matcher.tables.places.get(one.rule.id);
    if (place === undefined) throw new Error(`${one.rule.id} is not in ${matcher.tables.automaton.id}`);
    return { ...one, place, within: one.rule.within ?? Infinity, ends: endsAttempt(one.action) };
  });
  const byPlace = new Map(placed.map((one) => [one.place, one]));
  const plain = placed.filter((one) => one.within === Infinity).map((one) => one.place).sort(ascending);
  const capped = placed.filter((one) => one.within !== Infinity).map((one) => ({ rule: one.place, within: one.within })).sort((a, b) => a.rule - b.rule);
  return { matcher, rules: placed, byPlace, watched: watch(matcher, plain, capped), extra: extraHold(placed.map((one) => one.rule.hold)) };
}

/** The rules of these places, in the order the model lists them. */
export function listed(lane: Lane, places: readonly number[]): readonly LaneRule[] {
  return places.map((place) => lane.byPlace.get(place)!).sort((a, b) => a.order - b.order);
}

function endsAttempt(action: Action): boolean {
  return action.kind === "retry" || action.kind === "escalate" || action.kind === "block";
}

/** The text from `start` on that was read and not settled: every match in it that is decided later begins in it. */
export class OpenText {
  start: number;
  /** May reach beyond what was read: a piece is appended whole and read by and by. */
  #text = "";
  #before: number;

  constructor(start: number, before: number) {
    this.start = start;
    this.#before = before;
  }

  fork(): OpenText {
    const fork = new OpenText(this.start, this.#before);
    fork.#text = this.#text;
    return fork;
  }

  append(text: string): void {
    this.#text += text;
  }

  /** Removes the text up to `end`, and returns it. */
  take(end: number): string {
    if (end === this.start) return "";
    const length = end - this.start;
    const taken = length === this.#text.length ? this.#text : this.#text.slice(0, length);
    this.#text = length === this.#text.length ? "" : this.#text.slice(length);
    this.start = end;
    this.#before = contextAfter(taken, this.#before);
    return taken;
  }

  upTo(end: number): string {
    return this.#text.slice(0, end - this.start);
  }

  /**
   * The leftmost longest matches of each of `rules` in the text up to `end` that begin before `until`, by offset and
   * then in the order listed. `from`: where a rule's last match ended, where that is behind the text's start.
   */
  find(lane: Lane, rules: Iterable<LaneRule>, { end, until, after, from }: { readonly end: number; readonly until: number; readonly after: number; readonly from?: ReadonlyMap<LaneRule, number> }): readonly Span[] {
    const text = this.upTo(end);
    const found: Span[] = [];
    for (const rule of rules) {
      const first = Math.max(this.start, from?.get(rule) ?? 0) - this.start;
      const range = { text, before: this.#before, after, from: first, until: until - this.start };
      for (const one of findAll(lane.matcher, { rule: rule.place, within: rule.within }, range)) {
        found.push({ rule, start: one.start + this.start, end: one.end + this.start });
      }
    }
    return found.sort((a, b) => a.start - b.start || a.rule.order - b.rule.order);
  }

  /** Where the leftmost match of `rule` begins that ends at `end`. */
  leftmost(lane: Lane, rule: LaneRule, { end, after }: { readonly end: number; readonly after: number }): number {
    return this.start + leftmostStart(lane.matcher.tables, { rule: rule.place, within: rule.within }, { text: this.upTo(end), before: this.#before, after });
  }
}

function ascending(a: number, b: number): number {
  return a - b;
}
