// The rules of a request and what follows from them alone. Where all of a model's rules hold, which is the rule, every
// request shares one set: a thousand rules are then looked through once and not with every request.
import type { Action, Model, Rule } from "#contracts";
import { named, type Lookup } from "../../plan/index.ts";
import type { ActiveRule } from "../../stream/index.ts";

/** What each rule does if it matches now, by the channel it watches; in the model's order. */
export type Active = { readonly [channel in "text" | "reasoning" | "tool" | "output"]: readonly ActiveRule[] };

export type RuleSet = {
  readonly rules: readonly Rule[];
  /** On the request: each has one step, which it takes before anything is sent. */
  readonly request: readonly ActiveRule[];
  /** Before any step was used: with the steps that ask again, and without. */
  readonly first: { readonly asking: Active; readonly final: Active };
  readonly escalates: boolean;
  /** Some rule asks for an answer that goes on from what was released. */
  readonly goesOn: boolean;
};

/** `ids` are the model's rules whose condition holds, as a plan lists them. */
export function ruleSetOf(lookup: Lookup, model: Model, ids: readonly string[]): RuleSet {
  if (ids.length !== model.rules.length) return makeSet(lookup, ids);
  let set = whole.get(model);
  if (set === undefined) whole.set(model, (set = makeSet(lookup, ids)));
  return set;
}

export function activeRules(rules: readonly Rule[], may: (action: Action, rule: Rule) => boolean): Active {
  const active = rules.map((rule) => ({ rule, action: rule.ladder.find((action) => may(action, rule)) ?? STOP }));
  const on = (channel: keyof Active): readonly ActiveRule[] => active.filter((one) => one.rule.channel.kind === channel);
  return { text: on("text"), reasoning: on("reasoning"), tool: on("tool"), output: on("output") };
}

export function asksAgain(action: Action): action is Extract<Action, { readonly kind: "retry" | "escalate" }> {
  return action.kind === "retry" || action.kind === "escalate";
}

const whole = new WeakMap<Model, RuleSet>();

/** Where no step of a ladder is left, the answer is stopped: what a rule was written against never goes out for want of a step. */
const STOP: Action = { kind: "block", message: "" };

function makeSet(lookup: Lookup, ids: readonly string[]): RuleSet {
  const rules = ids.map((id) => named(lookup.rules, id));
  const asking = rules.flatMap((rule) => rule.ladder.filter(asksAgain));
  return {
    rules,
    request: rules.filter((rule) => rule.channel.kind === "request").map((rule) => ({ rule, action: rule.ladder[0] ?? STOP })),
    first: { asking: activeRules(rules, () => true), final: activeRules(rules, (action, rule) => rule.mode === "shadow" || !asksAgain(action)) },
    escalates: asking.some((action) => action.kind === "escalate"),
    goesOn: asking.some((action) => action.kind === "escalate" || action.resume === "auto" || action.resume === "continue"),
  };
}
