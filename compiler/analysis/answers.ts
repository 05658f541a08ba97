// In: a space, a model and a route. Out: a diagram from every request to the decision it gets. The stages are the planner's
// own, in its order and with its functions, run once per class of requests instead of once per request:
//
//   arms ─▶ trees ─guards─▶ ─capabilities─▶ ─context─▶ classes ─rules─▶ leaves
//
// A class holds requests the stages cannot tell apart; its leaf is what the runtime's planner answers to one of them.
// The law test holds this to the planner over random policies and requests.
import type { Capability, Model } from "#contracts";
import {
  answerText, capabilityFilter, compose, contextFilter, factsOf, guardFilter, named, needOf, partsOf, plan, prune, refusal, SkipList, targetsUnder,
  type Lookup, type Node, type Plan, type Skip,
} from "#runtime/plan";
import type { Ref } from "./diagram.ts";
import type { Axis, Region, Space } from "./space.ts";

/** What one class of requests gets. Requests with different leaves differ in the decision or in how it came about. */
export type Leaf = {
  /** What the planner answers, with nothing drawn; `attempts` holds every target that may be asked. */
  readonly plan: Plan;
  /** Equal exactly where two requests are treated the same. */
  readonly answer: string;
  /** Every arm that is taken on the way, also those of which the filters leave nothing. */
  readonly arms: readonly string[];
};

export type Question = { readonly lookup: Lookup; readonly model: Model; readonly route?: string };

export type Answers = {
  readonly space: Space;
  readonly lookup: Lookup;
  readonly model: Model;
  readonly route: string;
  readonly ref: Ref;
  readonly leaves: readonly Leaf[];
};

/** The space must have been laid out for this model; `route` is its own unless an escalation's is asked for. */
export function answersOf(space: Space, { lookup, model, route = model.route }: Question): Answers {
  const { diagrams } = space;
  const stage: Stage = { space, lookup, model, classes: new Classes("told") };
  const ref = answerAll(stage, filterAll(stage, route), route);
  return { space, lookup, model, route, ref, leaves: diagrams.leavesOf(ref) as readonly Leaf[] };
}

/** The requests that are not refused, and nothing else of their answers, at a fraction of the cost. */
export function servedBy(space: Space, { lookup, model, route = model.route }: Question): Region {
  return space.select(filterAll({ space, lookup, model, classes: new Classes("untold") }, route), (state) => (state as Class).tree !== null);
}

/** The requests whose leaf `keep` accepts. */
export function regionWhere({ space, ref }: Answers, keep: (leaf: Leaf) => boolean): Region {
  return space.select(ref, (leaf) => keep(leaf as Leaf));
}

/** The answers to the requests in `region`, as a diagram that is false elsewhere, and its leaves, each once. */
export function answersIn({ space, ref }: Answers, region: Region): Pick<Answers, "ref" | "leaves"> {
  const { diagrams } = space;
  const inside = diagrams.either(region.ref, true, { yes: ref, no: space.nothing.ref });
  return { ref: inside, leaves: diagrams.leavesOf(inside).filter((leaf) => leaf !== false) as readonly Leaf[] };
}

/** The leaves of the requests in `region`, each once. */
export function leavesIn(answers: Answers, region: Region): readonly Leaf[] {
  return answersIn(answers, region).leaves;
}

/** What is known of some requests so far. `tree` null: refused, and nothing more can happen. */
type Class = {
  readonly whole: Node;
  readonly tree: Node | null;
  /** Which guards, skips and rules brought it here; two classes with one key are one. */
  readonly story: string;
};

/** One object per class and one per tree, so that identity is equality. Untold, what happened on the way is no difference. */
class Classes {
  readonly #stories: "told" | "untold";
  readonly #nodes = new Map<string, Node>();
  readonly #ids = new Map<Node, number>();
  readonly #classes = new Map<string, Class>();

  constructor(stories: "told" | "untold") {
    this.#stories = stories;
  }

  node(node: Node): Node {
    if (this.#ids.has(node)) return node;
    const inner = this.#withKnownParts(node);
    const key = this.#key(inner);
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    this.#nodes.set(key, inner);
    this.#ids.set(inner, this.#ids.size);
    return inner;
  }

  of({ whole, tree, story: happened }: Class): Class {
    const told = this.#stories === "told";
    const left = tree === null ? null : this.node(tree);
    const from = this.node(told ? whole : (left ?? NOTHING));
    const story = told ? happened : "";
    const key = `${this.#ids.get(from)} ${left === null ? "-" : this.#ids.get(left)} ${story}`;
    const known = this.#classes.get(key);
    if (known !== undefined) return known;
    const made = { whole: from, tree: left, story };
    this.#classes.set(key, made);
    return made;
  }

  /** The class after a filter: what it left, and why the rest is gone. */
  after(state: Class, left: Node | null, skipped: readonly Skip[]): Class {
    const same = skipped.length === 0 || this.#stories === "untold";
    return this.of({ whole: state.whole, tree: left, story: same ? state.story : `${state.story} ${JSON.stringify(skipped)}` });
  }

  #withKnownParts(node: Node): Node {
    if (node.kind === "arm") return { ...node, then: this.node(node.then) };
    if (node.kind === "target" || node.kind === "refuse") return node;
    return { ...node, parts: node.parts.map((part) => ({ ...part, node: this.node(part.node) })) } as Node;
  }

  #key(node: Node): string {
    switch (node.kind) {
      case "target":
        return `t ${node.target.id}`;
      case "refuse":
        return `r ${node.message}`;
      case "arm":
        return `a ${node.id} ${this.#ids.get(node.then)}`;
      default:
        return `${node.kind} ${node.selector.id} ${node.parts.map((part) => `${part.id}=${this.#ids.get(part.node)}`).join(" ")}`;
    }
  }
}

/** What is left of every request that is refused, where nobody asks why. */
const NOTHING: Node = { kind: "refuse", message: "" };

type Stage = { readonly space: Space; readonly lookup: Lookup; readonly model: Model; readonly classes: Classes };

/** Everything but the rules, which decide nothing of whether a request is served. */
function filterAll(stage: Stage, route: string): Ref {
  const { space, lookup, model, classes } = stage;
  const { diagrams } = space;
  const guarded = guardAll(stage, resolveAll(space, lookup, route, classes));
  const able = diagrams.product([guarded], ([state]) => capabilities(space, classes, state as Class));
  return diagrams.product([able], ([state]) => fits({ space, classes, reserve: model.reserve }, state as Class));
}

/** Trees in place of dispatchers: each request's leaf is the tree its facts resolve the route to. */
function resolveAll(space: Space, lookup: Lookup, route: string, classes: Classes): Ref {
  const { diagrams } = space;
  const done = new Map<string, Ref>();
  const leaf = (node: Node): Ref => diagrams.leaf(classes.node(node));

  const visit = (id: string): Ref => {
    const known = done.get(id);
    if (known !== undefined) return known;
    const ref = build(id);
    done.set(id, ref);
    return ref;
  };

  const build = (id: string): Ref => {
    const target = lookup.targets.get(id);
    if (target !== undefined) return leaf({ kind: "target", target });
    const through = lookup.models.get(id);
    if (through !== undefined) return visit(through.route);
    const selector = named(lookup.selectors, id);
    if (selector.kind !== "dispatcher") {
      return diagrams.product(partsOf(selector).map(visit), (nodes) => leaf(compose(selector, nodes as readonly Node[])));
    }
    return selector.arms.reduceRight<Ref | null>((otherwise, arm) => {
      const then = arm.then.kind === "refuse" ? leaf({ kind: "refuse", message: arm.then.message }) : visit(arm.then.id);
      const taken = diagrams.product([then], ([node]) => leaf({ kind: "arm", id: arm.id, then: node as Node }));
      if (otherwise === null) return taken;
      return diagrams.either(space.where(arm.when).ref, true, { yes: taken, no: otherwise });
    }, null)!;
  };

  return diagrams.product([visit(route)], ([node]) => {
    const whole = node as Node;
    return diagrams.leaf(classes.of({ whole, tree: refusal(whole) === null ? whole : null, story: "" }));
  });
}

function guardAll({ space, lookup, model, classes }: Stage, trees: Ref): Ref {
  const guards = model.guards.map((id) => named(lookup.guards, id));
  return space.diagrams.product([trees, ...guards.map((guard) => space.where(guard.when).ref)], ([state, ...holds]) => {
    const before = state as Class;
    if (before.tree === null) return space.diagrams.leaf(before);
    const active = guards.filter((_, at) => holds[at] === true);
    const refusing = active.find((guard) => guard.then.kind === "refuse");
    if (refusing !== undefined) return space.diagrams.leaf(classes.of({ ...before, tree: null, story: `refused by ${refusing.id}` }));
    const skips = new SkipList();
    const left = prune(before.tree, guardFilter(lookup, active), skips);
    return space.diagrams.leaf(classes.after(before, left, skips.list));
  });
}

/**
 * What a tree can serve hangs only on which of a few sets of capabilities hold all that is needed: those of its targets
 * and of its alloys. So the capabilities are asked one after the other, remembering which sets are still sufficient.
 */
function capabilities(space: Space, classes: Classes, state: Class): Ref {
  const { diagrams } = space;
  if (state.tree === null) return diagrams.leaf(state);
  const tree = state.tree;
  const sets = abilities(tree);
  const asked = space.axes.flatMap((axis, index) => (axis.kind === "member" && axis.fact === "request.needs" ? [{ index, member: axis.member as Capability }] : []));
  const done = new Map<string, Ref>();

  const visit = (at: number, sufficient: readonly ReadonlySet<Capability>[], needs: readonly Capability[]): Ref => {
    const key = `${at} ${sufficient.map((set) => sets.indexOf(set)).join()}`;
    const known = done.get(key);
    if (known !== undefined) return known;
    const next = asked[at];
    const ref =
      next === undefined
        ? diagrams.leaf(pruned(capabilityFilter(new Set(needs))))
        : diagrams.choose(next.index, [
            visit(at + 1, sufficient, needs),
            visit(at + 1, sufficient.filter((set) => set.has(next.member)), [...needs, next.member]),
          ]);
    done.set(key, ref);
    return ref;
  };
  const pruned = (filter: ReturnType<typeof capabilityFilter>): Class => {
    const skips = new SkipList();
    return classes.after(state, prune(tree, filter, skips), skips.list);
  };
  return visit(0, sets, []);
}

/** The distinct sets of capabilities of a tree's targets and alloys. */
function abilities(tree: Node): readonly ReadonlySet<Capability>[] {
  const known = new Map<Node, ReadonlySet<Capability>>();
  const visit = (node: Node): ReadonlySet<Capability> => {
    const before = known.get(node);
    if (before !== undefined) return before;
    const set = abilityOf(node);
    known.set(node, set);
    return set;
  };
  const abilityOf = (node: Node): ReadonlySet<Capability> => {
    if (node.kind === "target") return new Set(node.target.can);
    if (node.kind === "refuse") return new Set();
    if (node.kind === "arm") return visit(node.then);
    const parts = node.parts.map((part) => visit(part.node));
    return parts.reduce((all, part) => new Set(node.kind === "alloy" ? [...all].filter((one) => part.has(one)) : [...all, ...part]));
  };
  visit(tree);
  const distinct = new Map([...known].filter(([node]) => node.kind === "target" || node.kind === "alloy").map(([, set]) => [[...set].sort().join(), set]));
  return [...distinct.values()];
}

/** What fits hangs only on the windows and answer lengths of the tree's targets; sizes alike in all of them are one class. */
function fits({ space, classes, reserve }: { readonly space: Space; readonly classes: Classes; readonly reserve: number }, state: Class): Ref {
  const { diagrams } = space;
  if (state.tree === null) return diagrams.leaf(state);
  const tree = state.tree;
  const targets = [...targetsUnder(tree)];
  const contexts = ascending(targets.map((target) => target.context));
  const outputs = ascending(targets.flatMap((target) => target.output ?? []));
  const done = new Map<number, Ref>();

  const index = space.axes.findIndex((axis) => axis.kind === "size");
  const axis = space.axes[index] as Extract<Axis, { readonly kind: "size" }>;
  const kids = axis.cells.map(({ at }) => {
    const need = needOf(at, reserve);
    const key = passed(contexts, need.needed) * (outputs.length + 1) + passed(outputs, need.output);
    const known = done.get(key);
    if (known !== undefined) return known;
    const skips = new SkipList();
    const ref = diagrams.leaf(classes.after(state, prune(tree, contextFilter(need), skips), skips.list));
    done.set(key, ref);
    return ref;
  });
  return diagrams.choose(index, kids);
}

function ascending(numbers: readonly number[]): readonly number[] {
  return [...new Set(numbers)].sort((left, right) => left - right);
}

/** How many of the ascending edges a number lies beyond. */
function passed(edges: readonly number[], number: number): number {
  let count = 0;
  while (count < edges.length && edges[count]! < number) count++;
  return count;
}

/**
 * The rules that hold, and with them the leaves. The planner is asked once per class, at the request on the first way that
 * leads to it: of what it answers to a request that is served only the rules hang on rules. Classes with one decision share
 * a leaf.
 */
function answerAll({ space, lookup, model }: Stage, fitting: Ref, route: string): Ref {
  const { diagrams } = space;
  // A rule that always holds tells no two requests apart.
  const asking = model.rules.map((id) => named(lookup.rules, id)).filter((rule) => rule.when !== null);
  const planned = new Map<Class, Planned>();
  for (const [one, way] of waysToLeaves(space, fitting)) {
    const state = one as Class;
    const decided = planAt(way, { space, lookup, model, route });
    const arms = armsOf(state.whole);
    planned.set(state, { plan: decided, arms, how: [decided.path, decided.skipped.map((skip) => `${skip.target} ${skip.reason} ${skip.id}`), arms].join("|"), leaves: new Map() });
  }
  const byText = new Map<string, Ref>();
  return diagrams.product([fitting, ...asking.map((rule) => space.where(rule.when).ref)], ([state, ...holds]) => {
    const { plan: first, arms, how, leaves } = planned.get(state as Class)!;
    const silent = first.outcome === "route" ? asking.filter((_, at) => holds[at] !== true).map((rule) => rule.id) : model.rules;
    const known = leaves.get(silent.join(" "));
    if (known !== undefined) return known;
    const decided = first.outcome === "route" ? { ...first, rules: model.rules.filter((id) => !silent.includes(id)) } : first;
    const answer = answerText(decided);
    const text = `${answer}\n${how}`;
    const leaf = byText.get(text) ?? diagrams.leaf({ plan: decided, answer, arms } satisfies Leaf);
    byText.set(text, leaf);
    leaves.set(silent.join(" "), leaf);
    return leaf;
  });
}

/** A class, planned. `how` is equal where two plans came about in the same way; `leaves` by the rules that do not hold. */
type Planned = { readonly plan: Plan; readonly arms: readonly string[]; readonly how: string; readonly leaves: Map<string, Ref> };

type Way = ReadonlyMap<number, number>;

function planAt(way: Way, { space, lookup, model, route }: { readonly space: Space; readonly lookup: Lookup; readonly model: Model; readonly route: string }): Plan {
  const facts = factsOf(lookup, space.requestAt(way));
  if (!facts.ok) throw new Error(`the space holds a request that is none: ${facts.problem.message}`);
  return plan(lookup, model, facts.facts, { keys: null, route });
}

/** For each leaf the first way to it, as values of axes. */
function waysToLeaves({ diagrams }: Space, root: Ref): ReadonlyMap<object | boolean, Way> {
  const ways = new Map<object | boolean, Way>();
  const seen = new Set<Ref>([root]);
  const way: (readonly [number, number])[] = [];
  const visit = (ref: Ref): void => {
    if (diagrams.isLeaf(ref)) {
      ways.set(diagrams.leafOf(ref), new Map(way));
      return;
    }
    const { variable, kids } = diagrams.at(ref);
    for (const [value, kid] of kids.entries()) {
      if (seen.has(kid)) continue;
      seen.add(kid);
      way.push([variable, value]);
      visit(kid);
      way.pop();
    }
  };
  visit(root);
  return ways;
}

function armsOf(whole: Node): readonly string[] {
  const arms = new Set<string>();
  const seen = new Set<Node>();
  const visit = (node: Node): void => {
    if (seen.has(node)) return;
    seen.add(node);
    if (node.kind === "arm") {
      arms.add(node.id);
      visit(node.then);
    } else if (node.kind !== "target" && node.kind !== "refuse") node.parts.forEach((part) => visit(part.node));
  };
  visit(whole);
  return [...arms];
}
