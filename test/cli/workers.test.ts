// `ward serve --workers 2`, as a process: what several workers must show as one gateway.
import { fork } from "node:child_process";
import { once } from "node:events";
import { renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { completion, startUpstreamServer } from "../support/upstream-server.ts";
import { ask, chat, command, serving, SOON, type Serving } from "../support/command.ts";
import { childrenOf, NO_PROC, runs } from "../support/processes.ts";
import { openCollector, traces } from "../support/collector.ts";
import { folderOf, type Folder } from "../support/ward.ts";

if (NO_PROC !== null) process.stderr.write(`deaths of workers are not tested: ${NO_PROC}\n`);


const POLICY = 'ward 1\n\nprovider local { kind = mock }\ntarget echo = local "echo" { context = 32Ki  output = 1Ki  price = $1/$2 }\nmodel chat { route = echo  aliases = ["acme/chat"] }\n';
const ANOTHER = POLICY.replace("acme/chat", "acme/other");
const SLOW = `ward 1
provider local { kind = mock }
target slow = local "slow" { context = 32Ki  output = 1Ki  price = free  replies = [${Array.from({ length: 8 }, () => '["begun ", { wait = 2s }, "ended"]').join(", ")}] }
model chat { route = slow }
`;

const start = (folder: Folder, words: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Serving> => serving(folder.path, ["policy.ward", "--port", "0", "--workers", "2", "--store", "file:kept", ...words], env);
const idOf = ({ headers }: { readonly headers: { readonly [name: string]: string | string[] | undefined } }): string => String(headers["x-wardwright-receipt-id"]);
const logOf = ({ err }: { readonly err: string }) => err.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as { readonly msg: string; readonly worker?: number; readonly receipt_id?: string });
const made = async (folder: Folder, ...words: readonly string[]) => JSON.parse((await folder.run(["keys", "make", "--format", "json", ...words])).out) as { readonly id: string; readonly secret: string };
const several = <T>(count: number, make: (n: number) => Promise<T>): Promise<readonly T[]> => Promise.all(Array.from({ length: count }, (_, n) => make(n)));
const metric = (text: string, name: string): number => Number(text.split("\n").find((line) => line.startsWith(`${name} `))?.split(" ").at(-1));

describe("a gateway of two workers", () => {
  test("says once where it serves, answers on one port with both, keeps every receipt in one store and counts them all", async () => {
    const folder = folderOf({ "policy.ward": POLICY });
    const gateway = await start(folder, ["--log", "json"]);
    expect(gateway.out.match(/^serving /gm)).toHaveLength(1);
    expect(gateway.out).toMatch(/^workers {3}2$/m);
    const answers = await several(20, () => chat(gateway.url));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const ids = answers.map(idOf);
    expect(new Set([...ids, ...answers.map(({ headers }) => headers["x-request-id"])]).size).toBe(40);
    // Acknowledged is on the disk, in the primary's store, while it serves.
    const kept = JSON.parse((await folder.run(["receipts", "list", "--store", "file:kept", "--format", "json", "--limit", "100"])).out) as { readonly receipts?: readonly { readonly id: string }[] } | readonly { readonly id: string }[];
    expect(JSON.stringify(kept)).toSatisfy((text: string) => ids.every((id) => text.includes(id)));
    // Any worker answers with all of them: each of these goes to the next one.
    for (const id of ids.slice(0, 4)) expect((await ask(`${gateway.url}/v1/receipts/${id}`)).status).toBe(200);
    for (const _ of [1, 2]) expect((await ask(`${gateway.url}/v1/receipts?limit=100`)).json).toMatchObject({ data: { length: 20 } });
    for (const _ of [1, 2]) expect(metric((await ask(`${gateway.url}/metrics`)).body, 'wardwright_requests_total{model="chat",surface="chat",status="completed",lane="active"}')).toBe(20);
    expect([(await ask(`${gateway.url}/healthz`)).status, (await ask(`${gateway.url}/readyz`)).status, (await ask(`${gateway.url}/v1/receipts?cursor=!`)).status]).toEqual([200, 200, 400]);
    expect((await chat(gateway.url, { model: "none" })).status).toBe(404);
    expect(metric((await ask(`${gateway.url}/metrics`)).body, 'wardwright_unread_requests_total{surface="chat",http_status="404"}')).toBe(1);
    // Both worked, and each line says which.
    await expect.poll(() => logOf(gateway).filter(({ msg }) => msg === "request").length, SOON).toBe(20);
    expect([...new Set(logOf(gateway).filter(({ msg }) => msg === "request").map(({ worker }) => worker))].sort()).toEqual([1, 2]);
    const workers = childrenOf(gateway.pid);
    gateway.signal("SIGTERM");
    expect((await gateway.ended).code).toBe(0);
    expect(workers.filter(runs)).toEqual([]);
    // The lock is gone, and nothing is left to mend.
    expect((await folder.run(["receipts", "show", ids[0]!, "--store", "file:kept"])).code).toBe(0);
  });

  test("tells of each receipt in one line, through the process that was started", async () => {
    const gateway = await start(folderOf({ "policy.ward": POLICY }));
    const answers = await several(4, () => chat(gateway.url));
    gateway.signal("SIGINT");
    const { code, err } = await gateway.ended;
    expect([code, err.split("\n").toSorted()]).toEqual([0, ["", "closing", ...answers.map((answer) => `chat: completed, 1 attempt, ${gateway.url}/v1/receipts/${idOf(answer)}`)].toSorted()]);
  });

  test("lets through exactly what a key's rate and budget allow, and refuses a revoked key everywhere within a second", async () => {
    const folder = folderOf({ "policy.ward": `${POLICY}target sleepy = local "slow" { context = 32Ki  output = 1Ki  price = free  replies = [${Array.from({ length: 20 }, () => '[{ wait = 3s }, "done"]').join(", ")}] }\nmodel slow { route = sleepy }\n` });
    const [few, poor, plain] = [await made(folder, "--requests-per-minute", "10"), await made(folder, "--tokens-per-day", "2100"), await made(folder)];
    const gateway = await start(folder, ["--keys", "keys.json"]);
    const as = (secret: string, more: object = {}) => chat(gateway.url, more, { headers: { "x-api-key": secret } });
    const count = (answers: readonly { readonly status: number }[], status: number) => answers.filter((one) => one.status === status).length;
    const began = performance.now();
    const limited = await several(40, () => as(few.secret));
    // One more comes back every six seconds, which a busy machine may take.
    const back = Math.floor((performance.now() - began) / 6_000);
    expect(count(limited, 200)).toBeGreaterThanOrEqual(10);
    expect(count(limited, 200)).toBeLessThanOrEqual(10 + back);
    expect(count(limited, 200) + count(limited, 429)).toBe(40);
    expect([...new Set(limited.map(({ headers }) => headers["x-ratelimit-limit-requests"]))]).toEqual(["10"]);

    // Each holds its prompt and 1,000 tokens until it is over: two fit. Then what they did not use is there again.
    const budgeted = await several(12, () => as(poor.secret, { model: "slow", max_tokens: 1000 }));
    expect([count(budgeted, 200), count(budgeted, 429)]).toEqual([2, 10]);
    expect((await as(poor.secret, { max_tokens: 1000 })).status).toBe(200);

    expect(count(await several(4, () => as(plain.secret)), 200)).toBe(4);
    await folder.run(["keys", "revoke", plain.id]);
    await expect.poll(() => gateway.err, SOON).toContain("keys read again");
    expect(count(await several(8, () => as(plain.secret)), 401)).toBe(8);
    const later = await made(folder);
    await expect.poll(async () => count(await several(4, () => as(later.secret)), 200), SOON).toBe(4);
  });

  test("refuses or degrades when receipts cannot be written, says so on every worker's `/readyz`, and recovers", async () => {
    const folder = folderOf({ "policy.ward": POLICY });
    const [kept, aside] = [join(folder.path, "kept"), join(folder.path, "aside")];
    const gateway = await start(folder);
    // The store opens its segment with the first receipt; a file stands where the folder was.
    renameSync(kept, aside);
    writeFileSync(kept, "");
    const refused = await chat(gateway.url);
    expect([refused.status, (refused.json as { readonly error: { readonly code: string } }).error.code]).toEqual([503, "receipt_not_written"]);
    for (const _ of [1, 2, 3]) expect((await ask(`${gateway.url}/readyz`)).status).toBe(503);
    expect(metric((await ask(`${gateway.url}/metrics`)).body, "wardwright_receipt_write_failures_total")).toBe(1);
    renameSync(kept, `${kept}-file`);
    renameSync(aside, kept);
    expect((await chat(gateway.url)).status).toBe(200);
    for (const _ of [1, 2, 3]) expect((await ask(`${gateway.url}/readyz`)).status).toBe(200);
    expect(gateway.err).toContain("chat: completed, and its receipt could not be written");
  });

  test("answers all the same under `--on-store-failure degrade`", async () => {
    const folder = folderOf({ "policy.ward": POLICY });
    const gateway = await start(folder, ["--on-store-failure", "degrade"]);
    renameSync(join(folder.path, "kept"), join(folder.path, "aside"));
    writeFileSync(join(folder.path, "kept"), "");
    expect((await several(4, () => chat(gateway.url))).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect((await ask(`${gateway.url}/readyz`)).status).toBe(503);
  });

  test("is refused as one process would be: a port that is taken, a setting that is missing, an address others can reach", async () => {
    const folder = folderOf({ "policy.ward": POLICY, "needs.ward": POLICY.replace("kind = mock", 'kind = openai_compatible  base = "http://127.0.0.1:1/v1"  key = env(MISSING_KEY)') });
    const holder = await startUpstreamServer([]);
    onTestFinished(() => holder.close());
    const run = (...words: readonly string[]) => command(folder.path, ["serve", ...words, "--workers", "2", "--store", "file:kept"]).ended;
    expect(await run("policy.ward", "--port", String(holder.port))).toMatchObject({ code: 2, out: "", err: expect.stringContaining(`port ${holder.port} of 127.0.0.1 cannot be bound: something else is listening there`) });
    const missing = await run("needs.ward", "--port", "0");
    expect([missing.code, missing.out, missing.err.match(/`MISSING_KEY` is not set/g)?.length]).toEqual([2, "", 1]);
    expect(await run("policy.ward", "--port", "0", "--host", "0.0.0.0")).toMatchObject({ code: 2, out: "", err: expect.stringContaining("`0.0.0.0` is open to others") });
  });

  test("loads nothing of what several need where there is one", async () => {
    const folder = folderOf({ "policy.ward": POLICY, "told.cjs": `require("node:module").registerHooks({ load(url, context, next) { if (/[/]runtime[/]workers[/]/.test(url)) process.stderr.write("loads " + url + "\\n"); return next(url, context); } });` });
    const env = { NODE_OPTIONS: "--require ./told.cjs" };
    const told = async (...words: readonly string[]): Promise<string> => {
      const gateway = await serving(folder.path, ["policy.ward", "--port", "0", "--store", "memory:", ...words], env);
      expect((await chat(gateway.url)).status).toBe(200);
      gateway.signal("SIGTERM");
      return (await gateway.ended).err;
    };
    expect(await told()).not.toContain("loads ");
    expect(await told("--workers", "2")).toMatch(/loads .*workers.crew\.ts/);
  });

  test.each([["0"], ["many"], ["2.5"], ["1000"]])("`--workers %s` is refused", async (count) => {
    expect(await folderOf({ "policy.ward": POLICY }).run(["serve", "policy.ward", "--workers", count, "--store", "memory:"])).toMatchObject({ code: 2, out: "", err: expect.stringContaining(`\`--workers\` cannot be \`${count}\``) });
  });
});

describe("what two workers share besides", () => {
  test("is the second in which the gateway began: `/v1/models` says the same on each, also on one that came later", async () => {
    const gateway = await start(folderOf({ "policy.ward": POLICY }));
    const created = async () => (await several(4, async () => ((await ask(`${gateway.url}/v1/models`)).json as { readonly data: readonly { readonly created: number }[] }).data[0]!.created));
    const before = await created();
    if (NO_PROC === null) {
      for (const pid of childrenOf(gateway.pid)) process.kill(pid, "SIGKILL");
      await expect.poll(() => gateway.err.match(/worker \d serves/g)?.length, SOON).toBe(2);
    }
    expect(new Set([...before, ...(await created())]).size).toBe(1);
  });

  test("is the session of a conversation nobody named, on each worker, on one that came later, and of no other gateway", async () => {
    const gateway = await start(folderOf({ "policy.ward": POLICY }), ["--log", "json"]);
    const sessions = async () => {
      await several(6, () => chat(gateway.url));
      const { data } = (await ask(`${gateway.url}/v1/receipts?limit=100`)).json as { readonly data: readonly { readonly caller: { readonly session: { readonly value: string; readonly source: string } } }[] };
      return data.map(({ caller }) => JSON.stringify(caller.session));
    };
    await sessions();
    await expect.poll(() => new Set(logOf(gateway).filter(({ msg }) => msg === "request").map(({ worker }) => worker)).size, SOON).toBe(2);
    if (NO_PROC === null) {
      for (const pid of childrenOf(gateway.pid)) process.kill(pid, "SIGKILL");
      await expect.poll(() => gateway.err.match(/worker \d serves/g)?.length, SOON).toBe(2);
    }
    const all = new Set(await sessions());
    expect([all.size, [...all][0]]).toEqual([1, expect.stringMatching(/anon-[0-9a-f]{16}.*derived_anonymous/)]);
    const other = await start(folderOf({ "policy.ward": POLICY }));
    await chat(other.url);
    expect(JSON.stringify((await ask(`${other.url}/v1/receipts`)).json)).not.toContain([...all][0]!.slice(0, 30));
  });

  test("is what was said: a client goes on with its conversation on any worker", async () => {
    const folder = folderOf({ "policy.ward": POLICY });
    const gateway = await start(folder);
    const say = (input: string, previous?: string) => ask(`${gateway.url}/v1/responses`, { body: { model: "chat", input, ...(previous === undefined ? {} : { previous_response_id: previous }) } });
    const first = (await say("one")).json as { readonly id: string };
    // Each on a connection of its own, so both workers are asked.
    const next = await several(4, () => say("two", first.id));
    expect(next.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const longer = next.map(({ json }) => (json as { readonly usage: { readonly input_tokens: number } }).usage.input_tokens);
    expect(Math.min(...longer)).toBeGreaterThan((((await say("two")).json as { readonly usage: { readonly input_tokens: number } }).usage.input_tokens));
    expect((await say("three", "resp_unknown")).status).toBe(400);
  });

  test("is no trace: each worker sends its own, whole", async () => {
    const collector = await openCollector();
    onTestFinished(() => collector.close());
    const gateway = await start(folderOf({ "policy.ward": POLICY }), ["--otlp", collector.url]);
    await several(6, () => chat(gateway.url));
    gateway.signal("SIGTERM");
    expect((await gateway.ended).code).toBe(0);
    expect(traces(collector.spans)).toHaveLength(6);
  });
});

describe("a swap over two workers", () => {
  const bundlesAt = async (url: string) => (await ask(`${url}/admin/bundles`)).json as { readonly active: { readonly digest: string }; readonly previous: { readonly digest: string } | null };

  test("is on both when it is answered, fails no request under load, goes back, and is refused whole", async () => {
    const folder = folderOf({ "policy.ward": POLICY, "other.ward": ANOTHER, "needs.ward": ANOTHER.replace("kind = mock", 'kind = openai_compatible  base = "http://127.0.0.1:1/v1"  key = env(MISSING_KEY)') });
    for (const name of ["policy", "other", "needs"]) await folder.run(["build", `${name}.ward`, "-o", `${name}.json`]);
    const gateway = await start(folder);
    const swap = (name: string) => ask(`${gateway.url}/admin/bundles`, { body: folder.read(`${name}.json`) });
    const first = await bundlesAt(gateway.url);
    expect(first.previous).toBe(null);

    const loading = { goesOn: true };
    const statuses: number[] = [];
    const load = several(4, async () => {
      while (loading.goesOn) statuses.push((await chat(gateway.url)).status);
    });
    for (let n = 0; n < 20; n++) {
      const done = (await swap(n % 2 === 0 ? "other" : "policy")).json as { readonly swapped: boolean; readonly active: string };
      expect(done.swapped).toBe(true);
      // Whichever worker is asked, at once.
      for (const { active, previous } of await several(2, () => bundlesAt(gateway.url))) expect([active.digest, previous?.digest === active.digest]).toEqual([done.active, false]);
    }
    loading.goesOn = false;
    await load;
    expect([...new Set(statuses)]).toEqual([200]);
    expect(statuses.length).toBeGreaterThan(20);

    expect((await bundlesAt(gateway.url)).active).toEqual(first.active);
    expect((await ask(`${gateway.url}/admin/bundles/rollback`, { method: "POST" })).json).toMatchObject({ swapped: true, previous: first.active.digest });
    const now = await bundlesAt(gateway.url);
    // A worker cannot open it for want of a setting: all stay where they are.
    const refused = await swap("needs");
    expect([refused.status, refused.body.includes("`MISSING_KEY` is not set")]).toEqual([422, true]);
    expect(await several(4, () => bundlesAt(gateway.url))).toEqual([now, now, now, now]);
    expect((await ask(`${gateway.url}/admin/bundles`, { body: "{}" })).status).toBe(422);
    const { body } = await ask(`${gateway.url}/metrics`);
    expect([metric(body, 'wardwright_bundle_swaps_total{result="swapped"}'), metric(body, 'wardwright_bundle_swaps_total{result="refused"}')]).toEqual([21, 2]);
  });

  test("comes of SIGHUP to the primary and of `--watch`, and what cannot be compiled changes nothing", async () => {
    const folder = folderOf({ "policy.ward": POLICY });
    const gateway = await start(folder, ["--watch"]);
    const before = (await bundlesAt(gateway.url)).active.digest;
    folder.write("policy.ward", ANOTHER);
    await expect.poll(() => gateway.err, SOON).toContain(`requests under way finish on ${before}`);
    const after = (await several(2, () => bundlesAt(gateway.url))).map(({ active }) => active.digest);
    expect([after[0] === before, after[0]]).toEqual([false, after[1]]);
    folder.write("policy.ward", ANOTHER.replace("route = echo", "route = ecko"));
    gateway.signal("SIGHUP");
    await expect.poll(() => gateway.err, SOON).toContain(`not swapped: ${after[0]} is still served`);
    expect((await chat(gateway.url)).status).toBe(200);
    gateway.signal("SIGTERM");
    expect((await gateway.ended).code).toBe(0);
  });

  test("has a canary's share of the requests and its shadow on each of them, as one process has", async () => {
    const folder = folderOf({ "policy.ward": POLICY, "next.ward": ANOTHER });
    const gateway = await start(folder, ["--canary", "next.ward", "--percent", "40", "--shadow", "next.ward", "--log", "json"]);
    // One session is drawn once, whichever worker it comes to.
    const drawn = await several(24, async (n) => {
      const asked = () => chat(gateway.url, {}, { headers: { "x-wardwright-session-id": `s${n}` } });
      const answers = [await asked(), await asked()];
      return Promise.all(answers.map(async (answer) => ((await ask(`${gateway.url}/v1/receipts/${idOf(answer)}`)).json as { readonly rollout: { readonly canary: { readonly taken: boolean; readonly percent: number }; readonly shadow: { readonly same: boolean } } }).rollout));
    });
    for (const [one, other] of drawn) expect([other!.canary.taken, other!.canary.percent, other!.shadow.same]).toEqual([one!.canary.taken, 40, true]);
    const taken = drawn.filter(([one]) => one!.canary.taken).length;
    // The draw is of the sessions' names and this canary alone, so this is no chance.
    expect(taken).toBeGreaterThan(2);
    expect(taken).toBeLessThan(20);
    const { body } = await ask(`${gateway.url}/metrics`);
    const requests = (lane: string) => metric(body, `wardwright_requests_total{model="chat",surface="chat",status="completed",lane="${lane}"}`);
    expect([requests("canary"), requests("active")]).toEqual([taken * 2, 48 - taken * 2]);
    expect(metric(body, 'wardwright_shadow_plans_total{model="chat",plan="same"}')).toBe(48);
  });

  test("leaves a canary and a shadow where they are", async () => {
    const folder = folderOf({ "policy.ward": POLICY, "next.ward": ANOTHER });
    const gateway = await start(folder, ["--canary", "next.ward", "--percent", "100", "--shadow", "policy.ward"]);
    for (const answer of await several(4, () => chat(gateway.url))) {
      const { rollout } = (await ask(`${gateway.url}/v1/receipts/${idOf(answer)}`)).json as { readonly rollout: { readonly canary: { readonly taken: boolean }; readonly shadow: { readonly same: boolean } } };
      expect([rollout.canary.taken, rollout.shadow.same]).toEqual([true, true]);
    }
  });
});

describe("a provider's limit over two workers", () => {
  test.skipIf(NO_PROC !== null)("holds for both together, and a dead worker's places are free again", async () => {
    let now = 0;
    let most = 0;
    const upstream = createServer((request, response) => {
      most = Math.max(most, ++now);
      response.on("close", () => (now -= 1));
      let asked = "";
      request.on("data", (piece: Buffer) => (asked += piece.toString()));
      request.on("end", () => {
        if (!asked.includes("hang")) setTimeout(() => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(completion("fine"))), 50);
      });
    });
    upstream.listen(0, "127.0.0.1");
    await once(upstream, "listening");
    onTestFinished(() => void upstream.close());
    const folder = folderOf({ "policy.ward": `ward 1\nprovider up { kind = openai_compatible  base = "http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1"  limit = { concurrency = 2 }  timeout = { connect = 20s  total = 60s } }\ntarget t = up "m" { context = 32Ki  output = 1Ki  price = free }\nmodel chat { route = t }\n` });
    const gateway = await start(folder);
    expect((await several(20, () => chat(gateway.url))).map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(most).toBe(2);

    // Both places are taken, one on each worker or both on one; then every worker that has one dies.
    const stuck = several(2, () => chat(gateway.url, { messages: [{ role: "user", content: "hang" }] }));
    await expect.poll(() => now, SOON).toBe(2);
    for (const pid of childrenOf(gateway.pid)) process.kill(pid, "SIGKILL");
    expect((await stuck).map(({ whole }) => whole)).toEqual([false, false]);
    await expect.poll(() => childrenOf(gateway.pid).length, SOON).toBe(2);
    await expect.poll(async () => (await chat(gateway.url)).status, SOON).toBe(200);
    expect((await several(6, () => chat(gateway.url))).map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect(most).toBe(2);
  });
});

describe("a death", () => {
  test.skipIf(NO_PROC !== null)("of one worker breaks its streams and no other's, loses no count, and another takes its place", async () => {
    const folder = folderOf({ "policy.ward": SLOW });
    const gateway = await start(folder, ["--log", "json"]);
    let begun = 0;
    const streams = [1, 2].map(() => {
      let heard = false;
      return chat(gateway.url, { stream: true }, { heard: (text) => { if (!heard && text.includes("begun")) begun += 1; heard ||= text.includes("begun"); } });
    });
    await expect.poll(() => begun, SOON).toBe(2);
    // Who scrapes asks each worker what it has under way.
    expect(metric((await ask(`${gateway.url}/metrics`)).body, "wardwright_requests_in_flight")).toBe(2);
    const [victim] = childrenOf(gateway.pid);
    process.kill(victim!, "SIGKILL");
    const ends = await Promise.all(streams);
    // Each worker had one of the two.
    expect(ends.map(({ whole, body }) => [whole, body.endsWith("data: [DONE]\n\n")]).sort()).toEqual([[false, false], [true, true]]);
    await expect.poll(() => childrenOf(gateway.pid).filter((pid) => pid !== victim).length, SOON).toBe(2);
    await expect.poll(() => gateway.err, SOON).toMatch(/worker 3 serves/);
    expect((await several(2, () => chat(gateway.url))).map(({ status }) => status)).toEqual([200, 200]);
    expect(metric((await ask(`${gateway.url}/metrics`)).body, 'wardwright_requests_total{model="chat",surface="chat",status="completed",lane="active"}')).toBe(3);
    const lines = gateway.err.trim().split("\n").map((line) => JSON.parse(line) as { readonly msg: string; readonly worker?: number });
    expect(lines[0]).toMatchObject({ level: "info", msg: "serving", url: gateway.url, workers: 2, digest: expect.stringMatching(/^sha256:/) });
    const told = lines.find((line) => / ended /.test(line.msg));
    expect(told).toMatchObject({ worker: expect.any(Number), under_way: 1, msg: expect.stringMatching(/^worker [12] ended \(SIGKILL\); another one takes its place; 1 request was under way \d+\.\d s before$/) });
    const text = (await ask(`${gateway.url}/metrics`)).body;
    expect(metric(text, "wardwright_worker_restarts_total")).toBe(1);
    // Each process has its own: the dead one has none any more.
    expect([...text.matchAll(/^process_resident_memory_bytes\{process="([^"]+)"\} [1-9]/gm)].map(([, process]) => process)).toEqual(["primary", `worker-${3 - told!.worker!}`, "worker-3"]);
    gateway.signal("SIGTERM");
    expect((await gateway.ended).code).toBe(0);
  });

  test.skipIf(NO_PROC !== null)("of a worker leaves what was swapped in where it is, and what can be gone back to", async () => {
    const folder = folderOf({ "policy.ward": POLICY });
    const gateway = await start(folder);
    folder.write("policy.ward", ANOTHER);
    gateway.signal("SIGHUP");
    await expect.poll(() => gateway.err, SOON).toContain("is served now");
    const now = (await ask(`${gateway.url}/admin/bundles`)).body;
    for (const pid of childrenOf(gateway.pid)) process.kill(pid, "SIGKILL");
    await expect.poll(() => gateway.err.match(/worker \d serves/g)?.length, SOON).toBe(2);
    for (const _ of [1, 2]) expect((await ask(`${gateway.url}/admin/bundles`)).body).toBe(now);
  });

  test("of the primary leaves every receipt a client has heard of on the disk", async () => {
    const folder = folderOf({ "policy.ward": POLICY });
    const gateway = await start(folder);
    const ids = (await several(30, () => chat(gateway.url))).map(idOf);
    gateway.signal("SIGKILL");
    await gateway.ended;
    const { out } = await folder.run(["receipts", "list", "--store", "file:kept", "--format", "json", "--limit", "100"]);
    expect(ids.filter((id) => !out.includes(id))).toEqual([]);
  });

  test.skipIf(NO_PROC !== null)("of the primary ends its workers, and their streams without a clean end", async () => {
    const gateway = await start(folderOf({ "policy.ward": SLOW }));
    let begun = false;
    const stream = chat(gateway.url, { stream: true }, { heard: (text) => { begun ||= text.includes("begun"); } });
    await expect.poll(() => begun, SOON).toBe(true);
    const workers = childrenOf(gateway.pid);
    expect(workers).toHaveLength(2);
    gateway.signal("SIGKILL");
    const { whole, body } = await stream;
    expect([whole, body.includes("[DONE]")]).toEqual([false, false]);
    await expect.poll(() => workers.filter(runs), SOON).toEqual([]);
    expect((await ask(`${gateway.url}/healthz`)).status).toBe(0);
  });

  test.skipIf(NO_PROC !== null)("of every worker at its start is given up after a few, with a message and the end of the gateway", async () => {
    const folder = folderOf({ "policy.ward": POLICY, "die.cjs": 'if (/workers.process\\.[jt]s$/.test(process.argv[1]) && require("node:fs").existsSync("die")) process.exit(9);\n' });
    const env = { NODE_OPTIONS: "--require ./die.cjs" };
    const gateway = await start(folder, [], env);
    folder.write("die", "");
    for (const pid of childrenOf(gateway.pid)) process.kill(pid, "SIGKILL");
    const { code, err } = await gateway.ended;
    expect([code, err]).toEqual([70, expect.stringContaining("workers end as they start: 5 in a row, the last one with exit code 9")]);
    // And at the first start at once.
    expect(await command(folder.path, ["serve", "policy.ward", "--port", "0", "--workers", "2", "--store", "file:kept"], env).ended).toMatchObject({ code: 2, out: "", err: expect.stringMatching(/worker [12] cannot start: it ended \(exit code 9\)/) });
  });
});

describe("a budget", () => {
  test.skipIf(NO_PROC !== null)("goes on counting at its worst what a dead worker had under way, says so, and counts from receipts when the gateway starts again", async () => {
    const folder = folderOf({ "policy.ward": SLOW.replaceAll("2s", "30s") + 'target echo = local "echo" { context = 32Ki  output = 1Ki  price = free }\nmodel quick { route = echo }\n' });
    // The prompt and 1,000 tokens fit once, and what is left has no room for them again.
    const key = await made(folder, "--tokens-per-day", "1500");
    const headers = { "x-api-key": key.secret };
    const gateway = await start(folder, ["--keys", "keys.json"]);
    let begun = false;
    const stream = chat(gateway.url, { stream: true, max_tokens: 1000 }, { headers, heard: (text) => { begun ||= text.includes("begun"); } });
    await expect.poll(() => begun, SOON).toBe(true);
    for (const pid of childrenOf(gateway.pid)) process.kill(pid, "SIGKILL");
    await stream;
    await expect.poll(() => gateway.err.match(/worker \d serves/g)?.length, SOON).toBe(2);
    expect(gateway.err).toMatch(/worker \d: what its requests under way could have cost at most stays counted/);
    const quick = (url: string) => chat(url, { model: "quick", max_tokens: 1000 }, { headers });
    expect((await quick(gateway.url)).status).toBe(429);
    gateway.signal("SIGTERM");
    await gateway.ended;
    expect((await quick((await start(folder, ["--keys", "keys.json"])).url)).status).toBe(200);
  });
});

describe("a worker that hangs", () => {
  /** The gateway as `ward serve` has it, but that a worker may be silent for two seconds only. */
  async function hasty(policy = POLICY) {
    const folder = folderOf({ "policy.ward": policy, "other.ward": ANOTHER });
    for (const name of ["policy", "other"]) await folder.run(["build", `${name}.ward`, "-o", `${name}.json`]);
    const key = await made(folder);
    const child = fork(fileURLToPath(new URL("../support/hasty-workers.ts", import.meta.url)), [JSON.stringify({ folder: folder.path, answersWithin: 2_000 })], { execArgv: ["-C", "wardwright-source"], stdio: ["ignore", "ignore", "pipe", "ipc"] });
    let err = "";
    child.stderr!.setEncoding("utf8").on("data", (text: string) => (err += text));
    onTestFinished(() => void child.kill("SIGKILL"));
    const [{ url }] = (await once(child, "message")) as [{ readonly url: string }];
    const [victim, other] = childrenOf(child.pid!);
    const as = () => chat(url, {}, { headers: { "x-api-key": key.secret } });
    const tell = async (what: object): Promise<unknown> => {
      child.send(what);
      return ((await once(child, "message")) as [unknown])[0];
    };
    return { folder, url, key, as, tell, victim: victim!, other: other!, workers: () => childrenOf(child.pid!), err: () => err };
  }
  const hang = (pid: number) => process.kill(pid, "SIGSTOP");

  test.skipIf(NO_PROC !== null)("is ended and replaced, while the other serves", async () => {
    const { as, victim, workers, err } = await hasty();
    hang(victim);
    await expect.poll(workers, SOON).not.toContain(victim);
    await expect.poll(err, SOON).toMatch(/worker \d has not answered for 2 s, and is ended\nworker \d ended \(SIGKILL\); another one takes its place\nworker 3 serves\n/);
    expect((await several(4, as)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(workers()).toHaveLength(2);
  });

  test.skipIf(NO_PROC !== null)("has no swap made: it is refused, and nothing has changed on the other", async () => {
    const { tell, victim, workers, err } = await hasty();
    const before = await tell({ do: "digest" });
    hang(victim);
    expect(await tell({ do: "swap", file: "other.json" })).toMatchObject({ kind: "refused", problems: [{ message: expect.stringMatching(/^worker \d does not answer$/) }] });
    expect(await tell({ do: "digest" })).toEqual(before);
    await expect.poll(err, SOON).toContain("worker 3 serves");
    expect(workers()).not.toContain(victim);
    expect(await tell({ do: "swap", file: "other.json" })).toMatchObject({ kind: "swapped" });
  });

  test.skipIf(NO_PROC !== null)("keeps no revoked key: who takes its place knows the new ones", async () => {
    const { folder, key, as, tell, victim, workers } = await hasty();
    expect((await as()).status).toBe(200);
    hang(victim);
    await folder.run(["keys", "revoke", key.id]);
    expect(await tell({ do: "keys" })).toMatchObject({ problems: [] });
    // Whoever hears that they hold hears it of every worker there is.
    await expect.poll(workers, SOON).not.toContain(victim);
    // One that was on its way to the dead one is broken off, as any that a death breaks: its client asks again.
    const statuses = (await several(4, as)).map(({ status }) => status).sort();
    expect([[401, 401, 401, 401], [0, 401, 401, 401]]).toContainEqual(statuses);
    expect((await several(4, as)).map(({ status }) => status)).toEqual([401, 401, 401, 401]);
  });
});

describe("an end", () => {
  test("by signal finishes what is under way on every worker, and its receipts are kept", async () => {
    const folder = folderOf({ "policy.ward": SLOW });
    const gateway = await start(folder, ["--drain-notice", "1"]);
    let begun = 0;
    const streams = several(2, () => {
      let heard = false;
      return chat(gateway.url, { stream: true }, { heard: (text) => { if (!heard && text.includes("begun")) begun += 1; heard ||= text.includes("begun"); } });
    });
    await expect.poll(() => begun, SOON).toBe(2);
    gateway.signal("SIGTERM");
    await expect.poll(async () => (await ask(`${gateway.url}/readyz`)).status, { ...SOON, interval: 5 }).toBe(503);
    const ends = await streams;
    expect(ends.map(({ whole, body }) => [whole, body.endsWith("data: [DONE]\n\n")])).toEqual([[true, true], [true, true]]);
    const { code, err } = await gateway.ended;
    expect([code, err]).toEqual([0, expect.stringContaining("closing: 2 requests are under way\n")]);
    for (const end of ends) expect((await folder.run(["receipts", "show", idOf(end), "--store", "file:kept"])).out).toContain("completed");
  });

  test("cuts what goes on past `--drain-limit`, and its receipts say so", async () => {
    const folder = folderOf({ "policy.ward": SLOW.replaceAll("2s", "30s") });
    const gateway = await start(folder, ["--drain-limit", "1"]);
    let begun = false;
    const stream = chat(gateway.url, { stream: true }, { heard: (text) => { begun ||= text.includes("begun"); } });
    await expect.poll(() => begun, SOON).toBe(true);
    gateway.signal("SIGTERM");
    const end = await stream;
    expect([end.whole, (await gateway.ended).code]).toEqual([false, 0]);
    expect((await folder.run(["receipts", "show", idOf(end), "--store", "file:kept"])).out).toContain("cancelled");
  });

  test.skipIf(NO_PROC !== null)("by a second signal waits for nothing, and leaves no process", async () => {
    const gateway = await start(folderOf({ "policy.ward": SLOW.replaceAll("2s", "30s") }));
    let begun = false;
    const stream = chat(gateway.url, { stream: true }, { heard: (text) => { begun ||= text.includes("begun"); } });
    await expect.poll(() => begun, SOON).toBe(true);
    const workers = childrenOf(gateway.pid);
    gateway.signal("SIGINT");
    await expect.poll(() => gateway.err, SOON).toContain("closing: 1 request is under way");
    gateway.signal("SIGINT");
    expect((await gateway.ended).code).toBe(-1);
    expect((await stream).whole).toBe(false);
    await expect.poll(() => workers.filter(runs), SOON).toEqual([]);
  });
});
