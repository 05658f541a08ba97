// In: a diagram whose leaves are groups, or false for what is in none. Out: for each group its most ordinary request and how
// many cells of the space it has. One walk finds all of them: the work is a diagram's edges times the groups below each.
import { addCosts, axisSize, compareCosts, costOfValue, FREE, type Cost, type Ref, type Space } from "../analysis/index.ts";

/** Values of axes by their place; an axis that is left out has its first value. */
export type Way = ReadonlyMap<number, number>;
export type Grouped = { readonly way: Way; readonly cells: number };

type Best = { readonly cost: Cost; readonly value: number; readonly kid: Ref; readonly cells: number };

export type Groups<Group> = {
  readonly all: ReadonlyMap<Group, Grouped>;
  /** Whether some request below this node is of the group. */
  below(ref: Ref, group: Group): boolean;
};

export function groupsIn<Group extends object>(space: Space, root: Ref): Groups<Group> {
  const { diagrams, axes } = space;
  const sizes = axes.map(axisSize);
  const known = new Map<Ref, ReadonlyMap<Group, Best>>();
  // The next axis a node asks; what lies between two of them is free.
  const axisOf = (ref: Ref): number => (diagrams.isLeaf(ref) ? axes.length : diagrams.at(ref).variable);
  const between = (from: number, to: number): number => sizes.slice(from, to).reduce((product, size) => product * size, 1);

  const visit = (ref: Ref): ReadonlyMap<Group, Best> => {
    const before = known.get(ref);
    if (before !== undefined) return before;
    const found = new Map<Group, Best>();
    known.set(ref, found);
    if (diagrams.isLeaf(ref)) {
      const leaf = diagrams.leafOf(ref);
      if (typeof leaf === "object") found.set(leaf as Group, { cost: FREE, value: 0, kid: ref, cells: 1 });
      return found;
    }
    const { variable, kids } = diagrams.at(ref);
    for (const [value, kid] of kids.entries()) {
      const below = visit(kid);
      if (below.size === 0) continue;
      const step = costOfValue(axes[variable]!, value);
      const free = between(variable + 1, axisOf(kid));
      for (const [group, rest] of below) {
        const cost = addCosts(step, rest.cost);
        const best = found.get(group);
        const cells = (best?.cells ?? 0) + rest.cells * free;
        if (best === undefined || compareCosts(cost, best.cost) < 0) found.set(group, { cost, value, kid, cells });
        else found.set(group, { ...best, cells });
      }
    }
    return found;
  };

  const wayTo = (group: Group): Way => {
    const way = new Map<number, number>();
    for (let ref = root; !diagrams.isLeaf(ref); ) {
      const { value, kid } = visit(ref).get(group)!;
      way.set(diagrams.at(ref).variable, value);
      ref = kid;
    }
    return way;
  };

  const all = new Map([...visit(root)].map(([group, { cells }]) => [group, { way: wayTo(group), cells: cells * between(0, axisOf(root)) }] as const));
  return { all, below: (ref, group) => known.get(ref)?.has(group) ?? false };
}
