// One request on its way: what was decided about it, and what works for it.
import type { Model, RequestFacts } from "#contracts";
import type { Allowance, Callers } from "../callers/index.ts";
import type { StartAttempt, Upstream } from "../attempt/index.ts";
import type { Loaded } from "../load.ts";
import type { Watch } from "../operation/watch.ts";
import type { DrawKeys, Facts, Plan } from "../plan/index.ts";
import type { Chance, Clock } from "../ports.ts";
import type { Ledger } from "../receipt/ledger.ts";
import type { ReceiptStore } from "../receipt/store.ts";
import type { Answer, MatchersOf } from "./answer/answer.ts";
import type { Memory } from "./surfaces/history.ts";
import type { Interrupt } from "./interrupt.ts";
import type { RuleSet } from "./answer/rule-set.ts";
import type { Asked, Surface } from "./surface.ts";

/** What every request of one gateway shares. */
export type World = {
  readonly loaded: Loaded;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly store: ReceiptStore;
  readonly startAttempt: StartAttempt;
  readonly matchersOf: MatchersOf;
  readonly durability: "strict" | "relaxed";
  readonly onStoreFailure: "refuse" | "degrade";
  readonly health: Health;
  readonly watch: Watch;
  /** Somebody makes spans of requests, so what only they need is kept. */
  readonly traced: boolean;
  /** Null where no API keys are configured. */
  readonly callers: Callers | null;
  /** Null where no conversations are kept. */
  readonly memory: Memory | null;
  /** What is under way: requests, and receipts that are still being written. */
  readonly work: Set<Promise<unknown>>;
};

/** Whether receipts are being written, for `/readyz`. */
export type Health = { storeFailing: boolean };

export type Job = {
  readonly world: World;
  readonly surface: Surface;
  readonly asked: Asked;
  readonly requestId: string;
  readonly model: Model;
  readonly request: RequestFacts;
  readonly facts: Facts;
  readonly keys: DrawKeys;
  readonly plan: Plan;
  /** Those whose condition holds. */
  readonly rules: RuleSet;
  readonly answer: Answer;
  readonly ledger: Ledger;
  /** What its API key leaves it; null without keys. */
  readonly allowance: Allowance | null;
  readonly interrupt: Interrupt;
  readonly flow: Flow;
  /** Milliseconds of `clock.elapsed` at which the wall limit is reached. */
  readonly deadline: number;
};

/** The upstream that is being read, paused while the client reads slower. */
export type Flow = {
  reading(upstream: Upstream | null): void;
  full(): void;
  drained(): void;
};

export function createFlow(): Flow {
  let current: Upstream | null = null;
  let isFull = false;
  return {
    reading(upstream) {
      current = upstream;
      if (isFull) current?.pause();
    },
    full() {
      isFull = true;
      current?.pause();
    },
    drained() {
      isFull = false;
      current?.resume();
    },
  };
}
