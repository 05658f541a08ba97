// What a running gateway tells on standard error: lines for people, or JSON lines for machines.
import { LOG_LEVELS, openLog, type LogFields, type LogLevel, type Ended, type EndsWatch } from "#runtime";
import type { Io } from "./io.ts";
import { plural } from "./quantity.ts";
import type { Arguments, Flag } from "./verb.ts";

export const LOG: Flag = { value: "FORMAT", choices: ["text", "json"], about: "how to tell of requests on standard error (text)" };
export const LOG_LEVEL: Flag = { value: "LEVEL", choices: LOG_LEVELS, about: "the least to tell: info (the default) every request, warn only those that failed" };

/** `url` is known once the gateway listens, and asked for with each line. */
export type ServeLog = { readonly watch: EndsWatch; /** Of one of several workers. */ watchOf(worker: number): EndsWatch; say(level: "info" | "warn", text: string, about?: LogFields): void; /** For machines alone: people have read it in what the command printed. */ serving(what: LogFields): void };

export function serveLog(args: Arguments, io: Io, url: () => string): Promise<ServeLog> {
  const level = (args.text("log-level") ?? "info") as LogLevel;
  return args.text("log") === "json" ? jsonLog(level, io) : Promise.resolve(textLog(level, io, url));
}

/** Texts of several lines, such as a policy's mistakes, are one message here. */
async function jsonLog(level: LogLevel, io: Io): Promise<ServeLog> {
  const log = await openLog({ level, write: (line) => io.err(line) });
  return { watch: log.watch, watchOf: log.watchOf, say: (at, text, about) => (text.trim() === "" ? undefined : log.say(at, text.trim(), about)), serving: (what) => log.say("info", "serving", what) };
}

function textLog(level: LogLevel, io: Io, url: () => string): ServeLog {
  const tells = (at: LogLevel): boolean => LOG_LEVELS.indexOf(at) >= LOG_LEVELS.indexOf(level);
  const watch: EndsWatch = {
    ended(receipt, written) {
      if (!written && tells("error")) io.err(`${receipt.model.name}: ${receipt.status}, and its receipt could not be written\n`);
      else if (written && tells(receipt.status === "failed" || receipt.status === "truncated" ? "warn" : "info")) io.err(`${receiptLine(receipt, url())}\n`);
    },
    unread() {},
    // Whoever asked for it is told in its own words.
    swap() {},
  };
  return {
    watch,
    watchOf: () => watch,
    serving() {},
    say(at, text) {
      if (tells(at)) io.err(text);
    },
  };
}

function receiptLine(receipt: Ended, url: string): string {
  const attempts = plural(receipt.attempts.length, "attempt");
  const fired = receipt.triggers.map((trigger) => `${trigger.rule} ${trigger.action}${trigger.mode === "shadow" ? " (shadow)" : ""}`);
  return [`${receipt.model.name}: ${receipt.status}`, attempts, ...fired, `${url}/v1/receipts/${receipt.id}`].join(", ");
}
