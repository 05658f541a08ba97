// What workers ask of the primary, answered from what it alone has. True of every receipt: it is on the disk before its
// worker hears so, and it is counted and told of here, so that a worker that dies takes no count along.
import { createNearCharges, farTaken, type NearCharges } from "./far-meters.ts";
import type { Steering } from "../gateway/bundles.ts";
import type { Conversations } from "../conversations/index.ts";
import type { Meters } from "../callers/index.ts";
import { load } from "../load.ts";
import type { Metrics } from "../operation/metrics.ts";
import type { Say } from "../operation/log.ts";
import { watchAll, type EndsWatch } from "../operation/watch.ts";
import type { OwnStore } from "../receipt/store.ts";
import type { PrimaryTell, WorkerAsk, WorkerTell } from "./messages.ts";
import type { Places } from "./places.ts";

export type Desk = {
  answer(worker: number, ask: WorkerAsk): Promise<unknown>;
  hear(worker: number, tell: WorkerTell): void;
  /** Answers whether budgets may go on counting what it had under way. */
  gone(worker: number): boolean;
};

export type DeskOptions = {
  readonly store: OwnStore;
  readonly meters: Meters;
  readonly places: Places;
  /** Null where none are kept. */
  readonly conversations: Conversations | null;
  readonly metrics: Metrics;
  readonly steering: Steering;
  /** Metrics as they are now, over all workers. */
  readonly metricsText: () => Promise<string>;
  readonly watchOf: (worker: number) => EndsWatch;
  readonly tell: (worker: number, tell: PrimaryTell) => void;
  /** Whether receipts are being written, whenever one was or was not. */
  readonly written: (isWritten: boolean) => void;
  readonly say: Say;
};

export function createDesk({ store, meters, places, conversations, metrics, metricsText, steering, watchOf, tell, written, say }: DeskOptions): Desk {
  const watches = new Map<number, EndsWatch>();
  const charges = new Map<number, NearCharges>();

  return {
    async answer(worker, ask) {
      switch (ask.kind) {
        case "append":
          return append(worker, ask);
        case "get":
          return store.get(ask.id);
        case "list":
          return store.list(ask.query);
        case "take": {
          const asked = chargesOf(worker).read(ask.charges);
          return farTaken(await meters.take(asked, ask.now), asked);
        }
        case "recall":
          return kept().recall(ask.owner, ask.wanted);
        case "keep":
          await kept().keep(ask.owner, ask.turn);
          return null;
        case "metrics":
          return metricsText();
        case "swap": {
          const result = load(ask.bundle);
          return result.ok ? steering.swap(result.loaded) : { kind: "refused", problems: [result.problem] };
        }
        case "rollback":
          return steering.rollback();
        default:
          return ask satisfies never;
      }
    },
    hear(worker, said) {
      switch (said.kind) {
        case "bound":
          return chargesOf(worker).introduce(said.n, said.bound);
        case "correct":
          return void meters.correct(chargesOf(worker).read(said.charges), said.then, said.now);
        case "enter":
          return places.enter(worker, said, { admitted: () => tell(worker, { kind: "admitted", place: said.place }), gaveUp: () => tell(worker, { kind: "gave up", place: said.place }) });
        case "leave":
          return places.leave(worker, said.place);
        case "unread":
          return watchOn(worker).unread({ ...said.request, trail: null });
        case "refused":
          return watchOn(worker).swap(said.swap);
        case "say":
          return say(said.level, said.text, { worker });
        case "lost":
          metrics.lost(said.count);
          return say("warn", `worker ${worker}: ${said.count === 1 ? "a receipt is" : `${said.count} receipts are`} given up, more wait to be written than there is room for\n`, { worker });
        default:
          return said satisfies never;
      }
    },
    gone(worker) {
      places.gone(worker);
      watches.delete(worker);
      const hadBudget = charges.get(worker)?.hasBudget ?? false;
      charges.delete(worker);
      return hadBudget;
    },
  };

  function kept(): Conversations {
    if (conversations === null) throw new Error("a conversation is asked for where none is kept");
    return conversations;
  }

  async function append(worker: number, { note, text }: Extract<WorkerAsk, { readonly kind: "append" }>): Promise<null> {
    const watch = watchOn(worker);
    try {
      await store.appendText(note, text);
    } catch (why) {
      written(false);
      watch.ended(note, false, null);
      throw why;
    }
    written(true);
    // After its worker was told, which is what a client waits for.
    setImmediate(() => watch.ended(note, true, null));
    return null;
  }

  function chargesOf(worker: number): NearCharges {
    let known = charges.get(worker);
    if (known === undefined) charges.set(worker, (known = createNearCharges()));
    return known;
  }

  function watchOn(worker: number): EndsWatch {
    let watch = watches.get(worker);
    if (watch === undefined) watches.set(worker, (watch = watchAll([metrics.watch, watchOf(worker)])));
    return watch;
  }
}
