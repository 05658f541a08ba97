// What the checks prove, asked again by force: every request of a small space, one by one, of the runtime's planner.
// No false proof, and none missed.
import { describe, expect, it } from "vitest";
import { CAPABILITIES, type Condition, type Invariant, type InvariantClause, type Model, type Policy, type RequestFacts, type Selector } from "#contracts";
import { answerText, factsOf, lookup, matches, named, plan, readerOf, type Facts, type Lookup, type Plan } from "#runtime/plan";
import { axisSize, modelRoutes, Space } from "../../compiler/analysis/index.ts";
import { askAll, type Asked } from "../../compiler/check/asked.ts";
import type { CheckContext } from "../../compiler/check/context.ts";
import { hopsOf, reachable, targetsUnder } from "../../compiler/check/graph.ts";
import { breachesOf } from "../../compiler/check/invariants.ts";
import { CHECKS } from "../../compiler/rules/index.ts";
import type { Finding } from "../../compiler/rules/rule.ts";
import { aCascade, aDispatcher, aFact, aGuard, aModel, anAlloy, aPolicy, aProvider, aRule, aSmallest, aTarget } from "../support/policy.ts";
import { randomFrom, type Random } from "../support/random-policy.ts";

const POLICIES = 300;

/** Everything one request gets: by each route of its model. */
type Asking = { readonly model: Model; readonly facts: Facts; readonly request: RequestFacts; readonly routes: readonly string[] };
type World = { readonly policy: Policy; readonly known: Lookup; readonly all: readonly Asking[]; readonly context: CheckContext; readonly found: (code: string) => ReadonlyMap<string, Finding> };

const worlds: readonly World[] = smallWorlds();

describe("over every request of small random policies", () => {
  it("W3001 and W3009 are found exactly where a request is refused that another target could serve", () => {
    for (const { known, all, found } of worlds) {
      for (const [code, refusal] of [["W3001", "context_length_exceeded"], ["W3009", "capability_missing"]] as const) {
        const gaps = all.filter((one) => ask(known, one).refusal?.code === refusal && targetsUnder(known, one.model.route).some((target) => ask(known, one, { route: target.id }).outcome === "route"));
        const said = found(code).size + (code === "W3001" ? found("W3003").size : 0);
        if (gaps.length > 0) expect(said).toBeGreaterThan(0);
        if (found(code).size > 0) expect(gaps.length).toBeGreaterThan(0);
      }
    }
  });

  it("W3002 is found at exactly the arms that nothing takes", () => {
    for (const world of worlds) {
      const { known, found } = world;
      const taken = armsTaken(world);
      for (const dispatcher of known.selectors.values()) {
        if (dispatcher.kind !== "dispatcher") continue;
        const alone = coveredAlone(known, dispatcher);
        for (const arm of dispatcher.arms) {
          if (arm.when !== null && alone.constant.has(arm.id)) continue;
          const expected = alone.covered.has(arm.id) || (!taken.has(arm.id) && dispatcher.arms.some((one) => taken.has(one.id)));
          expect([arm.id, found("W3002").has(arm.id)]).toEqual([arm.id, expected]);
        }
      }
    }
  });

  it("W3003 is found at exactly the arms that take requests and have room for none", () => {
    for (const { known, all, found } of worlds) {
      const able: Lookup = { ...known, targets: new Map([...known.targets].map(([id, target]) => [id, { ...target, can: CAPABILITIES }])) };
      for (const dispatcher of known.selectors.values()) {
        if (dispatcher.kind !== "dispatcher") continue;
        for (const { id, then } of dispatcher.arms) {
          if (then.kind === "refuse") continue;
          const takes = all.filter((one) => one.routes.some((route) => resolved(known, route, one.facts).arms.has(id)));
          const none = takes.every((one) => plan(able, { ...one.model, guards: [] }, one.facts, { keys: null, route: then.id }).outcome !== "route");
          expect([id, found("W3003").has(id)]).toEqual([id, takes.length > 0 && none]);
        }
      }
    }
  });

  it("W3005 is found at exactly the arms that are taken and change no answer", () => {
    for (const world of worlds) {
      const { known, all, found } = world;
      const taken = armsTaken(world);
      for (const dispatcher of known.selectors.values()) {
        if (dispatcher.kind !== "dispatcher") continue;
        const { constant } = coveredAlone(known, dispatcher);
        for (const arm of dispatcher.arms) {
          if (arm.when === null || constant.has(arm.id)) continue;
          const without: Lookup = { ...known, selectors: new Map(known.selectors).set(dispatcher.id, { ...dispatcher, arms: dispatcher.arms.filter((one) => one !== arm) }) };
          const same = taken.has(arm.id) && all.every((one) => one.routes.every((route) => answerText(ask(known, one, { route })) === answerText(ask(without, one, { route }))));
          expect([arm.id, found("W3005").has(arm.id)]).toEqual([arm.id, same]);
        }
      }
    }
  });

  it("W3007 is found at exactly the targets that are led to and never tried", () => {
    for (const world of worlds) {
      const { known, policy, all, found } = world;
      const tried = new Set(all.flatMap((one) => one.routes.flatMap((route) => ask(known, one, { route }).attempts.map((attempt) => attempt.target.id))));
      const arms = armsTaken(world);
      const led = new Set(policy.models.flatMap((model) => modelRoutes(known, model)).flatMap((route) => [...reachable(known, route, (hop) => !hop.id.includes("/arm:") || arms.has(hop.id))]));
      for (const { id } of policy.targets) expect([id, found("W3007").has(id)]).toEqual([id, led.has(id) && !tried.has(id)]);
    }
  });

  it("W3008 is found at exactly the cascades in which a request loses its fallback to its size", () => {
    for (const { known, all, found } of worlds) {
      const boundless: Lookup = { ...known, targets: new Map([...known.targets].map(([id, target]) => [id, { ...target, context: Number.MAX_SAFE_INTEGER, output: null }])) };
      for (const cascade of known.selectors.values()) {
        if (cascade.kind !== "cascade") continue;
        const stepsOf = ({ outcome, path }: Plan) => (outcome === "route" ? cascade.tries.filter((step) => path.includes(step.id)) : []);
        const byRoute = new Map<string, Asking[]>();
        for (const one of all) for (const route of one.routes) byRoute.set(`${one.model.id} ${route}`, [...(byRoute.get(`${one.model.id} ${route}`) ?? []), one]);
        const expected = [...byRoute].some(([key, these]) => {
          const route = key.split(" ")[1]!;
          const lonely = these.filter((one) => stepsOf(ask(known, one, { route })).length === 1);
          const lost = lonely.some((one) => {
            const at = cascade.tries.indexOf(stepsOf(ask(known, one, { route }))[0]!);
            return cascade.tries.slice(at + 1).some((step) => plan(boundless, one.model, one.facts, { keys: null, route: step.selector }).outcome === "route");
          });
          return lost && these.some((one) => stepsOf(ask(known, one, { route })).length > 1);
        });
        const said = [...found("W3008").keys()].some((id) => id.startsWith(`${cascade.id}/`));
        expect([cascade.id, said]).toEqual([cascade.id, expected]);
      }
    }
  });

  it("W4002 is found at exactly the guards without which nothing changes", () => {
    for (const { known, policy, all, found } of worlds) {
      const told = ({ refusal, ...rest }: Plan) => (refusal === null || refusal.code === "policy_refused" ? answerText({ refusal, ...rest }) : refusal.code);
      for (const guard of policy.guards) {
        const under = all.filter((one) => one.model.guards.includes(guard.id));
        const constant = guard.when !== null && isConstantByForce(known, guard.when);
        const idle = under.length > 0 && under.every((one) => one.routes.every((route) => told(ask(known, one, { route })) === told(plan(known, { ...one.model, guards: one.model.guards.filter((id) => id !== guard.id) }, one.facts, { keys: null, route }))));
        expect([guard.id, found("W4002").has(guard.id)]).toEqual([guard.id, idle && !constant]);
      }
    }
  });

  it("W4003 is found at exactly the models whose guards leave some request nothing", () => {
    for (const { known, policy, all, found } of worlds) {
      for (const { id } of policy.models) {
        const emptied = all.some((one) => one.model.id === id && ask(known, one).refusal?.code === "guard_refused" && ask(known, one).skipped.length > 0);
        expect([id, found("W4003").has(id)]).toEqual([id, emptied]);
      }
    }
  });

  it("W2004 is found at exactly the models that open to what an untrusted caller says", () => {
    for (const { known, policy, all, found } of worlds) {
      const untrusted = policy.facts.filter((fact) => fact.source.from === "header" || fact.source.from === "metadata").map((fact) => fact.name);
      for (const { id } of policy.models) {
        const opens = all.some((one) => one.model.id === id && widens(known, ask(known, one), ask(known, unsaid(known, one, untrusted))));
        expect([id, found("W2004").has(id)]).toEqual([id, opens]);
      }
    }
  });

  it("W4001 is found at exactly the invariants that some path breaks", () => {
    const counts = new Map<string, number>();
    for (const { known, policy, all, context } of worlds) {
      for (const invariant of policy.invariants) {
        const [clause] = invariant.clauses as readonly [InvariantClause];
        const meant = all.filter((one) => invariant.models.includes(one.model.id) && (invariant.when === null || matches(invariant.when, readerOf(one.facts)) === true));
        const broken = meant.filter((one) => pathsOf(known, one, clause).some((path) => breaksClause(known, clause, path)));
        const breaches = breachesOf(invariant, context);
        expect([invariant.id, breaches.length]).toEqual([invariant.id, broken.length > 0 ? 1 : 0]);
        counts.set(`${invariant.id} ${breaches.length}`, (counts.get(`${invariant.id} ${breaches.length}`) ?? 0) + 1);
        for (const { witness } of breaches) {
          const facts = factsOf(known, witness!);
          const model = known.modelNamed(witness!.model!)!;
          expect(facts.ok && (invariant.when === null || matches(invariant.when, readerOf(facts.facts)) === true)).toBe(true);
          expect(facts.ok && pathsOf(known, { model, facts: facts.facts }, clause).some((path) => breaksClause(known, clause, path))).toBe(true);
        }
      }
    }
    // That what needs a capability only meets targets that have it is the planner's own law, and never broken.
    expect(counts.has("invariant:sees 1")).toBe(false);
    for (const { id } of worlds[0]!.policy.invariants.filter((one) => one.title !== "sees")) expect([id, counts.has(`${id} 0`), counts.has(`${id} 1`)]).toEqual([id, true, true]);
  });

  it("every witness shows what it is a witness of", () => {
    for (const { known, found } of worlds) {
      for (const [code, refusal] of [["W3001", "context_length_exceeded"], ["W3009", "capability_missing"], ["W4003", "guard_refused"]] as const) {
        for (const { witness } of found(code).values()) {
          const request = witness as RequestFacts;
          const facts = factsOf(known, request);
          expect(facts.ok && plan(known, known.modelNamed(request.model!)!, facts.facts, { keys: null }).refusal?.code).toBe(refusal);
        }
      }
    }
  });

  it("each of them is found somewhere, and somewhere not", () => {
    for (const code of ["W2004", "W3001", "W3002", "W3003", "W3005", "W3007", "W3008", "W3009", "W4002", "W4003"]) {
      const counts = worlds.map((world) => world.found(code).size);
      expect([code, counts.filter((count) => count > 0).length >= 5, counts.includes(0)]).toEqual([code, true, true]);
    }
  });
});

function ask(known: Lookup, { model, facts }: Pick<Asking, "model" | "facts">, { route = model.route } = {}): Plan {
  return plan(known, model, facts, { keys: null, route });
}

/** The plan of a request, and of every escalation by a rule that is active for it; an escalation is no refusal. */
function pathsOf(known: Lookup, asking: Pick<Asking, "model" | "facts">, clause: InvariantClause): readonly Plan[] {
  const own = ask(known, asking);
  if (clause.kind === "always-serves") return [own];
  const escalations = own.rules.map((id) => named(known.rules, id)).filter((rule) => rule.mode === "enforce").flatMap((rule) => rule.ladder.flatMap((action) => (action.kind === "escalate" ? [action.selector] : [])));
  return [own, ...escalations.map((route) => ask(known, asking, { route }))];
}

function breaksClause(known: Lookup, clause: InvariantClause, path: Plan): boolean {
  switch (clause.kind) {
    case "always-serves":
      return path.outcome === "refuse";
    case "always-can":
      return path.attempts.some(({ target }) => clause.capabilities.some((one) => !target.can.includes(one)));
    case "never":
      return path.attempts.some(({ target }) => (clause.by === "zone" ? [null, ...clause.names].includes(named(known.providers, target.provider).zone) : clause.names.includes(target.id)));
    case "only":
      return path.attempts.some(({ target }) => !clause.names.some((name) => name === named(known.providers, target.provider).zone));
    default:
      throw new Error("not among these");
  }
}

function smallWorlds(): readonly World[] {
  return Array.from({ length: POLICIES }, (_, seed): World => {
    const policy = smallPolicy(randomFrom(seed));
    const known = lookup(policy);
    const { asked, tooLarge } = askAll(policy, known);
    expect(tooLarge).toEqual([]);
    return { policy, known, all: asked.flatMap((one) => askingsOf(known, one)), ...findingsOf({ policy, lookup: known, models: asked }) };
  });
}

/** A policy of every kind of selector over few facts and few sizes, so that its requests can be walked one by one. */
function smallPolicy(random: Random): Policy {
  const providers = [aProvider("p", { zone: "private" }), aProvider("q", { zone: random.pick(["cloud", "private", null]) })];
  // Capabilities that every target has tell no requests apart.
  const sees: { readonly [name: string]: boolean } = { s: random.chance(0.5), m: random.chance(0.7), l: true };
  const targets = ["s", "m", "l"].map((name) => aTarget(name, { provider: random.pick(providers).id, context: random.pick([100, 200, 400]), output: random.pick([null, null, null, 50]), can: CAPABILITIES.filter((one) => one !== "vision" || sees[name]) }));
  const condition = (): Condition => {
    const plain: Condition = random.pick<Condition>([
      { op: "compare", fact: "request.tokens", is: random.pick(["<=", ">"]), value: random.pick([100, 150, 300]) },
      { op: "compare", fact: "request.stream", is: "==", value: true },
      { op: "has", fact: "request.needs", value: "vision" },
      { op: "has", fact: "request.tags", value: "pii" },
    ]);
    return random.chance(0.2) ? { op: "not", of: plain } : random.chance(0.15) ? { op: "and", of: [plain, { op: "compare", fact: "request.tokens", is: ">", value: 100 }] } : plain;
  };
  const selectors: Selector[] = [];
  const anything = (): string => random.pick([...targets, ...selectors, ...selectors]).id;
  for (const name of ["a", "b", "c"]) {
    const several = (): string[] => Array.from({ length: 1 + random.below(3) }, anything);
    selectors.push(
      random.chance(0.5)
        ? aDispatcher(name, [...several().map((to) => [condition(), random.chance(0.1) ? "no" : to] as const), [null, random.chance(0.1) ? "no" : anything()]])
        : random.pick([() => aCascade(name, several()), () => aSmallest(name, several()), () => anAlloy(name, several(), { partial_context: random.chance(0.5) })])(),
    );
  }
  const guards = [
    aGuard("local", { kind: "only", by: "zone", names: ["private"] }, random.chance(0.8) ? condition() : null),
    aGuard("never", random.chance(0.3) ? { kind: "refuse", message: "no" } : { kind: "never", by: "target", names: ["target:s"] }, condition()),
  ];
  const rules = [aRule("up", { when: random.chance(0.5) ? condition() : null, ladder: [{ kind: "escalate", selector: anything(), limit: 1, resume: "auto" }, { kind: "note" }] })];
  const models = [
    aModel("one", selectors[2]!.id, { guards: random.some(guards, 0.4).map((guard) => guard.id), rules: random.some(rules, 0.3).map((rule) => rule.id), reserve: random.pick([0, 0, 60]) }),
    ...(random.chance(0.3) ? [aModel("two", selectors[1]!.id)] : []),
  ];
  const invariants = [
    anInvariant("never-cloud", models, { kind: "never", by: "zone", names: ["cloud"] }, condition()),
    anInvariant("only-private", models, { kind: "only", by: "zone", names: ["private"] }, condition()),
    anInvariant("never-s", models, { kind: "never", by: "target", names: ["target:s"] }, random.chance(0.5) ? condition() : null),
    anInvariant("sees", models, { kind: "always-can", capabilities: ["vision"] }, { op: "has", fact: "request.needs", value: "vision" }),
    anInvariant("reads", models, { kind: "always-can", capabilities: ["vision"] }, condition()),
    anInvariant("serves", models, { kind: "always-serves" }, { op: "and", of: [{ op: "compare", fact: "request.tokens", is: "<=", value: 100 }, { op: "compare", fact: "request.output", is: "==", value: 0 }] }),
  ];
  return aPolicy({ invariants, facts: [aFact("request.tags", { kind: "set", values: ["pii"] })], providers, targets, selectors, guards, rules, models });
}

function anInvariant(title: string, models: readonly Model[], clause: InvariantClause, when: Condition | null): Invariant {
  return { id: `invariant:${title}`, title, models: models.map((one) => one.id), when, clauses: [clause] };
}

function askingsOf(known: Lookup, { model, space }: Asked): readonly Asking[] {
  return everyRequest(space).map((request) => {
    const facts = factsOf(known, request);
    if (!facts.ok) throw new Error(facts.problem.message);
    return { model, request, facts: facts.facts, routes: modelRoutes(known, model) };
  });
}

function everyRequest(space: Space): readonly RequestFacts[] {
  let ways: readonly ReadonlyMap<number, number>[] = [new Map()];
  space.axes.forEach((axis, index) => {
    ways = ways.flatMap((way) => Array.from({ length: axisSize(axis) }, (_, value) => new Map([...way, [index, value]])));
  });
  return ways.map((way) => space.requestAt(way));
}

/** Findings of each code by the id they point at. */
function findingsOf(parts: Pick<CheckContext, "policy" | "lookup" | "models">): Pick<World, "context" | "found"> {
  const bound = { selectors: [], rules: [], guards: [], invariants: [], models: [] } as unknown as CheckContext["bound"];
  const context: CheckContext = { ...parts, bound, patterns: new Map(), span: (id) => ({ file: id, start: 0, end: 0 }), text: () => "" };
  const known = new Map<string, ReadonlyMap<string, Finding>>();
  const found = (code: string): ReadonlyMap<string, Finding> => {
    if (!known.has(code)) known.set(code, new Map(CHECKS.filter((rule) => rule.code === code).flatMap((rule) => [...rule.check(context)].map((finding) => [finding.span.file, finding] as const))));
    return known.get(code)!;
  };
  return { context, found };
}

/** What a selector comes to for one request, by the language's own words and none of the planner's code. */
function resolved(known: Lookup, id: string, facts: Facts): { readonly refuses: boolean; readonly arms: ReadonlySet<string> } {
  const model = known.models.get(id);
  if (model !== undefined) return resolved(known, model.route, facts);
  if (known.targets.has(id)) return { refuses: false, arms: new Set() };
  const selector = named(known.selectors, id);
  if (selector.kind === "dispatcher") {
    const arm = selector.arms.find((one) => one.when === null || matches(one.when, readerOf(facts)) === true)!;
    if (arm.then.kind === "refuse") return { refuses: true, arms: new Set([arm.id]) };
    const then = resolved(known, arm.then.id, facts);
    return { refuses: then.refuses, arms: new Set([arm.id, ...then.arms]) };
  }
  const parts = hopsOf(known, id).map((hop) => resolved(known, hop.to, facts));
  const end = parts.findIndex((part) => part.refuses);
  const left = selector.kind === "cascade" ? (end < 0 ? parts : parts.slice(0, end)) : parts.filter((part) => !part.refuses);
  if (left.length === 0) return parts[0]!;
  return { refuses: false, arms: new Set(left.flatMap((part) => [...part.arms])) };
}

function armsTaken({ known, all }: World): ReadonlySet<string> {
  return new Set(all.flatMap((one) => one.routes.flatMap((route) => [...resolved(known, route, one.facts).arms])));
}

/** Of a dispatcher by itself: arms that others cover, and arms whose condition is none. */
function coveredAlone(known: Lookup, { arms }: Extract<Policy["selectors"][number], { kind: "dispatcher" }>): { readonly covered: ReadonlySet<string>; readonly constant: ReadonlySet<string> } {
  const space = new Space([{ lookup: known, model: null, conditions: arms.flatMap((arm) => arm.when ?? []) }]);
  const first = everyRequest(space).map((request) => {
    const facts = factsOf(known, request);
    if (!facts.ok) throw new Error(facts.problem.message);
    return arms.findIndex((arm) => arm.when === null || matches(arm.when, readerOf(facts.facts)) === true);
  });
  return {
    covered: new Set(arms.filter((_, at) => !first.includes(at)).map((arm) => arm.id)),
    constant: new Set(arms.filter((arm) => arm.when !== null && isConstantByForce(known, arm.when)).map((arm) => arm.id)),
  };
}

function isConstantByForce(known: Lookup, when: NonNullable<Policy["guards"][number]["when"]>): boolean {
  const space = new Space([{ lookup: known, model: null, conditions: [when] }]);
  const values = everyRequest(space).map((request) => {
    const facts = factsOf(known, request);
    return facts.ok && matches(when, readerOf(facts.facts)) === true;
  });
  return new Set(values).size === 1;
}

/** The same request with nothing said of these facts. */
function unsaid(known: Lookup, { model, request }: Asking, untrusted: readonly string[]): Pick<Asking, "model" | "facts"> {
  const kept = Object.entries(request.facts ?? {}).filter(([name]) => !untrusted.includes(name));
  const facts = factsOf(known, { ...request, facts: Object.fromEntries(kept) });
  if (!facts.ok) throw new Error(facts.problem.message);
  return { model, facts: facts.facts };
}

function widens(known: Lookup, said: Plan, silent: Plan): boolean {
  if (said.outcome !== "route") return false;
  if (silent.outcome !== "route") return silent.refusal?.code === "policy_refused" || (silent.refusal?.code === "guard_refused" && silent.skipped.length === 0);
  // In these policies one guard speaks of zones: `only zone private`; none speaks of regions, which no provider says.
  const outside = (of: Plan) => of.attempts.some(({ target }) => named(known.providers, target.provider).zone !== "private");
  const zones = (of: Plan) => of.attempts.map(({ target }) => named(known.providers, target.provider).zone);
  return outside(said) && zones(said).some((zone) => zone !== "private" && !zones(silent).includes(zone));
}
