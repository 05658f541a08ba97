// The lane that gates release: rules that are enforced and hold.
//
//   released ──────▶ settled ──────▶ position
//      │  redacted, waiting │  may still be part of a match, or holds one that is
//      │  for an extra hold │  not decided yet
//
// INVARIANT (nothing leaks): a character goes out only when no match is under way that began at or before it. Where the
// attempt may be continued, none may be under way at all: what is dropped at the seam may be what would have ended an
// older match, so only a place where nothing was under way can be gone on from.
import { ANY, contextOf, EDGE } from "./context.ts";
import { Boundaries, HOLD_ALL, type ExtraHold } from "./boundary.ts";
import { type Lane, type LaneRule, listed, OpenText, type Sink, type Span } from "./lane.ts";
import { redacted, redactionsOf } from "./redact.ts";
import { Tracker } from "./tracker.ts";

/** Why the lane stopped: a match ended the attempt (its text ends at `end`), or too much was held. */
export type Stopped = { readonly kind: "ended"; readonly rule: LaneRule; readonly offset: number; readonly end: number; readonly decidedAt: number } | { readonly kind: "overflow" };

export type HoldOptions = {
  readonly lane: Lane;
  readonly sink: Sink;
  readonly canContinue: boolean;
  readonly limit: number;
  /** A whole text: it is released at its end. */
  readonly whole: boolean;
  readonly position: number;
  readonly context: number;
};

export class HoldLane {
  /** Everything before went out. */
  released: number;
  readonly #lane: Lane;
  readonly #sink: Sink;
  readonly #limit: number;
  readonly #closer: boolean;
  readonly #extra: ExtraHold | null;
  readonly #boundaries: Boundaries | null;
  readonly #tracker: Tracker;
  readonly #open: OpenText;
  /** Rules that have matched in the open text, and where last. */
  readonly #unresolved = new Map<LaneRule, number>();
  /** Where a note ended that was decided before the text it lies in could be settled. */
  readonly #noted = new Map<LaneRule, number>();
  /** Where `safe` stood when the open text was last searched. */
  #searched = -1;
  #staged = { text: "", raw: "" };
  /** With `hold = size`: pieces that may go out once enough characters follow; `at` counts characters. */
  #queue: { readonly text: string; readonly raw: string; readonly at: number }[] = [];
  #characters = 0;

  constructor({ lane, sink, canContinue, limit, whole, position, context }: HoldOptions) {
    const extra = whole ? HOLD_ALL : lane.extra;
    this.released = position;
    this.#lane = lane;
    this.#sink = sink;
    this.#limit = limit;
    this.#extra = extra;
    this.#boundaries = extra === null || extra.all ? null : new Boundaries(extra);
    this.#closer = !canContinue && extra === null;
    this.#tracker = new Tracker(lane.watched, position, context);
    this.#open = new OpenText(position, context);
  }

  /** The provider's text from `released` up to `end`. */
  heldText(end: number): string {
    return this.#queue.map((one) => one.raw).join("") + this.#staged.raw + this.#open.upTo(end);
  }

  /** `text` is not empty and ends with no half of a pair. */
  read(text: string): Stopped | null {
    const tracker = this.#tracker;
    const base = tracker.position;
    this.#open.append(text);
    for (let at = 0; at < text.length; ) {
      const code = text.codePointAt(at)!;
      const context = contextOf(code);
      const late = tracker.acceptsBefore(context);
      if (late.length > 0) {
        const ended = this.#take(late, { after: context, decidedAt: tracker.position + (code > 0xffff ? 2 : 1) });
        if (ended !== null) return ended;
      }
      at = tracker.read(text, { base, from: at, to: this.#stop(text, base, at), stopAtIdle: this.#unresolved.size > 0 });
      if (tracker.accepts.length > 0) {
        const ended = this.#take(tracker.accepts, { after: ANY, decidedAt: tracker.position });
        if (ended !== null) return ended;
      }
      tracker.commit();
      if (this.#unresolved.size > 0) this.#resolve();
      if (this.#boundaries !== null) this.#cutHere(this.#boundaries.read(code));
      if (tracker.position - this.#reach() > this.#limit) {
        this.#settle();
        return { kind: "overflow" };
      }
    }
    this.#settle();
    return null;
  }

  /** The block's end: what is left goes out, unless a match that only the end decides ends the attempt. */
  finish(): Stopped | null {
    const { position } = this.#tracker;
    const ended = this.#take(this.#tracker.acceptsBefore(EDGE), { after: EDGE, decidedAt: position });
    if (ended !== null) return ended;
    this.#resolveAll(EDGE);
    this.#settleUpTo(position);
    this.#flush();
    return null;
  }

  /**
   * How far to read before something must be looked at: one character where boundaries count, or where matches wait for
   * `safe` to pass them.
   */
  #stop(text: string, base: number, at: number): number {
    if (this.#boundaries !== null || (this.#closer && this.#unresolved.size > 0)) return at + 1;
    return Math.min(text.length, Math.max(at + 1, this.#reach() + this.#limit - base));
  }

  /** How far text could go out now. */
  #reach(): number {
    if (this.#extra !== null) return this.released;
    if (this.#unresolved.size > 0) return this.#open.start;
    return this.#closer ? this.#tracker.safe : this.#tracker.idle;
  }

  /** Rules have matched at the position: the first one listed that ends the attempt does, the others wait to be resolved. */
  #take(places: readonly number[], { after, decidedAt }: { readonly after: number; readonly decidedAt: number }): Stopped | null {
    if (places.length === 0) return null;
    this.#settle();
    const { position } = this.#tracker;
    const rules = listed(this.#lane, places);
    for (const rule of rules) if (!rule.ends) this.#unresolved.set(rule, position);
    const rule = rules.find((one) => one.ends);
    if (rule === undefined) return null;
    // The text ends here: what the end would decide is decided.
    for (const one of listed(this.#lane, this.#tracker.acceptsBefore(EDGE))) if (!one.ends) this.#unresolved.set(one, position);
    const found = this.#open.find(this.#lane, this.#unresolved.keys(), { end: position, until: position, after: EDGE, from: this.#noted });
    for (const one of found) this.#decide(one, decidedAt);
    return { kind: "ended", rule, offset: this.#open.leftmost(this.#lane, rule, { end: position, after }), end: position, decidedAt };
  }

  #resolve(): void {
    if (this.#tracker.isIdle) this.#resolveAll(0);
    else if (this.#closer) this.#resolveSafe();
  }

  /** No match is under way: all that lie in the open text are decided. */
  #resolveAll(after: number): void {
    if (this.#unresolved.size === 0) return;
    const { position } = this.#tracker;
    const found = this.#open.find(this.#lane, this.#unresolved.keys(), { end: position, until: position, after, from: this.#noted });
    for (const one of found) this.#decide(one, position);
    this.#unresolved.clear();
    this.#noted.clear();
    this.#settleUpTo(position, found);
  }

  /** Matches that begin before `safe` are decided; a redaction that crosses it is not cut but waits. */
  #resolveSafe(): void {
    const { position, safe } = this.#tracker;
    if (safe <= this.#open.start || safe === this.#searched) return;
    this.#searched = safe;
    const found = this.#open.find(this.#lane, this.#unresolved.keys(), { end: position, until: safe, after: 0, from: this.#noted });
    const crossing = redactionsOf(found).find((one) => one.start < safe && one.end > safe);
    const upTo = crossing?.start ?? safe;
    const decided = found.filter((one) => one.rule.action.kind !== "redact" || one.start < upTo);
    for (const one of decided) {
      this.#decide(one, position);
      if (one.rule.action.kind !== "redact") this.#noted.set(one.rule, one.end);
    }
    this.#settleUpTo(upTo, decided);
    for (const [rule, last] of this.#unresolved) if (last <= Math.max(upTo, this.#noted.get(rule) ?? 0)) this.#unresolved.delete(rule);
  }

  #decide({ rule, start, end }: Span, decidedAt: number): void {
    this.#sink.decided({ rule: rule.rule, action: rule.action, offset: start, length: end - start, held: decidedAt - this.released, released: this.released });
  }

  #settle(): void {
    if (this.#unresolved.size === 0) this.#settleUpTo(this.#closer ? this.#tracker.safe : this.#tracker.idle);
  }

  /** Everything before `end` is decided. */
  #settleUpTo(end: number, spans: readonly Span[] = []): void {
    if (end <= this.#open.start) return;
    const { start } = this.#open;
    const raw = this.#open.take(end);
    const text = redacted(raw, start, redactionsOf(spans));
    if (this.#extra === null) {
      this.released = end;
      this.#sink.release(text, raw);
    } else {
      this.#staged.text += text;
      this.#staged.raw += raw;
    }
  }

  /** Behind each character, where there are boundaries: at one, with nothing under way, what is staged may go out. */
  #cutHere(boundary: boolean): void {
    const size = this.#extra!.size;
    this.#characters++;
    if (boundary && this.#tracker.isIdle) {
      this.#settleUpTo(this.#tracker.position);
      if (size === 0) return this.#flush();
      if (this.#staged.raw !== "") this.#queue.push({ ...this.#staged, at: this.#characters });
      this.#staged = { text: "", raw: "" };
    }
    while (this.#queue.length > 0 && this.#characters - this.#queue[0]!.at >= size) this.#send(this.#queue.shift()!);
  }

  /** All that is settled goes out. */
  #flush(): void {
    for (const one of this.#queue) this.#send(one);
    this.#queue = [];
    this.#send(this.#staged);
    this.#staged = { text: "", raw: "" };
  }

  #send({ text, raw }: { readonly text: string; readonly raw: string }): void {
    if (raw === "") return;
    this.released += raw.length;
    this.#sink.release(text, raw);
  }
}
