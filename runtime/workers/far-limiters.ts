// A worker's end of providers' limits: places are given out by the primary, over all workers, in the order in which they
// were asked for. A bundle's places are its own, as they are where one process serves.
import type { Limiters, Waiting } from "../attempt/index.ts";
import type { Loaded } from "../load.ts";
import type { Line } from "./line.ts";
import type { WorkerAsk, WorkerTell } from "./messages.ts";

export type FarLimiters = {
  of(loaded: Loaded): Limiters;
  admitted(place: number): void;
  gaveUp(place: number): void;
};

export function farLimiters(line: Line<WorkerAsk, WorkerTell>): FarLimiters {
  const waiting = new Map<number, Waiting>();
  let last = 0;

  return {
    of: ({ digest }) => ({
      enter(provider, one) {
        const places = provider.limit.concurrency;
        if (places === null) {
          one.admitted();
          return UNLIMITED;
        }
        const place = ++last;
        let left = false;
        waiting.set(place, one);
        line.tell({ kind: "enter", place, bundle: digest, provider: provider.id, places, patience: provider.timeout.connect });
        return {
          leave() {
            if (left) return;
            left = true;
            waiting.delete(place);
            line.tell({ kind: "leave", place });
          },
        };
      },
    }),
    admitted: (place) => taken(place)?.admitted(),
    gaveUp: (place) => taken(place)?.gaveUp(),
  };

  /** Nothing where it was left before the answer came. */
  function taken(place: number): Waiting | undefined {
    const one = waiting.get(place);
    waiting.delete(place);
    return one;
  }
}

const UNLIMITED = { leave: () => {} };
