// In: a diagram, what to look for in it, and one request that has it. Out: for which requests that is so, as conditions a
// reader of the language knows. The region is covered by cubes as large as can be, the first of them around that request; one
// cube is a list of conditions, several are alternatives. A region that takes too many of them, or too long, is described by
// what holds for all of it.
import { axisSize, describe, type Cube, type Ref, type Space } from "../analysis/index.ts";
import type { Way } from "./groups.ts";

/** `exact`: the conditions hold for no other request. */
export type Where = { readonly texts: readonly string[]; readonly exact: boolean };

export type Sought = {
  /** Whether a request of the region is below this node. */
  readonly has: (ref: Ref) => boolean;
  readonly way: Way;
  /** Steps that are left, for this region and those after it. */
  readonly effort: { left: number };
};

/** More alternatives than this are no help to a reader. */
const MOST_CUBES = 4;
/** No region takes it all from the others. */
const MOST_STEPS = 100_000;

export function whereOf(space: Space, root: Ref, sought: Sought): Where {
  const cubes = coverOf(space, root, sought);
  if (cubes === null) return { texts: describe(space, hull(space, root, sought.has)), exact: false };
  const lists = cubes.map((cube) => describe(space, cube));
  if (lists.length === 1) return { texts: lists[0]!, exact: true };
  const shared = lists[0]!.filter((one) => lists.every((list) => list.includes(one)));
  const others = lists.map((list) => list.filter((one) => !shared.includes(one)));
  return { texts: [...shared, others.map(together).join(" or ")], exact: true };
}

/** Conditions as one text that `or` can stand beside. */
function together(list: readonly string[]): string {
  const parts = list.map((one) => (list.length > 1 && one.includes(" or ") ? `(${one})` : one));
  return parts.length > 1 ? `(${parts.join(" and ")})` : (parts[0] ?? "");
}

/** Null where it takes too many. */
function coverOf(space: Space, root: Ref, { has, way, effort }: Sought): readonly Cube[] | null {
  const given = Math.min(effort.left, MOST_STEPS);
  let left = given;
  const step = (): boolean => --left >= 0;
  try {
    const cubes: Box[] = [];
    for (let at: Way | null = way; at !== null; at = uncovered(space, root, { has, step, cubes })) {
      if (cubes.length === MOST_CUBES) return null;
      cubes.push(grown(space, root, { has, step, way: at }));
      if (left < 0) return null;
    }
    return left < 0 ? null : cubes.map((box) => new Map(box.flatMap(({ values, isWhole }, axis) => (isWhole ? [] : [[axis, values] as const]))));
  } finally {
    effort.left -= given - Math.max(left, 0);
  }
}

/** Of each axis the values, and whether each of all is among them. */
type Side = { readonly values: readonly number[]; readonly among: Uint8Array; readonly isWhole: boolean };
type Box = Side[];

function side(values: readonly number[], size: number): Side {
  const among = new Uint8Array(size);
  for (const value of values) among[value] = 1;
  return { values, among, isWhole: values.length === size };
}

/** What one walk needs; once `step` says no, what comes of it is not used. */
type Walk = { readonly has: (ref: Ref) => boolean; readonly step: () => boolean };

/** The request's box grown as far as the region goes: first the axes that turn out not to matter, then the others. */
function grown(space: Space, root: Ref, { way, ...walk }: Walk & { readonly way: Way }): Box {
  const sizes = space.axes.map(axisSize);
  const box: Box = sizes.map((size, axis) => side([way.get(axis) ?? 0], size));
  for (const onlyWhole of [true, false]) {
    for (const [axis, size] of sizes.entries()) {
      if (box[axis]!.isWhole) continue;
      const allowed = allowedAt(space, root, { ...walk, box, axis });
      if (allowed.length === size || (!onlyWhole && allowed.length > 0)) box[axis] = side(allowed, size);
    }
  }
  return box;
}

/** The values of one axis with which the whole box stays in the region. */
function allowedAt({ diagrams, axes }: Space, root: Ref, { has, step, box, axis }: Walk & { readonly box: Box; readonly axis: number }): readonly number[] {
  const every = Array.from({ length: axisSize(axes[axis]!) }, (_, value) => value);
  const inside = new Map<Ref, boolean>();
  const holds = (ref: Ref): boolean => {
    if (!has(ref) || !step()) return false;
    const known = inside.get(ref);
    if (known !== undefined) return known;
    let result = true;
    if (!diagrams.isLeaf(ref)) {
      const { variable, kids } = diagrams.at(ref);
      let before: Ref = -1;
      for (const value of box[variable]!.values) {
        const kid = kids[value]!;
        // Neighbouring values mostly lead to the same place.
        if (kid === before) continue;
        before = kid;
        if (!holds(kid)) {
          result = false;
          break;
        }
      }
    }
    inside.set(ref, result);
    return result;
  };
  const allowed = new Map<Ref, readonly number[]>();
  const visit = (ref: Ref): readonly number[] => {
    const known = allowed.get(ref);
    if (known !== undefined) return known;
    const found = has(ref) && step() ? build(ref) : [];
    allowed.set(ref, found);
    return found;
  };
  const build = (ref: Ref): readonly number[] => {
    if (diagrams.isLeaf(ref) || diagrams.at(ref).variable > axis) return holds(ref) ? every : [];
    const { variable, kids } = diagrams.at(ref);
    if (variable === axis) return every.filter((value) => holds(kids[value]!));
    let left: readonly number[] = every;
    for (const kid of new Set(box[variable]!.values.map((value) => kids[value]!))) {
      const right = visit(kid);
      if (right.length < every.length) {
        const among = new Set(right);
        left = left.filter((value) => among.has(value));
      }
      if (left.length === 0) break;
    }
    return left;
  };
  return visit(root);
}

/** A request of the region that is in none of the boxes. */
function uncovered({ diagrams, axes }: Space, root: Ref, { has, step, cubes }: Walk & { readonly cubes: readonly Box[] }): Way | null {
  const sizes = axes.map(axisSize);
  const done = new Set<string>();
  // `left`: bits of the boxes that the values chosen so far are all in.
  const visit = (axis: number, ref: Ref, left: number): readonly (readonly [number, number])[] | null => {
    if (!has(ref) || !step()) return null;
    if (left === 0 && diagrams.isLeaf(ref)) return [];
    if (axis === axes.length) return null;
    const key = `${axis} ${ref} ${left}`;
    if (done.has(key)) return null;
    done.add(key);
    const kids = !diagrams.isLeaf(ref) && diagrams.at(ref).variable === axis ? diagrams.at(ref).kids : null;
    const tried = new Set<number>();
    for (let value = 0; value < sizes[axis]!; value++) {
      const kid = kids === null ? ref : kids[value]!;
      let still = 0;
      for (let at = 0; at < cubes.length; at++) if ((left >> at) & 1 && cubes[at]![axis]!.among[value] === 1) still |= 1 << at;
      const same = kid * 2 ** MOST_CUBES + still;
      if (tried.has(same)) continue;
      tried.add(same);
      const rest = visit(axis + 1, kid, still);
      if (rest !== null) return value === 0 ? rest : [[axis, value], ...rest];
    }
    return null;
  };
  const way = visit(0, root, (1 << cubes.length) - 1);
  return way === null ? null : new Map(way);
}

/** For each axis every value some request of the region has. */
function hull({ diagrams, axes }: Space, root: Ref, has: (ref: Ref) => boolean): Cube {
  const values = axes.map(() => new Set<number>());
  const free = axes.map(() => false);
  const skip = (from: number, to: number): void => {
    for (let axis = from; axis < to; axis++) free[axis] = true;
  };
  const axisOf = (ref: Ref): number => (diagrams.isLeaf(ref) ? axes.length : diagrams.at(ref).variable);
  const seen = new Set<Ref>();
  const visit = (ref: Ref): void => {
    if (seen.has(ref) || diagrams.isLeaf(ref)) return;
    seen.add(ref);
    const { variable, kids } = diagrams.at(ref);
    for (const [value, kid] of kids.entries()) {
      if (!has(kid)) continue;
      values[variable]!.add(value);
      // What a way to the region does not ask, it may have any value of.
      skip(variable + 1, axisOf(kid));
      visit(kid);
    }
  };
  skip(0, axisOf(root));
  visit(root);
  return new Map(values.flatMap((set, axis) => (free[axis] || set.size === axisSize(axes[axis]!) ? [] : [[axis, [...set].sort((left, right) => left - right)] as const])));
}
