// Conversations in memory: what is recalled is what was said, to whom it belongs, for as long as there is room and time.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json } from "#contracts";
import { createMemoryConversations, type Conversations, type Recalled } from "../../../runtime/conversations/index.ts";
import { fakeClock } from "../../support/clock.ts";

const HOUR = 3_600_000;
const ample = 1 << 20;

const said = (text: string): Json => ({ role: "user", content: text });
const answer = (id: string, text = id): Json => ({ id, type: "message", role: "assistant", content: text });
const recall = (conversations: Conversations, response: string | null, { owner = "a", items = [], most = ample }: { owner?: string; items?: readonly string[]; most?: number } = {}): Promise<Recalled> => conversations.recall(owner, { response, items, most });
const knows = async (conversations: Conversations, response: string, owner = "a"): Promise<boolean> => (await recall(conversations, response, { owner })).kind === "recalled";

/** `count` turns, each going on from the one before. */
async function chain(conversations: Conversations, count: number, { owner = "a", name = "r", text = "" } = {}): Promise<void> {
  for (let nth = 0; nth < count; nth++) {
    await conversations.keep(owner, { id: `${name}${nth}`, previous: nth === 0 ? null : `${name}${nth - 1}`, input: [said(`${nth}${text}`)], output: [answer(`${name}-m${nth}`)] });
  }
}

test("a conversation is recalled whole up to a turn, and an item by its name, as often as it is named", async () => {
  const conversations = createMemoryConversations({ clock: fakeClock() });
  await chain(conversations, 3);
  expect(await recall(conversations, "r1", { items: ["r-m2", "r-m0", "r-m2"] })).toEqual({
    kind: "recalled",
    history: [said("0"), answer("r-m0"), said("1"), answer("r-m1")],
    items: [answer("r-m2"), answer("r-m0"), answer("r-m2")],
  });
  expect(await recall(conversations, null)).toEqual({ kind: "recalled", history: [], items: [] });
});

test("what nobody kept is unknown, and what is somebody else's is no less so", async () => {
  const conversations = createMemoryConversations({ clock: fakeClock() });
  await chain(conversations, 2);
  expect(await recall(conversations, "r7")).toEqual({ kind: "unknown", what: "response", id: "r7" });
  expect(await recall(conversations, "r1", { owner: "b" })).toEqual({ kind: "unknown", what: "response", id: "r1" });
  expect(await recall(conversations, null, { owner: "b", items: ["r-m0"] })).toEqual({ kind: "unknown", what: "item", id: "r-m0" });
  await conversations.keep("b", { id: "s", previous: "r1", input: [said("mine?")], output: [] });
  expect(await knows(conversations, "s", "b")).toBe(false);
});

test("an id that two answers have names neither, for whoever has it may mean the other one", async () => {
  const conversations = createMemoryConversations({ clock: fakeClock() });
  await chain(conversations, 3);
  for (const text of ["again", "and again"]) {
    await conversations.keep("a", { id: "r1", previous: null, input: [said(text)], output: [] });
    expect([await knows(conversations, "r0"), await knows(conversations, "r1"), await knows(conversations, "r2")]).toEqual([true, false, false]);
  }
  await conversations.keep("a", { id: "x", previous: null, input: [], output: [answer("same", "x")] });
  await conversations.keep("a", { id: "y", previous: null, input: [], output: [answer("same", "y")] });
  expect(await recall(conversations, null, { items: ["same"] })).toMatchObject({ kind: "unknown", what: "item" });
});

test("a turn is forgotten when nobody has used it for its life, also where nobody asks", async () => {
  const clock = fakeClock();
  const conversations = createMemoryConversations({ clock, life: 8 * HOUR });
  await chain(conversations, 2);
  clock.advance(7 * HOUR);
  expect(await knows(conversations, "r0")).toBe(true);
  clock.advance(2 * HOUR);
  expect([await knows(conversations, "r1"), await knows(conversations, "r0")]).toEqual([false, true]);
  clock.advance(8 * HOUR);
  expect([await knows(conversations, "r0"), (await recall(conversations, null, { items: ["r-m0"] })).kind]).toEqual([false, "unknown"]);
  clock.advance(8 * HOUR);
  expect(clock.pending).toBe(0);
});

test("closing it leaves no timer and nothing to recall", async () => {
  const clock = fakeClock();
  const conversations = createMemoryConversations({ clock });
  await chain(conversations, 1);
  expect(clock.pending).toBe(1);
  await conversations.close();
  expect([clock.pending, await knows(conversations, "r0")]).toEqual([0, false]);
});

describe("room", () => {
  const text = "x".repeat(1000);

  test("is made by forgetting what was used longest ago, and a conversation is used as a whole", async () => {
    const conversations = createMemoryConversations({ clock: fakeClock(), most: 16_000 });
    await chain(conversations, 2, { name: "old", text });
    await chain(conversations, 2, { name: "kept", text });
    expect(await knows(conversations, "old1")).toBe(true);
    await chain(conversations, 5, { name: "new", text });
    expect([await knows(conversations, "kept1"), await knows(conversations, "kept0"), await knows(conversations, "old1")]).toEqual([false, false, true]);
  });

  test("is made by whoever takes most of it, not by others", async () => {
    const conversations = createMemoryConversations({ clock: fakeClock(), most: 20_000 });
    await chain(conversations, 2, { owner: "quiet", text });
    for (let nth = 0; nth < 100; nth++) await chain(conversations, 1, { owner: "loud", name: `n${nth}-`, text });
    expect([await knows(conversations, "r1", "quiet"), await knows(conversations, "n99-0", "loud"), await knows(conversations, "n0-0", "loud")]).toEqual([true, true, false]);
  });

  test("a conversation costs what its turns say, and not the square of it", async () => {
    const conversations = createMemoryConversations({ clock: fakeClock(), most: 500_000 });
    await chain(conversations, 200, { text });
    expect(await knows(conversations, "r199")).toBe(true);
  });

  test("nor does it where its client sends all of it each time, and that is what is recalled", async () => {
    const conversations = createMemoryConversations({ clock: fakeClock(), most: 500_000 });
    const whole: Json[] = [];
    for (let nth = 0; nth < 200; nth++) {
      whole.push(said(`${nth}${text}`));
      await conversations.keep("a", { id: `r${nth}`, previous: null, input: [...whole], output: [answer(`m${nth}`)] });
      whole.push(answer(`m${nth}`));
    }
    expect(await recall(conversations, "r199", { items: ["m199", "m0"] })).toEqual({ kind: "recalled", history: whole, items: [answer("m199"), answer("m0")] });
    // What was changed on the way is another conversation.
    const other = [said("another beginning"), ...whole.slice(1), said("so?")];
    await conversations.keep("a", { id: "other", previous: null, input: other, output: [] });
    expect(await recall(conversations, "other")).toMatchObject({ history: other });
  });

  test("what is larger than all of it is not kept, and takes nothing else's place", async () => {
    const conversations = createMemoryConversations({ clock: fakeClock(), most: 10_000 });
    await chain(conversations, 2);
    await conversations.keep("a", { id: "big", previous: "r1", input: [said("x".repeat(10_000))], output: [] });
    expect([await knows(conversations, "big"), await knows(conversations, "r1")]).toEqual([false, true]);
  });

  test("a request gets no more than it has room for, however often it names an item", async () => {
    const conversations = createMemoryConversations({ clock: fakeClock() });
    await conversations.keep("a", { id: "r", previous: null, input: [said(text)], output: [answer("m", text)] });
    expect((await recall(conversations, "r", { most: 2500 })).kind).toBe("recalled");
    expect((await recall(conversations, "r", { most: 2000 })).kind).toBe("too large");
    expect((await recall(conversations, "r", { most: 100_000, items: Array.from({ length: 100_000 }, () => "m") })).kind).toBe("too large");
  });
});

// ── against a model that keeps everything ────────────────────────────────────────────────────────────────────

type Step = { readonly owner: string; readonly from: number | null; readonly texts: readonly string[]; readonly wait: number };
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({ owner: fc.constantFrom("a", "b"), from: fc.option(fc.nat(30)), texts: fc.array(fc.string({ unit: "grapheme", maxLength: 300 }), { maxLength: 3 }), wait: fc.constantFrom(0, 0, HOUR) }),
  { maxLength: 40 },
);

test("whatever is kept and forgotten, what is recalled is exactly what was said, and all of it fits", async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 2_000, max: 20_000 }), async (all, most) => {
      const clock = fakeClock();
      const conversations = createMemoryConversations({ clock, most, life: 4 * HOUR });
      const whole = new Map<string, { readonly owner: string; readonly own: readonly Json[]; readonly history: readonly Json[] }>();
      for (const [nth, { owner, from, texts, wait }] of all.entries()) {
        clock.advance(wait);
        const before = from === null ? undefined : whole.get(`r${from}`);
        const mine = before?.owner === owner ? before : undefined;
        const known = mine !== undefined && (await knows(conversations, `r${from}`, owner));
        const own = [...texts.map(said), answer(`m${nth}`)];
        await conversations.keep(owner, { id: `r${nth}`, previous: from === null ? null : `r${from}`, input: texts.map(said), output: [answer(`m${nth}`)] });
        if (from === null || known) whole.set(`r${nth}`, { owner, own, history: [...(mine?.history ?? []), ...own] });
        else expect(await knows(conversations, `r${nth}`, owner)).toBe(false);
      }
      let bytes = 0;
      for (const [id, { owner, own, history }] of whole) {
        expect(await knows(conversations, id, owner === "a" ? "b" : "a")).toBe(false);
        const recalled = await recall(conversations, id, { owner });
        if (recalled.kind !== "recalled") continue;
        expect(recalled.history).toEqual(history);
        bytes += JSON.stringify(own).length;
      }
      expect(bytes).toBeLessThanOrEqual(most);
    }),
    { numRuns: 200 },
  );
});

test("its size is that of the turns that are known, and never over the limit", async () => {
  const wanted = fc.array(fc.record({ owner: fc.constantFrom("a", "b"), length: fc.integer({ min: 1, max: 6 }), text: fc.string({ maxLength: 40 }) }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(wanted, fc.integer({ min: 1_000, max: 20_000 }), async (chains, most) => {
      const clock = fakeClock();
      const conversations = createMemoryConversations({ clock, most });
      const kept: (readonly [string, string])[] = [];
      for (const [at, { owner, length, text }] of chains.entries()) {
        await chain(conversations, length, { owner, name: `c${at}-`, text });
        for (let nth = 0; nth < length; nth++) kept.push([owner, `c${at}-${nth}`]);
      }
      const { turns, bytes } = conversations.size!();
      const known = await Promise.all(kept.map(([owner, id]) => knows(conversations, id, owner)));
      expect(turns).toBe(known.filter(Boolean).length);
      expect(bytes).toBeLessThanOrEqual(most);
      expect(bytes > 0).toBe(turns > 0);
      await conversations.close();
      expect(conversations.size!()).toEqual({ turns: 0, bytes: 0 });
    }),
  );
});
