// Bundles that are swapped while requests are under way.
import { bundleText } from "#compiler";
import { createGateway } from "#runtime";
import { describe, expect, test } from "vitest";
import { createMemoryStore } from "../../../runtime/receipt/stores/memory.ts";
import type { Upstreams } from "../../../runtime/attempt/index.ts";
import { fixedChance, realClock } from "../../support/clock.ts";
import { chatEvents, completion } from "../../support/upstream-server.ts";
import { gatewayFor, loadedFrom, mockModel, streamed, targetsAt, upstream, type TestGateway } from "./harness.ts";

const SLOW = mockModel([["slowly ", { wait: 150 }, "to the end"]], "model m { route = t }");
const FAST = mockModel([["at once"]], "model m { route = t }");
const [slow, fast] = [loadedFrom(SLOW), loadedFrom(FAST)];

const admin = async (gateway: TestGateway, path: string, init?: RequestInit) => {
  const response = await fetch(`${gateway.url}/admin/bundles${path}`, init);
  return { status: response.status, body: (await response.json()) as { readonly active?: unknown; readonly previous?: unknown; readonly swapped?: boolean; readonly error?: { readonly code: string; readonly message: string } } };
};
const post = (text: string, headers: Record<string, string> = { "content-type": "application/json" }): RequestInit => ({ method: "POST", body: text, headers });

describe("a swap", () => {
  test("leaves a request under way on the bundle it began with, and the next one is on the new", async () => {
    const gateway = await gatewayFor(SLOW);
    const first = await gateway.chat({ model: "m", stream: true });
    const reading = streamed(first);
    expect(await admin(gateway, "", post(bundleText(fast.bundle)))).toEqual({ status: 200, body: { swapped: true, active: fast.digest, previous: slow.digest } });
    expect(await streamed(await gateway.chat({ model: "m", stream: true }))).toMatchObject({ text: "at once", done: true });
    expect(await reading).toMatchObject({ text: "slowly to the end", done: true });
    expect((await gateway.receipts()).map((receipt) => [receipt.bundle, receipt.status])).toEqual([[fast.digest, "completed"], [slow.digest, "completed"]]);
  });

  test("is undone by a rollback, and a rollback by another", async () => {
    const gateway = await gatewayFor(SLOW);
    expect(await admin(gateway, "/rollback", { method: "POST" })).toMatchObject({ status: 422, body: { error: { code: "bundle_refused", message: expect.stringContaining("no bundle to go back to") } } });
    await admin(gateway, "", post(bundleText(fast.bundle)));
    expect((await admin(gateway, "/rollback", { method: "POST" })).body).toEqual({ swapped: true, active: slow.digest, previous: fast.digest });
    expect((await admin(gateway, "/rollback", { method: "POST" })).body).toEqual({ swapped: true, active: fast.digest, previous: slow.digest });
    expect((await admin(gateway, "")).body).toEqual({ active: { digest: fast.digest, entry: "test.ward" }, previous: { digest: slow.digest, entry: "test.ward" }, canary: null, shadow: null });
  });

  test("to the bundle that is served already changes nothing", async () => {
    const gateway = await gatewayFor(SLOW);
    expect((await admin(gateway, "", post(bundleText(slow.bundle)))).body).toEqual({ swapped: false, active: slow.digest });
    expect((await admin(gateway, "")).body.previous).toBeNull();
  });

  const lacking = bundleText(loadedFrom(`${targetsAt({ a: "http://127.0.0.1:1" }).replace("timeout", "key = env(MISSING_KEY)  timeout")}\nmodel m { route = a }`).bundle);
  test.each([
    ["no JSON", "{", "it is not JSON"],
    ["a bundle that was changed", bundleText(fast.bundle).replace("at once", "at twice"), "changed after it was built"],
    ["a bundle whose provider lacks its key", lacking, "`MISSING_KEY` is not set"],
  ])("to %s is refused, and the old bundle stays", async (_, text, why) => {
    const gateway = await gatewayFor(FAST);
    expect(await admin(gateway, "", post(text))).toMatchObject({ status: 422, body: { error: { code: "bundle_refused", message: expect.stringContaining(why) } } });
    expect((await admin(gateway, "")).body).toMatchObject({ active: { digest: fast.digest }, previous: null });
    expect((await streamed(await gateway.chat({ model: "m", stream: true }))).text).toBe("at once");
  });

  test("is never made for a web page, whichever way it asks", async () => {
    const gateway = await gatewayFor(FAST);
    for (const headers of [{ origin: "https://example.com" }, { "sec-fetch-site": "cross-site" }, { origin: "null" }]) {
      expect(await admin(gateway, "", post(bundleText(slow.bundle), headers as Record<string, string>))).toMatchObject({ status: 403, body: { error: { code: "cross_origin" } } });
    }
    expect((await admin(gateway, "")).body).toMatchObject({ active: { digest: fast.digest } });
  });

  test("closes the old connections when their last request is over, and not before", async () => {
    const told: string[] = [];
    const opened = (name: string, wait: Promise<void>): Upstreams => ({
      close: () => Promise.resolve(void told.push(`${name} closed`)),
      start(_, sink) {
        void wait.then(() => {
          sink.connected();
          sink.opened(200, null);
          sink.chunk({ protocol: "chat", raw: { id: "c", choices: [{ index: 0, delta: { content: name }, finish_reason: null }] }, parts: [{ kind: "text", choice: 0, text: name }] });
          sink.ended();
        });
        return { abort() {}, pause() {}, resume() {} };
      },
    });
    const gate = Promise.withResolvers<void>();
    const gateway = createGateway({
      loaded: slow,
      ports: { clock: realClock(), chance: fixedChance() },
      store: createMemoryStore(),
      upstreams: opened("old", gate.promise),
      open: () => ({ ok: true, upstreams: opened("new", Promise.resolve()) }),
    });
    const ask = () => gateway.fetch(new Request("http://gateway/v1/chat/completions", { method: "POST", body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "hi" }] }), headers: { "content-type": "application/json" } }));
    const first = ask();
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(gateway.bundles.swap(fast).kind).toBe("swapped");
    expect(await (await ask()).text()).toContain('"new"');
    expect(told).toEqual([]);
    gate.resolve();
    expect(await (await first).text()).toContain('"old"');
    await gateway.close();
    expect(told).toEqual(["old closed", "new closed"]);
  });

  test("a hundred times under load fails no request and leaves no call behind", async () => {
    const a = await upstream((seen) => (seen.body["stream"] === true ? { does: "stream", events: chatEvents(["one ", "two ", "three"]) } : { does: "json", body: completion("one two three") }));
    const policies = [1, 2].map((n) => loadedFrom(`${targetsAt({ a })}\nmodel m { route = a  aliases = ["n${n}"] }`));
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    let over = false;
    let served = 0;
    const client = async (stream: boolean): Promise<void> => {
      // oxlint-disable-next-line no-unmodified-loop-condition -- the swaps below end it
      while (!over) {
        const response = await gateway.chat({ model: "m", stream });
        expect(response.status).toBe(200);
        const text = stream ? (await streamed(response)).text : ((await response.json()) as { choices: { message: { content: string } }[] }).choices[0]!.message.content;
        expect(text).toBe("one two three");
        served++;
      }
    };
    const clients = Promise.all([true, false, true, false, true, false].map(client));
    for (let n = 0; n < 100; n++) {
      expect((await admin(gateway, "", post(bundleText(policies[n % 2]!.bundle)))).status).toBe(200);
      // Between two swaps some request is answered, so each falls into the middle of others.
      const seen = served;
      await expect.poll(() => served, { interval: 1 }).toBeGreaterThan(seen);
    }
    over = true;
    await clients;
    const receipts = await gateway.receipts();
    expect(receipts.every((receipt) => receipt.status === "completed")).toBe(true);
    expect(policies.every(({ digest }) => receipts.some((receipt) => receipt.bundle === digest))).toBe(true);
    await gateway.close();
    expect(a.seen.every((one) => !one.aborted)).toBe(true);
  });
});
