// In: a policy. Out: every decision it can take, so that what no test shows can be counted, named and shown by a request.
// A decision no request can bring about is none: the analysis knows, and where it gave up, the model has no decisions here.
//
//   arm       an arm is taken                         drawn      a part of an alloy comes first
//   first     a step is the first that is tried       guard      a guard's condition holds, or does not
//   failure   a step is tried because another failed  rule       a rule fires, does not, or is used up
//   refused   a model refuses, by each code
import type { Policy, RefusalCode } from "#contracts";
import { matches, named, readerOf, factsOf, type Lookup, type Plan, type PlannedAttempt } from "#runtime/plan";
import { orGaveUp, regionWhere, type Answers, type Region } from "../analysis/index.ts";
import { askAll, type Asked } from "../check/asked.ts";

export type DecisionKind = "arm" | "first" | "failure" | "drawn" | "guard-true" | "guard-false" | "fired" | "quiet" | "exhausted" | "refused";

/** `key` tells decisions apart, and is what a test that shows it yields. */
export type Decision = { readonly key: string; readonly kind: DecisionKind; readonly id: string; readonly text: string; readonly ways: readonly Way[] };

/** Requests of one model that bring the decision about, if their upstreams do their part. */
export type Way = { readonly asked: Asked; readonly answers: Answers; readonly region: Region };

export function keyOf(kind: DecisionKind, id: string): string {
  return `${kind} ${id}`;
}

export type Decisions = {
  readonly decisions: readonly Decision[];
  /** Models whose requests are too many to be told apart: nothing is known of what they can decide. */
  readonly unknown: readonly { readonly model: string; readonly because: string }[];
};

export function decisionsOf(policy: Policy, lookup: Lookup): Decisions {
  const found = new Map<string, { kind: DecisionKind; id: string; ways: Way[] }>();
  const note = (kind: DecisionKind, id: string, way: Way): void => {
    if (way.asked.space.isEmpty(way.region)) return;
    const known = found.get(keyOf(kind, id));
    if (known === undefined) found.set(keyOf(kind, id), { kind, id, ways: [way] });
    else known.ways.push(way);
  };
  const { asked: models, tooLarge } = askAll(policy, lookup);
  const unknown = tooLarge.map(({ model, because }) => ({ model: model.name, because }));
  for (const asked of models) {
    const counted = orGaveUp(() => {
      for (const answers of asked.everyRoute) routeDecisions(lookup, { asked, answers, note });
      guardDecisions(lookup, asked, note);
      ruleDecisions(lookup, asked, note);
    });
    if (!counted.ok) unknown.push({ model: asked.model.name, because: counted.because });
  }
  const decisions = [...found.values()]
    .map(({ kind, id, ways }) => ({ key: keyOf(kind, id), kind, id, text: textOf(kind, id, lookup), ways }))
    .sort((a, b) => order(a) - order(b) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  return { decisions, unknown };
}

type Note = (kind: DecisionKind, id: string, way: Way) => void;

// ── routes ───────────────────────────────────────────────────────────────────────────────────────────────────

function routeDecisions(lookup: Lookup, { asked, answers, note }: { readonly asked: Asked; readonly answers: Answers; readonly note: Note }): void {
  const where = (holds: (plan: Plan) => boolean): Way => ({ asked, answers, region: regionWhere(answers, (leaf) => holds(leaf.plan)) });
  const ids = new Set(answers.leaves.flatMap(({ plan }) => [...plan.path, ...plan.attempts.flatMap((one) => one.trail)]));
  for (const id of ids) {
    const kind = kindOfStep(lookup, id);
    if (kind === "arm") note("arm", id, where((plan) => plan.path.includes(id)));
    if (kind === "try" || kind === "smallest part") note("first", id, where((plan) => leads(lookup, plan, id)));
    if (kind === "try") note("failure", id, where((plan) => followsFailure(plan, id)));
    if (kind === "alloy part") note("drawn", id, where((plan) => mayBeDrawn(lookup, plan, id)));
  }
  if (answers.route !== asked.model.route) return;
  // A refusal somebody wrote is an arm's or a guard's own decision.
  for (const code of ["guard_refused", "capability_missing", "context_length_exceeded"] as const satisfies readonly RefusalCode[]) {
    note("refused", `${asked.model.id}/${code}`, where((plan) => plan.refusal?.code === code && plan.wording === "planner"));
  }
}

type StepKind = "arm" | "try" | "smallest part" | "alloy part" | null;

function kindOfStep(lookup: Lookup, id: string): StepKind {
  const selector = lookup.selectors.get(id.slice(0, id.lastIndexOf("/")));
  if (selector === undefined) return null;
  if (selector.kind === "dispatcher") return "arm";
  return selector.kind === "cascade" ? "try" : selector.kind === "smallest" ? "smallest part" : "alloy part";
}

/** Whether the first attempt can be one of this step: nothing stands before it that is not drawn behind it. */
function leads(lookup: Lookup, { attempts }: Plan, id: string): boolean {
  return attempts.some((one) => one.trail.includes(id) && one.trail.slice(0, one.trail.indexOf(id) + 1).every((step, depth) => isFirst(lookup, attempts, one.trail.slice(0, depth), step)));
}

/** Whether `step` is the first to be tried of those below `above`. */
function isFirst(lookup: Lookup, attempts: readonly PlannedAttempt[], above: readonly string[], step: string): boolean {
  const selector = lookup.selectors.get(step.slice(0, step.lastIndexOf("/")));
  if (selector?.kind === "alloy" && selector.pick !== "all") return true;
  const first = attempts.find((one) => above.every((id, depth) => one.trail[depth] === id) && one.trail.length > above.length);
  return first?.trail[above.length] === step;
}

function followsFailure({ attempts }: Plan, id: string): boolean {
  return attempts.some((one) => !one.trail.includes(id) && Object.values(one.moves).some((move) => move !== null && attempts[move.to]!.trail.includes(id)));
}

function mayBeDrawn(lookup: Lookup, { attempts }: Plan, id: string): boolean {
  return attempts.some((one) => one.trail.includes(id) && isFirst(lookup, attempts, one.trail.slice(0, one.trail.indexOf(id)), id));
}

// ── guards and rules ─────────────────────────────────────────────────────────────────────────────────────────

function guardDecisions(lookup: Lookup, asked: Asked, note: Note): void {
  const { space, answers, model } = asked;
  const reached = regionWhere(answers, ({ plan }) => plan.refusal?.code !== "policy_refused");
  for (const id of model.guards) {
    const holds = space.where(named(lookup.guards, id).when);
    note("guard-true", id, { asked, answers, region: space.and(reached, holds) });
    note("guard-false", id, { asked, answers, region: space.minus(reached, holds) });
  }
}

function ruleDecisions(lookup: Lookup, asked: Asked, note: Note): void {
  const { answers, model } = asked;
  for (const id of model.rules) {
    const way = { asked, answers, region: regionWhere(answers, ({ plan }) => plan.rules.includes(id)) };
    note("fired", id, way);
    // What looks for nothing has nothing to miss.
    if (named(lookup.rules, id).match.kind !== "always") note("quiet", id, way);
    if (isUsedUp(lookup, id)) note("exhausted", id, way);
  }
}

/** A rule that asks again and then takes another step. */
export function isUsedUp(lookup: Lookup, id: string): boolean {
  const { ladder, mode } = named(lookup.rules, id);
  return mode === "enforce" && ladder.length > 1;
}

/** Which guards of its model hold for a request that gets to them. */
export function guardsThatHold(lookup: Lookup, plan: Plan, request: Parameters<typeof factsOf>[1]): ReadonlyMap<string, boolean> {
  if (plan.refusal?.code === "policy_refused") return new Map();
  const facts = factsOf(lookup, request);
  if (!facts.ok) throw new Error(`a rehearsed request is none: ${facts.problem.message}`);
  const read = readerOf(facts.facts);
  return new Map(plan.model.guards.map((id) => [id, ((when) => when === null || matches(when, read) === true)(named(lookup.guards, id).when)]));
}

// ── as text ──────────────────────────────────────────────────────────────────────────────────────────────────

const KINDS: readonly DecisionKind[] = ["arm", "first", "failure", "drawn", "guard-true", "guard-false", "fired", "quiet", "exhausted", "refused"];

function order({ kind }: { readonly kind: DecisionKind }): number {
  return KINDS.indexOf(kind);
}

function textOf(kind: DecisionKind, id: string, lookup: Lookup): string {
  switch (kind) {
    case "arm": return `${stepText(id, lookup)} is taken`;
    case "first": return `${stepText(id, lookup)} comes first`;
    case "failure": return `${stepText(id, lookup)} is tried after a failure`;
    case "drawn": return `${stepText(id, lookup)} is drawn`;
    case "guard-true": return `guard \`${named(lookup.guards, id).name}\` applies`;
    case "guard-false": return `guard \`${named(lookup.guards, id).name}\` does not apply`;
    case "fired": return `rule \`${named(lookup.rules, id).name}\` fires`;
    case "quiet": return `rule \`${named(lookup.rules, id).name}\` watches and does not fire`;
    case "exhausted": return `rule \`${named(lookup.rules, id).name}\` is used up`;
    case "refused": return `model \`${named(lookup.models, id.slice(0, id.lastIndexOf("/"))).name}\` refuses with \`${id.slice(id.lastIndexOf("/") + 1)}\``;
  }
}

function stepText(id: string, lookup: Lookup): string {
  const at = id.lastIndexOf("/");
  const selector = named(lookup.selectors, id.slice(0, at));
  const [what = "", which = ""] = id.slice(at + 1).split(":");
  if (what === "otherwise") return `\`otherwise\` of \`${selector.name}\``;
  return `${what} ${/^\d+$/.test(which) ? which : `\`${which}\``} of \`${selector.name}\``;
}
