// Structured logs: one JSON line per request at its end, one for each provider that failed it, and one for each swap. Ids,
// names of the policy and numbers only: no word of a prompt, an answer, a header or an upstream's error. Who asked, but for the
// id of the key, and why it went that way stands in the receipt, which every line names.
//
// One name has one type and one unit on every line, as those who index them need it: `ms` is how long what the line tells of took.
import type { Logger } from "pino";
import type { Ended, EndsWatch } from "./watch.ts";

export const LOG_LEVELS = ["info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type Log = { readonly watch: EndsWatch; /** The same, each line with the number of one of several workers. */ watchOf(worker: number): EndsWatch; say(level: Exclude<LogLevel, "silent">, message: string, about?: LogFields): void };
/** What a line is about, beside its words. */
export type LogFields = { readonly [field: string]: string | number };

/** One line of what happens to the gateway itself; `about` is for logs that machines read. */
export type Say = (level: "info" | "warn", text: string, about?: LogFields) => void;

/** `write` gets whole lines. The library is loaded here: whoever logs otherwise does without it. */
export async function openLog({ level, write }: { readonly level: LogLevel; readonly write: (line: string) => void }): Promise<Log> {
  const { pino } = await import("pino");
  const log = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } }, { write });
  return { say: (at, message, about) => (about === undefined ? log[at](message) : log[at](about, message)), watch: watchOn(log), watchOf: (worker) => watchOn(log.child({ worker })) };
}

function watchOn(log: Pick<Logger, "info" | "warn" | "error">): EndsWatch {
  return {
    ended(receipt, written) {
      const ids = { request_id: receipt.request_id, receipt_id: receipt.id };
      for (const failed of receipt.attempts.filter(isFailure)) {
        const { n, target, provider, outcome, http_status } = failed;
        log.warn({ ...ids, attempt: n, target, provider, outcome, http_status, ms: failed.ms.end }, "provider failed");
      }
      if (!written) log.error(ids, "receipt not written");
      const bad = receipt.status === "failed" || receipt.status === "truncated";
      log[bad ? "warn" : "info"]({ ...ids, ...endOf(receipt, written) }, "request");
    },
    unread: ({ requestId, surface, status, code }) => log.info({ request_id: requestId, surface, http_status: status, code }, "request not read"),
    swap: ({ result, active, previous }) => log[result === "swapped" ? "info" : "warn"]({ active, previous }, result === "swapped" ? "bundle swapped" : "bundle refused"),
  };
}

function isFailure({ outcome }: Ended["attempts"][number]): boolean {
  return outcome !== "ok" && outcome !== "ended_by_rule" && outcome !== "cancelled" && outcome !== "not_started";
}

function endOf(receipt: Ended, written: boolean): object {
  const { model, surface, stream, status, error, selected, attempts, triggers, tokens, cost, ms, bundle, caller } = receipt;
  return {
    model: model.name, surface, stream, key: caller.key?.source === "trusted_auth" ? caller.key.value : null, status, code: error?.code ?? null, http_status: error?.http_status ?? 200, selected,
    attempts: attempts.length, rules: [...new Set(triggers.map((one) => one.rule))], tokens, cost_microdollars: cost, first_byte_ms: ms.first_byte, ms: ms.total, receipt_written: written, bundle,
  };
}
