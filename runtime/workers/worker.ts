// One worker: the whole gateway, whose store, counts, places and metrics are the primary's. It does what it is asked in
// the order in which it is asked: first to start.
import { openVitals } from "../app/read-vitals.ts";
import type { Prepared, Swapped } from "../gateway/bundles.ts";
import { load, type Loaded, type Problem } from "../load.ts";
import { serve, type Serving } from "../main.ts";
import { METRICS_TYPE } from "../operation/metrics.ts";
import { openTraces, type Traces } from "../operation/traces.ts";
import { systemClock } from "../system-clock.ts";
import { farConversations } from "./far-conversations.ts";
import { farLimiters } from "./far-limiters.ts";
import { farMeters } from "./far-meters.ts";
import { farStore } from "./far-store.ts";
import { openLine, type Line } from "./line.ts";
import { FROM_PRIMARY, type Frame, type PrimaryAsk, type PrimaryTell, type Setup, type Started, type WorkerAsk, type WorkerTell } from "./messages.ts";
import { textOf } from "./steering.ts";

export type WorkerEnds = { send(batch: readonly Frame[]): void; garbled(): void };

/** `receive` gets every message of the primary. */
export function openWorker({ send, garbled }: WorkerEnds): Pick<Line<WorkerAsk, WorkerTell>, "receive"> {
  const health = { storeFailing: false };
  const vitals = openVitals(systemClock);
  let traces: Traces | null = null;
  const { promise: started, resolve: tellStarted } = Promise.withResolvers<Serving>();
  let prepared: Prepared | null = null;
  const line = openLine<WorkerAsk, WorkerTell, PrimaryAsk, PrimaryTell>({ send, from: FROM_PRIMARY, garbled, answer, hear });
  const limiters = farLimiters(line);
  return { receive: line.receive };

  async function answer(ask: PrimaryAsk): Promise<unknown> {
    if (ask.kind === "start") return start(ask.setup);
    const serving = await started;
    const { bundles } = serving.gateway;
    switch (ask.kind) {
      case "keys": {
        const { problems } = await serving.callers!.replace(ask.file, bundles.active);
        if (problems.length > 0) throw new Error(`the primary's keys do not fit: ${problems[0]!.message}`);
        return null;
      }
      case "prepare":
        return prepare(serving, ask.bundle);
      case "commit":
        if (prepared?.kind === "prepared") prepared.commit();
        prepared = null;
        return null;
      case "abandon":
        if (prepared?.kind === "prepared") prepared.abandon();
        prepared = null;
        return null;
      case "state":
        return { inFlight: serving.gateway.inFlight, spans: traces?.spans() ?? null, vitals: vitals.read() };
      case "close":
        await serving.close();
        return null;
      default:
        return ask satisfies never;
    }
  }

  function hear(said: PrimaryTell): void {
    switch (said.kind) {
      case "admitted":
        return limiters.admitted(said.place);
      case "gave up":
        return limiters.gaveUp(said.place);
      case "health":
        return void (health.storeFailing = said.storeFailing);
      default:
        return said satisfies never;
    }
  }

  async function start(setup: Setup): Promise<Started> {
    const { previous, canary, shadow, keys } = setup;
    health.storeFailing = setup.storeFailing;
    if (setup.tracing !== null) {
      traces = await openTraces({ settings: setup.tracing, secrets: (variable) => process.env[variable], clock: systemClock, version: setup.options.version ?? "", say: (level, text) => line.tell({ kind: "say", level, text }) });
    }
    const result = await serve({
      loaded: loadedOf(setup.bundle),
      store: farStore(line),
      ...setup.options,
      conversations: setup.conversations ? farConversations(line) : null,
      ...(traces === null ? {} : { traces }),
      ...(keys === null ? {} : { keys }),
      ...(canary === null ? {} : { canary: { loaded: loadedOf(canary.bundle), percent: canary.percent } }),
      ...(shadow === null ? {} : { shadow: loadedOf(shadow) }),
      elsewhere: {
        meters: farMeters(line),
        limitersOf: limiters.of,
        health,
        secret: setup.secret,
        started: setup.started,
        previous: previous === null ? null : loadedOf(previous),
        steering: {
          swap: (loaded): Promise<Swapped> => line.ask({ kind: "swap", bundle: textOf(loaded) }),
          rollback: () => line.ask({ kind: "rollback" }),
        },
        metrics: {
          // Of a request that ended the primary hears by its receipt, and of a swap before any worker does.
          watch: {
            ended() {},
            unread: ({ requestId, surface, status, code }) => line.tell({ kind: "unread", request: { requestId, surface, status, code } }),
            swap: (swap) => line.tell({ kind: "refused", swap }),
          },
          load: () => Promise.resolve(),
          contentType: METRICS_TYPE,
          text: () => line.ask({ kind: "metrics" }),
        },
      },
    });
    switch (result.kind) {
      case "serving":
        tellStarted(result.serving);
        return { kind: "started", port: result.serving.port };
      case "settings":
        return { kind: "settings", problems: result.problems.map(({ message, help }) => ({ message, help })) };
      case "refused":
        return result;
      default:
        return result satisfies never;
    }
  }

  function prepare({ gateway }: Serving, bundle: string): readonly Problem[] {
    prepared = gateway.bundles.prepare(loadedOf(bundle));
    return prepared.kind === "refused" ? prepared.problems.map(({ message, help }) => ({ message, help })) : [];
  }
}

/** The primary has loaded it before: what is wrong here is a bug, or a package that was changed while it runs. */
function loadedOf(text: string): Loaded {
  const result = load(text);
  if (!result.ok) throw new Error(`the primary's bundle does not load: ${result.problem.message}`);
  return result.loaded;
}
