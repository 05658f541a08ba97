// Requests between which it is no use to tell apart: the same difference for the same reason.
import { changesBetween, type Change, type Reach } from "./severity.ts";
import type { Pair } from "./pairs.ts";
import type { Treated } from "./treated.ts";

/** `old` and `now` are of one of its requests; what differs between the two is the same for all of them. */
export type Group = { readonly key: string; readonly old: Treated; readonly now: Treated; readonly changes: readonly Change[] };

/** One object for each group. `whole`: where any request of the old model could get to. */
export function grouping(pair: Pair, whole: Reach): (old: Treated, now: Treated) => Group {
  const groups = new Map<string, Group>();
  const known = new Map<Treated, Map<Treated, Group>>();
  const make = (old: Treated, now: Treated): Group => {
    const changes = changesBetween({ old, now, oldLookup: pair.old.compared, nowLookup: pair.now.compared, whole });
    const key = keyOf({ old, now, changes });
    const group: Group = { key, old, now, changes };
    const same = groups.get(key);
    if (same !== undefined) return same;
    groups.set(key, group);
    return group;
  };
  return (old, now) => {
    const inner = known.get(old) ?? new Map<Treated, Group>();
    known.set(old, inner);
    const group = inner.get(now) ?? make(old, now);
    inner.set(now, group);
    return group;
  };
}

function keyOf({ old, now, changes }: Omit<Group, "key">): string {
  // Whatever watches a request that is refused on one side, that is not what is different about it.
  const served = old.plan.outcome === now.plan.outcome;
  return JSON.stringify([
    old.way === now.way ? null : [old.way, now.way, old.arms, now.arms],
    !served || sameRules(old.rules, now.rules) ? null : [old.rules, now.rules],
    served ? differingEscalations({ old, now }).map(({ key, was, is }) => [key, was, is]) : null,
    changes.map(({ severity, text }) => [severity, text]),
  ]);
}

export function sameRules(left: readonly string[], right: readonly string[]): boolean {
  return left.join(" ") === right.join(" ");
}

export function severityOf({ changes }: Group): Change["severity"] {
  return changes[0]!.severity;
}

export type DifferingEscalation = { readonly key: string; readonly rule: string; readonly nth: number; readonly was: string | null; readonly is: string | null };

/** In the order the new policy has them; null where a side has none of that rule. */
export function differingEscalations({ old, now }: Pick<Group, "old" | "now">): readonly DifferingEscalation[] {
  const texts = ({ escalations }: Treated): ReadonlyMap<string, string> => new Map(escalations.map((one) => [`${one.rule} ${one.nth}`, one.text]));
  const [before, after] = [texts(old), texts(now)];
  return [...new Set([...after.keys(), ...before.keys()])]
    .map((key) => ({ key, rule: key.slice(0, key.indexOf(" ")), nth: Number(key.slice(key.indexOf(" ") + 1)), was: before.get(key) ?? null, is: after.get(key) ?? null }))
    .filter(({ was, is }) => was !== is);
}
