// How one request is treated, as text: equal exactly where two policies do the same with it. It holds what is tried, where
// that stands, what follows each failure and how long is waited, how alloys draw, the refusal, and beside that which rules
// watch. It does not hold how the decision came about (arms, skips, the names of steps), nor anything that makes no
// difference: an alloy with one part left, or one that always takes its first.
import { named, type Lookup, type Plan, type PlannedAttempt } from "#runtime/plan";

/** Of everything but the rules. */
export function wayText(lookup: Lookup, plan: Plan): string {
  const draws = drawsOf(lookup, plan);
  const drawn = new Map(draws.map((one) => [one.id, one.pick]));
  const blocks = new Map<string, number>();
  // A weighted draw goes by the names of its parts, any other one by their places.
  const partOf = (part: string): readonly (string | number)[] => {
    const alloy = alloyOf(part);
    const pick = drawn.get(alloy);
    if (pick === undefined) return [];
    if (pick === "weighted") return [part];
    if (!blocks.has(part)) blocks.set(part, blocks.size);
    return [alloy, blocks.get(part)!];
  };
  const attempts = plan.attempts.map((one) => [
    one.target.id, standing(lookup, one), one.retries, one.retries > 0 ? [one.resume, one.backoff] : null, one.timeout,
    Object.entries(one.moves).flatMap(([failure, move]) => (move === null ? [] : [[failure, move.to, move.resume, move.backoff]])),
    one.trail.flatMap(partOf),
  ]);
  const { outcome, refusal, wording, complete } = plan;
  // The wording of a refusal nobody wrote names numbers of the request; its code says all that matters.
  const said = refusal === null ? null : [refusal.code, wording === "policy" ? refusal.message : null];
  return stable([outcome, attempts, said, draws.map(({ id, pick, sticky, shares }) => [id, pick, sticky, shares]), complete]);
}

/** An alloy whose draw changes something. `sticky` null: it is drawn by the turn alone. */
export type Draw = Pick<Plan["alloys"][number], "id" | "pick" | "shares"> & { readonly sticky: string | null };

export function drawsOf(lookup: Lookup, plan: Plan): readonly Draw[] {
  const several = plan.alloys.filter((one) => one.shares.length > 1);
  // One that holds nothing but another one has that one's shares, and the inner one draws.
  const holdsOnly = (outer: Plan["alloys"][number], inner: Plan["alloys"][number]): boolean => outer !== inner && stable(outer.shares) === stable(inner.shares);
  return several
    .filter((one, at) => one.pick !== "all" && !several.slice(at + 1).some((inner) => holdsOnly(one, inner)))
    .map(({ id, pick, shares }) => ({ id, pick, shares, sticky: pick === "alternate" ? null : stickyOf(lookup, id) }))
    .sort((left, right) => (left.id < right.id ? -1 : 1));
}

/** `alloy:duo` of `alloy:duo/part:gpt`. */
export function alloyOf(part: string): string {
  return part.slice(0, Math.max(0, part.lastIndexOf("/part:")));
}

/** Rules of different channels never meet; within one the listed order breaks ties. */
export function ruleOrder(lookup: Lookup, rules: readonly string[]): readonly string[] {
  const channel = (id: string): string => named(lookup.rules, id).channel.kind;
  return rules.toSorted((left, right) => (channel(left) < channel(right) ? -1 : channel(left) > channel(right) ? 1 : 0));
}

/** Zone and region of what is asked; null where its provider does not say. */
export type Standing = { readonly zone: string | null; readonly region: string | null };

export function standing(lookup: Lookup, { target }: Pick<PlannedAttempt, "target">): Standing {
  const { zone, region } = named(lookup.providers, target.provider);
  return { zone, region };
}

function stickyOf(lookup: Lookup, id: string): string | null {
  const selector = named(lookup.selectors, id);
  return selector.kind === "alloy" ? selector.sticky : null;
}

/** A bundle that was read has its members in another order than one that was just compiled. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (typeof one === "object" && one !== null && !Array.isArray(one) ? Object.fromEntries(Object.entries(one).sort(([left], [right]) => (left < right ? -1 : 1))) : one));
}
