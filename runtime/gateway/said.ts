// What goes out of one channel with one event: what was released of it where it is watched, else what the provider said.
import type { Chunk } from "../stream/index.ts";
import type { Channel, Released, Watched } from "./surface.ts";

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
