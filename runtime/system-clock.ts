// The machine's clock. A timer of the platform counts in 32 bits: one that is set for longer than 24.8 days rings at once,
// so a long wait is made of several.
import type { Clock } from "./ports.ts";

/** The longest wait a platform timer can be set for. */
export const LONGEST_TIMER = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(ms, then) {
    let left = ms;
    let timer = setTimeout(ring, Math.min(left, LONGEST_TIMER));
    return () => clearTimeout(timer);

    function ring(): void {
      left -= LONGEST_TIMER;
      if (left <= 0) return then();
      timer = setTimeout(ring, Math.min(left, LONGEST_TIMER));
    }
  },
};
