// Every id of a policy names something of the right kind, nothing is declared twice, and no selector leads back to
// itself; nor does any automaton lead where it has nothing. What comes out is the first thing that is not so, or null.
import type { Condition, Guard, Policy, Rule, Selector } from "#contracts";
import { BUILT_IN_FACTS } from "./plan/index.ts";
import { unsound } from "./sound.ts";

type Broken = { readonly message: string; readonly help: string };

const HELP = "build it again with `ward build`; a bundle is not written by hand";

export function brokenReference(policy: Policy): Broken | null {
  return twice(policy) ?? dangling(policy) ?? undeclared(policy) ?? astray(policy) ?? cycle(policy);
}

/** The selectors a selector may hand a request to, in the order written; a model's id stands for its route. */
function successors(selector: Selector): readonly string[] {
  switch (selector.kind) {
    case "dispatcher":
      return selector.arms.flatMap((arm) => (arm.then.kind === "selector" ? [arm.then.id] : []));
    case "cascade":
      return selector.tries.map((step) => step.selector);
    default:
      return selector.parts.map((part) => part.selector);
  }
}

function twice(policy: Policy): Broken | null {
  const lists = [policy.providers, policy.targets, policy.selectors, policy.guards, policy.rules, policy.automata, policy.alerts, policy.models, policy.invariants];
  const repeated = firstRepeat(lists.flatMap((list) => list.map((one) => one.id)));
  if (repeated !== null) return { message: `the policy declares \`${repeated}\` twice`, help: HELP };
  const fact = firstRepeat(policy.facts.map((one) => one.name));
  if (fact !== null) return { message: `the policy declares the fact \`${fact}\` twice`, help: HELP };
  const model = firstRepeat(policy.models.flatMap((one) => [...new Set([one.name, ...one.aliases])]));
  if (model !== null) return { message: `two models of the policy are called \`${model}\``, help: HELP };
  return null;
}

function dangling(policy: Policy): Broken | null {
  const providers = ids(policy.providers);
  const targets = ids(policy.targets);
  const guards = ids(policy.guards);
  const rules = ids(policy.rules);
  const alerts = ids(policy.alerts);
  const automata = ids(policy.automata);
  const models = ids(policy.models);
  const routes = new Set([...targets, ...ids(policy.selectors), ...models]);

  return (
    first(policy.targets, (target) => missing(target.id, providers, [target.provider])) ??
    first(policy.selectors, (selector) => missing(selector.id, routes, successors(selector))) ??
    first(policy.guards, (guard) => missing(guard.id, guardTargets(guard, providers, targets), guardNames(guard))) ??
    first(policy.rules, (rule) => missing(rule.id, alerts, rule.alerts) ?? missing(rule.id, routes, rule.ladder.flatMap((step) => (step.kind === "escalate" ? [step.selector] : [])))) ??
    first(policy.automata, (automaton) => missing(automaton.id, rules, automaton.rules)) ??
    first(
      policy.models,
      (model) =>
        missing(model.id, routes, [model.route]) ??
        missing(model.id, guards, model.guards) ??
        missing(model.id, rules, model.rules) ??
        missing(model.id, alerts, model.alerts) ??
        missing(model.id, automata, model.automata.map((one) => one.automaton)),
    ) ??
    first(policy.invariants, (invariant) => missing(invariant.id, models, invariant.models))
  );
}

function ids(list: readonly { readonly id: string }[]): ReadonlySet<string> {
  return new Set(list.map((one) => one.id));
}

function missing(from: string, known: ReadonlySet<string>, wanted: readonly string[]): Broken | null {
  const lost = wanted.find((id) => !known.has(id));
  return lost === undefined ? null : { message: `\`${from}\` refers to \`${lost}\`, which is not in the bundle`, help: HELP };
}

function first<T>(list: readonly T[], check: (one: T) => Broken | null): Broken | null {
  for (const one of list) {
    const broken = check(one);
    if (broken !== null) return broken;
  }
  return null;
}

/** Zones and regions are free names; only providers and targets are declared. */
function guardNames({ then }: Guard): readonly string[] {
  return then.kind === "refuse" || then.by === "zone" || then.by === "region" ? [] : then.names;
}

function guardTargets({ then }: Guard, providers: ReadonlySet<string>, targets: ReadonlySet<string>): ReadonlySet<string> {
  return then.kind !== "refuse" && then.by === "provider" ? providers : targets;
}

/** A condition on a fact nobody declares would compare false and never be noticed. Alerts may ask about receipts besides. */
function undeclared(policy: Policy): Broken | null {
  const known = new Set([...BUILT_IN_FACTS.keys(), ...policy.facts.map((fact) => fact.name)]);
  const asking: readonly (readonly [string, Condition | null])[] = [
    ...policy.selectors.flatMap((one) => (one.kind === "dispatcher" ? one.arms.map((arm) => [arm.id, arm.when] as const) : [])),
    ...[...policy.guards, ...policy.rules, ...policy.invariants].map((one) => [one.id, one.when] as const),
    ...policy.alerts.map((one) => [one.id, one.when] as const),
  ];
  return first(asking, ([id, when]) => {
    const fact = factsOf(when).find((name) => !known.has(name) && !(id.startsWith("alert:") && name.startsWith("receipt.")));
    return fact === undefined ? null : { message: `\`${id}\` asks about the fact \`${fact}\`, which the bundle does not declare`, help: HELP };
  });
}

function factsOf(condition: Condition | null): readonly string[] {
  if (condition === null) return [];
  switch (condition.op) {
    case "and":
    case "or":
      return condition.of.flatMap(factsOf);
    case "not":
      return factsOf(condition.of);
    default:
      return [condition.fact];
  }
}

function astray({ automata, rules }: Policy): Broken | null {
  return (
    first(automata, (one) => broken(`\`${one.id}\` cannot be run`, unsound(one))) ??
    first(rules, ({ id, match }) => (match.kind === "schema" ? broken(`\`${id}\` has patterns that cannot be run`, patternsAstray(match)) : null))
  );
}

/** That every pattern of the schema is among them its validator sees. */
function patternsAstray({ patterns }: Extract<Rule["match"], { readonly kind: "schema" }>): string | null {
  if (patterns === undefined) return null;
  const { sources, automaton } = patterns;
  return sources.length === automaton.rules.length ? unsound(automaton) : "there are more of them than it knows, or fewer";
}

function broken(what: string, why: string | null): Broken | null {
  return why === null ? null : { message: `${what}: ${why}`, help: HELP };
}

/** Depth first with a colour per node; an explicit stack, since nothing bounds how deep selectors nest. */
function cycle(policy: Policy): Broken | null {
  const next = new Map<string, readonly string[]>([
    ...policy.selectors.map((one) => [one.id, successors(one)] as const),
    ...policy.models.map((one) => [one.id, [one.route]] as const),
  ]);
  const done = new Set<string>();
  for (const root of next.keys()) {
    const open = new Set<string>();
    const stack: { readonly id: string; at: number }[] = [];
    const enter = (id: string): void => {
      open.add(id);
      stack.push({ id, at: 0 });
    };
    if (!done.has(root)) enter(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const child = next.get(top.id)?.[top.at++];
      if (child === undefined) {
        stack.pop();
        open.delete(top.id);
        done.add(top.id);
      } else if (open.has(child)) {
        return { message: `\`${child}\` leads back to itself through \`${top.id}\``, help: HELP };
      } else if (!done.has(child)) {
        enter(child);
      }
    }
  }
  return null;
}

function firstRepeat(list: readonly string[]): string | null {
  const seen = new Set<string>();
  for (const one of list) {
    if (seen.has(one)) return one;
    seen.add(one);
  }
  return null;
}
