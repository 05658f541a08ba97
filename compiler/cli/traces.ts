// Where `ward serve` sends its traces, if anybody asked for them.
import { openTraces, readTraceSettings, systemPorts, type Traces, type TraceSettings } from "#runtime";
import { ok, wrong, type Io, type Result } from "./io.ts";
import type { ServeLog } from "./serve-log.ts";
import type { Arguments, Flag } from "./verb.ts";
import { version } from "./version.ts";

export const OTLP: Flag = { value: "URL", about: "send OpenTelemetry traces to this collector, as http://127.0.0.1:4318 (OTEL_EXPORTER_OTLP_ENDPOINT; none)" };

/**
 * `to` is fit to be shown: an address may have a token behind its `?`. `settings` are null where nobody asked; several
 * processes are each given them. `open` loads the libraries.
 */
export type Tracing = { readonly to: string | null; readonly settings: TraceSettings | null; readonly notes: readonly string[]; open(say: ServeLog["say"]): Promise<Traces | null> };

/** What is wrong is known before anything is opened. */
export function tracingOf(args: Arguments, io: Io): Result<Tracing> {
  const secrets = (variable: string): string | undefined => io.env[variable];
  const read = readTraceSettings(args.text("otlp"), secrets);
  if (!read.ok) return wrong(read.message, read.help);
  const { settings, notes } = read;
  return ok({
    to: settings === null ? null : `${new URL(settings.url).origin}${new URL(settings.url).pathname}`,
    settings,
    notes,
    open: async (say) => (settings === null ? null : openTraces({ settings, secrets, clock: systemPorts(secrets).clock, version: version(), say })),
  });
}
