// The seam of a continued answer, by example and by law.
import { createSplice, type SpliceHow } from "#runtime/stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyCuts, cut } from "./rules.ts";

function spliced(released: string, how: SpliceHow, pieces: readonly string[]): string {
  const splice = createSplice(released, how);
  return pieces.map((piece) => splice.push(piece)).join("") + splice.finish();
}

const instruction = (released: string, continuation: string): string => spliced(released, "instruction", [...continuation]);

describe("after an instruction", () => {
  test("a repetition of all that was released is removed", () => {
    expect(instruction("call ", "call NewClient(x)")).toBe("NewClient(x)");
    expect(instruction("Hi", "Hi there")).toBe(" there");
  });

  test("a repetition of at least 16 characters of the end is removed", () => {
    expect(instruction("It was the best of times", "the best of times, it was")).toBe(", it was");
    expect(instruction("It was the best of times", "of times, it was")).toBe("of times, it was");
  });

  test("a repetition of the last line is removed, finished or not", () => {
    expect(instruction("The list:\n- one\n- two", "- two\n- three")).toBe("\n- three");
    expect(instruction("one\ntwo\n", "two\nthree\n")).toBe("three\n");
  });

  test("a short overlap is chance", () => {
    expect(instruction("I saw a", "apple")).toBe("apple");
    expect(instruction("a", "apple")).toBe("apple");
    expect(instruction("fruit:\na", "apple")).toBe("apple");
    expect(instruction("if {\n}\n", "}\n")).toBe("}\n");
    expect(instruction("one\n\n", "\ntwo")).toBe("\ntwo");
  });

  test("the longest repetition is the one that is removed", () => {
    const line = "a line of some length\n";
    expect(instruction(line + line, line + line + "end")).toBe("end");
  });

  test("nothing is kept back once it is clear that nothing is repeated", () => {
    const splice = createSplice("It was the best of times", "instruction");
    expect(splice.push("the b")).toBe("");
    expect(splice.push("ack")).toBe("the back");
    expect(splice.push("!")).toBe("!");
    expect(splice.finish()).toBe("");
  });

  test("a beginning that was never completed is no repetition", () => {
    expect(instruction("It was the best of times", "It was the")).toBe("It was the");
  });
});

test("after a prefix nothing is searched", () => {
  expect(spliced("call ", "prefix", ["call ", "New"])).toBe("call New");
});

const few = (length: number): fc.Arbitrary<string> => fc.string({ unit: fc.constantFrom("a", "b", " ", "\n"), maxLength: length });

test("the result never depends on how the continuation was cut, and only its beginning is ever removed", () => {
  fc.assert(
    fc.property(few(30), few(40), fc.nat(30), anyCuts, (released, own, again, cuts) => {
      const continuation = released.slice(again) + own;
      const result = instruction(released, continuation);
      expect(spliced(released, "instruction", cut(continuation, cuts))).toBe(result);
      expect(continuation.endsWith(result)).toBe(true);
      const removed = continuation.slice(0, continuation.length - result.length);
      expect(released.endsWith(removed)).toBe(true);
      // No longer repetition was there to remove.
      const longest = released.slice(again).length;
      if (longest >= 16) expect(removed.length).toBeGreaterThanOrEqual(longest);
    }),
    { numRuns: 500 },
  );
});

test("a megabyte of one letter is spliced as fast as any other text", () => {
  const released = "a".repeat(1 << 20);
  const pieces = Array.from({ length: 1 << 10 }, () => "a".repeat(1 << 10));
  expect(spliced(released, "instruction", [...pieces, "b"])).toBe("b");
});
