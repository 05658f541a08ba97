// A clock that stands still until nothing else is left to do, and then is at once where the next timer is due: what waits
// for minutes takes no time.
import type { Clock } from "../ports.ts";

export type VirtualClock = Clock & {
  /** Goes to the next timer and calls it; false where none is set. */
  skip(): boolean;
};

/** What rehearsals call now: it appears in no result. */
const BEGINNING = Date.UTC(2025, 0, 1);

export function createVirtualClock(): VirtualClock {
  let elapsed = 0;
  let count = 0;
  const timers = new Map<number, { readonly at: number; readonly then: () => void }>();
  return {
    now: () => BEGINNING + elapsed,
    elapsed: () => elapsed,
    after(ms, then) {
      const id = count++;
      timers.set(id, { at: elapsed + Math.max(0, ms), then });
      return () => void timers.delete(id);
    },
    skip() {
      let next: number | null = null;
      // Timers that are due together are called in the order they were set.
      for (const [id, { at }] of timers) if (next === null || at < timers.get(next)!.at) next = id;
      if (next === null) return false;
      const { at, then } = timers.get(next)!;
      timers.delete(next);
      elapsed = at;
      then();
      return true;
    },
  };
}
