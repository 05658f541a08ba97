// A secret that is put wherever one could be comes out nowhere: not in a log, a receipt, an error, a metric or a bundle,
// and no client's key goes to a provider.
import { expect, test } from "vitest";
import { chatEvents } from "../support/upstream-server.ts";
import { upstream } from "../runtime/gateway/harness.ts";
import { folderOf, startIn } from "../support/ward.ts";

const PROVIDER_KEY = "pvk-canary-of-the-provider-7a1f";

test.each(["text", "json"])("keys of callers and of providers are in nothing a gateway writes or answers, logging %s", async (log) => {
  const events = (...list: readonly string[]) => ({ does: "raw", body: list.map((one) => `data: ${one}\n\n`).join(""), headers: { "content-type": "text/event-stream" } }) as const;
  const a = await upstream((_, n) => [
    { does: "stream", events: chatEvents(["fine"]), headers: { "x-request-id": PROVIDER_KEY, "set-cookie": PROVIDER_KEY } } as const,
    // Providers that say too much.
    { does: "fails", status: 401, body: { error: { message: `bad key ${PROVIDER_KEY}` } } } as const,
    { does: "fails", status: 400, body: { error: { message: `you sent ${PROVIDER_KEY}` } } } as const,
    { does: "raw", body: `garbage ${PROVIDER_KEY}` } as const,
    { does: "fails", status: 302, headers: { location: `http://${PROVIDER_KEY}@127.0.0.1:1/` }, body: PROVIDER_KEY } as const,
    { does: "fails", status: 429, headers: { "retry-after": PROVIDER_KEY }, body: { error: { message: "slow down", type: PROVIDER_KEY, code: PROVIDER_KEY, param: PROVIDER_KEY } } } as const,
    { does: "fails", status: 503, headers: { "x-request-id": PROVIDER_KEY, "content-type": `text/${PROVIDER_KEY}` }, body: `<html>${PROVIDER_KEY}</html>` } as const,
    events(chatEvents(["half"], null)[1]!, JSON.stringify({ error: { message: `Bearer ${PROVIDER_KEY} is over`, code: PROVIDER_KEY } })),
    events(PROVIDER_KEY),
    { does: "babbles", text: PROVIDER_KEY } as const,
  ][n % 10]!);
  const folder = folderOf({
    "policy.ward": `ward 1
facts { request.team: string from header "X-Team"  request.note: string from metadata "note"  request.tags: set(pii) from header "X-Tags" }
provider up { kind = openai_compatible  base = "${a.base}"  key = env(CANARY) }
target t = up "m" { context = 32Ki  output = 1Ki  price = $1/$2 }
model m { route = t }
`,
  });
  const make = async (...words: readonly string[]) => (JSON.parse((await folder.run(["keys", "make", "--format", "json", ...words])).out) as { readonly secret: string }).secret;
  const [serving, admin] = [await make("--dollars-per-day", "1", "--requests-per-minute", "22"), await make("--role", "admin")];
  const unknown = `wwk_${"u".repeat(43)}`;
  const secrets = [serving, admin, unknown, PROVIDER_KEY];
  const env = { CANARY: PROVIDER_KEY };
  await folder.run(["build", "policy.ward", "-o", "bundle.json"], { env });
  const gateway = await startIn(folder.path, ["serve", "policy.ward", "--port", "0", "--store", "file:kept", "--keys", "keys.json", "--log", log], { env });

  const seen: string[] = [];
  const ask = async (path: string, init: RequestInit & { readonly headers: Readonly<Record<string, string>> }) => {
    const response = await fetch(`${gateway.url}${path}`, init);
    seen.push(`${init.method} ${path.split("?")[0] === path ? "" : "with a query"} ${response.status} ${JSON.stringify([...response.headers])} ${await response.text()}`);
    return response.status;
  };
  const statuses = new Set<number>();
  for (const secret of [serving, admin, unknown]) {
    const strewn = { "x-team": secret, "x-wardwright-tenant-id": secret, "x-wardwright-session-id": `s ${secret}`, "x-client-request-id": secret, "x-unknown": secret, "user-agent": secret, cookie: `key=${secret}` };
    const bodies = [
      { model: "m", max_tokens: 9, input: `my key is ${secret}`, messages: [{ role: "user", content: `my key is ${secret}` }], metadata: { note: secret, user_id: secret, other: secret }, user: secret },
      { model: "m", max_tokens: 9, input: "hi", messages: [{ role: "user", content: "hi" }], metadata: { note: `and ${secret} so on` } },
      { model: "m", max_tokens: 9, input: "hi", previous_response_id: secret, messages: [{ role: "user", content: "hi" }], tools: [{ type: secret, name: secret }], tool_choice: secret, metadata: { [secret]: secret } },
      { model: secret, messages: [{ role: "user", content: "hi" }] },
      { model: "m", messages: secret },
      { model: "m", messages: [{ role: secret, content: "hi" }], [secret]: secret },
      secret,
    ];
    for (const stream of [true, false]) {
      for (const body of bodies) {
        for (const headers of [{}, { "x-tags": secret }]) {
          for (const path of ["/v1/chat/completions", `/v1/chat/completions?key=${secret}`, "/v1/messages", "/v1/responses"]) {
            // The responses API says back to whoever asked what they asked with.
            const text = typeof body === "string" ? body : JSON.stringify({ ...body, stream, ...(path === "/v1/responses" ? { metadata: {}, tools: [], tool_choice: "auto", user: "u" } : {}) });
            statuses.add(await ask(path, { method: "POST", body: text, headers: { "content-type": "application/json", "x-api-key": secret, ...strewn, ...headers } }));
          }
        }
      }
    }
    for (const [method, path] of [["POST", "/v1/embeddings"], ["POST", "/v1/messages/count_tokens"], ["POST", "/v1/wardwright/simulate"], ["PUT", `/v1/models/${secret}`], ["DELETE", `/${secret}`]] as const) {
      statuses.add(await ask(path, { method, body: JSON.stringify({ model: "m", input: secret, messages: [{ role: "user", content: secret }], facts: { [secret]: secret } }), headers: { "content-type": "application/json", authorization: `Bearer ${secret}`, ...strewn } }));
    }
    for (const path of [`/v1/models?key=${secret}`, `/v1/models/${secret}`, `/v1/${secret}`, `/v1/receipts?${secret}=1`, `/v1/receipts/${secret}`, "/v1/receipts?limit=200", `/v1/receipts?cursor=${secret}`, "/v1/wardwright/models", "/metrics", "/admin/bundles", "/readyz"]) {
      statuses.add(await ask(path, { method: "GET", headers: { authorization: `Bearer ${secret}`, ...strewn } }));
    }
    statuses.add(await ask("/admin/bundles", { method: "POST", body: secret, headers: { "content-type": "application/json", authorization: `Bearer ${secret}` } }));
  }
  // It went everywhere it should have gone: answered, refused, limited, unknown, failed upstream.
  for (const status of [200, 400, 401, 403, 404, 422, 429, 502]) expect([...statuses], `status ${status}`).toContain(status);
  const { out, err } = await gateway.stop();
  const { out: receipts } = await folder.run(["receipts", "list", "--store", "file:kept", "--format", "json", "--limit", "1000"]);
  const written = { seen: seen.join("\n"), out, err, receipts, bundle: folder.read("bundle.json"), keys: folder.read("keys.json") };
  expect(written.receipts.length).toBeGreaterThan(1_000);
  for (const [place, text] of Object.entries(written)) {
    for (const secret of secrets) expect(text.includes(secret) ? `${place}: ${text.slice(Math.max(0, text.indexOf(secret) - 200), text.indexOf(secret) + 20)}` : "clean").toBe("clean");
  }
  for (const { headers } of a.seen) {
    expect(headers.authorization).toBe(`Bearer ${PROVIDER_KEY}`);
    for (const secret of [serving, admin, unknown]) expect(JSON.stringify(headers)).not.toContain(secret);
  }
});
