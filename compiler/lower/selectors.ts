// Selectors, weights reduced and models replaced by what they route to.
import type { Destination, Selector } from "#contracts";
import type { Bound, BoundAlloy, BoundSelector, SelectorReference } from "../bind/index.ts";
import { lowerWhen, type Types } from "./conditions.ts";

/** The target or selector a reference leads to: a model stands for its route. */
export type Lead = (to: SelectorReference) => string;

export function leads({ models }: Bound): Lead {
  const routes = new Map(models.map((model) => [model.id, model.fields.route]));
  return (to) => {
    let at = to;
    while (at.to.kind === "model") at = routes.get(at.id)!;
    return at.id;
  };
}

export function lowerSelector(selector: BoundSelector, lead: Lead, types: Types): Selector {
  const { kind, id, node: { name: { text: name } } } = selector;
  switch (kind) {
    case "dispatcher":
      return { kind, id, name, arms: selector.arms.map((arm) => ({ id: arm.id, when: lowerWhen(arm.when, types), then: lowerDestination(arm.then, lead) })) };
    case "smallest":
      return { kind, id, name, parts: selector.parts.map((part) => ({ id: part.id, selector: lead(part.selector) })) };
    case "cascade":
      return { kind, id, name, resume: selector.fields.resume, tries: selector.tries.map((step) => ({ id: step.id, selector: lead(step.selector), ...step.fields })) };
    case "alloy":
      return { kind, id, name, ...selector.fields, parts: lowerParts(selector, lead) };
  }
}

function lowerDestination(then: Extract<BoundSelector, { kind: "dispatcher" }>["arms"][number]["then"], lead: Lead): Destination {
  return then.kind === "refuse" ? then : { kind: "selector", id: lead(then.selector) };
}

function lowerParts({ parts }: BoundAlloy, lead: Lead): Extract<Selector, { kind: "alloy" }>["parts"] {
  const divisor = parts.map((part) => part.weight).reduce(greatestCommonDivisor);
  return parts.map((part) => ({ id: part.id, selector: lead(part.selector), weight: part.weight / divisor }));
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
