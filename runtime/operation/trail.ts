// What spans need of a request and its receipt does not hold. Kept beside the receipt, and only where somebody traces.
import type { Loaded } from "../load.ts";
import type { Said } from "../attempt/index.ts";

export type Trail = {
  /** The bundle it was answered from: its providers are asked for their kind and address. */
  readonly loaded: Loaded;
  /** W3C trace context as the client sent it; not yet looked at. */
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  /** By attempt of the receipt, in its order; null where it was not started. */
  readonly said: (Said | null)[];
  /** By trigger of the receipt, in its order: milliseconds from the request's arrival. */
  readonly triggered: number[];
  /** The receipt could not be written, so the client was not given the end of its answer. */
  withheld: boolean;
};

export function openTrail(loaded: Loaded, header: (name: string) => string | undefined): Trail {
  return { loaded, traceparent: header("traceparent"), tracestate: header("tracestate"), said: [], triggered: [], withheld: false };
}
