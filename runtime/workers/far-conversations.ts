// A worker's end of what is remembered: a client that goes on with its conversation may come to any worker, so an answer
// is kept by the primary before its client has the end of it.
import type { Conversations } from "../conversations/index.ts";
import type { Line } from "./line.ts";
import type { WorkerAsk, WorkerTell } from "./messages.ts";

export function farConversations(line: Line<WorkerAsk, WorkerTell>): Conversations {
  return {
    recall: (owner, wanted) => line.ask({ kind: "recall", owner, wanted }),
    keep: (owner, turn) => line.ask({ kind: "keep", owner, turn }) as Promise<unknown> as Promise<void>,
    /** What other workers were told is still wanted: the primary forgets it at its own end. */
    close: () => Promise.resolve(),
  };
}
