// The worst a request to a model can cost, known before the first one: attempts, microdollars and milliseconds, each with the
// way that reaches it. By structure alone, so it holds for every request; `limits` are not applied here.
//
//   attempts(target) = 1                        attempts(try s)  = (1 + retry) × attempts(s)
//   attempts(cascade, smallest of, alloy) = sum attempts(dispatcher) = the largest arm
//   attempts(model) = attempts(route) + retry limits of its rules + limit × attempts(escalation)
import type { Model, Target } from "#contracts";
import { named, type Lookup } from "#runtime/plan";
import { reach } from "./vocabulary.ts";

/** `path` names the arms that are taken and the rules that repeat; `value` null where a price on the way is not declared. */
export type Bound = { readonly value: number | null; readonly path: readonly string[]; readonly unpriced: readonly string[] };
export type Bounds = { readonly attempts: Bound; readonly cost: Bound; readonly wall: Bound };

export function worstCase(lookup: Lookup, model: Model): Bounds {
  return {
    attempts: modelBound(lookup, model, { ofTarget: () => exactly(1), waits: false }),
    cost: modelBound(lookup, model, { ofTarget: costOf, waits: false }),
    wall: modelBound(lookup, model, { ofTarget: (target, timeout) => exactly(wallOf(lookup, target, timeout)), waits: true }),
  };
}

/** Microdollars one attempt can cost at most: prompt and answer share the window, and the dearer of the two takes all it can. */
export function costOf(target: Target): Bound {
  if (target.price === null) return { value: null, path: [], unpriced: [target.id] };
  const { input, output } = target.price;
  const answer = output > input ? Math.min(target.output ?? target.context, target.context) : 0;
  return exactly(Math.ceil(((target.context - answer) * input + answer * output) / 1_000_000));
}

type Measure = {
  ofTarget(target: Target, timeout: number | null): Bound;
  /** Whether the pauses before retries count. */
  readonly waits: boolean;
};

function modelBound(lookup: Lookup, model: Model, measure: Measure): Bound {
  let total = selectorBound(lookup, model.route, measure);
  for (const id of model.rules) {
    const rule = named(lookup.rules, id);
    if (rule.mode === "shadow") continue;
    for (const step of rule.ladder) {
      if (step.kind === "retry") {
        // Which target is asked again is not known here; the dearest one that any path reaches stands for it.
        const again = largest(targetsReached(lookup, model).map((target) => measure.ofTarget(target, null)));
        total = sum([total, through(`${rule.id}`, times(step.limit, again))]);
      }
      if (step.kind === "escalate") total = sum([total, through(rule.id, times(step.limit, selectorBound(lookup, step.selector, measure)))]);
    }
  }
  return total;
}

function selectorBound(lookup: Lookup, root: string, measure: Measure): Bound {
  const done = new Map<string, Bound>();

  const visit = (id: string, timeout: number | null): Bound => {
    const key = `${id} ${timeout}`;
    const known = done.get(key);
    if (known !== undefined) return known;
    const bound = build(id, timeout);
    done.set(key, bound);
    return bound;
  };

  const build = (id: string, timeout: number | null): Bound => {
    const target = lookup.targets.get(id);
    if (target !== undefined) return measure.ofTarget(target, timeout);
    const inner = lookup.models.get(id);
    if (inner !== undefined) return visit(inner.route, timeout);
    const selector = named(lookup.selectors, id);
    switch (selector.kind) {
      case "dispatcher":
        return largest(selector.arms.map((arm) => (arm.then.kind === "refuse" ? exactly(0) : through(arm.id, visit(arm.then.id, timeout)))));
      case "cascade":
        return sum(
          selector.tries.map((step) => {
            const once = visit(step.selector, step.timeout === null ? timeout : Math.min(step.timeout, timeout ?? step.timeout));
            return sum([times(1 + step.retry, once), exactly(measure.waits ? step.retry * step.backoff.to : 0)]);
          }),
        );
      default:
        return sum(selector.parts.map((part) => visit(part.selector, timeout)));
    }
  };

  return visit(root, null);
}

function wallOf(lookup: Lookup, target: Target, timeout: number | null): number {
  const { total } = named(lookup.providers, target.provider).timeout;
  return timeout === null ? total : Math.min(timeout, total);
}

function targetsReached(lookup: Lookup, model: Model): readonly Target[] {
  const escalations = model.rules.flatMap((id) => named(lookup.rules, id).ladder.flatMap((step) => (step.kind === "escalate" ? [step.selector] : [])));
  return [...reach(lookup, [model.route, ...escalations])].flatMap((id) => lookup.targets.get(id) ?? []);
}

function exactly(value: number): Bound {
  return { value, path: [], unpriced: [] };
}

function through(id: string, bound: Bound): Bound {
  return { ...bound, path: [id, ...bound.path] };
}

function times(count: number, bound: Bound): Bound {
  return { ...bound, value: bound.value === null ? null : count * bound.value };
}

function sum(bounds: readonly Bound[]): Bound {
  return {
    value: bounds.some((one) => one.value === null) ? null : bounds.reduce((total, one) => total + one.value!, 0),
    path: distinct(bounds.flatMap((one) => one.path)),
    unpriced: distinct(bounds.flatMap((one) => one.unpriced)),
  };
}

/** The first of the largest. An unknown one cannot be compared, so it makes the whole unknown. */
function largest(bounds: readonly Bound[]): Bound {
  const unknown = bounds.filter((one) => one.value === null);
  if (unknown.length > 0) return { value: null, path: unknown[0]!.path, unpriced: distinct(unknown.flatMap((one) => one.unpriced)) };
  return bounds.reduce((worst, one) => (one.value! > worst.value! ? one : worst), bounds[0] ?? exactly(0));
}

function distinct(list: readonly string[]): readonly string[] {
  return [...new Set(list)];
}
