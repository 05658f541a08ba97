// Traces: a span for every request and one for every attempt, sent to a collector by OTLP over HTTP. Spans are made of the
// receipt when the request is over, so that nothing of it waits for them.
//
//   receipt + trail ─▶ spans ─▶ sampler ─▶ queue ─▶ batches ─▶ collector
//                                            └▶ full, or the collector does not take them: dropped, and counted
//
// True at any moment: no more spans than the queue has room for are in memory, those on their way included; a collector
// that is down, slow or full costs no request anything. What upstreams are sent does not change: an id of ours in every call to a
// provider would let it put together what it is asked.
import type { SpanContext } from "@opentelemetry/api";
import type { ReadableSpan, SpanProcessor } from "@opentelemetry/sdk-trace";
import { resolveSettings } from "../attempt/index.ts";
import type { Loaded } from "../load.ts";
import type { Clock, Secrets } from "../ports.ts";
import type { TraceSettings } from "./trace-settings.ts";
import { attemptSpans, requestSpan, unreadSpan, type PeerOf, type SpanOf } from "./trace-spans.ts";
import type { Trail } from "./trail.ts";
import type { Watch } from "./watch.ts";

export type SpanCounts = { readonly sent: number; readonly dropped: number };

export type Traces = {
  readonly watch: Watch;
  spans(): SpanCounts;
  /** Sends what waits, for no longer than one batch may take; the rest is dropped. Never rejects. */
  close(): Promise<void>;
};

export type TracesOptions = {
  readonly settings: TraceSettings;
  /** The environment, for addresses of providers. The exporter reads its own variables of the process. */
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly version: string;
  readonly say: (level: "info" | "warn", message: string) => void;
};

/** The libraries are loaded here: some 150 ms, and 20 MB on the disk, that whoever does not trace does without. */
export async function openTraces({ settings, secrets, clock, version, say }: TracesOptions): Promise<Traces> {
  const [{ createTraceState, isSpanContextValid, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags }, sdk, { OTLPTraceExporter }, resources] = await Promise.all([
    import("@opentelemetry/api"), import("@opentelemetry/sdk-trace"), import("@opentelemetry/exporter-trace-otlp-proto"), import("@opentelemetry/resources"),
  ]);

  // ── the way out ──────────────────────────────────────────────────────────────────────────────────────────────

  let sent = 0;
  let dropped = 0;
  /** Spans in memory: in the processor's queue, or on their way. */
  let waiting = 0;
  let failing = false;
  const exporter = new OTLPTraceExporter({ url: settings.url, timeoutMillis: settings.timeout });
  const batches = new sdk.BatchSpanProcessor({
    exporter: {
      export(spans, done) {
        exporter.export(spans, (result) => {
          waiting -= spans.length;
          if (result.error === undefined) sent += spans.length;
          else dropped += spans.length;
          if ((result.error !== undefined) !== failing) tell(result.error);
          done(result);
        });
      },
      shutdown: () => exporter.shutdown(),
    },
    // The processor's own queue knows nothing of what is on its way, so the room is kept by the gate before it.
    maxQueueSize: settings.queue,
    maxExportBatchSize: settings.batch,
    scheduledDelayMillis: settings.delay,
    exportTimeoutMillis: settings.timeout * 2,
  });
  const gate: SpanProcessor = {
    onStart() {},
    onEnd(span: ReadableSpan) {
      if (waiting >= settings.queue) return void dropped++;
      waiting++;
      batches.onEnd(span);
    },
    forceFlush: () => batches.forceFlush(),
    shutdown: () => batches.shutdown(),
  };

  /** Once when it begins and once when it is over. What the collector said is its own and stays out of the log. */
  function tell(error: (Error & { readonly code?: unknown }) | undefined): void {
    failing = error !== undefined;
    const { host } = new URL(settings.url);
    if (error === undefined) return say("info", `the collector at ${host} takes traces again; ${dropped} spans were dropped\n`);
    const why = typeof error.code === "number" ? ` (status ${error.code})` : typeof error.code === "string" ? ` (${error.code})` : "";
    say("warn", `the collector at ${host} does not take traces${why}; spans are dropped until it does, requests are not touched\n`);
  }

  // ── what is sent ─────────────────────────────────────────────────────────────────────────────────────────────

  const resource = resources
    .defaultResource()
    .merge(resources.resourceFromAttributes({ "service.name": "wardwright", "service.version": version }))
    .merge(resources.detectResources({ detectors: [resources.serviceInstanceIdDetector, resources.resourceAttributesEnvDetector, resources.serviceNameEnvDetector] }));
  const provider = new sdk.TracerProvider({ resource, sampler: samplerOf(sdk, settings), spanProcessors: [gate], spanLimits: { attributeValueLengthLimit: 1024 } });
  const tracer = provider.getTracer("wardwright", version);
  const peerOf = peers(secrets);

  function parentOf({ traceparent, tracestate }: Trail): SpanContext | null {
    const found = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(traceparent?.trim() ?? "");
    if (found === null) return null;
    const [, version, traceId, spanId, flags, more] = found as unknown as [string, string, string, string, string, string | undefined];
    // Version 00 ends here; of a later one what is known is read, and ff is none.
    if (version === "ff" || (version === "00" && more !== undefined)) return null;
    const parent: SpanContext = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true, ...(tracestate === undefined ? {} : { traceState: createTraceState(tracestate) }) };
    return isSpanContextValid(parent) ? parent : null;
  }

  function record(trail: Trail, { arrived, request, attempts }: { readonly arrived: number; readonly request: SpanOf; readonly attempts: () => readonly SpanOf[] }): void {
    const parent = parentOf(trail);
    const span = start(request, SpanKind.SERVER, parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent));
    if (!span.isRecording()) return;
    const inside = trace.setSpan(ROOT_CONTEXT, span);
    for (const attempt of attempts()) finish(start(attempt, SpanKind.CLIENT, inside), attempt);
    finish(span, request);

    function start(one: SpanOf, kind: (typeof SpanKind)["SERVER" | "CLIENT"], context: typeof ROOT_CONTEXT) {
      return tracer.startSpan(one.name, { kind, attributes: one.attributes, startTime: timeOf(arrived, one.start) }, context);
    }

    function finish(its: ReturnType<typeof start>, one: SpanOf): void {
      for (const event of one.events) its.addEvent(event.name, event.attributes, timeOf(arrived, event.at));
      if (one.failed) its.setStatus({ code: SpanStatusCode.ERROR });
      its.end(timeOf(arrived, one.end));
    }
  }

  return {
    watch: {
      ended(receipt, written, trail) {
        if (trail === null) return;
        record(trail, { arrived: Date.parse(receipt.created), request: requestSpan(receipt, trail, written), attempts: () => attemptSpans(receipt, trail, peerOf) });
      },
      unread(unread) {
        if (unread.trail !== null) record(unread.trail, { arrived: clock.now(), request: unreadSpan(unread), attempts: () => [] });
      },
      swap() {},
    },
    spans: () => ({ sent, dropped }),
    async close() {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const stop = clock.after(settings.timeout, resolve);
      // A batch that was not taken is counted and told where it failed.
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
      stop();
      dropped += waiting;
      waiting = 0;
    },
  };
}

/** Seconds and nanoseconds: milliseconds since 1970 have no room for a microsecond behind the point. */
function timeOf(arrived: number, offset: number): [number, number] {
  const nanos = (arrived % 1000) * 1_000_000 + Math.round(offset * 1_000_000);
  return [Math.floor(arrived / 1000) + Math.floor(nanos / 1e9), nanos % 1e9];
}

function samplerOf(sdk: typeof import("@opentelemetry/sdk-trace"), { sampler, ratio }: TraceSettings): import("@opentelemetry/sdk-trace").Sampler {
  const root = sampler.endsWith("always_off") ? new sdk.AlwaysOffSampler() : sampler.endsWith("traceidratio") ? new sdk.TraceIdRatioBasedSampler(ratio) : new sdk.AlwaysOnSampler();
  return sampler.startsWith("parentbased_") ? new sdk.ParentBasedSampler({ root }) : root;
}

/** Addresses are worked out once a bundle. */
function peers(secrets: Secrets): PeerOf {
  const known = new WeakMap<Loaded, ReadonlyMap<string, ReturnType<PeerOf>>>();
  return (loaded, provider) => {
    let of = known.get(loaded);
    if (of === undefined) {
      const settings = resolveSettings(loaded.policy, secrets);
      of = new Map(settings.ok ? [...settings.providers].map(([id, { base }]) => [id, base === null ? null : { address: base.hostname, port: Number(base.port || (base.protocol === "https:" ? 443 : 80)) }]) : []);
      known.set(loaded, of);
    }
    return of.get(provider) ?? null;
  };
}
