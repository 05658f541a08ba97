// One declaration of a random policy changed, as an edit would: everything a bundle says of routes, protections and upstreams
// is changed by one of these.
import type { Guard, Model, Policy, Provider, Rule, Selector, Target } from "#contracts";
import { randomCondition, type Random } from "../../support/random-policy.ts";

type Mutation = (policy: Policy, random: Random) => Policy;

const KINDS = {
  "arm condition": selector("dispatcher", (one, random) => ({ ...one, arms: one.arms.map((arm, at) => (at === 0 && arm.when !== null ? { ...arm, when: randomCondition(random, 1) } : arm)) })),
  "arms swapped": selector("dispatcher", (one) => (one.arms.length < 3 ? { ...one, arms: [{ ...one.arms[0]!, then: one.arms[1]!.then }, { ...one.arms[1]!, then: one.arms[0]!.then }] } : { ...one, arms: [{ ...one.arms[1]!, id: one.arms[0]!.id }, { ...one.arms[0]!, id: one.arms[1]!.id }, ...one.arms.slice(2)] })),
  refusal: selector("dispatcher", (one) => ({ ...one, arms: one.arms.map((arm, at) => (at === one.arms.length - 1 ? { ...arm, then: { kind: "refuse", message: "closed" } } : arm)) })),
  "step gone": selector("cascade", (one, random) => (one.tries.length < 2 ? one : { ...one, tries: one.tries.toSpliced(random.below(one.tries.length), 1) })),
  retry: selector("cascade", (one) => ({ ...one, tries: one.tries.map((step, at) => (at === 0 ? { ...step, retry: step.retry + 1 } : step)) })),
  backoff: selector("cascade", (one) => ({ ...one, tries: one.tries.map((step) => ({ ...step, retry: Math.max(1, step.retry), backoff: { from: 1, to: 2 } })) })),
  "step timeout": selector("cascade", (one) => ({ ...one, tries: one.tries.map((step, at) => (at === 0 ? { ...step, timeout: 1_234 } : step)) })),
  on: selector("cascade", (one) => ({ ...one, tries: one.tries.map((step) => ({ ...step, on: ["timeout"] })) })),
  resume: selector("cascade", (one) => ({ ...one, resume: one.resume === "never" ? "continue" : "never" })),
  weights: selector("alloy", (one) => (one.pick === "weighted" ? { ...one, parts: one.parts.map((part, at) => (at === 0 ? { ...part, weight: part.weight + 4 } : part)) } : one)),
  pick: selector("alloy", (one) => ({ ...one, pick: one.pick === "alternate" ? "all" : "alternate", parts: one.parts.map((part) => ({ ...part, weight: 1 })) })),
  sticky: selector("alloy", (one) => ({ ...one, sticky: one.sticky === "request" ? "session" : "request" })),
  "partial context": selector("alloy", (one) => ({ ...one, partial_context: !one.partial_context })),
  "smallest of": selector("smallest", (one) => (one.parts.length < 2 ? one : { ...one, parts: one.parts.slice(1).toReversed() })),
  context: target((one, random) => ({ ...one, context: random.pick([50, 150, 250, 500]) })),
  output: target((one) => ({ ...one, output: one.output === null ? 60 : null })),
  can: target((one) => ({ ...one, can: one.can.includes("vision") ? one.can.filter((can) => can !== "vision") : [...one.can, "vision"] })),
  price: target((one) => ({ ...one, price: one.price === null ? { input: 1, output: 1 } : null })),
  "target model": target((one) => ({ ...one, model: `${one.model}-2` })),
  "target provider": target((one, random) => ({ ...one, provider: random.pick(["provider:p", "provider:q", "provider:r"]) })),
  zone: provider((one) => ({ ...one, zone: one.zone === "cloud" ? "private" : "cloud" })),
  region: provider((one) => ({ ...one, region: one.region === "eu" ? "us" : "eu" })),
  "provider timeout": provider((one) => ({ ...one, timeout: { ...one.timeout, total: 7 } })),
  "guard condition": guard((one, random) => ({ ...one, when: randomCondition(random, 1) })),
  "guard clause": guard((one) => ({ ...one, then: one.then.kind === "never" ? { ...one.then, kind: "only" } : { kind: "never", by: "zone", names: ["cloud"] } })),
  "guard dropped": model((one, random, policy) => (one.guards.length === 0 ? { ...one, guards: [random.pick(policy.guards).id] } : { ...one, guards: one.guards.slice(1) })),
  "rule dropped": model((one, random, policy) => (one.rules.length === 0 ? { ...one, rules: [random.pick(policy.rules).id] } : { ...one, rules: one.rules.slice(1) })),
  reserve: model((one) => ({ ...one, reserve: one.reserve + 30 })),
  limits: model((one) => ({ ...one, limits: { ...one.limits, wall: 1, cost: 5 } })),
  receipts: model((one) => ({ ...one, receipts: { capture: "full", keep: 5 } })),
  route: model((one, random, policy) => ({ ...one, route: random.pick(policy.targets).id })),
  "rule condition": rule((one, random) => ({ ...one, when: randomCondition(random, 1) })),
  "rule match": rule((one) => ({ ...one, match: { kind: "any", texts: ["never", "ever and ever"] } })),
  "rule ladder": rule((one) => ({ ...one, ladder: one.ladder.length === 1 && one.ladder[0]!.kind === "block" ? [{ kind: "note" }] : [{ kind: "block", message: "stop" }] })),
  "rule mode": rule((one) => ({ ...one, mode: one.mode === "shadow" ? "enforce" : "shadow" })),
  escalation: rule((one, random, policy) => ({ ...one, ladder: [{ kind: "escalate", selector: random.pick(policy.targets).id, limit: 1, resume: "auto" }, { kind: "block", message: "no" }] })),
  invariant: (policy) => ({ ...policy, invariants: [{ id: "invariant:x", title: "x", models: ["model:first"], when: null, clauses: [{ kind: "always-serves" }] }] }),
  alias: model((one) => ({ ...one, aliases: ["another-name"] })),
} as const satisfies { readonly [name: string]: Mutation };

export const MUTATIONS = Object.keys(KINDS);

/** `name` says what was changed. */
export function mutated(policy: Policy, random: Random): { readonly policy: Policy; readonly name: string } {
  for (;;) {
    const name = random.pick(MUTATIONS) as keyof typeof KINDS;
    const now = KINDS[name](policy, random);
    if (JSON.stringify(now) !== JSON.stringify(policy)) return { policy: now, name };
  }
}

function selector<Kind extends Selector["kind"]>(kind: Kind, change: (one: Extract<Selector, { readonly kind: Kind }>, random: Random) => Selector): Mutation {
  return (policy, random) => {
    const of = policy.selectors.filter((one) => one.kind === kind);
    if (of.length === 0) return policy;
    const chosen = random.pick(of);
    return { ...policy, selectors: policy.selectors.map((one) => (one === chosen ? change(one as Extract<Selector, { readonly kind: Kind }>, random) : one)) };
  };
}

function target(change: (one: Target, random: Random) => Target): Mutation {
  return (policy, random) => ({ ...policy, targets: changed(policy.targets, random, (one) => change(one, random)) });
}

function provider(change: (one: Provider, random: Random) => Provider): Mutation {
  return (policy, random) => ({ ...policy, providers: changed(policy.providers, random, (one) => change(one, random)) });
}

function guard(change: (one: Guard, random: Random) => Guard): Mutation {
  return (policy, random) => ({ ...policy, guards: changed(policy.guards, random, (one) => change(one, random)) });
}

function rule(change: (one: Rule, random: Random, policy: Policy) => Rule): Mutation {
  return (policy, random) => ({ ...policy, rules: changed(policy.rules, random, (one) => change(one, random, policy)) });
}

function model(change: (one: Model, random: Random, policy: Policy) => Model): Mutation {
  return (policy, random) => ({ ...policy, models: changed(policy.models, random, (one) => change(one, random, policy)) });
}

function changed<T>(list: readonly T[], random: Random, change: (one: T) => T): readonly T[] {
  const chosen = random.pick(list);
  return list.map((one) => (one === chosen ? change(one) : one));
}
