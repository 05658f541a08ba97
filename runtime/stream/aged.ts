// Rules with `within = N`: a match longer than N characters is none. A DFA cannot count, so these rules are followed
// node by node, each with the newest place a match under way there began: the newest is the shortest, so a match of at
// most N characters ends here exactly if it does, and one that can no longer end in time is dropped.
import { ANY } from "./context.ts";
import { aliveFor, type Tables } from "./tables.ts";

export type Capped = { readonly rule: number; readonly within: number };

export type Aged = {
  readonly accepts: readonly number[];
  readonly pending: readonly (readonly [rule: number, mask: number])[];
  /** No match is under way that can still end in time. */
  readonly idle: boolean;
  /** No match under way is longer, in characters; 0 where none is. */
  readonly depth: number;
  /** Behind one more character. */
  step(oneClass: number, before: number): Aged;
};

/** Nothing read yet. */
export function createAged(tables: Tables, rules: readonly Capped[]): Aged {
  const { automaton, members, starts, depth: depths } = tables;
  const { nodes } = automaton;
  const caps = new Map(rules.map((one) => [one.rule, one.within]));
  const alive = aliveFor(tables, new Set(caps.keys()));
  const oldest = oldestUseful(tables, rules);
  const none: Aged = { accepts: [], pending: [], idle: true, depth: 0, step: (oneClass, before) => step([], new Map(), { oneClass, before }) };
  return none;

  function step(list: readonly number[], ages: ReadonlyMap<number, number>, read: { readonly oneClass: number; readonly before: number }): Aged {
    const next = new Map<number, number>();
    for (const node of starts[read.oneClass]!) if (alive[node] === 1 && (nodes[node]!.start & read.before) !== 0) next.set(node, 1);
    for (const node of list) {
      const age = ages.get(node)! + 1;
      for (const one of nodes[node]!.follow) {
        if (alive[one] === 1 && members[nodes[one]!.set]![read.oneClass] === 1 && age < (next.get(one) ?? Infinity)) next.set(one, age);
      }
    }
    return next.size === 0 ? none : behind(next);
  }

  /** `ages`: each node that was just entered, and how many characters the newest match under way there has. */
  function behind(ages: ReadonlyMap<number, number>): Aged {
    const masks = new Map<number, number>();
    for (const [node, age] of ages) {
      for (const [rule, mask] of nodes[node]!.accept) if (age <= (caps.get(rule) ?? 0)) masks.set(rule, (masks.get(rule) ?? 0) | mask);
    }
    const found = [...masks].sort(([a], [b]) => a - b);
    const accepts = found.flatMap(([rule, mask]) => (mask === ANY ? [rule] : []));
    const pending = found.filter(([, mask]) => mask !== ANY);
    const useful: number[] = [];
    let depth = 0;
    for (const [node, age] of ages) {
      if (age <= oldest[node]!) {
        useful.push(node);
        depth = Math.max(depth, Math.min(depths[node]!, oldest[node]!));
      }
      for (const [rule, mask] of nodes[node]!.accept) {
        const cap = caps.get(rule) ?? 0;
        if (mask !== ANY && age <= cap) depth = Math.max(depth, Math.min(depths[node]!, cap));
      }
    }
    return { accepts, pending, idle: depth === 0, depth, step: (oneClass, before) => step(useful, ages, { oneClass, before }) };
  }
}

/** For each node the age up to which a match under way there, going on, can still end in time. */
function oldestUseful(tables: Tables, rules: readonly Capped[]): readonly number[] {
  const { nodes } = tables.automaton;
  const oldest = nodes.map(() => -1);
  for (const { rule, within } of rules) {
    // Breadth first from the accepting nodes backwards: `left` characters are still to be read.
    const left = new Map<number, number>();
    let layer = nodes.flatMap((node, at) => (node.accept.some(([one]) => one === rule) ? [at] : []));
    for (let distance = 1; layer.length > 0; distance++) {
      const further = new Set<number>();
      for (const at of layer) {
        for (const before of tables.before[at]!) {
          if (left.has(before)) continue;
          left.set(before, distance);
          further.add(before);
        }
      }
      layer = [...further];
    }
    for (const [node, distance] of left) oldest[node] = Math.max(oldest[node]!, within - distance);
  }
  return oldest;
}
