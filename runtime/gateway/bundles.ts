// The bundles a gateway serves: the active one, and those that requests under way are still answered from.
//
//   swap ─▶ the new one is opened ─▶ it is active; the old one is kept for a rollback
//                                    └▶ its connections close when its last request is over
//
// True at any moment: a request keeps the bundle it entered with to its end, attempts that come later included; a bundle
// that is refused changes nothing; a canary and a shadow stay. Breakers and limits belong to a bundle's connections, so they begin anew with a swap.
import { createAttempts, type Upstreams } from "../attempt/index.ts";
import type { Loaded, Problem } from "../load.ts";
import type { World } from "./job.ts";
import { matchersOf } from "./answer/matchers.ts";
import type { Unnamed } from "./request/unnamed.ts";

/** What stays when a bundle goes. */
export type Shared = Omit<World, "loaded" | "startAttempt" | "matchersOf"> & { readonly unnamed: Unnamed };

export type Opened = { readonly ok: true; readonly upstreams: Upstreams } | { readonly ok: false; readonly problems: readonly Problem[] };
/** Connections to a bundle's providers; what its settings lack is a problem, and nothing is open then. */
export type Open = (loaded: Loaded) => Opened;

export type Swapped =
  | { readonly kind: "swapped"; readonly active: string; readonly previous: string }
  /** It is the active one already. */
  | { readonly kind: "same"; readonly active: string }
  | { readonly kind: "refused"; readonly problems: readonly Problem[] };

/** A bundle that could be served: open, and not served yet. One of the two is called, once. */
export type Prepared =
  | { readonly kind: "prepared"; commit(): Extract<Swapped, { readonly kind: "swapped" }>; abandon(): void }
  | Exclude<Swapped, { readonly kind: "swapped" }>;

/** Whoever decides what is served: this gateway, or one process for several of them. */
export type Steering = {
  swap(loaded: Loaded): Swapped | Promise<Swapped>;
  rollback(): Swapped | Promise<Swapped>;
};

/** A request's hold on its bundle, until it leaves. */
export type Use = { readonly world: World; leave(): void };

/** A bundle that answers `percent` of the requests. */
export type Canary = { readonly loaded: Loaded; readonly percent: number };

export type Bundles = {
  readonly shared: Shared;
  readonly active: Loaded;
  /** What a rollback goes back to. */
  readonly previous: Loaded | null;
  readonly canary: Canary | null;
  /** Plans what the others answer. */
  readonly shadow: Loaded | null;
  enter(lane: "active" | "canary"): Use;
  /** The first half of a swap; what is refused here has changed nothing. */
  prepare(loaded: Loaded): Prepared;
  swap(loaded: Loaded): Swapped;
  /** What was to be served never came to be a bundle: it is told as refused, and nothing changes. */
  refuse(): void;
  /** Swaps the active and the previous one. */
  rollback(): Swapped;
  /** Resolves when every connection is closed; ask when no request is under way. */
  close(): Promise<void>;
};

export type BundlesOptions = {
  readonly shared: Shared;
  readonly loaded: Loaded;
  readonly upstreams: Upstreams;
  /** Null where whoever embeds the gateway opened its connections: it then keeps its one bundle. */
  readonly open: Open | null;
  readonly canary: (Canary & { readonly upstreams: Upstreams }) | null;
  readonly shadow: Loaded | null;
  /** What a rollback goes back to, where this gateway takes the place of another. */
  readonly previous: Loaded | null;
};

export function createBundles({ shared, loaded, upstreams, open, canary, shadow, previous: before }: BundlesOptions): Bundles {
  const closing = new Set<Promise<void>>();
  let active = stage(shared, loaded, upstreams);
  let previous = before;
  const second = canary === null ? null : stage(shared, canary.loaded, canary.upstreams);

  return {
    shared,
    get active() {
      return active.world.loaded;
    },
    get previous() {
      return previous;
    },
    canary,
    shadow,
    enter(lane) {
      const entered = lane === "canary" && second !== null ? second : active;
      entered.users += 1;
      let left = false;
      return {
        world: entered.world,
        leave() {
          if (left) return;
          left = true;
          entered.users -= 1;
          if (entered.retired && entered.users === 0) close(entered);
        },
      };
    },
    prepare,
    swap,
    refuse,
    rollback: () => (previous === null ? refused("there is no bundle to go back to", "a rollback undoes the swap before it") : swap(previous)),
    async close() {
      retire(active);
      if (second !== null) retire(second);
      while (closing.size > 0) await Promise.all(closing);
    },
  };

  function swap(next: Loaded): Swapped {
    const prepared = prepare(next);
    if (prepared.kind === "same") return prepared;
    const result = prepared.kind === "prepared" ? prepared.commit() : prepared;
    shared.watch.swap({ result: result.kind, active: active.world.loaded.digest, previous: previous?.digest ?? null });
    return result;
  }

  function refuse(): void {
    shared.watch.swap({ result: "refused", active: active.world.loaded.digest, previous: previous?.digest ?? null });
  }

  function prepare(next: Loaded): Prepared {
    if (next.digest === active.world.loaded.digest) return { kind: "same", active: next.digest };
    if (open === null) return refused("this gateway cannot take another bundle: its connections were opened for this one", "give `createGateway` an `open`");
    const unfit = shared.callers?.check(next).problems ?? [];
    if (unfit.length > 0) return { kind: "refused", problems: unfit };
    const opened = open(next);
    if (!opened.ok) return { kind: "refused", problems: opened.problems };
    const fresh = stage(shared, next, opened.upstreams);
    return {
      kind: "prepared",
      commit() {
        const old = active;
        active = fresh;
        previous = old.world.loaded;
        retire(old);
        return { kind: "swapped", active: next.digest, previous: previous.digest };
      },
      abandon: () => retire(fresh),
    };
  }

  function retire(old: Stage): void {
    if (old.retired) return;
    old.retired = true;
    if (old.users === 0) close(old);
  }

  function close(old: Stage): void {
    const closed: Promise<void> = old.upstreams.close().finally(() => closing.delete(closed));
    closing.add(closed);
  }
}

type Stage = { readonly world: World; readonly upstreams: Upstreams; users: number; retired: boolean };

function stage(shared: Shared, loaded: Loaded, upstreams: Upstreams): Stage {
  return {
    world: { ...shared, loaded, startAttempt: createAttempts({ start: upstreams.start, limiters: upstreams.limiters, clock: shared.clock }), matchersOf: matchersOf(loaded) },
    upstreams,
    users: 0,
    retired: false,
  };
}

function refused(message: string, help: string): Extract<Swapped, { readonly kind: "refused" }> {
  return { kind: "refused", problems: [{ message, help }] };
}
