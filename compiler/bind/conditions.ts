// Type-checks a condition: every fact exists here, and is compared with a value it can have. What it lets pass, lowering
// turns into a condition of the bundle without asking again.
import type { Condition, Declaration, Diagnostic, FactRef, Name, Value } from "#lang";
import { diagnose } from "../rules/rule.ts";
import { typeMismatch } from "../rules/type-mismatch.ts";
import { unresolvedName } from "../rules/unresolved-name.ts";
import { canBeAbsent, RECEIPT_FACTS, REQUEST_FACTS, type FactKind } from "./builtin-facts.ts";
import type { FactSet } from "./facts.ts";
import { isCount } from "./field-types.ts";
import { described } from "./fields.ts";
import type { Names } from "./names.ts";
import { didYouMean, listed } from "./nearest.ts";

export type ConditionScope = {
  readonly facts: FactSet;
  readonly names: Names;
  readonly owner: Declaration;
  report(found: Diagnostic): void;
};

/** Reports what is wrong in `condition`. Only an alert's may read the facts of the finished request. */
export function checkCondition(condition: Condition | null, scope: ConditionScope): void {
  if (condition === null) return;
  switch (condition.kind) {
    case "and": case "or":
      for (const one of condition.of) checkCondition(one, scope);
      return;
    case "not": return checkCondition(condition.of, scope);
    case "compare": return checkCompare(condition, scope);
    case "has": return checkHas(condition, scope);
    case "in": return checkIn(condition, scope);
    case "absent": return checkAbsent(condition.fact, scope);
    case "truth": {
      const kind = typeOf(condition.fact, scope);
      if (kind !== null && kind.kind !== "bool") mismatch(condition.fact, `\`${condition.fact.path}\` is ${nounOf(kind)}, not a bool`, `compare it: \`${condition.fact.path} ${exampleOf(kind)}\``, scope);
      return;
    }
  }
}

type Of<K extends Condition["kind"]> = Extract<Condition, { kind: K }>;
type Spanned = { readonly span: Value["span"] };

function checkCompare({ op, fact, value }: Of<"compare">, scope: ConditionScope): void {
  const kind = typeOf(fact, scope);
  if (kind === null) return;
  if (isSet(kind)) return mismatch(fact, `\`${fact.path}\` is a set and cannot be compared with \`${op}\``, `ask \`${fact.path} has …\``, scope);
  if (op !== "==" && op !== "!=" && !isOrdered(kind)) return mismatch(fact, `\`${fact.path}\` is ${nounOf(kind)} and has no order: it cannot be compared with \`${op}\``, "use `==`, `!=` or `in`", scope);
  checkValue(value, kind, { fact, scope });
}

function checkHas({ fact, value }: Of<"has">, scope: ConditionScope): void {
  const kind = typeOf(fact, scope);
  if (kind === null) return;
  if (!isSet(kind)) return mismatch(fact, `\`${fact.path}\` is ${nounOf(kind)}, not a set`, `compare it: \`${fact.path} ${exampleOf(kind)}\``, scope);
  checkValue(value, kind, { fact, scope });
}

function checkIn({ fact, values }: Of<"in">, scope: ConditionScope): void {
  const kind = typeOf(fact, scope);
  if (kind === null) return;
  if (isSet(kind)) return mismatch(fact, `\`${fact.path}\` is a set and cannot be \`in\` a list`, `ask \`${fact.path} has …\``, scope);
  if (kind.kind === "bool") return mismatch(fact, `\`${fact.path}\` is a bool and cannot be \`in\` a list`, `write \`${fact.path}\` or \`not ${fact.path}\``, scope);
  for (const value of values.items) checkValue(value, kind, { fact, scope });
}

function checkAbsent(fact: FactRef, scope: ConditionScope): void {
  const kind = typeOf(fact, scope);
  if (kind === null || canBeAbsent(fact.path, kind)) return;
  const help = isSet(kind) ? "a missing set is empty: ask `has`" : kind.kind === "bool" ? `a missing bool is false: write \`not ${fact.path}\`` : "every request has one: compare it";
  mismatch(fact, `\`${fact.path}\` is never absent`, help, scope);
}

function typeOf(fact: FactRef, { facts, owner, report }: ConditionScope): FactKind | null {
  const declared = facts.types.get(fact.path);
  if (declared !== undefined) return declared;
  const ofReceipt = RECEIPT_FACTS.get(fact.path);
  if (ofReceipt !== undefined) {
    if (owner.kind === "alert") return ofReceipt;
    report(diagnose(typeMismatch, { span: fact.span, message: `\`${fact.path}\` is not known before the request has ended`, help: "only an alert may read it" }));
    return null;
  }
  const known = [...facts.types.keys(), ...(owner.kind === "alert" ? RECEIPT_FACTS.keys() : [])];
  const help = didYouMean(fact.path, known) ?? `built in are ${listed([...REQUEST_FACTS.keys()])}; declare others in a \`facts\` block`;
  report(diagnose(unresolvedName, { span: fact.span, message: `unknown fact \`${fact.path}\``, help }));
  return null;
}

function checkValue(value: Value, kind: FactKind, { fact, scope }: { fact: FactRef; scope: ConditionScope }): void {
  switch (kind.kind) {
    case "bool":
      if (value.kind !== "name" || (value.text !== "true" && value.text !== "false")) wrong(value, "`true` or `false`", fact, scope);
      return;
    case "int":
      if ((value.kind !== "number" && value.kind !== "size") || !isCount(value.value)) wrong(value, "a whole number", fact, scope);
      return;
    case "money":
      if (value.kind !== "money") wrong(value, "an amount such as `$0.25`", fact, scope);
      return;
    case "duration":
      if (value.kind !== "duration") wrong(value, "a duration such as `30s`", fact, scope);
      return;
    case "string":
      if (value.kind === "name") mismatch(value, `\`${fact.path}\` is a string, and \`${value.text}\` is a name`, `write it in quotes: \`"${value.text}"\``, scope);
      else if (value.kind !== "string") wrong(value, "a string", fact, scope);
      return;
    case "rules":
      if (value.kind === "name") scope.names.resolve(value, ["rule"], scope.owner);
      else wrong(value, "the name of a rule", fact, scope);
      return;
    case "enum": case "set":
      if (value.kind === "name") checkMember(value, kind.values, { fact, scope });
      else if (value.kind === "string" && kind.values.includes(value.value)) mismatch(value, `the values of \`${fact.path}\` are names, not strings`, `write \`${value.value}\` without quotes`, scope);
      else wrong(value, `one of ${listed(kind.values, "or")}`, fact, scope);
      return;
  }
}

function checkMember(value: Name, values: readonly string[], { fact, scope }: { fact: FactRef; scope: ConditionScope }): void {
  if (values.includes(value.text)) return;
  const place = scope.facts.places.get(fact.path);
  scope.report(
    diagnose(typeMismatch, {
      span: value.span,
      message: `\`${fact.path}\` is never \`${value.text}\``,
      labels: place === undefined ? [] : [{ span: place.type.span, text: "its values are declared here" }],
      help: didYouMean(value.text, values) ?? `it is one of ${listed(values, "or")}`,
    }),
  );
}

function wrong(value: Value, expected: string, fact: FactRef, scope: ConditionScope): void {
  scope.report(diagnose(typeMismatch, { span: value.span, message: `\`${fact.path}\` must be compared with ${expected}, not ${described(value)}` }));
}

function mismatch(at: Spanned, message: string, help: string, scope: ConditionScope): void {
  scope.report(diagnose(typeMismatch, { span: at.span, message, help }));
}

function isSet(kind: FactKind): boolean {
  return kind.kind === "set" || kind.kind === "rules";
}

function isOrdered(kind: FactKind): boolean {
  return kind.kind === "int" || kind.kind === "money" || kind.kind === "duration";
}

function nounOf(kind: FactKind): string {
  switch (kind.kind) {
    case "bool": return "a bool";
    case "int": return "a whole number";
    case "string": return "a string";
    case "money": return "an amount of money";
    case "duration": return "a duration";
    case "enum": return "an enum";
    case "set": case "rules": return "a set";
  }
}

function exampleOf(kind: FactKind): string {
  switch (kind.kind) {
    case "bool": return "== true";
    case "int": return "<= 100";
    case "string": return '== "…"';
    case "money": return "<= $1";
    case "duration": return "<= 30s";
    case "enum": return `== ${kind.values[0] ?? "…"}`;
    case "set": return `has ${kind.values[0] ?? "…"}`;
    case "rules": return "has …";
  }
}
