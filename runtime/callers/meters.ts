// The seam to where use is counted. In memory by default; several gateways that share their counts put another behind it.

export type Measure = "requests" | "tokens" | "cost";

/** What is counted under `id`, and how much of it there may be in each `per`. `most` is infinite where it is only counted. */
export type Bound = Rate | Budget;
export type Rate = { readonly id: string; readonly measure: Measure; readonly per: "minute"; readonly most: number };
export type Budget = { readonly id: string; readonly measure: Measure; readonly per: "day" | "month"; readonly most: number };

export type Charge = { readonly bound: Bound; readonly amount: number };

/** How much a bound still leaves, and in how many milliseconds it is as it was before any use. */
export type Left = { readonly bound: Bound; readonly left: number; readonly reset: number };

/** `left` tells of what has a bound, and not of what is only counted. */
export type Taken =
  | { readonly ok: true; readonly left: readonly Left[] }
  /** Nothing was taken. `bound` is the one that lasts longest, `wait` the milliseconds until it would have let this through. */
  | { readonly ok: false; readonly left: readonly Left[]; readonly bound: Bound; readonly wait: number };

/** Moments are milliseconds since 1970. */
export type Meters = {
  /** All of it or nothing. */
  take(charges: readonly Charge[], now: number): Promise<Taken>;
  /** What was taken at `then` was more, or less where negative. Never refused: it has happened. */
  correct(charges: readonly Charge[], then: number, now: number): Promise<void>;
};

/** When the day or the month of a moment began, in UTC. */
export function periodStart(per: "day" | "month", moment: number): number {
  const date = new Date(moment);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), per === "day" ? date.getUTCDate() : 1);
}

export function periodEnd(per: "day" | "month", moment: number): number {
  const date = new Date(moment);
  return per === "day" ? Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() + 1) : Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}
