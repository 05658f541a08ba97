import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LONGEST_TIMER, systemClock } from "../../runtime/system-clock.ts";

const DAY = 24 * 60 * 60 * 1000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test.each([0, 1, 250, LONGEST_TIMER - 1, LONGEST_TIMER, LONGEST_TIMER + 1, 30 * DAY, 100 * DAY])("a wait of %i ms ends once, when it is over and not before", (ms) => {
  const rung = vi.fn<() => void>();
  systemClock.after(ms, rung);
  // Fake timers keep the platform's bound: what is set for longer would ring at once.
  if (ms > 0) vi.advanceTimersByTime(ms - 1);
  expect(rung).toHaveBeenCalledTimes(0);
  vi.advanceTimersByTime(1);
  expect(rung).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(200 * DAY);
  expect(rung).toHaveBeenCalledTimes(1);
});

test.each([0, 1, 26, 60])("a wait that is taken back on day %i never ends", (day) => {
  const rung = vi.fn<() => void>();
  const takeBack = systemClock.after(90 * DAY, rung);
  vi.advanceTimersByTime(day * DAY);
  takeBack();
  vi.advanceTimersByTime(200 * DAY);
  expect(rung).toHaveBeenCalledTimes(0);
});
