// Traces of the process itself: nothing is loaded or sent unasked, what waits is sent when it is told to stop, and no secret is in it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { openCollector, traces } from "../support/collector.ts";
import { chatEvents } from "../support/upstream-server.ts";
import { upstream } from "../runtime/gateway/harness.ts";
import { folderOf, startIn, type Folder } from "../support/ward.ts";

const MAIN = fileURLToPath(new URL("../../compiler/cli/main.ts", import.meta.url));
const POLICY = 'ward 1\n\nprovider local { kind = mock }\ntarget echo = local "echo" { context = 32Ki  price = free }\nmodel chat { route = echo }\n';

async function collecting() {
  const collector = await openCollector();
  onTestFinished(() => collector.close());
  return collector;
}

async function process_(folder: Folder, words: readonly string[], env: { readonly [name: string]: string } = {}) {
  const child = spawn(process.execPath, ["-C", "wardwright-source", MAIN, "serve", "policy.ward", "--port", "0", ...words], { cwd: folder.path, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  onTestFinished(() => void child.kill("SIGKILL"));
  const errors: Buffer[] = [];
  child.stderr.on("data", (piece: Buffer) => errors.push(piece));
  const [first] = (await once(child.stdout, "data")) as [Buffer];
  return {
    url: /http:\/\/[^\s/]+/.exec(first.toString())![0],
    async stop() {
      child.kill("SIGTERM");
      const [code] = (await once(child, "close")) as [number];
      return { code, err: Buffer.concat(errors).toString(), out: first.toString() };
    },
  };
}

const ask = async (url: string, headers: { readonly [name: string]: string } = {}, body: object = {}) => {
  const answer = await fetch(`${url}/v1/chat/completions`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify({ model: "chat", messages: [{ role: "user", content: "hi" }], ...body }) });
  await answer.text();
  return answer.status;
};

test("a process that is told to stop sends what waits, under the name and with the headers of its environment, and ends", async () => {
  const collector = await collecting();
  const env = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces?token=hush`, OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20hush-hush", OTEL_SERVICE_NAME: "gate", OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test,service.name=other", OTEL_BSP_SCHEDULE_DELAY: "60000" };
  const gateway = await process_(folderOf({ "policy.ward": POLICY }), ["--store", "memory:"], env);
  expect(await ask(gateway.url)).toBe(200);
  expect(collector.spans).toEqual([]);
  const { code, err, out } = await gateway.stop();
  expect(code).toBe(0);
  expect(out).toContain(`traces    ${collector.url}/v1/traces\n`);
  expect(err + out).not.toContain("hush");
  expect(collector.requests).toMatchObject([{ path: "/v1/traces?token=hush", headers: { authorization: "Bearer hush-hush", "content-type": "application/x-protobuf" } }]);
  const [trace] = traces(collector.spans);
  expect(trace!.request.resource).toMatchObject({ "service.name": "gate", "deployment.environment.name": "test" });
  expect(trace!.attempts.map(({ name }) => name)).toEqual(["chat echo"]);
});

test("a process whose collector is not there answers all the same, says so once, and ends", async () => {
  const collector = await openCollector();
  await collector.close();
  const gateway = await process_(folderOf({ "policy.ward": POLICY }), ["--store", "memory:", "--otlp", collector.url], { OTEL_EXPORTER_OTLP_TIMEOUT: "300", OTEL_BSP_SCHEDULE_DELAY: "20" });
  for (let n = 0; n < 4; n++) expect(await ask(gateway.url)).toBe(200);
  const { code, err } = await gateway.stop();
  expect([code, err.split("does not take traces").length]).toEqual([0, 2]);
});

/** Says which of two libraries are loaded, as they are. */
const WATCHED = `data:text/javascript,${encodeURIComponent('import { registerHooks } from "node:module"; registerHooks({ resolve(name, context, next) { if (/^(@opentelemetry|prom-client)/.test(name)) process.stderr.write(`loads ${name}\\n`); return next(name, context); } });')}`;

test("without an address nothing of it is loaded, and metrics count no span", async () => {
  const gateway = await process_(folderOf({ "policy.ward": POLICY }), ["--store", "memory:"], { NODE_OPTIONS: `--import=${WATCHED}`, OTEL_EXPORTER_OTLP_HEADERS: "authorization=x" });
  expect(await ask(gateway.url, { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" })).toBe(200);
  expect(await (await fetch(`${gateway.url}/metrics`)).text()).not.toContain("wardwright_trace_spans_total{");
  const { err } = await gateway.stop();
  expect(err).toContain("loads prom-client");
  // The API alone comes with prom-client.
  expect(err).not.toMatch(/loads @opentelemetry\/(?!api\n)/);
});

test("no secret and no text is in what is sent, wherever it was put", async () => {
  const collector = await collecting();
  const key = "pvk-canary-of-the-provider-7a1f";
  const text = "canary-of-a-text-93bd";
  const a = await upstream((_, n) => [
    { does: "stream", events: chatEvents([text, ` and ${text}`]) } as const,
    { does: "fails", status: 401, body: { error: { message: `bad key ${key}` } } } as const,
    { does: "fails", status: 400, body: { error: { message: `you sent ${key}, ${text}`, code: text } } } as const,
    { does: "raw", body: `garbage ${key}` } as const,
  ][n % 4]!);
  const folder = folderOf({
    "policy.ward": `ward 1
facts { request.team: string from header "X-Team"  request.note: string from metadata "note" }
provider up { kind = openai_compatible  base = "${a.base}"  key = env(CANARY)  headers = { "x-more" = env(CANARY) } }
target t = up "m" { context = 32Ki  output = 1Ki  price = $1/$2 }
rule seen on text { match /canary-of-a/  then note }
rule asked on request { match /canary-of-b/  then block "no" }
model chat { route = t  rules = [seen, asked]  receipts = { capture = full } }
`,
  });
  const secret = (JSON.parse((await folder.run(["keys", "make", "--format", "json"])).out) as { readonly secret: string }).secret;
  const gateway = await startIn(folder.path, ["serve", "policy.ward", "--port", "0", "--store", "memory:", "--keys", "keys.json", "--otlp", collector.url], { env: { CANARY: key, OTEL_BSP_SCHEDULE_DELAY: "50" } });
  const strewn = { "x-api-key": secret, "x-team": text, "x-wardwright-tenant-id": text, "x-wardwright-session-id": secret, "x-client-request-id": text, "user-agent": secret, cookie: text, traceparent: text };
  const statuses = new Set<number>();
  for (const body of [{ stream: true }, { stream: true }, {}, {}, { metadata: { note: text, user_id: text }, user: text, stream: true }, { model: text }, { messages: text }, { tools: [{ type: text }] }]) {
    statuses.add(await ask(gateway.url, strewn, { messages: [{ role: "user", content: `${text} ${secret} ${key}` }], ...body }));
  }
  statuses.add(await ask(gateway.url, strewn, { messages: [{ role: "user", content: `canary-of-b ${text}` }] }));
  statuses.add(await ask(gateway.url, { ...strewn, "x-api-key": `wwk_${"u".repeat(43)}` }));
  await gateway.stop();
  for (const status of [200, 400, 401, 404, 422, 502]) expect([...statuses], `status ${status}`).toContain(status);
  expect(collector.spans.length).toBeGreaterThan(12);
  const bytes = Buffer.concat(collector.bodies).toString("latin1");
  expect(bytes).toContain("rule:seen");
  for (const one of [key, text, secret, "uuuuuuuu"]) expect(bytes.includes(one) ? bytes.slice(Math.max(0, bytes.indexOf(one) - 120), bytes.indexOf(one) + 20) : "clean").toBe("clean");
});

test.each([
  ["http://me:hush@127.0.0.1:4318", "`--otlp` has a user or password in it"],
  ["collector", "`--otlp` is not an http or https address"],
])("`--otlp %s` is refused before anything is opened", async (url, said) => {
  const { code, out, err } = await folderOf({ "policy.ward": POLICY }).run(["serve", "policy.ward", "--port", "0", "--store", "memory:", "--otlp", url]);
  expect([code, out, err.includes(said), err.includes("hush")]).toEqual([2, "", true, false]);
});
