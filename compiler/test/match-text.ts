// The shortest text that a rule matches, read off the automaton the runtime runs: a breadth-first walk from where a match
// may begin to where one may end, the plainest characters first.
import type { Automaton, Rule } from "#contracts";

/** Bits of what may stand beside a match, with a character that stands for it; the block's edge needs none. */
const BESIDE: readonly (readonly [bit: number, text: string])[] = [[1, ""], [8, " "], [4, "a"], [2, "\n"]];

/** Null where the rule is not in the automaton, or nothing it matches can be written. */
export function matchedBy(rule: Rule, automaton: Automaton): string | null {
  if (rule.match.kind === "any") return rule.match.texts[0] ?? null;
  const place = automaton.rules.indexOf(rule.id);
  if (place < 0) return null;
  const { nodes } = automaton;
  const from = new Map<number, number | null>();
  let open = nodes.flatMap((node, index) => (besides(node.start) === null || plainest(automaton, node.set) === null ? [] : [index]));
  for (const index of open) from.set(index, null);
  while (open.length > 0) {
    for (const index of open) {
      const accept = nodes[index]!.accept.find(([accepted, mask]) => accepted === place && besides(mask) !== null);
      if (accept !== undefined) return wayTo(index, from, automaton) + besides(accept[1]);
    }
    const next: number[] = [];
    for (const index of open) {
      for (const follow of nodes[index]!.follow) {
        if (from.has(follow) || plainest(automaton, nodes[follow]!.set) === null) continue;
        from.set(follow, index);
        next.push(follow);
      }
    }
    open = next;
  }
  return null;
}

function wayTo(last: number, from: ReadonlyMap<number, number | null>, automaton: Automaton): string {
  let text = "";
  let first = last;
  for (let at: number | null = last; at !== null; at = from.get(at) ?? null) {
    text = plainest(automaton, automaton.nodes[at]!.set)! + text;
    first = at;
  }
  return besides(automaton.nodes[first]!.start)! + text;
}

function besides(mask: number): string | null {
  return BESIDE.find(([bit]) => (mask & bit) !== 0)?.[1] ?? null;
}

/** A character of the set: a letter or digit if it can be, any other that can be written if not. */
function plainest({ sets, cuts, classes }: Automaton, set: number): string | null {
  const inside = new Set(sets[set]);
  const ranges = cuts.flatMap((start, index) => (inside.has(classes[index]!) ? [[start, (cuts[index + 1] ?? 0x110000) - 1] as const] : []));
  for (const [from, to] of PLAIN) {
    for (const [start, end] of ranges) if (start <= to && end >= from) return String.fromCodePoint(Math.max(start, from));
  }
  return null;
}

/** Small letters, digits, capitals, a space, the rest of ASCII, everything but surrogates and controls, line breaks. */
const PLAIN: readonly (readonly [number, number])[] = [[97, 122], [48, 57], [65, 90], [32, 126], [0xa0, 0xd7ff], [0xe000, 0x10ffff], [10, 10], [9, 9], [0, 0x9f]];
