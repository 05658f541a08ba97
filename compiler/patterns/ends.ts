// Whether a match of one pattern and a match of another can end at the same character: walked backwards from their ends,
// two characters at a time, until one of them begins. Quick, because most pairs part at their last character.
import { intersect } from "./charset.ts";
import { ANY_CONTEXT } from "./contexts.ts";
import type { Pattern } from "./read.ts";

/** False only where no text at all has both end together; where a match's end hangs on what follows it, true. */
export function canEndTogether(one: Pattern, other: Pattern): boolean {
  const before = [predecessors(one), predecessors(other)] as const;
  const seen = new Set<number>();
  const open: (readonly [number, number])[] = [];
  const visit = (a: number, b: number): void => {
    const key = a * other.nodes.length + b;
    if (seen.has(key) || intersect(one.nodes[a]!.set, other.nodes[b]!.set).length === 0) return;
    seen.add(key);
    open.push([a, b]);
  };

  for (const [a, { accept: first }] of one.nodes.entries()) {
    for (const [b, { accept: second }] of other.nodes.entries()) {
      if (first === 0 || second === 0) continue;
      if (first !== ANY_CONTEXT || second !== ANY_CONTEXT) return true;
      visit(a, b);
    }
  }
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [a, b] = pair;
    if (one.nodes[a]!.start !== 0 || other.nodes[b]!.start !== 0) return true;
    for (const left of before[0][a]!) for (const right of before[1][b]!) visit(left, right);
  }
  return false;
}

function predecessors({ nodes }: Pattern): readonly (readonly number[])[] {
  const before: number[][] = nodes.map(() => []);
  for (const [at, { follow }] of nodes.entries()) for (const next of follow) before[next]!.push(at);
  return before;
}
