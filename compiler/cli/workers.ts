// `--workers N|auto`: the gateway on more cores. What serves with several processes is loaded only where it is asked for.
import { availableParallelism } from "node:os";
import { DEFAULT_HOST, DEFAULT_PORT, serve, type OwnStore, type Running, type ServeOptions, type ServeResult } from "#runtime";
import { ok, wrong, type Result } from "./io.ts";
import type { ServeLog } from "./serve-log.ts";
import type { Tracing } from "./traces.ts";
import type { Arguments, Flag } from "./verb.ts";

export const WORKERS: Flag = { value: "N|auto", about: "processes that serve, auto: one a core, but one core for what they share; limits and budgets hold over all of them (1)" };

const MOST = 128;

export function workersOf(args: Pick<Arguments, "text">, cores = availableParallelism()): Result<number> {
  const text = args.text("workers") ?? "1";
  // On two cores one process is faster than two and their primary (`npm run bench workers`).
  if (text === "auto") return ok(Math.min(MOST, Math.max(1, cores - 1)));
  return /^[1-9]\d{0,2}$/.test(text) && Number(text) <= MOST ? ok(Number(text)) : wrong(`\`--workers\` cannot be \`${text}\``, `it is a whole number from 1 to ${MOST}, or \`auto\``);
}

export type Served = Exclude<ServeResult, { readonly kind: "serving" }> | { readonly kind: "serving"; readonly serving: Running };

export type Way = { readonly count: number; readonly tracing: Tracing; readonly log: ServeLog };

export async function serveOn({ count, tracing, log }: Way, options: Omit<ServeOptions, "watch" | "traces" | "elsewhere" | "store"> & { readonly store: OwnStore }): Promise<Served> {
  for (const note of tracing.notes) log.say("warn", `${note}\n`);
  if (count > 1) {
    const { serveWorkers } = await import("#runtime/workers");
    const { host = DEFAULT_HOST, port = DEFAULT_PORT } = options;
    return serveWorkers({ ...options, host, port, count, tracing: tracing.settings, watch: log.watch, watchOf: log.watchOf, say: log.say });
  }
  const traces = await tracing.open(log.say);
  const result = await serve({ ...options, watch: log.watch, ...(traces === null ? {} : { traces }) });
  if (result.kind !== "serving") await traces?.close();
  return result;
}
