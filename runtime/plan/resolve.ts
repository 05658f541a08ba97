// In: a selector and the facts. Out: the tree of what may be tried, with every dispatcher replaced by the arm these facts
// take. From here on `refuse` stands at the root or nowhere, and nothing asks a condition again.
//
//   coder ─arm:4─▶ duo ─▶ sonnet, gpt            (a selector that occurs twice is one shared node)
//
// So is one that is resolved again to the same parts, in a later request too: what follows from a tree alone is then
// worked out once and not with every request.
//
// A step that refuses ends its cascade: a refusal is a decision, not a failure to move on from. A part that refuses is
// left out of its alloy or `smallest of`. Where that leaves nothing, the whole selector refuses.
import type { Alloy, Cascade, Smallest, Target } from "#contracts";
import { named, type Lookup } from "./lookup.ts";
import { matches, type Reader } from "./match.ts";

export type Step = Cascade["tries"][number];
export type Node =
  | { readonly kind: "target"; readonly target: Target }
  | { readonly kind: "refuse"; readonly message: string }
  | { readonly kind: "arm"; readonly id: string; readonly then: Node }
  | { readonly kind: "smallest"; readonly selector: Smallest; readonly parts: readonly Part[] }
  | { readonly kind: "alloy"; readonly selector: Alloy; readonly parts: readonly Part[] }
  | { readonly kind: "cascade"; readonly selector: Cascade; readonly parts: readonly Part[] };
/** `step` only under a cascade; `weight` matters only under an alloy. */
export type Part = { readonly id: string; readonly node: Node; readonly weight: number; readonly step: Step | null };
export type Composite = Extract<Node, { readonly parts: readonly Part[] }>;

export function resolve(lookup: Lookup, selector: string, read: Reader): Node {
  const done = new Map<string, Node>();

  const visit = (id: string): Node => {
    const known = done.get(id);
    if (known !== undefined) return known;
    const node = build(id);
    done.set(id, node);
    return node;
  };

  const build = (id: string): Node => {
    const target = lookup.targets.get(id);
    if (target !== undefined) return once(target, NONE, () => ({ kind: "target", target }));
    const model = lookup.models.get(id);
    if (model !== undefined) return visit(model.route);

    const selector = named(lookup.selectors, id);
    switch (selector.kind) {
      case "dispatcher": {
        const arm = selector.arms.find((one) => one.when === null || matches(one.when, read) === true);
        if (arm === undefined) throw new Error(`no arm of \`${id}\` matches, and the last one always should`);
        const way = arm.then;
        const then = way.kind === "refuse" ? once(way, NONE, () => ({ kind: "refuse", message: way.message })) : visit(way.id);
        return once(arm, [then], () => ({ kind: "arm", id: arm.id, then }));
      }
      default: {
        const parts = partsOf(selector).map(visit);
        return once(selector, parts, () => compose(selector, parts));
      }
    }
  };

  return visit(selector);
}

type Known = { readonly parts: readonly Node[]; readonly node: Node };

/** Of each target, arm and selector the node it was last resolved to: the memory of a policy's size, whatever is asked. */
const last = new WeakMap<object, Known>();
const NONE: readonly Node[] = [];

function once(of: object, parts: readonly Node[], make: () => Node): Node {
  const known = last.get(of);
  if (known !== undefined && known.parts.length === parts.length && known.parts.every((part, at) => part === parts[at])) return known.node;
  const node = make();
  last.set(of, { parts, node });
  return node;
}

/** What a selector other than a dispatcher hands a request to, in the order listed. */
export function partsOf(selector: Cascade | Smallest | Alloy): readonly string[] {
  return selector.kind === "cascade" ? selector.tries.map((step) => step.selector) : selector.parts.map((part) => part.selector);
}

/** A selector over what its parts resolved to, one node for each of `partsOf`. */
export function compose(selector: Cascade | Smallest | Alloy, nodes: readonly Node[]): Node {
  if (selector.kind === "cascade") {
    const end = nodes.findIndex((node) => refusal(node) !== null);
    if (end === 0) return nodes[0]!;
    const parts = selector.tries.map((step, at): Part => ({ id: step.id, node: nodes[at]!, weight: 1, step }));
    return { kind: "cascade", selector, parts: end < 0 ? parts : parts.slice(0, end) };
  }
  const parts = selector.parts.map((part, at): Part => ({ id: part.id, node: nodes[at]!, weight: "weight" in part ? part.weight : 1, step: null }));
  const left = parts.filter((part) => refusal(part.node) === null);
  return left.length === 0 ? nodes[0]! : ({ kind: selector.kind, selector, parts: left } as Node);
}

/** The message of an arm's `refuse`, where that is all there is. */
export function refusal(node: Node): string | null {
  if (node.kind === "refuse") return node.message;
  return node.kind === "arm" ? refusal(node.then) : null;
}

/** What stands behind the arms. */
export function behindArms(node: Node): Exclude<Node, { readonly kind: "arm" }> {
  return node.kind === "arm" ? behindArms(node.then) : node;
}
