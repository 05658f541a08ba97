// Policy -> the worst case of each model: how many attempts, how much money, how much time a request can take, were the
// model's own limits not there. The runtime stops at the limits; the worst case says whether they are ever needed.
//
//   target 1    try s: (1 + retry) × s    cascade: sum    arms: most    smallest, alloy: sum of parts
//   model: its route + the retries of its rules + limit × the route of each escalation
import type { Model, Policy, Selector, Target } from "#contracts";
import { lookup, named, type Lookup } from "#runtime/plan";

/** Microdollars, null where a target declares no price; milliseconds. */
export type Worst = { readonly attempts: number; readonly cost: number | null; readonly wall: number };

export function worstOf(policy: Policy, model: Model): Worst {
  const program = lookup(policy);
  const known = new Map<string, Worst>();
  const route = worstUnder(model.route, null, program, known);
  const again = dearest(targetsOf(policy, model).map((target) => ofTarget(target, null, program)));
  const steps = model.rules.flatMap((id) => named(program.rules, id)).filter((rule) => rule.mode === "enforce").flatMap((rule) => rule.ladder);
  return steps.reduce((sum, action) => {
    if (action.kind === "retry") return plus(sum, times(action.limit, again));
    if (action.kind === "escalate") return plus(sum, times(action.limit, worstUnder(action.selector, null, program, known)));
    return sum;
  }, route);
}

/** Every target a request for the model can reach, by its route or by an escalation; in the policy's order. */
export function targetsOf(policy: Policy, model: Model): readonly Target[] {
  const program = lookup(policy);
  const reached = new Set<string>();
  const visit = (id: string): void => {
    if (reached.has(id)) return;
    reached.add(id);
    const through = program.models.get(id);
    if (through !== undefined) visit(through.route);
    const selector = program.selectors.get(id);
    if (selector !== undefined) partsOf(selector).forEach(visit);
  };
  visit(model.route);
  for (const rule of model.rules) {
    for (const action of named(program.rules, rule).ladder) if (action.kind === "escalate") visit(action.selector);
  }
  return policy.targets.filter((target) => reached.has(target.id));
}

function partsOf(selector: Selector): readonly string[] {
  switch (selector.kind) {
    case "dispatcher":
      return selector.arms.flatMap((arm) => (arm.then.kind === "selector" ? [arm.then.id] : []));
    case "smallest":
    case "alloy":
      return selector.parts.map((part) => part.selector);
    case "cascade":
      return selector.tries.map((step) => step.selector);
    default:
      return unreachable(selector);
  }
}

/** `timeout` is the least of the steps around it. */
function worstUnder(id: string, timeout: number | null, program: Lookup, known: Map<string, Worst>): Worst {
  const key = `${id} ${timeout}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const found = compute(id, timeout, program, known);
  known.set(key, found);
  return found;
}

function compute(id: string, timeout: number | null, program: Lookup, known: Map<string, Worst>): Worst {
  const target = program.targets.get(id);
  if (target !== undefined) return ofTarget(target, timeout, program);
  const through = program.models.get(id);
  if (through !== undefined) return worstUnder(through.route, timeout, program, known);
  const selector = named(program.selectors, id);
  const under = (part: string, least: number | null = timeout): Worst => worstUnder(part, least, program, known);
  switch (selector.kind) {
    case "dispatcher":
      return partsOf(selector).map((part) => under(part)).reduce(most, NOTHING);
    case "smallest":
    case "alloy":
      return partsOf(selector).map((part) => under(part)).reduce(plus, NOTHING);
    case "cascade":
      return selector.tries
        .map((step) => {
          const once = under(step.selector, step.timeout === null ? timeout : Math.min(step.timeout, timeout ?? Infinity));
          return plus(times(1 + step.retry, once), { attempts: 0, cost: 0, wall: step.retry * step.backoff.to });
        })
        .reduce(plus, NOTHING);
    default:
      return unreachable(selector);
  }
}

function ofTarget(target: Target, timeout: number | null, program: Lookup): Worst {
  const { total } = named(program.providers, target.provider).timeout;
  return { attempts: 1, cost: costOf(target), wall: Math.min(timeout ?? Infinity, total) };
}

/** A full context window, as much of it answered as the target can where answers are dearer. */
function costOf({ price, context, output }: Target): number | null {
  if (price === null) return null;
  const answer = price.output > price.input ? Math.min(output ?? context, context) : 0;
  return Math.ceil(((context - answer) * price.input + answer * price.output) / 1_000_000);
}

const NOTHING: Worst = { attempts: 0, cost: 0, wall: 0 };

function plus(a: Worst, b: Worst): Worst {
  return { attempts: a.attempts + b.attempts, cost: a.cost === null || b.cost === null ? null : a.cost + b.cost, wall: a.wall + b.wall };
}

function times(count: number, a: Worst): Worst {
  return { attempts: count * a.attempts, cost: a.cost === null ? null : count * a.cost, wall: count * a.wall };
}

/** The worst of each, which no single way need reach. */
function most(a: Worst, b: Worst): Worst {
  return { attempts: Math.max(a.attempts, b.attempts), cost: a.cost === null || b.cost === null ? null : Math.max(a.cost, b.cost), wall: Math.max(a.wall, b.wall) };
}

function dearest(each: readonly Worst[]): Worst {
  return each.reduce(most, NOTHING);
}

function unreachable(value: never): never {
  throw new Error(`no such selector: ${JSON.stringify(value)}`);
}
