// Clients that leave, on every surface and over every wire: the upstream is let go, and the receipt says who ended it.
import { describe, expect, test } from "vitest";
import type { Receipt } from "#contracts";
import { createMemoryStore } from "../../runtime/receipt/stores/memory.ts";
import type { ReceiptStore } from "../../runtime/receipt/store.ts";
import type { Answer } from "../support/upstream-server.ts";
import { gatewayFor, upstream } from "./gateway/harness.ts";
import { WIRES, type Wire } from "./matrix-wires.ts";
import { PATHS, question, SURFACES } from "./surfaces-harness.ts";

type Moment = { readonly name: string; readonly stream: boolean; answers(wire: Wire): readonly Answer[]; readonly reads: boolean; readonly outcomes: readonly string[] };

const events = (body: string, then: "hang" | "cut"): Answer => ({ does: "raw", headers: { "content-type": "text/event-stream" }, body, then });

const MOMENTS: readonly Moment[] = [
  { name: "before anything", stream: true, answers: () => [{ does: "hangs" }], reads: false, outcomes: ["cancelled"] },
  { name: "behind the upstream's head", stream: true, answers: () => [{ does: "hangs after head" }], reads: false, outcomes: ["cancelled"] },
  { name: "in mid-stream", stream: true, answers: (wire) => [events(wire.frames(wire.open(["so ", "far"])), "hang")], reads: true, outcomes: ["cancelled"] },
  { name: "while a whole answer is awaited", stream: false, answers: () => [{ does: "hangs" }], reads: false, outcomes: ["cancelled"] },
  { name: "while half of a whole answer is there", stream: false, answers: () => [{ does: "raw", body: '{"id":', headers: { "content-type": "application/json" }, then: "hang" }], reads: false, outcomes: ["cancelled"] },
  { name: "while a second upstream is awaited", stream: true, answers: () => [{ does: "fails", status: 503 }, { does: "hangs" }], reads: false, outcomes: ["overloaded", "cancelled"] },
  { name: "while a second upstream goes on", stream: true, answers: (wire) => [events(wire.frames(wire.open(["so ", "far"])), "cut"), { does: "hangs" }], reads: true, outcomes: ["truncated", "cancelled"] },
];

describe.each(Object.values(WIRES))("a client of an upstream of $kind", (wire) => {
  test.each(SURFACES.flatMap((surface) => MOMENTS.map((moment) => [surface, moment.name, moment] as const)))("of %s that leaves %s ends every call, and the receipt says `cancelled`", async (surface, _, moment) => {
    const answers = moment.answers(wire);
    const server = await upstream([...answers]);
    const { store, first } = watched();
    const gateway = await gatewayFor(
      `provider up { kind = ${wire.kind}  base = "${server.base}"  key = env(KEY) }
target a = up "a" { context = 32k  output = 4k }
target b = up "b" { context = 32k  output = 4k }
cascade c { resume = continue  try a  try b }
model m { route = c }`,
      { store, secrets: () => "k" },
    );
    const leave = new AbortController();
    const asked = fetch(`${gateway.url}${PATHS[surface]}`, { method: "POST", body: JSON.stringify(question(surface, moment.stream)), headers: { "content-type": "application/json" }, signal: leave.signal });
    asked.catch(() => {});
    if (moment.reads) await (await asked).body!.getReader().read();
    await server.request(answers.length - 1);
    leave.abort();
    await Promise.all(server.seen.map((one) => one.ended));
    expect(server.seen.at(-1)!.aborted).toBe(true);
    const receipt = await first;
    expect([receipt.status, receipt.attempts.map((attempt) => attempt.outcome)]).toEqual(["cancelled", moment.outcomes]);
    await gateway.close();
    expect((await gateway.receipts()).length).toBe(1);
    expect(server.seen.length).toBe(answers.length);
  });
});

function watched(): { readonly store: ReceiptStore; readonly first: Promise<Receipt> } {
  const store = createMemoryStore();
  const { promise, resolve } = Promise.withResolvers<Receipt>();
  return {
    first: promise,
    store: {
      ...store,
      async append(receipt) {
        await store.append(receipt);
        resolve(receipt);
      },
    },
  };
}
