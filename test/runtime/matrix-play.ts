// Plays a matrix: the cells of one fault are one test, and many faults are played at a time.
import { afterAll, beforeAll, expect, test } from "vitest";
import { casesOf, expectedOf, openMatrix, type Cell, type Matrix, type Scene } from "./matrix.ts";
import type { WireKind } from "./matrix-wires.ts";
import { SURFACES } from "./surfaces-harness.ts";

export function playMatrix(kind: WireKind, scenes: readonly Scene[]): void {
  let matrix: Matrix;
  let played = 0;
  beforeAll(async () => {
    matrix = await openMatrix(kind);
  });
  afterAll(() => matrix.close());

  test.concurrent.each(casesOf(kind).map((one) => [one.fault.name, one.manner, one] as const))("%s (%s) comes to the client and the receipt as what it is", async (_, manner, its) => {
    // Nothing is ever gone on from in an answer that is given whole.
    const these = manner === "whole" ? scenes.filter((scene) => scene === "alone" || scene === "default" || scene === "replaced") : scenes;
    const cells: Cell[] = SURFACES.flatMap((surface) => these.map((scene) => ({ ...its, surface, scene })));
    const rows = await Promise.all(cells.map((cell) => matrix.play(cell)));
    played += rows.length;
    expect(rows).toEqual(cells.map(expectedOf));
  });

  test("every request has left exactly one receipt", () => {
    expect(matrix.receipts.length).toBe(played);
  });
}
