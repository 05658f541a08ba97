// Where traces go and how many, from `--otlp` and the variables every OpenTelemetry program reads. In: an address of the
// command line, or none, and the environment. Out: plain settings, or null where nobody asked for traces.
//
// Secrets belong in `OTEL_EXPORTER_OTLP_HEADERS`, which the exporter reads itself, as it does certificates and compression:
// they never pass through here, so they can stand in no message.
import type { Secrets } from "../ports.ts";

const SAMPLERS = ["always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"] as const;
export type SamplerName = (typeof SAMPLERS)[number];

export type TraceSettings = {
  /** Whole, with its path. */
  readonly url: string;
  readonly sampler: SamplerName;
  /** Of the ratio samplers: the share of traces that begin here. */
  readonly ratio: number;
  /** Spans that wait or are on their way; what comes beyond is dropped. */
  readonly queue: number;
  readonly batch: number;
  /** Milliseconds. */
  readonly delay: number;
  /** Milliseconds one batch may take, repetitions included. */
  readonly timeout: number;
};

export type ReadTraces =
  | { readonly ok: true; readonly settings: TraceSettings | null; readonly notes: readonly string[] }
  | { readonly ok: false; readonly message: string; readonly help: string };

/** Half of what the SDKs take: a gateway that is told to stop waits as long for a collector that does not answer. */
const TIMEOUT = 5000;
const PATH = "v1/traces";

export function readTraceSettings(given: string | undefined, env: Secrets): ReadTraces {
  const found = given === undefined ? fromEnvironment(env) : { text: given, what: "--otlp", whole: given.endsWith(`/${PATH}`) };
  if (found === null) return { ok: true, settings: null, notes: [] };
  const url = URL.parse(found.text);
  // The text itself is not repeated: it may hold a password.
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) return { ok: false, message: `\`${found.what}\` is not an http or https address`, help: "it is the base address of a collector, as in `http://127.0.0.1:4318`" };
  if (url.username !== "" || url.password !== "") return { ok: false, message: `\`${found.what}\` has a user or password in it`, help: "give the secret in the environment: `OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer …`" };
  if (!found.whole) url.pathname = `${url.pathname.replace(/\/$/, "")}/${PATH}`;

  const notes: string[] = [];
  const protocol = env("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") || env("OTEL_EXPORTER_OTLP_PROTOCOL") || "http/protobuf";
  if (protocol !== "http/protobuf") notes.push("traces are sent as http/protobuf, whatever `OTEL_EXPORTER_OTLP_PROTOCOL` says; a collector takes it on port 4318");
  const number = (variable: string, otherwise: number, fits: (value: number) => boolean): number => {
    const text = env(variable) || "";
    if (text === "") return otherwise;
    const value = Number(text);
    if (Number.isFinite(value) && fits(value)) return value;
    notes.push(`\`${variable}\` is not a number it can be, so it is ${otherwise}`);
    return otherwise;
  };
  const isCount = (value: number): boolean => Number.isInteger(value) && value > 0;
  const wanted = (env("OTEL_TRACES_SAMPLER") || "").trim();
  const sampler = SAMPLERS.find((one) => one === wanted) ?? "parentbased_always_on";
  if (wanted !== "" && wanted !== sampler) notes.push(`\`OTEL_TRACES_SAMPLER\` is none of ${SAMPLERS.join(", ")}, so it is ${sampler}`);
  const queue = number("OTEL_BSP_MAX_QUEUE_SIZE", 2048, isCount);
  return {
    ok: true,
    notes,
    settings: {
      url: url.href,
      sampler,
      ratio: sampler.endsWith("traceidratio") ? number("OTEL_TRACES_SAMPLER_ARG", 1, (value) => value >= 0 && value <= 1) : 1,
      queue,
      batch: Math.min(queue, number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512, isCount)),
      delay: number("OTEL_BSP_SCHEDULE_DELAY", 5000, isCount),
      timeout: number("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", number("OTEL_EXPORTER_OTLP_TIMEOUT", TIMEOUT, isCount), isCount),
    },
  };
}

type Found = { readonly text: string; readonly what: string; /** It is the address of traces alone, and not a base. */ readonly whole: boolean };

/** A variable that is there but empty is as good as not set. */
function fromEnvironment(env: Secrets): Found | null {
  if ((env("OTEL_SDK_DISABLED") || "").toLowerCase() === "true" || env("OTEL_TRACES_EXPORTER") === "none") return null;
  for (const [what, whole] of [["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", true], ["OTEL_EXPORTER_OTLP_ENDPOINT", false]] as const) {
    const text = env(what) || "";
    if (text !== "") return { text, what, whole };
  }
  return null;
}
