import { describe, expect, it } from "vitest";
import { canEndTogether, readPattern, tieWitness, type Pattern } from "../../../compiler/patterns/index.ts";
import { randomFrom } from "../../support/random-policy.ts";

function pattern(source: string): Pattern {
  const read = readPattern({ kind: "pattern", source, flags: "" });
  if (!read.ok) throw new Error(read.problem.message);
  return read.pattern;
}

describe("two patterns that can end together", () => {
  it.each([
    ["abc", "bc", true],
    ["abc", "c", true],
    ["abc", "xbc", false],
    ["a[b-d]", "[d-f]", true],
    ["a[b-d]", "[e-f]", false],
    ["(ab)+", "bab", true],
    ["(ab)+c", "bbc", false],
    ["a\\b", "x", true],
  ])("are told apart from those that cannot: /%s/ and /%s/", (one, other, together) => {
    expect(canEndTogether(pattern(one), pattern(other))).toBe(together);
    expect(canEndTogether(pattern(other), pattern(one))).toBe(together);
  });

  it("are all those of which some text is the first that decides both", () => {
    const random = randomFrom(7);
    const pieces = ["a", "b", "[ab]", "c", "(a|bc)", "b?a", "(ab){1,2}", "."];
    const some = () => Array.from({ length: 1 + random.below(3) }, () => random.pick(pieces)).join("");
    let ties = 0;
    for (let at = 0; at < 400; at++) {
      const [one, other] = [some(), some()];
      const tie = tieWitness(pattern(one), pattern(other));
      if (tie.kind !== "text") continue;
      ties++;
      expect([one, other, canEndTogether(pattern(one), pattern(other))]).toEqual([one, other, true]);
      for (const source of [one, other]) {
        expect(new RegExp(source, "u").test(tie.text)).toBe(true);
        expect(new RegExp(source, "u").test([...tie.text].slice(0, -1).join(""))).toBe(false);
      }
    }
    expect(ties).toBeGreaterThan(100);
  });
});
