// Values of strings -> the text between their quotes, so that reading it gives the value back, whatever it is.
// The other direction is in literals.ts.

/** Controls, line separators, the byte order mark, and what turns the direction of the text around it: all made visible. */
const INVISIBLE = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu;

export function escapeString(value: string): string {
  return value.replace(/[\\"]/g, "\\$&").replace(INVISIBLE, escapeOne);
}

/** The lines of a text block. A space at a line's end is written out, or an editor would take it away. */
export function escapeBlock(value: string): readonly string[] {
  return value
    .replaceAll("\\", "\\\\")
    .replace(/"{3,}/g, (quotes) => quotes.replaceAll('"', '\\"'))
    .split("\n")
    .map((line) => line.replace(INVISIBLE, escapeOne).replace(/ $/, "\\u{20}"));
}

function escapeOne(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\t") return "\\t";
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}
