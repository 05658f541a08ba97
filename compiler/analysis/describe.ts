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

/** Boxes of tokens, answer and both together that hold exactly the cells: few, and with as few bounds as can be. */
function ofSizes(cells: readonly SizeCell[], picked: readonly number[]): readonly string[] {
  if (picked.length === cells.length) return [];
  const chosen = new Set(picked.map((at) => cells[at]!));
  const left = new Set(chosen);
  const boxes: Box[] = [];
  for (const cell of chosen) {
    if (!left.has(cell)) continue;
    const box = [grown(cell, { cells, chosen, order: ["tokens", "output", "sum"] }), grown(cell, { cells, chosen, order: ["sum", "output", "tokens"] })]
      .map((one) => ({ one, holds: [...left].filter((other) => isWithin(other, one)).length, bounds: ofBox(one).length }))
      .reduce((best, other) => (other.holds > best.holds || (other.holds === best.holds && other.bounds < best.bounds) ? other : best)).one;
    boxes.push(box);
    for (const one of left) if (isWithin(one, box)) left.delete(one);
  }
  // A later box may have taken in all of an earlier one.
  const needed = boxes.filter((box, at) => [...chosen].some((cell) => isWithin(cell, box) && !boxes.some((other, place) => place > at && isWithin(cell, other))));
  const lists = needed.map(ofBox);
  return lists.length === 1 ? lists[0]! : [lists.map((list) => (list.length === 1 ? list[0]! : `(${list.join(" and ")})`)).join(" or ")];
}

type Box = Pick<SizeCell, "tokens" | "output" | "sum">;
type Growing = { readonly cells: readonly SizeCell[]; readonly chosen: ReadonlySet<SizeCell>; readonly order: readonly (keyof Box)[] };

/** The cell's own bounds, taken away or moved out, in this order, as long as nothing but chosen cells comes in. */
function grown(cell: SizeCell, { cells, chosen, order }: Growing): Box {
  const others = cells.filter((one) => !chosen.has(one));
  let box: Box = { tokens: cell.tokens, output: cell.output, sum: cell.sum };
  const tryBox = (next: Box): boolean => {
    const pure = !others.some((one) => meets(one, next));
    if (pure) box = next;
    return pure;
  };
  for (const by of order) {
    tryBox({ ...box, [by]: { ...box[by], least: 0 } });
    tryBox({ ...box, [by]: { ...box[by], most: Number.POSITIVE_INFINITY } });
    const edges = [...new Set(cells.map((one) => one[by].least))].sort((left, right) => left - right);
    for (const edge of edges.toReversed()) if (edge < box[by].least && !tryBox({ ...box, [by]: { ...box[by], least: edge } })) break;
    for (const [at, edge] of edges.entries()) if (edge > box[by].most && !tryBox({ ...box, [by]: { ...box[by], most: (edges[at + 1] ?? Number.POSITIVE_INFINITY) - 1 } })) break;
  }
  // What came in by one bound may have made another one idle.
  for (const by of ["tokens", "output", "sum"] as const) {
    tryBox({ ...box, [by]: { ...box[by], least: 0 } });
    tryBox({ ...box, [by]: { ...box[by], most: Number.POSITIVE_INFINITY } });
  }
  return box;
}

function ofBox({ tokens, output, sum }: Box): readonly string[] {
  // Without an answer length the sum is the tokens, and says nothing of its own.
  if (output.most === 0) return [...bounds("request.tokens", { least: Math.max(tokens.least, sum.least), most: Math.min(tokens.most, sum.most) }, ANY), ...bounds("request.output", output, ANY)];
  return [...bounds("request.tokens", tokens, ANY), ...bounds("request.output", output, ANY), ...bounds("request.tokens + request.output", sum, ANY)];
}

const ANY: Interval = { least: 0, most: Number.POSITIVE_INFINITY };

/** Whether some request lies in both. */
function meets(one: Box, other: Box): boolean {
  const [tokens, output, sum] = [both(one.tokens, other.tokens), both(one.output, other.output), both(one.sum, other.sum)];
  if (tokens.least > tokens.most || output.least > output.most) return false;
  return Math.max(sum.least, tokens.least + output.least) <= Math.min(sum.most, tokens.most + output.most);
}

function both(one: Interval, other: Interval): Interval {
  return { least: Math.max(one.least, other.least), most: Math.min(one.most, other.most) };
}

function isWithin(one: Box, other: Box): boolean {
  return (["tokens", "output", "sum"] as const).every((by) => one[by].least >= other[by].least && one[by].most <= other[by].most);
}

function bounds(fact: string, { least, most }: Interval, of: Interval): readonly string[] {
  if (least === most) return [`${fact} == ${least}`];
  return [...(least > of.least ? [`${fact} >= ${least}`] : []), ...(most < of.most ? [`${fact} <= ${most}`] : [])];
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
