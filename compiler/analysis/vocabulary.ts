// Everything a set of policies can tell two requests apart by: the constants their conditions name, and the sizes and
// abilities of the targets they reach. From here on nothing else of a policy is needed to lay out the request space.
import { CAPABILITIES, type Capability, type Condition, type Fact, type Model } from "#contracts";
import { BUILT_IN_FACTS, named, type Lookup } from "#runtime/plan";

/** One model of one policy, or only some selectors of it. */
export type Source = {
  readonly lookup: Lookup;
  readonly model: Model | null;
  /** Selectors that are asked besides the model's route and its rules' escalations. */
  readonly routes?: readonly string[];
  /** Conditions that are asked besides those on the way: an invariant's, an alert's. */
  readonly conditions?: readonly Condition[];
};

export type Vocabulary = {
  /** Facts the conditions name, by name, with the constants they are compared with. */
  readonly constants: ReadonlyMap<string, ReadonlySet<string | number>>;
  readonly types: ReadonlyMap<string, Fact["type"]>;
  readonly contexts: ReadonlySet<number>;
  readonly outputs: ReadonlySet<number>;
  readonly reserves: ReadonlySet<number>;
  /** The capabilities that can make a difference. */
  readonly capabilities: readonly Capability[];
};

export function vocabulary(sources: readonly Source[]): Vocabulary {
  const constants = new Map<string, Set<string | number>>();
  const types = new Map<string, Fact["type"]>(BUILT_IN_FACTS);
  const contexts = new Set<number>();
  const outputs = new Set<number>();
  const reserves = new Set<number>();
  const lacked = new Set<Capability>();

  const note = (condition: Condition | null): void => {
    for (const atom of atoms(condition)) {
      const known = constants.get(atom.fact) ?? new Set();
      for (const value of atomConstants(atom)) if (typeof value !== "boolean") known.add(value);
      constants.set(atom.fact, known);
    }
  };

  for (const { lookup, model, routes = [], conditions = [] } of sources) {
    for (const { name, type } of lookup.facts.values()) types.set(name, widest(types.get(name), type));
    conditions.forEach(note);
    for (const id of reach(lookup, [...routes, ...(model === null ? [] : modelRoutes(lookup, model))], note)) {
      const target = lookup.targets.get(id);
      if (target === undefined) continue;
      contexts.add(target.context);
      if (target.output !== null) outputs.add(target.output);
      for (const one of CAPABILITIES) if (!target.can.includes(one)) lacked.add(one);
    }
    if (model === null) continue;
    reserves.add(model.reserve);
    for (const id of model.guards) note(named(lookup.guards, id).when);
    for (const id of model.rules) note(named(lookup.rules, id).when);
  }

  const mentioned = constants.get("request.needs");
  const capabilities = CAPABILITIES.filter((one) => lacked.has(one) || mentioned?.has(one));
  return { constants, types, contexts, outputs, reserves, capabilities };
}

/** Everything reached from `roots`, models' routes included, each id once. `note` is given every arm's condition. */
export function reach(lookup: Lookup, roots: readonly string[], note: (condition: Condition | null) => void = () => {}): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = roots.toReversed();
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    const through = lookup.models.get(id);
    if (through !== undefined) open.push(through.route);
    if (through !== undefined || lookup.targets.has(id)) continue;
    const selector = named(lookup.selectors, id);
    if (selector.kind === "dispatcher") {
      for (const arm of selector.arms) note(arm.when);
      open.push(...selector.arms.flatMap((arm) => (arm.then.kind === "selector" ? [arm.then.id] : [])).toReversed());
    } else if (selector.kind === "cascade") open.push(...selector.tries.map((step) => step.selector).toReversed());
    else open.push(...selector.parts.map((part) => part.selector).toReversed());
  }
  return seen;
}

/** The model's own route first, then where its rules escalate to. */
export function modelRoutes(lookup: Lookup, model: Model): readonly string[] {
  const escalations = model.rules.flatMap((id) => named(lookup.rules, id).ladder.flatMap((step) => (step.kind === "escalate" ? [step.selector] : [])));
  return [...new Set([model.route, ...escalations])];
}

export type Atom = Extract<Condition, { readonly fact: string }>;

export function atoms(condition: Condition | null): readonly Atom[] {
  if (condition === null) return [];
  switch (condition.op) {
    case "and":
    case "or":
      return condition.of.flatMap(atoms);
    case "not":
      return atoms(condition.of);
    default:
      return [condition];
  }
}

export function atomConstants(atom: Atom): readonly (string | number | boolean)[] {
  if (atom.op === "absent") return [];
  return atom.op === "in" ? atom.values : [atom.value];
}

/** Two policies may declare one fact with different values; the space holds them all. */
function widest(known: Fact["type"] | undefined, type: Fact["type"]): Fact["type"] {
  if (known === undefined || !("values" in known) || !("values" in type) || known.kind !== type.kind) return type;
  return { kind: known.kind, values: [...new Set([...known.values, ...type.values])] };
}
