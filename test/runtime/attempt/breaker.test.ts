import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FailureClass } from "#contracts";
import { createBreakers, type Verdict } from "../../../runtime/attempt/breaker.ts";
import type { Failure } from "../../../runtime/attempt/index.ts";
import { fakeClock } from "../../support/clock.ts";
import { aProvider, aTarget } from "./harness.ts";

const failure = (itsClass: FailureClass): Failure => ({ class: itsClass, status: null, message: "x", retryAfter: null, code: null });
const FAULTS = ["overloaded", "timeout", "unavailable", "malformed", "truncated"] as const;

function open(failures = 2, cooldown = 100) {
  const clock = fakeClock();
  const breakers = createBreakers(clock);
  const provider = aProvider({ breaker: { failures, cooldown } });
  return { clock, ask: (target = aTarget()) => breakers.ask(provider, target) };
}

function run(ask: ReturnType<typeof open>["ask"], verdict: Verdict): void {
  const admission = ask();
  if (admission.kind !== "admitted") throw new Error("refused");
  admission.settle(verdict);
}

describe("the breaker", () => {
  test("faults in a row open it, and what opened it is what a spared call fails with", () => {
    const { clock, ask } = open();
    run(ask, failure("timeout"));
    run(ask, failure("overloaded"));
    clock.advance(40);
    expect(ask()).toMatchObject({ kind: "refused", failure: { class: "overloaded", retryAfter: 60 } });
  });

  test("an answer between two faults keeps it closed", () => {
    const { ask } = open();
    for (const verdict of [failure("timeout"), "worked", failure("timeout"), failure("bad_request"), failure("timeout")] as const) run(ask, verdict);
    expect(ask().kind).toBe("admitted");
  });

  test.each(["rate_limit", "auth", "bad_request", "context_exceeded", "refused"] as const)("%s is no fault of the provider's health", (itsClass) => {
    const { ask } = open(1);
    for (let i = 0; i < 5; i++) run(ask, failure(itsClass));
    expect(ask().kind).toBe("admitted");
  });

  test.each(FAULTS)("%s is a fault", (itsClass) => {
    const { ask } = open(1);
    run(ask, failure(itsClass));
    expect(ask().kind).toBe("refused");
  });

  test("after the cooldown one call probes and the others still wait", () => {
    const { clock, ask } = open(1);
    run(ask, failure("timeout"));
    clock.advance(100);
    const probe = ask();
    expect(probe.kind).toBe("admitted");
    expect(ask().kind).toBe("refused");
    if (probe.kind === "admitted") probe.settle("worked");
    expect(ask().kind).toBe("admitted");
    expect(ask().kind).toBe("admitted");
  });

  test("a probe that fails opens it again for the whole cooldown", () => {
    const { clock, ask } = open(3);
    for (let i = 0; i < 3; i++) run(ask, failure("timeout"));
    clock.advance(100);
    run(ask, failure("unavailable"));
    clock.advance(99);
    expect(ask()).toMatchObject({ kind: "refused", failure: { class: "unavailable", retryAfter: 1 } });
    clock.advance(1);
    expect(ask().kind).toBe("admitted");
  });

  test("a probe that tells nothing leaves the next call to probe", () => {
    const { clock, ask } = open(1);
    run(ask, failure("timeout"));
    clock.advance(100);
    run(ask, "unknown");
    const probe = ask();
    expect(probe.kind).toBe("admitted");
    expect(ask().kind).toBe("refused");
  });

  test("calls that were under way when it opened do not stretch the cooldown", () => {
    const { clock, ask } = open(1);
    const early = ask();
    run(ask, failure("timeout"));
    clock.advance(60);
    if (early.kind === "admitted") early.settle(failure("timeout"));
    clock.advance(40);
    expect(ask().kind).toBe("admitted");
  });

  test("each target has its own, and a provider without one is never spared", () => {
    const { ask } = open(1);
    run(ask, failure("timeout"));
    expect(ask(aTarget({ id: "target:two" })).kind).toBe("admitted");
    const free = createBreakers(fakeClock());
    for (let i = 0; i < 9; i++) {
      const admission = free.ask(aProvider({ breaker: null }), aTarget());
      if (admission.kind === "admitted") admission.settle(failure("timeout"));
    }
    expect(free.ask(aProvider({ breaker: null }), aTarget()).kind).toBe("admitted");
  });

  test("one call after another, it refuses exactly while a model of it would", () => {
    const step = fc.oneof(fc.constantFrom<Verdict>("worked", "unknown", failure("timeout"), failure("rate_limit")), fc.integer({ min: 1, max: 80 }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 40 }), (failures, steps) => {
        const { clock, ask } = open(failures, 100);
        let inARow = 0;
        let until = -1;
        for (const step of steps) {
          if (typeof step === "number") {
            clock.advance(step);
            continue;
          }
          const admission = ask();
          expect(admission.kind).toBe(clock.elapsed() < until ? "refused" : "admitted");
          if (admission.kind === "refused") continue;
          admission.settle(step);
          if (step === "worked") [inARow, until] = [0, -1];
          else if (step !== "unknown" && step.class === "timeout") inARow += 1;
          if (step !== "worked" && step !== "unknown" && step.class === "timeout" && inARow >= failures) until = clock.elapsed() + 100;
        }
      }),
    );
  });
});
