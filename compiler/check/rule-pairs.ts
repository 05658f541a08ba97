// The rules of a model that compete for the same text.
import type { Model, Rule } from "#contracts";
import { named } from "#runtime/plan";
import type { CheckContext } from "./context.ts";
import { askedOf } from "./listing.ts";

export type Pair = { readonly model: Model; readonly first: Rule; readonly second: Rule };

/** Every two rules of a model that look for text on one channel and do something about it, in the order they are listed. */
export function pairsOf({ models, lookup, patterns }: CheckContext): readonly Pair[] {
  return models.flatMap(({ model }) => {
    const rules = model.rules.map((id) => named(lookup.rules, id)).filter((rule) => rule.mode === "enforce" && patterns.has(rule.id));
    return rules.flatMap((first, at) => rules.slice(at + 1).flatMap((second) => (first.channel.kind === second.channel.kind && first.channel.kind !== "tool" ? [{ model, first, second }] : [])));
  });
}

/** Whether `first` is active for every request for which `second` is. */
export function isActiveWith({ model, first, second }: Pair, { models }: CheckContext): boolean {
  if (first.when === null) return true;
  const { answers } = askedOf(models, [model])[0]!;
  return answers.leaves.every(({ plan }) => !plan.rules.includes(second.id) || plan.rules.includes(first.id));
}

/** Whether some request has both. */
export function areActiveTogether({ model, first, second }: Pair, { models }: CheckContext): boolean {
  const { answers } = askedOf(models, [model])[0]!;
  return answers.leaves.some(({ plan }) => plan.rules.includes(first.id) && plan.rules.includes(second.id));
}

/** Whatever its ladder has come to, the attempt is over when it acts. */
export function alwaysEnds({ ladder }: Rule): boolean {
  return ladder.every((action) => action.kind === "retry" || action.kind === "escalate" || action.kind === "block");
}

/** What a rule looks for, asked of the platform: quick, and enough to rule most pairs out. */
export function finderOf({ match }: Rule): (text: string) => boolean {
  if (match.kind === "any") return (text) => match.texts.some((one) => text.includes(one));
  if (match.kind !== "pattern") return () => true;
  const expression = new RegExp(match.source, match.flags);
  return (text) => expression.test(text);
}
