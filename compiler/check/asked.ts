// A model as the checks ask about it: the space of its requests and their answers, worked out once, when first asked for.
import { CAPABILITIES, type Condition, type Model, type Policy, type RequestFacts, type Selector } from "#contracts";
import { factsOf, plan, type Lookup } from "#runtime/plan";
import { answersOf, GaveUp, modelRoutes, servedBy, Space, type Answers, type Leaf, type Region } from "../analysis/index.ts";
import { reachable } from "./graph.ts";

export type Asked = {
  readonly model: Model;
  readonly space: Space;
  /** By its own route. */
  readonly answers: Answers;
  /** By its own route, and by every selector its rules escalate to. */
  readonly everyRoute: readonly Answers[];
  /** Every target, selector and model its requests can get to, itself not among them. */
  readonly reaches: ReadonlySet<string>;
  /** As if `route` were the model's own. */
  by(route: string): Answers;
  /** As if, besides, the program were another. Not remembered. */
  under(lookup: Lookup, model?: Model, route?: string): Answers;
  /** The requests that something behind `route` serves. */
  served(route: string): Region;
  /** The requests that something behind `route` has room for, whatever they need and whatever guards say. */
  roomy(route: string): Region;
  /** Whether one request is among those. */
  hasRoom(route: string, request: RequestFacts): boolean;
  /** The requests that something behind `route` may serve, had every window room for them. */
  allowed(route: string): Region;
};

export type AskedModels = {
  readonly asked: readonly Asked[];
  /** Models whose requests are too many to be told apart; nothing is proved of them. */
  readonly tooLarge: readonly { readonly model: Model; readonly because: string }[];
};

/** Edges of one model's diagrams, all that are ever asked for together; some two seconds of work. */
const BUDGET = 150_000;

export function askAll(policy: Policy, lookup: Lookup): AskedModels {
  const program = { policy, lookup, boundless: withTargets(lookup, { context: Number.MAX_SAFE_INTEGER, output: null }), able: withTargets(lookup, { can: CAPABILITIES }) };
  const asked: Asked[] = [];
  const tooLarge: { model: Model; because: string }[] = [];
  for (const model of policy.models) {
    try {
      asked.push(ask(program, model));
    } catch (error) {
      if (!(error instanceof GaveUp)) throw error;
      tooLarge.push({ model, because: error.message });
    }
  }
  return { asked, tooLarge };
}

type Program = { readonly policy: Policy; readonly lookup: Lookup; readonly boundless: Lookup; readonly able: Lookup };

function ask({ policy, lookup, boundless, able }: Program, model: Model): Asked {
  const space = new Space([{ lookup, model, conditions: invariantsOf(policy, model) }], BUDGET);
  const under = (program: Lookup, as: Model = model, route: string = as.route): Answers => answersOf(space, { lookup: program, model: as, route });
  const by = remembered((route) => under(lookup, model, route));
  const unguarded: Model = { ...model, guards: [] };
  const routes = modelRoutes(lookup, model);
  return {
    model,
    space,
    answers: by(model.route),
    everyRoute: routes.map(by),
    reaches: new Set(routes.flatMap((route) => [...reachable(lookup, route)])),
    by,
    under,
    served: remembered((route) => servedBy(space, { lookup, model, route })),
    roomy: remembered((route) => servedBy(space, { lookup: able, model: unguarded, route })),
    hasRoom(route, request) {
      const facts = factsOf(lookup, request);
      return facts.ok && plan(able, unguarded, facts.facts, { keys: null, route }).outcome === "route";
    },
    allowed: remembered((route) => servedBy(space, { lookup: boundless, model, route })),
  };
}

/** Conditions that are asked about a model besides those on the way of a request. */
function invariantsOf(policy: Policy, model: Model): readonly Condition[] {
  return policy.invariants.flatMap((one) => (one.models.includes(model.id) && one.when !== null ? [one.when] : []));
}

function withTargets(lookup: Lookup, change: Partial<Lookup["policy"]["targets"][number]>): Lookup {
  return { ...lookup, targets: new Map([...lookup.targets].map(([id, target]) => [id, { ...target, ...change }])) };
}

/** What of the program one model can get to, with one selector in place of another of the same id. */
export function withSelector({ answers: { lookup }, reaches }: Asked, changed: Selector): Lookup {
  const selectors = [...reaches].flatMap((id) => lookup.selectors.get(id) ?? []);
  return { ...lookup, selectors: new Map(selectors.map((one) => [one.id, one.id === changed.id ? changed : one])) };
}

/** Whether two programs treat every request of the space the same. `answer` says what of a decision counts. */
export function sameAnswers({ diagrams }: Space, one: Answers, other: Answers, answer: (leaf: Leaf) => string = (leaf) => leaf.answer): boolean {
  return diagrams.always(one.ref, other.ref, (left, right) => answer(left as Leaf) === answer(right as Leaf));
}

function remembered<T>(work: (of: string) => T): (of: string) => T {
  const known = new Map<string, T>();
  return (of) => {
    if (!known.has(of)) known.set(of, work(of));
    return known.get(of)!;
  };
}
