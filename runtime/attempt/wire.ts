// What one protocol's answers are to the reader of an attempt: JSON in, parts out, and how far the answer has come.
import type { JsonObject, Part, Protocol } from "../stream/part.ts";
import type { Failure } from "./upstream.ts";

/** One while it reads. Its members are plain: an object with accessors of its own costs ten times as much to make. */
export type Reading = { -readonly [Member in keyof WireReader]: WireReader[Member] };

/** Reads one attempt's answer; a new one for each. */
export type WireReader = {
  readonly protocol: Protocol;
  /** The parts of one event of a stream or of one whole answer. */
  read(raw: JsonObject): Part[];
  /** Some of the answer was there. */
  readonly began: boolean;
  /** All that has begun is finished: a body that ends here was not cut. */
  readonly finished: boolean;
  /** The protocol's own last event was read: nothing of the answer comes behind it. */
  readonly ended: boolean;
  /** An event's data that is no JSON and says that the answer is over; null where the protocol has none. */
  readonly doneMark: string | null;
  /** What makes a failure of an answer that came with HTTP 200: a refusal, a filter. */
  readonly fault: Failure | null;
  /** `raw` without what the model said. */
  emptied(raw: JsonObject): JsonObject;
};
