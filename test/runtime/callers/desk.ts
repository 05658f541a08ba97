// A gateway with keys whose time a test holds in its hand; clients reach it by `fetch`, without a socket.
import type { KeysFile, Receipt } from "#contracts";
import { createGateway, openCallers, openUpstreams, resolveSettings, type Callers } from "#runtime";
import { createMemoryStore } from "../../../runtime/receipt/stores/memory.ts";
import type { ReceiptStore } from "../../../runtime/receipt/store.ts";
import { fakeClock, fixedChance, type FakeClock } from "../../support/clock.ts";
import { loadedFrom } from "../gateway/harness.ts";
import type { MadeKey } from "./keys.ts";

export type Desk = {
  readonly clock: FakeClock;
  readonly store: ReceiptStore;
  readonly callers: Callers;
  chat(key: MadeKey, body?: object, headers?: Readonly<Record<string, string>>): Promise<Response>;
  receipts(): Promise<readonly Receipt[]>;
};

export type DeskOptions = { readonly policy: string; readonly file: KeysFile; readonly store?: ReceiptStore; readonly clock?: FakeClock };

/** Noon of a day in the middle of a month. */
export const NOON = Date.UTC(2026, 2, 15, 12);

export async function deskFor({ policy, file, store = createMemoryStore(), clock = fakeClock(NOON) }: DeskOptions): Promise<Desk> {
  const loaded = loadedFrom(policy);
  const opened = await openCallers({ file, loaded, clock, store });
  if (!opened.ok) throw new Error(opened.problems.map((one) => `${one.message}: ${one.help}`).join("\n"));
  const settings = resolveSettings(loaded.policy, () => undefined);
  if (!settings.ok) throw new Error("the policy has settings that are not there");
  let ids = 0;
  // Two gateways may write to one store, so that ids are the clock's and not only a count.
  const chance = { ...fixedChance(), id: () => `id${clock.now()}x${ids++}` };
  const gateway = createGateway({ loaded, ports: { clock, chance }, store, upstreams: openUpstreams({ settings: settings.providers, clock }), callers: opened.callers });
  return {
    clock,
    store,
    callers: opened.callers,
    chat: (key, body, headers) =>
      Promise.resolve(
        gateway.fetch(
          new Request("http://localhost/v1/chat/completions", { method: "POST", headers: { "content-type": "application/json", "x-api-key": key.secret, ...headers }, body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "hi" }], ...body }) }),
        ),
      ),
    receipts: async () => (await store.list({ limit: 1000 })).receipts.toReversed(),
  };
}
