// The runtime as a process: the only place that binds a port.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Limiters } from "./attempt/index.ts";
import type { KeysFile } from "#contracts";
import { openCallers, type Callers, type Meters } from "./callers/index.ts";
import { createGateway, type Elsewhere, type Gateway, type GatewayOptions } from "./app/create-gateway.ts";
import { createListener } from "./app/listener.ts";
import { openVitals } from "./app/read-vitals.ts";
import { digestOf, systemPorts, upstreamsWith } from "./app/system-ports.ts";
import type { Bundles, Canary, Open, Steering } from "./gateway/bundles.ts";
import type { Loaded, Problem } from "./load.ts";
import type { Secrets } from "./ports.ts";
import type { ReceiptStore } from "./receipt/store.ts";

export const DEFAULT_HOST = "127.0.0.1";
export const DEFAULT_PORT = 8787;

/** Milliseconds a client may take to say its headers, and to say all of its request. */
export type SlowClients = { readonly headers: number; readonly request: number };
const SLOW_CLIENTS: SlowClients = { headers: 30_000, request: 300_000 };

export type ServeOptions = Pick<GatewayOptions, "patience" | "durability" | "onStoreFailure" | "watch" | "maxBody" | "version" | "shadow" | "cors" | "traces" | "conversations"> & {
  readonly loaded: Loaded;
  readonly store: ReceiptStore;
  /** Who may call. Without keys the gateway serves this machine alone. */
  readonly keys?: KeysFile;
  readonly canary?: Canary;
  readonly host?: string;
  /**
   * How `close` goes, in milliseconds: for `notice` the port stays open while `/readyz` says 503, so that a load balancer
   * looks elsewhere (0); what is under way after `limit` more is cut off, and its receipts say so (no limit).
   */
  readonly drain?: { readonly notice?: number; readonly limit?: number };
  /** 0 takes any that is free. */
  readonly port?: number;
  readonly secrets?: Secrets;
  readonly slow?: SlowClients;
  /** What another process keeps, where this one is one worker of several. */
  readonly elsewhere?: Elsewhere & { readonly meters: Meters; limitersOf(loaded: Loaded): Limiters };
};

/** A gateway that serves, in this process or in several workers. */
export type Running = {
  readonly url: string;
  readonly port: number;
  readonly bundles: Pick<Bundles, "active" | "previous" | "refuse"> & Steering;
  /** Null without API keys. */
  readonly callers: Pick<Callers, "replace"> | null;
  /** What the operator should know of the keys. */
  readonly notes: readonly Problem[];
  /** Requests under way. */
  underWay(): Promise<number>;
  /** Resolves with the reason when it cannot go on by itself; null where that ends the process. */
  readonly failed: Promise<string> | null;
  /** Takes no more requests, finishes those under way, sends the spans that wait, closes the store last. */
  close(): Promise<void>;
};

export type Serving = Running & { readonly gateway: Gateway; readonly callers: Callers | null };

export type ServeResult = { readonly kind: "serving"; readonly serving: Serving } | NotServing;
/** What the policy, its environment or the keys lack; or why there is no port. */
export type NotServing =
  | { readonly kind: "settings"; readonly problems: readonly Problem[] }
  | { readonly kind: "refused"; readonly message: string; readonly help: string };

export async function serve(options: ServeOptions): Promise<ServeResult> {
  const { loaded, store, keys, host = DEFAULT_HOST, port = DEFAULT_PORT, elsewhere } = options;
  if (keys === undefined && !LOOPBACK.test(host)) {
    return { kind: "refused", message: `without API keys the gateway serves this machine alone, and \`${host}\` is open to others`, help: `leave \`--host\` out, or make keys with \`ward keys make\` and give them with \`--keys\`` };
  }
  const ports = systemPorts(options.secrets);
  const openOwn = upstreamsWith(ports);
  const open: Open = (bundle) => {
    const own = openOwn(bundle);
    return own.ok && elsewhere !== undefined ? { ok: true, upstreams: { ...own.upstreams, limiters: elsewhere.limitersOf(bundle) } } : own;
  };
  const callers = keys === undefined ? null : await openCallers({ file: keys, loaded, clock: ports.clock, hash: hashOfKey, ...(elsewhere === undefined ? { store } : { meters: elsewhere.meters }) });
  if (callers !== null && !callers.ok) return { kind: "settings", problems: callers.problems };
  const opened = open(loaded);
  if (!opened.ok) return { kind: "settings", problems: opened.problems };
  const { canary: second, ...rest } = options;
  const beside = second === undefined ? null : open(second.loaded);
  if (beside !== null && !beside.ok) {
    await opened.upstreams.close();
    return { kind: "settings", problems: beside.problems };
  }
  const canary = second === undefined || beside === null ? {} : { canary: { ...second, upstreams: beside.upstreams } };

  // A worker's are told by its primary.
  const vitals = elsewhere === undefined ? openVitals(ports.clock) : null;
  const gateway = createGateway({ ...rest, ...canary, ...(vitals === null ? {} : { vitals: vitals.read }), ...(callers === null ? {} : { callers: callers.callers }), ports, digest: digestOf, upstreams: opened.upstreams, open });
  // Loading them takes some 40 ms of this thread: before the first request rather than in the midst of it.
  await gateway.metrics.load();
  const listener = createListener(gateway);
  const server = createServer({ keepAliveTimeout: 65_000, ...timesFor(options.slow ?? SLOW_CLIENTS), requireHostHeader: false }, listener.request);
  // Nothing is known here that could be expected, and a client that expects it is answered all the same.
  server.on("checkExpectation", listener.request);
  server.on("clientError", listener.badHttp);
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    vitals?.close();
    await gateway.close();
    return { kind: "refused", ...whyNotBound(error, host, port) };
  }

  const address = server.address() as AddressInfo;
  let closing: Promise<void> | null = null;
  return {
    kind: "serving",
    serving: { url: urlOf(host, address.port), port: address.port, gateway, bundles: gateway.bundles, callers: callers?.callers ?? null, notes: callers?.notes ?? [], underWay: () => Promise.resolve(gateway.inFlight), failed: null, close: () => (closing ??= close()) },
  };

  async function close(): Promise<void> {
    gateway.drain();
    const { notice = 0, limit = null } = options.drain ?? {};
    if (notice > 0) await new Promise<void>((resolve) => void ports.clock.after(notice, resolve));
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    const stopLimit = limit === null ? () => undefined : ports.clock.after(limit, () => server.closeAllConnections());
    await gateway.close();
    stopLimit();
    server.closeAllConnections();
    await closed;
    vitals?.close();
    await options.traces?.close();
    await store.close();
  }
}

/** Where a gateway is reached. */
export function urlOf(host: string, port: number): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** As `keyHash`, by the machine's own means. */
export function hashOfKey(secret: string): string {
  return `sha256:${digestOf(secret)}`;
}

/** Node looks after connections that are late every so often, so that late ones are ended a fifth later at most. */
function timesFor({ headers, request }: SlowClients) {
  return { headersTimeout: headers, requestTimeout: request, connectionsCheckingInterval: Math.ceil(Math.min(headers, request) / 5) };
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

function whyNotBound(error: unknown, host: string, port: number): Problem {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const { why, help } = NOT_BOUND[code] ?? { why: code, help: "choose another with `--port` or `--host`" };
  return { message: `port ${port} of ${host} cannot be bound${why === "" ? "" : `: ${why}`}`, help };
}

const NOT_BOUND: { readonly [code: string]: { readonly why: string; readonly help: string } | undefined } = {
  EADDRINUSE: { why: "something else is listening there", help: "stop what holds it, or choose another with `--port`" },
  EACCES: { why: "it may not be used by this user", help: "choose one from 1024 on with `--port`" },
  EADDRNOTAVAIL: { why: "this machine has no such address", help: "give one of its own with `--host`, or `0.0.0.0` for all of them" },
  ENOTFOUND: { why: "no address is known by that name", help: "give one of this machine with `--host`, or `0.0.0.0` for all of them" },
};
