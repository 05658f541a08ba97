// Reads a request's body up to a limit. What is over it is never kept: a large body costs the limit's memory at most.
import type { IncomingMessage } from "node:http";

export type ReadBody =
  | { readonly kind: "read"; readonly bytes: Uint8Array }
  | { readonly kind: "too large" }
  /** The client went away before it had said everything. */
  | { readonly kind: "gone" };

/** Straight from the node request: a web stream in between costs more than all the rest of reading. */
export function readNodeBody(incoming: IncomingMessage, limit: number): Promise<ReadBody> {
  if (declared(incoming.headers["content-length"]) > limit) return Promise.resolve({ kind: "too large" });
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let size = 0;
    const settle = (result: ReadBody): void => {
      incoming.off("data", onData).off("end", onEnd).off("close", onGone).off("error", onGone);
      resolve(result);
    };
    const onData = (piece: Buffer): void => {
      size += piece.length;
      if (size > limit) settle({ kind: "too large" });
      else pieces.push(piece);
    };
    const onEnd = (): void => settle({ kind: "read", bytes: pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, size) });
    const onGone = (): void => settle({ kind: "gone" });
    if (incoming.destroyed) return settle({ kind: "gone" });
    incoming.on("data", onData).on("end", onEnd).on("close", onGone).on("error", onGone);
  });
}

export async function readWebBody(request: Request, limit: number): Promise<ReadBody> {
  if (declared(request.headers.get("content-length") ?? undefined) > limit) return { kind: "too large" };
  if (request.body === null) return { kind: "read", bytes: new Uint8Array(0) };
  const reader = request.body.getReader();
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { kind: "read", bytes: joined(pieces, size) };
      size += value.length;
      if (size > limit) {
        await reader.cancel();
        return { kind: "too large" };
      }
      pieces.push(value);
    }
  } catch {
    return { kind: "gone" };
  }
}

function declared(length: string | undefined): number {
  return length === undefined ? 0 : Number(length);
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
