// The most attempts a request can take, before the first one is made.
//
//   target 1 · try (1 + retry) × s · cascade sum · dispatcher max · smallest, alloy sum
//   model  route + Σ retry limits of its rules + Σ limit × escalation
import type { Action, Rule, Selector } from "#contracts";

export type Attempts = {
  /** Of a target or selector, by id. */
  of(id: string): number;
  /** Of a model, from its route and the rules it lists. */
  ofModel(route: string, rules: readonly Rule[]): number;
};

/** The selectors must be without cycles. Figures beyond 2^53 are only roughly right. */
export function worstAttempts(selectors: readonly Selector[]): Attempts {
  const byId = new Map(selectors.map((one) => [one.id, one]));
  const known = new Map<string, number>();

  function of(id: string): number {
    const before = known.get(id);
    if (before !== undefined) return before;
    const selector = byId.get(id);
    const worst = selector === undefined ? 1 : ofSelector(selector);
    known.set(id, worst);
    return worst;
  }

  function ofSelector(selector: Selector): number {
    switch (selector.kind) {
      case "dispatcher": return Math.max(...selector.arms.map((arm) => (arm.then.kind === "refuse" ? 0 : of(arm.then.id))));
      case "smallest": case "alloy": return sum(selector.parts.map((part) => of(part.selector)));
      case "cascade": return sum(selector.tries.map((step) => (1 + step.retry) * of(step.selector)));
    }
  }

  const ofAction = (action: Action): number => (action.kind === "retry" ? action.limit : action.kind === "escalate" ? action.limit * of(action.selector) : 0);
  return { of, ofModel: (route, rules) => of(route) + sum(rules.filter((rule) => rule.mode === "enforce").flatMap((rule) => rule.ladder.map(ofAction))) };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
