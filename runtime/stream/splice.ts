// The seam of a continued answer. A model that is told to go on where it stopped often repeats some of what it had said:
// everything, or the end of it. The continuation's beginning is held until that is decided, and the repetition removed.
// A model that continues by prefix repeats nothing, so nothing is searched.
//
//   released   "The list:\n- one\n- two"
//   continued          "- two\n- three"      ──▶ "\n- three"

/** How the attempt was asked to go on: only an instruction may be answered by a repetition. */
export type SpliceHow = "prefix" | "instruction";

export type Splice = {
  /** The next piece of the continuation; what of it goes on to the governor. */
  push(text: string): string;
  /** The continuation's end: what was kept back and is no repetition. */
  finish(): string;
  /** Some of the continuation is kept back. */
  readonly holds: boolean;
};

/** An overlap of fewer UTF-16 code units is chance, unless it is all that was released or its last line. */
const LONG_ENOUGH = 16;
/** Even then, if it would cut a word of the continuation in two: "a" and "apple". */
const NO_CHANCE_IN_A_WORD = 4;

/** `released` is what the model was given to go on from. */
export function createSplice(released: string, how: SpliceHow): Splice {
  let decided = how === "prefix" || released === "";
  let begun = "";
  // The first place of `released` where all that has begun can be read, and a repetition may begin. It only moves on.
  let place = 0;
  const line = lastLine(released);

  return {
    push,
    finish,
    get holds() {
      return !decided && begun !== "";
    },
  };

  function push(text: string): string {
    if (decided) return text;
    for (let at = 0; at < text.length; at++) {
      const length = begun.length + at;
      if (place >= 0 && released[place + length] !== text[at]) place = nextPlace(begun + text.slice(0, at + 1), place + 1);
      if (place >= 0 && place + length + 1 < released.length) continue;
      // Nothing longer can be repeated any more, but a short repetition that ends here may still prove to be chance.
      if (place >= 0) place = nextPlace(begun + text.slice(0, at + 1), place + 1);
      if (place >= 0 || awaitsNext(begun + text.slice(0, at + 1))) continue;
      decided = true;
      begun += text;
      return begun.slice(repeated(begun));
    }
    begun += text;
    return "";
  }

  function finish(): string {
    if (decided) return "";
    decided = true;
    return begun.slice(repeated(begun));
  }

  /** Where `text` stands in `released` with something behind it, at `from` or later; -1 where nowhere. */
  function nextPlace(text: string, from: number): number {
    const found = released.indexOf(text, from);
    if (found < 0) return -1;
    if ((found === 0 || found <= released.length - LONG_ENOUGH) && found + text.length < released.length) return found;
    return line >= from && line + text.length < released.length && released.startsWith(text, line) ? line : -1;
  }

  function awaitsNext(text: string): boolean {
    return released.endsWith(text) && mayBeRepetition(text.length) && text.length < NO_CHANCE_IN_A_WORD && endsInWord(text);
  }

  /** The length of the longest repetition that `text` begins with. */
  function repeated(text: string): number {
    const { overlap, shorter } = overlaps(released, text);
    for (let length = overlap; length > 0; length = shorter[length]!) {
      if (!mayBeRepetition(length)) continue;
      const cutsWord = length < text.length && endsInWord(text.slice(0, length)) && isWord(text[length]!);
      if (!(length < NO_CHANCE_IN_A_WORD && cutsWord)) return length;
    }
    return 0;
  }

  function mayBeRepetition(length: number): boolean {
    return length >= LONG_ENOUGH || length === released.length || released.length - length === line;
  }
}

/**
 * Where the last line that says something begins, -1 where none does: a repeated blank line or closing bracket is chance.
 */
function lastLine(text: string): number {
  const end = text.trimEnd().length;
  const start = Math.max(text.lastIndexOf("\n", end - 1), text.lastIndexOf("\r", end - 1)) + 1;
  return /[\p{L}\p{N}]/u.test(text.slice(start, end)) ? start : -1;
}

/**
 * How much of the beginning of `text` is the end of `released`, and for each such length the next shorter one: the
 * failure function of Knuth, Morris and Pratt, so that a megabyte of one letter takes no longer than any other.
 */
function overlaps(released: string, text: string): { readonly overlap: number; readonly shorter: Int32Array } {
  const shorter = new Int32Array(text.length + 1);
  for (let at = 1, length = 0; at < text.length; at++) {
    while (length > 0 && text[at] !== text[length]) length = shorter[length]!;
    if (text[at] === text[length]) length++;
    shorter[at + 1] = length;
  }
  let overlap = 0;
  for (let at = Math.max(0, released.length - text.length); at < released.length; at++) {
    while (overlap > 0 && (overlap === text.length || released[at] !== text[overlap])) overlap = shorter[overlap]!;
    if (released[at] === text[overlap]) overlap++;
  }
  return { overlap, shorter };
}

function endsInWord(text: string): boolean {
  return isWord(text.slice(-1));
}

function isWord(char: string): boolean {
  return /[\p{L}\p{N}_]/u.test(char);
}
