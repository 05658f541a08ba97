// A checked condition, as the runtime reads it: `!=` is `not ==`, a bare bool `== true`, a literal its plain value.
import type { Condition as Lowered } from "#contracts";
import type { Condition, Value } from "#lang";
import type { FactKind } from "../bind/index.ts";

export type Types = ReadonlyMap<string, FactKind | null>;

export function lowerWhen(when: Condition | null, types: Types): Lowered | null {
  return when === null ? null : lowerCondition(when, types);
}

export function lowerCondition(condition: Condition, types: Types): Lowered {
  switch (condition.kind) {
    case "and": case "or": return { op: condition.kind, of: condition.of.map((one) => lowerCondition(one, types)) };
    case "not": return { op: "not", of: lowerCondition(condition.of, types) };
    case "compare": {
      const { fact: { path: fact }, op } = condition;
      const value = plain(condition.value, types.get(fact));
      return op === "!=" ? { op: "not", of: { op: "compare", fact, is: "==", value } } : { op: "compare", fact, is: op, value };
    }
    case "has": return { op: "has", fact: condition.fact.path, value: String(plain(condition.value, types.get(condition.fact.path))) };
    case "in": {
      const fact = condition.fact.path;
      const values = condition.values.items.map((value) => plain(value, types.get(fact)));
      return { op: "in", fact, values: values.filter((value) => typeof value !== "boolean") };
    }
    case "absent": return { op: "absent", fact: condition.fact.path };
    case "truth": return { op: "compare", fact: condition.fact.path, is: "==", value: true };
  }
}

function plain(value: Value, type: FactKind | null | undefined): string | number | boolean {
  switch (value.kind) {
    case "name": return type?.kind === "bool" ? value.text === "true" : value.text;
    case "string": case "number": case "size": case "money": case "duration": return value.value;
    default: throw new Error(`a condition compares with a ${value.kind}; the binder lets none pass`);
  }
}
