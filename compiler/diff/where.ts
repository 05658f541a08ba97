// In: a diagram, a kind of leaf, and one request that has it. Out: for which requests that is so, as conditions a reader of
// the language knows. The region is covered by cubes as large as can be, the first of them around that request; one cube is a
// list of conditions, several are alternatives. A region that takes too many is described by what holds for all of it.
import { axisSize, describe, type Cube, type Ref, type Space } from "../analysis/index.ts";
import type { Way } from "./groups.ts";

/** `exact`: the conditions hold for no other request. */
export type Where = { readonly texts: readonly string[]; readonly exact: boolean };

/** More alternatives than this are no help to a reader. */
const MOST_CUBES = 4;

type Wanted = (leaf: object | boolean) => boolean;

export function whereOf(space: Space, root: Ref, { is, way }: { readonly is: Wanted; readonly way: Way }): Where {
  const cubes: Cube[] = [];
  for (let at: Way | null = way; at !== null; at = uncovered(space, root, { is, cubes })) {
    if (cubes.length === MOST_CUBES) return { texts: describe(space, hull(space, root, is)), exact: false };
    cubes.push(grown(space, root, { is, way: at }));
  }
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

/** The request's cube grown as far as the region goes: first the axes that turn out not to matter, then the others. */
function grown(space: Space, root: Ref, { is, way }: { readonly is: Wanted; readonly way: Way }): Cube {
  const cube = space.axes.map((_, axis): readonly number[] => [way.get(axis) ?? 0]);
  const all = space.axes.map((axis) => Array.from({ length: axisSize(axis) }, (_, value) => value));
  for (const onlyWhole of [true, false]) {
    for (const [axis, values] of all.entries()) {
      if (cube[axis]!.length === values.length) continue;
      const allowed = allowedAt(space, root, { is, cube, axis });
      if (allowed.length === values.length || !onlyWhole) cube[axis] = allowed;
    }
  }
  return new Map(cube.flatMap((values, axis) => (values.length === all[axis]!.length ? [] : [[axis, values] as const])));
}

type Growing = { readonly is: Wanted; readonly cube: readonly (readonly number[])[]; readonly axis: number };

/** The values of one axis with which the whole cube stays in the region. */
function allowedAt({ diagrams, axes }: Space, root: Ref, { is, cube, axis }: Growing): readonly number[] {
  const every = Array.from({ length: axisSize(axes[axis]!) }, (_, value) => value);
  const inside = new Map<Ref, boolean>();
  const holds = (ref: Ref): boolean => {
    const known = inside.get(ref);
    if (known !== undefined) return known;
    let result: boolean;
    if (diagrams.isLeaf(ref)) result = is(diagrams.leafOf(ref));
    else {
      const { variable, kids } = diagrams.at(ref);
      result = cube[variable]!.every((value) => holds(kids[value]!));
    }
    inside.set(ref, result);
    return result;
  };
  const allowed = new Map<Ref, readonly number[]>();
  const visit = (ref: Ref): readonly number[] => {
    const known = allowed.get(ref);
    if (known !== undefined) return known;
    const found = build(ref);
    allowed.set(ref, found);
    return found;
  };
  const build = (ref: Ref): readonly number[] => {
    if (diagrams.isLeaf(ref) || diagrams.at(ref).variable > axis) return holds(ref) ? every : [];
    const { variable, kids } = diagrams.at(ref);
    if (variable === axis) return every.filter((value) => holds(kids[value]!));
    const lists = cube[variable]!.map((value) => visit(kids[value]!));
    return lists.reduce((left, right) => (left === right || right.length === every.length ? left : left.filter((value) => right.includes(value))));
  };
  return visit(root);
}

/** A request of the region that is in none of the cubes. */
function uncovered({ diagrams, axes }: Space, root: Ref, { is, cubes }: { readonly is: Wanted; readonly cubes: readonly Cube[] }): Way | null {
  const empty = new Set<string>();
  // `left`: the cubes that the values chosen so far are all in.
  const visit = (axis: number, ref: Ref, left: readonly Cube[]): readonly (readonly [number, number])[] | null => {
    if (diagrams.isLeaf(ref) && (!is(diagrams.leafOf(ref)) || left.length === 0)) return is(diagrams.leafOf(ref)) ? [] : null;
    if (axis === axes.length) return null;
    const key = `${axis} ${ref} ${left.map((cube) => cubes.indexOf(cube)).join()}`;
    if (empty.has(key)) return null;
    const asks = !diagrams.isLeaf(ref) && diagrams.at(ref).variable === axis;
    const tried = new Set<string>();
    for (let value = 0; value < axisSize(axes[axis]!); value++) {
      const kid = asks ? diagrams.at(ref).kids[value]! : ref;
      const still = left.filter((cube) => cube.get(axis)?.includes(value) ?? true);
      const same = `${kid} ${still.map((cube) => cubes.indexOf(cube)).join()}`;
      if (tried.has(same)) continue;
      tried.add(same);
      const rest = visit(axis + 1, kid, still);
      if (rest !== null) return value === 0 ? rest : [[axis, value], ...rest];
    }
    empty.add(key);
    return null;
  };
  const way = visit(0, root, cubes);
  return way === null ? null : new Map(way);
}

/** For each axis every value some request of the region has. */
function hull({ diagrams, axes }: Space, root: Ref, is: Wanted): Cube {
  const some = new Map<Ref, boolean>();
  const values = axes.map(() => new Set<number>());
  const free = axes.map(() => false);
  const visit = (ref: Ref): boolean => {
    const known = some.get(ref);
    if (known !== undefined) return known;
    if (diagrams.isLeaf(ref)) {
      some.set(ref, is(diagrams.leafOf(ref)));
      return some.get(ref)!;
    }
    const { variable, kids } = diagrams.at(ref);
    const below = kids.map(visit);
    below.forEach((one, value) => void (one && values[variable]!.add(value)));
    // What a way to the region does not ask on it, it may have any value of.
    kids.forEach((kid, value) => void (below[value] && skip(variable + 1, diagrams.isLeaf(kid) ? axes.length : diagrams.at(kid).variable)));
    some.set(ref, below.includes(true));
    return below.includes(true);
  };
  const skip = (from: number, to: number): void => {
    for (let axis = from; axis < to; axis++) free[axis] = true;
  };
  visit(root);
  skip(0, diagrams.isLeaf(root) ? axes.length : diagrams.at(root).variable);
  return new Map(values.flatMap((set, axis) => (free[axis] || set.size === axisSize(axes[axis]!) ? [] : [[axis, [...set].sort((left, right) => left - right)] as const])));
}
