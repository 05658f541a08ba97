// Whether the requests to a model can be compared at all, and which of them: before anything is laid out.
import { canonical, type Json, type Model } from "#contracts";
import { named } from "#runtime/plan";
import { modelRoutes, reach, Space, type Ref } from "../analysis/index.ts";
import type { Pair } from "./pairs.ts";
import { isComparable, type Side } from "./side.ts";

/** Whether nothing that a request's treatment hangs on was changed: then nothing needs to be laid out. */
export function isUntouched({ old, now, oldModel, nowModel }: Pair): boolean {
  return closureText(old, oldModel) === closureText(now, nowModel);
}

/** Facts both policies ask these requests about, but as values of different kinds. */
export function incomparable({ old, now, oldModel, nowModel }: Pair): readonly string[] {
  const asks = (side: Side, model: Model): ReadonlySet<string> => new Set(new Space([{ lookup: side.served, model }]).vocabulary.constants.keys());
  const [before, after] = [asks(old, oldModel), asks(now, nowModel)];
  return [...before].filter((fact) => after.has(fact) && !isComparable(old.served, now.served, fact)).sort();
}

/** Requests with a value that one side does not know are refused by it as malformed; definitions tell that. */
export function heardByBoth(space: Space, { old, now }: Pair): Ref {
  const { diagrams } = space;
  const takes = (fact: string, value: string): boolean =>
    [old, now].every(({ served }) => {
      const type = served.facts.get(fact)?.type;
      return type === undefined || !("values" in type) || type.values.includes(value);
    });
  const heard = space.axes.flatMap((axis, index) => {
    if (axis.kind === "text") return [diagrams.choose(index, axis.values.map((value) => diagrams.leaf(value === null || takes(axis.fact, value))))];
    if (axis.kind === "member" && axis.fact !== "request.needs") return [diagrams.choose(index, [diagrams.leaf(true), diagrams.leaf(takes(axis.fact, axis.member))])];
    return [];
  });
  return diagrams.product([space.everything.ref, ...heard], (values) => diagrams.leaf(values.every((one) => one === true)));
}

function closureText({ compared: known }: Side, model: Model): string {
  const ids = [...reach(known, modelRoutes(known, model))].sort();
  const targets = ids.flatMap((id) => known.targets.get(id) ?? []).map((target) => {
    const { zone, region, id } = named(known.providers, target.provider);
    return [target.id, target.context, target.output, [...target.can].sort(), id, zone, region];
  });
  const rules = model.rules.map((id) => named(known.rules, id)).map((rule) => [rule.id, rule.channel.kind, rule.when, rule.mode, rule.ladder.flatMap((step) => (step.kind === "escalate" ? [step.selector] : []))]);
  const facts = [...known.facts.values()].map((fact) => [fact.name, fact.type]).sort();
  const selectors = ids.flatMap((id) => known.selectors.get(id) ?? []).map((one) => ({ ...one, name: "" }));
  const guards = model.guards.map((id) => ({ ...named(known.guards, id), name: "" }));
  return canonical([model.route, model.reserve, targets, selectors, guards, rules, facts] as unknown as Json);
}
