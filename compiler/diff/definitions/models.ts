// What a model promises besides where its requests go: limits, receipts, alerts. Its routes, guards and rules are regions.
import type { DifferingDefinition, Model } from "#contracts";
import { dollars, milliseconds } from "../../cli/quantity.ts";
import { worstCase } from "../../analysis/index.ts";
import type { Pair } from "../pairs.ts";
import { list } from "../severity.ts";
import { placeOf } from "../side.ts";
import { arrow, bounded, renamed, type Found } from "./entry.ts";

export function modelChanges(pairs: readonly Pair[]): readonly DifferingDefinition[] {
  return pairs.flatMap((pair) => {
    const { old, now, oldModel: was, nowModel: is } = pair;
    const found = [...(was.id === is.id ? renamed(was, is) : []), ...limits(pair), ...receipts(was, is), ...alerts(was, is)];
    return found.map(({ severity, change, witness = null }): DifferingDefinition => ({
      kind: "model", id: is.id, severity, change, witness, old: placeOf(old, [was.id]), new: placeOf(now, [is.id]),
    }));
  });
}

function limits(pair: Pair): readonly Found[] {
  const { oldModel: { limits: was, reserve: kept }, nowModel: { limits: is, reserve } } = pair;
  return [
    ...attempts(pair),
    ...limit("limits.cost", bounded(was.cost, is.cost), [money(was.cost), money(is.cost)]),
    ...limit("limits.wall", bounded(was.wall, is.wall), [milliseconds(was.wall), milliseconds(is.wall)]),
    ...limit("limits.held", bounded(was.held, is.held), [`${was.held} B`, `${is.held} B`]),
    // Where it decides what fits it is a region; besides, it keeps room for reminders.
    ...(kept === reserve ? [] : [{ severity: "reliability", change: arrow("reserve", String(kept), String(reserve)) } as const]),
  ];
}

function limit(name: string, direction: "up" | "down" | null, [was, is]: readonly [string, string]): readonly Found[] {
  if (direction === null) return [];
  return [{ severity: direction === "up" ? "weaker" : "stricter", change: arrow(name, was, is) }];
}

/** Where nobody says it, the limit is the worst case: then it ends nothing, before as after. */
function attempts({ old, now, oldModel, nowModel }: Pair): readonly Found[] {
  const [was, is] = [oldModel.limits.attempts, nowModel.limits.attempts];
  if (was === is) return [];
  const idle = was >= worstCase(old.served, oldModel).attempts.value! && is >= worstCase(now.served, nowModel).attempts.value!;
  if (idle) return [{ severity: "cosmetic", change: `${arrow("limits.attempts", String(was), String(is))}, which no request can reach` }];
  return limit("limits.attempts", bounded(was, is), [String(was), String(is)]);
}

function receipts({ receipts: was }: Model, { receipts: is }: Model): readonly Found[] {
  const keep = bounded(was.keep, is.keep);
  const days = (ms: number | null): string => (ms === null ? "for ever" : ms % 86_400_000 === 0 ? `${ms / 86_400_000}d` : milliseconds(ms));
  return [
    ...(was.capture === is.capture ? [] : [{ severity: is.capture === "metadata" ? "weaker" : "stricter", change: arrow("receipts.capture", was.capture, is.capture) } as const]),
    ...(keep === null ? [] : [{ severity: keep === "down" ? "weaker" : "stricter", change: arrow("receipts.keep", days(was.keep), days(is.keep)) } as const]),
  ];
}

function alerts({ alerts: was }: Model, { alerts: is }: Model): readonly Found[] {
  const gone = was.filter((one) => !is.includes(one));
  const come = is.filter((one) => !was.includes(one));
  return [
    ...(gone.length === 0 ? [] : [{ severity: "weaker", change: `no longer raises ${list(gone)}` } as const]),
    ...(come.length === 0 ? [] : [{ severity: "stricter", change: `raises ${list(come)}` } as const]),
  ];
}

function money(micro: number | null): string {
  return micro === null ? "none" : dollars(micro);
}
