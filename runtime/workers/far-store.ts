// A worker's end of the receipt store: the receipts are on the primary's disk when an append resolves.
import { StoreError, type ReceiptStore } from "../receipt/store.ts";
import type { Line } from "./line.ts";
import type { WorkerAsk, WorkerTell } from "./messages.ts";

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
      const written: Promise<unknown> = line.ask({ kind: "append", receipt });
      written.then(arrived, arrived);
      return written as Promise<void>;
    },
    get: (id) => line.ask({ kind: "get", id }),
    list: (query) => line.ask({ kind: "list", query }),
    /** The primary closes it, after the last worker. */
    close: () => Promise.resolve(),
  };
}
