// Which models of two policies are compared: those that clients reach by one name, and those that are one by their id. A name
// that answered and answers no longer is the end of somebody's requests; it does not matter how the model is called inside.
import type { DifferingDefinition, Model, Policy } from "#contracts";
import { PUBLIC_PREFIX } from "#runtime/plan";
import { placeOf, type Side } from "./side.ts";

/** One public model on both sides; `name` is what clients call it. */
export type Pair = { readonly old: Side; readonly now: Side; readonly oldModel: Model; readonly nowModel: Model; readonly name: string };

export type Sides = { readonly old: Side; readonly now: Side };

export function pairsOf({ old, now }: Sides): readonly Pair[] {
  const [before, after] = [namesOf(old.served.policy), namesOf(now.served.policy)];
  const names = new Map<string, { readonly oldModel: Model; readonly nowModel: Model; readonly names: string[] }>();
  const pair = (oldModel: Model, nowModel: Model): string[] => {
    const key = `${oldModel.id} ${nowModel.id}`;
    const known = names.get(key) ?? { oldModel, nowModel, names: [] };
    names.set(key, known);
    return known.names;
  };
  for (const [name, oldModel] of before) {
    const nowModel = after.get(name);
    if (nowModel !== undefined) pair(oldModel, nowModel).push(name);
  }
  for (const model of now.served.policy.models) {
    const same = old.served.models.get(model.id);
    if (same !== undefined) pair(same, model);
  }
  return [...names.values()]
    .map((one) => ({ old, now, oldModel: one.oldModel, nowModel: one.nowModel, name: one.names.includes(one.nowModel.name) ? one.nowModel.name : (one.names.sort()[0] ?? one.nowModel.name) }))
    .sort((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : left.oldModel.id < right.oldModel.id ? -1 : 1));
}

/** Public names that came and went. */
export function nameChanges({ old, now }: Sides): readonly DifferingDefinition[] {
  const [before, after] = [namesOf(old.served.policy), namesOf(now.served.policy)];
  const gone = [...before].filter(([name]) => !after.has(name));
  const come = [...after].filter(([name]) => !before.has(name));
  const entry = (model: Model, severity: DifferingDefinition["severity"], change: string): DifferingDefinition => ({
    kind: "model", id: model.id, severity, change, witness: null, old: placeOf(old, [model.id]), new: placeOf(now, [model.id]),
  });
  const whole = (names: ReadonlyMap<string, Model>, model: Model): boolean => ![...names.values()].some((one) => one.id === model.id);
  return [
    ...gone.map(([name, model]) => entry(model, "breaking", name === model.name && whole(after, model) ? `the public model \`${name}\` is gone` : `clients can no longer ask for \`${name}\``)),
    ...come.map(([name, model]) => entry(model, "routing", name === model.name && whole(before, model) ? `a public model \`${name}\` is new` : `clients can ask for \`${name}\` too`)),
  ];
}

/** Every name clients can ask for, as they write it without the prefix they may add. */
function namesOf({ models }: Policy): ReadonlyMap<string, Model> {
  const bare = (name: string): string => (name.startsWith(PUBLIC_PREFIX) ? name.slice(PUBLIC_PREFIX.length) : name);
  return new Map(models.flatMap((model) => [model.name, ...model.aliases].map((name) => [bare(name), model] as const)));
}
