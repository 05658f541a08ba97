// What a receipt wants to know of an attempt, readable at any moment: also after an abort, when no event comes any more.
import type { Chunk } from "../stream/part.ts";

export type Usage = { readonly input: number; readonly output: number };

/** Milliseconds count from the attempt's start; null where that point was not reached. */
export type Measured = {
  /** False where the call was never made: the breaker was open or no place came free. */
  readonly started: boolean;
  readonly status: number | null;
  /** The provider's own id of the call. */
  readonly requestId: string | null;
  /** As the provider counted; null where it has not said. */
  readonly usage: Usage | null;
  readonly ms: { readonly headers: number | null; readonly first_token: number | null; readonly end: number };
};

export type Meter = {
  started(): void;
  opened(status: number, requestId: string | null): void;
  /** True when this chunk brought the attempt's first content. */
  chunk(chunk: Chunk): boolean;
  /** Stops the watch; later calls change nothing. */
  end(): void;
  read(): Measured;
};

/** `elapsed` is the monotonic clock. */
export function startMeter(elapsed: () => number): Meter {
  const from = elapsed();
  let started = false;
  let status: number | null = null;
  let requestId: string | null = null;
  let usage: Usage | null = null;
  let headers: number | null = null;
  let firstToken: number | null = null;
  let end: number | null = null;

  return {
    started() {
      started = true;
    },
    opened(itsStatus, itsRequestId) {
      status = itsStatus;
      requestId = itsRequestId;
      headers = elapsed() - from;
    },
    chunk(chunk) {
      for (const part of chunk.parts) if (part.kind === "usage") usage = { input: part.input, output: part.output };
      if (firstToken !== null || !hasContent(chunk)) return false;
      firstToken = elapsed() - from;
      return true;
    },
    end() {
      end ??= elapsed() - from;
    },
    read: () => ({ started, status, requestId, usage, ms: { headers, first_token: firstToken, end: end ?? elapsed() - from } }),
  };
}

/** Content is what a reader waits for: a role, an empty delta or usage is none. */
function hasContent(chunk: Chunk): boolean {
  return chunk.parts.some((part) => {
    switch (part.kind) {
      case "text":
      case "reasoning":
        return part.text !== "";
      case "tool":
        return true;
      case "signature":
      case "finish":
      case "usage":
        return false;
      default:
        return part satisfies never;
    }
  });
}
