// The vitals of this process, for whoever runs a gateway in it.
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Clock } from "../ports.ts";
import type { Vitals } from "../operation/vitals.ts";

export type VitalsReader = { read(): Vitals; close(): void };

/** Milliseconds between two looks at the event loop. What it measures is how late they were, beyond that. */
const LOOK = 20;
/** Of the windows that it is told for, in milliseconds. */
const WINDOW = 30_000;

/**
 * Several read them, each in its own time: so no reader begins the count anew. It begins anew by the clock, and what is told
 * is the worse of the window under way and the one before, as one that has just begun knows nothing.
 */
export function openVitals(clock: Pick<Clock, "elapsed" | "now">): VitalsReader {
  const delays = monitorEventLoopDelay({ resolution: LOOK });
  delays.enable();
  const started = Math.round(clock.now() - process.uptime() * 1000);
  let began = clock.elapsed();
  let before = { p99: 0, max: 0 };
  return {
    read() {
      const { user, system } = process.cpuUsage();
      const { rss, heapUsed } = process.memoryUsage();
      const now = delays.count === 0 ? { p99: 0, max: 0 } : { p99: late(delays.percentile(99)), max: late(delays.max) };
      const lag = { p99: Math.max(before.p99, now.p99), max: Math.max(before.max, now.max) };
      if (clock.elapsed() - began >= WINDOW) {
        before = now;
        began = clock.elapsed();
        delays.reset();
      }
      return { cpu: user + system, resident: rss, heap: heapUsed, started, lag };
    },
    close: () => void delays.disable(),
  };
}

function late(nanoseconds: number): number {
  return Math.max(0, Math.round(nanoseconds / 1000) - LOOK * 1000);
}
