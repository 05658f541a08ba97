// What stands beside a match, as far as a pattern's assertions can tell; the bits of the automaton's masks.

export const EDGE = 1;
export const LINE = 2;
export const WORD = 4;
export const OTHER = 8;
/** U+017F and U+212A fold to `s` and `k`, so patterns with `iu` take them for word characters, and no others do. */
export const FOLDED = 16;
export const ANY = 31;

export function contextOf(code: number): number {
  if (code < 128) {
    if ((code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95) return WORD;
    return code === 10 || code === 13 ? LINE : OTHER;
  }
  if (code === 0x2028 || code === 0x2029) return LINE;
  return code === 0x17f || code === 0x212a ? FOLDED : OTHER;
}

/** What stands before the end of `text`; `before` where it is empty. */
export function contextAfter(text: string, before: number): number {
  if (text === "") return before;
  // The half of a pair is as much an "other" as the whole.
  return contextOf(text.charCodeAt(text.length - 1));
}

export function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
