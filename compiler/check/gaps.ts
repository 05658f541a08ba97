// Requests that are refused although a target of their own route could serve them, and by which arm.
import type { RefusalCode, RequestFacts, Target } from "#contracts";
import { factsOf, named, plan, type Lookup } from "#runtime/plan";
import { answersIn, witnessWhere, type Answers, type Leaf } from "../analysis/index.ts";
import type { Asked } from "./asked.ts";
import { targetsUnder } from "./graph.ts";
import { once } from "./once.ts";

export type Gap = {
  /** The arm that takes them, or the selector where no arm does. */
  readonly at: string;
  readonly asked: Asked;
  /** The most ordinary of them. */
  readonly request: RequestFacts;
  /** A target that could serve it. */
  readonly could: Target;
};

/** One gap for each place, in the order of models. */
export function gapsOf(lookup: Lookup, models: readonly Asked[], code: RefusalCode): readonly Gap[] {
  const gaps = new Map<string, Gap>();
  for (const asked of models) {
    const { answers, model } = asked;
    if (!answers.leaves.some(({ plan }) => plan.refusal?.code === code)) continue;
    const { targets, ref, leaves } = servable(asked);
    const refused = leaves.filter(({ plan }) => plan.refusal?.code === code);
    for (const [at, here] of byPlace(refused, (leaf) => placeOf(lookup, model.route, leaf))) {
      if (gaps.has(at)) continue;
      const { request } = witnessWhere(answers, (leaf) => here.has(leaf), ref)!;
      gaps.set(at, { at, asked, request, could: targets.find((target) => serves(asked, target, request))! });
    }
  }
  return [...gaps.values()];
}

/** The answers to the requests that some target of the model's own route could serve. */
const servable = once((asked: Asked): Pick<Answers, "ref" | "leaves"> & { readonly targets: readonly Target[] } => {
  const { answers, space, model } = asked;
  const targets = targetsUnder(answers.lookup, model.route);
  return { targets, ...answersIn(answers, space.or(...targets.map((target) => asked.served(target.id)))) };
});

/** The last arm a request takes before anything is to be chosen between; the selector there, where it took none. */
function placeOf(lookup: Lookup, route: string, leaf: Leaf): string {
  let at = route;
  let arm: string | null = null;
  for (;;) {
    const model = lookup.models.get(at);
    const selector = model === undefined ? lookup.selectors.get(at) : undefined;
    if (model !== undefined) at = model.route;
    else if (selector?.kind === "dispatcher") {
      const taken = selector.arms.find((one) => leaf.arms.includes(one.id))!;
      arm = taken.id;
      if (taken.then.kind === "refuse") return arm;
      at = taken.then.id;
    } else return arm ?? at;
  }
}

function byPlace(leaves: readonly Leaf[], place: (leaf: Leaf) => string): ReadonlyMap<string, ReadonlySet<Leaf>> {
  const places = new Map<string, Set<Leaf>>();
  for (const leaf of leaves) {
    const at = place(leaf);
    places.set(at, (places.get(at) ?? new Set()).add(leaf));
  }
  return places;
}

function serves({ answers: { lookup }, model }: Asked, target: Target, request: RequestFacts): boolean {
  const facts = factsOf(lookup, request);
  return facts.ok && plan(lookup, model, facts.facts, { keys: null, route: target.id }).outcome === "route";
}

/** What a selector or target is called. */
export function nameOf(lookup: Lookup, id: string): string {
  return lookup.targets.get(id)?.name ?? lookup.models.get(id)?.name ?? named(lookup.selectors, id).name;
}
