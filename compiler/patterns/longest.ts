// How long a match can be, in characters.
import { ANY_CONTEXT, CONTEXT_SETS } from "./contexts.ts";
import { intersect } from "./charset.ts";
import type { PatternNode } from "./positions.ts";
import type { Pattern } from "./read.ts";

/** A rule that only ever ends the attempt decides a match at its first accepting character; others take the longest. */
export type Decided = "at-first-accept" | "at-longest";

/** The longest match, or null where there is no bound; 1 for a pattern that matches nothing, so that it is a length. */
export function longest(pattern: Pattern, decided: Decided): number | null {
  const { nodes } = pattern;
  const follow = decided === "at-first-accept" ? nodes.map((node) => node.follow.filter((next) => goesOn(node, nodes[next]!))) : nodes.map((node) => node.follow);
  const length: (number | undefined)[] = [];
  const open = new Set<number>();
  // Depth first without recursion: a chain may be thousands of nodes long.
  let most = 1;
  for (const [at, node] of nodes.entries()) {
    if (node.start === 0 || length[at] !== undefined) continue;
    const stack = [at];
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      if (length[top] !== undefined) {
        stack.pop();
        continue;
      }
      if (!open.has(top)) {
        open.add(top);
        for (const next of follow[top]!) {
          if (length[next] !== undefined) continue;
          if (open.has(next)) return null;
          stack.push(next);
        }
        if (stack.at(-1) !== top) continue;
      }
      stack.pop();
      length[top] = 1 + Math.max(0, ...follow[top]!.map((next) => length[next]!));
      open.delete(top);
    }
    most = Math.max(most, length[at]!);
  }
  return most;
}

/** Whether the text can go on into `next` with no match decided before: some character of it is none `node` accepts before. */
function goesOn(node: PatternNode, next: PatternNode): boolean {
  if (node.accept === 0) return true;
  if (node.accept === ANY_CONTEXT) return false;
  return CONTEXT_SETS.some((set, context) => ((node.accept >> context) & 1) === 0 && intersect(set, next.set).length > 0);
}
