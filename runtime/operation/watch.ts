// What an operator sees of a gateway, as events. Metrics and logs listen; nothing they do changes a request.
import type { Receipt } from "#contracts";
import type { Trail } from "./trail.ts";

export type Watch = {
  /** A request that came to a decision is over; `written` where its receipt is durable. `trail` is null where nobody traces. */
  ended(receipt: Receipt, written: boolean, trail: Trail | null): void;
  /** One that never came to a decision, so it has no receipt: malformed, an unknown model, a fact outside its type, no key, no such path. */
  unread(request: Unread): void;
  /** Another bundle was to be served, and is or is not. */
  swap(swap: Swap): void;
};

/** One that was read far enough to be traced. */
export type UnreadOn = { readonly requestId: string; readonly surface: Receipt["surface"]; readonly status: number; readonly code: string; readonly trail: Trail | null };
/** `other` is every path that is no surface, those that are nothing among them. */
export type Unread = UnreadOn | (Omit<UnreadOn, "surface" | "trail"> & { readonly surface: "other"; readonly trail: null });
export type Swap = { readonly result: "swapped" | "refused"; readonly active: string; readonly previous: string | null };

export const UNWATCHED: Watch = { ended() {}, unread() {}, swap() {} };

/** One that tells all of them. INVARIANT (no say): a listener that throws is our bug, and costs neither an answer nor the process. */
export function watchAll(watches: readonly Watch[]): Watch {
  const tell = (how: (watch: Watch) => void): void => {
    for (const watch of watches) {
      try {
        how(watch);
      } catch {
        // There is nobody to tell: those who would be told are the ones that failed.
      }
    }
  };
  return {
    ended: (receipt, written, trail) => tell((watch) => watch.ended(receipt, written, trail)),
    unread: (request) => tell((watch) => watch.unread(request)),
    swap: (swap) => tell((watch) => watch.swap(swap)),
  };
}
