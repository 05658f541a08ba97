// The law of the difference: its regions hold exactly the requests that the runtime's planner treats differently. Random
// pairs of policies, unrelated ones and such that differ in one declaration, against the planner and its draws.
import { expect, test } from "vitest";
import { Difference, type DifferingRegion, type Policy, type RequestFacts } from "#contracts";
import { answerText, factsOf, plan, type Lookup } from "#runtime/plan";
import { axisSize, Space } from "../../../compiler/analysis/index.ts";
import { compareModels, heardBy, pairsOf, treatedRequest, sidesOf, type Pair } from "../../../compiler/diff/index.ts";
import { randomFrom, randomPolicy, randomRequest } from "../../support/random-policy.ts";
import { holdsAll } from "./holds.ts";
import { MUTATIONS, mutated } from "./mutate.ts";
import { diffOf, programOf } from "./programs.ts";

const pairsFor = (old: Policy, now: Policy): readonly Pair[] => pairsOf(sidesOf(programOf(old), programOf(now)));
const isDifferent = ({ old, now, oldModel, nowModel }: Pair, request: RequestFacts): boolean =>
  treatedRequest(old.compared, oldModel, heardBy(old, request)).text !== treatedRequest(now.compared, nowModel, heardBy(now, request)).text;

const FACTS = ["caller.tier", "request.fast", "request.lang", "request.level", "request.tags"];
const came = (request: RequestFacts) => ({ request, declared: FACTS });

/** Some of the pairs are unrelated, most are of policies that differ in one declaration. */
const policies = (seed: number): readonly [Policy, Policy] => {
  const old = randomPolicy(randomFrom(seed));
  return [old, seed % 4 === 0 ? randomPolicy(randomFrom(seed + 100_000)) : mutated(old, randomFrom(seed + 7)).policy];
};

test("a region holds a request exactly if the planner treats it differently", () => {
  let [compared, different] = [0, 0];
  for (let seed = 0; seed < 150; seed++) {
    const [old, now] = policies(seed);
    const random = randomFrom(seed + 3);
    for (const pair of pairsFor(old, now)) {
      const found = compareModels(pair);
      expect(found.unproved).toEqual([]);
      for (let at = 0; at < 40; at++) {
        const request = { ...randomRequest(random), model: pair.name };
        const region = found.locate(came(request));
        const context = `seed ${seed}, ${JSON.stringify(request)}`;
        expect([context, region !== null]).toEqual([context, isDifferent(pair, request)]);
        compared++;
        if (region !== null) different++;
      }
    }
  }
  expect(compared).toBeGreaterThan(10_000);
  expect(different).toBeGreaterThan(2_000);
});

test("the regions of a space small enough to walk are its differing cells, each in one of them", () => {
  let walked = 0;
  for (let seed = 1; seed < 1_200 && walked < 40_000; seed += 2) {
    const [old, now] = policies(seed);
    for (const pair of pairsFor(old, now)) {
      const space = new Space([{ lookup: pair.old.compared, model: pair.oldModel }, { lookup: pair.now.compared, model: pair.nowModel }]);
      if (space.axes.reduce((product, axis) => product * axisSize(axis), 1) > 3_000) continue;
      const found = compareModels(pair);
      const cells = found.regions.map(() => 0);
      for (const way of everyWay(space)) {
        const request = { model: pair.name, ...space.requestAt(way) };
        const region = found.locate(came(request))!;
        expect([seed, request, region !== null]).toEqual([seed, request, isDifferent(pair, request)]);
        if (region !== null) cells[region]!++;
        walked++;
      }
      expect(found.regions.map((one) => one.cells)).toEqual(cells);
    }
  }
  expect(walked).toBeGreaterThan(20_000);
});

test("outside the regions every key draws the same on both sides", () => {
  let drawn = 0;
  for (let seed = 0; seed < 200; seed++) {
    const [old, now] = policies(4 * seed + 1);
    const random = randomFrom(seed + 5);
    for (const pair of pairsFor(old, now)) {
      const found = compareModels(pair);
      for (let at = 0; at < 8; at++) {
        const request = { ...randomRequest(random), model: pair.name };
        if (found.locate(came(request)) !== null) continue;
        for (const key of ["k1", "k2", "k3"]) {
          const [left, right] = [tried(pair.old.served, pair, request, key), tried(pair.now.served, { oldModel: pair.nowModel }, request, key)];
          expect([seed, request, left]).toEqual([seed, request, right]);
          drawn++;
        }
      }
    }
  }
  expect(drawn).toBeGreaterThan(2_000);
});

test("a witness lies in its region, is treated differently, and meets the conditions told of it", () => {
  let seen = 0;
  for (let seed = 0; seed < 80; seed++) {
    const [old, now] = policies(seed);
    for (const pair of pairsFor(old, now)) {
      const found = compareModels(pair);
      for (const [at, region] of found.regions.entries()) {
        expect([seed, found.locate(came(region.witness))]).toEqual([seed, at]);
        expect(isDifferent(pair, region.witness)).toBe(true);
        expect([region.where, holdsAll(region.where, region.witness)]).toEqual([region.where, true]);
        seen++;
      }
    }
  }
  expect(seen).toBeGreaterThan(600);
});

test("exact conditions hold for the requests of their region and for no others; other conditions for all of them", () => {
  let [exact, rough] = [0, 0];
  for (let seed = 0; seed < 100; seed++) {
    const [old, now] = policies(seed);
    const random = randomFrom(seed + 11);
    for (const pair of pairsFor(old, now)) {
      const found = compareModels(pair);
      const told = found.regions.slice(0, 12);
      for (let at = 0; at < 25; at++) {
        const request = { ...randomRequest(random), model: pair.name };
        const region = found.locate(came(request));
        for (const [place, one] of told.entries()) {
          const context = { seed, request, where: one.where };
          if (one.exact) expect({ ...context, holds: holdsAll(one.where, request) }).toEqual({ ...context, holds: region === place });
          else if (region === place) expect({ ...context, holds: holdsAll(one.where, request) }).toEqual({ ...context, holds: true });
          if (one.exact) exact++;
          else rough++;
        }
      }
    }
  }
  expect(exact).toBeGreaterThan(10_000);
  expect(rough).toBeGreaterThan(100);
});

test("a policy does not differ from itself, and that is proved", () => {
  for (let seed = 0; seed < 60; seed++) {
    const policy = randomPolicy(randomFrom(seed));
    expect(diffOf(policy, policy)).toEqual({ same: true, proved: true, unproved: [], severity: null, regions: [], definitions: [], receipts: null });
  }
});

test("one changed declaration is reported, or no request is treated differently for it", () => {
  const silent = new Map<string, number>();
  const told = new Map<string, number>();
  for (let seed = 0; seed < 600; seed++) {
    const random = randomFrom(seed);
    const old = randomPolicy(random);
    const { policy: now, name } = mutated(old, random);
    const difference = diffOf(old, now);
    expect([seed, name, difference.unproved]).toEqual([seed, name, []]);
    if (difference.regions.length + difference.definitions.length > 0) {
      told.set(name, (told.get(name) ?? 0) + 1);
      continue;
    }
    silent.set(name, (silent.get(name) ?? 0) + 1);
    for (const pair of pairsFor(old, now)) {
      for (let at = 0; at < 15; at++) {
        const request = { ...randomRequest(random), model: pair.name };
        const context = `seed ${seed}, ${name}, ${JSON.stringify(request)}`;
        expect([context, isDifferent(pair, request)]).toEqual([context, false]);
      }
    }
  }
  expect(MUTATIONS.filter((name) => !told.has(name))).toEqual([]);
  // What changes nothing by itself is silent at times; a price, a limit or a rule's body never is.
  for (const name of ["price", "limits", "rule ladder", "rule match", "invariant", "guard dropped", "provider timeout"]) expect([name, silent.get(name)]).toEqual([name, undefined]);
});

test("what is printed as JSON is what its schema says", () => {
  for (let seed = 0; seed < 20; seed++) {
    const [old, now] = policies(seed);
    const difference = diffOf(old, now);
    expect(Difference.parse(JSON.parse(JSON.stringify(difference)))).toEqual(difference);
    const severities = difference.regions.map((one: DifferingRegion) => one.severity);
    expect(severities).toEqual(severities.toSorted((left, right) => order.indexOf(left) - order.indexOf(right)));
  }
});

const order = ["breaking", "weaker", "routing", "reliability", "cost", "stricter", "cosmetic"];

test("beyond its budget it says so, tells what was found by trying, and proves nothing", () => {
  let found = 0;
  for (let seed = 1; seed < 40; seed += 2) {
    const [old, now] = policies(seed);
    const [whole, cut] = [diffOf(old, now), diffOf(old, now, { budget: 50 })];
    // Models that nothing was changed for need no budget.
    if (cut.proved) continue;
    expect(cut.same).toBe(false);
    expect(cut.unproved.every((one) => /^`\w+`: the policy tells more requests apart than are worked through, so/.test(one))).toBe(true);
    const pairs = new Map(pairsFor(old, now).map((pair) => [pair.name, pair]));
    for (const { model, witness, exact, cells, was, now: is } of cut.regions) {
      expect([exact, cells]).toEqual([false, null]);
      expect(isDifferent(pairs.get(model)!, witness)).toBe(true);
      expect([was, is].every((one) => one !== null)).toBe(true);
      found++;
    }
    expect(cut.regions.length).toBeLessThanOrEqual(whole.regions.length * 2);
    expect(diffOf(old, now, { budget: 50 })).toEqual(cut);
  }
  expect(found).toBeGreaterThan(10);
});

/** What a request tries when alloys are drawn by one key, without what only names the way there. */
function tried(lookup: Lookup, { oldModel }: Pick<Pair, "oldModel">, request: RequestFacts, key: string): unknown {
  const facts = factsOf(lookup, request);
  if (!facts.ok) throw new Error(facts.problem.message);
  const drawn = plan(lookup, oldModel, facts.facts, { keys: { fixed: key } });
  const { rules, ...rest } = { ...drawn, alloys: drawn.alloys.filter((one) => one.pick !== "all" && one.shares.length > 1).map((one) => ({ ...one, shares: one.shares.toSorted(byPart), key: null, order: null })) };
  return [answerText({ ...rest, rules: [], alloys: [] }), rules.toSorted()];
}

function byPart(left: { readonly part: string }, right: { readonly part: string }): number {
  return left.part < right.part ? -1 : 1;
}

function* everyWay({ axes }: Space): Generator<ReadonlyMap<number, number>> {
  const sizes = axes.map(axisSize);
  const total = sizes.reduce((product, size) => product * size, 1);
  for (let number = 0; number < total; number++) {
    let rest = number;
    yield new Map(sizes.map((size, axis) => {
      const value = rest % size;
      rest = Math.floor(rest / size);
      return [axis, value];
    }));
  }
}
