// The planner: a policy, a model and the facts of a request in, everything that may be tried out, or why nothing is. Pure:
// `eval`, `simulate`, the checker's witnesses and every live request take their decision here and nowhere else.
//
//   route ─arms─▶ tree ─guards─▶ ─capabilities─▶ ─context─▶ ─draw─▶ attempts
//
// INVARIANT (guards bind every attempt): every attempt passed the guard filter, and there is no other way into a plan.
import type { Guard, Model, RefusalCode } from "#contracts";
import type { Plan } from "./decide.ts";
import { alloyDraw, drawKey, drawnOrder, type AlloyDraw, type AlloyNode, type DrawKeys } from "./draw.ts";
import type { Facts } from "./facts.ts";
import { capabilityFilter, contextFilter, guardFilter, needOf, prune, SkipList, targetsUnder, type Filter, type Need } from "./filter.ts";
import { named, type Lookup } from "./lookup.ts";
import { matches, readerOf, type Reader } from "./match.ts";
import { behindArms, refusal, resolve, type Node, type Part } from "./resolve.ts";
import { residual } from "./residual.ts";
import { unroll } from "./unroll.ts";

/** `keys` null draws nothing: alloys stand in declared order. `route` plans an escalation instead of the model's own route. */
export type PlanOptions = { readonly keys: DrawKeys | null; readonly route?: string };

export function plan(lookup: Lookup, model: Model, facts: Facts, options: PlanOptions): Plan {
  if (facts.unknown.size === 0) return planKnown(lookup, model, facts, options);
  return residual({ lookup, model, facts, route: options.route ?? model.route }, (known) => planKnown(lookup, model, known, options));
}

function planKnown(lookup: Lookup, model: Model, facts: Facts, { keys, route = model.route }: PlanOptions): Plan {
  const read = readerOf(facts);
  const skips = new SkipList();
  const whole = resolve(lookup, route, read);
  const refused = (code: RefusalCode, message: string, wording: Plan["wording"]): Plan => ({
    model, outcome: "refuse", attempts: [], refusal: { code, message }, wording, skipped: skips.list, path: pathOf(whole), alloys: [], rules: [], depends: [], complete: true,
  });

  const message = refusal(whole);
  if (message !== null) return refused("policy_refused", message, "policy");

  const guards = model.guards.map((id) => named(lookup.guards, id)).filter((guard) => holds(guard.when, read));
  for (const { then } of guards) if (then.kind === "refuse") return refused("guard_refused", then.message, "policy");

  const need = needOf(facts, model.reserve);
  let tree = whole;
  const stages: Stage[] = [];
  if (guards.length > 0) stages.push(guardStage(lookup, guards, model));
  if (facts.needs.size > 0) stages.push(capabilityStage(facts, model));
  stages.push(contextStage(need, model));
  for (const stage of stages) {
    const left = prune(tree, stage.filter, skips);
    if (left === null) return refused(stage.code, stage.because(tree), "planner");
    tree = left;
  }

  const { path, alloys, undrawn } = shapeOf(tree);
  const { order, draws } = draw(alloys, keys, facts.turn);
  const { attempts, complete } = undrawn ?? unroll(tree, order);
  return { model, outcome: "route", attempts, refusal: null, wording: "planner", skipped: skips.list, path, alloys: draws, rules: rulesOf(lookup, model, read), depends: [], complete };
}

/** What follows from a tree alone. `undrawn`: its attempts, where there is nothing to draw. */
type Shape = { readonly path: readonly string[]; readonly alloys: readonly AlloyNode[]; readonly undrawn: ReturnType<typeof unroll> | null };

const shapes = new WeakMap<Node, Shape>();

function shapeOf(tree: Node): Shape {
  let shape = shapes.get(tree);
  if (shape === undefined) {
    const alloys = alloysOf(tree);
    shapes.set(tree, (shape = { path: pathOf(tree), alloys, undrawn: alloys.length === 0 ? unroll(tree, ({ parts }) => parts) : null }));
  }
  return shape;
}

/** Of each policy, its models and whether all of their rules hold for every request. */
const unconditional = new WeakMap<Lookup, Map<Model, boolean>>();

function rulesOf(lookup: Lookup, model: Model, read: Reader): readonly string[] {
  let models = unconditional.get(lookup);
  if (models === undefined) unconditional.set(lookup, (models = new Map()));
  let always = models.get(model);
  if (always === undefined) models.set(model, (always = model.rules.every((id) => named(lookup.rules, id).when === null)));
  return always ? model.rules : model.rules.filter((id) => holds(named(lookup.rules, id).when, read));
}

type Stage = { readonly filter: Filter; readonly code: RefusalCode; because(before: Node): string };

function guardStage(lookup: Lookup, guards: readonly Guard[], model: Model): Stage {
  return {
    filter: guardFilter(lookup, guards),
    code: "guard_refused",
    because: () => `${guards.length === 1 ? "the guard" : "the guards"} ${guards.map((guard) => `\`${guard.name}\``).join(", ")} of \`${model.name}\` leave${guards.length === 1 ? "s" : ""} nothing that may serve this request`,
  };
}

function capabilityStage({ needs }: Facts, model: Model): Stage {
  return {
    filter: capabilityFilter(needs),
    code: "capability_missing",
    because: () => `nothing \`${model.name}\` may use for this request can do ${[...needs].sort().map((one) => `\`${one}\``).join(" with ")}`,
  };
}

function contextStage(need: Need, model: Model): Stage {
  return {
    filter: contextFilter(need),
    code: "context_length_exceeded",
    because: (before) => {
      const largest = Math.max(...[...targetsUnder(before)].map((target) => target.context));
      if (need.needed > largest) return `the request needs a context of ${need.needed} tokens and the largest \`${model.name}\` may use for it has ${largest}`;
      return `the request needs a context of ${need.needed} tokens and an answer of ${need.output}, which nothing \`${model.name}\` may use for it can take`;
    },
  };
}

function draw(alloys: readonly AlloyNode[], keys: DrawKeys | null, turn: number | null): { readonly order: (node: AlloyNode) => readonly Part[]; readonly draws: readonly AlloyDraw[] } {
  const orders = new Map<string, readonly Part[]>();
  const keyOf = ({ selector }: AlloyNode): string | null => (keys === null || (selector.sticky === "turn" && turn === null && !("fixed" in keys)) ? null : drawKey(selector.sticky, keys, turn ?? 0));
  const order = (node: AlloyNode): readonly Part[] => {
    const known = orders.get(node.selector.id);
    if (known !== undefined) return known;
    const key = keyOf(node);
    const drawn = key === null ? node.parts : drawnOrder(node, key, turn);
    orders.set(node.selector.id, drawn);
    return drawn;
  };
  const orderIfDrawn = (node: AlloyNode): readonly Part[] | null => (isDrawn(node, keyOf(node), turn) ? order(node) : null);
  return { order, draws: alloys.map((node) => alloyDraw(node, keyOf(node), orderIfDrawn)) };
}

function isDrawn({ selector }: AlloyNode, key: string | null, turn: number | null): boolean {
  if (selector.pick === "all") return true;
  return key !== null && (selector.pick === "weighted" || turn !== null);
}

/** Alloys of the tree, outer before inner, each once. */
function alloysOf(tree: Node): readonly AlloyNode[] {
  return [...preorder(tree)].filter((node) => node.kind === "alloy");
}

/** Ids of what was gone through: arms, cascades' steps, and the alloys and `smallest of` that were asked. */
function pathOf(tree: Node): readonly string[] {
  const ids = new Set<string>();
  for (const node of preorder(tree)) {
    if (node.kind === "arm") ids.add(node.id);
    if (node.kind === "alloy" || node.kind === "smallest") ids.add(node.selector.id);
    if (node.kind === "cascade") for (const part of node.parts) ids.add(part.id);
  }
  return [...ids];
}

/** Every node once, in reading order. */
function preorder(tree: Node): ReadonlySet<Node> {
  const seen = new Set<Node>();
  const visit = (node: Node): void => {
    if (seen.has(node)) return;
    seen.add(node);
    const inside = behindArms(node);
    if (node.kind === "arm") visit(node.then);
    else if ("parts" in inside) inside.parts.forEach((part) => visit(part.node));
  };
  visit(tree);
  return seen;
}

function holds(when: Guard["when"], read: Reader): boolean {
  return when === null || matches(when, read) === true;
}
