// A provider's `limit = { concurrency }`: so many calls at once, the others wait in the order they came, at most as long
// as a connection may take (`timeout.connect`), because to the caller both are waiting for the provider to be there.
import type { Provider } from "#contracts";
import type { Clock } from "../ports.ts";

/** What is asked of a provider. */
export type Limited = Pick<Provider, "id" | "limit"> & { readonly timeout: Pick<Provider["timeout"], "connect"> };

/** `leave` frees the place or gives up waiting; safe to call twice. */
export type Place = { leave(): void };

export type Waiting = { admitted(): void; gaveUp(): void };

export type Limiters = {
  /** Calls one of `waiting` at most once: `admitted` at once where a place is free. */
  enter(provider: Limited, waiting: Waiting): Place;
};

export function createLimiters(clock: Clock): Limiters {
  const limiters = new Map<string, Limiter>();
  return {
    enter(provider, waiting) {
      const places = provider.limit.concurrency;
      if (places === null) {
        waiting.admitted();
        return UNLIMITED;
      }
      let limiter = limiters.get(provider.id);
      if (limiter === undefined) limiters.set(provider.id, (limiter = createLimiter(clock, { places, patience: provider.timeout.connect })));
      return limiter(waiting);
    },
  };
}

type Limiter = (waiting: Waiting) => Place;

const UNLIMITED: Place = { leave: () => {} };

function createLimiter(clock: Clock, limit: { readonly places: number; readonly patience: number }): Limiter {
  let taken = 0;
  // A Set keeps the order of arrival and lets the one in the middle leave.
  const queue = new Set<() => void>();

  return (waiting) => {
    let state: "waiting" | "inside" | "gone" = "waiting";
    let giveUp = nothing;
    if (taken < limit.places) {
      admit();
    } else {
      queue.add(admit);
      giveUp = clock.after(limit.patience, () => {
        leave();
        waiting.gaveUp();
      });
    }
    return { leave };

    function admit(): void {
      giveUp();
      queue.delete(admit);
      taken += 1;
      state = "inside";
      waiting.admitted();
    }

    function leave(): void {
      giveUp();
      queue.delete(admit);
      const wasInside = state === "inside";
      state = "gone";
      if (!wasInside) return;
      taken -= 1;
      const [next] = queue;
      next?.();
    }
  };
}

function nothing(): void {}
