// An answer that is held whole: what would have gone out, in order, until its rules have seen all of it. Events that only
// bring text are joined, so that what is kept grows with the text and not with the number of events it came in.
import type { Chunk } from "../../stream/index.ts";
import type { Released } from "../surface.ts";

/** `chunk` is null where text became free without an event. */
export type Kept = { readonly chunk: Chunk | null; readonly released: readonly Released[] };

export type HeldAnswer = {
  /** UTF-16 code units of text; without end where it is too many events. */
  readonly size: number;
  keep(chunk: Chunk | null, released: readonly Released[]): void;
  /** All of it, the text of a choice replaced where `texts` has another for it. */
  take(texts: ReadonlyMap<number, string>): readonly Kept[];
};

/** Events that cannot be joined, such as those of a provider that only says it is alive. */
const MOST_EVENTS = 4096;

export function holdAnswer(): HeldAnswer {
  let kept: { readonly chunk: Chunk | null; released: Released[] }[] = [];
  let size = 0;

  return {
    get size() {
      return size;
    },
    keep(chunk, released) {
      for (const one of released) size += one.text.length;
      const last = kept.at(-1);
      const textAlone = chunk === null || isTextAlone(chunk);
      if (textAlone && last !== undefined && (last.chunk === null || speaksOf(last.chunk, released))) return join(last.released, released);
      const own: Released[] = [];
      join(own, released);
      // Of the events that only bring text, the first is enough to tell whose answer it is.
      kept.push({ chunk: textAlone && last !== undefined ? null : chunk, released: own });
      if (kept.length > MOST_EVENTS) size = Number.POSITIVE_INFINITY;
    },
    take(texts) {
      const all = kept;
      kept = [];
      size = 0;
      if (texts.size === 0) return all;
      const said = new Set<number>();
      return all.map(({ chunk, released }) => ({
        chunk,
        released: released.flatMap((one) => {
          const text = one.channel === "text" ? texts.get(one.choice) : undefined;
          if (text === undefined) return [one];
          // Where in its pieces a changed text belongs nobody can tell: it stands where the first of them stood.
          if (said.has(one.choice)) return [];
          said.add(one.choice);
          return [{ ...one, text }];
        }),
      }));
    },
  };
}

function join(list: Released[], more: readonly Released[]): void {
  for (const one of more) {
    const at = list.findLastIndex((known) => known.choice === one.choice);
    const last = list[at];
    if (last?.channel === one.channel) list[at] = { ...last, text: last.text + one.text };
    else if (one.text !== "") list.push(one);
  }
}

/** Whoever writes the event has a place in it for these. */
function speaksOf({ parts }: Chunk, released: readonly Released[]): boolean {
  return released.every((one) => parts.some((part) => part.kind === one.channel && part.choice === one.choice));
}

/** Nothing would be missed of the event but its text, which is kept. */
function isTextAlone({ parts }: Chunk): boolean {
  return parts.length > 0 && parts.every((part) => part.kind === "text" || part.kind === "reasoning");
}
