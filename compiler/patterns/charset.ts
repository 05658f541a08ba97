// Sets of code points, as ascending, disjoint, never adjacent ranges [from, to, from, to, …], both ends included.
export type CharSet = readonly number[];

export const LAST = 0x10ffff;
export const EVERY: CharSet = [0, LAST];
export const NONE: CharSet = [];

export const DIGITS: CharSet = ranges("09");
export const WORD: CharSet = ranges("09AZ__az");
/** ECMAScript's WhiteSpace and LineTerminator. */
export const SPACE: CharSet = [9, 13, 32, 32, 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029, 0x202f, 0x202f, 0x205f, 0x205f, 0x3000, 0x3000, 0xfeff, 0xfeff];
export const LINE_TERMINATORS: CharSet = [10, 10, 13, 13, 0x2028, 0x2029];
export const HIGH_SURROGATES: CharSet = [0xd800, 0xdbff];
export const LOW_SURROGATES: CharSet = [0xdc00, 0xdfff];
export const SURROGATES: CharSet = [0xd800, 0xdfff];
export const ASTRAL: CharSet = [0x10000, LAST];

export function one(code: number): CharSet {
  return [code, code];
}

export function union(...sets: readonly CharSet[]): CharSet {
  const pairs: [number, number][] = [];
  for (const set of sets) for (let at = 0; at < set.length; at += 2) pairs.push([set[at]!, set[at + 1]!]);
  pairs.sort((a, b) => a[0] - b[0]);
  const out: number[] = [];
  for (const [from, to] of pairs) {
    const last = out.length - 1;
    if (last > 0 && from <= out[last]! + 1) out[last] = Math.max(out[last]!, to);
    else out.push(from, to);
  }
  return out;
}

export function complement(set: CharSet): CharSet {
  const out: number[] = [];
  let from = 0;
  for (let at = 0; at < set.length; at += 2) {
    if (set[at]! > from) out.push(from, set[at]! - 1);
    from = set[at + 1]! + 1;
  }
  if (from <= LAST) out.push(from, LAST);
  return out;
}

export function intersect(a: CharSet, b: CharSet): CharSet {
  const out: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const from = Math.max(a[i]!, b[j]!);
    const to = Math.min(a[i + 1]!, b[j + 1]!);
    if (from <= to) out.push(from, to);
    if (a[i + 1]! < b[j + 1]!) i += 2;
    else j += 2;
  }
  return out;
}

export function has(set: CharSet, code: number): boolean {
  let low = 0;
  let high = set.length / 2 - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (code < set[middle * 2]!) high = middle - 1;
    else if (code > set[middle * 2 + 1]!) low = middle + 1;
    else return true;
  }
  return false;
}

/** Whether every code point of `inner` is in `outer`. */
export function covers(outer: CharSet, inner: CharSet): boolean {
  return intersect(outer, inner).length === inner.length && intersect(outer, inner).every((code, at) => code === inner[at]);
}

/** The same set has the same key. */
export function keyOf(set: CharSet): string {
  return set.join(",");
}

function ranges(text: string): CharSet {
  return [...text].map((char) => char.codePointAt(0)!);
}
