// How wide a text will be, without a browser: on the wide side of the fonts a reader may have, so that nothing sticks out
// of its box. Code is set in a monospaced font, whose width is known.

export type Font = { readonly size: number; readonly kind: "text" | "bold" | "code" };

export function widthOf(text: string, { size, kind }: Font): number {
  let ems = 0;
  for (const character of text) ems += isWide(character) ? 1.05 : kind === "code" ? 0.605 : emOf(character);
  return ems * size * (kind === "bold" ? 1.06 : 1);
}

/** Lines no wider than `width`, broken at blanks where there are any; what is beyond `most` lines ends in an ellipsis. */
export function wrap(text: string, font: Font, { width, most }: { readonly width: number; readonly most: number }): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").flatMap((one) => pieces(one, font, width))) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && widthOf(longer, font) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  lines.push(line);
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most - 1), clipped(lines.slice(most - 1).join(" "), font, width)];
}

/** A word that is wider than a line by itself is cut where the line ends. */
function pieces(word: string, font: Font, width: number): readonly string[] {
  if (widthOf(word, font) <= width) return [word];
  const cut: string[] = [];
  let piece = "";
  for (const character of word) {
    if (piece !== "" && widthOf(piece + character, font) > width) {
      cut.push(piece);
      piece = "";
    }
    piece += character;
  }
  return [...cut, piece];
}

function clipped(text: string, font: Font, width: number): string {
  let kept = "";
  for (const character of text) {
    if (widthOf(`${kept}${character}…`, font) > width) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}

function emOf(character: string): number {
  if ("ijlI.,:;'|!".includes(character)) return 0.32;
  if (" ()[]{}/\\-rtf\"`*".includes(character)) return 0.4;
  if ("mwMW@%…—→".includes(character)) return 0.95;
  return /[A-Z&#+=<>~_]/.test(character) ? 0.72 : 0.62;
}

/** East Asian characters, emoji and the like take a square. */
function isWide(character: string): boolean {
  return character.codePointAt(0)! >= 0x1100 && /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}]/u.test(character);
}
