import fc from "fast-check";
import { describe as suite, expect, test } from "vitest";
import type { Condition, RequestFacts } from "#contracts";
import { factsOf, lookup, matches, readerOf } from "#runtime/plan";
import { describe, GaveUp, orGaveUp, requestIn, Space, type Axis } from "../../../compiler/analysis/index.ts";
import { aDispatcher, aFact, aModel, aPolicy, aTarget } from "../../support/policy.ts";
import { randomCondition, randomFrom, randomPolicy, randomRequest } from "../../support/random-policy.ts";

const tokens = (is: "<" | "<=" | ">" | ">=" | "==", value: number): Condition => ({ op: "compare", fact: "request.tokens", is, value });
const FACTS = [aFact("caller.tier", { kind: "enum", values: ["free", "team"] }), aFact("request.level", { kind: "int" }), aFact("request.tags", { kind: "set", values: ["pii", "legal"] })];

function spaceFor(...conditions: Condition[]): Space {
  return new Space([{ lookup: lookup(aPolicy({ facts: FACTS })), model: null, conditions }]);
}

suite("a region", () => {
  test("is the requests for which its condition holds, whatever the condition and the request", () => {
    const known = lookup(randomPolicy(randomFrom(0)));
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = randomFrom(seed);
        const condition = randomCondition(random, 3);
        const space = new Space([{ lookup: known, model: null, conditions: [condition] }]);
        const region = space.where(condition);
        for (let at = 0; at < 20; at++) {
          const facts = factsOf(known, randomRequest(random));
          if (!facts.ok) throw new Error(facts.problem.message);
          let ref = region.ref;
          const values = space.valuesOf(facts.facts);
          while (!space.diagrams.isLeaf(ref)) ref = space.diagrams.at(ref).kids[values.get(space.diagrams.at(ref).variable)!]!;
          expect(space.diagrams.leafOf(ref)).toBe(matches(condition, readerOf(facts.facts)));
        }
      }),
      { numRuns: 200 },
    );
  });

  test("is equal to another exactly where they hold the same requests", () => {
    const conditions = [tokens("<=", 10), tokens("<", 11), tokens(">", 10), { op: "compare", fact: "caller.tier", is: "==", value: "free" }, { op: "in", fact: "caller.tier", values: ["free", "team"] }, { op: "absent", fact: "caller.tier" }] as const;
    const space = spaceFor(...conditions);
    const [atMost, below, above, free, either, absent] = conditions.map((one) => space.where(one));
    expect(space.equal(atMost!, below!)).toBe(true);
    expect(space.equal(space.not(atMost!), above!)).toBe(true);
    expect(space.equal(space.not(either!), absent!)).toBe(true);
    expect(space.includes(either!, free!)).toBe(true);
    expect(space.includes(free!, either!)).toBe(false);
    expect(space.isEmpty(space.and(atMost!, above!))).toBe(true);
    expect(space.isEverything(space.or(atMost!, above!))).toBe(true);
    expect(space.isEmpty(space.minus(free!, either!))).toBe(true);
    expect(space.isEverything(space.where(null))).toBe(true);
    expect(space.isEverything(space.and())).toBe(true);
    expect(space.isEmpty(space.or())).toBe(true);
  });

  test("of bounds no whole number meets is empty", () => {
    const none: Condition = { op: "and", of: [tokens(">", 10), tokens("<", 11)] };
    const space = spaceFor(none, tokens("<", 0));
    expect(space.isEmpty(space.where(none))).toBe(true);
    expect(space.isEmpty(space.where(tokens("<", 0)))).toBe(true);
  });

  test("cannot be asked for by a condition the space was not laid out for", () => {
    expect(() => spaceFor(tokens("<", 5)).where(tokens("<", 6))).toThrow("not laid out");
    expect(() => spaceFor().where({ op: "absent", fact: "caller.user" })).toThrow("not laid out");
  });

  test("is the union of its cubes, and they do not overlap", () => {
    const known = lookup(randomPolicy(randomFrom(0)));
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const condition = randomCondition(randomFrom(seed), 3);
        const space = new Space([{ lookup: known, model: null, conditions: [condition] }]);
        const region = space.where(condition);
        const cubes = space.cubes(region, 10_000).map((cube) =>
          [...cube].reduce((left, [axis, values]) => {
            const kids = Array.from({ length: sizeOf(space.axes[axis]!) }, (_, value) => (values.includes(value) ? space.everything.ref : space.nothing.ref));
            return space.and(left, { ref: space.diagrams.choose(axis, kids) });
          }, space.everything),
        );
        expect(space.equal(space.or(...cubes), region)).toBe(true);
        for (const [at, one] of cubes.entries()) for (const other of cubes.slice(at + 1)) expect(space.isEmpty(space.and(one, other))).toBe(true);
      }),
      { numRuns: 150 },
    );
  });
});

suite("the sizes", () => {
  const targets = [aTarget("a", { context: 100, output: 30 }), aTarget("b", { context: 250, output: 80 })];
  const policy = aPolicy({ targets, selectors: [aDispatcher("d", [[tokens("<=", 70), "target:a"], [null, "target:b"]])], models: [aModel("m", "dispatcher:d", { reserve: 25 })] });
  const known = lookup(policy);
  const space = new Space([{ lookup: known, model: known.policy.models[0]! }]);
  const { cells } = space.axes.find((axis) => axis.kind === "size")!;

  test("fall into exactly one cell each, and a cell stands for requests in it", () => {
    for (let prompt = 0; prompt < 300; prompt += 1) {
      for (const output of [0, 1, 29, 30, 31, 79, 80, 81, 200]) {
        const inside = cells.filter((cell) => within(cell.tokens, prompt) && within(cell.output, output) && within(cell.sum, prompt + output));
        expect(inside).toHaveLength(1);
      }
    }
    for (const { tokens: prompt, output, sum, at } of cells) expect([within(prompt, at.tokens), within(output, at.output), within(sum, at.tokens + at.output)]).toEqual([true, true, true]);
  });

  test("are told apart by every threshold, window, reserve and declared answer, and by nothing else", () => {
    const tells = ({ tokens: prompt, output }: { tokens: number; output: number }): string => {
      const needed = prompt + (output > 0 ? output : 25);
      return [prompt <= 70, needed <= 100, needed <= 250, output > 0, output <= 30, output <= 80].join();
    };
    for (const cell of cells) {
      for (let extra = 0; extra < 400; extra++) {
        const prompt = cell.at.tokens + (extra % 20) * 13;
        const output = cell.at.output + Math.floor(extra / 20) * 7;
        if (within(cell.tokens, prompt) && within(cell.output, output) && within(cell.sum, prompt + output)) expect(tells({ tokens: prompt, output })).toBe(tells(cell.at));
      }
    }
  });
});

suite("a request that stands for a region", () => {
  test.each<[string, Condition, RequestFacts]>([
    ["anything", { op: "and", of: [] }, {}],
    ["a threshold", tokens(">", 32_768), { tokens: 32_769 }],
    ["one fact rather than two", { op: "or", of: [{ op: "and", of: [{ op: "has", fact: "request.tags", value: "pii" }, tokens(">", 5)] }, { op: "and", of: [{ op: "has", fact: "request.tags", value: "pii" }, { op: "has", fact: "request.tags", value: "legal" }] }] }, { tokens: 6, facts: { "request.tags": ["pii"] } }],
    ["no fact rather than one", { op: "or", of: [{ op: "compare", fact: "request.stream", is: "==", value: true }, tokens(">", 1_000_000)] }, { tokens: 1_000_001 }],
    ["the number nearest to none", { op: "compare", fact: "request.level", is: "<", value: 5 }, { facts: { "request.level": 0 } }],
    ["a negative number", { op: "compare", fact: "request.level", is: "<", value: -3 }, { facts: { "request.level": -4 } }],
    ["the first turn that will do", { op: "compare", fact: "request.turn", is: ">=", value: 3 }, { turn: 3 }],
    ["a missing value", { op: "not", of: { op: "compare", fact: "caller.tier", is: "==", value: "team" } }, {}],
    ["another value", { op: "and", of: [{ op: "not", of: { op: "absent", fact: "caller.agent" } }, { op: "not", of: { op: "compare", fact: "caller.agent", is: "==", value: "other" } }] }, { caller: { agent: "other-" } }],
    ["needs in their own order", { op: "and", of: [{ op: "has", fact: "request.needs", value: "vision" }, { op: "has", fact: "request.needs", value: "tools" }] }, { needs: ["tools", "vision"] }],
    ["an answer's length", { op: "compare", fact: "request.output", is: ">", value: 99 }, { output: 100 }],
  ])("says as little as can be: %s", (_, condition, request) => {
    const space = spaceFor(condition);
    expect(requestIn(space, space.where(condition))).toEqual(request);
  });

  test("is none where the region is empty", () => {
    const space = spaceFor();
    expect(requestIn(space, space.nothing)).toBeNull();
  });
});

suite("the words for a cube", () => {
  const cases: readonly [string, Condition, readonly string[]][] = [
    ["everything", { op: "and", of: [] }, []],
    ["a bound", tokens(">", 100), ["request.tokens >= 101"]],
    ["two bounds", { op: "and", of: [tokens(">", 100), tokens("<=", 200)] }, ["request.tokens >= 101 and request.tokens <= 200"]],
    ["one number", tokens("==", 7), ["request.tokens == 7"]],
    ["a member", { op: "has", fact: "request.tags", value: "pii" }, ["request.tags has pii"]],
    ["no member", { op: "not", of: { op: "has", fact: "request.needs", value: "vision" } }, ["not request.needs has vision"]],
    ["a bool", { op: "compare", fact: "request.stream", is: "==", value: true }, ["request.stream"]],
    ["an enum", { op: "compare", fact: "caller.tier", is: "==", value: "free" }, ["caller.tier == free"]],
    ["not an enum's value", { op: "not", of: { op: "compare", fact: "caller.tier", is: "==", value: "free" } }, ["caller.tier == team or absent(caller.tier)"]],
    ["a string", { op: "compare", fact: "caller.agent", is: "==", value: "a b" }, ['caller.agent == "a b"']],
    ["no such string", { op: "not", of: { op: "compare", fact: "caller.agent", is: "==", value: "x" } }, ['caller.agent != "x"']],
    ["some other string", { op: "and", of: [{ op: "not", of: { op: "compare", fact: "caller.agent", is: "==", value: "x" } }, { op: "not", of: { op: "absent", fact: "caller.agent" } }] }, ['caller.agent != "x" and not absent(caller.agent)']],
    ["a number or none", { op: "or", of: [{ op: "absent", fact: "request.level" }, { op: "compare", fact: "request.level", is: "<", value: 0 }] }, ["request.level <= -1 or absent(request.level)"]],
    ["any number", { op: "not", of: { op: "absent", fact: "request.level" } }, ["not absent(request.level)"]],
  ];
  test.each(cases)("are the condition: %s", (_, condition, words) => {
    const space = spaceFor(condition);
    expect(space.cubes(space.where(condition), 10).map((cube) => describe(space, cube).join(" and "))).toEqual(words.length === 0 ? [""] : words);
  });
});

suite("a space that is too large", () => {
  test("is given up on, and says so", () => {
    const atoms = Array.from({ length: 40 }, (_, at): Condition => ({ op: "has", fact: "request.tags", value: `t${at}` }));
    const facts = [aFact("request.tags", { kind: "set", values: atoms.map((_, at) => `t${at}`) })];
    // Pairs that stand far apart in the order: their diagram doubles with every pair.
    const pairs: Condition = { op: "or", of: atoms.slice(0, 20).map((one, at) => ({ op: "and", of: [one, atoms[at + 20]!] })) };
    const work = orGaveUp(() => new Space([{ lookup: lookup(aPolicy({ facts })), model: null, conditions: [pairs] }], 20_000).where(pairs));
    expect(work).toEqual({ ok: false, because: "the policy tells more requests apart than are worked through" });
    expect(() => orGaveUp(() => { throw new TypeError("ours"); })).toThrow(TypeError);
    expect(new GaveUp()).toBeInstanceOf(Error);
  });
});

function within({ least, most }: { readonly least: number; readonly most: number }, value: number): boolean {
  return value >= least && value <= most;
}

function sizeOf(axis: Axis): number {
  return axis.kind === "size" ? axis.cells.length : axis.kind === "number" || axis.kind === "text" ? axis.values.length : 2;
}
