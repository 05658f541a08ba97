// Public models: as any client lists them, and with what this gateway does for each. A key sees those it may use.
import type { ApiKey, Model } from "#contracts";
import { mayUse } from "../callers/index.ts";
import { modelFor, unknownModel } from "../gateway/request/read-request.ts";
import type { Loaded } from "../load.ts";
import type { Reply } from "./reply.ts";

export function publicModels(loaded: Loaded, key: ApiKey | null, created: number): unknown {
  return { object: "list", data: usable(loaded, key).map((model) => entry(model.name, created)) };
}

export function publicModel(loaded: Loaded, key: ApiKey | null, { id, created }: { readonly id: string; readonly created: number }): Reply {
  return modelFor(loaded, key, id) === null ? { kind: "problem", problem: unknownModel(loaded, id, key) } : { kind: "json", body: entry(id, created) };
}

export function aboutModels(loaded: Loaded, key: ApiKey | null): unknown {
  return { object: "list", bundle: loaded.digest, data: usable(loaded, key).map((model) => about(loaded, model)) };
}

export function aboutModel(loaded: Loaded, key: ApiKey | null, id: string): Reply {
  const model = modelFor(loaded, key, id);
  return model === null ? { kind: "problem", problem: unknownModel(loaded, id, key) } : { kind: "json", body: { bundle: loaded.digest, ...about(loaded, model) } };
}

function usable({ policy }: Loaded, key: ApiKey | null): readonly Model[] {
  return policy.models.filter((model) => key === null || mayUse(key, model));
}

function entry(id: string, created: number): unknown {
  return { id, object: "model", created, owned_by: "wardwright" };
}

function about(loaded: Loaded, model: Model): object {
  const { id, name, aliases, route, guards, rules, limits } = model;
  return { id, name, aliases, doc: loaded.bundle.about.docs[id] ?? null, limits, route: tree(loaded, route, 0), guards: guards.map((one) => loaded.guards.get(one)), rules: rules.map((one) => loaded.rules.get(one)) };
}

/** A graph that shares much is larger as a tree; deeper than this it is named and not drawn. */
const DEEPEST = 8;

function tree(loaded: Loaded, id: string, depth: number): unknown {
  const target = loaded.targets.get(id);
  if (target !== undefined) return { kind: "target", id, name: target.name, provider: target.provider, context: target.context, output: target.output, can: target.can };
  const model = loaded.models.get(id);
  if (model !== undefined) return { kind: "model", id, name: model.name, route: depth < DEEPEST ? tree(loaded, model.route, depth + 1) : model.route };
  const selector = loaded.selectors.get(id);
  if (selector === undefined || depth >= DEEPEST) return { kind: "reference", id };
  const below = (inner: string): unknown => tree(loaded, inner, depth + 1);
  switch (selector.kind) {
    case "dispatcher":
      return { ...selector, arms: selector.arms.map((arm) => ({ ...arm, then: arm.then.kind === "selector" ? below(arm.then.id) : arm.then })) };
    case "cascade":
      return { ...selector, tries: selector.tries.map((step) => ({ ...step, selector: below(step.selector) })) };
    case "smallest":
    case "alloy":
      return { ...selector, parts: selector.parts.map((part) => ({ ...part, selector: below(part.selector) })) };
    default:
      return selector satisfies never;
  }
}
