// The places of providers' limits, for all workers. What a worker held or waited for is free again when it is gone.
import { createLimiters, type Limiters, type Place } from "../attempt/index.ts";
import type { Clock } from "../ports.ts";
import type { WorkerTell } from "./messages.ts";

type Enter = Extract<WorkerTell, { readonly kind: "enter" }>;

export type Places = {
  enter(worker: number, asked: Enter, tell: { admitted(): void; gaveUp(): void }): void;
  leave(worker: number, place: number): void;
  /** The worker is gone. */
  gone(worker: number): void;
};

export function createPlaces(clock: Clock): Places {
  /** By bundle, as long as anybody is in there or waits: a limiter nobody uses is like one that was never made. */
  const bundles = new Map<string, { readonly limiters: Limiters; users: number }>();
  const held = new Map<number, Map<number, () => void>>();

  return {
    enter(worker, { place, bundle, provider, places, patience }, tell) {
      let shared = bundles.get(bundle);
      if (shared === undefined) bundles.set(bundle, (shared = { limiters: createLimiters(clock), users: 0 }));
      const { limiters } = shared;
      shared.users += 1;
      const mine = held.get(worker) ?? new Map<number, () => void>();
      held.set(worker, mine);
      let given: Place | null = null;
      mine.set(place, () => {
        mine.delete(place);
        given?.leave();
        shared.users -= 1;
        if (shared.users === 0) bundles.delete(bundle);
      });
      given = limiters.enter(
        { id: provider, limit: { concurrency: places }, timeout: { connect: patience } },
        {
          admitted: tell.admitted,
          gaveUp() {
            mine.get(place)?.();
            tell.gaveUp();
          },
        },
      );
    },
    leave: (worker, place) => held.get(worker)?.get(place)?.(),
    gone(worker) {
      const mine = held.get(worker);
      held.delete(worker);
      // Those that wait came last: nothing is given to one that is gone.
      for (const leave of [...(mine ?? new Map<number, () => void>()).values()].toReversed()) leave();
    },
  };
}
