// In: the sets of an automaton. Out: the code points in classes, such that no set and no context tells two of a class
// apart, and each set as a list of classes.
import type { CharSet } from "./charset.ts";
import { CONTEXT_SETS } from "./contexts.ts";

export type Alphabet = {
  readonly cuts: readonly number[];
  readonly classes: readonly number[];
  /** A class's bit of the masks. */
  readonly contexts: readonly number[];
  readonly sets: readonly (readonly number[])[];
};

export function alphabetOf(sets: readonly CharSet[]): Alphabet {
  const all = [...sets, ...CONTEXT_SETS];
  const toggles = new Map<number, bigint>([[0, 0n]]);
  all.forEach((set, place) => {
    for (let at = 0; at < set.length; at += 2) {
      toggle(toggles, set[at]!, place);
      toggle(toggles, set[at + 1]! + 1, place);
    }
  });
  toggles.delete(0x110000);
  const numbers = new Map<bigint, number>();
  const cuts: number[] = [];
  const classes: number[] = [];
  let inside = 0n;
  for (const from of [...toggles.keys()].sort((a, b) => a - b)) {
    inside ^= toggles.get(from)!;
    const number = numbers.get(inside) ?? numbers.size;
    numbers.set(inside, number);
    if (classes.at(-1) === number) continue;
    cuts.push(from);
    classes.push(number);
  }
  const contexts = Array.from<number>({ length: numbers.size }).fill(0);
  CONTEXT_SETS.forEach((set, context) => classesOf(set, cuts, classes).forEach((number) => (contexts[number] = 1 << context)));
  return { cuts, classes, contexts, sets: sets.map((set) => classesOf(set, cuts, classes)) };
}

function toggle(toggles: Map<number, bigint>, at: number, place: number): void {
  toggles.set(at, (toggles.get(at) ?? 0n) ^ (1n << BigInt(place)));
}

function classesOf(set: CharSet, cuts: readonly number[], classes: readonly number[]): readonly number[] {
  const found = new Set<number>();
  let cut = 0;
  for (let at = 0; at < set.length; at += 2) {
    while (cut < cuts.length && cuts[cut]! < set[at]!) cut++;
    for (; cut < cuts.length && cuts[cut]! <= set[at + 1]!; cut++) found.add(classes[cut]!);
  }
  return [...found].sort((a, b) => a - b);
}
