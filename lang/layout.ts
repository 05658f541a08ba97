// A document that knows where it may break, and the one way to lay it out: a group stands on one line if it fits into
// WIDTH columns and nothing in it must break; otherwise every line of that group breaks, and of the groups inside it
// only those that do not fit. Nothing here knows the language.

export type Doc =
  | string
  | readonly Doc[]
  /** A place to break; `flat` is what stands there otherwise. `blank` asks for an empty line before the next one. */
  | { readonly kind: "line"; readonly flat: string; readonly blank: boolean; readonly hard: boolean }
  | { readonly kind: "indent"; readonly doc: Doc }
  | { readonly kind: "group"; readonly doc: Doc; readonly breaks: boolean }
  /** Only where the group around it breaks. */
  | { readonly kind: "if-broken"; readonly text: string }
  /** A comment behind something: it takes no room, or a long one would break what stands before it. */
  | { readonly kind: "aside"; readonly text: string }
  /** Text of several lines that stays as it is. */
  | { readonly kind: "verbatim"; readonly text: string };

const WIDTH = 120;

export function line(flat: string, blank = false): Doc {
  return { kind: "line", flat, blank, hard: false };
}

export function hardLine(blank = false): Doc {
  return { kind: "line", flat: "", blank, hard: true };
}

export function indent(doc: Doc): Doc {
  return { kind: "indent", doc };
}

export function group(doc: Doc): Doc {
  return { kind: "group", doc, breaks: mustBreak(doc) };
}

export function layOut(doc: Doc): string {
  return new Layout().run(doc);
}

function mustBreak(doc: Doc): boolean {
  if (typeof doc === "string") return false;
  if (!("kind" in doc)) return doc.some(mustBreak);
  switch (doc.kind) {
    case "line":
      return doc.hard;
    case "group":
      return doc.breaks;
    case "indent":
      return mustBreak(doc.doc);
    case "verbatim":
      return doc.text.includes("\n");
    case "if-broken":
    case "aside":
      return false;
  }
}

type Piece = { readonly doc: Doc; readonly depth: number; readonly flat: boolean };

class Layout {
  private readonly out: string[] = [];
  private column = 0;
  /** Spaces that begin the line, written only once something follows them. */
  private margin = 0;

  run(doc: Doc): string {
    const pending: Piece[] = [{ doc, depth: 0, flat: false }];
    for (let piece = pending.pop(); piece !== undefined; piece = pending.pop()) this.put(piece, pending);
    return this.out.join("");
  }

  private put({ doc, depth, flat }: Piece, pending: Piece[]): void {
    if (typeof doc === "string") return this.write(doc);
    if (!("kind" in doc)) {
      for (let index = doc.length - 1; index >= 0; index--) pending.push({ doc: doc[index]!, depth, flat });
      return;
    }
    switch (doc.kind) {
      case "line":
        return flat ? this.write(doc.flat) : this.newLine(depth, doc.blank);
      case "indent":
        pending.push({ doc: doc.doc, depth: depth + 1, flat });
        return;
      case "group":
        pending.push({ doc: doc.doc, depth, flat: !doc.breaks && (flat || this.fits({ doc: doc.doc, depth, flat: true }, pending)) });
        return;
      case "if-broken":
        return flat ? undefined : this.write(doc.text);
      case "aside":
        return this.write(doc.text);
      case "verbatim":
        this.write(doc.text);
        this.column = doc.text.length - 1 - doc.text.lastIndexOf("\n");
    }
  }

  private write(text: string): void {
    if (text === "") return;
    if (this.margin > 0) this.out.push(" ".repeat(this.margin));
    this.column += this.margin + text.length;
    this.margin = 0;
    this.out.push(text);
  }

  private newLine(depth: number, blank: boolean): void {
    this.trimEnd();
    this.out.push(blank ? "\n\n" : "\n");
    this.margin = depth * 2;
    this.column = 0;
  }

  /** No line ends in a space. */
  private trimEnd(): void {
    for (let last = this.out.at(-1); last !== undefined && /^ *$/.test(last); last = this.out.at(-1)) this.out.pop();
    const last = this.out.at(-1);
    if (last?.endsWith(" ")) this.out[this.out.length - 1] = last.replace(/ +$/, "");
  }

  /** Does this, laid out flat, and what follows it up to the next break, fit into the rest of the line? */
  private fits(piece: Piece, pending: readonly Piece[]): boolean {
    let room = WIDTH - this.column - this.margin;
    let next = pending.length;
    const stack = [piece];
    while (room >= 0) {
      const top = stack.pop() ?? pending[--next];
      if (top === undefined) return true;
      const { doc, flat } = top;
      if (typeof doc === "string") room -= doc.length;
      else if (!("kind" in doc)) for (let index = doc.length - 1; index >= 0; index--) stack.push({ ...top, doc: doc[index]! });
      else if (doc.kind === "line") {
        if (!flat) return true;
        room -= doc.flat.length;
      } else if (doc.kind === "indent") stack.push({ ...top, doc: doc.doc });
      else if (doc.kind === "group") stack.push({ ...top, doc: doc.doc, flat: flat || !doc.breaks });
      else if (doc.kind === "verbatim") {
        const end = doc.text.indexOf("\n");
        room -= end < 0 ? doc.text.length : end;
        if (end >= 0) return room >= 0;
      } else if (doc.kind === "if-broken" && !flat) room -= doc.text.length;
    }
    return false;
  }
}
