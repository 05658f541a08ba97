// Patterns by what they match as a whole, not by the texts it occurs in: `b` and `a*b` occur in the same texts, and redact
// other parts of them.
import { EDGE } from "./contexts.ts";
import { differenceWitness, type Witness } from "./language.ts";
import type { Pattern } from "./read.ts";

/** The shortest text that, between some characters, is a match of `one` from end to end and none of `other`. */
export function spanWitness(one: Pattern, other: Pattern): Witness {
  let found: Witness = { kind: "none" };
  for (const before of told([one, other], (node) => node.start)) {
    for (const after of told([one, other], (node) => node.accept)) {
      const witness = differenceWitness(whole(one, before, after), whole(other, before, after));
      if (witness.kind === "text" && (found.kind !== "text" || witness.text.length < found.text.length)) found = witness;
      if (witness.kind === "unknown" && found.kind === "none") found = witness;
    }
  }
  return found;
}

/** Contexts that the patterns tell apart, one for each kind. */
function told(patterns: readonly Pattern[], mask: (node: Pattern["nodes"][number]) => number): readonly number[] {
  const kinds = new Map<string, number>();
  for (const context of [0, 1, 2, 3, 4]) {
    const kind = patterns.map(({ nodes }) => nodes.map((node) => (mask(node) >> context) & 1).join("")).join(" ");
    if (!kinds.has(kind)) kinds.set(kind, context);
  }
  return [...kinds.values()];
}

/** Matches only a whole block, and that as if it stood between these contexts. */
function whole({ kind, nodes }: Pattern, before: number, after: number): Pattern {
  const only = (mask: number, context: number): number => ((mask >> context) & 1) << EDGE;
  return { kind, nodes: nodes.map((node) => ({ ...node, start: only(node.start, before), accept: only(node.accept, after) })) };
}
