// How long it takes to say exactly what an edit changes, by the size of the request space: the kinds of requests that the two
// policies together can tell apart. A baseline plans the same number of single requests, as comparing by trying would.
import type { Condition, Fact, Policy, RequestFacts } from "#contracts";
import { factsOf, lookup, plan } from "#runtime/plan";
import { compareModels, pairsOf, sidesOf, type Compared, type Program } from "../../compiler/diff/index.ts";
import { aBundle, aCascade, aDispatcher, aFact, aGuard, aModel, anAlloy, aPolicy, aProvider, aRule, aSmallest, aTarget } from "../support/policy.ts";
import { randomFrom, type Random } from "../support/random-policy.ts";
import { figure, median, table } from "./figures.ts";

type Size = readonly [arms: number, facts: number];

export async function benchDiff(): Promise<string> {
  const edits = measured([[3, 3], [6, 5], [10, 7], [14, 9], [20, 10], [28, 12], [60, 18], [120, 24], [240, 36]], { pairs: 15, other: (size, seed) => edited(large(size, randomFrom(seed)), randomFrom(seed + 1)) });
  const strangers = measured([[3, 3], [6, 5], [10, 7], [14, 9]], { pairs: 5, other: (size, seed) => large(size, randomFrom(seed + 1_000)) });
  const head = ["", "cells", "most", "ms", "worst", "regions", "most", "proved", "trying every cell"];
  return `${table("diff of one edit", head, edits)}\n${table("diff of two policies that have nothing in common", head, strangers)}`;
}

type Measuring = { readonly pairs: number; readonly other: (size: Size, seed: number) => Policy };

function measured(sizes: readonly Size[], { pairs, other }: Measuring): readonly (string | number)[][] {
  return sizes.map((size) => {
    const runs = Array.from({ length: pairs }, (_, seed) => timed(large(size, randomFrom(seed)), other(size, seed)));
    const cells = runs.map((one) => one.cells);
    const done = runs.filter((one) => one.proved);
    return [
      `${size[0]} arms, ${size[1]} facts`, scientific(median(cells)), scientific(Math.max(...cells)), median(runs.map((one) => one.ms)), Math.max(...runs.map((one) => one.ms)),
      median(done.map((one) => one.regions)), Math.max(...done.map((one) => one.regions)), `${done.length}/${runs.length}`, `${scientific(median(runs.map((one) => one.byTrying / one.ms)))} ×`,
    ];
  });
}

type Run = { readonly cells: number; readonly ms: number; readonly regions: number; readonly proved: boolean; readonly byTrying: number };

function timed(old: Policy, now: Policy): Run {
  const [pair] = pairsOf(sidesOf(programOf(old), programOf(now)));
  const start = performance.now();
  const found: Compared = compareModels(pair!);
  const ms = performance.now() - start;
  return { cells: found.cells, ms, regions: found.regions.length, proved: found.unproved.length === 0, byTrying: found.cells * planning(old) * 2 };
}

/** Milliseconds to plan one request. */
function planning(policy: Policy): number {
  const known = lookup(policy);
  const model = policy.models[0]!;
  const request: RequestFacts = { tokens: 5_000, output: 100, needs: ["tools"] };
  const facts = factsOf(known, request);
  if (!facts.ok) throw new Error(facts.problem.message);
  const start = performance.now();
  for (let at = 0; at < 200; at++) plan(known, model, facts.facts, { keys: null });
  return (performance.now() - start) / 200;
}

function programOf(policy: Policy): Program {
  return { bundle: aBundle(policy), label: "policy", folder: "", text: () => null };
}

/** A model as a large team might have it: tiers, tags, tenants, sizes, cascades over three providers, guards and rules. */
function large([arms, facts]: Size, random: Random): Policy {
  const declared = Array.from({ length: facts }, (_, at): Fact =>
    at % 3 === 0 ? aFact(`request.tags${at}`, { kind: "set", values: ["a", "b", "c"] }) : at % 3 === 1 ? aFact(`caller.tier${at}`, { kind: "enum", values: ["free", "team", "pro"] }) : aFact(`request.flag${at}`, { kind: "bool" }));
  const providers = [aProvider("p", { zone: "private" }), aProvider("q", { zone: "cloud" }), aProvider("r", { zone: "cloud" })];
  const targets = Array.from({ length: 8 }, (_, at) =>
    aTarget(`t${at}`, { provider: random.pick(providers).id, context: random.pick([8, 16, 32, 64, 128, 200]) * 1_000, output: random.pick([null, 4_000, 8_000]), can: ["tools", ...(random.chance(0.5) ? (["vision"] as const) : []), ...(random.chance(0.5) ? (["json"] as const) : [])] }));
  const ids = targets.map((one) => one.id);
  const inner = [
    aCascade("steady", [random.pick(ids), random.pick(ids), random.pick(ids)]), aSmallest("by-size", [random.pick(ids), random.pick(ids), random.pick(ids), random.pick(ids)]),
    anAlloy("duo", [[random.pick(ids), 2], [random.pick(ids), 1]], { partial_context: true }),
  ];
  const route = aDispatcher("route", [...Array.from({ length: arms }, () => [condition(declared, random), random.pick([...ids, ...inner.map((one) => one.id)])] as const), [null, "dispatcher:by-size"]]);
  return aPolicy({
    facts: declared, providers, targets, selectors: [...inner, route],
    guards: [aGuard("home", { kind: "only", by: "zone", names: ["private"] }, condition(declared, random))],
    rules: [aRule("one", { when: condition(declared, random) })],
    models: [aModel("chat", "dispatcher:route", { guards: ["guard:home"], rules: ["rule:one"], reserve: 1_000 })],
  });
}

function condition(facts: readonly Fact[], random: Random): Condition {
  const one = (): Condition => {
    if (random.chance(0.35)) return { op: "compare", fact: "request.tokens", is: random.pick(["<=", ">"] as const), value: random.below(200) * 1_000 };
    const fact = random.pick(facts);
    switch (fact.type.kind) {
      case "set":
        return { op: "has", fact: fact.name, value: random.pick(fact.type.values) };
      case "enum":
        return { op: "compare", fact: fact.name, is: "==", value: random.pick(fact.type.values) };
      default:
        return { op: "compare", fact: fact.name, is: "==", value: true };
    }
  };
  return random.chance(0.4) ? { op: "and", of: [one(), one()] } : one();
}

/** One arm leads elsewhere. */
function edited(policy: Policy, random: Random): Policy {
  return {
    ...policy,
    selectors: policy.selectors.map((one) => {
      if (one.kind !== "dispatcher" || one.name !== "route") return one;
      // An early arm: later ones see few requests.
      const at = random.below(Math.ceil(one.arms.length / 4));
      return { ...one, arms: one.arms.map((arm, place) => (place === at ? { ...arm, then: { kind: "selector", id: "cascade:steady" } } : arm)) };
    }),
  };
}

function scientific(value: number): string {
  return value < 10_000 ? figure(value) : value.toExponential(1).replace("e+", "e");
}
