// How long to wait before the same step is asked again, or that it is not worth waiting.
import type { Chance } from "../ports.ts";
import { RESTING } from "./outcome.ts";
import type { Failure } from "./upstream.ts";

/** Milliseconds, as a cascade's step declares them. */
export type Backoff = { readonly from: number; readonly to: number };

/**
 * Milliseconds to wait before retry number `nth` (from 0), null where the wait would not end within `left`, the
 * milliseconds that are left of the request's wall limit. Doubles from `from` up to `to`, half of it by chance, so that
 * callers who failed together do not come back together; what the provider asked for is never undercut.
 */
export function planRetry(failure: Failure, backoff: Backoff, when: { readonly nth: number; readonly left: number; readonly chance: Chance }): number | null {
  // A call that was spared is not worth waiting for: the step moves on at once.
  if (failure.code === RESTING) return null;
  const whole = Math.min(backoff.to, backoff.from * 2 ** Math.min(when.nth, 30));
  const jittered = Math.round(whole / 2 + (whole / 2) * when.chance.next());
  const wait = Math.max(jittered, failure.retryAfter ?? 0);
  return wait < when.left ? wait : null;
}
