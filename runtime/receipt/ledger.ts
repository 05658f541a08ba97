// Writes down what happens to one request while it happens, and makes its receipt of it at the end.
// INVARIANT (one receipt): a ledger is closed once; closing it again is our own bug and is thrown.
import {
  RECEIPT_SCHEMA, type CallerValue, type Decision, type Model, type Receipt, type ReceiptAttempt, type ReceiptTrigger, type RequestFacts, type Rollout, type Target,
} from "#contracts";
import type { Measured } from "../attempt/index.ts";
import type { Trail } from "../operation/trail.ts";
import type { Clock } from "../ports.ts";

/** What is known of a request when its model is. */
export type Opening = {
  readonly id: string;
  readonly requestId: string;
  readonly bundle: string;
  readonly model: Model;
  readonly requested: string;
  readonly surface: Receipt["surface"];
  readonly stream: boolean;
  readonly caller: Readonly<Record<string, CallerValue>>;
  readonly request: RequestFacts;
  /** Names of the facts the policy declares. */
  readonly declared: readonly string[];
  readonly decision: Decision;
  /** The request's body, where the model captures content. */
  readonly content: Content | null;
  /** Null where one bundle is served alone. */
  readonly rollout: Rollout | null;
  /** Null where nobody traces. */
  readonly trail: Trail | null;
};

type Content = NonNullable<Receipt["content"]>["request"];

export type AttemptEntry = {
  readonly target: Target;
  readonly because: string | null;
  readonly outcome: ReceiptAttempt["outcome"];
  /** Null where it was not started. */
  readonly measured: Measured | null;
  readonly bytes: ReceiptAttempt["bytes"];
  /** Tokens of the prompt as the gateway estimates them, for a provider that does not count. */
  readonly promptEstimate: number;
  /** Tools that the provider was not told of. */
  readonly leftOut?: readonly string[];
};

export type End = {
  readonly status: Receipt["status"];
  readonly error: Receipt["error"];
  /** What the client has of each choice, where the model captures content. */
  readonly released: readonly string[];
};

/** Tokens of the attempts that gave the client its answer; `spliced` where they were several. */
export type Totals = { readonly input: number; readonly output: number; readonly spliced: boolean };

export type Ledger = {
  readonly id: string;
  readonly trail: Trail | null;
  /** Attempts written down so far, those that were not started included. */
  readonly attempts: number;
  /** Microdollars spent so far; attempts on targets without a price count nothing. */
  readonly spent: number;
  readonly totals: Totals;
  /** Tokens of all attempts so far, in and out. */
  readonly tokens: number;
  attempt(entry: AttemptEntry): void;
  trigger(trigger: ReceiptTrigger): void;
  firstByte(): void;
  /** The attempt's target gave the client text. */
  selected(target: Target): void;
  close(end: End): Receipt;
};

export function openLedger(clock: Clock, opening: Opening): Ledger {
  const began = clock.elapsed();
  const created = new Date(clock.now()).toISOString();
  const attempts: ReceiptAttempt[] = [];
  const triggers: ReceiptTrigger[] = [];
  let firstByte: number | null = null;
  let selected: string | null = null;
  let closed = false;
  /** Some attempt gave the client something. */
  let gave = false;

  // Counted as it grows: an object with accessors of its own costs ten times as much to make, and more to clear away.
  const ledger: Growing = {
    id: opening.id,
    trail: opening.trail,
    attempts: 0,
    spent: 0,
    tokens: 0,
    totals: { input: 0, output: 0, spliced: false },
    attempt(entry) {
      const one = attemptOf(entry, { n: attempts.length + 1, started: (entry.measured?.from ?? clock.elapsed()) - began });
      attempts.push(one);
      opening.trail?.said.push(entry.measured?.said ?? null);
      ledger.attempts = attempts.length;
      ledger.spent += one.cost ?? 0;
      ledger.tokens += one.tokens.input + one.tokens.output;
      if (one.bytes.released === 0 && one.outcome !== "ok") return;
      const { input, output } = ledger.totals;
      ledger.totals = { input: input + one.tokens.input, output: output + one.tokens.output, spliced: gave };
      gave = true;
    },
    trigger(trigger) {
      triggers.push(trigger);
      opening.trail?.triggered.push(clock.elapsed() - began);
    },
    firstByte() {
      firstByte ??= clock.elapsed() - began;
    },
    selected(target) {
      selected = target.id;
    },
    close({ status, error, released }) {
      if (closed) throw new Error(`the receipt ${opening.id} was closed twice`);
      closed = true;
      const { model } = opening;
      return {
        schema: RECEIPT_SCHEMA,
        id: opening.id,
        request_id: opening.requestId,
        created,
        bundle: opening.bundle,
        model: { id: model.id, name: model.name, requested: opening.requested },
        surface: opening.surface,
        stream: opening.stream,
        simulated: false,
        caller: opening.caller,
        request: opening.request,
        declared: opening.declared,
        decision: opening.decision,
        attempts,
        triggers,
        alerts: [],
        status,
        error,
        selected,
        tokens: { input: sum(attempts, (one) => one.tokens.input), output: sum(attempts, (one) => one.tokens.output) },
        cost: attempts.some((one) => one.cost === null && one.outcome !== "not_started") ? null : sum(attempts, (one) => one.cost ?? 0),
        ms: { first_byte: firstByte === null ? null : milliseconds(firstByte), total: milliseconds(clock.elapsed() - began) },
        content: opening.content === null ? null : { request: opening.content, released: [...released] },
        ...(opening.rollout === null ? {} : { rollout: opening.rollout }),
      };
    },
  };
  return ledger;
}

type Growing = { -readonly [Member in keyof Ledger]: Ledger[Member] };

/** Microdollars, rounded up: a bound that is checked against a limit may not be short by a fraction. */
export function costOf(target: Target, tokens: { readonly input: number; readonly output: number }): number | null {
  if (target.price === null) return null;
  return Math.ceil((tokens.input * target.price.input + tokens.output * target.price.output) / 1_000_000);
}

/** Text of languages with the fewest bytes a token; only for providers that do not count themselves. */
const BYTES_PER_TOKEN = 3;

function attemptOf({ target, because, outcome, measured, bytes, promptEstimate, leftOut }: AttemptEntry, { n, started }: { readonly n: number; readonly started: number }): ReceiptAttempt {
  const tokens = tokensOf(measured, bytes.received, promptEstimate);
  return {
    n,
    target: target.id,
    provider: target.provider,
    because,
    upstream: { model: target.model, request_id: measured?.requestId ?? null },
    outcome,
    http_status: measured?.status ?? null,
    ms: {
      started: milliseconds(started),
      headers: milliseconds(measured?.ms.headers ?? null),
      first_token: milliseconds(measured?.ms.first_token ?? null),
      end: milliseconds(measured?.ms.end ?? 0),
    },
    tokens,
    cost: costOf(target, tokens),
    bytes,
    ...(leftOut === undefined ? {} : { left_out: leftOut }),
  };
}

/** A call that no model answered cost nothing; one that was cut off before the provider had counted is estimated. */
function tokensOf(measured: Measured | null, received: number, prompt: number): ReceiptAttempt["tokens"] {
  if (measured?.usage) return { ...measured.usage, source: "provider" };
  const answered = measured?.status !== null && measured?.status !== undefined && measured.status < 300;
  return answered ? { input: prompt, output: Math.ceil(received / BYTES_PER_TOKEN), source: "estimate" } : { input: 0, output: 0, source: "estimate" };
}

function milliseconds(value: number): number;
function milliseconds(value: number | null): number | null;
function milliseconds(value: number | null): number | null {
  return value === null ? null : Math.round(Math.max(value, 0) * 1000) / 1000;
}

function sum<T>(list: readonly T[], of: (one: T) => number): number {
  return list.reduce((total, one) => total + of(one), 0);
}
