// The lane that only looks on: rules in shadow mode, and rules that hold nothing. It reads what was released, so that at
// a seam it stands where the released text ends, and never changes or delays anything.
import { ANY, contextOf, EDGE } from "./context.ts";
import { type Lane, type LaneRule, listed, OpenText, type Sink } from "./lane.ts";
import { Tracker } from "./tracker.ts";

export type ObserveOptions = {
  readonly lane: Lane;
  readonly decided: Sink["decided"];
  /** How much text may be kept to find where matches begin; beyond it a match under way is given up. */
  readonly limit: number;
  readonly position: number;
  readonly context: number;
};

export class ObserveLane {
  readonly #options: ObserveOptions;
  #tracker: Tracker;
  #open: OpenText;
  #context: number;
  readonly #unresolved: Set<LaneRule>;
  /** Rules that would have ended the attempt: once is all they would have had. */
  readonly #fired: Set<LaneRule>;

  constructor(options: ObserveOptions, from?: ObserveLane) {
    this.#options = options;
    this.#tracker = from === undefined ? new Tracker(options.lane.watched, options.position, options.context) : from.#tracker.fork();
    this.#open = from === undefined ? new OpenText(options.position, options.context) : from.#open.fork();
    this.#context = from === undefined ? options.context : from.#context;
    this.#unresolved = new Set(from === undefined ? [] : from.#unresolved);
    this.#fired = new Set(from === undefined ? [] : from.#fired);
  }

  /** One that goes on from here on its own. */
  fork(): ObserveLane {
    return new ObserveLane(this.#options, this);
  }

  /** One that goes on from here in the next attempt, where everything may fire again. */
  next(options: ObserveOptions): ObserveLane {
    if (!sameRules(options.lane, this.#options.lane)) return new ObserveLane(options);
    const next = new ObserveLane(options, this);
    next.#fired.clear();
    const byOrder = new Map(options.lane.rules.map((one) => [one.place, one]));
    const unresolved = [...next.#unresolved].map((one) => byOrder.get(one.place)!);
    next.#unresolved.clear();
    for (const one of unresolved) next.#unresolved.add(one);
    return next;
  }

  /** `text` ends with no half of a pair. */
  read(text: string): void {
    const base = this.#tracker.position;
    this.#open.append(text);
    for (let at = 0; at < text.length; ) {
      const code = text.codePointAt(at)!;
      this.#take(this.#tracker.acceptsBefore(contextOf(code)), contextOf(code));
      const to = Math.min(text.length, Math.max(at + 1, this.#open.start + this.#options.limit - base));
      at = this.#tracker.read(text, { base, from: at, to, stopAtIdle: this.#unresolved.size > 0 });
      this.#take(this.#tracker.accepts, ANY);
      this.#tracker.commit();
      this.#context = contextOf(text.charCodeAt(at - 1));
      if (this.#unresolved.size > 0 && this.#tracker.isIdle) this.#resolve(0);
      if (this.#unresolved.size === 0) this.#open.take(this.#tracker.idle);
      if (this.#tracker.position - this.#open.start > this.#options.limit) this.#giveUp();
    }
  }

  finish(): void {
    this.#take(this.#tracker.acceptsBefore(EDGE), EDGE);
    this.#resolve(EDGE);
  }

  #take(places: readonly number[], after: number): void {
    if (places.length === 0) return;
    if (this.#unresolved.size === 0) this.#open.take(this.#tracker.idle);
    const { position } = this.#tracker;
    for (const rule of listed(this.#options.lane, places)) {
      if (!rule.ends) {
        this.#unresolved.add(rule);
        continue;
      }
      if (this.#fired.has(rule)) continue;
      this.#fired.add(rule);
      this.#decide({ rule, start: this.#open.leftmost(this.#options.lane, rule, { end: position, after }), end: position });
    }
  }

  #resolve(after: number): void {
    const { position } = this.#tracker;
    for (const one of this.#open.find(this.#options.lane, this.#unresolved, { end: position, until: position, after })) this.#decide(one);
    this.#unresolved.clear();
    this.#open.take(position);
  }

  /** Too long a text with no place where nothing is under way: it is looked at as it is, and watching begins anew. */
  #giveUp(): void {
    const { position } = this.#tracker;
    this.#resolve(0);
    this.#tracker = new Tracker(this.#options.lane.watched, position, this.#context);
  }

  #decide({ rule, start, end }: { readonly rule: LaneRule; readonly start: number; readonly end: number }): void {
    this.#options.decided({ rule: rule.rule, action: rule.action, offset: start, length: end - start, held: 0, released: this.#tracker.position });
  }
}

function sameRules(a: Lane, b: Lane): boolean {
  return a.matcher === b.matcher && a.rules.length === b.rules.length && a.rules.every((one, at) => one.place === b.rules[at]!.place);
}
