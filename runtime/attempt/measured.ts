// What a receipt wants to know of an attempt, readable at any moment: also after an abort, when no event comes any more.
import type { Json } from "#contracts";
import type { Chunk, JsonObject } from "../stream/part.ts";

export type Usage = { readonly input: number; readonly output: number };

/** Whose answer it was and why it ended, in the provider's words; null where it did not say. */
export type Said = { readonly id: string | null; readonly model: string | null; readonly finish: readonly string[] };

/** Milliseconds count from the attempt's start; null where that point was not reached. */
export type Measured = {
  /** When that was, on the monotonic clock. */
  readonly from: number;
  /** False where the call was never made: the breaker was open or no place came free. */
  readonly started: boolean;
  readonly status: number | null;
  /** The provider's own id of the call. */
  readonly requestId: string | null;
  /** As the provider counted; null where it has not said. */
  readonly usage: Usage | null;
  readonly said: Said;
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
  let id: string | null = null;
  let model: string | null = null;
  let finish: string[] | null = null;

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
      for (const part of chunk.parts) {
        if (part.kind === "usage") usage = { input: part.input, output: part.output };
        else if (part.kind === "finish") (finish ??= []).push(part.reason);
      }
      if (firstToken !== null) return false;
      // Every protocol says it with its first content at the latest, so later events are not asked.
      id ??= answerId(chunk.raw);
      model ??= answerModel(chunk.raw);
      if (!hasContent(chunk)) return false;
      firstToken = elapsed() - from;
      return true;
    },
    end() {
      end ??= elapsed() - from;
    },
    read: () => ({ from, started, status, requestId, usage, said: { id, model, finish: finish ?? NONE }, ms: { headers, first_token: firstToken, end: end ?? elapsed() - from } }),
  };
}

const NONE: readonly string[] = [];

/** In a chat event or any whole answer it is the event's own; `message_start` and `response.created` hold the answer; Gemini has its own words. */
function answerId(raw: JsonObject): string | null {
  return textOf(raw["id"]) ?? textOf(inner(raw)?.["id"]) ?? textOf(raw["responseId"]);
}

function answerModel(raw: JsonObject): string | null {
  return textOf(raw["model"]) ?? textOf(inner(raw)?.["model"]) ?? textOf(raw["modelVersion"]);
}

function inner(raw: JsonObject): JsonObject | null {
  const its = raw["message"] ?? raw["response"];
  return typeof its === "object" && its !== null && !Array.isArray(its) ? (its as JsonObject) : null;
}

function textOf(value: Json | undefined): string | null {
  return typeof value === "string" && value !== "" ? value : null;
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
