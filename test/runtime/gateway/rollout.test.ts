// A second bundle beside the active one: a canary that answers some of the requests, a shadow that only plans.
import { Receipt } from "#contracts";
import { describe, expect, test } from "vitest";
import { gatewayFor, loadedFrom, mockModel, type TestGateway } from "./harness.ts";

const says = (text: string, more = "") => mockModel([[text]], `${more}\nmodel m { route = t }`);
const [old, next] = [says("old"), says("new")];

const ask = async (gateway: TestGateway, session: string | null) => {
  const response = await gateway.chat({ model: "m" }, { headers: session === null ? {} : { "x-wardwright-session-id": session } });
  return ((await response.json()) as { readonly choices: readonly { readonly message: { readonly content: string } }[] }).choices[0]!.message.content;
};
const answers = async (gateway: TestGateway, sessions: readonly (string | null)[]) => {
  const found: string[] = [];
  for (const session of sessions) found.push(await ask(gateway, session));
  return found;
};
const sessions = Array.from({ length: 200 }, (_, n) => `session-${n}`);

describe("a canary", () => {
  const at = (percent: number) => gatewayFor(old, { canary: { loaded: loadedFrom(next), percent } });

  test("keeps every session where it is, and a larger share only adds sessions", async () => {
    const shares = await Promise.all([20, 60].map(at));
    const [small, again, large] = [await answers(shares[0]!, sessions), await answers(shares[0]!, sessions), await answers(shares[1]!, sessions)];
    expect(again).toEqual(small);
    const taken = small.filter((one) => one === "new").length;
    expect(taken).toBeGreaterThan(20);
    expect(taken).toBeLessThan(60);
    expect(large.filter((one) => one === "new").length).toBeGreaterThan(90);
    expect(small.every((one, n) => one === "old" || large[n] === "new")).toBe(true);
  });

  test("is on the receipt of every request, whichever bundle answered", async () => {
    const gateway = await at(50);
    const canary = loadedFrom(next).digest;
    const said = await answers(gateway, sessions.slice(0, 30));
    const receipts = await gateway.receipts();
    expect(receipts.map((one) => [one.bundle, one.rollout])).toEqual(
      said.map((text) => [text === "new" ? canary : loadedFrom(old).digest, { canary: { bundle: canary, percent: 50, taken: text === "new" }, shadow: null }]),
    );
    for (const receipt of receipts) expect(Receipt.safeParse(receipt).error).toBeUndefined();
    expect(new Set(said)).toEqual(new Set(["old", "new"]));
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics).toContain(`lane="canary"} ${said.filter((text) => text === "new").length}`);
    expect(metrics).toContain(`wardwright_bundle_info{lane="canary",digest="${canary}"} 1`);
  });

  test("of all requests answers all, without a session too", async () => {
    expect(new Set(await answers(await at(100), [null, null, "a", "b"]))).toEqual(new Set(["new"]));
  });

  test("whose provider lacks its key does not start", async () => {
    const lacking = `provider p { kind = openai_compatible  base = "http://127.0.0.1:1/v1"  key = env(MISSING_KEY) }\ntarget t = p "x" { context = 32k }\nmodel m { route = t }`;
    await expect(gatewayFor(old, { canary: { loaded: loadedFrom(lacking), percent: 5 }, secrets: () => undefined })).rejects.toThrow("MISSING_KEY");
  });
});

describe("a shadow", () => {
  const rolloutUnder = async (shadow: string, body: object = {}) => {
    const gateway = await gatewayFor(old, { shadow: loadedFrom(shadow) });
    await (await gateway.chat({ model: "m", ...body })).text();
    const [receipt] = await gateway.receipts();
    expect(Receipt.safeParse(receipt).error).toBeUndefined();
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics).toContain(`wardwright_shadow_plans_total{model="m",plan="${receipt!.rollout!.shadow!.same ? "same" : "different"}"} 1`);
    expect([receipt!.bundle, receipt!.status]).toEqual([loadedFrom(old).digest, "completed"]);
    return receipt!.rollout!.shadow!;
  };

  test("that would do the same says so", async () => {
    const shadow = `${old}\nmodel other { route = t }`;
    expect(await rolloutUnder(shadow)).toEqual({ bundle: loadedFrom(shadow).digest, same: true, decision: null, problem: null });
  });

  test("that would try another target, refuse, or mean something else by the same name is different", async () => {
    expect(await rolloutUnder(`${says("x", 'target u = local "mock-2" { context = 32k }').replace("route = t", "route = u")}`)).toMatchObject({ same: false, decision: { attempts: [{ id: "target:u" }] } });
    expect(await rolloutUnder(mockModel([["old"]], 'guard no { then refuse "no" }\nmodel m { route = t  guards = [no] }'))).toMatchObject({ same: false, decision: { refusal: { code: "guard_refused" } } });
    expect(await rolloutUnder(old.replace('"mock-1"', '"mock-2"'))).toMatchObject({ same: false, decision: { attempts: [{ id: "target:t" }] } });
  });

  test("that does not know the model is different, and says why", async () => {
    expect(await rolloutUnder(old.replace("model m", "model n"))).toMatchObject({ same: false, decision: null, problem: "model_not_found" });
  });

  test("needs no settings of its providers: it calls none", async () => {
    const shadow = `provider p { kind = openai_compatible  base = "http://127.0.0.1:1/v1"  key = env(MISSING_KEY) }\ntarget t = p "x" { context = 32k }\nmodel m { route = t }`;
    expect(await rolloutUnder(shadow)).toMatchObject({ same: false, problem: null });
  });
});

test("a receipt of one bundle served alone says nothing of a second", async () => {
  const gateway = await gatewayFor(old);
  await ask(gateway, null);
  expect((await gateway.receipts())[0]).not.toHaveProperty("rollout");
});

