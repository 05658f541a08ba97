import { describe, expect, it } from "vitest";
import { childrenOf, nearest, parse, walk } from "#lang";

const { file } = parse({ path: "a.ward", text: "ward 1\n// no node\nmodel m { a = [b, { c = d }] }\nguard g { when x.y == z then only zone w }\n" });

describe("walking a tree", () => {
  it("visits parents before children, and each node once", () => {
    const seen: string[] = [];
    walk(file, (node, parent) => void seen.push(`${parent?.kind ?? "-"} > ${node.kind}`));
    expect(seen).toEqual([
      "- > file", "file > model", "model > name", "model > field", "field > name", "field > list", "list > name", "list > record", "record > field", "field > name", "field > name",
      "file > guard", "guard > name", "guard > compare", "compare > fact", "compare > name", "guard > only", "only > name",
    ]);
  });

  it("goes no deeper where it is told to skip", () => {
    const seen: string[] = [];
    walk(file, (node) => {
      seen.push(node.kind);
      return node.kind === "model" || node.kind === "guard" ? "skip" : undefined;
    });
    expect(seen).toEqual(["file", "model", "guard"]);
  });

  it("finds no children in a leaf", () => {
    expect(childrenOf({ kind: "name", text: "a", span: file.span })).toEqual([]);
  });
});

describe("the nearest word", () => {
  it.each([
    ["sonet", ["sonnet", "sonar"], "sonnet"],
    ["provder", ["provider", "model"], "provider"],
    ["on", ["no", "in"], "no"],
    ["Text", ["text"], "text"],
    ["abcdef", ["uvwxyz"], null],
    ["same", ["same"], null],
    ["", ["a"], "a"],
  ])("to %s among %j is %s", (word, candidates, expected) => {
    expect(nearest(word, candidates)).toBe(expected);
  });
});
