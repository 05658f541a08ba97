// What every comparison of definitions is made of.
import type { Condition, DifferenceSeverity, DifferingDefinition } from "#contracts";
import { GaveUp, requestIn, Space } from "../../analysis/index.ts";
import type { Sides } from "../pairs.ts";
import { placeOf } from "../side.ts";

export type Found = { readonly severity: DifferenceSeverity; readonly change: string; readonly witness?: DifferingDefinition["witness"] };

/** Of one declaration, by its id on both sides. */
export function entries({ old, now }: Sides, { kind, id }: Pick<DifferingDefinition, "kind" | "id">, found: readonly Found[]): readonly DifferingDefinition[] {
  return found.map(({ severity, change, witness = null }) => ({ kind, id, severity, change, witness, old: placeOf(old, [id]), new: placeOf(now, [id]) }));
}

/** Ids of either side, in order, with what each side has under them. */
export function joined<T>(old: ReadonlyMap<string, T>, now: ReadonlyMap<string, T>): readonly (readonly [id: string, was: T | undefined, is: T | undefined])[] {
  return [...new Set([...old.keys(), ...now.keys()])].sort().map((id) => [id, old.get(id), now.get(id)] as const);
}

export function renamed(was: { readonly name: string }, is: { readonly name: string }): readonly Found[] {
  return was.name === is.name ? [] : [{ severity: "cosmetic", change: `renamed: \`${was.name}\` → \`${is.name}\`` }];
}

/** How one value became another. */
export function arrow(name: string, was: string, is: string): string {
  return `${name} ${was} → ${is}`;
}

/** More of it is `up`, less of it is `down`; null is without end. */
export function bounded(was: number | null, is: number | null): "up" | "down" | null {
  if (was === is) return null;
  return is === null || (was !== null && is > was) ? "up" : "down";
}

/** Whether a condition holds for the requests it held for: `fewer` and `more` are of requests, with one that shows it. */
export type Shift = { readonly is: "same" | "fewer" | "more" | "other"; readonly lost: DifferingDefinition["witness"]; readonly gained: DifferingDefinition["witness"] };

export function shiftOf({ old, now }: Sides, was: Condition | null, is: Condition | null): Shift {
  const unknown: Shift = { is: "other", lost: null, gained: null };
  try {
    const space = new Space([
      { lookup: old.compared, model: null, conditions: was === null ? [] : [was] },
      { lookup: now.compared, model: null, conditions: is === null ? [] : [is] },
    ]);
    const [before, after] = [space.where(was), space.where(is)];
    const [lost, gained] = [requestIn(space, space.minus(before, after)), requestIn(space, space.minus(after, before))];
    const witness = (request: typeof lost): Shift["lost"] => (request === null ? null : { kind: "request", request });
    const kind = lost === null ? (gained === null ? "same" : "more") : gained === null ? "fewer" : "other";
    return { is: kind, lost: witness(lost), gained: witness(gained) };
  } catch (error) {
    if (error instanceof GaveUp) return unknown;
    throw error;
  }
}
