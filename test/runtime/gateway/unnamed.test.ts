// Callers and conversations that nobody named: where their names come from, what they serve, and what never sees them.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CALLER_SOURCES, Receipt } from "#contracts";
import { replayUnder } from "../../../compiler/replay/index.ts";
import { chat } from "../../../runtime/gateway/surfaces/chat/index.ts";
import { messages } from "../../../runtime/gateway/surfaces/messages/index.ts";
import { readRequest } from "../../../runtime/gateway/request/read-request.ts";
import { responses } from "../../../runtime/gateway/surfaces/responses/index.ts";
import type { Surface } from "../../../runtime/gateway/surface.ts";
import { createUnnamed, digest } from "../../../runtime/gateway/request/unnamed.ts";
import { aKey } from "../callers/keys.ts";
import { PATHS, post, question, SURFACES } from "../surfaces-harness.ts";
import { gatewayFor, loadedFrom, mockModel, type TestGateway } from "./harness.ts";

const POLICY = mockModel([["fine"]], "model m { route = t }\nmodel n { route = t }");
const loaded = loadedFrom(POLICY);
const unnamed = createUnnamed({ secret: "of a test", digest });

type Headers = Readonly<Record<string, string>>;
const named = (surface: Surface, body: object, { headers = {}, key = null, by = unnamed }: { headers?: Headers; key?: ReturnType<typeof aKey> | null; by?: typeof unnamed } = {}) => {
  const incoming = { body: new TextEncoder().encode(JSON.stringify({ model: "m", ...body })), key, header: (name: string) => headers[name] };
  const plain = readRequest(loaded, surface, incoming);
  const read = by.name(plain, surface, incoming);
  if (plain.kind === "problem" || read.kind === "problem") throw new Error("a test's request is wrong");
  return { caller: read.caller, read, plain };
};
const sessionOf = (surface: Surface, body: object, how: Parameters<typeof named>[2] = {}) => named(surface, body, how).caller["session"]?.value;

describe("the source of a name", () => {
  const COMBINATIONS = Array.from({ length: 2 ** CALLER_SOURCES.length }, (_, bits) => CALLER_SOURCES.filter((_, at) => ((bits >> at) & 1) === 1));

  test.each(["user", "session"] as const)("of a %s is the most trusted one of those that say it, for every combination, and no fact is derived", (name) => {
    for (const sources of COMBINATIONS) {
      const says = (source: (typeof CALLER_SOURCES)[number]) => sources.includes(source);
      const key = says("trusted_auth") ? aKey("k", { claims: { [name]: "claimed" } }) : null;
      const headers = { ...(says("header") ? { [`x-wardwright-${name}-id`]: "in a header" } : {}), ...(says("provider_key") ? { authorization: "Bearer sk-of-a-provider" } : {}) };
      const body = { metadata: says("body_metadata") ? { [`${name}_id`]: "in the body" } : {}, messages: [{ role: says("derived_anonymous") ? "user" : "assistant", content: "hi" }] };
      const { caller, plain, read } = named(chat, body, { headers, key });
      const [most] = CALLER_SOURCES.filter((one) => says(one) && one !== (name === "user" ? "derived_anonymous" : "provider_key"));
      expect(caller[name]?.source).toBe(most);
      expect([read.facts, read.request]).toEqual([plain.facts, plain.request]);
      expect(read.request.caller![name]).toBe(most === "provider_key" || most === "derived_anonymous" ? undefined : caller[name]?.value);
    }
  });

  test("is no provider's key where the gateway has keys of its own", () => {
    expect(named(chat, question("chat", false), { key: aKey("k"), headers: { authorization: "Bearer sk-1" } }).caller["user"]).toBeUndefined();
  });

  test("tells provider keys apart without a word of them, in either header", () => {
    fc.assert(fc.property(fc.stringMatching(/^[!-~]{1,40}$/), fc.stringMatching(/^[!-~]{1,40}$/), (one, other) => {
      const user = (headers: Headers) => named(chat, question("chat", false), { headers }).caller["user"];
      expect(user({ authorization: `Bearer ${one}` })).toEqual({ value: expect.stringMatching(/^key-[0-9a-f]{16}$/), source: "provider_key" });
      expect(user({ "x-api-key": one })).toEqual(user({ authorization: `bearer ${one}` }));
      expect(user({ "x-api-key": one })?.value === user({ "x-api-key": other })?.value).toBe(one === other);
      expect(user({ "x-api-key": one })!.value).not.toBe(`key-${digest(one).slice(0, 16)}`);
    }));
    expect(named(chat, question("chat", false), { headers: { authorization: "Basic dTpw" } }).caller["user"]).toBeUndefined();
  });
});

// ── sessions ─────────────────────────────────────────────────────────────────────────────────────────────────

type Turn = { readonly asked: string; readonly answered: string };
type Talk = { readonly system: string; readonly turns: readonly Turn[] };
const words = fc.oneof(fc.string(), fc.string({ minLength: 600, maxLength: 1200 }));
const talk: fc.Arbitrary<Talk> = fc.record({ system: words, turns: fc.array(fc.record({ asked: words.map((text) => `${text}?`), answered: fc.string() }), { minLength: 1, maxLength: 4 }) });

/** How a client writes a conversation up to its nth turn; `marked` as one that says what may be cached, which moves on. */
const WRITE: Record<string, { readonly surface: Surface; write(talk: Talk, n: number, marked: boolean): object }> = {
  chat: { surface: chat, write: ({ system, turns }, n, marked) => ({ messages: [{ role: "system", content: system }, ...said(turns, n, marked, "text")] }) },
  messages: { surface: messages, write: ({ system, turns }, n, marked) => ({ max_tokens: 9, system, messages: said(turns, n, marked, "text") }) },
  responses: { surface: responses, write: ({ system, turns }, n, marked) => ({ instructions: system, input: n === 1 && !marked ? turns[0]!.asked : said(turns, n, marked, "input_text") }) },
};
function said(turns: readonly Turn[], n: number, marked: boolean, type: string): object[] {
  return turns.slice(0, n).flatMap(({ asked, answered }, at) => [
    { role: "user", content: marked && at === n - 1 ? [{ type, text: asked, ...(type === "text" ? { cache_control: { type: "ephemeral" } } : {}) }] : asked },
    ...(at === n - 1 ? [] : [{ role: "assistant", content: answered }]),
  ]);
}

describe.each(Object.keys(WRITE))("a conversation of %s that nobody named", (name) => {
  const { surface, write } = WRITE[name]!;

  test("has one session at all of its turns, and another conversation has another", () => {
    fc.assert(fc.property(talk, talk, fc.boolean(), (one, other, marked) => {
      const sessions = one.turns.map((_, at) => sessionOf(surface, write(one, at + 1, marked)));
      expect(sessions[0]).toMatch(/^anon-[0-9a-f]{16}$/);
      expect(new Set(sessions).size).toBe(1);
      const same = one.system === other.system && one.turns[0]!.asked === other.turns[0]!.asked;
      expect(sessionOf(surface, write(other, 1, marked)) === sessions[0]).toBe(same);
    }), { numRuns: 50 });
  });

  test("is another one for another key, user, tenant, model or gateway, and the same for another run", () => {
    const body = write({ system: "be kind", turns: [{ asked: "hi", answered: "ho" }] }, 1, false);
    const header = (name: string, value: string) => ({ headers: { [name]: value } });
    const own = [
      sessionOf(surface, body), sessionOf(surface, { ...body, model: "n" }), sessionOf(surface, body, { by: createUnnamed({ secret: "other", digest }) }),
      ...["a", "b"].flatMap((one) => [sessionOf(surface, body, { key: aKey(one) }), sessionOf(surface, body, header("x-api-key", one)), sessionOf(surface, body, header("x-wardwright-user-id", one)), sessionOf(surface, body, header("x-wardwright-tenant-id", one))]),
    ];
    expect(new Set(own).size).toBe(own.length);
    expect(sessionOf(surface, body, header("x-wardwright-run-id", "r"))).toBe(own[0]);
  });
});

test("what stands before the first question may be a greeting, and no question is no conversation", () => {
  const opened = (...said: readonly (readonly [string, string])[]) => sessionOf(chat, { messages: said.map(([role, content]) => ({ role, content })) });
  const greeted = [["system", "s"], ["assistant", "hello"]] as const;
  expect(opened(...greeted, ["user", "one"])).toBe(opened(...greeted, ["user", "one"], ["assistant", "a"], ["user", "two"]));
  expect(opened(...greeted, ["user", "one"])).not.toBe(opened(...greeted, ["user", "two"]));
  expect(opened(...greeted)).toBeUndefined();
});

test("a prompt as long as a book is told from another by its length, its beginning and its end", () => {
  const book = "word ".repeat(1_000_000);
  const of = (content: string) => sessionOf(chat, { messages: [{ role: "system", content }, { role: "user", content: "hi" }] });
  expect(new Set([book, `${book}.`, `x${book.slice(1)}`, `${book.slice(1)}x`].map(of)).size).toBe(4);
});

// ── what they serve ──────────────────────────────────────────────────────────────────────────────────────────

const STICKY = `provider local { kind = mock }
target t = local "mock-1" { context = 32Ki  replies = [["t"]] }
target u = local "mock-2" { context = 32Ki  replies = [["u"]] }
alloy half { pick = weighted  sticky = session  blend t, u }
guard facts { when not absent(caller.user) or not absent(caller.session)  then refuse "they were seen" }
model m { route = half  guards = [facts] }`;

const talkTo = async (gateway: TestGateway, said: readonly string[], headers: Record<string, string> = {}) => {
  const messages = said.flatMap((content, at) => (at === 0 ? [{ role: "user", content }] : [{ role: "assistant", content: "a" }, { role: "user", content }]));
  return ((await (await gateway.chat({ model: "m", messages }, { headers })).json()) as { readonly choices: readonly { readonly message: { readonly content: string } }[] }).choices[0]!.message.content;
};

test("alloys that stick to a session keep a conversation nobody named, no condition sees it, and a replay draws as it was drawn", async () => {
  const gateway = await gatewayFor(STICKY);
  const drawn = new Set<string>();
  for (let n = 0; n < 20; n++) {
    const first = await talkTo(gateway, [`question ${n}`], { authorization: "Bearer placeholder" });
    drawn.add(first);
    expect(await talkTo(gateway, [`question ${n}`, "and then?"], { authorization: "Bearer placeholder" })).toBe(first);
  }
  expect(drawn).toEqual(new Set(["t", "u"]));
  const receipts = await gateway.receipts();
  const replay = replayUnder(loadedFrom(STICKY));
  for (const receipt of receipts) {
    expect(Receipt.safeParse(receipt).error).toBeUndefined();
    expect([receipt.decision.alloys[0]!.key, receipt.request.caller]).toEqual([receipt.caller["session"]!.value, {}]);
    expect(replay(receipt)).toMatchObject({ kind: "same" });
  }
  const session = receipts[0]!.caller["session"]!.value;
  const found = (await (await fetch(`${gateway.url}/v1/receipts?session=${session}`)).json()) as { readonly data: readonly { readonly id: string }[] };
  expect(found.data.map(({ id }) => id).toSorted()).toEqual(receipts.slice(0, 2).map(({ id }) => id).toSorted());
});

test("a simulated request draws what the live one draws where its session keeps the draw, and nothing where the request's own id does", async () => {
  const simulated = async (policy: string) => {
    const gateway = await gatewayFor(policy);
    const body = { model: "m", messages: [{ role: "user", content: "one question" }] };
    const decision = (await (await post(gateway, "/v1/wardwright/simulate", body)).json()) as Receipt["decision"];
    await (await post(gateway, PATHS.chat, body)).text();
    return [decision, (await gateway.receipts())[0]!.decision] as const;
  };
  const [said, was] = await simulated(STICKY);
  expect(said).toEqual(was);
  expect((await simulated(STICKY.replace("sticky = session", "sticky = request")))[0].alloys[0]).toMatchObject({ key: null, order: null });
});

test("each surface's receipts have a session, and embeddings are no conversation", async () => {
  const gateway = await gatewayFor(POLICY);
  for (const surface of SURFACES) await (await post(gateway, PATHS[surface], question(surface, false))).text();
  const sessions = (await gateway.receipts()).map(({ caller }) => caller["session"]?.source);
  expect(sessions).toEqual(["derived_anonymous", "derived_anonymous", "derived_anonymous"]);
  const { embeddings } = await import("../../../runtime/gateway/surfaces/embeddings/index.ts");
  expect(sessionOf(embeddings, { input: "hi" })).toBeUndefined();
});
