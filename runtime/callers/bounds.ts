// What is counted for a key, and how far: the key's own limits, and those it has on one model.
import type { ApiKey, KeyLimits, Model } from "#contracts";
import { PUBLIC_PREFIX } from "../plan/index.ts";
import type { Bound, Budget, Rate } from "./meters.ts";

/** Days and months are counted also where they have no bound: one that is set later finds what was used before. */
export function boundsOf(key: ApiKey, model: Model | null): readonly Bound[] {
  if (model === null) return bounds(key.id, key.limits);
  let ofKey = known.get(key);
  if (ofKey === undefined) known.set(key, (ofKey = new WeakMap()));
  let all = ofKey.get(model);
  if (all === undefined) ofKey.set(model, (all = boundsOn(key, model)));
  return all;
}

/** Keys and models never change, and go together with the file and the bundle they came in; a request then makes none anew. */
const known = new WeakMap<ApiKey, WeakMap<Model, readonly Bound[]>>();

function boundsOn(key: ApiKey, model: Model): readonly Bound[] {
  const onModel = Object.keys(key.model_limits).filter((name) => names(model, name));
  return [...bounds(key.id, key.limits), ...bounds(`${key.id}/${model.id}`, tightest(onModel.map((name) => key.model_limits[name]!)))];
}

/** Whether `name` is one of the model's public names. */
export function names(model: Model, name: string): boolean {
  const bare = name.startsWith(PUBLIC_PREFIX) ? name.slice(PUBLIC_PREFIX.length) : name;
  return [model.name, ...model.aliases].some((one) => one === name || one === bare);
}

/** To a key that may not use a model the model does not exist. */
export function mayUse(key: ApiKey, model: Model): boolean {
  return key.models === null || key.models.some((name) => names(model, name));
}

export function hasBudget({ limits, model_limits }: ApiKey): boolean {
  return [limits, ...Object.values(model_limits)].some((one) => BUDGETS.some(([field]) => one[field] !== undefined));
}

export function hasCostBudget({ limits, model_limits }: ApiKey): boolean {
  return [limits, ...Object.values(model_limits)].some((one) => one.cost_per_day !== undefined || one.cost_per_month !== undefined);
}

type Field = keyof KeyLimits;

const RATES: readonly (readonly [field: Field, measure: Rate["measure"], per: Rate["per"]])[] = [
  ["requests_per_minute", "requests", "minute"],
  ["tokens_per_minute", "tokens", "minute"],
];
const BUDGETS: readonly (readonly [field: Field, measure: Budget["measure"], per: Budget["per"]])[] = [
  ["tokens_per_day", "tokens", "day"],
  ["tokens_per_month", "tokens", "month"],
  ["cost_per_day", "cost", "day"],
  ["cost_per_month", "cost", "month"],
];

function bounds(owner: string, limits: KeyLimits): readonly Bound[] {
  const rates = RATES.flatMap(([field, measure, per]) => (limits[field] === undefined ? [] : [{ id: `${owner}/${field}`, measure, per, most: limits[field] }]));
  const budgets = BUDGETS.map(([field, measure, per]) => ({ id: `${owner}/${field}`, measure, per, most: limits[field] ?? Number.POSITIVE_INFINITY }));
  return [...rates, ...budgets];
}

/** A model may be named twice, by its name and an alias: both hold. */
function tightest(all: readonly KeyLimits[]): KeyLimits {
  const fields = [...RATES, ...BUDGETS].map(([field]) => field);
  return Object.fromEntries(
    fields.flatMap((field) => {
      const given = all.flatMap((one) => one[field] ?? []);
      return given.length === 0 ? [] : [[field, Math.min(...given)]];
    }),
  );
}
