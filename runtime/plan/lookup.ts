// A policy with its names resolved: every id of the policy to what it names. Made once per policy; everything that plans
// reads it. References were checked before, so a lookup that misses is our bug and is thrown.
import type { Alert, Automaton, Fact, Guard, Model, Policy, Provider, Rule, Selector, Target } from "#contracts";

export type Lookup = {
  readonly policy: Policy;
  /** Declared facts by name. */
  readonly facts: ReadonlyMap<string, Fact>;
  /** By id. */
  readonly providers: ReadonlyMap<string, Provider>;
  readonly targets: ReadonlyMap<string, Target>;
  readonly selectors: ReadonlyMap<string, Selector>;
  readonly guards: ReadonlyMap<string, Guard>;
  readonly rules: ReadonlyMap<string, Rule>;
  readonly automata: ReadonlyMap<string, Automaton>;
  readonly alerts: ReadonlyMap<string, Alert>;
  readonly models: ReadonlyMap<string, Model>;
  /** A public model by its name or an alias, with or without `wardwright/` before it. */
  modelNamed(name: string): Model | null;
};

export const PUBLIC_PREFIX = "wardwright/";

export function lookup(policy: Policy): Lookup {
  const named = new Map(policy.models.flatMap((model) => [model.name, ...model.aliases].map((name) => [name, model] as const)));
  return {
    policy,
    facts: new Map(policy.facts.map((fact) => [fact.name, fact])),
    providers: byId(policy.providers),
    targets: byId(policy.targets),
    selectors: byId(policy.selectors),
    guards: byId(policy.guards),
    rules: byId(policy.rules),
    automata: byId(policy.automata),
    alerts: byId(policy.alerts),
    models: byId(policy.models),
    modelNamed: (name) => named.get(name) ?? (name.startsWith(PUBLIC_PREFIX) ? named.get(name.slice(PUBLIC_PREFIX.length)) : undefined) ?? null,
  };
}

/** What `id` names; the loader made sure that it names something. */
export function named<T>(map: ReadonlyMap<string, T>, id: string): T {
  const found = map.get(id);
  if (found === undefined) throw new Error(`\`${id}\` names nothing in this policy`);
  return found;
}

function byId<T extends { readonly id: string }>(list: readonly T[]): ReadonlyMap<string, T> {
  return new Map(list.map((one) => [one.id, one]));
}
