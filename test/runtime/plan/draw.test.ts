// The draw of an alloy: fair, and moved by nothing but what it is a function of.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Alloy } from "#contracts";
import { lookup, type DrawKeys, type Lookup } from "#runtime/plan";
import { aCascade, aDispatcher, aModel, anAlloy, aPolicy, aTarget, planFor } from "../../support/policy.ts";

const TARGETS = ["a", "b", "c", "d"].map((name) => aTarget(name));

describe("a weighted draw", () => {
  test("follows the weights", () => {
    const shares = firsts(blend([["target:a", 4], ["target:b", 2], ["target:c", 1]]), 7_000);
    // Chi-square with two degrees of freedom: 13.8 is passed once in a thousand fair draws, 20 once in twenty thousand.
    const chi = [["a", 4_000], ["b", 2_000], ["c", 1_000]].reduce((sum, [name, expected]) => sum + ((shares.get(name as string) ?? 0) - (expected as number)) ** 2 / (expected as number), 0);
    expect(chi).toBeLessThan(20);
  });

  test("follows nested weights, and keeps an inner alloy's order together", () => {
    const selectors = [anAlloy("i", ["target:a", "target:b"]), anAlloy("o", ["alloy:i", "target:c"])];
    const known = lookup(aPolicy({ targets: TARGETS, selectors, models: [aModel("m", "alloy:o")] }));
    const shares = firsts(known, 4_000);
    for (const [name, expected] of [["a", 1_000], ["b", 1_000], ["c", 2_000]] as const) expect(Math.abs(shares.get(name)! - expected)).toBeLessThan(200);
    for (let at = 0; at < 200; at++) expect(["a b c", "b a c", "c a b", "c b a"]).toContain(order(known, session(at)).join(" "));
  });

  test("is a permutation of the parts, the same every time", () => {
    const known = blend([["target:a", 1], ["target:b", 5], ["target:c", 2], ["target:a", 1]]);
    fc.assert(
      fc.property(fc.string(), (key) => {
        const keys = { request: "r", session: key };
        expect(order(known, keys)).toEqual(order(known, keys));
        expect(order(known, keys).toSorted()).toEqual(["a", "a", "b", "c"]);
      }),
    );
  });

  test("a new weight moves only the sessions it must: to the part that gained, or away from the one that lost", () => {
    const before = blend([["target:a", 1], ["target:b", 1], ["target:c", 1]]);
    const after = blend([["target:a", 1], ["target:b", 3], ["target:c", 1]]);
    for (let at = 0; at < 500; at++) {
      const [was] = order(before, session(at));
      const [is] = order(after, session(at));
      if (is !== was) expect(is).toBe("b");
    }
  });

  test("a new part takes its share and moves no session between the others", () => {
    const before = blend([["target:a", 1], ["target:b", 2]]);
    const after = blend([["target:a", 1], ["target:b", 2], ["target:c", 1]]);
    for (let at = 0; at < 500; at++) expect(order(after, session(at)).filter((one) => one !== "c")).toEqual(order(before, session(at)));
  });

  test("does not hang on the order the parts are listed in", () => {
    const one = blend([["target:a", 1], ["target:b", 2], ["target:c", 3]]);
    const other = blend([["target:c", 3], ["target:a", 1], ["target:b", 2]]);
    for (let at = 0; at < 200; at++) expect(order(other, session(at))).toEqual(order(one, session(at)));
  });

  test("an edit elsewhere never moves a session", () => {
    const alloy = anAlloy("x", [["target:a", 1], ["target:b", 2], ["target:c", 3]]);
    const alone = lookup(aPolicy({ targets: TARGETS, selectors: [alloy], models: [aModel("m", "alloy:x")] }));
    const edited = lookup(
      aPolicy({
        targets: TARGETS.map((target) => ({ ...target, context: 5_000, params: { temperature: 1 } })),
        selectors: [alloy, anAlloy("y", ["target:d", "alloy:x"]), aCascade("c", ["alloy:x", "target:d"]), aDispatcher("d", [[null, "cascade:c"]])],
        models: [aModel("m", "dispatcher:d", { reserve: 7 }), aModel("n", "alloy:y")],
      }),
    );
    for (let at = 0; at < 200; at++) expect(order(edited, session(at)).slice(0, 3)).toEqual(order(alone, session(at)));
  });

  test("any text is a key, also one that is no well-formed Unicode", () => {
    const known = blend([["target:a", 1], ["target:b", 1]]);
    for (const key of ["", "\ud800", "ö", "\u0000", "x".repeat(10_000)]) expect(order(known, { fixed: key })).toHaveLength(2);
  });
});

describe("the key", () => {
  const of = (sticky: Alloy["sticky"], keys: DrawKeys, turn = 0): string | null =>
    planFor(lookup(aPolicy({ targets: TARGETS, selectors: [anAlloy("x", ["target:a", "target:b"], { sticky })], models: [aModel("m", "alloy:x")] })), { turn }, { keys }).alloys[0]!.key;

  test.each<[Alloy["sticky"], DrawKeys, string]>([
    ["session", { request: "r", session: "s" }, "s"],
    ["session", { request: "r", session: null }, "r"],
    ["turn", { request: "r", session: "s" }, "s/3"],
    ["turn", { request: "r", session: null }, "r"],
    ["request", { request: "r", session: "s" }, "r"],
    ["session", { fixed: "k" }, "k"],
    ["turn", { fixed: "k" }, "k"],
    ["request", { fixed: "k" }, "k"],
  ])("is that of `sticky = %s` with %j", (sticky, keys, expected) => {
    expect(of(sticky, keys, 3)).toBe(expected);
  });

  test("is recorded with the order, and drawing by it again gives the same order", () => {
    const known = blend([["target:a", 1], ["target:b", 2], ["target:c", 3]]);
    for (let at = 0; at < 50; at++) {
      const [drawn] = planFor(known, {}, { keys: session(at) }).alloys;
      expect(planFor(known, {}, { keys: { fixed: drawn!.key! } }).alloys[0]?.order).toEqual(drawn!.order);
    }
  });

  test("is needed to draw: without one the parts stand in declared order and nothing is said to be drawn", () => {
    for (const pick of ["weighted", "alternate", "round_robin"] as const) {
      const plan = planFor(lookup(aPolicy({ targets: TARGETS, selectors: [anAlloy("x", ["target:c", "target:a"], { pick })], models: [aModel("m", "alloy:x")] })), { turn: 1 });
      expect(plan.attempts.map((one) => one.target.name)).toEqual(["c", "a"]);
      expect(plan.alloys).toMatchObject([{ pick, key: null, order: null }]);
    }
  });
});

describe("taking turns", () => {
  const turning = (pick: Alloy["pick"]): Lookup =>
    lookup(aPolicy({ targets: TARGETS.map((target, at) => ({ ...target, context: at === 1 ? 100 : 1_000 })), selectors: [anAlloy("x", ["target:a", "target:b", "target:c"], { pick, partial_context: true })], models: [aModel("m", "alloy:x")] }));
  const at = (known: Lookup, turn: number, fields: { tokens?: number; session?: string } = {}): string =>
    planFor(known, { turn, tokens: fields.tokens ?? 0 }, { keys: { request: "r", session: fields.session ?? "s" } }).attempts.map((one) => one.target.name).join("");

  test("`alternate` gives turn t the eligible part t mod n, the others follow in a circle", () => {
    expect([0, 1, 2, 3, 4].map((turn) => at(turning("alternate"), turn))).toEqual(["abc", "bca", "cab", "abc", "bca"]);
    expect([0, 1, 2].map((turn) => at(turning("alternate"), turn, { tokens: 500 }))).toEqual(["ac", "ca", "ac"]);
  });

  test("`round_robin` does the same from a start drawn by the session", () => {
    const starts = new Map<string, number>();
    for (let n = 0; n < 300; n++) {
      const known = turning("round_robin");
      const first = at(known, 0, { session: `s${n}` });
      starts.set(first, (starts.get(first) ?? 0) + 1);
      const circle = first + first;
      expect([1, 2, 3].map((turn) => at(known, turn, { session: `s${n}` }))).toEqual([1, 2, 3].map((turn) => circle.slice(turn % 3, (turn % 3) + 3)));
    }
    for (const first of ["abc", "bca", "cab"]) expect(starts.get(first)).toBeGreaterThan(60);
  });

  test("an unknown turn is not drawn by", () => {
    const plan = planFor(turning("alternate"), { unknown: ["request.turn"] }, { keys: { request: "r", session: "s" } });
    expect(plan).toMatchObject({ outcome: "route", depends: [], alloys: [{ order: null }] });
  });
});

function blend(parts: readonly (readonly [string, number])[]): Lookup {
  return lookup(aPolicy({ targets: TARGETS, selectors: [anAlloy("x", parts)], models: [aModel("m", "alloy:x")] }));
}

function session(at: number): DrawKeys {
  return { request: "r", session: `session-${at}` };
}

function order(known: Lookup, keys: DrawKeys): string[] {
  return planFor(known, {}, { keys }).attempts.map((one) => one.target.name);
}

function firsts(known: Lookup, draws: number): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (let at = 0; at < draws; at++) {
    const [first] = order(known, session(at));
    counts.set(first!, (counts.get(first!) ?? 0) + 1);
  }
  return counts;
}
