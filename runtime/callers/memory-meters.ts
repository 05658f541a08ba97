// Counts in this process. A minute is a bucket that fills evenly, so that a limit of 60 is one a second with room for a
// burst, and no two windows can be spent at their seam. Days and months are calendar periods, as bills are.
import { periodEnd, periodStart, type Bound, type Budget, type Charge, type Left, type Meters, type Rate, type Taken } from "./meters.ts";

const MINUTE = 60_000;
const MOMENT = 1_000;

/** `level` may be below zero: what came out dearer than was taken is paid back before anything more is let through. */
type Bucket = { level: number; at: number };
/** Milliseconds since 1970, the end not included. */
type Period = { readonly from: number; readonly until: number; used: number };

export function createMemoryMeters(): Meters {
  const buckets = new Map<string, Bucket>();
  const periods = new Map<string, Period>();

  return {
    take(charges, now) {
      let refused: { readonly bound: Bound; readonly wait: number } | null = null;
      for (const charge of charges) {
        const wait = waitFor(charge, now);
        if (wait !== null && wait > (refused?.wait ?? -1)) refused = { bound: charge.bound, wait };
      }
      if (refused === null) for (const { bound, amount } of charges) add(bound, reserved(bound, amount), now, now);
      const left: Left[] = [];
      for (const { bound } of charges) if (bound.most !== Number.POSITIVE_INFINITY) left.push(leftOf(bound, now));
      return Promise.resolve<Taken>(refused === null ? { ok: true, left } : { ok: false, left, ...refused });
    },
    correct(charges, then, now) {
      for (const { bound, amount } of charges) add(bound, amount, then, now);
      return Promise.resolve();
    },
  };

  /** Null where there is enough. */
  function waitFor({ bound, amount }: Charge, now: number): number | null {
    if (bound.per === "minute") {
      const lacking = reserved(bound, amount) - bucketOf(bound, now).level;
      // Sums of fractions of a token: less than a millionth of one is not lacking.
      return lacking > 1e-6 ? Math.ceil((lacking / bound.most) * MINUTE) : null;
    }
    const { used, until } = periodOf(bound, now);
    return used + amount > bound.most ? until - now : null;
  }

  function leftOf(bound: Bound, now: number): Left {
    if (bound.per === "minute") {
      const { level } = bucketOf(bound, now);
      return { bound, left: Math.max(0, Math.floor(level + 1e-6)), reset: Math.ceil(((bound.most - level) / bound.most) * MINUTE) };
    }
    const { used, until } = periodOf(bound, now);
    return { bound, left: Math.max(0, bound.most - used), reset: until - now };
  }

  function add(bound: Bound, amount: number, then: number, now: number): void {
    if (bound.per === "minute") {
      const bucket = bucketOf(bound, now);
      bucket.level = Math.min(bound.most, bucket.level - amount);
      return;
    }
    const period = periodOf(bound, now);
    // What was used in a period that is over bounds nothing any more.
    if (then >= period.from && then < period.until) period.used = Math.max(0, period.used + amount);
  }

  function bucketOf({ id, most }: Rate, now: number): Bucket {
    let bucket = buckets.get(id);
    if (bucket === undefined) buckets.set(id, (bucket = { level: most, at: now }));
    bucket.level = Math.min(most, bucket.level + (Math.max(0, now - bucket.at) / MINUTE) * most);
    // What several processes ask may come a moment out of order, and no moment fills it twice; a clock that was set back
    // further than that begins anew.
    if (now > bucket.at || bucket.at - now > MOMENT) bucket.at = now;
    return bucket;
  }

  /** A clock that is set back opens no period again that is over. */
  function periodOf({ id, per }: Budget, now: number): Period {
    const known = periods.get(id);
    if (known !== undefined && now < known.until) return known;
    const fresh = { from: periodStart(per, now), until: periodEnd(per, now), used: 0 };
    periods.set(id, fresh);
    return fresh;
  }
}

/** A request larger than a whole minute's rate waits for a full bucket and takes all of it; what it really used comes after. */
function reserved({ per, most }: Bound, amount: number): number {
  return per === "minute" ? Math.min(amount, most) : amount;
}
