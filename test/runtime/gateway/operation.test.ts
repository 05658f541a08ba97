// What an operator sees: metrics and logs, of every end a request can have, and never a word of what was said.
import { bundleText } from "#compiler";
import { openLog } from "#runtime";
import { describe, expect, test } from "vitest";
import { createMemoryStore } from "../../../runtime/receipt/stores/memory.ts";
import { completion } from "../../support/upstream-server.ts";
import { aKey, keysFile } from "../callers/keys.ts";
import { gatewayFor, loadedFrom, mockModel, streamed, targetsAt, upstream, type TestGateway } from "./harness.ts";

const metricsOf = async (gateway: TestGateway) => (await fetch(`${gateway.url}/metrics`)).text();
/** The value of one line, 0 where there is none. */
const value = (text: string, line: string) => Number(text.split("\n").find((one) => one.startsWith(`${line} `))?.split(" ").at(-1) ?? 0);

const GOVERNED = mockModel([["safe and sound"]], `rule no on text { match /secret/  then block "no" }\nrule seen on text { match /safe/  then note }\nmodel m { route = t  rules = [no, seen] }`);

describe("metrics", () => {
  test("count requests, attempts, tokens, cost and triggers as the receipts have them", async () => {
    const gateway = await gatewayFor(GOVERNED);
    for (const stream of [true, false, true]) await (await gateway.chat({ model: "m", stream })).text();
    await (await gateway.chat({ model: "nope" })).text();
    const receipts = await gateway.receipts();
    const text = await metricsOf(gateway);
    expect(value(text, 'wardwright_requests_total{model="m",surface="chat",status="completed",lane="active"}')).toBe(3);
    expect(value(text, 'wardwright_attempts_total{target="target:t",outcome="ok"}')).toBe(3);
    expect(value(text, 'wardwright_unread_requests_total{surface="chat",http_status="404"}')).toBe(1);
    expect(value(text, 'wardwright_rule_triggers_total{rule="rule:seen",action="note",mode="enforce"}')).toBe(3);
    expect(value(text, 'wardwright_tokens_total{target="target:t",direction="output"}')).toBe(receipts.reduce((sum, one) => sum + one.tokens.output, 0));
    expect(value(text, 'wardwright_cost_dollars_total{target="target:t"}')).toBeCloseTo(receipts.reduce((sum, one) => sum + one.cost!, 0) / 1_000_000, 9);
    expect(value(text, 'wardwright_request_duration_seconds_count{model="m",surface="chat"}')).toBe(3);
    expect(value(text, 'wardwright_attempt_first_token_seconds_count{target="target:t"}')).toBe(3);
    expect(value(text, "wardwright_receipt_write_failures_total")).toBe(0);
    expect(value(text, `wardwright_bundle_info{lane="active",digest="${receipts[0]!.bundle}"}`)).toBe(1);
  });

  test("count what failed: providers, receipts, swaps", async () => {
    const a = await upstream([{ does: "fails", status: 503 }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`, { store: { ...createMemoryStore(), append: () => Promise.reject(new Error("disk")) } });
    await (await gateway.chat({ model: "m" })).text();
    const post = (body: string) => fetch(`${gateway.url}/admin/bundles`, { method: "POST", body, headers: { "content-type": "application/json" } });
    const next = loadedFrom(GOVERNED);
    await post("{");
    await post(bundleText(next.bundle));
    const text = await metricsOf(gateway);
    expect(value(text, 'wardwright_attempts_total{target="target:a",outcome="overloaded"}')).toBe(1);
    expect(value(text, 'wardwright_requests_total{model="m",surface="chat",status="failed",lane="active"}')).toBe(1);
    expect(value(text, "wardwright_receipt_write_failures_total")).toBe(1);
    expect(value(text, 'wardwright_bundle_swaps_total{result="refused"}')).toBe(1);
    expect(value(text, 'wardwright_bundle_swaps_total{result="swapped"}')).toBe(1);
    // Only what is served now, not what was.
    expect(text.split("\n").filter((line) => line.startsWith("wardwright_bundle_info{"))).toEqual([`wardwright_bundle_info{lane="active",digest="${next.digest}"} 1`]);
  });

  test("count who was turned away before a story began, wherever it was", async () => {
    const lines: string[] = [];
    const log = await openLog({ level: "info", write: (line) => void lines.push(line) });
    const admin = aKey("admin", { role: "admin" });
    const serving = aKey("serving");
    const gateway = await gatewayFor(GOVERNED, { keys: keysFile(admin, serving), watch: log.watch, maxBody: 1_000 });
    const ask = async (method: string, path: string, headers: Record<string, string> = {}, body?: string) =>
      (await fetch(gateway.url + path, { method, headers: { "x-api-key": serving.secret, "content-type": "application/json", ...headers }, ...(body === undefined ? {} : { body }) })).status;
    const statuses = [
      await ask("POST", "/v1/chat/completions", { "x-api-key": "" }, "{}"),
      await ask("POST", "/v1/messages", { "x-api-key": admin.secret }, "{}"),
      await ask("POST", "/v1/responses", {}, "x".repeat(2_000)),
      await ask("POST", "/v1/embeddings", { "content-type": "text/plain" }, "x"),
      await ask("GET", "/v1/chat/completions"),
      await ask("GET", "/v1/nothing"),
      await ask("GET", "/v1/receipts"),
    ];
    expect(statuses).toEqual([401, 403, 413, 415, 405, 404, 403]);
    await ask("GET", "/readyz");
    const text = await (await fetch(`${gateway.url}/metrics`, { headers: { "x-api-key": admin.secret } })).text();
    const of = (surface: string, status: number) => value(text, `wardwright_unread_requests_total{surface="${surface}",http_status="${status}"}`);
    expect([of("chat", 401), of("messages", 403), of("responses", 413), of("embeddings", 415), of("chat", 405), of("other", 404), of("other", 403)]).toEqual([1, 1, 1, 1, 1, 1, 1]);
    expect(lines.map((line) => (JSON.parse(line) as { readonly http_status: number }).http_status)).toEqual(statuses);
  });

  test("say whose requests they were and what they cost, and why some were refused", async () => {
    const team = aKey("team", { limits: { requests_per_minute: 2 } });
    const admin = aKey("admin", { role: "admin" });
    const a = await upstream([{ does: "json", body: completion("ok") }, { does: "json", body: completion("ok") }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`, { keys: keysFile(team, admin), version: "1.2.3" });
    for (let asked = 0; asked < 3; asked++) await (await gateway.chat({ model: "m" }, { headers: { "x-api-key": team.secret } })).text();
    const text = await (await fetch(`${gateway.url}/metrics`, { headers: { "x-api-key": admin.secret } })).text();
    expect(value(text, 'wardwright_key_requests_total{key="key_team",status="completed"}')).toBe(2);
    expect(value(text, 'wardwright_key_requests_total{key="key_team",status="refused"}')).toBe(1);
    expect(value(text, 'wardwright_refusals_total{model="m",code="rate_limit_exceeded"}')).toBe(1);
    expect(value(text, 'wardwright_key_cost_dollars_total{key="key_team"}')).toBeCloseTo(value(text, 'wardwright_cost_dollars_total{target="target:a"}'), 9);
    expect([value(text, "wardwright_workers"), value(text, 'wardwright_build_info{version="1.2.3"}')]).toEqual([1, 1]);
  });

  test("show a request while it is under way", async () => {
    const gateway = await gatewayFor(mockModel([["slowly ", { wait: 150 }, "to the end"]], "model m { route = t }"));
    const reading = streamed(await gateway.chat({ model: "m", stream: true }));
    expect(value(await metricsOf(gateway), "wardwright_requests_in_flight")).toBe(1);
    await reading;
    await expect.poll(async () => value(await metricsOf(gateway), "wardwright_requests_in_flight")).toBe(0);
  });
});

describe("neither metrics nor logs", () => {
  test("hold a word of a client, a prompt, an answer, a key or an upstream", async () => {
    const canary = "canary-7f3a";
    const lines: string[] = [];
    const log = await openLog({ level: "info", write: (line) => void lines.push(line) });
    const a = await upstream([
      { does: "fails", status: 401, body: { error: { message: `bad key ${canary}` } }, headers: { "x-request-id": canary } },
      { does: "json", body: completion(`the answer ${canary}`) },
      { does: "cuts" },
    ]);
    const policy = `${targetsAt({ a }).replace("timeout", "key = env(KEY)  timeout")}\nmodel m { route = a }`;
    const gateway = await gatewayFor(policy, { watch: log.watch, secrets: () => canary });
    const headers = { "x-wardwright-user-id": canary, "x-wardwright-session-id": canary, authorization: `Bearer ${canary}` };
    const messages = [{ role: "user", content: canary }];
    for (const model of ["m", "m", "m", canary]) await (await gateway.chat({ model, messages, user: canary, metadata: { run_id: canary } }, { headers })).text();
    expect(lines.length).toBeGreaterThanOrEqual(4);
    expect(lines.join("")).not.toContain(canary);
    expect(lines.join("")).not.toContain(String(a.port));
    expect(await metricsOf(gateway)).not.toMatch(new RegExp(`${canary}|${a.port}`));
  });
});

describe("logs", () => {
  const opened = async (level: "info" | "warn" | "silent") => {
    const lines: { readonly [key: string]: unknown }[] = [];
    const log = await openLog({ level, write: (line) => void lines.push(JSON.parse(line) as { readonly [key: string]: unknown }) });
    return { lines, watch: log.watch };
  };

  test("have one line a request, which names it and its receipt", async () => {
    const { lines, watch } = await opened("info");
    const gateway = await gatewayFor(GOVERNED, { watch });
    const response = await gateway.chat({ model: "m" });
    await response.text();
    await (await gateway.chat({ model: "nope" })).text();
    expect(lines).toEqual([
      expect.objectContaining({ level: "info", msg: "request", status: "completed", model: "m", request_id: response.headers.get("x-request-id"), receipt_id: response.headers.get("x-wardwright-receipt-id"), rules: ["rule:seen"] }),
      expect.objectContaining({ level: "info", msg: "request not read", http_status: 404, code: "model_not_found" }),
    ]);
    expect(Object.keys(lines[0]!)).not.toContain("hostname");
  });

  test("warn of a provider that failed, also where another one answered", async () => {
    const { lines, watch } = await opened("warn");
    const [a, b] = await Promise.all([upstream([{ does: "fails", status: 500 }]), upstream([{ does: "json", body: completion("ok") }])]);
    const gateway = await gatewayFor(`${targetsAt({ a, b })}\ncascade c { try a  try b }\nmodel m { route = c }`, { watch });
    expect((await gateway.chat({ model: "m" })).status).toBe(200);
    expect(lines).toEqual([expect.objectContaining({ level: "warn", msg: "provider failed", target: "target:a", provider: "provider:p-a", http_status: 500 })]);
  });

  test("name the key that asked, and have one type for one name on every line", async () => {
    const { lines, watch } = await opened("info");
    const team = aKey("team");
    const [a, b] = await Promise.all([upstream([{ does: "fails", status: 500 }]), upstream([{ does: "json", body: completion("ok") }])]);
    const gateway = await gatewayFor(`${targetsAt({ a, b })}\ncascade c { try a  try b }\nmodel m { route = c }`, { watch, keys: keysFile(team) });
    await (await gateway.chat({ model: "m" }, { headers: { "x-api-key": team.secret } })).text();
    await (await gateway.chat({ model: "nope" }, { headers: { "x-api-key": team.secret } })).text();
    expect(lines.map(({ msg }) => msg)).toEqual(["provider failed", "request", "request not read"]);
    expect(lines[1]).toMatchObject({ key: team.id, receipt_written: true, first_byte_ms: expect.any(Number), cost_microdollars: expect.any(Number) });
    const types = new Map<string, string>();
    for (const [name, value] of lines.flatMap((line) => Object.entries(line))) {
      if (value === null) continue;
      expect([name, typeof value]).toEqual([name, types.get(name) ?? typeof value]);
      types.set(name, typeof value);
    }
    expect(types.get("ms")).toBe("number");
  });

  test("say nothing where nothing is asked for", async () => {
    const { lines, watch } = await opened("silent");
    const gateway = await gatewayFor(GOVERNED, { watch });
    await (await gateway.chat({ model: "m" })).text();
    expect(lines).toEqual([]);
  });
});

test("a listener that throws costs no answer", async () => {
  const fail = (): never => {
    throw new Error("a bug");
  };
  const gateway = await gatewayFor(GOVERNED, { watch: { ended: fail, unread: fail, swap: fail } });
  expect((await gateway.chat({ model: "m" })).status).toBe(200);
  expect((await gateway.chat({ model: "nope" })).status).toBe(404);
  expect(value(await metricsOf(gateway), 'wardwright_requests_total{model="m",surface="chat",status="completed",lane="active"}')).toBe(1);
});

describe("a gateway that is told to stop", () => {
  const SLOW = mockModel([["slowly ", { wait: 300 }, "to the end"]], "model m { route = t }");
  const HANGING = mockModel([["and ", { wait: 60_000 }, "never"]], "model m { route = t }");

  test("says so on `/readyz` while its port is still open, and keeps no connection", async () => {
    const gateway = await gatewayFor(SLOW, { drain: { notice: 400 } });
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    const closing = gateway.close();
    const ready = await fetch(`${gateway.url}/readyz`);
    expect([ready.status, ready.headers.get("connection")]).toEqual([503, "close"]);
    const late = await gateway.chat({ model: "m", stream: true });
    expect([late.status, late.headers.get("connection")]).toEqual([200, "close"]);
    expect(await streamed(late)).toMatchObject({ text: "slowly to the end", done: true });
    await closing;
    await expect(fetch(`${gateway.url}/readyz`)).rejects.toThrow();
    expect((await gateway.receipts()).map((one) => one.status)).toEqual(["completed"]);
  });

  test("cuts off what takes longer than its limit, and its receipt says so", async () => {
    const gateway = await gatewayFor(HANGING, { drain: { limit: 100 } });
    const answer = streamed(await gateway.chat({ model: "m", stream: true }));
    const since = performance.now();
    await gateway.close();
    expect(performance.now() - since).toBeLessThan(5_000);
    expect((await answer).done).toBe(false);
    expect((await gateway.receipts()).map((one) => one.status)).toEqual(["cancelled"]);
  });

  test("waits for no client that is idle", async () => {
    const gateway = await gatewayFor(SLOW);
    await (await fetch(`${gateway.url}/healthz`)).text();
    const since = performance.now();
    await gateway.close();
    expect(performance.now() - since).toBeLessThan(2_000);
  });
});
