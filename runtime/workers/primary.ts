// The primary of several workers: opens what they share, starts them, and is asked by whoever started it.
//
//   callers (budgets counted from receipts) ─▶ workers ─▶ all serve ─▶ … ─▶ close: workers first, the store last
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { openVitals } from "../app/read-vitals.ts";
import { systemPorts } from "../app/system-ports.ts";
import { createMemoryMeters, openCallers } from "../callers/index.ts";
import { createMemoryConversations } from "../conversations/index.ts";
import { hashOfKey, urlOf, type NotServing, type Running, type ServeOptions } from "../main.ts";
import type { Say } from "../operation/log.ts";
import { createMetrics } from "../operation/metrics.ts";
import type { TraceSettings } from "../operation/trace-settings.ts";
import type { SpanCounts } from "../operation/traces.ts";
import { watchAll, type EndsWatch } from "../operation/watch.ts";
import type { OwnStore } from "../receipt/store.ts";
import { systemClock } from "../system-clock.ts";
import { createCrew } from "./crew.ts";
import { createDesk, type Desk } from "./desk.ts";
import { PLAIN, type PlainOptions, type Setup, type State } from "./messages.ts";
import { createPlaces } from "./places.ts";
import { createSteering, textOf } from "./steering.ts";
import { within } from "./within.ts";

export type WorkersOptions = Omit<ServeOptions, "watch" | "traces" | "secrets" | "elsewhere" | "host" | "port" | "store"> & {
  readonly store: OwnStore;
  /** Two or more. */
  readonly count: number;
  /** Milliseconds for a worker to answer what it is asked; one that takes longer hangs, and is ended. */
  readonly answersWithin?: number;
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  /** Null where nobody traces. */
  readonly tracing: TraceSettings | null;
  /** Hears of swaps. */
  readonly watch: EndsWatch;
  /** Hears of the requests of one worker. */
  readonly watchOf: (worker: number) => EndsWatch;
  /** What happens to workers. */
  readonly say: Say;
};

export type WorkersResult = { readonly kind: "serving"; readonly serving: Running } | NotServing;

/** A worker answers in a moment; so long nothing keeps it but a loop without end. */
const ANSWERS_WITHIN = 10_000;

/** Secrets are the environment's: workers have the same one. */
export async function serveWorkers(options: WorkersOptions): Promise<WorkersResult> {
  const { loaded, store, keys, canary, shadow, count, host, say, watchOf, answersWithin = ANSWERS_WITHIN } = options;
  const clock = systemClock;
  const startedAt = clock.now();
  const secret = systemPorts().chance.id();
  const plain = Object.fromEntries(PLAIN.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]]))) as PlainOptions;
  const meters = createMemoryMeters();
  const opened = keys === undefined ? null : await openCallers({ file: keys, loaded, clock, store, meters, hash: hashOfKey });
  if (opened !== null && !opened.ok) return { kind: "settings", problems: opened.problems };
  const callers = opened?.callers ?? null;

  const conversations = options.conversations === undefined ? createMemoryConversations({ clock }) : options.conversations;
  const vitals = openVitals(clock);
  let inFlight = 0;
  /** As each worker that serves was last heard of. */
  const states = new Map<number, State>();
  /** By worker, the dead ones as they were last heard of: a count never goes back. */
  const spans = new Map<number, SpanCounts>();
  let storeFailing = false;
  const metrics = createMetrics(() => ({
    inFlight,
    spans: options.tracing === null ? null : spansOf([...spans.values()]),
    bundles: { active: steering.active.digest, ...(canary === undefined ? {} : { canary: canary.loaded.digest }), ...(shadow === undefined ? {} : { shadow: shadow.digest }) },
    workers: crew.serving().length,
    restarts: crew.restarts(),
    conversations: conversations?.size?.() ?? null,
    processes: { primary: vitals.read(), ...Object.fromEntries(crew.serving().flatMap(({ id }) => (states.has(id) ? [[`worker-${id}`, states.get(id)!.vitals]] : []))) },
    version: options.version ?? "",
  }));
  const steering = createSteering({ loaded, keys: keys ?? null, callers, clock, members: () => crew.members(), patience: answersWithin, watch: watchAll([metrics.watch, options.watch]) });
  const port = options.port === 0 ? await freePort(host) : options.port;
  const { promise: failed, resolve: tellFailed } = Promise.withResolvers<string>();
  const crew = createCrew({ count, clock, say, patience: answersWithin, failed: tellFailed, desk: () => desk, setup: (hand) => steering.between(() => hand(setupNow())) });
  const desk: Desk = createDesk({
    store, meters, conversations, metrics, steering, watchOf, say,
    places: createPlaces(clock),
    tell: crew.tell,
    metricsText: async () => {
      inFlight = await underWay();
      return metrics.text();
    },
    written(isWritten) {
      if (storeFailing === !isWritten) return;
      storeFailing = !isWritten;
      crew.tellAll({ kind: "health", storeFailing });
    },
  });

  const [started] = await Promise.all([crew.open(), metrics.load()]);
  if (started.kind !== "started") {
    vitals.close();
    return started;
  }
  let closing: Promise<void> | null = null;
  return {
    kind: "serving",
    serving: {
      url: urlOf(host, started.port),
      port: started.port,
      bundles: steering,
      callers: callers === null ? null : { replace: steering.replaceKeys },
      notes: opened?.notes ?? [],
      underWay,
      failed,
      close: () => (closing ??= close()),
    },
  };

  function setupNow(): Setup {
    return {
      bundle: textOf(steering.active),
      previous: steering.previous === null ? null : textOf(steering.previous),
      canary: canary === undefined ? null : { bundle: textOf(canary.loaded), percent: canary.percent },
      shadow: shadow === undefined ? null : textOf(shadow),
      keys: steering.keys,
      options: { ...plain, port },
      conversations: conversations !== null,
      tracing: options.tracing,
      storeFailing,
      started: startedAt,
      secret,
    };
  }

  async function close(): Promise<void> {
    await crew.close();
    vitals.close();
    await conversations?.close();
    await store.close();
  }

  async function underWay(): Promise<number> {
    const counts = await Promise.all(crew.serving().map(({ id, ask }) => stateOf(id, ask({ kind: "state" }))));
    for (const id of states.keys()) if (!crew.serving().some((one) => one.id === id)) states.delete(id);
    return counts.reduce((sum, one) => sum + one, 0);
  }

  /** A worker that is busy for so long has what it last had; whoever asks does not wait for it. */
  async function stateOf(worker: number, asked: Promise<State>): Promise<number> {
    const told = await within(asked.then((state) => heard(worker, state)), { clock, patience: 1_000 });
    return told.kind === "answered" ? told.value : told.kind === "silent" ? (states.get(worker)?.inFlight ?? 0) : 0;
  }

  function heard(worker: number, state: State): number {
    if (state.spans !== null) spans.set(worker, state.spans);
    states.set(worker, state);
    crew.heard(worker, state.inFlight);
    return state.inFlight;
  }
}

function spansOf(all: readonly SpanCounts[]): SpanCounts {
  return { sent: all.reduce((sum, { sent }) => sum + sent, 0), dropped: all.reduce((sum, { dropped }) => sum + dropped, 0) };
}

/**
 * All workers share one port, so it must be known before the first of them listens. Somebody else may take it in that
 * moment; the workers then say so, as of any port that is taken. 0 where the host has none: they say that too.
 */
async function freePort(host: string): Promise<number> {
  const server = createServer();
  try {
    server.listen(0, host);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    return port;
  } catch {
    return 0;
  }
}
