// A worker's end of the meters: one count for all workers, so that limits hold over all of them. JSON has no infinity, so
// null stands for it; a bound is named by its place among the charges, and does not come back.
//
// What a dead worker's requests had reserved, each at its worst, stays used until its period is over, or the gateway starts
// again and counts receipts: their providers may have been paid, and a budget that is passed cannot be taken back. Deaths in a
// row start ever later (restart.ts), so that they cannot use up a budget quickly; and each is told of.
import type { Bound, Charge, Meters, Taken } from "../callers/index.ts";
import type { Line } from "./line.ts";
import type { FarBound, FarCharges, FarTaken, WorkerAsk, WorkerTell } from "./messages.ts";

export function farMeters(line: Line<WorkerAsk, WorkerTell>): Meters {
  let known = new WeakMap<Bound, number>();
  let last = 0;

  return {
    async take(charges, now) {
      // What is only counted cannot be refused: it is told, and its request does not wait.
      if (charges.every(({ bound }) => bound.most === Number.POSITIVE_INFINITY)) {
        line.tell({ kind: "correct", charges: farCharges(charges), then: now, now });
        return { ok: true, left: [] };
      }
      const taken = await line.ask({ kind: "take", charges: farCharges(charges), now });
      const left = taken.left.map((one) => ({ ...one, bound: charges[one.bound]!.bound }));
      return taken.ok ? { ok: true, left } : { ok: false, left, bound: charges[taken.bound]!.bound, wait: taken.wait };
    },
    correct(charges, then, now) {
      // It has happened and is never refused, so nobody waits for it; what is asked afterwards is counted after it.
      line.tell({ kind: "correct", charges: farCharges(charges), then, now });
      return Promise.resolve();
    },
  };

  function farCharges(charges: readonly Charge[]): FarCharges {
    const far: (number | null)[] = [];
    for (const { bound, amount } of charges) far.push(known.get(bound) ?? introduce(bound), finite(amount));
    return far;
  }

  /** A bound is told once. Keys that are replaced bring new ones, so that after many of them counting begins anew. */
  function introduce(bound: Bound): number {
    if (last === MOST_BOUNDS) {
      known = new WeakMap();
      last = 0;
    }
    const n = ++last;
    known.set(bound, n);
    line.tell({ kind: "bound", n, bound: { id: bound.id, measure: bound.measure, per: bound.per, most: finite(bound.most) } });
    return n;
  }
}

export const MOST_BOUNDS = 20_000;

export type NearCharges = {
  introduce(n: number, bound: FarBound): void;
  read(far: FarCharges): readonly Charge[];
  /** Whether any of it was against a budget that has an end. */
  readonly hasBudget: boolean;
};

/** The primary's end of one worker's charges. */
export function createNearCharges(): NearCharges {
  const bounds = new Map<number, Bound>();
  let hasBudget = false;
  return {
    get hasBudget() {
      return hasBudget;
    },
    introduce(n, bound) {
      hasBudget ||= bound.per !== "minute" && bound.most !== null;
      bounds.set(n, { ...bound, most: bound.most ?? Number.POSITIVE_INFINITY } as Bound);
    },
    read(far) {
      const charges: Charge[] = [];
      for (let at = 0; at < far.length; at += 2) {
        const bound = bounds.get(far[at]!);
        if (bound === undefined) throw new Error(`a worker charges what it never told of (${far[at]})`);
        charges.push({ bound, amount: far[at + 1] ?? Number.POSITIVE_INFINITY });
      }
      return charges;
    },
  };
}

export function farTaken(taken: Taken, charges: readonly Charge[]): FarTaken {
  const at = (bound: Bound): number => charges.findIndex((one) => one.bound === bound);
  const left = taken.left.map((one) => ({ ...one, bound: at(one.bound) }));
  return taken.ok ? { ok: true, left } : { ok: false, left, bound: at(taken.bound), wait: taken.wait };
}

function finite(value: number): number | null {
  return value === Number.POSITIVE_INFINITY ? null : value;
}
