// The arguments of a tool call, read while they stream. In: pieces of their JSON text, cut anywhere. Out: the leaves of
// the document, each a block of text of its own: strings with their escapes decoded, names of fields among them, and
// numbers and words as they are written. What is read does not hang on how it was cut, nor on whether it is valid: a
// model's JSON may be broken, and whatever its reader makes of that was looked at here.
//
//   {"path": "caf\u00e9", "depth": 2}   ▶   path · café · depth · 2
//
// Text that begins as no JSON document does (a tool may take free text) is one leaf, as it is.

export type LeafSink = {
  /** A leaf begins. */
  begin(): void;
  /** More of its text, decoded. Half a surrogate pair may come by itself. */
  text(piece: string): void;
  /** The leaf is over; it stood at `from` up to `to` of the JSON text. */
  end(from: number, to: number): void;
};

export type ArgumentReader = {
  push(piece: string): void;
  /** No more comes: what was under way is over. */
  finish(): void;
};

type State = "start" | "between" | "scalar" | "string" | "escape" | "unicode" | "free";

export function readArguments(sink: LeafSink): ArgumentReader {
  let state: State = "start";
  /** Of the JSON text: read so far, and where the leaf under way began. */
  let position = 0;
  let from = 0;
  /** White space that is a part of the leaf only if more of it follows. */
  let space = "";
  let hex = "";

  return {
    push(piece) {
      for (let at = 0; at < piece.length; ) at = state === "string" ? runOf(piece, at) : take(piece, at);
      position += piece.length;
    },
    finish() {
      if (state === "escape") sink.text("\\");
      if (state === "unicode") sink.text(`\\u${hex}`);
      if (state === "scalar") sink.end(from, position - space.length);
      else if (state !== "start" && state !== "between") sink.end(from, position);
      state = "between";
    },
  };

  /** The characters of a string up to its end or an escape, in one piece. */
  function runOf(piece: string, at: number): number {
    let end = at;
    while (end < piece.length && piece[end] !== '"' && piece[end] !== "\\") end++;
    if (end > at) sink.text(piece.slice(at, end));
    if (end === piece.length) return end;
    if (piece[end] === "\\") state = "escape";
    else {
      sink.end(from, position + end + 1);
      state = "between";
    }
    return end + 1;
  }

  /** One character; the place behind it, or the same one where another state has to take it. */
  function take(piece: string, at: number): number {
    const char = piece[at]!;
    switch (state) {
      case "start":
        if (isSpace(char)) return at + 1;
        state = char === "{" || char === "[" || char === '"' ? "between" : "free";
        if (state === "free") begin(position + at);
        return at;
      case "free":
        sink.text(piece.slice(at));
        return piece.length;
      case "between":
        if (isSpace(char) || STRUCTURE.includes(char)) return at + 1;
        begin(position + at);
        state = char === '"' ? "string" : "scalar";
        return char === '"' ? at + 1 : at;
      case "scalar":
        if (isSpace(char)) space += char;
        else if (char === '"' || STRUCTURE.includes(char)) {
          sink.end(from, position + at - space.length);
          space = "";
          state = "between";
          return at;
        } else {
          sink.text(space + char);
          space = "";
        }
        return at + 1;
      case "escape":
        if (char === "u") hex = "";
        else sink.text(ESCAPES.get(char) ?? `\\${char}`);
        state = char === "u" ? "unicode" : "string";
        return at + 1;
      case "unicode":
        if (!/[0-9a-fA-F]/.test(char)) {
          sink.text(`\\u${hex}`);
          state = "string";
          return at;
        }
        hex += char;
        if (hex.length === 4) {
          sink.text(String.fromCharCode(Number.parseInt(hex, 16)));
          state = "string";
        }
        return at + 1;
      default:
        throw new Error(`a ${state} is read in runs`);
    }
  }

  function begin(at: number): void {
    from = at;
    space = "";
    sink.begin();
  }
}

const STRUCTURE = "{}[],:";
const ESCAPES: ReadonlyMap<string, string> = new Map([['"', '"'], ["\\", "\\"], ["/", "/"], ["b", "\b"], ["f", "\f"], ["n", "\n"], ["r", "\r"], ["t", "\t"]]);

function isSpace(char: string): boolean {
  return char === " " || char === "\n" || char === "\r" || char === "\t";
}
