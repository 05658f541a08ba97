// In: a side, one of its models and the space of all requests to it. Out: a diagram from every request to how it is treated,
// its rules' escalations included: those too are ways a request can go.
import type { Decision, Model } from "#contracts";
import { decide, named, plan, type Facts, type Lookup, type Plan } from "#runtime/plan";
import { answersOf, type Leaf, type Space } from "../analysis/index.ts";
import type { Side } from "./side.ts";
import { ruleOrder, standing, wayText, type Standing } from "./treatment.ts";

/** The `nth` time a rule's ladder escalates. */
export type EscalationStep = { readonly rule: string; readonly nth: number; readonly route: string };
export type Escalation = EscalationStep & { readonly plan: Plan; readonly text: string };

export type Treated = {
  /** Equal exactly where two requests are treated the same. */
  readonly text: string;
  /** What is tried by the route, or why nothing is. */
  readonly way: string;
  /** Ids of the rules that watch it, in an order that counts. */
  readonly rules: readonly string[];
  readonly plan: Plan;
  /** Arms taken by the route, the outer before the inner. */
  readonly arms: readonly string[];
  /** Of the rules that watch the request. */
  readonly escalations: readonly Escalation[];
  /** Targets that guards keep it from. */
  readonly guarded: ReadonlySet<string>;
  /** Every target it can get to, first or last, and where that stands. */
  readonly reach: ReadonlyMap<string, Standing>;
};

/** As `eval` prints it: the route's decision, or an escalation's. */
export function decisionOf({ plan }: Treated | Escalation): Decision {
  return decide(plan);
}

export type TreatedModel = { readonly ref: number; readonly leaves: readonly Treated[] };

export function treatedBy(space: Space, { compared }: Side, model: Model): TreatedModel {
  const { diagrams } = space;
  const steps = escalationSteps(compared, model);
  const answers = answersOf(space, { lookup: compared, model });
  const escalated = steps.map(({ route }) => answersOf(space, { lookup: compared, model, route }));
  const texts = new Map<Plan, string>();
  const textOf = (plan: Plan): string => {
    const text = texts.get(plan) ?? wayText(compared, plan);
    texts.set(plan, text);
    return text;
  };
  const known = new Map<string, Treated>();
  const ref = diagrams.product([answers.ref, ...escalated.map((one) => one.ref)], ([main, ...others]) => {
    const { plan, arms } = main as Leaf;
    const escalations = steps.flatMap((step, at): Escalation[] => {
      const leaf = others[at] as Leaf;
      return plan.rules.includes(step.rule) ? [{ ...step, plan: leaf.plan, text: textOf(leaf.plan) }] : [];
    });
    const way = textOf(plan);
    const rules = ruleOrder(compared, plan.rules);
    const text = treatmentText({ way, rules, escalations });
    const plans = [plan, ...escalations.map((one) => one.plan)];
    const guarded = guardedIn(plans);
    const key = JSON.stringify([text, arms, guarded]);
    const treated = known.get(key) ?? { text, way, rules, plan, arms, escalations, guarded: new Set(guarded), reach: reachOf(compared, plans) };
    known.set(key, treated);
    return diagrams.leaf(treated);
  });
  return { ref, leaves: diagrams.leavesOf(ref) as readonly Treated[] };
}

/** What the runtime plans for one request: its route, and every escalation of the rules that watch it. */
export function treatedRequest(lookup: Lookup, model: Model, facts: Facts): Treated {
  const main = plan(lookup, model, facts, { keys: null });
  const escalations = escalationSteps(lookup, model).flatMap((step): Escalation[] => {
    if (!main.rules.includes(step.rule)) return [];
    const to = plan(lookup, model, facts, { keys: null, route: step.route });
    return [{ ...step, plan: to, text: wayText(lookup, to) }];
  });
  const [way, rules] = [wayText(lookup, main), ruleOrder(lookup, main.rules)];
  const plans = [main, ...escalations.map((one) => one.plan)];
  return {
    text: treatmentText({ way, rules, escalations }), way, rules, plan: main, arms: main.path.filter((id) => /^dispatcher:[^/]+\/(?:arm:|otherwise)/.test(id)), escalations,
    guarded: new Set(guardedIn(plans)), reach: reachOf(lookup, plans),
  };
}

/** The whole of it. */
function treatmentText({ way, rules, escalations }: Pick<Treated, "way" | "rules" | "escalations">): string {
  return JSON.stringify([way, rules, escalations.map(({ rule, nth, text }) => [rule, nth, text])]);
}

/** What rules that are enforced escalate to; a rule in shadow does nothing. */
function escalationSteps(lookup: Lookup, model: Model): readonly EscalationStep[] {
  return model.rules.flatMap((id) => {
    const { mode, ladder } = named(lookup.rules, id);
    const routes = ladder.flatMap((step) => (step.kind === "escalate" ? [step.selector] : []));
    return mode === "shadow" ? [] : routes.map((route, nth) => ({ rule: id, nth, route }));
  });
}

function guardedIn(plans: readonly Plan[]): readonly string[] {
  return [...new Set(plans.flatMap((one) => one.skipped.flatMap((skip) => (skip.reason === "guard" ? [skip.target] : []))))].sort();
}

function reachOf(lookup: Lookup, plans: readonly Plan[]): ReadonlyMap<string, Standing> {
  return new Map(plans.flatMap((one) => one.attempts.map((attempt) => [attempt.target.id, standing(lookup, attempt)] as const)));
}
