// Case-insensitivity exactly as the platform has it. With `u` two code points are the same when their simple case
// foldings are; without it, when the UTF-16 units upper-case to the same one, never from outside ASCII into it. The
// platform gives no table, so both are derived from it once, on first use.
import { type CharSet, has, keyOf, union } from "./charset.ts";

/** Everything that matches a character of `set` when case is ignored. */
export function closeOverCase(set: CharSet, unicode: boolean): CharSet {
  const closed = unicode ? (closedUnicode ??= new Map()) : (closedLegacy ??= new Map());
  const key = keyOf(set);
  const known = closed.get(key);
  if (known !== undefined) return known;
  const extra: number[] = [];
  for (const group of unicode ? unicodeGroups() : legacyGroups()) {
    if (!group.some((code) => has(set, code))) continue;
    for (const code of group) extra.push(code, code);
  }
  const result = union(set, ...pairs(extra));
  closed.set(key, result);
  return result;
}

let closedUnicode: Map<string, CharSet> | undefined;
let closedLegacy: Map<string, CharSet> | undefined;
let groupsUnicode: readonly (readonly number[])[] | undefined;
let groupsLegacy: readonly (readonly number[])[] | undefined;

function legacyGroups(): readonly (readonly number[])[] {
  if (groupsLegacy !== undefined) return groupsLegacy;
  const byUpper = new Map<number, number[]>();
  for (let unit = 0; unit <= 0xffff; unit++) {
    const text = String.fromCharCode(unit).toUpperCase();
    const upper = text.length === 1 ? text.charCodeAt(0) : unit;
    add(byUpper, unit >= 128 && upper < 128 ? unit : upper, unit);
  }
  return (groupsLegacy = severals(byUpper));
}

/**
 * Code points that fold alike share their upper case in full, or one is the other's upper or lower case. Groups made of
 * those are wide enough, and too wide in a few places (dotless i), so the platform's own matcher cuts them apart.
 */
function unicodeGroups(): readonly (readonly number[])[] {
  if (groupsUnicode !== undefined) return groupsUnicode;
  const leader = new Map<number | string, number | string>();
  const find = (key: number | string): number | string => {
    const up = leader.get(key);
    return up === undefined || up === key ? key : find(up);
  };
  const cased: number[] = [];
  for (let code = 0; code <= 0x1ffff; code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const text = String.fromCodePoint(code);
    const upper = text.toUpperCase();
    const lower = text.toLowerCase();
    if (upper === text && lower === text) continue;
    cased.push(code);
    for (const key of [upper, lower, lower.toUpperCase()]) leader.set(find(code), find(key));
    leader.set(find(text), find(code));
  }
  const wide = new Map<number | string, number[]>();
  for (const code of cased) add(wide, find(code), code);
  const groups: number[][] = [];
  for (const candidates of severals(wide)) {
    const left = [...candidates];
    while (left.length > 0) {
      const alike = new RegExp(`^\\u{${left[0]!.toString(16)}}$`, "iu");
      const group = left.filter((code) => alike.test(String.fromCodePoint(code)));
      for (const code of group) left.splice(left.indexOf(code), 1);
      if (group.length > 1) groups.push(group);
    }
  }
  return (groupsUnicode = groups);
}

function add<Key>(groups: Map<Key, number[]>, key: Key, code: number): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [code]);
  else group.push(code);
}

function severals<Key>(groups: ReadonlyMap<Key, number[]>): number[][] {
  return [...groups.values()].filter((group) => group.length > 1);
}

function pairs(flat: readonly number[]): CharSet[] {
  const out: CharSet[] = [];
  for (let at = 0; at < flat.length; at += 2) out.push([flat[at]!, flat[at + 1]!]);
  return out;
}
