// How a line of source looks on a terminal: which columns each of its code units takes.
// Tabs have no width of their own, control characters would act on the terminal instead of showing, East Asian
// characters and emoji take two columns, combining marks none. Carets stand where they should only if that is counted.

/** `text` is safe to print. `columns[i]` is the column at which code unit `i` begins; one more entry for the end. */
export type Display = { readonly text: string; readonly columns: readonly number[] };

const TAB = "    ";

export function display(line: string): Display {
  const columns: number[] = [];
  let text = "";
  let column = 0;
  for (const piece of pieces(line)) {
    const shown = show(piece);
    for (let unit = 0; unit < piece.length; unit++) columns.push(column);
    text += shown;
    column += shown === piece ? graphemeWidth(piece) : shown.length;
  }
  columns.push(column);
  return { text, columns };
}

/** Its first `columns` columns, an ellipsis in the last of them where it is longer. */
export function clip(shown: Display, columns: number): string {
  if (shown.columns.at(-1)! <= columns) return shown.text;
  let out = "";
  let used = 0;
  for (const piece of pieces(shown.text)) {
    used += graphemeWidth(piece);
    if (used > columns - 1) break;
    out += piece;
  }
  return `${out}…`;
}

/** Text that someone else wrote, made safe to print on one line. */
export function printable(text: string): string {
  return PLAIN.test(text) ? text : display(text).text;
}

/** Columns that `text` takes on a terminal. */
export function width(text: string): number {
  return PLAIN.test(text) ? text.length : (display(text).columns.at(-1) ?? 0);
}

const PLAIN = /^[ -~]*$/;
// Rules of grapheme clusters are the same in every locale; naming one keeps the machine's out of it.
const GRAPHEMES = new Intl.Segmenter("en", { granularity: "grapheme" });

function pieces(line: string): Iterable<string> {
  return /^[\t -~]*$/.test(line) ? line : Array.from(GRAPHEMES.segment(line), (one) => one.segment);
}

/** Control characters as their pictures; marks that reorder or hide what follows as the replacement character. */
function show(piece: string): string {
  if (piece === "\t") return TAB;
  return piece
    .replaceAll(/\p{Cc}/gu, (unit) => (unit < " " ? String.fromCharCode(0x2400 + unit.charCodeAt(0)) : unit === "\u007f" ? "\u2421" : "\ufffd"))
    .replaceAll(/[\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu, "\ufffd");
}

function graphemeWidth(piece: string): number {
  if (piece.length === 1 && piece >= " " && piece <= "~") return 1;
  if (piece.includes("\ufe0f")) return 2;
  let widest = 0;
  for (const character of piece) widest = Math.max(widest, codePointWidth(character));
  return widest;
}

function codePointWidth(character: string): number {
  if (/^[\p{Mark}\p{Default_Ignorable_Code_Point}]$/u.test(character)) return 0;
  const code = character.codePointAt(0)!;
  return WIDE.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
}

/** East Asian Wide and Fullwidth, and emoji that are shown as pictures, in blocks (UAX 11). */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f], [0x231a, 0x231b], [0x23e9, 0x23ec], [0x25fd, 0x25fe], [0x2614, 0x2615], [0x2648, 0x2653], [0x26a1, 0x26a1],
  [0x26ce, 0x26ce], [0x26d4, 0x26d4], [0x2705, 0x2705], [0x2728, 0x2728], [0x274c, 0x274c], [0x2753, 0x2757], [0x2795, 0x2797],
  [0x2e80, 0x303e], [0x3041, 0x33ff], [0x3400, 0x4dbf], [0x4e00, 0x9fff], [0xa000, 0xa4cf], [0xa960, 0xa97f], [0xac00, 0xd7a3],
  [0xf900, 0xfaff], [0xfe10, 0xfe19], [0xfe30, 0xfe6f], [0xff00, 0xff60], [0xffe0, 0xffe6], [0x16fe0, 0x18aff], [0x1b000, 0x1b2ff],
  [0x1f004, 0x1f004], [0x1f0cf, 0x1f0cf], [0x1f18e, 0x1f18e], [0x1f191, 0x1f19a], [0x1f1e6, 0x1f1ff], [0x1f200, 0x1f320], [0x1f32d, 0x1f64f],
  [0x1f680, 0x1f6ff], [0x1f7e0, 0x1f7eb], [0x1f90c, 0x1faff], [0x20000, 0x3fffd],
];
