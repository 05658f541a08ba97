// How often each rule has acted in this request, and so what it does next. A rule whose budget is used up stays active
// with its next step: disabled, it would let the violation out.
//
// A step is chosen when its match is decided and counts when the attempt it asked for has reached a model: a reminder that
// never arrived does not count against its limit. Between the two no rule can match, so nothing needs to be reserved.
import type { Action, Rule } from "#contracts";
import { activeRules, asksAgain, type Active, type RuleSet } from "../answer/rule-set.ts";

export type Ladders = {
  /**
   * What each rule does if it matches in the attempt that begins. `askAgain` false passes over the steps that need another
   * attempt. `asking` is the step that asked for it: before anything can match, that one has been counted.
   */
  active(askAgain: boolean, asking: Action | null): Active;
  /** The rule's steps that may still be taken, from `action` on. */
  from(rule: Rule, action: Action): readonly Action[];
  /** Steps before `action` that had their budget and were passed over all the same. */
  passedOver(rule: Rule, action: Action): readonly Action[];
  /** The attempt that the step asked for has reached a model: only now it counts. */
  commit(action: Action): void;
};

export function createLadders({ rules, first }: RuleSet): Ladders {
  const committed = new Map<Action, number>();
  const used = (action: Action): number => committed.get(action) ?? 0;
  const hasBudget = (action: Action): boolean => !("limit" in action) || used(action) < action.limit;

  return {
    active(askAgain, asking) {
      if (committed.size === 0 && asking === null) return askAgain ? first.asking : first.final;
      const willHaveBudget = (action: Action): boolean => !("limit" in action) || used(action) + (action === asking ? 1 : 0) < action.limit;
      return activeRules(rules, (action, rule) => willHaveBudget(action) && (askAgain || rule.mode === "shadow" || !asksAgain(action)));
    },
    from: (rule, action) => rule.ladder.slice(Math.max(rule.ladder.indexOf(action), 0)).filter(hasBudget),
    passedOver: (rule, action) => (rule.ladder.includes(action) ? rule.ladder.slice(0, rule.ladder.indexOf(action)).filter(hasBudget) : []),
    commit: (action) => void committed.set(action, (committed.get(action) ?? 0) + 1),
  };
}
