// Every path × every kind of credential.
import { describe, expect, test } from "vitest";
import { bundleText } from "#compiler";
import { gatewayFor, loadedFrom, mockModel } from "../gateway/harness.ts";
import { aKey, keysFile } from "./keys.ts";

const serving = aKey("serving");
const admin = aKey("admin", { role: "admin" });
const revoked = aKey("revoked", { revoked: "2026-02-01T00:00:00.000Z" });
const expired = aKey("expired", { expires: "2020-01-01T00:00:00.000Z" });
const stranger = aKey("stranger");
const FILE = keysFile(serving, admin, revoked, expired);
const POLICY = mockModel([["hello"]], "model m { route = t }");

const CHAT = { model: "m", messages: [{ role: "user", content: "hi" }] };

type Allowed = "anyone" | "serving" | "either" | "admin" | "nobody";
const ROUTES: readonly (readonly [method: string, path: string, allowed: Allowed, body?: object])[] = [
  ["POST", "/v1/chat/completions", "serving", CHAT],
  ["POST", "/v1/responses", "serving", { model: "m", input: "hi" }],
  ["POST", "/v1/messages", "serving", { ...CHAT, max_tokens: 10 }],
  ["POST", "/v1/messages/count_tokens", "serving", CHAT],
  ["POST", "/v1/embeddings", "serving", { model: "m", input: "hi" }],
  ["GET", "/v1/models", "either"],
  ["HEAD", "/v1/models", "either"],
  ["GET", "/v1/models/m", "either"],
  ["GET", "/v1/wardwright/models", "either"],
  ["GET", "/v1/wardwright/models/m", "either"],
  ["POST", "/v1/wardwright/simulate", "serving", CHAT],
  ["GET", "/v1/receipts", "admin"],
  ["GET", "/v1/receipts?limit=1", "admin"],
  ["GET", "/v1/receipts/", "admin"],
  ["GET", "/admin/bundles", "admin"],
  ["POST", "/admin/bundles", "admin", {}],
  ["POST", "/admin/bundles/rollback", "admin"],
  ["GET", "/metrics", "admin"],
  ["GET", "/healthz", "anyone"],
  ["GET", "/readyz", "anyone"],
  ["GET", "/v1/nothing", "nobody"],
  ["GET", "//v1/receipts", "nobody"],
  ["GET", "/v1/Receipts", "nobody"],
];

type Credential = readonly [name: string, headers: Readonly<Record<string, string>>, is: "nobody" | "serving" | "admin"];
const CREDENTIALS: readonly Credential[] = [
  ["none", {}, "nobody"],
  ["an empty header", { authorization: "", "x-api-key": "" }, "nobody"],
  ["another scheme", { authorization: "Basic dTpw" }, "nobody"],
  ["another scheme beside a key", { authorization: "Basic dTpw", "x-api-key": serving.secret }, "nobody"],
  ["a bearer without a key", { authorization: "Bearer " }, "nobody"],
  ["what is no key", { authorization: "Bearer sk-test" }, "nobody"],
  ["an unknown key", { authorization: `Bearer ${stranger.secret}` }, "nobody"],
  ["a key's hash", { authorization: `Bearer ${serving.hash}` }, "nobody"],
  ["a key's id", { "x-api-key": serving.id }, "nobody"],
  ["a key and more", { "x-api-key": `${serving.secret}0` }, "nobody"],
  ["two keys", { authorization: `Bearer ${serving.secret}`, "x-api-key": admin.secret }, "nobody"],
  ["a revoked key", { authorization: `Bearer ${revoked.secret}` }, "nobody"],
  ["an expired key", { "x-api-key": expired.secret }, "nobody"],
  ["a serving key", { authorization: `Bearer ${serving.secret}` }, "serving"],
  ["a serving key in the other header", { "x-api-key": serving.secret }, "serving"],
  ["the same key twice", { authorization: `bearer ${serving.secret}`, "x-api-key": serving.secret }, "serving"],
  ["an admin key", { authorization: `Bearer ${admin.secret}` }, "admin"],
  ["an admin key in the other header", { "x-api-key": admin.secret }, "admin"],
];

/** What a credential must be answered on a path: a status, or that it gets in. */
function expected(allowed: Allowed, is: Credential[2]): "in" | 401 | 403 | 404 {
  if (allowed === "anyone") return "in";
  if (is === "nobody") return 401;
  if (allowed === "nobody") return 404;
  return allowed === "either" || allowed === is ? "in" : 403;
}

test("every path answers every kind of credential as it must", async () => {
  const gateway = await gatewayFor(POLICY, { keys: FILE });
  const answers: string[] = [];
  const wanted: string[] = [];
  for (const [method, path, allowed, body] of ROUTES) {
    for (const [name, headers, is] of CREDENTIALS) {
      const response = await fetch(`${gateway.url}${path}`, { method, headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
      const text = await response.text();
      const want = expected(allowed, is);
      const code = want === 401 ? "invalid_api_key" : want === 403 ? `${allowed === "admin" ? "admin" : "serving"}_key_needed` : "unknown_path";
      const told = want === "in" || method === "HEAD" ? "" : ` ${code}`;
      wanted.push(`${method} ${path}, ${name}: ${want}${told}`);
      const got = [401, 403, 404].includes(response.status) ? response.status : "in";
      const said = told === "" ? "" : ` ${(JSON.parse(text) as { readonly error: { readonly code: string } }).error.code}`;
      answers.push(`${method} ${path}, ${name}: ${got}${said}`);
      if (response.status === 401) expect(response.headers.get("www-authenticate")).toBe("Bearer");
    }
  }
  expect(answers).toEqual(wanted);
});

test("a key is asked for before a body is read, and nothing of a request without one is written down", async () => {
  const gateway = await gatewayFor(POLICY, { keys: FILE, maxBody: 100 });
  const response = await gateway.chat({ model: "m", padding: "x".repeat(1_000) });
  expect(response.status).toBe(401);
  expect(await gateway.receipts()).toEqual([]);
});

test("on `/v1/messages` the refusal has that protocol's envelope", async () => {
  const gateway = await gatewayFor(POLICY, { keys: FILE });
  const response = await fetch(`${gateway.url}/v1/messages`, { method: "POST", body: "{}" });
  expect([response.status, await response.json()]).toMatchObject([401, { type: "error", error: { type: "authentication_error" } }]);
});

test("a key that expires or is revoked while the gateway runs is refused from that moment, and a new one is let in", async () => {
  const gateway = await gatewayFor(POLICY, { keys: FILE });
  expect((await gateway.chat({ model: "m" }, { headers: { "x-api-key": serving.secret } })).status).toBe(200);
  await gateway.replaceKeys(keysFile({ ...serving, revoked: "2026-03-01T00:00:00.000Z" }, stranger));
  expect((await gateway.chat({ model: "m" }, { headers: { "x-api-key": serving.secret } })).status).toBe(401);
  expect((await gateway.chat({ model: "m" }, { headers: { "x-api-key": stranger.secret } })).status).toBe(200);
});

test("a key sees the models it may use, in lists, alone and in what is simulated", async () => {
  const one = aKey("one", { models: ["other"] });
  const gateway = await gatewayFor(mockModel([["hello"]], "model m { route = t }\nmodel other { route = t }"), { keys: keysFile(one, admin) });
  const seen = async (path: string, key: { readonly secret: string }) => {
    const { data } = (await (await fetch(`${gateway.url}${path}`, { headers: { "x-api-key": key.secret } })).json()) as { readonly data: readonly { readonly id: string }[] };
    return data.map(({ id }) => id);
  };
  expect([await seen("/v1/models", one), await seen("/v1/models", admin)]).toEqual([["other"], ["m", "other"]]);
  expect([await seen("/v1/wardwright/models", one), await seen("/v1/wardwright/models", admin)]).toEqual([["model:other"], ["model:m", "model:other"]]);
  const status = async (path: string, body?: object) => (await fetch(`${gateway.url}${path}`, { method: body === undefined ? "GET" : "POST", headers: { "x-api-key": one.secret, "content-type": "application/json" }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })).status;
  expect([await status("/v1/models/m"), await status("/v1/models/other"), await status("/v1/wardwright/models/m")]).toEqual([404, 200, 404]);
  expect([await status("/v1/wardwright/simulate", CHAT), await status("/v1/wardwright/simulate", { model: "m" }), await status("/v1/wardwright/simulate", {})]).toEqual([404, 404, 200]);
  expect([await status("/v1/messages/count_tokens", CHAT), await status("/v1/messages/count_tokens", { ...CHAT, model: "other" })]).toEqual([404, 200]);
});

test("a bundle under which a key's claims or limits cannot be kept is refused, and the active one stays", async () => {
  const budgeted = aKey("budgeted", { claims: { "caller.tier": "team" }, limits: { cost_per_day: 1_000_000 } });
  const gateway = await gatewayFor(POLICY, { keys: keysFile(budgeted, admin) });
  const swap = async (policy: string) => {
    const response = await fetch(`${gateway.url}/admin/bundles`, { method: "POST", headers: { "x-api-key": admin.secret, "content-type": "application/json" }, body: bundleText(loadedFrom(policy).bundle) });
    return [response.status, await response.text()];
  };
  expect(await swap(POLICY.replace("price = $1/$2", ""))).toEqual([422, expect.stringContaining("declares no price")]);
  expect(await swap(`facts { caller.tier: enum(free) from key }\n${POLICY}`)).toEqual([422, expect.stringContaining("`team` is not a value of `caller.tier`")]);
  expect((await gateway.chat({ model: "m" }, { headers: { "x-api-key": budgeted.secret } })).status).toBe(200);
  expect(await swap(`facts { caller.tier: enum(free, team) from key }\n${POLICY}`)).toEqual([200, expect.stringContaining('"swapped":true')]);
});

describe("web pages", () => {
  const page = "https://app.example.com";
  const preflight = (url: string, origin: string) => fetch(`${url}/v1/chat/completions`, { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization" } });

  test("of other origins read nothing by default", async () => {
    const gateway = await gatewayFor(POLICY, { keys: FILE });
    const response = await preflight(gateway.url, page);
    expect([response.headers.get("access-control-allow-origin"), response.headers.get("access-control-allow-headers")]).toEqual([null, null]);
    expect((await gateway.chat({ model: "m" }, { headers: { origin: page, "x-api-key": serving.secret } })).headers.get("access-control-allow-origin")).toBeNull();
  });

  test("of an origin that is named may ask, and read answers, refusals and streams; others may not", async () => {
    const gateway = await gatewayFor(POLICY, { keys: FILE, cors: [page] });
    const asked = await preflight(gateway.url, page);
    expect([asked.status, asked.headers.get("access-control-allow-origin"), asked.headers.get("access-control-allow-headers")]).toEqual([204, page, "authorization"]);
    for (const headers of [{ "x-api-key": serving.secret }, { "x-api-key": "no" }]) {
      for (const stream of [true, false]) {
        const response = await gateway.chat({ model: "m", stream }, { headers: { origin: page, ...headers } });
        expect([response.headers.get("access-control-allow-origin"), response.headers.get("vary")]).toEqual([page, "origin"]);
        await response.text();
      }
    }
    expect((await preflight(gateway.url, "https://evil.example.com")).headers.get("access-control-allow-origin")).toBeNull();
    const bundles = await fetch(`${gateway.url}/admin/bundles`, { headers: { origin: page, "x-api-key": admin.secret } });
    expect([bundles.status, bundles.headers.get("access-control-allow-origin")]).toEqual([403, null]);
  });
});

describe("where a gateway listens", () => {
  test("without keys it is this machine alone, and with them any address", async () => {
    await expect(gatewayFor(POLICY, { host: "0.0.0.0" })).rejects.toThrow("without API keys");
    const gateway = await gatewayFor(POLICY, { host: "0.0.0.0", keys: FILE });
    expect((await fetch(`http://127.0.0.1:${gateway.port}/v1/models`)).status).toBe(401);
  });
});
