// Where `ward serve` sends its traces, if anybody asked for them.
import { openTraces, readTraceSettings, systemPorts, type Traces } from "#runtime";
import { ok, wrong, type Io, type Result } from "./io.ts";
import type { ServeLog } from "./serve-log.ts";
import type { Arguments, Flag } from "./verb.ts";
import { version } from "./version.ts";

export const OTLP: Flag = { value: "URL", about: "send OpenTelemetry traces to this collector, as http://127.0.0.1:4318 (OTEL_EXPORTER_OTLP_ENDPOINT; none)" };

/** `to` is fit to be shown: an address may have a token behind its `?`. `open` loads the libraries, where there is anything to trace. */
export type Tracing = { readonly to: string | null; open(say: ServeLog["say"]): Promise<{ readonly traces?: Traces }> };

/** What is wrong is known before anything is opened. */
export function tracingOf(args: Arguments, io: Io): Result<Tracing> {
  const secrets = (variable: string): string | undefined => io.env[variable];
  const read = readTraceSettings(args.text("otlp"), secrets);
  if (!read.ok) return wrong(read.message, read.help);
  const { settings, notes } = read;
  return ok({
    to: settings === null ? null : `${new URL(settings.url).origin}${new URL(settings.url).pathname}`,
    async open(say) {
      for (const note of notes) say("warn", `${note}\n`);
      return settings === null ? {} : { traces: await openTraces({ settings, secrets, clock: systemPorts(secrets).clock, version: version(), say }) };
    },
  });
}
