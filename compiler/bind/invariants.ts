// Binds invariants: the names, the condition and the limits they speak of.
import { CAPABILITIES } from "#contracts";
import type { Diagnostic, Invariant, InvariantClause, Value } from "#lang";
import { duplicateName } from "../rules/duplicate-name.ts";
import { diagnose } from "../rules/rule.ts";
import { checkWhen, distinct, mismatch, type Binder } from "./binder.ts";
import type { BoundInvariant, BoundInvariantClause } from "./bound.ts";
import { duration, money, someOf, whole } from "./field-types.ts";
import { readValue, type FieldType } from "./fields.ts";
import { bindBy } from "./guards.ts";

const BOUNDS: { readonly [of in "attempts" | "cost" | "wall"]: FieldType<number> } = { attempts: whole({ least: 0 }), cost: money, wall: duration };
const CAN = someOf(CAPABILITIES, "capabilities");

/** The id of every invariant: its title with dashes for spaces. */
export function invariantIds(invariants: readonly Invariant[], report: (found: Diagnostic) => void): ReadonlyMap<Invariant, string> {
  const first = new Map<string, Invariant>();
  const ids = new Map<Invariant, string>();
  for (const node of invariants) {
    const id = `invariant:${node.title.value.trim().replaceAll(/\s+/g, "-")}`;
    const before = first.get(id);
    if (before !== undefined) report(diagnose(duplicateName, { span: node.title.span, message: "two invariants have the same title", labels: [{ span: before.title.span, text: "first given here" }], help: "reports and differences call an invariant by its title: change one of the two" }));
    else if (id === "invariant:") report(diagnose(duplicateName, { span: node.title.span, message: "an invariant has an empty title", help: "reports call an invariant by its title" }));
    else ids.set(node, id);
    first.set(id, before ?? node);
  }
  return ids;
}

export function bindInvariant(node: Invariant, ids: ReadonlyMap<Invariant, string>, binder: Binder): BoundInvariant | null {
  checkWhen(node.when, node, binder);
  const models = distinct(node.models, binder).map((name) => binder.names.resolve(name, ["model"], node));
  const clauses = node.clauses.map((clause) => bindClause(clause, node, binder));
  const id = ids.get(node);
  if (node.clauses.length === 0) mismatch(node.title, "an invariant claims nothing", "add a clause such as `never zone cloud`", binder);
  if (id === undefined || models.some((one) => one === null) || clauses.some((one) => one === null)) return null;
  return { kind: "invariant", node, id, models: models.map((one) => one!), clauses: clauses.map((one) => one!) };
}

function bindClause(clause: InvariantClause, owner: Invariant, binder: Binder): BoundInvariantClause | null {
  switch (clause.kind) {
    case "only": case "never": {
      const names = bindBy(clause.by, clause.names, owner, binder);
      return names === null ? null : { kind: clause.kind, by: clause.by, names, node: clause };
    }
    case "always-can": {
      const list: Value = { kind: "list", items: clause.capabilities, span: clause.span };
      const got = readValue(CAN, list, { what: "`always can`", at: clause.span, owner, names: binder.names, report: binder.report });
      return got === null ? null : { kind: "always-can", capabilities: got.value, node: clause };
    }
    case "always-serves": return { kind: "always-serves", node: clause };
    case "bound": {
      const got = readValue(BOUNDS[clause.of], clause.limit, { what: `the bound on \`${clause.of}\``, at: clause.span, owner, names: binder.names, report: binder.report });
      return got === null ? null : { kind: "bound", of: clause.of, limit: got.value, node: clause };
    }
  }
}
