import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMemoryMeters } from "../../../runtime/callers/index.ts";
import type { Bound } from "../../../runtime/callers/index.ts";

const NOON = Date.UTC(2026, 2, 15, 12);
const rate = (most: number): Bound => ({ id: "k/requests_per_minute", measure: "requests", per: "minute", most });
const budget = (per: "day" | "month", most: number): Bound => ({ id: `k/cost_per_${per}`, measure: "cost", per, most });

describe("a rate", () => {
  test("in no minute, wherever it begins, lets through more than a burst and what came in that minute", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20 }), fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 60 }), async (most, gaps) => {
        const meters = createMemoryMeters();
        const passed: number[] = [];
        let now = NOON;
        for (const gap of gaps) {
          now += gap;
          if ((await meters.take([{ bound: rate(most), amount: 1 }], now)).ok) passed.push(now);
        }
        for (const from of passed) expect(passed.filter((at) => at >= from && at < from + 60_000).length).toBeLessThanOrEqual(most * 2);
      }),
      { numRuns: 100 },
    );
  });

  test("that refuses says how long, and then lets through", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1_000 }), fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 20 }), async (most, amounts) => {
        const meters = createMemoryMeters();
        let now = NOON;
        for (const amount of amounts.map((one) => Math.min(one, most))) {
          const charge = [{ bound: rate(most), amount }];
          const taken = await meters.take(charge, now);
          if (taken.ok) continue;
          expect((await meters.take(charge, now + taken.wait - 2)).ok && taken.wait > 60_000 / most + 2).toBe(false);
          now += taken.wait;
          expect((await meters.take(charge, now)).ok).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });

  test("pays back what came out dearer, before it lets through more", async () => {
    const meters = createMemoryMeters();
    const bound = { ...rate(60), measure: "tokens" } as Bound;
    await meters.take([{ bound, amount: 60 }], NOON);
    await meters.correct([{ bound, amount: 60 }], NOON, NOON);
    expect(await meters.take([{ bound, amount: 1 }], NOON)).toMatchObject({ ok: false, wait: 61_000 });
  });
});

describe("a budget", () => {
  test("is never passed by what was taken, in whatever order things are taken and given back", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 500 }), fc.array(fc.tuple(fc.integer({ min: 0, max: 200 }), fc.double({ min: 0, max: 1, noNaN: true })), { maxLength: 40 }), async (most, requests) => {
        const meters = createMemoryMeters();
        const bound = budget("day", most);
        let used = 0;
        for (const [worst, share] of requests) {
          if (!(await meters.take([{ bound, amount: worst }], NOON)).ok) {
            expect(used + worst).toBeGreaterThan(most);
            continue;
          }
          const real = Math.floor(worst * share);
          await meters.correct([{ bound, amount: real - worst }], NOON, NOON);
          used += real;
          expect(used).toBeLessThanOrEqual(most);
        }
      }),
      { numRuns: 100 },
    );
  });

  test("is whole again when its day or month of UTC is over, and says when that is", async () => {
    for (const [per, end] of [["day", Date.UTC(2026, 2, 16)], ["month", Date.UTC(2026, 3, 1)]] as const) {
      const meters = createMemoryMeters();
      const charge = [{ bound: budget(per, 10), amount: 10 }];
      expect((await meters.take(charge, NOON)).ok).toBe(true);
      expect(await meters.take(charge, NOON)).toMatchObject({ ok: false, wait: end - NOON });
      expect((await meters.take(charge, end - 1)).ok).toBe(false);
      expect((await meters.take(charge, end)).ok).toBe(true);
    }
  });

  test("of a period that is over takes nothing back into the next", async () => {
    const meters = createMemoryMeters();
    const bound = budget("day", 10);
    const tomorrow = NOON + 86_400_000;
    await meters.take([{ bound, amount: 10 }], NOON);
    await meters.take([{ bound, amount: 10 }], tomorrow);
    await meters.correct([{ bound, amount: -10 }], NOON, tomorrow);
    expect((await meters.take([{ bound, amount: 1 }], tomorrow)).ok).toBe(false);
  });

  test("does not open again when the clock is set back", async () => {
    const meters = createMemoryMeters();
    const charge = [{ bound: budget("day", 10), amount: 10 }];
    await meters.take(charge, NOON);
    expect((await meters.take(charge, NOON - 86_400_000)).ok).toBe(false);
  });
});

test("of several bounds all are taken or none, and the one that lasts longest is named", async () => {
  const meters = createMemoryMeters();
  const free = rate(5);
  const [day, month] = [budget("day", 10), budget("month", 10)];
  expect(await meters.take([{ bound: free, amount: 1 }, { bound: day, amount: 11 }, { bound: month, amount: 11 }], NOON)).toMatchObject({ ok: false, bound: month });
  expect(await meters.take([{ bound: free, amount: 5 }, { bound: day, amount: 10 }], NOON)).toMatchObject({ ok: true, left: [{ left: 0 }, { left: 0 }] });
});
