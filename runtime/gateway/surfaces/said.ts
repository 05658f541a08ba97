// What goes out of one channel with one event: what was released of it where it is watched, else what the provider said.
import type { Chunk, Part } from "../../stream/index.ts";
import type { Channel, Released, Watched } from "../surface.ts";

export function saidNow(chunk: Chunk, channel: Channel, { watched, released }: { readonly watched: Watched; readonly released: readonly Released[] }): string {
  if (!watched[channel]) return toldIn(chunk, channel);
  let text = "";
  for (const one of released) if (one.choice === 0 && one.channel === channel) text += one.text;
  return text;
}

/** The provider's own text of a channel, whoever watches it. */
export function toldIn({ parts }: Chunk, channel: Channel): string {
  let text = "";
  for (const part of parts) if (part.kind === channel && part.choice === 0) text += part.text;
  return text;
}

/** The first choice's calls of a whole answer, each in one piece: some protocols' readers give them in several. */
export function callsTold({ parts }: Chunk): readonly Extract<Part, { kind: "tool" }>[] {
  const calls = new Map<number, Extract<Part, { kind: "tool" }>>();
  for (const part of parts) {
    if (part.kind !== "tool" || part.choice !== 0) continue;
    const known = calls.get(part.index);
    calls.set(part.index, known === undefined ? part : { ...known, ...part, id: known.id ?? part.id, name: known.name ?? part.name, arguments: known.arguments + part.arguments });
  }
  return [...calls.values()];
}
