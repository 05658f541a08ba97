// Everything that workers and their primary say to each other, as plain JSON. An ask has an answer, a tell has none.
// What arrives is checked in shape before anything is done with it: the other end may be of another version of ours,
// if the package was changed on the disk while its gateway ran.
import type { KeysFile, Receipt } from "#contracts";
import type { Recalled, Turn, Wanted } from "../conversations/index.ts";
import type { Bound } from "../callers/index.ts";
import type { Swapped } from "../gateway/bundles.ts";
import type { Problem } from "../load.ts";
import type { NotServing, ServeOptions } from "../main.ts";
import type { TraceSettings } from "../operation/trace-settings.ts";
import type { SpanCounts } from "../operation/traces.ts";
import type { Vitals } from "../operation/vitals.ts";
import type { Ended, Swap, Unread } from "../operation/watch.ts";
import type { Found, ReceiptPage, ReceiptQuery, StoreProblem } from "../receipt/store.ts";

export type WorkerAsk =
  /** `text` is the receipt; `note`, what is to be known of it without reading it. */
  | { readonly kind: "append"; readonly note: Note; readonly text: string }
  | { readonly kind: "get"; readonly id: string }
  | { readonly kind: "list"; readonly query: ReceiptQuery }
  | { readonly kind: "take"; readonly charges: FarCharges; readonly now: number }
  | { readonly kind: "recall"; readonly owner: string; readonly wanted: Wanted }
  | { readonly kind: "keep"; readonly owner: string; readonly turn: Turn }
  | { readonly kind: "metrics" }
  | { readonly kind: "swap"; readonly bundle: string }
  | { readonly kind: "rollback" };

export type WorkerTell =
  /** What stands as `n` in charges from now on. */
  | { readonly kind: "bound"; readonly n: number; readonly bound: FarBound }
  | { readonly kind: "correct"; readonly charges: FarCharges; readonly then: number; readonly now: number }
  /** Wants a place with a provider: `place` is the worker's name for it, and `patience` how many milliseconds it waits. */
  | { readonly kind: "enter"; readonly place: number; readonly bundle: string; readonly provider: string; readonly places: number; readonly patience: number }
  | { readonly kind: "leave"; readonly place: number }
  | { readonly kind: "unread"; readonly request: FarUnread }
  | { readonly kind: "refused"; readonly swap: Swap }
  | { readonly kind: "say"; readonly level: "info" | "warn"; readonly text: string }
  /** Receipts that were not even handed over. */
  | { readonly kind: "lost"; readonly count: number };

/** Null is without end, which JSON cannot say. */
export type FarBound = Omit<Bound, "most"> & { readonly most: number | null };
/** A bound and an amount, and the next: a request has ten of them, twice. */
export type FarCharges = readonly (number | null)[];
export type FarLeft = { readonly bound: number; readonly left: number; readonly reset: number };
/** Each `bound` is the place of its charge among those that were asked for. */
export type FarTaken = { readonly ok: true; readonly left: readonly FarLeft[] } | { readonly ok: false; readonly left: readonly FarLeft[]; readonly bound: number; readonly wait: number };

/** What the primary counts, tells and finds a receipt by. */
export type Note = Ended & Found;

export type FarUnread = Pick<Unread, "requestId" | "surface" | "status" | "code">;

export type PrimaryAsk =
  | { readonly kind: "start"; readonly setup: Setup }
  | { readonly kind: "keys"; readonly file: KeysFile }
  /** The two halves of a swap, and the way out between them. */
  | { readonly kind: "prepare"; readonly bundle: string }
  | { readonly kind: "commit" }
  | { readonly kind: "abandon" }
  | { readonly kind: "state" }
  | { readonly kind: "close" };

export type PrimaryTell =
  | { readonly kind: "admitted"; readonly place: number }
  | { readonly kind: "gave up"; readonly place: number }
  | { readonly kind: "health"; readonly storeFailing: boolean };

export type Answers = {
  readonly append: null;
  readonly get: Receipt | null;
  readonly list: ReceiptPage;
  readonly take: FarTaken;
  readonly recall: Recalled;
  readonly keep: null;
  readonly metrics: string;
  readonly swap: Swapped;
  readonly rollback: Swapped;
  readonly start: Started;
  readonly keys: null;
  /** What is wrong with it on this worker. */
  readonly prepare: readonly Problem[];
  readonly commit: null;
  readonly abandon: null;
  readonly state: State;
  readonly close: null;
};

export type State = { readonly inFlight: number; /** Null where nobody traces. */ readonly spans: SpanCounts | null; readonly vitals: Vitals };

/** What every worker is given as the primary was. */
export const PLAIN = ["host", "port", "durability", "onStoreFailure", "cors", "maxBody", "version", "drain", "slow", "patience"] as const satisfies readonly (keyof ServeOptions)[];
export type PlainOptions = Pick<ServeOptions, (typeof PLAIN)[number]>;

/** What a worker serves, and how. Bundles are their whole text, whose seal each worker checks. */
export type Setup = {
  readonly bundle: string;
  readonly previous: string | null;
  readonly canary: { readonly bundle: string; readonly percent: number } | null;
  readonly shadow: string | null;
  readonly keys: KeysFile | null;
  readonly options: PlainOptions;
  readonly conversations: boolean;
  /** Each worker sends its own spans. */
  readonly tracing: TraceSettings | null;
  readonly storeFailing: boolean;
  /** When the gateway was: what says so is the same on all of them. */
  readonly started: number;
  /** What sessions of conversations that nobody named are made with. */
  readonly secret: string;
};

export type Started = { readonly kind: "started"; readonly port: number } | NotServing;

/** A failure that is an answer; `problem` is null where it was a bug. */
export type Failed = { readonly problem: StoreProblem | null; readonly message: string; readonly help: string | null };

export type Frame =
  | { readonly is: "ask"; readonly n: number; readonly says: { readonly kind: string } }
  | { readonly is: "tell"; readonly says: { readonly kind: string } }
  | { readonly is: "answer"; readonly n: number; readonly value: unknown }
  | { readonly is: "failed"; readonly n: number; readonly failed: Failed };

/** What may come from the other side, by its kind: each field and what it must be. */
export type Shapes = { readonly [kind: string]: { readonly [field: string]: Shape } };
type Shape = (value: unknown) => boolean;

const text: Shape = (value) => typeof value === "string";
/** It is written as it is, among lines. */
const line: Shape = (value) => typeof value === "string" && value.startsWith("{") && !value.includes("\n");
const number: Shape = (value) => typeof value === "number";
const flag: Shape = (value) => typeof value === "boolean";
const list: Shape = (value) => Array.isArray(value);
const object: Shape = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

export const FROM_WORKER: { readonly asks: Shapes; readonly tells: Shapes } = {
  asks: {
    append: { note: (value) => object(value) && text((value as { readonly id?: unknown }).id), text: line },
    get: { id: text },
    list: { query: object },
    take: { charges: list, now: number },
    recall: { owner: text, wanted: object },
    keep: { owner: text, turn: object },
    metrics: {},
    swap: { bundle: text },
    rollback: {},
  } satisfies { readonly [Kind in WorkerAsk["kind"]]: Shapes[string] },
  tells: {
    bound: { n: number, bound: object },
    correct: { charges: list, then: number, now: number },
    enter: { place: number, bundle: text, provider: text, places: number, patience: number },
    leave: { place: number },
    unread: { request: object },
    refused: { swap: object },
    say: { level: text, text },
    lost: { count: number },
  } satisfies { readonly [Kind in WorkerTell["kind"]]: Shapes[string] },
};

export const FROM_PRIMARY: { readonly asks: Shapes; readonly tells: Shapes } = {
  asks: {
    start: { setup: (value) => object(value) && text((value as { readonly bundle?: unknown }).bundle) },
    keys: { file: object },
    prepare: { bundle: text },
    commit: {},
    abandon: {},
    state: {},
    close: {},
  } satisfies { readonly [Kind in PrimaryAsk["kind"]]: Shapes[string] },
  tells: { admitted: { place: number }, "gave up": { place: number }, health: { storeFailing: flag } } satisfies { readonly [Kind in PrimaryTell["kind"]]: Shapes[string] },
};

const ANSWERS: { readonly [Kind in keyof Answers]: Shape } = {
  append: isNull,
  get: (value) => value === null || object(value),
  list: (value) => object(value) && list((value as { readonly receipts?: unknown }).receipts),
  take: (value) => object(value) && list((value as { readonly left?: unknown }).left),
  recall: tagged,
  keep: isNull,
  metrics: text,
  swap: tagged,
  rollback: tagged,
  start: tagged,
  keys: isNull,
  prepare: list,
  commit: isNull,
  abandon: isNull,
  state: (value) => object(value) && number((value as { readonly inFlight?: unknown }).inFlight),
  close: isNull,
};

/** Null where it is none of ours. */
export function readFrames(value: unknown, from: { readonly asks: Shapes; readonly tells: Shapes }): readonly Frame[] | null {
  if (!Array.isArray(value)) return null;
  return value.every((one) => isFrame(one, from)) ? (value as readonly Frame[]) : null;
}

export function isAnswerTo(kind: string, value: unknown): boolean {
  return Object.hasOwn(ANSWERS, kind) && ANSWERS[kind as keyof Answers](value);
}

function isFrame(value: unknown, { asks, tells }: { readonly asks: Shapes; readonly tells: Shapes }): boolean {
  if (!object(value)) return false;
  const frame = value as { readonly [field: string]: unknown };
  switch (frame["is"]) {
    case "ask":
      return number(frame["n"]) && has(asks, frame["says"]);
    case "tell":
      return has(tells, frame["says"]);
    case "answer":
      return number(frame["n"]) && "value" in frame;
    case "failed":
      return number(frame["n"]) && object(frame["failed"]) && text((frame["failed"] as { readonly message?: unknown }).message);
    default:
      return false;
  }
}

function has(shapes: Shapes, value: unknown): boolean {
  if (!tagged(value)) return false;
  const said = value as { readonly kind: string; readonly [field: string]: unknown };
  const shape = Object.hasOwn(shapes, said.kind) ? shapes[said.kind]! : null;
  return shape !== null && Object.entries(shape).every(([field, fits]) => fits(said[field]));
}

function tagged(value: unknown): boolean {
  return object(value) && text((value as { readonly kind?: unknown }).kind);
}

function isNull(value: unknown): boolean {
  return value === null;
}
