// Follows the rules of one lane through a text: which matches are decided, and where no match is under way. Rules
// without `within` share a DFA, the others are followed beside it; with those, a text is read character by character.
import type { Aged, Capped } from "./aged.ts";
import { contextOf } from "./context.ts";
import { agedOf, type Matcher, viewOf } from "./matcher.ts";
import { classOf, type Tables } from "./tables.ts";
import { back, commit, type Cursor, IDLE, NOTED, type Scan, type View } from "./view.ts";

export type Watched = {
  readonly tables: Tables;
  /** The rules without `within`; null where there is none. */
  readonly view: View | null;
  /** The rules with it, before any character; null where there is none. */
  readonly aged: Aged | null;
  /** A view of no rules: there is always a state to stand in. */
  readonly nothing: View;
};

export function watch(matcher: Matcher, plain: readonly number[], capped: readonly Capped[]): Watched {
  return {
    tables: matcher.tables,
    view: plain.length === 0 ? null : viewOf(matcher, "search", plain),
    aged: capped.length === 0 ? null : agedOf(matcher, capped),
    nothing: viewOf(matcher, "search", []),
  };
}

const NO_RULES: readonly number[] = [];

export class Tracker {
  /** How many units were read. */
  position: number;
  /** No match was under way there last, and no match began before it that could still end behind. */
  idle: number;
  readonly #watched: Watched;
  readonly #view: View;
  /** False where every rule has `within`: then the view has nothing to follow. */
  readonly #scans: boolean;
  readonly #cursor: Cursor;
  #aged: Aged | null;
  #agedSafe: number;
  #wide: number[] = [];
  #context: number;
  #noted = false;

  constructor(watched: Watched, position: number, context: number) {
    this.#watched = watched;
    this.position = position;
    this.idle = position;
    this.#view = watched.view ?? watched.nothing;
    this.#scans = watched.view !== null;
    this.#cursor = { state: this.#view.start(context), idle: position, safe: position, wide: [] };
    this.#aged = watched.aged;
    this.#agedSafe = position;
    this.#context = context;
  }

  /** One that goes on from here on its own. */
  fork(): Tracker {
    const fork = new Tracker(this.#watched, this.position, this.#context);
    Object.assign(fork.#cursor, this.#cursor, { wide: [...this.#cursor.wide] });
    fork.idle = this.idle;
    fork.#aged = this.#aged;
    fork.#agedSafe = this.#agedSafe;
    fork.#wide = [...this.#wide];
    fork.#noted = this.#noted;
    return fork;
  }

  get isIdle(): boolean {
    return (this.#cursor.state.flags & IDLE) !== 0 && (this.#aged?.idle ?? true);
  }

  /** No match under way began before. Closer than `idle`, and true only of a text that is never taken back. */
  get safe(): number {
    if (this.#aged === null) return this.#cursor.safe;
    return this.#scans ? Math.min(this.#cursor.safe, this.#agedSafe) : this.#agedSafe;
  }

  /** The rules that have matched where the last `read` stopped, whatever follows. */
  get accepts(): readonly number[] {
    if (!this.#noted) return NO_RULES;
    const { accepts } = this.#cursor.state;
    return this.#aged === null || this.#aged.accepts.length === 0 ? accepts : [...accepts, ...this.#aged.accepts];
  }

  /** The rules that have matched here if a character of this context, or the block's edge, comes next. */
  acceptsBefore(context: number): readonly number[] {
    const { pending } = this.#cursor.state;
    const aged = this.#aged?.pending ?? [];
    if (pending.length === 0 && aged.length === 0) return NO_RULES;
    return [...pending, ...aged].flatMap(([rule, mask]) => ((mask & context) === 0 ? [] : [rule]));
  }

  /**
   * Reads on until there is something to note, and returns the place in the text behind what was read. The character
   * read last is taken into `idle` and `safe` by `commit` only: what is decided at it is decided before.
   */
  read(text: string, range: Scan): number {
    this.#noted = false;
    if (this.#aged !== null) return this.#readBoth(text, range);
    const at = this.#view.scan(this.#cursor, text, range);
    this.#noted = (this.#cursor.state.flags & NOTED) !== 0;
    this.position = range.base + at;
    this.idle = this.#cursor.idle;
    return at;
  }

  commit(): void {
    if (this.#scans) commit(this.#cursor, this.position);
    if (this.#aged === null) {
      this.idle = this.#cursor.idle;
      return;
    }
    if (this.#aged.idle) {
      this.#agedSafe = this.position;
      this.#wide = [];
    } else this.#agedSafe = Math.max(this.#agedSafe, back(this.#wide, this.position, this.#aged.depth));
    if (this.isIdle) this.idle = this.position;
  }

  #readBoth(text: string, range: Scan): number {
    let at = range.from;
    while (at < range.to) {
      const code = text.codePointAt(at)!;
      if (code > 0xffff) this.#wide.push(range.base + at);
      this.#aged = this.#aged!.step(classOf(this.#watched.tables, code), this.#context);
      this.#context = contextOf(code);
      if (!this.#scans) at += code > 0xffff ? 2 : 1;
      else at = this.#view.scan(this.#cursor, text, { ...range, from: at, to: at + 1 });
      this.position = range.base + at;
      this.#noted = this.#aged.accepts.length + this.#aged.pending.length > 0 || (this.#cursor.state.flags & NOTED) !== 0;
      if (this.#noted || (range.stopAtIdle && this.isIdle)) return at;
      this.commit();
    }
    return at;
  }
}
