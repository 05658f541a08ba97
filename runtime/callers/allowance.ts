// What one request may use of its key's limits: taken before the first attempt, at its worst, and put right when the
// request is over. True in between: no budget can be passed by what is under way, only be held back for a moment.
import type { ApiKey, Model, Target } from "#contracts";
import { costOf } from "../receipt/ledger.ts";
import { boundsOf } from "./bounds.ts";
import type { Bound, Charge, Meters, Taken } from "./meters.ts";

/** Cost in microdollars; null where the target declares no price. */
export type Use = { readonly tokens: number; readonly cost: number | null };

export type Allowance = {
  /** Once, before anything is started: the request itself, and the first attempt at its worst. */
  enter(worst: Use): Promise<Taken>;
  /**
   * `needed` in all, with what was used so far: whether budgets have room for it. A rate holds back requests and not the
   * attempts of one that was let in, so only budgets are asked.
   */
  cover(needed: Use): Promise<boolean>;
  /** Once, when the request is over. */
  settle(used: Use): Promise<void>;
};

export type AllowanceOptions = { readonly key: ApiKey; readonly model: Model; readonly meters: Meters; readonly now: () => number };

export function openAllowance({ key, model, meters, now }: AllowanceOptions): Allowance {
  const bounds = boundsOf(key, model);
  /** Of each bound, what was taken of it so far. */
  const held = bounds.map(() => 0);
  const began = now();

  return {
    async enter(worst) {
      const charges = bounds.map((bound): Charge => ({ bound, amount: bound.per === "minute" ? Math.min(amountOf(bound, worst), bound.most) : amountOf(bound, worst) }));
      const taken = await meters.take(charges, began);
      if (taken.ok) charges.forEach(({ amount }, at) => void (held[at]! += amount));
      return taken;
    },
    async cover(needed) {
      const lacking = (bound: Bound, at: number): number => (bound.per === "minute" ? 0 : Math.max(0, amountOf(bound, needed) - held[at]!));
      if (bounds.every((bound, at) => lacking(bound, at) === 0)) return true;
      const charges = bounds.map((bound, at): Charge => ({ bound, amount: lacking(bound, at) }));
      const taken = await meters.take(charges.filter(({ amount }) => amount > 0), began);
      if (taken.ok) charges.forEach(({ amount }, at) => void (held[at]! += amount));
      return taken.ok;
    },
    async settle(used) {
      const charges: Charge[] = [];
      bounds.forEach((bound, at) => {
        const amount = bound.measure === "requests" ? 0 : (used[bound.measure] ?? 0) - held[at]!;
        if (amount !== 0) charges.push({ bound, amount });
      });
      if (charges.length > 0) await meters.correct(charges, began, now());
    },
  };
}

/** The most an attempt can use: its whole prompt, and the longest answers the target may give. */
export function worstUse(target: Target, { input, output, choices }: { readonly input: number; readonly output: number; readonly choices: number }): Use {
  const most = (output > 0 ? output : (target.output ?? Math.max(0, target.context - input))) * Math.max(1, choices);
  return { tokens: input + most, cost: costOf(target, { input, output: most }) };
}

/** A cost that nobody knows has no room in any budget, and counts nothing where there is none. */
function amountOf(bound: Bound, { tokens, cost }: Use): number {
  switch (bound.measure) {
    case "requests":
      return 1;
    case "tokens":
      return tokens;
    case "cost":
      return cost ?? (bound.most === Number.POSITIVE_INFINITY ? 0 : Number.POSITIVE_INFINITY);
    default:
      return bound.measure satisfies never;
  }
}
