// Comments on their way back into printed text. The printer goes through the tree in the order of the text; before it
// writes something that stood at a known place, it asks for the comments that stood before that place. So none is lost,
// none changes its order, and each stays on the side of its line where it was: behind something, or on a line of its own.
import type { Comment, File } from "./ast.ts";
import { type Doc, hardLine, indent } from "./layout.ts";
import { anyWithin } from "./offsets.ts";

export type Notes = {
  /** Comments where a line may break: `between` separates when there are none that force one. */
  readonly gap: (gap: Gap) => Taken;
  /** Comments in the middle of a clause, and a space or line break behind them; nothing where there are none. */
  readonly inline: (offset: number) => Doc;
};

export type Gap = {
  /** Between the end of what stands before and the start of what comes. */
  readonly from: number;
  readonly to: number;
  /** What ends the gap, with or without an empty line. */
  readonly between: (blank: boolean) => Doc;
  /** `first` in a body has no empty line before it; a declaration always has one. */
  readonly blank: "kept" | "never" | "always";
};

/** `forced` if a comment needs the line to end; `documented` if one of them is a `///` on a line of its own. */
export type Taken = { readonly comments: Doc; readonly end: Doc; readonly forced: boolean; readonly documented: boolean };

export function notesOf({ comments, blanks }: Pick<File, "comments" | "blanks">): Notes {
  let next = 0;

  const take = (before: number): readonly Comment[] => {
    const start = next;
    while (next < comments.length && comments[next]!.span.start < before) next++;
    // What stood between two of them may now stand elsewhere: behind a line comment there is only the next line.
    return comments.slice(start, next).map((one, index, taken) => (index > 0 && taken[index - 1]!.style !== "block" ? { ...one, ownLine: true } : one));
  };

  const gap = ({ from, to, between, blank }: Gap): Taken => {
    const docs: Doc[] = [];
    const taken = take(to);
    let forced = false;
    let last = from;
    let rule = blank;
    const isBlank = (start: number): boolean => {
      const keep = rule === "always" || (rule === "kept" && anyWithin(blanks, { start: last, end: start }));
      rule = "kept"; // after one line, the author's empty lines count
      return keep;
    };
    for (const comment of taken) {
      if (comment.ownLine) docs.push(hardLine(isBlank(comment.span.start)), textOf(comment));
      else docs.push(comment.style === "block" ? [" ", textOf(comment)] : { kind: "aside", text: ` ${comment.text}` });
      forced ||= comment.ownLine || comment.style !== "block";
      last = comment.span.end;
    }
    const empty = isBlank(to);
    return { comments: docs, end: forced ? hardLine(empty) : between(empty), forced, documented: taken.some((one) => one.style === "doc" && one.ownLine) };
  };

  const inline = (offset: number): Doc => {
    const taken = take(offset);
    const last = taken.at(-1);
    if (last === undefined) return "";
    const docs = taken.map((comment, index): Doc => [comment.ownLine ? hardLine() : index > 0 ? " " : "", textOf(comment)]);
    const breaks = taken.some((one) => one.ownLine) || last.style !== "block";
    return indent([...docs, breaks ? hardLine() : " "]);
  };

  return { gap, inline };
}

function textOf(comment: Comment): Doc {
  return comment.style === "block" ? { kind: "verbatim", text: comment.text.replace(/\r\n?/g, "\n") } : comment.text;
}
