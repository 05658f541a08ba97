import * as fc from "fast-check";
import { expect, test } from "vitest";
import { planRetry, type Failure } from "../../../runtime/attempt/index.ts";
import { fixedChance } from "../../support/clock.ts";

const failure = (over: Partial<Failure> = {}): Failure => ({ class: "overloaded", status: 503, message: "x", retryAfter: null, code: null, ...over });
const plan = (retryAfter: number, left: number) => planRetry(failure({ retryAfter }), BACKOFF, { nth: 0, left, chance: fixedChance() });
const BACKOFF = { from: 200, to: 5000 };

test.each([
  [0, 0, 100],
  [0, 0.5, 150],
  [1, 0, 200],
  [1, 1, 400],
  [4, 1, 3200],
  [5, 1, 5000],
  [50, 1, 5000],
])("retry %i with chance %f waits %i ms", (nth, chance, wait) => {
  expect(planRetry(failure(), BACKOFF, { nth, left: 60_000, chance: fixedChance(chance) })).toBe(wait);
});

test("what the provider asked for is obeyed where it ends within the wall limit, else the step moves on", () => {
  expect(plan(7000, 60_000)).toBe(7000);
  expect(plan(7000, 7000)).toBeNull();
  expect(plan(10, 60_000)).toBe(150);
});

test("a call the breaker spared is not waited for", () => {
  expect(planRetry(failure({ code: "breaker_open", retryAfter: 5 }), BACKOFF, { nth: 0, left: 60_000, chance: fixedChance() })).toBeNull();
});

test("a wait is never shorter than asked, never beyond the wall, and between half and all of the backoff otherwise", () => {
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.nat(40), fc.nat(10_000), fc.nat(100_000), fc.option(fc.nat(100_000)), fc.nat(200_000), chance, (nth, from, more, retryAfter, left, luck) => {
      const wait = planRetry(failure({ retryAfter }), { from, to: from + more }, { nth, left, chance: fixedChance(luck) });
      const whole = Math.min(from + more, from * 2 ** Math.min(nth, 30));
      const least = Math.max(Math.floor(whole / 2), retryAfter ?? 0);
      const most = Math.max(whole, retryAfter ?? 0);
      expect(wait === null ? most >= left : wait < left && wait >= least && wait <= most).toBe(true);
    }),
  );
});
