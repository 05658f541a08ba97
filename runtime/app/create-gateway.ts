// A gateway over a loaded bundle and those swapped in for it: to be put behind a server, or embedded behind `fetch`. It owns the upstream
// connections it was given and lets go of them when it is closed; the store stays its owner's.
import type { Upstreams } from "../attempt/index.ts";
import { createBundles, type Bundles, type BundlesOptions, type Open, type Shared, type Steering } from "../gateway/bundles.ts";
import type { Callers } from "../callers/index.ts";
import type { Health } from "../gateway/job.ts";
import type { Problem } from "../gateway/problem.ts";
import { createUnnamed, digest, type Digest } from "../gateway/request/unnamed.ts";
import { createMemoryConversations, type Conversations } from "../conversations/index.ts";
import type { Loaded } from "../load.ts";
import { createMetrics, type Metrics } from "../operation/metrics.ts";
import type { Traces } from "../operation/traces.ts";
import type { Vitals } from "../operation/vitals.ts";
import { watchAll, type Watch } from "../operation/watch.ts";
import type { Ports } from "../ports.ts";
import type { ReceiptStore } from "../receipt/store.ts";
import { createApp } from "./app.ts";

export const MAX_BODY = 16 * 1024 * 1024;
const PATIENCE = 120_000;

export type GatewayOptions = {
  readonly loaded: Loaded;
  readonly ports: Pick<Ports, "clock" | "chance">;
  readonly store: ReceiptStore;
  /** `openUpstreams` opens the bundle's own; a test hands in scripted ones. */
  readonly upstreams: Upstreams;
  /** Opens those of a bundle that is swapped in; without it the gateway keeps its bundle. */
  readonly open?: Open;
  /** A bundle that answers a share of the requests, with connections of its own. */
  readonly canary?: NonNullable<BundlesOptions["canary"]>;
  /** A bundle that plans every request and answers none: receipts say whether it would do the same. */
  readonly shadow?: Loaded;
  /** `strict`, the default: a receipt is durable before the client has the end of its answer. */
  readonly durability?: "strict" | "relaxed";
  /** What a client gets whose receipt cannot be written: an error (`refuse`, the default), or its answer all the same. */
  readonly onStoreFailure?: "refuse" | "degrade";
  /** Who may call, by API key; without them everyone who reaches the gateway. */
  readonly callers?: Callers;
  /** What is remembered for requests that leave their history out: in memory by default, nothing where it is null. Closed with the gateway. */
  readonly conversations?: Conversations | null;
  /** Origins of web pages that may read answers; none by default. `*` is any. */
  readonly cors?: readonly string[];
  /** Bytes a request's body may have. */
  readonly maxBody?: number;
  /** Milliseconds a client that reads nothing more of its answer is waited for, once all of it was said. */
  readonly patience?: number;
  readonly version?: string;
  /** Hears of every request at its end: for logs, or metrics of another kind. */
  readonly watch?: Watch;
  /** How this process does, for `/metrics`. */
  readonly vitals?: () => Vitals;
  readonly elsewhere?: Elsewhere;
  /** SHA-256 by the machine's own means, where they are faster. */
  readonly digest?: Digest;
  /** Makes a trace of every request; whoever opened it closes it, after the gateway. */
  readonly traces?: Traces;
};

/** What another process keeps for this gateway, where it is one worker of several. */
export type Elsewhere = {
  readonly metrics: Pick<Metrics, "watch" | "load" | "contentType" | "text">;
  readonly steering: Steering;
  /** Set from there too: whether receipts are being written. */
  readonly health: Health;
  /** What was served before `loaded`. */
  readonly previous: Loaded | null;
  /** What sessions of conversations that nobody named are made with: the same for all workers. */
  readonly secret: string;
  /** When the gateway, and not this worker of it, was started. */
  readonly started: number;
};

export type Gateway = {
  /** `env` is what a node server binds; a web server or a test leaves it out. */
  fetch(request: Request, env?: object): Response | Promise<Response>;
  /** Requests under way. */
  readonly inFlight: number;
  /** What is served, and what is served next. */
  readonly bundles: Pick<Bundles, "active" | "previous" | "prepare" | "swap" | "refuse" | "rollback">;
  /** As `/metrics` shows them; `load` makes them ready before the first request. */
  readonly metrics: Pick<Metrics, "load" | "text">;
  /** A request that whoever stands before the gateway refused is counted and logged as one of its own; answers the id it goes by. */
  turnedAway(problem: Problem): string;
  /** False from `drain` on. */
  readonly isOpen: boolean;
  /** `/readyz` says that it closes; what comes all the same is still answered. */
  drain(): void;
  /** Drains, waits for what is under way, lets go of every connection. */
  close(): Promise<void>;
};

export function createGateway(options: GatewayOptions): Gateway {
  const { loaded, ports, store, upstreams, elsewhere } = options;
  const metrics: Elsewhere["metrics"] = elsewhere?.metrics ?? createMetrics(() => ({ inFlight: shared.work.size, spans: options.traces?.spans() ?? null, bundles: { active: bundles.active.digest, ...(bundles.canary === null ? {} : { canary: bundles.canary.loaded.digest }), ...(bundles.shadow === null ? {} : { shadow: bundles.shadow.digest }) }, workers: 1, restarts: 0, conversations: conversations?.size?.() ?? null, processes: options.vitals === undefined ? {} : { gateway: options.vitals() }, version: options.version ?? "" }));
  const conversations = options.conversations === undefined ? createMemoryConversations({ clock: ports.clock }) : options.conversations;
  const shared: Shared = {
    clock: ports.clock,
    chance: ports.chance,
    store,
    durability: options.durability ?? "strict",
    onStoreFailure: options.onStoreFailure ?? "refuse",
    health: elsewhere?.health ?? { storeFailing: false },
    watch: watchAll([metrics.watch, ...(options.watch === undefined ? [] : [options.watch]), ...(options.traces === undefined ? [] : [options.traces.watch])]),
    traced: options.traces !== undefined,
    unnamed: createUnnamed({ secret: elsewhere?.secret ?? ports.chance.id(), digest: options.digest ?? digest }),
    callers: options.callers ?? null,
    memory: conversations === null ? null : { conversations, longest: options.maxBody ?? MAX_BODY },
    work: new Set(),
  };
  const bundles = createBundles({ shared, loaded, upstreams, open: options.open ?? null, canary: options.canary ?? null, shadow: options.shadow ?? null, previous: elsewhere?.previous ?? null });
  let open = true;
  const app = createApp({ bundles, steering: elsewhere?.steering ?? bundles, metrics, cors: options.cors ?? [], maxBody: options.maxBody ?? MAX_BODY, patience: options.patience ?? PATIENCE, version: options.version ?? null, isOpen: () => open, started: Math.floor((elsewhere?.started ?? ports.clock.now()) / 1000) });

  return {
    fetch: (request, env) => app.fetch(request, env as never),
    get inFlight() {
      return shared.work.size;
    },
    bundles,
    metrics,
    turnedAway({ status, code, type }) {
      const requestId = `req_${ports.chance.id()}`;
      shared.watch.unread({ requestId, surface: "other", status, code: code ?? type, trail: null });
      return requestId;
    },
    get isOpen() {
      return open;
    },
    drain() {
      open = false;
    },
    async close() {
      open = false;
      while (shared.work.size > 0) await Promise.allSettled(shared.work);
      await bundles.close();
      await conversations?.close();
    },
  };
}
