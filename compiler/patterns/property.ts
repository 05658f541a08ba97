// `\p{…}`: the platform holds the Unicode tables, so it is asked once for each property.
import { type CharSet, LAST } from "./charset.ts";

const known = new Map<string, CharSet>();

/** `raw` as written, `\p{Lu}` or `\P{Lu}`; the parser has checked that the property exists. */
export function propertySet(raw: string): CharSet {
  const before = known.get(raw);
  if (before !== undefined) return before;
  const matcher = new RegExp(`^${raw}$`, "u");
  const set: number[] = [];
  for (let code = 0; code <= LAST; code++) {
    if (!matcher.test(String.fromCodePoint(code))) continue;
    if (set.at(-1) === code - 1) set[set.length - 1] = code;
    else set.push(code, code);
  }
  known.set(raw, set);
  return set;
}
