// The three filters a tree goes through before anything is tried, in this order: guards, capabilities, context. Each
// leaves out targets, and with `all parts or none` whole alloys, and says why.
import type { Capability, Decision, Guard, Provider, Target } from "#contracts";
import type { Facts } from "./facts.ts";
import { named, type Lookup } from "./lookup.ts";
import type { Composite, Node, Part } from "./resolve.ts";

export type Skip = Decision["skipped"][number];

/** What one filter says of a target (why it is left out, or null) and of an alloy whose parts must all pass (or null). */
export type Filter = {
  removes(target: Target): Omit<Skip, "target"> | null;
  removesAlloy(alloy: Extract<Node, { readonly kind: "alloy" }>): Omit<Skip, "target"> | null;
};

/** `needed`: the tokens a context window must hold. */
export type Need = { readonly needed: number; readonly output: number };

export function needOf(facts: Pick<Facts, "tokens" | "output">, reserve: number): Need {
  return { needed: facts.tokens + (facts.output > 0 ? facts.output : reserve), output: facts.output };
}

export function guardFilter(lookup: Lookup, guards: readonly Guard[]): Filter {
  return {
    removes(target) {
      const provider = named(lookup.providers, target.provider);
      const guard = guards.find((one) => !admits(one, target, provider));
      return guard === undefined ? null : { reason: "guard", id: guard.id };
    },
    removesAlloy: () => null,
  };
}

/** A provider that declares no zone is outside every zone and inside none: `only` and `never` both remove it. */
export function admits({ then }: Guard, target: Target, provider: Provider): boolean {
  if (then.kind === "refuse") return false;
  const subject = { zone: provider.zone, region: provider.region, provider: provider.id, target: target.id }[then.by];
  if (subject === null) return false;
  return then.names.includes(subject) === (then.kind === "only");
}

export function capabilityFilter(needs: ReadonlySet<Capability>): Filter {
  const able = [...needs].map((one) => serves((target) => target.can.includes(one), (node) => node.kind === "alloy"));
  return {
    removes: (target) => (isSubset(needs, target.can) ? null : { reason: "capability", id: target.id }),
    removesAlloy: ({ selector, parts }) =>
      able.every((serving) => parts.every((part) => serving(part.node))) ? null : { reason: "alloy_capability", id: selector.id },
  };
}

export function contextFilter(need: Need): Filter {
  const fits = serves((target) => unfit(target, need) === null, needsAllParts);
  return {
    removes: (target) => unfit(target, need),
    removesAlloy: ({ selector, parts }) => (selector.partial_context || parts.every((part) => fits(part.node)) ? null : { reason: "alloy_context", id: selector.id }),
  };
}

/** The tree without what the filter removes, null where nothing is left. What it removed is added to `skipped`. */
export function prune(tree: Node, filter: Filter, skipped: SkipList): Node | null {
  const done = new Map<Node, Node | null>();

  const visit = (node: Node): Node | null => {
    const known = done.get(node);
    if (known !== undefined) return known;
    const left = build(node);
    done.set(node, left);
    return left;
  };

  const build = (node: Node): Node | null => {
    switch (node.kind) {
      case "refuse":
        return node;
      case "arm": {
        const then = visit(node.then);
        return then === null ? null : then === node.then ? node : { ...node, then };
      }
      case "target": {
        const reason = filter.removes(node.target);
        if (reason === null) return node;
        skipped.add({ target: node.target.id, ...reason });
        return null;
      }
      case "alloy": {
        const whole = filter.removesAlloy(node);
        if (whole === null) return pruneParts(node);
        for (const target of targetsUnder(node)) skipped.add({ target: target.id, ...(filter.removes(target) ?? whole) });
        return null;
      }
      default:
        return pruneParts(node);
    }
  };

  const pruneParts = (node: Composite): Node | null => {
    const parts = node.parts.flatMap((part): Part[] => {
      const left = visit(part.node);
      return left === null ? [] : [left === part.node ? part : { ...part, node: left }];
    });
    if (parts.length === 0) return null;
    return parts.every((part, at) => part === node.parts[at]) && parts.length === node.parts.length ? node : ({ ...node, parts } as Node);
  };

  return visit(tree);
}

/** Skips without repeats, in the order they were found. */
export class SkipList {
  readonly #seen = new Set<string>();
  readonly list: Skip[] = [];

  add(skip: Skip): void {
    const key = `${skip.target} ${skip.reason} ${skip.id}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.list.push(skip);
  }
}

/** The window `smallest of` orders by: an alloy that needs all its parts is as small as its smallest. */
export function windows(): (node: Node) => number {
  return memoized((node, self) => {
    switch (node.kind) {
      case "target":
        return node.target.context;
      case "refuse":
        return 0;
      case "arm":
        return self(node.then);
      default: {
        const parts = node.parts.map((part) => self(part.node));
        return needsAllParts(node) ? Math.min(...parts) : Math.max(...parts);
      }
    }
  });
}

export function targetsUnder(node: Node): ReadonlySet<Target> {
  const found = new Set<Target>();
  const seen = new Set<Node>();
  const visit = (one: Node): void => {
    if (seen.has(one)) return;
    seen.add(one);
    if (one.kind === "target") found.add(one.target);
    else if (one.kind === "arm") visit(one.then);
    else if (one.kind !== "refuse") one.parts.forEach((part) => visit(part.node));
  };
  visit(node);
  return found;
}

function needsAllParts(node: Composite): boolean {
  return node.kind === "alloy" && !node.selector.partial_context;
}

function unfit(target: Target, { needed, output }: Need): Omit<Skip, "target"> | null {
  if (needed > target.context) return { reason: "context", id: target.id };
  if (target.output !== null && target.output < output) return { reason: "output", id: target.id };
  return null;
}

/** Whether a part serves: a target by itself, an alloy that blends its parts if all do, any other selector if one does. */
function serves(target: (one: Target) => boolean, needsAll: (node: Composite) => boolean): (node: Node) => boolean {
  return memoized((node, self) => {
    switch (node.kind) {
      case "target":
        return target(node.target);
      case "refuse":
        return false;
      case "arm":
        return self(node.then);
      default:
        return needsAll(node) ? node.parts.every((part) => self(part.node)) : node.parts.some((part) => self(part.node));
    }
  });
}

/** A node that occurs at many places of a tree is computed once; without this, deep sharing would cost exponentially. */
function memoized<T>(compute: (node: Node, self: (node: Node) => T) => T): (node: Node) => T {
  const known = new Map<Node, T>();
  const self = (node: Node): T => {
    if (known.has(node)) return known.get(node)!;
    const value = compute(node, self);
    known.set(node, value);
    return value;
  };
  return self;
}

function isSubset(needs: ReadonlySet<Capability>, of: readonly Capability[]): boolean {
  for (const one of needs) if (!of.includes(one)) return false;
  return true;
}
