// An answer that is held whole: what would have gone out, in order, until its rules have seen all of it. Events that only
// bring text are joined, so that what is kept grows with the text and not with the number of events it came in.
import type { Chunk } from "../stream/index.ts";
import type { Released } from "./surface.ts";

/** `chunk` is null where text became free without an event. */
export type Kept = { readonly chunk: Chunk | null; readonly released: readonly Released[] };

export type HeldAnswer = {
  /** What it keeps, in UTF-16 code units. */
  readonly size: number;
  keep(chunk: Chunk | null, released: readonly Released[]): void;
  /** All of it, the text of a choice replaced where `texts` has another for it. */
  take(texts: ReadonlyMap<number, string>): readonly Kept[];
};

/** What an event that cannot be joined takes at least. */
const PER_EVENT = 256;

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
      if (last !== undefined && (chunk === null || isTextAlone(chunk))) return join(last.released, released);
      const own: Released[] = [];
      join(own, released);
      if (chunk !== null) size += PER_EVENT;
      kept.push({ chunk, released: own });
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
    const last = list.at(-1);
    if (last !== undefined && last.choice === one.choice && last.channel === one.channel) list[list.length - 1] = { ...last, text: last.text + one.text };
    else if (one.text !== "") list.push(one);
  }
}

/** Nothing would be missed of the event but its text, which is kept. */
function isTextAlone({ parts }: Chunk): boolean {
  return parts.length > 0 && parts.every((part) => part.kind === "text" || part.kind === "reasoning");
}
