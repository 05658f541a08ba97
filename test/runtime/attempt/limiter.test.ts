import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLimiters, type Place } from "../../../runtime/attempt/limiter.ts";
import { fakeClock } from "../../support/clock.ts";
import { aProvider } from "./harness.ts";

function open(concurrency: number | null, patience = 50) {
  const clock = fakeClock();
  const limiters = createLimiters(clock);
  const provider = aProvider({ limit: { concurrency }, timeout: { connect: patience, first_token: 1, idle: 1, total: 1 } });
  const log: string[] = [];
  const enter = (name: string): Place => limiters.enter(provider, { admitted: () => log.push(`${name} in`), gaveUp: () => log.push(`${name} gave up`) });
  return { clock, log, enter };
}

describe("a provider's places", () => {
  test("as many as there are places go in, the others in the order they came", () => {
    const { log, enter } = open(1);
    const a = enter("a");
    enter("b");
    enter("c");
    expect(log).toEqual(["a in"]);
    a.leave();
    a.leave();
    expect(log).toEqual(["a in", "b in"]);
  });

  test("who waits too long gives up and is not let in later", () => {
    const { clock, log, enter } = open(1);
    const a = enter("a");
    enter("b");
    clock.advance(30);
    enter("c");
    clock.advance(20);
    a.leave();
    expect(log).toEqual(["a in", "b gave up", "c in"]);
    expect(clock.pending).toBe(0);
  });

  test("who leaves the queue is not let in", () => {
    const { clock, log, enter } = open(1);
    const a = enter("a");
    enter("b").leave();
    a.leave();
    clock.advance(100);
    expect(log).toEqual(["a in"]);
    expect(clock.pending).toBe(0);
  });

  test("without a limit all go in", () => {
    const { clock, log, enter } = open(null);
    for (const name of ["a", "b", "c"]) enter(name);
    expect(log).toEqual(["a in", "b in", "c in"]);
    expect(clock.pending).toBe(0);
  });

  test("there are never more inside than places, and no place is lost", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.array(fc.oneof(fc.constant("enter" as const), fc.nat(5), fc.record({ advance: fc.nat(30) })), { maxLength: 40 }), (concurrency, steps) => {
        const { clock, log, enter } = open(concurrency);
        const places: Place[] = [];
        const left = new Set<number>();
        for (const step of steps) {
          if (step === "enter") places.push(enter(String(places.length)));
          else if (typeof step === "object") clock.advance(step.advance);
          else if (step < places.length) {
            left.add(step);
            places[step]!.leave();
          }
          const inside = log.filter((line) => line.endsWith(" in") && !left.has(Number.parseInt(line, 10))).length;
          expect(inside).toBeLessThanOrEqual(concurrency);
        }
        for (const place of places) place.leave();
        log.length = 0;
        for (let i = 0; i < concurrency; i++) enter("fresh");
        expect(log).toHaveLength(concurrency);
      }),
    );
  });
});
