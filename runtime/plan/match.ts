// Does a condition hold? True, false, or null where an unknown fact decides it (Kleene's three values, so `false and
// unknown` is false). A missing fact compares false; `not` turns that round, which is what makes `!=` bind a caller who
// has no value at all.
import type { Condition } from "#contracts";
import type { Facts, Value } from "./facts.ts";

/** A fact's value, undefined where it is absent, null where nobody knows. */
export type Reader = (fact: string) => Value | undefined | null;

export function readerOf(facts: Facts): Reader {
  return (name) => (facts.unknown.has(name) ? null : facts.values.get(name));
}

export function matches(condition: Condition, read: Reader): boolean | null {
  switch (condition.op) {
    case "and":
      return all(condition.of.map((one) => matches(one, read)));
    case "or":
      return negate(all(condition.of.map((one) => negate(matches(one, read)))));
    case "not":
      return negate(matches(condition.of, read));
    case "absent": {
      const value = read(condition.fact);
      return value === null ? null : value === undefined;
    }
    case "has": {
      const value = read(condition.fact);
      return value === null ? null : value instanceof Set && value.has(condition.value);
    }
    case "in": {
      const value = read(condition.fact);
      return value === null ? null : condition.values.some((one) => one === value);
    }
    case "compare": {
      const value = read(condition.fact);
      return value === null ? null : value !== undefined && compares(value, condition.is, condition.value);
    }
    default:
      return unreachable(condition);
  }
}

function negate(value: boolean | null): boolean | null {
  return value === null ? null : !value;
}

function all(values: readonly (boolean | null)[]): boolean | null {
  if (values.includes(false)) return false;
  return values.includes(null) ? null : true;
}

function compares(value: Value, is: "==" | "<" | "<=" | ">" | ">=", with_: string | number | boolean): boolean {
  if (is === "==") return value === with_;
  if (typeof value !== "number" || typeof with_ !== "number") return false;
  switch (is) {
    case "<":
      return value < with_;
    case "<=":
      return value <= with_;
    case ">":
      return value > with_;
    case ">=":
      return value >= with_;
    default:
      return unreachable(is);
  }
}

function unreachable(value: never): never {
  throw new Error(`no such condition: ${JSON.stringify(value)}`);
}
