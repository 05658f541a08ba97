// IN: a bound program without errors. OUT: its policy. From here on every default is written out, every name is an id,
// and nothing depends on the order of declarations or on the text they were written in.
import { CAPABILITIES, type Invariant, type Model, type Policy, type Provider, type Target } from "#contracts";
import { inForce, PROVIDER_DEFAULTS, type Bound, type BoundInvariant, type BoundModel, type BoundProvider, type BoundTarget, type RulePatterns } from "../bind/index.ts";
import { buildAutomata } from "./automata.ts";
import { lowerWhen } from "./conditions.ts";
import { requires } from "./requires.ts";
import { lowerRule } from "./rules.ts";
import { leads, lowerSelector, type Lead } from "./selectors.ts";
import { worstAttempts } from "./worst-attempts.ts";

/** What `limits.attempts` is at most where the policy does not say: beyond it, somebody must have meant it. */
const MOST_ATTEMPTS = 100;

/** `patterns`: what its rules match. */
export function lower(whole: Bound, patterns: RulePatterns["read"]): Policy {
  const bound = pruned(whole);
  const { types } = bound.facts;
  const lead = leads(bound);
  const kinds = new Map(bound.providers.map((one) => [one.id, one.fields.kind]));
  const selectors = bound.selectors.map((one) => lowerSelector(one, lead, types)).sort(byId);
  const rules = bound.rules.map((one) => lowerRule(one, patterns.get(one.id), { lead, types })).sort(byId);
  const ruleById = new Map(rules.map((rule) => [rule.id, rule]));
  const rulesOf = (model: BoundModel): Policy["rules"] => model.fields.rules.map((rule) => ruleById.get(rule.id)!);
  const models = [...bound.models].sort(byId);
  const { automata, watches } = buildAutomata(models.map((model) => ({ id: model.id, rules: rulesOf(model) })), patterns);
  const worst = worstAttempts(selectors);

  const policy: Omit<Policy, "requires"> = {
    edition: 1,
    facts: bound.facts.declared.map(({ name, type, source }) => ({ name, type, source })).sort((a, b) => compare(a.name, b.name)),
    providers: bound.providers.map(lowerProvider).sort(byId),
    targets: bound.targets.map((one) => lowerTarget(one, PROVIDER_DEFAULTS[kinds.get(one.provider.id)!].continues)).sort(byId),
    selectors,
    guards: bound.guards.map(({ id, node, then }) => ({ id, name: node.name.text, when: lowerWhen(node.when, types), then })).sort(byId),
    rules,
    automata: [...automata].sort(byId),
    alerts: bound.alerts.map(({ id, node, fields }) => ({ id, name: node.name.text, when: lowerWhen(node.when, types), ...fields })).sort(byId),
    models: models.map((model) => lowerModel(model, lead, { worst: worst.ofModel(lead(model.fields.route), rulesOf(model)), automata: watches.get(model.id)! })),
    invariants: bound.invariants.map((one) => lowerInvariant(one, lowerWhen(one.node.when, types))).sort(byId),
  };
  return { ...policy, requires: requires(policy) };
}

/** What no model reaches is not in force, and not in the bundle: a library brings along only what is used of it. */
function pruned(bound: Bound): Bound {
  const { names, program } = bound;
  const reached = inForce(program.files.flatMap((file) => file.tree.declarations), names);
  const kept = <One extends { readonly node: Parameters<typeof reached.has>[0] }>(all: readonly One[]): readonly One[] => all.filter((one) => reached.has(one.node));
  return {
    ...bound,
    providers: kept(bound.providers),
    targets: kept(bound.targets),
    selectors: kept(bound.selectors),
    guards: kept(bound.guards),
    rules: kept(bound.rules),
    alerts: kept(bound.alerts),
  };
}

function lowerProvider({ id, node, fields }: BoundProvider): Provider {
  const base = PROVIDER_DEFAULTS[fields.kind].base;
  return { id, name: node.name.text, ...fields, base: fields.base ?? (base === null ? null : { from: "literal", value: base }) };
}

function lowerTarget({ id, node, provider, fields }: BoundTarget, continues: Target["continues"]): Target {
  return { id, name: node.name.text, provider: provider.id, model: node.model.value, ...fields, can: [...fields.can].sort(), continues: fields.continues ?? continues };
}

type Derived = { readonly worst: number; readonly automata: Model["automata"] };

function lowerModel({ id, node, fields }: BoundModel, lead: Lead, { worst, automata }: Derived): Model {
  return {
    id,
    name: node.name.text,
    aliases: fields.aliases,
    route: lead(fields.route),
    guards: fields.guards.map((one) => one.id),
    rules: fields.rules.map((one) => one.id),
    alerts: fields.alerts.map((one) => one.id),
    reserve: fields.reserve,
    limits: { ...fields.limits, attempts: fields.limits.attempts ?? Math.max(1, Math.min(worst, MOST_ATTEMPTS)) },
    receipts: fields.receipts,
    automata,
  };
}

function lowerInvariant({ id, node, models, clauses }: BoundInvariant, when: Invariant["when"]): Invariant {
  return { id, title: node.title.value, models: models.map((one) => one.id).sort(), when, clauses: clauses.map(lowerClause) };
}

function lowerClause(clause: BoundInvariant["clauses"][number]): Invariant["clauses"][number] {
  switch (clause.kind) {
    case "only": case "never": return { kind: clause.kind, by: clause.by, names: clause.names };
    case "always-can": return { kind: "always-can", capabilities: CAPABILITIES.filter((one) => clause.capabilities.includes(one)) };
    case "always-serves": return { kind: "always-serves" };
    case "bound": return { kind: "bound", of: clause.of, limit: clause.limit };
  }
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return compare(a.id, b.id);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
