// Prometheus metrics. Labels have the values a policy can name, the ids of the keys of the gateway's own file and those of our own
// lists, so their number is bounded; no label has a word of a client's, and none of an upstream's.
//
// The library takes some 40 ms to load, so that is done when it is asked for, or with the first event where nobody asked; what
// happens before waits in a list.
import type { ConversationsSize } from "../conversations/index.ts";
import type { SpanCounts } from "./traces.ts";
import type { Vitals } from "./vitals.ts";
import type { Ended, EndsWatch, Unread } from "./watch.ts";

/** Read at each scrape. */
export type Now = {
  readonly inFlight: number;
  /** Null where nobody traces. */
  readonly spans: SpanCounts | null;
  /** Those served now, by what they are served as. */
  readonly bundles: { readonly [lane: string]: string };
  /** Processes that serve; 1 where there is but this one. */
  readonly workers: number;
  /** How often one of them died and was replaced. */
  readonly restarts: number;
  /** What is remembered of conversations; null where nothing is, or nobody here can tell. */
  readonly conversations: ConversationsSize | null;
  /** By the process that they are of. */
  readonly processes: { readonly [process: string]: Vitals };
  readonly version: string;
};

export type Metrics = {
  readonly watch: EndsWatch;
  /** Receipts of which no more is known than that they could not be written. */
  lost(count: number): void;
  /** Loads the library now rather than with the first event. */
  load(): Promise<void>;
  readonly contentType: string;
  text(): Promise<string>;
};

export function createMetrics(now: () => Now): Metrics {
  let waiting: ((meters: Meters) => void)[] = [];
  let meters: Meters | null = null;
  let loading: Promise<Meters> | null = null;

  const load = (): Promise<Meters> =>
    (loading ??= openMeters(now).then((opened) => {
      for (const tell of waiting) tell(opened);
      waiting = [];
      return (meters = opened);
    }));
  const tell = (how: (meters: Meters) => void): void => {
    if (meters !== null) return how(meters);
    waiting.push(how);
    void load();
  };

  return {
    watch: {
      ended: (receipt, written) => tell((to) => to.ended(receipt, written)),
      unread: (request) => tell((to) => to.unread(request)),
      swap: ({ result }) => tell((to) => to.swap(result)),
    },
    lost: (count) => tell((to) => to.lost(count)),
    load: async () => void (await load()),
    contentType: METRICS_TYPE,
    text: async () => (await load()).text(),
  };
}

/** By the names that dashboards for Node know them by. */
const VITALS: readonly { readonly kind: "counter" | "gauge"; readonly name: string; readonly help: string; readonly of: (vitals: Vitals) => number | null }[] = [
  { kind: "counter", name: "process_cpu_seconds_total", help: "CPU time of a process of the gateway", of: ({ cpu }) => cpu / 1_000_000 },
  { kind: "gauge", name: "process_resident_memory_bytes", help: "memory a process of the gateway has of the machine", of: ({ resident }) => resident },
  { kind: "gauge", name: "process_start_time_seconds", help: "when it started, in seconds since 1970", of: ({ started }) => started / 1000 },
  { kind: "gauge", name: "nodejs_heap_size_used_bytes", help: "what of it JavaScript uses", of: ({ heap }) => heap },
  { kind: "gauge", name: "nodejs_eventloop_lag_p99_seconds", help: "how late its event loop was, at the 99th percentile of the last minute", of: ({ lag }) => (lag === null ? null : lag.p99 / 1_000_000) },
  { kind: "gauge", name: "nodejs_eventloop_lag_max_seconds", help: "how late it was at worst in the last minute", of: ({ lag }) => (lag === null ? null : lag.max / 1_000_000) },
];

export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

type Meters = {
  ended(receipt: Ended, written: boolean): void;
  unread(request: Unread): void;
  swap(result: string): void;
  lost(count: number): void;
  text(): Promise<string>;
};

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

async function openMeters(now: () => Now): Promise<Meters> {
  const { Counter, Gauge, Histogram, Registry } = await import("prom-client");
  const registry = new Registry();
  const registers = [registry];
  const tallies: Tally[] = [];
  /** What is told is what was counted, divided by `per`: dollars are counted in millionths, so that no sum of them is off. */
  const counter = (name: string, help: string, labelNames: readonly string[] = [], per = 1): Tally => {
    const told = new Counter({ name: `wardwright_${name}`, help, labelNames: [...labelNames], registers });
    const tally = createTally(labelNames, { reset: () => told.reset(), set: (labels, count) => told.inc(labels, count / per) });
    tallies.push(tally);
    return tally;
  };
  const histogram = (name: string, help: string, labelNames: readonly string[]) => new Histogram({ name: `wardwright_${name}`, help, labelNames: [...labelNames], buckets: SECONDS, registers });

  const requests = counter("requests_total", "requests that came to a decision, by how they ended", ["model", "surface", "status", "lane"]);
  const refusals = counter("refusals_total", "requests that were refused, by the code their client got", ["model", "code"]);
  const ofKeys = counter("key_requests_total", "requests of an API key that came to a decision, by how they ended", ["key", "status"]);
  const costOfKeys = counter("key_cost_dollars_total", "cost of an API key's requests", ["key"], 1_000_000);
  const unread = counter("unread_requests_total", "requests that came to no decision, by the status they were answered with", ["surface", "http_status"]);
  const attempts = counter("attempts_total", "calls to providers, by how they ended", ["target", "outcome"]);
  const triggers = counter("rule_triggers_total", "matches of rules, by what was done", ["rule", "action", "mode"]);
  const tokens = counter("tokens_total", "tokens of calls to providers", ["target", "direction"]);
  const cost = counter("cost_dollars_total", "cost of calls to providers whose targets declare a price", ["target"], 1_000_000);
  const unwritten = counter("receipt_write_failures_total", "receipts that could not be written");
  const swaps = counter("bundle_swaps_total", "bundles that were to be served instead of the active one", ["result"]);
  const shadows = counter("shadow_plans_total", "plans of the shadow bundle, beside those of the bundle that answered", ["model", "plan"]);
  const spans = new Counter({ name: "wardwright_trace_spans_total", help: "spans of traces, by whether the collector took them", labelNames: ["result"], registers });
  const duration = histogram("request_duration_seconds", "from a request to the end of its answer", ["model", "surface"]);
  const firstByte = histogram("first_byte_seconds", "from a request to the first byte of its answer", ["model", "surface"]);
  const firstToken = histogram("attempt_first_token_seconds", "from the start of a call to the first content of its answer", ["target"]);
  const inFlight = new Gauge({ name: "wardwright_requests_in_flight", help: "requests and receipts under way", registers });
  const workers = new Gauge({ name: "wardwright_workers", help: "processes that serve", registers });
  const restarts = new Counter({ name: "wardwright_worker_restarts_total", help: "processes that died and were replaced", registers });
  const turns = new Gauge({ name: "wardwright_conversation_turns", help: "turns of conversations that are remembered", registers });
  const turnBytes = new Gauge({ name: "wardwright_conversation_bytes", help: "what they take, about", registers });
  const ofProcess = VITALS.map(({ kind, name, help, of }) => ({ of, told: new (kind === "counter" ? Counter : Gauge)({ name, help, labelNames: ["process"], registers }) }));
  const build = new Gauge({ name: "wardwright_build_info", help: "1, for the version that runs", labelNames: ["version"], registers });
  const bundle = new Gauge({ name: "wardwright_bundle_info", help: "1 for each bundle that is served, by what it is served as", labelNames: ["lane", "digest"], registers });

  return {
    ended(receipt, written) {
      const model = receipt.model.name;
      const { surface, status } = receipt;
      const { canary, shadow } = receipt.rollout ?? { canary: null, shadow: null };
      requests.add([model, surface, status, canary?.taken ? "canary" : "active"]);
      if (status === "refused" && receipt.error !== null) refusals.add([model, receipt.error.code]);
      const key = receipt.caller["key"];
      // What a provider's own key is called by is its user's, and there may be any number of them.
      if (key?.source === "trusted_auth") {
        ofKeys.add([key.value, status]);
        if (receipt.cost !== null) costOfKeys.add([key.value], receipt.cost);
      }
      if (shadow !== null) shadows.add([model, shadow.same ? "same" : "different"]);
      if (!written) unwritten.add([]);
      duration.observe({ model, surface }, receipt.ms.total / 1000);
      if (receipt.ms.first_byte !== null) firstByte.observe({ model, surface }, receipt.ms.first_byte / 1000);
      for (const attempt of receipt.attempts) {
        const { target } = attempt;
        attempts.add([target, attempt.outcome]);
        if (attempt.outcome === "not_started") continue;
        tokens.add([target, "input"], attempt.tokens.input);
        tokens.add([target, "output"], attempt.tokens.output);
        if (attempt.cost !== null) cost.add([target], attempt.cost);
        if (attempt.ms.first_token !== null) firstToken.observe({ target }, attempt.ms.first_token / 1000);
      }
      for (const { rule, action, mode } of receipt.triggers) triggers.add([rule, action, mode]);
    },
    unread({ surface, status }) {
      unread.add([surface, String(status)]);
    },
    swap(result) {
      swaps.add([result]);
    },
    lost(count) {
      unwritten.add([], count);
    },
    text() {
      const { inFlight: under, spans: counts, bundles, workers: many, restarts: restarted, conversations, processes, version } = now();
      workers.set(many);
      build.set({ version }, 1);
      inFlight.set(under);
      for (const tally of tallies) tally.tell();
      spans.reset();
      if (counts !== null) for (const result of ["sent", "dropped"] as const) spans.inc({ result }, counts[result]);
      restarts.reset();
      restarts.inc(restarted);
      turns.set(conversations?.turns ?? 0);
      turnBytes.set(conversations?.bytes ?? 0);
      for (const { told, of } of ofProcess) {
        told.reset();
        for (const [process, vitals] of Object.entries(processes)) {
          const value = of(vitals);
          if (value !== null) told.inc({ process }, value);
        }
      }
      bundle.reset();
      for (const [lane, digest] of Object.entries(bundles)) bundle.set({ lane, digest }, 1);
      return registry.metrics();
    },
  };
}

/** Counts by the values of their labels, in the order of the labels' names. */
type Tally = { add(values: readonly string[], count?: number): void; tell(): void };

/** Kept here and told at a scrape: the library takes longer to find a counter by its labels than planning a request takes. */
function createTally(names: readonly string[], told: { reset(): void; set(labels: Record<string, string>, count: number): void }): Tally {
  const counts = new Map<string, { readonly labels: Record<string, string>; count: number }>();
  return {
    add(values, count = 1) {
      const key = values.join("\n");
      let one = counts.get(key);
      if (one === undefined) counts.set(key, (one = { labels: Object.fromEntries(names.map((name, at) => [name, values[at]!])), count: 0 }));
      one.count += count;
    },
    tell() {
      told.reset();
      for (const one of counts.values()) told.set(one.labels, one.count);
    },
  };
}
