// Policies without the compiler: every field has a default, so a test says only what it is about. Ids are those the compiler
// would give, and lists stand in its order.
import {
  BUNDLE_FORMAT, canonical, digest, MOVES_ON_BY_DEFAULT, type Alloy, type Bundle, type Cascade, type Condition, type Dispatcher, type Fact, type Guard, type Json, type Model,
  type Policy, type Provider, type Rule, type Smallest, type Target,
} from "#contracts";
import { factsOf, lookup, plan, type Lookup, type Plan, type PlanOptions } from "#runtime/plan";
import type { RequestFacts } from "#contracts";

export function aProvider(name: string, fields: Partial<Provider> = {}): Provider {
  return {
    id: `provider:${name}`, name, kind: "mock", base: null, key: null, headers: {}, zone: null, region: null,
    timeout: { connect: 2_000, first_token: 30_000, idle: 30_000, total: 600_000 }, breaker: null, limit: { concurrency: null }, ...fields,
  };
}

export function aTarget(name: string, fields: Partial<Target> = {}): Target {
  return {
    id: `target:${name}`, name, provider: "provider:p", model: name, context: 1_000, output: null, can: [], price: null, params: {}, continues: "instruction", replies: [], ...fields,
  };
}

/** Arms in order; a text as destination is a refusal's message where it is not an id. */
export function aDispatcher(name: string, arms: readonly (readonly [Condition | null, string])[]): Dispatcher {
  const id = `dispatcher:${name}`;
  return {
    kind: "dispatcher", id, name,
    arms: arms.map(([when, to], at) => ({ id: `${id}/arm:${at + 1}`, when, then: /^[a-z]+:\S+$/.test(to) ? { kind: "selector", id: to } : { kind: "refuse", message: to } })),
  };
}

export function aCascade(name: string, steps: readonly (string | readonly [string, Partial<Cascade["tries"][number]>])[], resume: Cascade["resume"] = "restart"): Cascade {
  const id = `cascade:${name}`;
  const tries = steps.map((step, at) => {
    const [selector, fields] = typeof step === "string" ? [step, {}] : step;
    return { id: `${id}/try:${at + 1}`, selector, timeout: null, retry: 0, backoff: { from: 200, to: 5_000 }, on: MOVES_ON_BY_DEFAULT, ...fields };
  });
  return { kind: "cascade", id, name, resume, tries };
}

export function anAlloy(name: string, parts: readonly (string | readonly [string, number])[], fields: Partial<Pick<Alloy, "pick" | "sticky" | "partial_context">> = {}): Alloy {
  const id = `alloy:${name}`;
  return {
    kind: "alloy", id, name, pick: "weighted", sticky: "session", partial_context: false, ...fields,
    parts: partIds(id, parts.map((part) => (typeof part === "string" ? part : part[0]))).map((part, at) => ({ ...part, weight: typeof parts[at] === "string" ? 1 : (parts[at]![1] as number) })),
  };
}

export function aSmallest(name: string, parts: readonly string[]): Smallest {
  const id = `dispatcher:${name}`;
  return { kind: "smallest", id, name, parts: partIds(id, parts) };
}

export function aGuard(name: string, then: Guard["then"], when: Condition | null = null): Guard {
  return { id: `guard:${name}`, name, when, then };
}

export function aRule(name: string, fields: Partial<Rule> = {}): Rule {
  return {
    id: `rule:${name}`, name, channel: { kind: "text" }, when: null, mode: "enforce", match: { kind: "any", texts: ["never"] }, hold: { kind: "match" }, within: null,
    ladder: [{ kind: "note" }], alerts: [], longest: 5, ...fields,
  };
}

export function aModel(name: string, route: string, fields: Partial<Model> = {}): Model {
  return {
    id: `model:${name}`, name, aliases: [], route, guards: [], rules: [], alerts: [], reserve: 0, limits: { attempts: 10, cost: null, wall: 120_000, held: 1_048_576 },
    receipts: { capture: "metadata", keep: null }, automata: [], ...fields,
  };
}

export function aFact(name: string, type: Fact["type"], source: Fact["source"] = { from: "header", name: `X-${name}` }): Fact {
  return { name, type, source };
}

/** Unless given, the providers are the one called `p`. */
export function aPolicy(fields: Partial<Policy>): Policy {
  return {
    edition: 1, requires: [], facts: [], automata: [], alerts: [], invariants: [], ...fields, providers: sorted(fields.providers ?? [aProvider("p")]), targets: sorted(fields.targets),
    selectors: sorted(fields.selectors), guards: sorted(fields.guards), rules: sorted(fields.rules), models: sorted(fields.models),
  };
}

export function aBundle(policy: Policy, about: Partial<Bundle["about"]> = {}): Bundle {
  const sealed = { format: BUNDLE_FORMAT, digest: digest(policy as unknown as Json), policy, about: { entry: "main.ward", places: {}, docs: {}, ...about } } as const;
  return { ...sealed, seal: digest(sealed as unknown as Json) };
}

/** As `ward build` writes it. */
export function bundleText(policy: Policy): string {
  return `${canonical(aBundle(policy) as unknown as Json)}\n`;
}

/** The plan of one request; what is wrong with the request is thrown. */
export function planFor(policy: Policy | Lookup, request: RequestFacts, options: PlanOptions = { keys: null }): Plan {
  const known = "policy" in policy ? policy : lookup(policy);
  const model = request.model === undefined ? known.policy.models[0]! : known.modelNamed(request.model)!;
  const facts = factsOf(known, request);
  if (!facts.ok) throw new Error(`${facts.problem.message}: ${facts.problem.help}`);
  return plan(known, model, facts.facts, options);
}

function sorted<T extends { readonly id: string }>(list: readonly T[] = []): readonly T[] {
  return list.toSorted((left, right) => (left.id < right.id ? -1 : 1));
}

function partIds(id: string, selectors: readonly string[]): { readonly id: string; readonly selector: string }[] {
  const seen = new Map<string, number>();
  return selectors.map((selector) => {
    const name = selector.slice(selector.indexOf(":") + 1);
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return { id: `${id}/part:${name}${times === 1 ? "" : `:${times}`}`, selector };
  });
}
