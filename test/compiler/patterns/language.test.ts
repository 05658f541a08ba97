// Patterns as languages, held against the platform's RegExp on every short text.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Answer, decidedNoLater, differenceWitness, firstMatchEnd, includes, intersectionWitness, type Pattern, readPattern, shortestText, type Witness,
} from "../../../compiler/patterns/index.ts";
import { anyPattern } from "../../runtime/stream/rules.ts";

function pattern({ source, flags }: RegExp): Pattern {
  const read = readPattern({ kind: "pattern", source, flags });
  if (!read.ok) throw new Error(read.problem.message);
  return read.pattern;
}

const LETTERS = ["a", "b", "A", " ", "\n"];
const TEXTS: readonly string[] = [0, 1, 2, 3, 4].reduce<string[][]>((layers) => [...layers, layers.at(-1)!.flatMap((text) => LETTERS.map((letter) => text + letter))], [[""]]).flat();

/** Holds the answer against all short texts: what it says is true of each, and no shorter one shows it. */
function agrees(witness: Witness, shows: (text: string) => boolean): void {
  if (witness.kind === "unknown") return;
  const short = TEXTS.find(shows);
  if (witness.kind === "none") expect(short).toBeUndefined();
  else {
    expect(shows(witness.text), JSON.stringify(witness.text)).toBe(true);
    if (short !== undefined) expect(witness.text.length).toBeLessThanOrEqual(short.length);
  }
}

const asWitness = (answer: Answer): Witness => (answer.kind === "yes" ? { kind: "none" } : answer.kind === "no" ? { kind: "text", text: answer.witness } : answer);

/** Where the platform first finds that it has matched: the smallest end of all matches. */
function firstEnd(one: RegExp, text: string): number | null {
  for (let end = 0; end <= text.length; end++) {
    const to = new RegExp(`(?:${one.source})(?=[^]{${text.length - end}}(?![^]))`, one.flags);
    if (to.test(text)) return end;
  }
  return null;
}

const runs = { numRuns: 150 };

describe("for any two patterns", () => {
  const two = [anyPattern(["", "i", "m", "u"]), anyPattern(["", "i", "m", "u"])] as const;

  test("a difference is the shortest text in which the one matches and the other does not", () => {
    fc.assert(fc.property(...two, (a, b) => agrees(differenceWitness(pattern(a), pattern(b)), (text) => a.test(text) && !b.test(text))), runs);
  });

  test("one includes another if no text says otherwise", () => {
    fc.assert(fc.property(...two, (a, b) => agrees(asWitness(includes(pattern(a), pattern(b))), (text) => b.test(text) && !a.test(text))), runs);
  });

  test("an intersection is the shortest text in which both match", () => {
    fc.assert(fc.property(...two, (a, b) => agrees(intersectionWitness(pattern(a), pattern(b)), (text) => a.test(text) && b.test(text))), runs);
  });

  test("the shortest text of a pattern is one it matches", () => {
    fc.assert(fc.property(two[0], (a) => agrees(shortestText(pattern(a)), (text) => a.test(text))), runs);
  });

  test("the first match of a text ends where the platform says", () => {
    fc.assert(
      fc.property(two[0], fc.constantFrom(...TEXTS), (a, text) => {
        expect(firstMatchEnd(pattern(a), text)).toBe(firstEnd(a, text));
      }),
      runs,
    );
  });

  test("what is decided no later ends no later, in every text", () => {
    fc.assert(
      fc.property(...two, (a, b) => {
        const answer = decidedNoLater(pattern(a), pattern(b));
        if (answer.kind !== "yes") return;
        for (const text of TEXTS) {
          const second = firstEnd(b, text);
          if (second !== null) expect(firstEnd(a, text), text).not.toBeNull();
        }
      }),
      runs,
    );
  });
});

test.each([
  [/sk-\w{8,40}/, /sk-live\w{8,40}/, "yes"],
  [/foo/, /foo\b/, "yes"],
  [/foo\b/, /foo/, "no"],
  [/abc/, /abcd/, "yes"],
  [/bcd/, /abc/, "no"],
  [/ABC/i, /abc/, "yes"],
] as const)("%s is decided no later than %s: %s", (first, second, kind) => {
  expect(decidedNoLater(pattern(first), pattern(second)).kind).toBe(kind);
});

test("where it would take too many states, nothing is said", () => {
  expect(includes(pattern(/a.{16}b/), pattern(/b.{16}a/)).kind).toBe("unknown");
});
