// A condition of a bundle as its author would write it: `!=` again instead of `not ==`, a bool fact by its name alone,
// no more parentheses than the same tree needs.
import type { Condition } from "#contracts";
import type { Lookup } from "#runtime/plan";
import { size } from "./words.ts";

export function conditionText(condition: Condition, facts: Lookup["facts"]): string {
  return text(condition, facts, "or");
}

type Around = "or" | "and" | "not";

function text(one: Condition, facts: Lookup["facts"], around: Around): string {
  switch (one.op) {
    case "or":
      return inside(one.of.map((part) => text(part, facts, "or")).join(" or "), around !== "or" && one.of.length > 1);
    case "and":
      return inside(one.of.map((part) => text(part, facts, "and")).join(" and "), around === "not" && one.of.length > 1);
    case "not":
      if (one.of.op === "compare" && one.of.is === "==" && typeof one.of.value !== "boolean") return `${one.of.fact} != ${value(one.of.fact, one.of.value, facts)}`;
      return `not ${text(one.of, facts, "not")}`;
    case "compare":
      if (typeof one.value === "boolean" && one.is === "==") return one.value ? one.fact : `not ${one.fact}`;
      return `${one.fact} ${one.is} ${value(one.fact, one.value, facts)}`;
    case "in":
      return `${one.fact} in [${one.values.map((each) => value(one.fact, each, facts)).join(", ")}]`;
    case "has":
      return `${one.fact} has ${one.value}`;
    case "absent":
      return `absent(${one.fact})`;
    default:
      return unreachable(one);
  }
}

function inside(joined: string, parentheses: boolean): string {
  return parentheses ? `(${joined})` : joined;
}

const SIZES = ["request.tokens", "request.output"];

function value(fact: string, is: string | number | boolean, facts: Lookup["facts"]): string {
  if (typeof is === "number") return SIZES.includes(fact) ? size(is) : String(is);
  if (typeof is === "boolean") return String(is);
  // Members of a closed type are names; what a string is compared with is a text.
  return facts.get(fact)?.type.kind === "enum" ? is : JSON.stringify(is);
}

function unreachable(one: never): never {
  throw new Error(`no such condition: ${JSON.stringify(one)}`);
}
