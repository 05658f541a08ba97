// One side of a comparison: a compiled policy, where its declarations stand in its source, and the policy once more in the
// form in which two of them can be compared.
import { canonical, type Bundle, type DifferencePlace, type Fact, type Json, type RequestFacts, type Selector } from "#contracts";
import { factsOf, lookup, type Facts, type FactsResult, type Lookup } from "#runtime/plan";

/** A policy and what its author called things. */
export type Program = {
  readonly bundle: Bundle;
  /** What the user calls this side. */
  readonly label: string;
  /** The folder of its entry, as reports name its files; empty where that is not known. */
  readonly folder: string;
  /** The text of a file of it, by the name its places have; null where there is no source. */
  text(file: string): string | null;
};

export type Side = {
  readonly program: Program;
  /** As it is served. */
  readonly served: Lookup;
  /** As it is compared: facts of both policies are known, and what has no order stands in one order. */
  readonly compared: Lookup;
};

/** Both sides of a comparison, each knowing the facts of both. */
export function sidesOf(old: Program, now: Program): { readonly old: Side; readonly now: Side } {
  const [left, right] = [lookup(old.bundle.policy), lookup(now.bundle.policy)];
  return {
    old: { program: old, served: left, compared: comparable(left, sharedFacts(left, right)) },
    now: { program: now, served: right, compared: comparable(right, sharedFacts(right, left)) },
  };
}

/** The request as this side hears it: what it does not declare it does not read. */
export function heardBy(side: Side, request: RequestFacts): Facts {
  const heard = hearing(side, request);
  if (!heard.ok) throw new Error(`a witness is no request: ${heard.problem.message}`);
  return heard.facts;
}

/** Not ok where it refuses the request as malformed. */
export function hearing({ served }: Side, request: RequestFacts): FactsResult {
  const facts = Object.fromEntries(Object.entries(request.facts ?? {}).filter(([name]) => served.facts.has(name)));
  return factsOf(served, { ...request, facts });
}

export function placeOf({ program }: Side, ids: readonly (string | null)[]): DifferencePlace | null {
  const { places } = program.bundle.about;
  const id = ids.find((one) => one !== null && Object.hasOwn(places, one));
  if (id === undefined || id === null) return null;
  const place = places[id]!;
  const line = program.text(place.file)?.split(/\r\n|[\n\r]/)[place.line - 1];
  return { id, ...place, file: program.folder === "" ? place.file : `${program.folder}/${place.file}`, text: line === undefined ? null : line.trim() };
}

/** Two policies may declare one fact with different values; both sides then know them all. */
function sharedFacts(own: Lookup, other: Lookup): ReadonlyMap<string, Fact> {
  const facts = new Map(other.facts);
  for (const fact of own.facts.values()) {
    const theirs = other.facts.get(fact.name);
    facts.set(fact.name, theirs === undefined ? fact : { ...fact, type: widest(fact.type, theirs.type) });
  }
  return facts;
}

function widest(own: Fact["type"], theirs: Fact["type"]): Fact["type"] {
  if (!("values" in own) || !("values" in theirs) || own.kind !== theirs.kind) return own;
  return { kind: own.kind, values: [...new Set([...own.values, ...theirs.values])].sort() };
}

/** Whether a fact has one kind of value on both sides. */
export function isComparable(old: Lookup, now: Lookup, fact: string): boolean {
  const [left, right] = [old.facts.get(fact), now.facts.get(fact)];
  return left === undefined || right === undefined || left.type.kind === right.type.kind;
}

/**
 * The order of a weighted alloy's parts decides nothing: each part's draw hangs on nothing but itself and the key. Only
 * where all its parts may refuse it says whose message is told, and is kept.
 */
function comparable(known: Lookup, facts: ReadonlyMap<string, Fact>): Lookup {
  const mayRefuse = refusing(known);
  const selectors = [...known.selectors].map(([id, one]): [string, Selector] => {
    if (one.kind !== "alloy" || one.pick !== "weighted" || one.parts.every((part) => mayRefuse(part.selector))) return [id, one];
    return [id, { ...one, parts: one.parts.toSorted((left, right) => (left.id < right.id ? -1 : 1)) }];
  });
  return { ...known, facts, selectors: new Map(selectors) };
}

/** Whether some request finds nothing but a `refuse` there. */
function refusing(known: Lookup): (id: string) => boolean {
  const done = new Map<string, boolean>();
  const visit = (id: string): boolean => {
    const before = done.get(id);
    if (before !== undefined) return before;
    const refuses = build(id);
    done.set(id, refuses);
    return refuses;
  };
  const build = (id: string): boolean => {
    const through = known.models.get(id);
    if (through !== undefined) return visit(through.route);
    const selector = known.selectors.get(id);
    if (selector === undefined) return false;
    switch (selector.kind) {
      case "dispatcher":
        return selector.arms.some((arm) => arm.then.kind === "refuse" || visit(arm.then.id));
      case "cascade":
        return visit(selector.tries[0]!.selector);
      default:
        return selector.parts.every((part) => visit(part.selector));
    }
  };
  return visit;
}

/** Whether two values of a bundle are one. */
export function alike(left: unknown, right: unknown): boolean {
  return canonical(left as Json) === canonical(right as Json);
}
