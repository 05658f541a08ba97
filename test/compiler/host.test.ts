import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalPath, pathFrom, resolvePath } from "../../compiler/index.ts";

const path = fc.array(fc.constantFrom("a", "b", "..", ".", "c.ward"), { minLength: 1, maxLength: 6 }).map((parts) => parts.join("/"));
const file = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 4 }).map((folders) => [...folders, "f.ward"].join("/"));

describe("paths", () => {
  test.each([
    ["a.ward", "./b.ward", "b.ward"],
    ["x/a.ward", "./b.ward", "x/b.ward"],
    ["x/a.ward", "../b.ward", "b.ward"],
    ["a.ward", "../b.ward", "../b.ward"],
    ["../x/a.ward", "../../b.ward", "../../b.ward"],
    ["/x/a.ward", "../../b.ward", "/b.ward"],
    ["x/y/a.ward", ".././z//b.ward", "x/z/b.ward"],
  ])("in %s, %s is %s", (from, written, is) => {
    expect(resolvePath(from, written)).toBe(is);
  });

  test("a path in its normal form is left alone", () => {
    fc.assert(fc.property(path, (one) => void expect(normalPath(normalPath(one))).toBe(normalPath(one))));
  });

  test("what a file is called from another leads to it", () => {
    fc.assert(fc.property(file, file, (from, to) => void expect(resolvePath(from, pathFrom(from, to))).toBe(to)));
  });
});
