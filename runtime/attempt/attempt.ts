// One attempt on one target. In: a call. Out: its events and what was measured. True afterwards: at most one end was
// told, no timer of it is left, its place in the provider's limit is free, and its breaker has heard how it went.
//
//   breaker ─▶ limiter ─▶ provider ─▶ deadlines ─▶ sink
//
// A client that hangs up says nothing of the provider, so `abort()` never counts against the breaker.
import type { Clock } from "../ports.ts";
import { createBreakers, type Verdict } from "./breaker.ts";
import { startDeadlines, type Deadlines } from "./deadline.ts";
import { createLimiters, type Limiters, type Place } from "./limiter.ts";
import { startMeter, type Measured } from "./measured.ts";
import { tooBusy } from "./outcome.ts";
import type { Failure, Upstream, UpstreamCall, UpstreamSink, UpstreamStart } from "./upstream.ts";

/** `timeout` is the step's own limit for the whole attempt in milliseconds; null leaves the provider's `total`. */
export type AttemptCall = UpstreamCall & { readonly timeout: number | null };

/** As `UpstreamSink`, in the same order. Nothing is called before `startAttempt` has returned, nor after `abort()`. */
export type AttemptSink = Omit<UpstreamSink, "connected">;

export type Attempt = Upstream & {
  /** What is known so far; final once the attempt has ended, failed or was aborted. */
  measured(): Measured;
};

export type StartAttempt = (call: AttemptCall, sink: AttemptSink) => Attempt;

/** Breakers and limits live as long as the function that is returned: one per loaded bundle. `limiters` may be kept elsewhere. */
export function createAttempts(world: { readonly start: UpstreamStart; readonly clock: Clock; readonly limiters?: Limiters | undefined }): StartAttempt {
  const breakers = createBreakers(world.clock);
  const limiters = world.limiters ?? createLimiters(world.clock);

  return (call, sink) => {
    const meter = startMeter(() => world.clock.elapsed());
    const admission = breakers.ask(call.provider, call.target);
    let over = false;
    let paused = false;
    let answered = false;
    let upstream: Upstream | null = null;
    let deadlines: Deadlines | null = null;

    let place: Place | null = null;

    if (admission.kind === "admitted") place = limiters.enter(call.provider, { admitted: begin, gaveUp: () => fail(tooBusy()) });
    else queueMicrotask(() => fail(admission.failure));

    return {
      abort() {
        if (!finish(answered ? "worked" : "unknown")) return;
        upstream?.abort();
      },
      pause() {
        paused = true;
        deadlines?.pause();
        upstream?.pause();
      },
      resume() {
        paused = false;
        deadlines?.resume();
        upstream?.resume();
      },
      measured: () => meter.read(),
    };

    function begin(): void {
      meter.started();
      deadlines = startDeadlines(world.clock, { ...limitsOf(call), expired: expire });
      upstream = world.start(call, {
        connected: () => deadlines?.connected(),
        opened(status, requestId) {
          if (over) return;
          deadlines?.connected();
          meter.opened(status, requestId);
          sink.opened(status, requestId);
        },
        chunk(chunk) {
          if (over) return;
          const first = meter.chunk(chunk);
          if (first) answered = true;
          deadlines?.heard(first ? "first content" : "more");
          sink.chunk(chunk);
        },
        ended() {
          if (finish("worked")) sink.ended();
        },
        failed: fail,
      });
      if (over) upstream.abort();
      else if (paused) {
        deadlines.pause();
        upstream.pause();
      }
    }

    function expire(failure: Failure): void {
      // A reader who let the answer wait for minutes is not the provider's slowness.
      if (!finish(paused ? "unknown" : failure)) return;
      upstream?.abort();
      sink.failed(failure);
    }

    function fail(failure: Failure): void {
      if (finish(meter.read().started ? failure : "unknown")) sink.failed(failure);
    }

    /** False where the attempt was over already. INVARIANT (one end): every way out passes here exactly once. */
    function finish(verdict: Verdict): boolean {
      if (over) return false;
      over = true;
      deadlines?.stop();
      meter.end();
      place?.leave();
      if (admission.kind === "admitted") admission.settle(verdict);
      return true;
    }
  };
}

// A unary answer has no first token and no pauses: it arrives whole, so only `connect` and `total` can bound it.
function limitsOf(call: AttemptCall): { readonly connect: number; readonly firstToken: number | null; readonly idle: number | null; readonly total: number } {
  const { connect, first_token, idle, total } = call.provider.timeout;
  return { connect, firstToken: call.stream ? first_token : null, idle: call.stream ? idle : null, total: call.timeout ?? total };
}
