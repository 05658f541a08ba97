// What a key may use: rates, budgets, models, and what it says of its caller.
import { describe, expect, test } from "vitest";
import type { Receipt } from "#contracts";
import { openCallers } from "#runtime";
import { createMemoryStore } from "../../../runtime/receipt/stores/memory.ts";
import type { ReceiptStore } from "../../../runtime/receipt/store.ts";
import { fakeClock } from "../../support/clock.ts";
import { receipt } from "../../support/receipt.ts";
import { loadedFrom, mockModel } from "../gateway/harness.ts";
import { deskFor, NOON } from "./desk.ts";
import { aKey, keysFile } from "./keys.ts";

// A target of 4k output at $2 a million: an attempt costs 8,192 microdollars and a few for its prompt at most.
const POLICY = mockModel([["hello"]], 'model m { route = t }\nmodel other { route = t  aliases = ["second"] }');
const code = async (response: Response) => ((await response.json()) as { readonly error: { readonly code: string } }).error.code;
const sent = async (response: Response) => { await response.text(); return response.status; };

describe("a rate of requests", () => {
  const key = aKey("rated", { limits: { requests_per_minute: 2 } });

  test("refuses what is over it with 429, when to come back, and a receipt; then lets it through", async () => {
    const desk = await deskFor({ policy: POLICY, file: keysFile(key) });
    const first = await desk.chat(key);
    expect([first.status, first.headers.get("x-ratelimit-limit-requests"), first.headers.get("x-ratelimit-remaining-requests"), first.headers.get("x-ratelimit-reset-requests")]).toEqual([200, "2", "1", "30000ms"]);
    await first.text();
    expect(await sent(await desk.chat(key, { stream: true }))).toBe(200);
    const over = await desk.chat(key);
    expect([over.status, over.headers.get("retry-after"), over.headers.get("retry-after-ms"), over.headers.get("x-ratelimit-remaining-requests"), over.headers.get("x-should-retry")]).toEqual([429, "30", "30000", "0", null]);
    expect(await code(over)).toBe("rate_limit_exceeded");
    expect((await desk.receipts()).at(-1)).toMatchObject({ status: "refused", attempts: [], error: { code: "rate_limit_exceeded", http_status: 429 } });
    desk.clock.advance(30_000);
    expect(await sent(await desk.chat(key))).toBe(200);
  });

  test("is the key's own: another key is not held back", async () => {
    const other = aKey("other", { limits: { requests_per_minute: 2 } });
    const desk = await deskFor({ policy: POLICY, file: keysFile(key, other) });
    for (let n = 0; n < 3; n++) await sent(await desk.chat(key));
    expect(await sent(await desk.chat(other))).toBe(200);
  });

  test("on one model leaves the others alone, and counts a model once by all its names", async () => {
    const narrow = aKey("narrow", { model_limits: { second: { requests_per_minute: 1 } } });
    const desk = await deskFor({ policy: POLICY, file: keysFile(narrow) });
    expect(await sent(await desk.chat(narrow, { model: "other" }))).toBe(200);
    expect(await sent(await desk.chat(narrow, { model: "second" }))).toBe(429);
    expect(await sent(await desk.chat(narrow))).toBe(200);
  });

  test("goes on where it was when keys are replaced", async () => {
    const desk = await deskFor({ policy: POLICY, file: keysFile(key) });
    for (let n = 0; n < 2; n++) await sent(await desk.chat(key));
    await desk.callers.replace(keysFile(key, aKey("new")), loadedFrom(POLICY));
    expect(await sent(await desk.chat(key))).toBe(429);
  });
});

describe("a rate of tokens", () => {
  const key = aKey("tokens", { limits: { tokens_per_minute: 5_000 } });

  test("holds the worst back while a request is under way, and keeps what it used", async () => {
    const desk = await deskFor({ policy: POLICY, file: keysFile(key) });
    const [one, two] = await Promise.all([desk.chat(key), desk.chat(key)]);
    expect([one.status, two.status].toSorted()).toEqual([200, 429]);
    await Promise.all([one.text(), two.text()]);
    expect(await sent(await desk.chat(key))).toBe(200);
  });

  test("that is smaller than the worst of a request lets one through when it is whole", async () => {
    const small = aKey("small", { limits: { tokens_per_minute: 100 } });
    const desk = await deskFor({ policy: POLICY, file: keysFile(small) });
    expect(await sent(await desk.chat(small))).toBe(200);
    expect(await sent(await desk.chat(small))).toBe(429);
    desk.clock.advance(60_000);
    expect(await sent(await desk.chat(small))).toBe(200);
  });
});

describe("a budget", () => {
  test("is never passed: a request whose worst does not fit is refused before anything is asked", async () => {
    const key = aKey("poor", { limits: { cost_per_day: 8_300 } });
    const desk = await deskFor({ policy: POLICY, file: keysFile(key) });
    let spent = 0;
    for (let n = 0; n < 40; n++) {
      const response = await desk.chat(key);
      if (response.status !== 200) break;
      await response.text();
      spent = (await desk.receipts()).reduce((sum, one) => sum + (one.cost ?? 0), 0);
    }
    expect(spent).toBeGreaterThan(0);
    expect(spent).toBeLessThanOrEqual(8_300);
    const over = await desk.chat(key);
    expect([over.status, over.headers.get("x-should-retry"), over.headers.get("retry-after")]).toEqual([429, "false", String(12 * 3600)]);
    expect(await code(over)).toBe("insufficient_quota");
    // A smaller answer still fits.
    expect(await sent(await desk.chat(key, { max_completion_tokens: 10 }))).toBe(200);
    desk.clock.advance(12 * 3_600_000);
    expect(await sent(await desk.chat(key))).toBe(200);
  });

  test("is not passed by requests that are under way together", async () => {
    const key = aKey("burst", { limits: { cost_per_month: 20_000 } });
    const desk = await deskFor({ policy: POLICY, file: keysFile(key) });
    const statuses = await Promise.all(Array.from({ length: 5 }, async () => sent(await desk.chat(key))));
    expect(statuses.filter((status) => status === 200).length).toBe(2);
  });

  test("counts every answer that was asked for at once", async () => {
    const key = aKey("many", { limits: { cost_per_day: 10_000 } });
    const desk = await deskFor({ policy: POLICY, file: keysFile(key) });
    expect([await sent(await desk.chat(key, { n: 2 })), await sent(await desk.chat(key))]).toEqual([429, 200]);
  });

  test("bounds the attempts that come after the first: one it has no room for is not started", async () => {
    const policy = `provider down { kind = openai_compatible  base = "http://127.0.0.1:9/v1" }
provider local { kind = mock }
target a = down "a" { context = 32k  output = 100  price = $1/$1 }
target b = local "b" { context = 32k  output = 100  price = $1000/$1000  replies = [["hello"]] }
cascade both { try a  try b }
model m { route = both }`;
    const poor = aKey("poor", { limits: { cost_per_day: 50_000 } });
    const rich = aKey("rich", { limits: { cost_per_day: 1_000_000 } });
    const desk = await deskFor({ policy, file: keysFile(poor, rich) });
    expect(await sent(await desk.chat(rich))).toBe(200);
    expect(await sent(await desk.chat(poor))).toBe(502);
    expect((await desk.receipts()).map((one) => one.attempts.map((attempt) => attempt.outcome))).toEqual([["unavailable", "ok"], ["unavailable", "not_started"]]);
  });

  test("survives a restart: what this month's receipts say was used is used", async () => {
    const key = aKey("old", { limits: { tokens_per_day: 4_200 }, model_limits: { other: { cost_per_month: 8_200 } } });
    const before = await deskFor({ policy: POLICY, file: keysFile(key) });
    while ((await sent(await before.chat(key))) === 200);
    before.clock.advance(1_000);
    const again = await deskFor({ policy: POLICY, file: keysFile(key), store: before.store, clock: fakeClock(before.clock.now()) });
    expect(await sent(await again.chat(key))).toBe(429);
    // Not what a caller says of itself, and not what another day used.
    const tomorrow = await deskFor({ policy: POLICY, file: keysFile(key), store: before.store, clock: fakeClock(NOON + 86_400_000) });
    expect(await sent(await tomorrow.chat(key))).toBe(200);
  });

  test("is counted at the start from the receipts of a month, however many the store has, and a long count is told", async () => {
    const clock = fakeClock(NOON);
    const monthsAgo = (months: number): string => new Date(Date.UTC(2026, 2 - months, 10)).toISOString();
    const receipts = [0, 0, 0, 1, 2, 3, 4, 5].flatMap((months, at) => Array.from({ length: 150 }, (_, n) => receipt(`${at}_${n}`, { created: monthsAgo(months) })));
    let pages = 0;
    const store: ReceiptStore = {
      ...createMemoryStore(),
      list: ({ limit = 0, cursor = "0" }) => {
        pages += 1;
        clock.advance(600);
        const from = Number(cursor);
        return Promise.resolve({ receipts: receipts.slice(from, from + limit), next: from + limit < receipts.length ? String(from + limit) : null });
      },
    };
    const opened = await openCallers({ file: keysFile(aKey("old", { limits: { tokens_per_day: 1 } })), loaded: loadedFrom(POLICY), clock, store });
    // 450 receipts of this month are three pages of 200; the third has some of the month before.
    expect([pages, opened.ok && opened.notes.map((one) => one.message)]).toEqual([3, ["budgets were counted from 450 receipts of this month, which took 1.8 s"]]);
  });

  test("that a key is given while the gateway runs counts what the key used before", async () => {
    const key = aKey("late");
    const desk = await deskFor({ policy: POLICY, file: keysFile(key) });
    await sent(await desk.chat(key));
    const [{ tokens, request }] = (await desk.receipts()) as readonly [Receipt];
    const worst = request.tokens! + 4_000;
    const limited = { ...key, limits: { tokens_per_day: worst + tokens.input + tokens.output - 1 } };
    await desk.callers.replace(keysFile(limited), loadedFrom(POLICY));
    expect(await sent(await desk.chat(limited))).toBe(429);
    expect(await sent(await (await deskFor({ policy: POLICY, file: keysFile(limited) })).chat(limited))).toBe(200);
  });
});

describe("models", () => {
  const key = aKey("one", { models: ["wardwright/second"] });

  test("a key may not use do not exist for it, in no list, no answer and no hint", async () => {
    const desk = await deskFor({ policy: POLICY, file: keysFile(key) });
    for (const name of ["m", "wardwright/m", "none"]) {
      const response = await desk.chat(key, { model: name });
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({ error: { type: "invalid_request_error", param: "model", code: "model_not_found", message: `the model \`${name}\` does not exist` } });
    }
    for (const name of ["other", "second", "wardwright/other"]) expect(await sent(await desk.chat(key, { model: name }))).toBe(200);
  });
});

describe("a caller", () => {
  const POLICY_OF_TIERS = mockModel([["hello"]], `facts { caller.tier: enum(free, team) from key  request.tags: set(pii, billing) from key  caller.age: int from key  caller.vip: bool from key }
guard team-only { when caller.tier != team  then refuse "for teams" }
model m { route = t  guards = [team-only] }`);

  test("is who its key says, whatever headers and body say, and its receipt names the key and no secret", async () => {
    const key = aKey("acme", { claims: { tenant: "acme", application: "app" } });
    const desk = await deskFor({ policy: POLICY, file: keysFile(key) });
    await sent(await desk.chat(key, { metadata: { application_id: "forged", key: "forged" } }, { "x-wardwright-tenant-id": "forged", "x-wardwright-user-id": "u1" }));
    const [receipt] = await desk.receipts();
    expect(receipt!.caller).toEqual({ key: { value: "key_acme", source: "trusted_auth" }, tenant: { value: "acme", source: "trusted_auth" }, application: { value: "app", source: "trusted_auth" }, user: { value: "u1", source: "header" }, session: { value: expect.stringMatching(/^anon-[0-9a-f]{16}$/), source: "derived_anonymous" } });
    expect(JSON.stringify(receipt)).not.toContain(key.secret);
  });

  test("has the facts of its key's claims, and none without them", async () => {
    const team = aKey("team", { claims: { "caller.tier": "team", "request.tags": ["pii"], "caller.age": 7, "caller.vip": true } });
    const nobody = aKey("nobody");
    const desk = await deskFor({ policy: POLICY_OF_TIERS, file: keysFile(team, nobody) });
    expect(await sent(await desk.chat(team))).toBe(200);
    const refused = await desk.chat(nobody, { metadata: { "caller.tier": "team" } }, { "caller.tier": "team" });
    expect([refused.status, await code(refused)]).toEqual([403, "guard_refused"]);
    expect((await desk.receipts()).map((one) => one.request.facts)).toEqual([{ "caller.tier": "team", "request.tags": ["pii"], "caller.age": 7, "caller.vip": true }, {}]);
  });

  test.each([
    ["a value outside an enum", { "caller.tier": "gold" }, "`gold` is not a value of `caller.tier`"],
    ["an unknown member of a set", { "request.tags": ["PII"] }, "`PII` is not a value of `request.tags`"],
    ["a text for a set", { "request.tags": "pii" }, "`request.tags`"],
    ["a text for a number", { "caller.age": "7" }, "`7` is not a value of `caller.age`"],
    ["a text for a bool", { "caller.vip": "true" }, "`true` is not a value of `caller.vip`"],
    ["a number for a tenant", { tenant: 7 }, "the claim `tenant`"],
    ["an empty tenant", { tenant: " " }, "the claim `tenant`"],
  ])("%s is found before the first request", async (_, claims, said) => {
    await expect(deskFor({ policy: POLICY_OF_TIERS, file: keysFile(aKey("k", { claims })) })).rejects.toThrow(said);
  });
});

describe("keys that cannot be kept to are not taken", () => {
  test.each([
    ["limits on a model that is none", keysFile(aKey("k", { model_limits: { othr: { tokens_per_day: 1 } } })), "did you mean `other`?"],
    ["one id twice", keysFile(aKey("a", { id: "key_x" }), aKey("b", { id: "key_x" })), "two keys have the id"],
    ["one secret twice", keysFile(aKey("a"), aKey("a", { id: "key_x" })), "two keys have the hash"],
  ])("%s", async (_, file, said) => {
    await expect(deskFor({ policy: POLICY, file })).rejects.toThrow(said);
  });

  test("a budget in dollars over a target without a price", async () => {
    const policy = POLICY.replace("price = $1/$2", "");
    await expect(deskFor({ policy, file: keysFile(aKey("k", { limits: { cost_per_day: 1 } })) })).rejects.toThrow("declares no price");
    expect((await deskFor({ policy, file: keysFile(aKey("k", { limits: { tokens_per_day: 1 } })) })).callers).toBeDefined();
  });
});
