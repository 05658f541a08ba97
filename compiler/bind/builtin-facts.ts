// The facts that every request, and every finished request, has.
import { CAPABILITIES, RECEIPT_STATUSES } from "#contracts";

export type FactKind =
  | { readonly kind: "bool" | "int" | "string" | "money" | "duration" }
  | { readonly kind: "enum" | "set"; readonly values: readonly string[] }
  /** A set of the names of rules. */
  | { readonly kind: "rules" };

const BOOL: FactKind = { kind: "bool" };
const INT: FactKind = { kind: "int" };
const STRING: FactKind = { kind: "string" };

/** What a decision may read. Those of `caller` can be absent; the others have a value in every request. */
export const REQUEST_FACTS: ReadonlyMap<string, FactKind> = new Map<string, FactKind>([
  ["request.tokens", INT],
  ["request.output", INT],
  ["request.stream", BOOL],
  ["request.turn", INT],
  ["request.needs", { kind: "set", values: CAPABILITIES }],
  ["caller.tenant", STRING],
  ["caller.application", STRING],
  ["caller.agent", STRING],
  ["caller.user", STRING],
  ["caller.session", STRING],
  ["caller.run", STRING],
]);

/** What only alerts may read: how a request ended. */
export const RECEIPT_FACTS: ReadonlyMap<string, FactKind> = new Map<string, FactKind>([
  ["receipt.status", { kind: "enum", values: RECEIPT_STATUSES }],
  ["receipt.attempts", INT],
  ["receipt.cost", { kind: "money" }],
  ["receipt.latency", { kind: "duration" }],
  ["receipt.triggers", { kind: "rules" }],
  ["receipt.refusal", STRING],
  ["receipt.truncated", BOOL],
]);

export const RECEIPT_NAMESPACE = "receipt.";

/** A missing bool is false and a missing set empty; a built-in of the request always has a value. */
export function canBeAbsent(name: string, kind: FactKind): boolean {
  if (kind.kind === "bool" || kind.kind === "set" || kind.kind === "rules") return false;
  return name === "receipt.refusal" || name === "receipt.cost" || (!name.startsWith(RECEIPT_NAMESPACE) && !isAlwaysGiven(name));
}

function isAlwaysGiven(name: string): boolean {
  return REQUEST_FACTS.has(name) && name.startsWith("request.");
}
