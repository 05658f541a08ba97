import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Bound, Charge } from "../../../runtime/callers/index.ts";
import { workersOf } from "../../../compiler/cli/workers.ts";
import { createMemoryMeters } from "../../../runtime/callers/memory-meters.ts";
import { StoreError } from "../../../runtime/receipt/store.ts";
import { createMemoryStore } from "../../../runtime/receipt/stores/memory.ts";
import { createNearCharges, farMeters, farTaken, MOST_BOUNDS } from "../../../runtime/workers/far-meters.ts";
import { farStore, MOST_WAITING } from "../../../runtime/workers/far-store.ts";
import { Gone, openLine, type Line } from "../../../runtime/workers/line.ts";
import { FROM_PRIMARY, FROM_WORKER, readFrames, type Frame, type PrimaryAsk, type PrimaryTell, type WorkerAsk, type WorkerTell } from "../../../runtime/workers/messages.ts";
import { createPlaces } from "../../../runtime/workers/places.ts";
import { pack, unpack } from "../../../runtime/workers/wire.ts";
import { createRestarts } from "../../../runtime/workers/restart.ts";
import { fakeClock } from "../../support/clock.ts";
import { receipt as receiptOf } from "../../support/receipt.ts";

type Ends = { readonly answer: (ask: WorkerAsk) => Promise<unknown>; readonly hear?: (tell: WorkerTell) => void };

/** Both ends of a line, with texts in between as the processes have it. */
function pair({ answer, hear = () => undefined }: Ends) {
  const sent: (readonly Frame[])[] = [];
  let garbled = 0;
  const worker: Line<WorkerAsk, WorkerTell> = openLine<WorkerAsk, WorkerTell, PrimaryAsk, PrimaryTell>({
    from: FROM_PRIMARY,
    send(batch) {
      sent.push(batch);
      primary.receive(unpack(structuredClone(pack(batch))));
    },
    answer: () => Promise.resolve(null),
    hear: () => undefined,
    garbled: () => void (garbled += 1),
  });
  const primary = openLine<PrimaryAsk, PrimaryTell, WorkerAsk, WorkerTell>({
    from: FROM_WORKER,
    send: (batch) => worker.receive(unpack(structuredClone(pack(batch)))),
    answer,
    hear,
    garbled: () => void (garbled += 1),
  });
  return { worker, primary, sent, garbled: () => garbled };
}

describe("a line", () => {
  test("carries all receipts of one turn in one message, and answers each", async () => {
    const store = createMemoryStore();
    const { worker, sent } = pair({ answer: async (ask) => (ask.kind === "append" ? (await store.appendText(ask.note, ask.text), null) : null) });
    const far = farStore(worker);
    await Promise.all(Array.from({ length: 500 }, (_, n) => far.append(receiptOf(String(n)))));
    expect(sent.map((batch) => batch.length)).toEqual([500]);
    expect((await store.list({ limit: 1000 })).receipts).toHaveLength(500);
  });

  test("rejects as the store did, in its own words, and goes on", async () => {
    const { worker } = pair({ answer: (ask) => (ask.kind === "append" ? Promise.reject(new StoreError("not_written", "no room", "make some")) : Promise.resolve(null)) });
    const why = await farStore(worker).append(receiptOf("one")).catch((error: unknown) => error);
    expect(why).toBeInstanceOf(StoreError);
    expect(why).toMatchObject({ problem: "not_written", message: "no room", help: "make some" });
    expect(await worker.ask({ kind: "get", id: "x" })).toBe(null);
  });

  test("holds so many receipts and no more, says what it gives up, and takes more when there is room", async () => {
    const waiting: (() => void)[] = [];
    let lost = 0;
    const { worker } = pair({ answer: () => new Promise((resolve) => waiting.push(() => resolve(null))), hear: (tell) => void (lost += tell.kind === "lost" ? tell.count : 0) });
    const far = farStore(worker);
    const receipt = receiptOf("one");
    const first = Array.from({ length: MOST_WAITING }, () => far.append(receipt));
    await expect(far.append(receipt)).rejects.toMatchObject({ problem: "not_written" });
    await new Promise((resolve) => setImmediate(resolve));
    expect([waiting.length, lost]).toEqual([MOST_WAITING, 1]);
    for (const tell of waiting.splice(0)) tell();
    await Promise.all(first);
    const again = far.append(receipt);
    await new Promise((resolve) => setImmediate(resolve));
    waiting[0]!();
    await again;
  });

  test("that is cut rejects what waits and what is asked later, and answers nothing late", async () => {
    const { worker } = pair({ answer: () => new Promise(() => undefined) });
    const asked = worker.ask({ kind: "metrics" });
    worker.close("it ended");
    await expect(asked).rejects.toBeInstanceOf(Gone);
    await expect(worker.ask({ kind: "metrics" })).rejects.toBeInstanceOf(Gone);
  });

  test("takes an answer of another shape for none", async () => {
    const { worker } = pair({ answer: () => Promise.resolve(7) });
    await expect(worker.ask({ kind: "metrics" })).rejects.toThrow("the answer to `metrics` is none");
  });

  test.each<[unknown]>([
    ["text"], [{}], [[1]], [[{ is: "ask", n: 1, says: { kind: "append", note: {}, text: "{}" } }]], [[{ is: "ask", n: 1, says: { kind: "append", note: { id: "a" }, text: "{}\n{}" } }]], [[{ is: "ask", n: 1, says: { kind: "append", note: { id: "a" } } }]], [[{ is: "ask", says: { kind: "metrics" } }]], [[{ is: "tell", says: { kind: "metrics" } }]],
    [[{ is: "ask", n: 1, says: { kind: "toString" } }]], [[{ is: "tell", says: { kind: "leave", place: "1" } }]], [[{ is: "answer", n: 1 }]], [[{ is: "failed", n: 1, failed: {} }]], [[{ is: "else" }]], [[{ is: "ask", n: 1, says: { kind: "commit" } }]],
  ])("reads nothing of %j", (message) => {
    expect(readFrames(message, FROM_WORKER)).toBe(null);
    const { primary, garbled } = pair({ answer: () => Promise.resolve(null) });
    primary.receive(message);
    expect(garbled()).toBe(1);
  });
});

describe("meters at the other end of a line", () => {
  const bound: fc.Arbitrary<Bound> = fc.record({
    id: fc.constantFrom("a", "b", "c"), measure: fc.constantFrom("requests" as const, "tokens" as const, "cost" as const), per: fc.constantFrom("minute" as const, "day" as const, "month" as const),
    most: fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.constant(Number.POSITIVE_INFINITY)),
  }).filter(({ per, most }) => per !== "minute" || Number.isFinite(most)).map((one) => ({ ...one, id: `${one.id}/${one.measure}/${one.per}/${one.most}` }) as Bound);
  // As an allowance charges: what costs nobody knows how much is charged where there is an end to it.
  const charges = fc.array(fc.record({ bound, amount: fc.oneof(fc.integer({ min: 0, max: 600 }), fc.constant(Number.POSITIVE_INFINITY)) }).filter(({ bound: { most }, amount }) => Number.isFinite(amount) || Number.isFinite(most)), { minLength: 1, maxLength: 5 });
  const step = fc.record({ does: fc.constantFrom("take" as const, "correct" as const), charges });

  test("count and answer as meters at hand do", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const [near, far, charged] = [createMemoryMeters(), createMemoryMeters(), createNearCharges()];
        const { worker } = pair({
          async answer(ask) {
            if (ask.kind !== "take") return null;
            const all = charged.read(ask.charges);
            return farTaken(await far.take(all, ask.now), all);
          },
          hear(tell) {
            if (tell.kind === "bound") charged.introduce(tell.n, tell.bound);
            if (tell.kind === "correct") void far.correct(charged.read(tell.charges), tell.then, tell.now);
          },
        });
        const there = farMeters(worker);
        let now = 1_800_000_000_000;
        for (const { does, charges: all } of steps) {
          now += 1000;
          const finite: readonly Charge[] = all.filter(({ amount }) => does === "take" || Number.isFinite(amount));
          if (does === "correct") await Promise.all([near.correct(finite, now, now), there.correct(finite, now, now)]);
          else expect(await there.take(finite, now)).toEqual(await near.take(finite, now));
        }
      }),
      { numRuns: 60 },
    );
  });

  test("give nothing more to what comes a moment out of order", async () => {
    const rate: Bound = { id: "k", measure: "requests", per: "minute", most: 60_000 };
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 60 }), async (delays) => {
        const meters = createMemoryMeters();
        await meters.take([{ bound: rate, amount: 60_000 }], 1_800_000_000_000);
        let passed = 0;
        for (const late of delays) if ((await meters.take([{ bound: rate, amount: 1 }], 1_800_000_001_000 - late)).ok) passed += 1;
        // One a millisecond, and the last moment is 1,000 of them after the first.
        expect(passed).toBeLessThanOrEqual(1000);
        const left = (await meters.take([{ bound: rate, amount: 0 }], 1_800_000_001_000)).left[0]!.left;
        expect(left + passed).toBeLessThanOrEqual(1000);
      }),
    );
  });
});

describe("a bound", () => {
  test("is told of once, and all of them again when many have been told of", async () => {
    const charged = createNearCharges();
    const told: number[] = [];
    const used = new Map<string, number>();
    const { worker } = pair({
      answer: () => Promise.resolve(null),
      hear(tell) {
        if (tell.kind === "bound") {
          told.push(tell.n);
          charged.introduce(tell.n, tell.bound);
        }
        if (tell.kind === "correct") for (const { bound, amount } of charged.read(tell.charges)) used.set(bound.id, (used.get(bound.id) ?? 0) + amount);
      },
    });
    const there = farMeters(worker);
    const bounds = Array.from({ length: MOST_BOUNDS + 5 }, (_, n): Bound => ({ id: String(n), measure: "tokens", per: "day", most: 1 }));
    for (const bound of [...bounds, ...bounds.slice(-3), bounds[0]!]) await there.correct([{ bound, amount: 1 }], 0, 0);
    await new Promise((resolve) => setImmediate(resolve));
    expect([told.length, Math.max(...told), used.size]).toEqual([MOST_BOUNDS + 6, MOST_BOUNDS, MOST_BOUNDS + 5]);
    expect([used.get("0"), used.get("1"), used.get(String(MOST_BOUNDS + 4))]).toEqual([2, 1, 2]);
  });
});

describe("a receipt on its way", () => {
  const receipts = fc.record({ note: fc.string({ unit: "binary" }), text: fc.string({ unit: "binary" }) });

  test("arrives as the very text it was, with whatever else is said in its turn", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(receipts, fc.constant(null)), { maxLength: 6 }), (said) => {
        const batch = said.map((one, n): Frame => (one === null ? { is: "tell", says: { kind: "leave" } } : { is: "ask", n, says: { kind: "append", ...one } as never }));
        expect(unpack(structuredClone(pack(batch)))).toEqual(batch);
      }),
    );
  });

  test.each([[null], [[]], [["x"]], [[1]], [["{}"]], [["[null]", "text"]]])("is none in %j", (message) => {
    expect(readFrames(unpack(message), FROM_WORKER)).toBe(null);
  });
});

describe("places", () => {
  const enter = (place: number, places = 2) => ({ kind: "enter", place, bundle: "b", provider: "p", places, patience: 1000 }) as const;

  test("are given over all workers in the order they were asked for, and a dead worker's are free again", () => {
    const places = createPlaces(fakeClock());
    const heard: string[] = [];
    const ask = (worker: number, place: number) => places.enter(worker, enter(place), { admitted: () => heard.push(`${worker}/${place}`), gaveUp: () => heard.push(`${worker}/${place} gave up`) });
    ask(1, 1);
    ask(2, 1);
    ask(1, 2);
    ask(2, 2);
    ask(1, 3);
    expect(heard).toEqual(["1/1", "2/1"]);
    places.leave(2, 1);
    places.leave(2, 1);
    expect(heard).toEqual(["1/1", "2/1", "1/2"]);
    places.gone(1);
    ask(3, 1);
    expect(heard).toEqual(["1/1", "2/1", "1/2", "2/2", "3/1"]);
    ask(3, 2);
    expect(heard).toHaveLength(5);
  });

  test("are waited for as long as the worker says, and never held by more than there are, whatever dies", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom("enter", "leave", "gone", "wait"), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 6 })), { maxLength: 60 }), (steps) => {
        const clock = fakeClock();
        const places = createPlaces(clock);
        const inside = new Set<string>();
        const known = new Set<string>();
        for (const [does, worker, place] of steps) {
          const name = `${worker}/${place}`;
          if (does === "enter" && !known.has(name)) {
            known.add(name);
            places.enter(worker, enter(place), { admitted: () => inside.add(name), gaveUp: () => known.delete(name) });
          }
          if (does === "leave") {
            inside.delete(name);
            known.delete(name);
            places.leave(worker, place);
          }
          if (does === "gone") {
            for (const set of [inside, known]) for (const one of set) if (one.startsWith(`${worker}/`)) set.delete(one);
            places.gone(worker);
          }
          if (does === "wait") clock.advance(700);
          expect(inside.size).toBeLessThanOrEqual(2);
          // No place stays empty while somebody waits.
          expect(inside.size).toBe(Math.min(2, known.size));
        }
      }),
    );
  });
});

describe("a worker that died", () => {
  test("is replaced at once, in a loop ever later, and not at all where none gets as far as to serve", () => {
    const loop = createRestarts();
    expect(Array.from({ length: 12 }, () => loop.after({ served: true, lived: 50, others: 0 }))).toEqual([0, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
    expect(loop.after({ served: true, lived: 60_000, others: 1 })).toBe(0);
    const start = createRestarts();
    expect(Array.from({ length: 5 }, () => start.after({ served: false, lived: 50, others: 0 }))).toEqual([0, 100, 200, 400, null]);
    const beside = createRestarts();
    expect(Array.from({ length: 7 }, () => beside.after({ served: false, lived: 50, others: 1 })).at(-1)).toBe(3200);
  });
});

test.each([[1, 1], [2, 1], [3, 2], [8, 7], [1000, 128]])("`--workers auto` leaves a core to the primary: on %i cores it is %i", (cores, count) => {
  expect(workersOf({ text: () => "auto" }, cores)).toEqual({ ok: true, value: count });
});

test("one process loads nothing of what several need", () => {
  const source = readFileSync(new URL("../../../compiler/cli/workers.ts", import.meta.url), "utf8");
  expect([/^import .*#runtime\/workers/m.test(source), source.includes('await import("#runtime/workers")')]).toEqual([false, true]);
  expect(readFileSync(new URL("../../../runtime/index.ts", import.meta.url), "utf8")).not.toContain("workers/");
});
