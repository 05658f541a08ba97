// Random policies and requests for laws that must hold for all of them. Small on purpose: few targets with close edges, so that
// a request near one edge is near several. Everything the planner knows occurs; `constructsOf` says what did.
import { FAILURE_CLASSES, type Alloy, type Capability, type Condition, type Fact, type Guard, type Policy, type RequestFacts, type Rule, type Selector, type Target } from "#contracts";
import { aCascade, aDispatcher, aFact, aGuard, aModel, anAlloy, aPolicy, aProvider, aRule, aSmallest, aTarget } from "./policy.ts";

export type Random = {
  /** A whole number from 0 up to, but not, `below`. */
  below(below: number): number;
  pick<T>(list: readonly T[]): T;
  chance(of: number): boolean;
  some<T>(list: readonly T[], of: number): T[];
};

/** The same seed gives the same numbers on every machine. */
export function randomFrom(seed: number): Random {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    below: (below) => Math.floor(next() * below),
    pick: (list) => list[Math.floor(next() * list.length)]!,
    chance: (of) => next() < of,
    some: (list, of) => list.filter(() => next() < of),
  };
}

const FACTS: readonly Fact[] = [
  aFact("caller.tier", { kind: "enum", values: ["free", "team", "pro"] }, { from: "key", name: "tier" }),
  aFact("request.fast", { kind: "bool" }),
  aFact("request.lang", { kind: "string" }),
  aFact("request.level", { kind: "int" }),
  aFact("request.tags", { kind: "set", values: ["pii", "billing", "legal"] }),
];
const SIZES = [90, 100, 150, 200, 210, 300, 400];
const CONTEXTS = [100, 200, 200, 300, 400, 1_000];
const OUTPUTS = [null, null, 50, 100, 300];
const ABILITIES = ["tools", "vision", "json"] as const satisfies readonly Capability[];
const ZONES = ["private", "cloud", null];

export function randomPolicy(random: Random): Policy {
  const providers = ["p", "q", "r"].map((name) => aProvider(name, { zone: random.pick(ZONES), region: random.pick(["eu", "us", null]) }));
  const targets = Array.from({ length: 2 + random.below(4) }, (_, at) =>
    aTarget(`t${at}`, {
      provider: random.pick(providers).id, context: random.pick(CONTEXTS), output: random.pick(OUTPUTS), can: random.some(ABILITIES, 0.75),
      price: random.chance(0.8) ? { input: random.below(5) * 1_000_000, output: random.below(20) * 1_000_000 } : null,
    }),
  );
  const guards = Array.from({ length: 3 }, (_, at) => aGuard(`g${at}`, randomClause(random, targets), random.chance(0.85) ? randomCondition(random, 1) : null));

  const inner = randomSelectors(random, "a", targets.map((one) => one.id));
  const first = aModel("first", random.pick([...inner, ...targets]).id, { reserve: random.pick([0, 0, 20, 150]) });
  const outer = randomSelectors(random, "b", [...targets, ...inner, ...inner, first].map((one) => one.id));
  const selectors = [...inner, ...outer];
  const rules = Array.from({ length: 2 }, (_, at) => aRule(`r${at}`, randomRule(random, selectors)));
  const second = aModel("second", outer.at(-1)!.id, {
    guards: random.some(guards, 0.35).map((one) => one.id), rules: random.some(rules, 0.6).map((one) => one.id), reserve: random.pick([0, 0, 20, 150]),
  });
  return aPolicy({ facts: FACTS, providers, targets, selectors, guards, rules, models: [first, second] });
}

/** A request near the edges of any of these policies; every fact is said or left out. */
export function randomRequest(random: Random): RequestFacts {
  const edge = (): number => Math.max(0, random.pick([...SIZES, ...CONTEXTS]) + random.below(3) - 1);
  const output = random.chance(0.6) ? 0 : random.pick([1, 20, 49, 50, 51, 99, 100, 101, 150, 300, 301]);
  const tokens = random.chance(0.5) ? random.below(120) : random.chance(0.5) ? edge() : Math.max(0, edge() - random.pick([output, 20, 150]));
  const tier = random.pick([undefined, "free", "team", "pro"]);
  const lang = random.pick([undefined, "de", "fr", "other"]);
  const level = random.pick([undefined, -1, 0, 1, 2, 3]);
  const agent = random.pick([undefined, "codex", "else"]);
  return {
    model: random.chance(0.7) ? "second" : "first",
    tokens, output, stream: random.chance(0.5), turn: random.below(5), needs: random.chance(0.4) ? [] : random.some([...ABILITIES, "audio"], 0.3),
    caller: agent === undefined ? {} : { agent },
    facts: {
      ...(tier === undefined ? {} : { "caller.tier": tier }), ...(lang === undefined ? {} : { "request.lang": lang }), ...(level === undefined ? {} : { "request.level": level }),
      "request.fast": random.chance(0.5), "request.tags": random.some(["pii", "billing", "legal"], 0.35),
    },
  };
}

export function randomCondition(random: Random, depth: number): Condition {
  if (depth > 0 && random.chance(0.45)) {
    const op = random.pick(["and", "or", "not"] as const);
    if (op === "not") return { op, of: randomCondition(random, depth - 1) };
    return { op, of: [randomCondition(random, depth - 1), randomCondition(random, depth - 1)] };
  }
  const is = random.pick(["==", "<", "<=", ">", ">="] as const);
  switch (random.below(12)) {
    case 0:
    case 1:
    case 2:
      return { op: "compare", fact: "request.tokens", is, value: random.pick(SIZES) };
    case 3:
      return { op: "compare", fact: "request.output", is, value: random.pick([0, 1, 50, 100]) };
    case 4:
      return { op: "compare", fact: "request.turn", is, value: random.below(4) };
    case 5:
      return { op: "compare", fact: random.pick(["request.stream", "request.fast"]), is: "==", value: random.chance(0.7) };
    case 6:
      return { op: "has", fact: "request.needs", value: random.pick([...ABILITIES, "audio"]) };
    case 7:
      return { op: "has", fact: "request.tags", value: random.pick(["pii", "billing"]) };
    case 8:
      return random.chance(0.5) ? { op: "compare", fact: "caller.tier", is: "==", value: random.pick(["free", "team"]) } : { op: "in", fact: "caller.tier", values: ["team", "pro"] };
    case 9:
      return random.chance(0.5) ? { op: "compare", fact: "request.lang", is: "==", value: random.pick(["de", "fr"]) } : { op: "in", fact: "caller.agent", values: ["codex"] };
    case 10:
      return { op: "compare", fact: "request.level", is, value: random.below(3) };
    default:
      return { op: "absent", fact: random.pick(["caller.tier", "request.lang", "request.level", "caller.agent"]) };
  }
}

/** What a policy and a plan of it contain, for a test to count: a generator that never makes something proves nothing of it. */
export function constructsOf(policy: Policy): readonly string[] {
  const found = new Set<string>();
  const targets = new Set(policy.targets.map((one) => one.id));
  const note = (name: string, is: boolean): void => void (is && found.add(name));
  for (const one of policy.selectors) {
    note(one.kind, true);
    if (one.kind === "alloy") {
      note(`pick ${one.pick}`, true);
      note(`sticky ${one.sticky}`, true);
      note(one.partial_context ? "partial alloy" : "whole alloy", true);
      note("weights", one.parts.some((part) => part.weight > 1));
      note("nested alloy", one.parts.some((part) => part.selector.startsWith("alloy:")));
    }
    const parts = one.kind === "dispatcher" ? one.arms.flatMap((arm) => (arm.then.kind === "selector" ? [arm.then.id] : [])) : one.kind === "cascade" ? one.tries.map((step) => step.selector) : one.parts.map((part) => part.selector);
    note("nested selector", parts.some((id) => !targets.has(id)));
    note("model through model", parts.some((id) => id.startsWith("model:")));
    note("target twice", new Set(parts).size < parts.length);
    if (one.kind === "dispatcher") note("refuse arm", one.arms.some((arm) => arm.then.kind === "refuse"));
    if (one.kind === "cascade") note("retry", one.tries.some((step) => step.retry > 0));
    if (one.kind === "cascade") note("retry of a composite", one.tries.some((step) => step.retry > 0 && !targets.has(step.selector)));
    if (one.kind === "cascade") note("narrow `on`", one.tries.some((step) => step.on.length < 5));
  }
  for (const { guards, reserve, rules } of policy.models) {
    note("reserve", reserve > 0);
    note("rules", rules.length > 0);
    note("several guards", guards.length > 1);
    for (const id of guards) {
      const { then, when } = policy.guards.find((one) => one.id === id)!;
      note(`guard ${then.kind}`, true);
      if (then.kind !== "refuse") note(`guard by ${then.by}`, true);
      note("guard without when", when === null);
    }
  }
  note("provider without zone", policy.providers.some((one) => one.zone === null));
  note("declared output", policy.targets.some((one) => one.output !== null));
  note("escalation", policy.rules.some((rule) => rule.ladder.some((step) => step.kind === "escalate")));
  return [...found];
}

function randomSelectors(random: Random, prefix: string, known: readonly string[]): Selector[] {
  const made: Selector[] = [];
  for (let at = 0, count = 1 + random.below(3); at < count; at++) {
    made.push(randomSelector(random, `${prefix}${at}`, [...known, ...made.map((one) => one.id), ...made.map((one) => one.id)]));
  }
  return made;
}

function randomSelector(random: Random, name: string, known: readonly string[]): Selector {
  const parts = (): string[] => Array.from({ length: 1 + random.below(3) }, () => random.pick(known));
  switch (random.below(4)) {
    case 0:
      return aDispatcher(name, [
        ...Array.from({ length: 1 + random.below(2) }, () => [randomCondition(random, 1), random.chance(0.15) ? "not for you" : random.pick(known)] as const),
        [null, random.chance(0.1) ? "not at all" : random.pick(known)],
      ]);
    case 1:
      return aCascade(
        name,
        parts().map((selector) => [
          selector,
          { retry: random.pick([0, 0, 1, 2]), timeout: random.pick([null, null, 5_000, 60_000]), ...(random.chance(0.4) ? { on: random.some(FAILURE_CLASSES, 0.4) } : {}) },
        ]),
        random.pick(["restart", "continue", "never"]),
      );
    case 2:
      return aSmallest(name, parts());
    default: {
      const fields: Partial<Alloy> = { pick: random.pick(["weighted", "weighted", "round_robin", "alternate", "all"]), sticky: random.pick(["request", "turn", "session"]), partial_context: random.chance(0.5) };
      return anAlloy(name, [...parts(), random.pick(known)].map((part) => [part, fields.pick === "weighted" ? 1 + random.below(3) : 1]), fields);
    }
  }
}

function randomClause(random: Random, targets: readonly Target[]): Guard["then"] {
  const kind = random.pick(["only", "never", "never", "refuse"] as const);
  if (kind === "refuse") return { kind, message: "not this one" };
  const by = random.pick(["zone", "zone", "region", "provider", "target"] as const);
  const names = { zone: ["private", "cloud"], region: ["eu", "us"], provider: ["provider:p", "provider:q"], target: targets.map((one) => one.id) }[by];
  return { kind, by, names: [random.pick(names), ...random.some(names, 0.2)] };
}

function randomRule(random: Random, selectors: readonly Selector[]): Partial<Rule> {
  const when = random.chance(0.7) ? randomCondition(random, 1) : null;
  switch (random.below(3)) {
    case 0:
      return { when, ladder: [{ kind: "retry", limit: 1 + random.below(3), remind: null, resume: "auto", feedback: "none" }, { kind: "block", message: "no" }] };
    case 1:
      return { when, ladder: [{ kind: "escalate", selector: random.pick(selectors).id, limit: 1, resume: "auto" }, { kind: "block", message: "no" }] };
    default:
      return { when };
  }
}

