// The story of a comparison: two programs in; which requests they treat differently, and what they define differently, out.
//
//   programs ─▶ sides ─▶ pairs of public models ─▶ regions ┐
//                    └─▶ definitions, each once ───────────┴─▶ difference
import type { Difference, DifferingRegion } from "#contracts";
import { definitionChanges } from "./definitions/index.ts";
import type { Came } from "./located.ts";
import { pairsOf, type Pair, type Sides } from "./pairs.ts";
import { BUDGET, compareModels, type Compared } from "./regions.ts";
import { rank, worst } from "./severity.ts";
import { sidesOf, type Program } from "./side.ts";

export type DiffOptions = {
  /** Edges of the diagrams of one model; beyond it the model is not compared, and the difference says so. */
  readonly budget?: number;
  /** Requests that came, as their receipts hold them, `model` as it was asked for. */
  readonly receipts?: readonly Came[];
};

export function diff(old: Program, now: Program, { budget = BUDGET, receipts }: DiffOptions = {}): Difference {
  const sides = sidesOf(old, now);
  const pairs = pairsOf(sides);
  const compared = pairs.map((pair) => ({ pair, ...compareModels(pair, budget) }));
  const { definitions, unproved } = definitionChanges(sides, pairs);
  const regions = compared.flatMap((one) => one.regions);
  const seen = receipts === undefined ? null : tally(sides, compared, receipts);
  const severities = [...regions, ...definitions].map((one) => one.severity);
  const left = [...compared.flatMap((one) => one.unproved), ...unproved];
  return {
    same: left.length === 0 && regions.length === 0 && definitions.every((one) => one.severity === "cosmetic"),
    proved: left.length === 0,
    unproved: left,
    severity: worst(severities),
    regions: seen === null ? regions.toSorted(bySeverity) : seen.regions,
    definitions,
    receipts: seen?.total ?? null,
  };
}

function bySeverity(left: DifferingRegion, right: DifferingRegion): number {
  return rank(left.severity) - rank(right.severity) || (right.cells ?? 0) - (left.cells ?? 0);
}

type Tally = { readonly regions: readonly DifferingRegion[]; readonly total: NonNullable<Difference["receipts"]> };

/** Each region with its share of what came, the largest first. */
function tally({ old, now }: Sides, compared: readonly (Compared & { readonly pair: Pair })[], receipts: readonly Came[]): Tally {
  const counts = compared.map((one) => one.regions.map(() => 0));
  const total = { total: receipts.length, same: 0, different: 0, unknown: 0 };
  for (const came of receipts) {
    const { model = "" } = came.request;
    const [was, is] = [old.served.modelNamed(model), now.served.modelNamed(model)];
    const at = compared.findIndex(({ pair }) => pair.oldModel === was && pair.nowModel === is);
    const region = compared[at]?.locate(came);
    if (was !== null && is === null) total.different++;
    else if (region === undefined) total.unknown++;
    else if (region === null) total.same++;
    else {
      total.different++;
      counts[at]![region]!++;
    }
  }
  const regions = compared.flatMap((one, model) =>
    one.regions.map((region, at): DifferingRegion => {
      const count = counts[model]![at]!;
      return { ...region, receipts: { count, share: receipts.length === 0 ? 0 : count / receipts.length } };
    }),
  );
  return { regions: regions.toSorted((left, right) => right.receipts!.count - left.receipts!.count || bySeverity(left, right)), total };
}
