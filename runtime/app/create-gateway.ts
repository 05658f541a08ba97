// A gateway over one loaded bundle: to be put behind a server, or embedded behind `fetch`. It owns the upstream
// connections it was given and lets go of them when it is closed; the store stays its owner's.
import { createAttempts, type Upstreams } from "../attempt/index.ts";
import type { Health, World } from "../gateway/job.ts";
import { matchersOf } from "../gateway/matchers.ts";
import type { Loaded } from "../load.ts";
import type { Ports } from "../ports.ts";
import type { ReceiptStore } from "../receipt/store.ts";
import { createApp } from "./app.ts";

export const MAX_BODY = 16 * 1024 * 1024;

export type GatewayOptions = {
  readonly loaded: Loaded;
  readonly ports: Pick<Ports, "clock" | "chance">;
  readonly store: ReceiptStore;
  /** `openUpstreams` opens the bundle's own; a test hands in scripted ones. */
  readonly upstreams: Upstreams;
  /** `strict`, the default: a receipt is durable before the client has the end of its answer. */
  readonly durability?: "strict" | "relaxed";
  /** What a client gets whose receipt cannot be written: an error (`refuse`, the default), or its answer all the same. */
  readonly onStoreFailure?: "refuse" | "degrade";
  /** Bytes a request's body may have. */
  readonly maxBody?: number;
  readonly version?: string;
};

export type Gateway = {
  /** `env` is what a node server binds; a web server or a test leaves it out. */
  fetch(request: Request, env?: object): Response | Promise<Response>;
  /** Requests under way. */
  readonly inFlight: number;
  /** Takes no more, waits for what is under way, lets go of every connection. */
  close(): Promise<void>;
};

export function createGateway(options: GatewayOptions): Gateway {
  const { loaded, ports, store, upstreams } = options;
  const health: Health = { storeFailing: false };
  const world: World = {
    loaded,
    clock: ports.clock,
    chance: ports.chance,
    store,
    startAttempt: createAttempts({ start: upstreams.start, clock: ports.clock }),
    matchersOf: matchersOf(loaded),
    durability: options.durability ?? "strict",
    onStoreFailure: options.onStoreFailure ?? "refuse",
    health,
    work: new Set(),
  };
  let open = true;
  const app = createApp({ world, maxBody: options.maxBody ?? MAX_BODY, version: options.version ?? null, isOpen: () => open });

  return {
    fetch: (request, env) => app.fetch(request, env as never),
    get inFlight() {
      return world.work.size;
    },
    async close() {
      open = false;
      while (world.work.size > 0) await Promise.allSettled(world.work);
      await upstreams.close();
    },
  };
}
