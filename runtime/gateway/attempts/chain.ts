// Where a plan's attempts lead. In: a planned list. Out: one place in it, and the ways on from there after a failure.
// True at any time: step retries that were used stay used, also after a rule has asked the same target again.
import { RETRYABLE, type FailureClass } from "#contracts";
import type { PlannedAttempt } from "../../plan/index.ts";

/** A way on: the same attempt once more, or the one the failure leads to. `nth` counts the waits on this way, from 0. */
export type Way = {
  readonly to: number;
  readonly repeats: boolean;
  readonly resume: PlannedAttempt["resume"];
  readonly backoff: PlannedAttempt["backoff"];
  readonly nth: number;
};

export type Chain = {
  readonly current: PlannedAttempt;
  at(place: number): PlannedAttempt;
  /** Ways on after a failure of this class, the first to be preferred; none where the chain ends here. */
  after(failure: FailureClass): readonly Way[];
  /** The way on past an attempt that cannot be started, whatever the class would have been. */
  past(): Way | null;
  take(way: Way): void;
};

export function createChain(attempts: readonly PlannedAttempt[]): Chain {
  const repeated = attempts.map(() => 0);
  let at = 0;
  let waits = 0;

  const chain: Standing = {
    current: attempts[0]!,
    at: (place) => attempts[place]!,
    after(failure) {
      const current = attempts[at]!;
      const ways: Way[] = [];
      if ((RETRYABLE as readonly FailureClass[]).includes(failure) && repeated[at]! < current.retries) {
        ways.push({ to: at, repeats: true, resume: current.resume, backoff: current.backoff, nth: repeated[at]! });
      }
      const move = current.moves[failure];
      if (move !== null) ways.push({ to: move.to, repeats: false, resume: move.resume, backoff: move.backoff, nth: waits });
      return ways;
    },
    past() {
      const moves = Object.values(attempts[at]!.moves).filter((move) => move !== null);
      if (moves.length === 0) return null;
      const { to, resume } = moves.reduce((first, move) => (move.to < first.to ? move : first));
      return { to, repeats: false, resume, backoff: null, nth: 0 };
    },
    take(way) {
      if (way.repeats) repeated[way.to]!++;
      else if (way.backoff !== null) waits++;
      at = way.to;
      chain.current = attempts[at]!;
    },
  };
  return chain;
}

type Standing = { -readonly [Member in keyof Chain]: Chain[Member] };
