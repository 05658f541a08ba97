// A worker's end of the receipt store: the receipts are on the primary's disk when an append resolves.
import type { Receipt } from "#contracts";
import { StoreError, type ReceiptStore } from "../receipt/store.ts";
import type { Line } from "./line.ts";
import type { Note, WorkerAsk, WorkerTell } from "./messages.ts";

/** Receipts that may be on their way. More of them only wait where the primary cannot keep up, and then for nothing. */
export const MOST_WAITING = 10_000;

export function farStore(line: Line<WorkerAsk, WorkerTell>): ReceiptStore {
  let waiting = 0;
  const arrived = (): void => void (waiting -= 1);
  return {
    append(receipt) {
      if (waiting >= MOST_WAITING) {
        line.tell({ kind: "lost", count: 1 });
        return Promise.reject(new StoreError("not_written", `${MOST_WAITING} receipts wait to be written already`));
      }
      waiting += 1;
      const written: Promise<unknown> = line.ask({ kind: "append", note: noteOf(receipt), text: JSON.stringify(receipt) });
      written.then(arrived, arrived);
      return written as Promise<void>;
    },
    get: (id) => line.ask({ kind: "get", id }),
    list: (query) => line.ask({ kind: "list", query }),
    /** The primary closes it, after the last worker. */
    close: () => Promise.resolve(),
  };
}

function noteOf(receipt: Receipt): Note {
  const { id, request_id, bundle, model, surface, stream, status, error, selected, tokens, cost, ms, rollout, caller } = receipt;
  const { key, session, run } = caller;
  return {
    id, request_id, bundle, surface, stream, status, error, selected, tokens, cost, ms,
    model: { id: model.id, name: model.name },
    caller: { ...(key === undefined ? {} : { key }), ...(session === undefined ? {} : { session }), ...(run === undefined ? {} : { run }) },
    attempts: receipt.attempts.map((one) => ({
      n: one.n, target: one.target, provider: one.provider, outcome: one.outcome, http_status: one.http_status, cost: one.cost,
      ms: { first_token: one.ms.first_token, end: one.ms.end },
      tokens: { input: one.tokens.input, output: one.tokens.output },
    })),
    triggers: receipt.triggers.map(({ rule, action, mode }) => ({ rule, action, mode })),
    ...(rollout === undefined ? {} : { rollout: { canary: rollout.canary && { taken: rollout.canary.taken }, shadow: rollout.shadow && { same: rollout.shadow.same } } }),
  };
}
