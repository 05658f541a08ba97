// Patterns as a difference compares them: a text that one side catches and the other does not is found, the shortest one, and
// only where there is one. Held to the platform's RegExp over random patterns and to every short text there is.
import { expect, test } from "vitest";
import type { DifferingDefinition } from "#contracts";
import { randomFrom, type Random } from "../../support/random-policy.ts";
import { aModel, aPolicy, aRule, aTarget } from "../../support/policy.ts";
import { readPattern } from "../../../compiler/patterns/index.ts";
import { diffOf } from "./programs.ts";

const LETTERS = ["a", "b", "c", "_", "-", "\n"];

function randomPattern(random: Random, depth: number): string {
  const atom = (): string => random.pick(["a", "b", "c", "[ab]", "[^a]", "\\w", "\\s", ".", "ab", "c-"]);
  if (depth === 0) return atom();
  const inner = (): string => randomPattern(random, depth - 1);
  switch (random.below(7)) {
    case 0:
      return `${inner()}${inner()}`;
    case 1:
      return `(?:${inner()}|${inner()})`;
    case 2:
      return `(?:${inner()})${random.pick(["?", "*", "+", "{2}", "{1,2}"])}${atom()}`;
    case 3:
      return `\\b${inner()}`;
    case 4:
      return `^${inner()}`;
    case 5:
      return `${inner()}$`;
    default:
      return inner();
  }
}

type Pattern = { readonly source: string; readonly flags: string };

function pattern(random: Random): Pattern {
  for (;;) {
    const one = { source: randomPattern(random, 2), flags: random.pick(["", "", "i", "m", "s"]) };
    if (readPattern({ kind: "pattern", ...one }).ok) return one;
  }
}

/** Often a small edit of the other. */
function neighbour(one: Pattern, random: Random): Pattern {
  for (let tries = 0; tries < 10; tries++) {
    const at = random.below(one.source.length);
    const other = { ...one, source: `${one.source.slice(0, at)}${random.pick(["a", "b", "", "?", "c"])}${one.source.slice(at + 1)}` };
    if (readPattern({ kind: "pattern", ...other }).ok) return other;
  }
  return pattern(random);
}

function comparedRules(was: Pattern, is: Pattern): readonly DifferingDefinition[] {
  const policy = (match: Pattern) => aPolicy({ targets: [aTarget("t")], rules: [aRule("r", { match: { kind: "pattern", ...match } })], models: [aModel("m", "target:t", { rules: ["rule:r"] })] });
  const difference = diffOf(policy(was), policy(is));
  expect(difference.proved).toBe(true);
  return difference.definitions;
}

/** Every text of these letters up to a length, the shortest first. */
function* texts(longest: number): Generator<string> {
  let layer = [""];
  for (let length = 0; length <= longest; length++) {
    yield* layer;
    layer = layer.flatMap((text) => LETTERS.map((letter) => text + letter));
  }
}

test("a text is in exactly one of two patterns' languages exactly if the difference says there is one, and the shortest is told", () => {
  const all = [...texts(4)];
  let [same, lost, gained] = [0, 0, 0];
  for (let seed = 0; seed < 250; seed++) {
    const random = randomFrom(seed);
    const was = pattern(random);
    const is = random.chance(0.7) ? neighbour(was, random) : pattern(random);
    const [before, after] = [new RegExp(was.source, was.flags), new RegExp(is.source, is.flags)];
    const definitions = comparedRules(was, is).filter((one) => one.severity !== "reliability");
    const told = (matches: "old" | "new"): string | null => definitions.flatMap(({ witness }) => (witness?.kind === "text" && witness.matches === matches ? [witness.text] : []))[0] ?? null;
    for (const [matches, one, other] of [["old", before, after], ["new", after, before]] as const) {
      const text = told(matches);
      const short = all.find((candidate) => one.test(candidate) && !other.test(candidate));
      const context = `seed ${seed}: ${before} → ${after}, ${matches}`;
      if (text === null) expect([context, short]).toEqual([context, undefined]);
      else {
        expect([context, one.test(text), other.test(text)]).toEqual([context, true, false]);
        if (short !== undefined) expect([context, [...text].length <= [...short].length]).toEqual([context, true]);
        if (matches === "old") lost++;
        else gained++;
      }
    }
    const severities = definitions.map((one) => one.severity);
    if (severities[0] === "cosmetic" || severities[0] === "reliability" || severities.length === 0) same++;
    else expect(severities).toEqual([...(told("old") === null ? [] : ["weaker"]), ...(told("new") === null ? [] : ["stricter"])]);
  }
  expect(Math.min(same, lost, gained)).toBeGreaterThan(20);
});

test("where two patterns occur in the same texts, whether they match the same parts of them is told", () => {
  // Every way a text can stand between characters that assertions tell apart.
  const sides = ["", "a", "-", "\n"];
  // The platform tells one match; whether any ends just there is asked by looking back from its end.
  const spans = ({ source }: Pattern) => (before: string, text: string, after: string): boolean => {
    const whole = new RegExp(`(?:${source})(?<=^[^]{${before.length + text.length}})`, "y");
    whole.lastIndex = before.length;
    return whole.exec(`${before}${text}${after}`) !== null;
  };
  const all = [...texts(3)].filter((text) => text !== "");
  let [same, others] = [0, 0];
  for (let seed = 0; seed < 400; seed++) {
    const random = randomFrom(seed);
    const was = { ...pattern(random), flags: "" };
    const is = random.chance(0.5) ? { source: `(?:${was.source}|${random.pick(["a", "b", "c"])}(?:${was.source}))`, flags: "" } : { ...neighbour(was, random), flags: "" };
    if (!readPattern({ kind: "pattern", ...was }).ok || !readPattern({ kind: "pattern", ...is }).ok) continue;
    const [found] = comparedRules(was, is);
    if (found === undefined || (found.severity !== "cosmetic" && found.severity !== "reliability")) continue;
    const [before, after] = [spans(was), spans(is)];
    const differs = all.some((text) => sides.some((left) => sides.some((right) => before(left, text, right) !== after(left, text, right))));
    const context = `seed ${seed}: ${was.source} → ${is.source}`;
    if (found.severity === "cosmetic") expect([context, differs]).toEqual([context, false]);
    else {
      const { text, matches } = found.witness as { text: string; matches: "old" | "new" };
      const [one, other] = matches === "old" ? [before, after] : [after, before];
      expect([context, sides.some((left) => sides.some((right) => one(left, text, right) && !other(left, text, right)))]).toEqual([context, true]);
    }
    if (found.severity === "cosmetic") same++;
    else others++;
  }
  expect(Math.min(same, others)).toBeGreaterThan(12);
});

test("a redaction of less is a weaker one", () => {
  const policy = (source: string) =>
    aPolicy({ targets: [aTarget("t")], rules: [aRule("r", { match: { kind: "pattern", source, flags: "" }, ladder: [{ kind: "redact", replacement: "-" }] })], models: [aModel("m", "target:t", { rules: ["rule:r"] })] });
  expect(diffOf(policy("a{0,3}b"), policy("b")).definitions).toMatchObject([{ severity: "weaker", change: "redacts other parts of the same texts", witness: { text: "ab", matches: "old" } }]);
  expect(diffOf(policy("b"), policy("a{0,3}b")).definitions).toMatchObject([{ severity: "stricter" }]);
});

test("texts listed in another order, or by a pattern that says the same, are no difference", () => {
  const policy = (match: Parameters<typeof aRule>[1]) => aPolicy({ targets: [aTarget("t")], rules: [aRule("r", match)], models: [aModel("m", "target:t", { rules: ["rule:r"] })] });
  const listed = policy({ match: { kind: "any", texts: ["one", "two"] } });
  for (const other of [{ kind: "any", texts: ["two", "one"] }, { kind: "pattern", source: "one|two", flags: "" }, { kind: "pattern", source: "two|on(?:e)", flags: "" }] as const) {
    expect(diffOf(listed, policy({ match: other })).definitions).toMatchObject([{ severity: "cosmetic" }]);
  }
});

test("a text longer than a match may be is not told as one", () => {
  const policy = (source: string) =>
    aPolicy({ targets: [aTarget("t")], rules: [aRule("r", { match: { kind: "pattern", source, flags: "" }, within: 5, hold: { kind: "size", characters: 10 } })], models: [aModel("m", "target:t", { rules: ["rule:r"] })] });
  expect(diffOf(policy("a\\w{6}b"), policy("a\\w{7}b"))).toMatchObject({ proved: false, definitions: [{ severity: "weaker", witness: null }, { severity: "stricter", witness: null }] });
  expect(diffOf(policy("ab\\w*"), policy("ac\\w*"))).toMatchObject({ proved: true, definitions: [{ severity: "weaker", witness: { text: "ab" } }, { severity: "stricter", witness: { text: "ac" } }] });
});
