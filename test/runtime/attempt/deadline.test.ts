import { describe, expect, test } from "vitest";
import { startDeadlines, type Limits } from "../../../runtime/attempt/deadline.ts";
import { fakeClock } from "../../support/clock.ts";

function start(over: Partial<Limits> = {}) {
  const clock = fakeClock();
  const expired: string[] = [];
  const deadlines = startDeadlines(clock, { connect: 10, firstToken: 30, idle: 20, total: 100, expired: (failure) => expired.push(`${failure.class} ${failure.code} at ${clock.elapsed()}`), ...over });
  return { clock, expired, deadlines };
}

describe("the deadlines of an attempt", () => {
  test("a connection that takes too long is a timeout", () => {
    const { clock, expired } = start();
    clock.advance(9);
    expect(expired).toEqual([]);
    clock.advance(1);
    expect(expired).toEqual(["timeout connect at 10"]);
    expect(clock.pending).toBe(0);
  });

  test("the first token's time runs from the start, not from the connection", () => {
    const { clock, expired, deadlines } = start();
    clock.advance(9);
    deadlines.connected();
    clock.advance(100);
    expect(expired).toEqual(["timeout first_token at 30"]);
    expect(clock.pending).toBe(0);
  });

  test("what is not content does not count as the first token", () => {
    const { clock, expired, deadlines } = start();
    deadlines.connected();
    for (let at = 0; at < 40; at += 5) {
      deadlines.heard("more");
      clock.advance(5);
    }
    expect(expired).toEqual(["timeout first_token at 30"]);
  });

  test("silence is measured from the last chunk, however many timers that takes", () => {
    const { clock, expired, deadlines } = start();
    deadlines.connected();
    clock.advance(5);
    deadlines.heard("first content");
    clock.advance(15);
    deadlines.heard("more");
    clock.advance(19);
    deadlines.heard("more");
    clock.advance(19);
    expect(expired).toEqual([]);
    clock.advance(1);
    expect(expired).toEqual(["timeout idle at 59"]);
    expect(clock.pending).toBe(0);
  });

  test("while the reader is paused silence is not the provider's", () => {
    const { clock, expired, deadlines } = start();
    deadlines.connected();
    deadlines.heard("first content");
    clock.advance(10);
    deadlines.pause();
    clock.advance(60);
    deadlines.resume();
    clock.advance(19);
    expect(expired).toEqual([]);
    clock.advance(1);
    expect(expired).toEqual(["timeout idle at 90"]);
  });

  test("a pause before the first token stops neither it nor the whole", () => {
    const { clock, expired, deadlines } = start({ firstToken: null });
    deadlines.connected();
    deadlines.pause();
    deadlines.heard("first content");
    clock.advance(99);
    expect(expired).toEqual([]);
    clock.advance(1);
    expect(expired).toEqual(["timeout total at 100"]);
    expect(clock.pending).toBe(0);
  });

  test("the whole is bounded, however lively the provider is", () => {
    const { clock, expired, deadlines } = start();
    deadlines.connected();
    deadlines.heard("first content");
    for (let at = 0; at < 30; at++) {
      clock.advance(5);
      deadlines.heard("more");
    }
    expect(expired).toEqual(["timeout total at 100"]);
  });

  test("once stopped nothing is left and nothing expires", () => {
    const { clock, expired, deadlines } = start();
    deadlines.connected();
    deadlines.heard("first content");
    deadlines.stop();
    deadlines.heard("more");
    deadlines.pause();
    deadlines.resume();
    expect(clock.pending).toBe(0);
    clock.advance(1000);
    expect(expired).toEqual([]);
  });
});
