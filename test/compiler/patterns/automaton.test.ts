// Patterns joined into one automaton: what is shared, and that it is plain data the bundle can hold.
import { Automaton } from "#contracts";
import { expect, test } from "vitest";
import { buildAutomaton, readPattern } from "../../../compiler/patterns/index.ts";

function build(...patterns: readonly RegExp[]): Automaton {
  return buildAutomaton(
    "automaton:test",
    patterns.map(({ source, flags }, at) => {
      const read = readPattern({ kind: "pattern", source, flags });
      if (!read.ok) throw new Error(read.problem.message);
      return { id: `rule:r${at}`, pattern: read.pattern };
    }),
  );
}

test("is what the bundle's schema says, and the same each time", () => {
  const automaton = build(/\bfoo\b/i, /[a-z]{2,4}x|\p{Lu}\d*$/u, /^a.b/m, /a$b/);
  expect(Automaton.parse(automaton)).toEqual(automaton);
  expect(build(/\bfoo\b/i, /[a-z]{2,4}x|\p{Lu}\d*$/u, /^a.b/m, /a$b/)).toEqual(automaton);
  expect(JSON.parse(JSON.stringify(automaton))).toEqual(automaton);
});

test("without rules has no nodes and one class for each context", () => {
  expect(build()).toMatchObject({ rules: [], nodes: [], sets: [] });
});

test("rules that begin alike share their beginning", () => {
  expect(build(/secret-one/, /secret-two/).nodes).toHaveLength("secret-".length + "one".length + "two".length);
  expect(build(/[a-z]{3}1/, /[a-z]{3}2/).nodes).toHaveLength(5);
  expect(build(/a+b/, /a+c/).nodes).toHaveLength(3);
  expect(build(/(?:ab)+c/, /(?:ab)+d/).nodes.length).toBeLessThanOrEqual(6);
});

test("the same pattern twice is one set of nodes that accepts for both rules", () => {
  const automaton = build(/ab/, /ab/);
  expect(automaton.nodes).toHaveLength(2);
  expect(automaton.nodes[1]!.accept).toEqual([
    [0, 31],
    [1, 31],
  ]);
});

test("a beginning that stands under another assertion is not shared", () => {
  expect(build(/\bab/, /ab/).nodes).toHaveLength(4);
});

test("a thousand rules with a common beginning stay small", () => {
  const automaton = build(...Array.from({ length: 1000 }, (_, at) => new RegExp(`sk-[a-z]{3,12}_${at}`)));
  expect(automaton.nodes.length).toBeLessThan(4000);
});
