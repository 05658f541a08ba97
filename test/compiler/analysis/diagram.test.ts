// Diagrams against tables: the same functions written out value by value.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Diagrams, GaveUp, type Ref } from "../../../compiler/analysis/diagram.ts";
import { Tuples } from "../../../compiler/analysis/tuples.ts";

const SIZES = [2, 3, 2, 4];
const POINTS = pointsOf(SIZES);

/** A function of a point, as its values at all points in order. */
type Table = readonly number[];

const aTable = (leaves: number): fc.Arbitrary<Table> =>
  fc.array(fc.nat(leaves - 1), { minLength: 1, maxLength: 9 }).chain((some) => fc.infiniteStream(fc.constantFrom(...some)).map((stream) => POINTS.map(() => stream.next().value!)));

function build(diagrams: Diagrams<number>, table: Table): Ref {
  const from = (variable: number, start: number, length: number): Ref => {
    if (variable === SIZES.length) return diagrams.leaf(table[start]!);
    const step = length / SIZES[variable]!;
    return diagrams.choose(variable, Array.from({ length: SIZES[variable]! }, (_, value) => from(variable + 1, start + value * step, step)));
  };
  return from(0, 0, POINTS.length);
}

function tableOf(diagrams: Diagrams<number>, ref: Ref): Table {
  return POINTS.map((point) => diagrams.leafOf(point.reduce((at, value, variable) => diagrams.follow(at, variable, value), ref)));
}

function pointsOf(sizes: readonly number[]): readonly (readonly number[])[] {
  return sizes.reduce<readonly (readonly number[])[]>((points, size) => points.flatMap((point) => Array.from({ length: size }, (_, value) => [...point, value])), [[]]);
}

const fresh = (): Diagrams<number> => new Diagrams(SIZES, 1_000_000);

describe("a diagram", () => {
  it("is the function it was built from, and equal functions are one node", () => {
    fc.assert(
      fc.property(aTable(3), (table) => {
        const diagrams = fresh();
        const ref = build(diagrams, table);
        expect(tableOf(diagrams, ref)).toEqual(table);
        expect(build(diagrams, table)).toBe(ref);
        expect(new Set(diagrams.leavesOf(ref))).toEqual(new Set(table));
      }),
    );
  });

  it("of a product has at every point what is said of the values there", () => {
    fc.assert(
      fc.property(fc.array(aTable(3), { minLength: 1, maxLength: 3 }), (tables) => {
        const diagrams = fresh();
        const code = (values: readonly number[]): number => values.reduce((sum, one) => 3 * sum + one, 0);
        const ref = diagrams.product(tables.map((one) => build(diagrams, one)), (values) => diagrams.leaf(code(values)));
        expect(tableOf(diagrams, ref)).toEqual(POINTS.map((_, at) => code(tables.map((one) => one[at]!))));
      }),
    );
  });

  it("asked in another order than its kids ask is the same function", () => {
    fc.assert(
      fc.property(aTable(3), aTable(3), fc.nat(SIZES.length - 1), (one, other, variable) => {
        const diagrams = fresh();
        const kids = Array.from({ length: SIZES[variable]! }, (_, value) => build(diagrams, value === 0 ? one : other));
        expect(tableOf(diagrams, diagrams.choose(variable, kids))).toEqual(POINTS.map((point, at) => (point[variable] === 0 ? one : other)[at]));
      }),
    );
  });

  it("of either is one where the first has the value, and the other elsewhere", () => {
    fc.assert(
      fc.property(aTable(2), aTable(3), aTable(3), (is, one, other) => {
        const diagrams = fresh();
        const ref = diagrams.either(build(diagrams, is), 1, { yes: build(diagrams, one), no: build(diagrams, other) });
        expect(tableOf(diagrams, ref)).toEqual(POINTS.map((_, at) => (is[at] === 1 ? one : other)[at]));
      }),
    );
  });

  it("of any has the leaf wherever one of several has it", () => {
    fc.assert(
      fc.property(fc.array(aTable(2), { maxLength: 4 }), fc.constantFrom(0, 1), (tables, over) => {
        const diagrams = fresh();
        const ref = diagrams.any(tables.map((one) => build(diagrams, one)), { over, otherwise: 1 - over });
        expect(tableOf(diagrams, ref)).toEqual(POINTS.map((_, at) => (tables.some((one) => one[at] === over) ? over : 1 - over)));
      }),
    );
  });

  it("holds always against another exactly if it does at every point", () => {
    fc.assert(
      fc.property(aTable(3), aTable(3), (one, other) => {
        const diagrams = fresh();
        expect(diagrams.always(build(diagrams, one), build(diagrams, other), (left, right) => left <= right)).toBe(one.every((value, at) => value <= other[at]!));
      }),
    );
  });

  it("that outgrows its budget is given up", () => {
    const diagrams = new Diagrams<number>(SIZES, 10);
    expect(() => build(diagrams, POINTS.map((_, at) => at))).toThrow(GaveUp);
  });
});

describe("a map of tuples", () => {
  it("answers what was set, and nothing else", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.array(fc.nat(5), { maxLength: 4 }), { selector: String, maxLength: 100 }), fc.array(fc.nat(5), { maxLength: 4 }), (keys, other) => {
        const tuples = new Tuples();
        keys.forEach((key, at) => tuples.set(key, at));
        keys.forEach((key, at) => expect(tuples.get([...key])).toBe(at));
        expect(tuples.get(other) === undefined).toBe(!keys.some((key) => String(key) === String(other)));
      }),
    );
  });
});
