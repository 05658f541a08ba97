// What a scrape says of what was counted, and of the processes that count.
import fc from "fast-check";
import { expect, test } from "vitest";
import { openVitals } from "../../../runtime/app/read-vitals.ts";
import { createMetrics, type Now } from "../../../runtime/operation/metrics.ts";
import { systemClock } from "../../../runtime/system-clock.ts";
import { fakeClock } from "../../support/clock.ts";
import { receipt } from "../../support/receipt.ts";

const NOW: Now = { inFlight: 0, spans: null, bundles: {}, workers: 1, restarts: 0, conversations: null, processes: {}, version: "" };
const valueOf = (text: string, line: string): string | undefined => text.split("\n").find((one) => one.startsWith(`${line} `))?.slice(line.length + 1);

test("dollars are the sum of what receipts say, to the millionth, whenever it was looked at meanwhile", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(5_000_000), fc.boolean()), { minLength: 1, maxLength: 30 }), async (costs) => {
      const metrics = createMetrics(() => NOW);
      let sum = 0;
      for (const [cost, looks] of costs) {
        metrics.watch.ended(receipt("r", { cost, caller: { key: { value: "k", source: "trusted_auth" } } }), true, null);
        sum += cost;
        if (looks) await metrics.text();
      }
      const text = await metrics.text();
      expect(valueOf(text, 'wardwright_key_cost_dollars_total{key="k"}')).toBe(String(sum / 1_000_000));
      // What is told twice is counted once.
      expect(await metrics.text()).toBe(text);
    }),
    { numRuns: 30 },
  );
});

test("how a process does is said by its name, and of one that is gone no more", async () => {
  const vitals = openVitals(systemClock);
  try {
    let names = ["primary", "worker-1"];
    const metrics = createMetrics(() => ({ ...NOW, restarts: 2, conversations: { turns: 3, bytes: 4096 }, processes: Object.fromEntries(names.map((name) => [name, vitals.read()])) }));
    const text = await metrics.text();
    for (const name of ["process_cpu_seconds_total", "process_resident_memory_bytes", "process_start_time_seconds", "nodejs_heap_size_used_bytes"]) {
      for (const process of names) expect(Number(valueOf(text, `${name}{process="${process}"}`))).toBeGreaterThan(0);
    }
    expect(valueOf(text, "wardwright_worker_restarts_total")).toBe("2");
    expect(valueOf(text, "wardwright_conversation_turns")).toBe("3");
    expect(valueOf(text, "wardwright_conversation_bytes")).toBe("4096");
    names = ["primary"];
    expect(await metrics.text()).not.toContain("worker-1");
  } finally {
    vitals.close();
  }
});

test("an event loop that was kept is told of by every reader for a while, and then no more", async () => {
  const clock = fakeClock();
  const vitals = openVitals(clock);
  try {
    const turn = () => new Promise((resolve) => void setTimeout(resolve, 60));
    await turn();
    const until = performance.now() + 300;
    while (performance.now() < until);
    await turn();
    for (let nth = 0; nth < 3; nth++) expect(vitals.read().lag!.max).toBeGreaterThan(150_000);
    clock.advance(30_000);
    expect(vitals.read().lag!.max).toBeGreaterThan(150_000);
    expect(vitals.read().lag!.max).toBeGreaterThan(150_000);
    clock.advance(30_000);
    vitals.read();
    expect(vitals.read().lag!.max).toBeLessThan(150_000);
  } finally {
    vitals.close();
  }
});
