// What an operator sees of a gateway, as events. Metrics and logs listen; nothing they do changes a request.
import type { Receipt, ReceiptAttempt, ReceiptTrigger, Rollout } from "#contracts";
import type { Trail } from "./trail.ts";

export type Watch = WatchOf<Receipt>;
/** One that needs no more of a receipt than {@link Ended}. */
export type EndsWatch = WatchOf<Ended>;

export type WatchOf<Of> = {
  /** A request that came to a decision is over; `written` where its receipt is durable. `trail` is null where nobody traces. */
  ended(receipt: Of, written: boolean, trail: Trail | null): void;
  /** One that never came to a decision, so it has no receipt: malformed, an unknown model, a fact outside its type, no key, no such path. */
  unread(request: Unread): void;
  /** Another bundle was to be served, and is or is not. */
  swap(swap: Swap): void;
};

/** What of a receipt is counted, and told in a line. */
export type Ended = Pick<Receipt, "id" | "request_id" | "bundle" | "surface" | "stream" | "status" | "error" | "selected" | "tokens" | "cost" | "ms"> & {
  readonly model: Pick<Receipt["model"], "id" | "name">;
  /** The key alone: other names may be words of a client's. */
  readonly caller: { readonly key?: Receipt["caller"][string] | undefined };
  readonly attempts: readonly (Pick<ReceiptAttempt, "n" | "target" | "provider" | "outcome" | "http_status" | "cost"> & {
    readonly ms: Pick<ReceiptAttempt["ms"], "first_token" | "end">;
    readonly tokens: Pick<ReceiptAttempt["tokens"], "input" | "output">;
  })[];
  readonly triggers: readonly Pick<ReceiptTrigger, "rule" | "action" | "mode">[];
  readonly rollout?: { readonly canary: Pick<NonNullable<Rollout["canary"]>, "taken"> | null; readonly shadow: Pick<NonNullable<Rollout["shadow"]>, "same"> | null } | undefined;
};

/** One that was read far enough to be traced. */
export type UnreadOn = { readonly requestId: string; readonly surface: Receipt["surface"]; readonly status: number; readonly code: string; readonly trail: Trail | null };
/** `other` is every path that is no surface, those that are nothing among them. */
export type Unread = UnreadOn | (Omit<UnreadOn, "surface" | "trail"> & { readonly surface: "other"; readonly trail: null });
export type Swap = { readonly result: "swapped" | "refused"; readonly active: string; readonly previous: string | null };

export const UNWATCHED: WatchOf<unknown> = { ended() {}, unread() {}, swap() {} };

/** One that tells all of them. INVARIANT (no say): a listener that throws is our bug, and costs neither an answer nor the process. */
export function watchAll<Of>(watches: readonly WatchOf<Of>[]): WatchOf<Of> {
  const tell = (how: (watch: WatchOf<Of>) => void): void => {
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
