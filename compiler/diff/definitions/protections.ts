// Guards, invariants and alerts: what a policy promises, whether or not some request leans on it today.
import type { Alert, DifferingDefinition, Guard, Invariant } from "#contracts";
import { dollars, milliseconds } from "../../cli/quantity.ts";
import type { Sides } from "../pairs.ts";
import { list } from "../severity.ts";
import { alike } from "../side.ts";
import { arrow, entries, joined, renamed, shiftOf, type Found } from "./entry.ts";

export function protectionChanges(sides: Sides): readonly DifferingDefinition[] {
  const { old, now } = sides;
  return [...guardsOfModels(sides), ...guards(sides), ...invariants(sides), ...joined(old.served.alerts, now.served.alerts).flatMap(([id, was, is]) => (was === undefined || is === undefined ? [] : entries(sides, { kind: "alert", id }, alert(was, is))))];
}

/** Which models list a guard; a guard that no model lists is in no bundle. */
function guardsOfModels(sides: Sides): readonly DifferingDefinition[] {
  const { old, now } = sides;
  return joined(old.served.models, now.served.models).flatMap(([, was, is]) => {
    if (was === undefined || is === undefined) return [];
    const gone = was.guards.filter((one) => !is.guards.includes(one));
    const come = is.guards.filter((one) => !was.guards.includes(one));
    return [
      ...gone.flatMap((id) => entries(sides, { kind: "guard", id }, [{ severity: "weaker", change: `no longer guards \`${is.name}\`` }])),
      ...come.flatMap((id) => entries(sides, { kind: "guard", id }, [{ severity: "stricter", change: `guards \`${is.name}\`` }])),
    ];
  });
}

function guards(sides: Sides): readonly DifferingDefinition[] {
  return joined(sides.old.served.guards, sides.now.served.guards).flatMap(([id, was, is]) => (was === undefined || is === undefined ? [] : entries(sides, { kind: "guard", id }, guard(sides, was, is))));
}

function guard(sides: Sides, was: Guard, is: Guard): readonly Found[] {
  return [...renamed(was, is), ...binding(sides, was, is), ...clause(was.then, is.then)];
}

function binding(sides: Sides, { when: was }: Guard, { when: is }: Guard): readonly Found[] {
  if (alike(was, is)) return [];
  const shift = shiftOf(sides, was, is);
  switch (shift.is) {
    case "same":
      return [{ severity: "cosmetic", change: "`when` is written otherwise and holds for the same requests" }];
    case "more":
      return [{ severity: "stricter", change: "binds more requests", witness: shift.gained }];
    case "fewer":
      return [{ severity: "weaker", change: "binds fewer requests", witness: shift.lost }];
    case "other":
      return [{ severity: "weaker", change: "binds other requests", witness: shift.lost }];
  }
}

function clause(was: Guard["then"], is: Guard["then"]): readonly Found[] {
  if (alike(was, is)) return [];
  if (was.kind === "refuse" && is.kind === "refuse") return [{ severity: "cosmetic", change: "its message is another" }];
  const change = arrow("then", clauseText(was), clauseText(is));
  if (is.kind === "refuse") return [{ severity: "stricter", change }];
  if (was.kind === "refuse" || was.kind !== is.kind || was.by !== is.by) return [{ severity: "weaker", change }];
  const [more, fewer] = [is.names.some((one) => !was.names.includes(one)), was.names.some((one) => !is.names.includes(one))];
  if (!more && !fewer) return [{ severity: "cosmetic", change: "lists the same names in another order" }];
  const weaker = is.kind === "only" ? more : fewer;
  return [{ severity: weaker ? "weaker" : "stricter", change }];
}

function clauseText(then: Guard["then"]): string {
  return then.kind === "refuse" ? "refuse" : `${then.kind} ${then.by} ${then.names.map((one) => one.slice(one.indexOf(":") + 1)).join(", ")}`;
}

/** One with another title but the same content has only been renamed. */
function invariants(sides: Sides): readonly DifferingDefinition[] {
  const [before, after] = [sides.old.served.policy.invariants, sides.now.served.policy.invariants];
  const body = ({ models, when, clauses }: Invariant): unknown => [models, when, clauses];
  const gone = before.filter((one) => !after.some((other) => other.id === one.id));
  const come = after.filter((one) => !before.some((other) => other.id === one.id));
  const twin = (one: Invariant, among: readonly Invariant[]): Invariant | undefined => among.find((other) => alike(body(one), body(other)));
  return [
    ...gone.flatMap((one) => entries(sides, { kind: "invariant", id: one.id }, [twin(one, come) === undefined ? { severity: "breaking", change: `"${one.title}" is promised no longer` } : { severity: "cosmetic", change: `"${one.title}" is called "${twin(one, come)!.title}"` }])),
    ...come.filter((one) => twin(one, gone) === undefined).flatMap((one) => entries(sides, { kind: "invariant", id: one.id }, [{ severity: "stricter", change: `"${one.title}" is promised` }])),
    ...after.flatMap((is) => {
      const was = before.find((one) => one.id === is.id);
      return was === undefined ? [] : entries(sides, { kind: "invariant", id: is.id }, invariant(sides, was, is));
    }),
  ];
}

function invariant(sides: Sides, was: Invariant, is: Invariant): readonly Found[] {
  const found: Found[] = [];
  const name = `"${is.title}"`;
  const less = (change: string, witness: Found["witness"] = null): void => void found.push({ severity: "breaking", change: `${name} ${change}`, witness });
  const more = (change: string, witness: Found["witness"] = null): void => void found.push({ severity: "stricter", change: `${name} ${change}`, witness });
  if (was.title !== is.title) found.push({ severity: "cosmetic", change: `"${was.title}" is called ${name}` });

  const [left, joining] = [was.models.filter((one) => !is.models.includes(one)), is.models.filter((one) => !was.models.includes(one))];
  if (left.length > 0) less(`no longer holds for ${list(left)}`);
  if (joining.length > 0) more(`holds for ${list(joining)} too`);

  if (!alike(was.when, is.when)) {
    const shift = shiftOf(sides, was.when, is.when);
    if (shift.is === "same") found.push({ severity: "cosmetic", change: `${name}: \`when\` is written otherwise and holds for the same requests` });
    if (shift.is === "fewer" || shift.is === "other") less(shift.is === "fewer" ? "holds for fewer requests" : "holds for other requests", shift.lost);
    if (shift.is === "more") more("holds for more requests", shift.gained);
  }
  const lost = was.clauses.filter((one) => !is.clauses.some((other) => alike(one, other)));
  const gained = is.clauses.filter((one) => !was.clauses.some((other) => alike(one, other)));
  for (const one of lost) if (!gained.some((other) => implies(other, one))) less(`no longer says ${promise(one)}`);
  for (const one of gained) if (!lost.some((other) => implies(other, one))) more(`says ${promise(one)}`);
  // The same promises in another order.
  if (found.length === 0 && !alike(was.clauses, is.clauses)) found.push({ severity: "cosmetic", change: `${name} is written otherwise` });
  return found;
}

type Clause = Invariant["clauses"][number];

/** Whether whoever keeps `one` keeps `other`. */
function implies(one: Clause, other: Clause): boolean {
  const within = (inner: readonly string[], outer: readonly string[]): boolean => inner.every((name) => outer.includes(name));
  if (one.kind === "bound" && other.kind === "bound") return one.of === other.of && one.limit <= other.limit;
  if (one.kind === "only" && other.kind === "only") return one.by === other.by && within(one.names, other.names);
  if (one.kind === "never" && other.kind === "never") return one.by === other.by && within(other.names, one.names);
  if (one.kind === "always-can" && other.kind === "always-can") return within(other.capabilities, one.capabilities);
  return alike(one, other);
}

function promise(clause: Clause): string {
  switch (clause.kind) {
    case "only":
    case "never":
      return `\`${clause.kind} ${clause.by} ${clause.names.map((one) => one.slice(one.indexOf(":") + 1)).join(", ")}\``;
    case "always-can":
      return `\`always can ${clause.capabilities.join(", ")}\``;
    case "always-serves":
      return "`always serves`";
    case "bound":
      return `\`${clause.of} <= ${clause.of === "cost" ? dollars(clause.limit) : clause.of === "wall" ? milliseconds(clause.limit) : clause.limit}\``;
  }
}

/** Its condition may speak of a receipt, which is no request: whether it holds less often is not worked out. */
function alert(was: Alert, is: Alert): readonly Found[] {
  return [
    ...renamed(was, is),
    ...(alike(was.when, is.when) ? [] : [{ severity: "weaker", change: "is raised under another condition" } as const]),
    ...(was.to === is.to ? [] : [{ severity: "weaker", change: arrow("to", was.to ?? "none", is.to ?? "none") } as const]),
    ...(was.cooldown === is.cooldown ? [] : [{ severity: is.cooldown > was.cooldown ? "weaker" : "stricter", change: arrow("cooldown", milliseconds(was.cooldown), milliseconds(is.cooldown)) } as const]),
  ];
}
