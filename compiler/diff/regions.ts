// In: one public model as two policies have it. Out: the requests they treat differently, as regions that do not overlap:
// one for each pair of ways and the arms that lead there, and where the ways are the same one for each change of rules or
// escalations, whatever the ways; each with its most ordinary request, confirmed by the planner.
//
//   both sides ─▶ one space ─▶ two diagrams ─▶ pairs of leaves ─▶ groups ─▶ regions
//
// INVARIANT (exact): a request lies in a region exactly if the treatment texts of the two sides about it differ.
import { canonical, type Decision, type DifferingRegion, type Json, type Model, type RequestFacts } from "#contracts";
import { decide, factsOf, named, plan, type Plan } from "#runtime/plan";
import { GaveUp, modelRoutes, reach, Space, type Axis, type Ref } from "../analysis/index.ts";
import { groupsIn, type Way } from "./groups.ts";
import { placesOf } from "./places.ts";
import { changesBetween, rank, type Change, type Reach } from "./severity.ts";
import { heardBy, isComparable, type Side } from "./side.ts";
import { escalationSteps, treatedBy, treatmentText, type Treated } from "./treated.ts";
import { ruleOrder, wayText } from "./treatment.ts";
import { whereOf } from "./where.ts";

/** One public model on both sides; `name` is what clients call it. */
export type Pair = { readonly old: Side; readonly now: Side; readonly oldModel: Model; readonly nowModel: Model; readonly name: string };

export type Compared = {
  readonly regions: readonly DifferingRegion[];
  /** Why this is not all, where it is not. */
  readonly unproved: readonly string[];
  /** The space's axes and kinds of requests, for who measures. */
  readonly cells: number;
  /** The region a request falls into, by its place in `regions`; null where it is treated the same, undefined where what is known of it does not say. */
  locate(request: RequestFacts): number | null | undefined;
};

/** Edges of the diagrams of one pair; some seconds of work. */
export const BUDGET = 6_000_000;

export function compareModels(pair: Pair, budget: number = BUDGET): Compared {
  if (closureText(pair.old, pair.oldModel) === closureText(pair.now, pair.nowModel)) return nothing([]);
  const torn = incomparable(pair);
  if (torn.length > 0) return nothing(torn.map((fact) => `\`${pair.name}\`: \`${fact}\` is of another type now, so its requests cannot be compared`));
  try {
    return compared(pair, budget);
  } catch (error) {
    if (!(error instanceof GaveUp)) throw error;
    return nothing([`\`${pair.name}\`: ${error.message}, so its requests are not compared`]);
  }
}

function nothing(unproved: readonly string[]): Compared {
  return { regions: [], unproved, cells: 1, locate: () => (unproved.length === 0 ? null : undefined) };
}

/** `old` and `now` are of one of its requests; what differs between the two is the same for all of them. */
type Group = { readonly key: string; readonly old: Treated; readonly now: Treated; readonly changes: readonly Change[] };

function compared(pair: Pair, budget: number): Compared {
  const { old, now, oldModel, nowModel } = pair;
  const space = new Space([{ lookup: old.compared, model: oldModel }, { lookup: now.compared, model: nowModel }], budget);
  const before = treatedBy(space, old, oldModel);
  const after = treatedBy(space, now, nowModel);
  const whole: Reach = new Map(before.leaves.flatMap((one) => [...one.reach]));
  const { diagrams } = space;
  const groupOf = grouping(pair, whole);
  const root = diagrams.product([before.ref, after.ref, heardByBoth(space, pair)], ([was, is, heard]) => {
    const [left, right] = [was as Treated, is as Treated];
    return diagrams.leaf(heard === false || left.text === right.text ? false : groupOf(left, right));
  });

  const found = [...groupsIn<Group>(space, root)].map(([group, { way, cells }]) => ({ group, way, cells }));
  found.sort((left, right) => rank(severityOf(left.group)) - rank(severityOf(right.group)) || right.cells - left.cells || compareTexts(left.group.key, right.group.key));
  const regions = found.map(({ group, way, cells }) => {
    const where = whereOf(space, root, { is: (leaf) => leaf === group, way });
    const here: Group = { ...group, old: treatedAt(space, before.ref, way), now: treatedAt(space, after.ref, way) };
    return { ...shown(pair, here, space.requestAt(way)), where: where.texts, exact: where.exact, cells };
  });
  const order = new Map(found.map(({ group }, at) => [group, at]));
  const cut = [...before.leaves, ...after.leaves].some((one) => !one.plan.complete);
  return {
    regions,
    unproved: cut ? [`\`${pair.name}\`: a plan of it is longer than is written out, and is compared only as far as it is`] : [],
    cells: space.axes.reduce((product, axis) => product * sizeOf(axis), 1),
    locate: (request) => located(space, root, { pair, request, placeOf: (group) => order.get(group)! }),
  };
}

function sizeOf(axis: Axis): number {
  return axis.kind === "size" ? axis.cells.length : axis.kind === "text" || axis.kind === "number" ? axis.values.length : 2;
}

/** Everything of a model that its requests' treatment hangs on: where two are equal nothing needs to be laid out. */
function closureText({ compared: known }: Side, model: Model): string {
  const ids = [...reach(known, modelRoutes(known, model))].sort();
  const targets = ids.flatMap((id) => known.targets.get(id) ?? []).map((target) => {
    const { zone, region, id } = named(known.providers, target.provider);
    return [target.id, target.context, target.output, [...target.can].sort(), id, zone, region];
  });
  const rules = model.rules.map((id) => named(known.rules, id)).map((rule) => [rule.id, rule.channel.kind, rule.when, rule.mode, rule.ladder.flatMap((step) => (step.kind === "escalate" ? [step.selector] : []))]);
  const facts = [...known.facts.values()].map((fact) => [fact.name, fact.type]).sort();
  const selectors = ids.flatMap((id) => known.selectors.get(id) ?? []).map((one) => ({ ...one, name: "" }));
  const guards = model.guards.map((id) => ({ ...named(known.guards, id), name: "" }));
  return canonical([model.route, model.reserve, targets, selectors, guards, rules, facts] as unknown as Json);
}

/** Facts both policies ask these requests about, but as values of different kinds. */
function incomparable({ old, now, oldModel, nowModel }: Pair): readonly string[] {
  const asks = (side: Side, model: Model): ReadonlySet<string> => new Set(new Space([{ lookup: side.served, model }]).vocabulary.constants.keys());
  const [before, after] = [asks(old, oldModel), asks(now, nowModel)];
  return [...before].filter((fact) => after.has(fact) && !isComparable(old.served, now.served, fact)).sort();
}

/** Requests with a value that one side does not know are refused by it as malformed; definitions tell that. */
function heardByBoth(space: Space, { old, now }: Pair): Ref {
  const { diagrams } = space;
  const takes = (fact: string, value: string): boolean =>
    [old, now].every(({ served }) => {
      const type = served.facts.get(fact)?.type;
      return type === undefined || !("values" in type) || type.values.includes(value);
    });
  const heard = space.axes.flatMap((axis, index) => {
    if (axis.kind === "text") return [diagrams.choose(index, axis.values.map((value) => diagrams.leaf(value === null || takes(axis.fact, value))))];
    if (axis.kind === "member" && axis.fact !== "request.needs") return [diagrams.choose(index, [diagrams.leaf(true), diagrams.leaf(takes(axis.fact, axis.member))])];
    return [];
  });
  return diagrams.product([space.everything.ref, ...heard], (values) => diagrams.leaf(values.every((one) => one === true)));
}

function grouping(pair: Pair, whole: Reach): (old: Treated, now: Treated) => Group {
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
    !served || alikeTexts(old.rules, now.rules) ? null : [old.rules, now.rules],
    served ? differingEscalations({ old, now }).map(({ key, was, is }) => [key, was, is]) : null,
    changes.map(({ severity, text }) => [severity, text]),
  ]);
}

function alikeTexts(left: readonly string[], right: readonly string[]): boolean {
  return left.join(" ") === right.join(" ");
}

function treatedAt({ diagrams }: Space, root: Ref, way: Way): Treated {
  let ref = root;
  while (!diagrams.isLeaf(ref)) {
    const { variable, kids } = diagrams.at(ref);
    ref = kids[way.get(variable) ?? 0]!;
  }
  return diagrams.leafOf(ref) as Treated;
}

function severityOf({ changes }: Group): Change["severity"] {
  return changes[0]!.severity;
}

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** INVARIANT (no unconfirmed witness): both planners were asked, and they disagree as the diagrams do. */
function shown(pair: Pair, group: Group, facts: RequestFacts): Omit<DifferingRegion, "where" | "exact" | "cells"> {
  const witness: RequestFacts = { model: pair.name, ...facts };
  const was = replayed({ ...pair, side: pair.old, model: pair.oldModel }, witness, group.old);
  const now = replayed({ ...pair, side: pair.now, model: pair.nowModel }, witness, group.now);
  if (was.served === now.served) throw new Error(`the planner treats the witness the same on both sides: ${JSON.stringify(witness)}`);
  const [escalation] = group.old.way === group.now.way && alikeTexts(group.old.rules, group.now.rules) ? differingEscalations(group) : [];
  const decisionOf = (side: Replayed): Decision | null => (escalation === undefined ? decide(side.plan) : (side.escalations.get(escalation.key) ?? null));
  return {
    model: pair.name,
    severity: severityOf(group),
    changes: group.changes.map((one) => one.text),
    escalation: escalation?.rule ?? null,
    was: decisionOf(was),
    now: decisionOf(now),
    witness,
    ...placesOf(pair, group, escalation?.rule ?? null),
    receipts: null,
  };
}

type Replayed = { readonly plan: Plan; readonly served: string; readonly escalations: ReadonlyMap<string, Decision> };

function replayed({ side, model }: { readonly side: Side; readonly model: Model }, witness: RequestFacts, expected: Treated): Replayed {
  const facts = factsOf(side.compared, { ...witness });
  if (!facts.ok) throw new Error(`the witness is no request: ${facts.problem.message}`);
  const again = planned(side.compared, model, facts.facts);
  if (again.text !== expected.text) throw new Error(`the diagram and the planner disagree about ${JSON.stringify(witness)}: ${expected.text} against ${again.text}`);
  const served = planned(side.served, model, heardBy(side, witness));
  return { plan: served.plan, served: served.text, escalations: served.decisions };
}

/** What the runtime plans for one request: its route, and every escalation of the rules that watch it. */
export function planned(lookup: Side["served"], model: Model, facts: Parameters<typeof plan>[2]): { readonly plan: Plan; readonly text: string; readonly decisions: ReadonlyMap<string, Decision> } {
  const main = plan(lookup, model, facts, { keys: null });
  const steps = escalationSteps(lookup, model).filter((step) => main.rules.includes(step.rule)).map((step) => ({ ...step, plan: plan(lookup, model, facts, { keys: null, route: step.route }) }));
  return {
    plan: main,
    text: treatmentText({ way: wayText(lookup, main), rules: ruleOrder(lookup, main.rules), escalations: steps.map((step) => ({ ...step, text: wayText(lookup, step.plan) })) }),
    decisions: new Map(steps.map(({ rule, nth, plan: to }) => [`${rule} ${nth}`, decide(to)])),
  };
}

type DifferingEscalation = { readonly key: string; readonly rule: string; readonly was: string | null; readonly is: string | null };

/** In the order the new policy has them; null where a side has none of that rule. */
function differingEscalations({ old, now }: Pick<Group, "old" | "now">): readonly DifferingEscalation[] {
  const texts = ({ escalations }: Treated): ReadonlyMap<string, string> => new Map(escalations.map((one) => [`${one.rule} ${one.nth}`, one.text]));
  const [before, after] = [texts(old), texts(now)];
  return [...new Set([...after.keys(), ...before.keys()])]
    .map((key) => ({ key, rule: key.slice(0, key.indexOf(" ")), was: before.get(key) ?? null, is: after.get(key) ?? null }))
    .filter(({ was, is }) => was !== is);
}

type Locating = { readonly pair: Pair; readonly request: RequestFacts; readonly placeOf: (group: Group) => number };

/** Walks to the request's leaf. Where the diagram asks what is not known of it, every answer must lead to one place. */
function located(space: Space, root: Ref, { pair, request, placeOf }: Locating): number | null | undefined {
  const { old, now } = pair;
  const { model: _, unknown = [], ...said } = request;
  // A fact that only the new policy declares was not heard when the request came.
  const declared = Object.keys(request.facts ?? {});
  const open = new Set([...unknown, ...[...now.served.facts.keys()].filter((name) => !old.served.facts.has(name) && !declared.includes(name))]);
  const facts = factsOf({ facts: old.compared.facts }, { ...said, facts: Object.fromEntries(Object.entries(request.facts ?? {}).filter(([name]) => old.compared.facts.has(name))) });
  if (!facts.ok) return undefined;
  const values = space.valuesOf(facts.facts);
  const found = new Set<number | null>();
  const seen = new Set<Ref>();
  const visit = (ref: Ref): void => {
    if (seen.has(ref)) return;
    seen.add(ref);
    if (space.diagrams.isLeaf(ref)) {
      const leaf = space.diagrams.leafOf(ref);
      found.add(typeof leaf === "boolean" ? null : placeOf(leaf as Group));
      return;
    }
    const { variable, kids } = space.diagrams.at(ref);
    const axis = space.axes[variable]!;
    const isOpen = axis.kind === "size" ? open.has("request.tokens") || open.has("request.output") : open.has(axis.fact);
    (isOpen ? kids : [kids[values.get(variable) ?? 0]!]).forEach(visit);
  };
  visit(root);
  return found.size === 1 ? [...found][0]! : undefined;
}
