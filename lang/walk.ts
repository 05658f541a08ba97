// Going through a tree without knowing every kind of node.
import type {
  Action, Arm, Channel, Condition, Declaration, Destination, Dispatcher, FactDeclaration, FactRef, FactSource, FactType, Field, File, GuardClause, InvariantClause, Name, Part,
  RuleClause, Try, Upstream, UpstreamStep, Use, Value,
} from "./ast.ts";

export type Node =
  | File | Use | Declaration | Name | Value | Field | Condition | FactRef | FactDeclaration | FactType | FactSource | Dispatcher["body"] | Arm | Destination | Try | Part | GuardClause
  | Channel | RuleClause | Action | InvariantClause | Upstream | UpstreamStep;

/** Calls `visit` for the node and, unless it returns "skip", for everything in it; parents before children. */
export function walk(node: Node, visit: (node: Node, parent: Node | null) => "skip" | void): void {
  enter(node, null, visit);
}

/** The nodes directly in this one, in the order of its own properties. Comments are no part of the tree. */
export function childrenOf(node: Node): readonly Node[] {
  const found: Node[] = [];
  for (const [key, value] of Object.entries(node)) {
    if (NOT_CHILDREN.has(key)) continue;
    for (const one of Array.isArray(value) ? (value as readonly unknown[]) : [value]) if (isNode(one)) found.push(one);
  }
  return found;
}

const NOT_CHILDREN: ReadonlySet<string> = new Set(["span", "editionSpan", "comments", "blanks", "damaged"]);

function enter(node: Node, parent: Node | null, visit: (node: Node, parent: Node | null) => "skip" | void): void {
  if (visit(node, parent) === "skip") return;
  for (const child of childrenOf(node)) enter(child, node, visit);
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "kind" in value && "span" in value;
}
