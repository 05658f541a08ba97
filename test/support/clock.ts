// Time a test can hold in its hand, and the machine's own where a test is about sockets.
import type { Chance, Clock } from "../../runtime/ports.ts";

export type FakeClock = Clock & {
  /** Moves time on and calls what has come due on the way, in order. */
  advance(ms: number): void;
  /** Timers that are set and have neither been called nor taken back. */
  readonly pending: number;
};

export function fakeClock(from = 1_700_000_000_000): FakeClock {
  let elapsed = 0;
  let count = 0;
  const timers = new Map<number, { readonly at: number; readonly then: () => void }>();
  return {
    now: () => from + elapsed,
    elapsed: () => elapsed,
    after(ms, then) {
      const id = count++;
      timers.set(id, { at: elapsed + ms, then });
      return () => void timers.delete(id);
    },
    advance(ms) {
      const until = elapsed + ms;
      for (;;) {
        let next: [number, { readonly at: number; readonly then: () => void }] | null = null;
        for (const timer of timers) if (timer[1].at <= until && (next === null || timer[1].at < next[1].at)) next = timer;
        if (next === null) break;
        timers.delete(next[0]);
        elapsed = Math.max(elapsed, next[1].at);
        next[1].then();
      }
      elapsed = until;
    },
    get pending() {
      return timers.size;
    },
  };
}

/** The machine's clock, counting the timers that are left. */
export function realClock(): Clock & { readonly pending: number } {
  let pending = 0;
  return {
    now: () => Date.now(),
    elapsed: () => performance.now(),
    after(ms, then) {
      pending += 1;
      let open = true;
      const timer = setTimeout(() => {
        if (!open) return;
        open = false;
        pending -= 1;
        then();
      }, ms);
      return () => {
        if (!open) return;
        open = false;
        pending -= 1;
        clearTimeout(timer);
      };
    },
    get pending() {
      return pending;
    },
  };
}

/** Chance that always says the same, and ids that count. */
export function fixedChance(value = 0.5): Chance {
  let count = 0;
  return { next: () => value, id: () => `id${count++}` };
}
