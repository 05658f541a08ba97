// The seam between one attempt and one provider. A provider turns a call into events, at most one end, and nothing after
// it; it never decides what a failure means for the request.
import type { FailureClass, Provider, Target } from "#contracts";
import type { Chunk, JsonObject, Protocol } from "../stream/part.ts";

/**
 * What to ask: a body with the policy's changes, in a protocol the provider speaks or else in chat, which every provider
 * takes; it puts in its own model name and params.
 */
export type UpstreamCall = {
  readonly target: Target;
  readonly provider: Provider;
  readonly protocol: Protocol;
  readonly body: JsonObject;
  readonly stream: boolean;
  /** What the client's own headers say to a provider of its protocol, such as `anthropic-beta`; names in lower case. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Why the request has no words in what its provider speaks: nobody is asked. */
  readonly unsaid?: string;
  /** Which attempt on this target within the request, from 0: scripted targets play their n-th reply. */
  readonly nth: number;
  readonly requestId: string;
};

/** `retryAfter` in milliseconds, where the provider said so. `message` is fit for a client: no address, no secret. */
export type Failure = {
  readonly class: FailureClass;
  readonly status: number | null;
  readonly message: string;
  readonly retryAfter: number | null;
  readonly code: string | null;
};

/**
 * Called in this order: `connected` and `opened` at most once each, `chunk` any number of times, then one of `ended` (the
 * protocol's own terminal event was seen) or `failed`. After `abort()` nothing is called, and nothing but `connected`
 * before `start` has returned.
 */
export type UpstreamSink = {
  /** A connection has taken the request: the connect deadline is over. */
  connected(): void;
  opened(status: number, requestId: string | null): void;
  chunk(chunk: Chunk): void;
  ended(): void;
  failed(failure: Failure): void;
};

export type Upstream = {
  /** Ends the call and closes or returns its connection; safe to call at any time, any number of times. */
  abort(): void;
  /** Backpressure: no `chunk` between `pause()` and `resume()` beyond what was already read. */
  pause(): void;
  resume(): void;
};

export type UpstreamStart = (call: UpstreamCall, sink: UpstreamSink) => Upstream;
