// A worker's end of the meters: one count for all workers, so that limits hold over all of them. JSON has no infinity, so
// null stands for it; a bound is named by its place among the charges, and does not come back.
//
// What a dead worker's requests had reserved stays used until its period is over, or the gateway starts again and counts
// receipts: nobody knows what they really cost.
import type { Bound, Charge, Meters, Taken } from "../callers/index.ts";
import type { Line } from "./line.ts";
import type { FarCharge, FarTaken, WorkerAsk, WorkerTell } from "./messages.ts";

export function farMeters(line: Line<WorkerAsk, WorkerTell>): Meters {
  return {
    async take(charges, now) {
      // What is only counted cannot be refused: it is told, and its request does not wait.
      if (charges.every(({ bound }) => bound.most === Number.POSITIVE_INFINITY)) {
        line.tell({ kind: "correct", charges: charges.map(farCharge), then: now, now });
        return { ok: true, left: [] };
      }
      const taken = await line.ask({ kind: "take", charges: charges.map(farCharge), now });
      const left = taken.left.map((one) => ({ ...one, bound: charges[one.bound]!.bound }));
      return taken.ok ? { ok: true, left } : { ok: false, left, bound: charges[taken.bound]!.bound, wait: taken.wait };
    },
    correct(charges, then, now) {
      // It has happened and is never refused, so nobody waits for it; what is asked afterwards is counted after it.
      line.tell({ kind: "correct", charges: charges.map(farCharge), then, now });
      return Promise.resolve();
    },
  };
}

export function nearCharge({ bound, amount }: FarCharge): Charge {
  return { bound: { ...bound, most: bound.most ?? Number.POSITIVE_INFINITY } as Bound, amount: amount ?? Number.POSITIVE_INFINITY };
}

export function farTaken(taken: Taken, charges: readonly Charge[]): FarTaken {
  const at = (bound: Bound): number => charges.findIndex((one) => one.bound === bound);
  const left = taken.left.map((one) => ({ ...one, bound: at(one.bound) }));
  return taken.ok ? { ok: true, left } : { ok: false, left, bound: at(taken.bound), wait: taken.wait };
}

function farCharge({ bound, amount }: Charge): FarCharge {
  return { bound: { id: bound.id, measure: bound.measure, per: bound.per, most: finite(bound.most) }, amount: finite(amount) };
}

function finite(value: number): number | null {
  return value === Number.POSITIVE_INFINITY ? null : value;
}
