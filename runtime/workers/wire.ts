// What a batch is while it crosses: one JSON text, and beside it the receipts' own. Inside of JSON each quote of a receipt
// would be escaped and read again; as texts they are copied from one process to the other, and from there to the disk.
import type { Frame } from "./messages.ts";

export type Packed = readonly string[];

export function pack(batch: readonly Frame[]): Packed {
  const texts: string[] = [];
  const frames = batch.map((frame) => {
    if (frame.is !== "ask" || !("text" in frame.says)) return frame;
    const { text, ...says } = frame.says as { readonly kind: string; readonly text: string };
    texts.push(text);
    return { ...frame, says };
  });
  return [JSON.stringify(frames), ...texts];
}

/** Null where it is none of ours; else what may be a batch. */
export function unpack(message: unknown): unknown {
  if (!Array.isArray(message) || !message.every((one) => typeof one === "string")) return null;
  const [first, ...texts] = message as readonly string[];
  if (first === undefined) return null;
  try {
    const frames: unknown = JSON.parse(first);
    if (!Array.isArray(frames)) return null;
    let at = 0;
    for (const frame of frames as readonly { readonly says?: { readonly kind?: unknown; text?: string } }[]) {
      if (frame?.says?.kind === "append" && at < texts.length) frame.says.text = texts[at++]!;
    }
    return frames;
  } catch {
    return null;
  }
}
