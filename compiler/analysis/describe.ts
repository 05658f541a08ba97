// A cube as conditions a reader of the language knows: `request.tags has pii`, `request.tokens > 32768`. Together they hold
// for exactly the requests of the cube; no condition at all is every request.
import type { Interval, SizeCell } from "./size.ts";
import type { Axis, Cube, Space } from "./space.ts";

export function describe(space: Space, cube: Cube): readonly string[] {
  return [...cube].flatMap(([axis, values]) => ofAxis(space.axes[axis]!, values));
}

function ofAxis(axis: Axis, values: readonly number[]): readonly string[] {
  switch (axis.kind) {
    case "bool":
      return values.length === 2 ? [] : [values[0] === 1 ? axis.fact : `not ${axis.fact}`];
    case "member":
      return values.length === 2 ? [] : [values[0] === 1 ? `${axis.fact} has ${axis.member}` : `not ${axis.fact} has ${axis.member}`];
    case "text":
      return ofTexts(axis, values);
    case "number":
      return ofNumbers(axis.fact, axis.values, values);
    case "size":
      return ofSizes(axis.cells, values);
    default:
      return unreachable(axis);
  }
}

function ofTexts(axis: Extract<Axis, { readonly kind: "text" }>, picked: readonly number[]): readonly string[] {
  if (picked.length === axis.values.length) return [];
  const quote = (value: string): string => (axis.other === null ? value : JSON.stringify(value));
  const values = picked.map((at) => axis.values[at] ?? null);
  const known = values.filter((value) => value !== null && value !== axis.other);
  const absent = values.includes(null);
  // With `other` in it, the set is what it leaves out.
  if (axis.other !== null && values.includes(axis.other)) {
    const out = axis.values.filter((value) => value !== null && value !== axis.other && !values.includes(value));
    return [...out.map((value) => `${axis.fact} != ${quote(value!)}`), ...(absent ? [] : [`not absent(${axis.fact})`])];
  }
  const parts = [...(known.length === 1 ? [`${axis.fact} == ${quote(known[0]!)}`] : known.length > 1 ? [`${axis.fact} in [${known.map((one) => quote(one!)).join(", ")}]`] : []), ...(absent ? [`absent(${axis.fact})`] : [])];
  return [parts.join(" or ")];
}

function ofNumbers(fact: string, values: readonly (Interval | null)[], picked: readonly number[]): readonly string[] {
  if (picked.length === values.length) return [];
  const absent = picked.some((at) => values[at] === null);
  const pieces = joined(picked.flatMap((at) => values[at] ?? []));
  const whole = values.filter((one) => one !== null);
  const texts = pieces.map((one) => bounds(fact, one, { least: whole[0]!.least, most: Number.POSITIVE_INFINITY }).join(" and ") || `not absent(${fact})`);
  return [[...texts, ...(absent ? [`absent(${fact})`] : [])].join(" or ")];
}

/** The bounds of tokens, of the answer and of both together that hold exactly the cells; where none do, one text per cell. */
function ofSizes(cells: readonly SizeCell[], picked: readonly number[]): readonly string[] {
  if (picked.length === cells.length) return [];
  const chosen = picked.map((at) => cells[at]!);
  const hulls = { tokens: hull(chosen.map((one) => one.tokens)), output: hull(chosen.map((one) => one.output)), sum: hull(chosen.map((one) => one.sum)) };
  const inside = cells.filter((cell) => within(cell.tokens, hulls.tokens) && within(cell.output, hulls.output) && within(cell.sum, hulls.sum));
  if (inside.length === chosen.length) return ofHull(hulls, chosen);
  return [chosen.map((cell) => `(${ofHull(cell, [cell]).join(" and ")})`).join(" or ")];
}

function ofHull({ tokens, output, sum }: Pick<SizeCell, "tokens" | "output" | "sum">, chosen: readonly SizeCell[]): readonly string[] {
  const everything = { least: 0, most: Number.POSITIVE_INFINITY };
  // Without an answer length the sum is the tokens, and says nothing of its own.
  const sums = chosen.every((cell) => cell.output.most === 0) ? [] : bounds("request.tokens + request.output", sum, everything);
  return [...bounds("request.tokens", tokens, everything), ...bounds("request.output", output, everything), ...sums];
}

function bounds(fact: string, { least, most }: Interval, of: Interval): readonly string[] {
  if (least === most) return [`${fact} == ${least}`];
  return [...(least > of.least ? [`${fact} >= ${least}`] : []), ...(most < of.most ? [`${fact} <= ${most}`] : [])];
}

function hull(list: readonly Interval[]): Interval {
  return { least: Math.min(...list.map((one) => one.least)), most: Math.max(...list.map((one) => one.most)) };
}

function within(inner: Interval, outer: Interval): boolean {
  return inner.least >= outer.least && inner.most <= outer.most;
}

function joined(intervals: readonly Interval[]): readonly Interval[] {
  const pieces: Interval[] = [];
  for (const next of intervals) {
    const last = pieces.at(-1);
    if (last !== undefined && last.most + 1 === next.least) pieces[pieces.length - 1] = { least: last.least, most: next.most };
    else pieces.push(next);
  }
  return pieces;
}

function unreachable(value: never): never {
  throw new Error(`no such axis: ${JSON.stringify(value)}`);
}
