// Which model lists what, both ways round. A program has many of both, so nobody looks through all of them for each.
import type { Model, Policy } from "#contracts";
import type { Bound } from "../bind/index.ts";
import type { Asked } from "./asked.ts";
import { once } from "./once.ts";

/** The models that list a guard or rule, in the policy's order. */
export function listing({ models }: Pick<Policy, "models">, id: string): readonly Model[] {
  return listings(models).get(id) ?? [];
}

/** What is asked of those models; fewer where of one of them nothing can be proved. */
export function askedOf(models: readonly Asked[], listed: readonly Model[]): readonly Asked[] {
  const known = byModel(models);
  return listed.flatMap((model) => known.get(model) ?? []);
}

/** What is asked of the models whose requests can get to a selector or target, in the policy's order. */
export function reaching(models: readonly Asked[], id: string): readonly Asked[] {
  return byReach(models).get(id) ?? [];
}

/** The rules of a model, in the order they are declared. */
export function rulesOf({ rules }: Pick<Bound, "rules">, model: Model): readonly Bound["rules"][number][] {
  const known = byId(rules);
  return model.rules.flatMap((id) => known.get(id) ?? []).sort((left, right) => left.at - right.at).map(({ rule }) => rule);
}

const listings = once((models: Policy["models"]): ReadonlyMap<string, readonly Model[]> => {
  const found = new Map<string, Model[]>();
  for (const model of models) {
    for (const id of new Set([...model.guards, ...model.rules])) {
      const known = found.get(id);
      if (known === undefined) found.set(id, [model]);
      else known.push(model);
    }
  }
  return found;
});

const byModel = once((models: readonly Asked[]): ReadonlyMap<Model, Asked> => new Map(models.map((one) => [one.model, one])));

const byReach = once((models: readonly Asked[]): ReadonlyMap<string, readonly Asked[]> => {
  const found = new Map<string, Asked[]>();
  for (const asked of models) {
    for (const id of asked.reaches) {
      const known = found.get(id);
      if (known === undefined) found.set(id, [asked]);
      else known.push(asked);
    }
  }
  return found;
});

const byId = once((rules: Bound["rules"]) => new Map(rules.map((rule, at) => [rule.id, { at, rule }] as const)));
