// The deadlines of one attempt. In: what was reached so far. Out: at most one `expired`, of class `timeout`.
//
//   start ──connect──▶ connected
//   start ──first_token──────────────▶ first content ──idle──▶ chunk ──idle──▶ chunk …
//   start ──total───────────────────────────────────────────────────────────────▶ end
//
// A comment or an empty delta is not content, so a provider that only keeps the line open runs into `first_token`.
// While the reader is paused `idle` stands still: it is then the reader who is slow.
import type { Clock } from "../ports.ts";
import { tookTooLong } from "./outcome.ts";
import type { Failure } from "./upstream.ts";

/** Milliseconds; null where that deadline does not apply. */
export type Limits = {
  readonly connect: number;
  readonly firstToken: number | null;
  readonly idle: number | null;
  readonly total: number;
  expired(failure: Failure): void;
};

export type Deadlines = {
  connected(): void;
  heard(what: "first content" | "more"): void;
  pause(): void;
  resume(): void;
  stop(): void;
};

export function startDeadlines(clock: Clock, limits: Limits): Deadlines {
  let heardAt = 0;
  let flowing = false;
  let paused = false;
  let over = false;
  let takeBackIdle = nothing;

  const takeBackConnect = clock.after(limits.connect, () => expire("connect"));
  const takeBackFirst = limits.firstToken === null ? nothing : clock.after(limits.firstToken, () => expire("first_token"));
  const takeBackTotal = clock.after(limits.total, () => expire("total"));

  return {
    connected: takeBackConnect,
    heard(what) {
      if (over) return;
      // Re-arming a timer for every chunk costs more than reading the clock: the timer looks at `heardAt` when it rings.
      heardAt = clock.elapsed();
      if (what !== "first content" || flowing) return;
      takeBackFirst();
      flowing = true;
      if (!paused) watchIdle();
    },
    pause() {
      paused = true;
      takeBackIdle();
    },
    resume() {
      if (!paused) return;
      paused = false;
      heardAt = clock.elapsed();
      if (flowing && !over) watchIdle();
    },
    stop,
  };

  function watchIdle(): void {
    const idle = limits.idle;
    if (idle === null) return;
    const left = heardAt + idle - clock.elapsed();
    if (left <= 0) expire("idle");
    else takeBackIdle = clock.after(left, watchIdle);
  }

  function expire(which: "connect" | "first_token" | "idle" | "total"): void {
    if (over) return;
    stop();
    limits.expired(tookTooLong(which));
  }

  function stop(): void {
    over = true;
    takeBackConnect();
    takeBackFirst();
    takeBackIdle();
    takeBackTotal();
  }
}

function nothing(): void {}
