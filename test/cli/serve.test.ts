import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { folderOf, startIn } from "../support/ward.ts";

const POLICY = 'ward 1\n\nprovider local { kind = mock }\ntarget echo = local "echo" { context = 32Ki  price = free }\nmodel chat { route = echo  aliases = ["acme/chat"] }\n';

const ask = (url: string, body: unknown = { model: "chat", messages: [{ role: "user", content: "hi" }] }) =>
  fetch(`${url}/v1/chat/completions`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

test("a gateway says what it serves, leaves a receipt where it said, tells of it, and stops cleanly", async () => {
  const folder = folderOf({ "policy.ward": POLICY });
  const started = await startIn(folder.path, ["serve", "policy.ward", "--port", "0", "--store", "file:kept"]);
  const answer = await ask(started.url);
  expect(answer.status).toBe(200);
  const id = answer.headers.get("x-wardwright-receipt-id")!;
  await answer.text();
  expect((await folder.run(["receipts", "show", id, "--store", "file:kept", "--format", "json"])).out).toContain(id);
  const { code, out, err } = await started.stop();
  expect(code).toBe(0);
  expect(out).toContain("model     chat, acme/chat: at worst 1 attempt, $0.00");
  expect(out).toContain("receipts  file:kept");
  expect(err).toBe(`chat: completed, 1 attempt, ${started.url}/v1/receipts/${id}\nclosing\n`);
  // The lock is gone: the store can be opened again.
  const again = await startIn(folder.path, ["serve", "policy.ward", "--port", "0", "--store", "file:kept"]);
  expect((await again.stop()).code).toBe(0);
});

test("the `curl` it prints is a request it answers", async () => {
  const folder = folderOf({ "policy.ward": POLICY });
  const started = await startIn(folder.path, ["serve", "policy.ward", "--port", "0", "--store", "memory:"]);
  const { out } = await started.stop();
  const body = JSON.parse(/-d '(.+)'$/m.exec(out)![1]!) as unknown;
  const again = await startIn(folder.path, ["serve", "policy.ward", "--port", "0", "--store", "memory:"]);
  const answer = await ask(again.url, body);
  expect([answer.status, (await answer.text()).endsWith("data: [DONE]\n\n")]).toEqual([200, true]);
});

test("where keys are needed it says so, and its `curl`s have a place for them", async () => {
  const folder = folderOf({ "policy.ward": POLICY });
  const key = (await folder.run(["keys", "make"])).out.trim();
  const started = await startIn(folder.path, ["serve", "policy.ward", "--port", "0", "--store", "memory:", "--keys", "keys.json"]);
  const { out } = await started.stop();
  expect(out).toContain("keys      keys.json\n");
  expect(out.match(/curl .+ -H "authorization: Bearer \$WARD_KEY" .+/g)).toHaveLength(1);
  expect(out.match(/curl .+ -H "authorization: Bearer \$WARD_ADMIN_KEY"/g)).toHaveLength(1);
  expect(out).not.toContain(key);
});

test.each([
  ["192.0.2.1", "this machine has no such address"],
  ["no-such-host.invalid", "no address is known by that name"],
])("an address that is not this machine's is said to be: %s", async (host, why) => {
  const folder = folderOf({ "policy.ward": POLICY });
  await folder.run(["keys", "make"]);
  const { code, err } = await folder.run(["serve", "policy.ward", "--host", host, "--keys", "keys.json", "--store", "memory:"]);
  expect([code, err]).toEqual([2, `ward: port 8787 of ${host} cannot be bound: ${why}\nhelp: give one of ${host === "192.0.2.1" ? "its own" : "this machine"} with \`--host\`, or \`0.0.0.0\` for all of them\n`]);
});

test("a compiled bundle is served like its source", async () => {
  const folder = folderOf({ "policy.ward": POLICY });
  const { out: digest } = await folder.run(["build", "policy.ward", "-o", "bundle.json"]);
  const started = await startIn(folder.path, ["serve", "bundle.json", "--port", "0", "--store", "memory:"]);
  expect((await ask(started.url)).status).toBe(200);
  expect((await started.stop()).out).toContain(digest.trim());
});

test("a port that is taken is said with what to do, and ends with 2", async () => {
  const folder = folderOf({ "policy.ward": POLICY });
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address() as { readonly port: number };
  const { code, out, err } = await folder.run(["serve", "policy.ward", "--port", String(port), "--store", "file:kept"]);
  holder.close();
  expect([code, out]).toEqual([2, ""]);
  expect(err).toBe(`ward: port ${port} of 127.0.0.1 cannot be bound: something else is listening there\nhelp: stop what holds it, or choose another with \`--port\`\n`);
  // And the store it had opened is free again.
  expect((await (await startIn(folder.path, ["serve", "policy.ward", "--port", "0", "--store", "file:kept"])).stop()).code).toBe(0);
});

test("a store that another gateway writes to is said with what to do, and ends with 2", async () => {
  const folder = folderOf({ "policy.ward": POLICY });
  await startIn(folder.path, ["serve", "policy.ward", "--port", "0", "--store", "file:kept"]);
  const { code, err } = await folder.run(["serve", "policy.ward", "--port", "0", "--store", "file:kept"]);
  expect(code).toBe(2);
  expect(err).toMatch(/are being written by process \d+ on .+\nhelp: .*--store file:PATH/);
});

test("an address that others can reach is refused while there are no keys", async () => {
  expect(await folderOf({ "policy.ward": POLICY }).run(["serve", "policy.ward", "--host", "0.0.0.0", "--port", "0", "--store", "memory:"])).toMatchObject({ code: 2, err: expect.stringContaining("`0.0.0.0` is open to others") });
});

test.each([
  ["a port that is none", ["--port", "http"], "`--port` cannot be `http`"],
  ["a port out of range", ["--port", "65536"], "`--port` cannot be `65536`"],
  ["a store of no kind", ["--store", "redis:x"], "unknown store `redis:x`"],
])("%s is refused", async (_name, words, said) => {
  expect(await folderOf({ "policy.ward": POLICY }).run(["serve", "policy.ward", ...words])).toMatchObject({ code: 2, out: "", err: expect.stringContaining(said) });
});

test("a policy with errors is not served", async () => {
  expect(await folderOf({ "policy.ward": POLICY.replace("route = echo", "route = ecko") }).run(["serve", "policy.ward", "--store", "memory:"])).toMatchObject({ code: 1, out: "", err: expect.stringContaining("W1001") });
});

test("the process itself: exit codes, streams, and a stop by signal", async () => {
  const folder = folderOf({ "policy.ward": POLICY, "bad.ward": POLICY.replace("route = echo", "route = ecko") });
  const main = fileURLToPath(new URL("../../compiler/cli/main.ts", import.meta.url));
  const start = (...words: readonly string[]) => spawn(process.execPath, ["-C", "wardwright-source", main, ...words], { cwd: folder.path, stdio: ["ignore", "pipe", "pipe"] });
  const finish = async (child: ReturnType<typeof start>) => {
    const [out, err, [code]] = await Promise.all([child.stdout.toArray(), child.stderr.toArray(), once(child, "close")]);
    return { code: code as number, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
  };
  const [checked, missing] = await Promise.all([finish(start("check", "bad.ward")), finish(start("check", "none.ward"))]);
  expect(checked).toMatchObject({ code: 1, out: expect.stringContaining("W1001"), err: "" });
  expect(missing).toMatchObject({ code: 2, out: "", err: "ward: cannot read `none.ward`: it does not exist\n" });

  const gateway = start("serve", "policy.ward", "--port", "0", "--store", "memory:");
  const [first] = (await once(gateway.stdout, "data")) as [Buffer];
  const url = /http:\/\/[^\s/]+/.exec(first.toString())![0];
  expect((await ask(url)).status).toBe(200);
  const before = await digestAt(url);
  folder.write("policy.ward", ANOTHER);
  gateway.kill("SIGHUP");
  await expect.poll(() => digestAt(url), { timeout: 10_000 }).not.toBe(before);
  gateway.kill("SIGTERM");
  expect((await finish(gateway)).code).toBe(0);
});

const ANOTHER = POLICY.replace('aliases = ["acme/chat"]', 'aliases = ["acme/other"]');
const digestAt = async (url: string) => ((await (await fetch(`${url}/readyz`)).json()) as { readonly bundle: string }).bundle;

test("a signal to read the program again swaps what is served, and a program with errors changes nothing", async () => {
  const folder = folderOf({ "policy.ward": POLICY });
  const started = await startIn(folder.path, ["serve", "policy.ward", "--port", "0", "--store", "memory:"]);
  const before = await digestAt(started.url);
  started.reload();
  expect([await digestAt(started.url), started.err]).toEqual([before, ""]);
  folder.write("policy.ward", ANOTHER);
  started.reload();
  const after = await digestAt(started.url);
  expect(after).not.toBe(before);
  expect(started.err).toBe(`swapped: ${after} is served now, requests under way finish on ${before}\n`);
  folder.write("policy.ward", ANOTHER.replace("route = echo", "route = ecko"));
  started.reload();
  expect(await digestAt(started.url)).toBe(after);
  expect(started.err).toMatch(/W1001[\s\S]*not swapped: sha256:\w+ is still served\n$/);
  const counted = (await (await fetch(`${started.url}/metrics`)).text()).split("\n").filter((line) => line.startsWith("wardwright_bundle_swaps_total"));
  expect(counted.sort()).toEqual(['wardwright_bundle_swaps_total{result="refused"} 1', 'wardwright_bundle_swaps_total{result="swapped"} 1']);
});

test("a bundle whose provider lacks its setting is not swapped in", async () => {
  const folder = folderOf({ "policy.ward": POLICY });
  const started = await startIn(folder.path, ["serve", "policy.ward", "--port", "0", "--store", "memory:"]);
  const before = await digestAt(started.url);
  folder.write("policy.ward", POLICY.replace("kind = mock", 'kind = openai_compatible  base = "http://127.0.0.1:1/v1"  key = env(MISSING_KEY)'));
  started.reload();
  expect([await digestAt(started.url), started.err]).toEqual([before, expect.stringContaining("`MISSING_KEY` is not set")]);
});

test("`--watch` swaps when a file changes, tells a mistake once, and stops cleanly", async () => {
  const folder = folderOf({ "policy.ward": POLICY });
  const started = await startIn(folder.path, ["serve", "policy.ward", "--port", "0", "--store", "memory:", "--watch"]);
  const before = await digestAt(started.url);
  folder.write("policy.ward", ANOTHER.replace("route = echo", "route = ecko"));
  started.change();
  await expect.poll(() => started.err).toContain(`not swapped: ${before} is still served`);
  folder.write("policy.ward", ANOTHER);
  started.change();
  await expect.poll(() => digestAt(started.url)).not.toBe(before);
  const { code, err } = await started.stop();
  expect([code, err.split("not swapped").length, err.split("is served now").length]).toEqual([0, 2, 2]);
});

test("`--watch` counts a refusal once, also where its own log is written into the folder that is watched", async () => {
  const folder = folderOf({ "policy.ward": POLICY });
  const started = await startIn(folder.path, ["serve", "policy.ward", "--port", "0", "--store", "memory:", "--watch", "--log", "json"]);
  const refusals = async () => /bundle_swaps_total\{result="refused"\} (\d+)/.exec(await (await fetch(`${started.url}/metrics`)).text())?.[1];
  for (const [bad, count] of [
    [POLICY.replace("route = echo", "route = ecko"), "1"],
    [POLICY.replace("kind = mock", 'kind = openai_compatible  base = "http://127.0.0.1:1/v1"  key = env(MISSING_KEY)'), "2"],
  ] as const) {
    folder.write("policy.ward", bad);
    started.change();
    await expect.poll(refusals).toBe(count);
    for (let looks = 0; looks < 3; looks++) {
      started.change();
      await new Promise((resolve) => void setTimeout(resolve, 80));
    }
    expect(await refusals()).toBe(count);
  }
  const lines = (await started.stop()).err.trim().split("\n").map((line) => JSON.parse(line) as { readonly msg: string });
  expect(lines.filter(({ msg }) => msg === "bundle refused")).toHaveLength(2);
});

test("`--watch` compiles nothing while what it read is as it was: what an operator swapped in stays, whatever else is written beside it", async () => {
  const folder = folderOf({ "policy.ward": POLICY });
  const started = await startIn(folder.path, ["serve", ".", "--port", "0", "--store", "memory:", "--watch"]);
  await folder.run(["build", "policy.ward", "-o", "first.json"]);
  folder.write("other/policy.ward", ANOTHER);
  await folder.run(["build", "other/policy.ward", "-o", "other.json"]);
  const swapped = await fetch(`${started.url}/admin/bundles`, { method: "POST", body: folder.read("other.json"), headers: { "content-type": "application/json" } });
  expect(swapped.status).toBe(200);
  const swappedIn = await digestAt(started.url);
  for (let looks = 0; looks < 3; looks++) {
    folder.write("gateway.log", "x".repeat(looks));
    // Written anew, and as it was.
    folder.write("policy.ward", POLICY);
    started.change();
    await new Promise((resolve) => void setTimeout(resolve, 80));
  }
  expect(await digestAt(started.url)).toBe(swappedIn);
  folder.write("policy.ward", `${POLICY}model more { route = echo }\n`);
  started.change();
  await expect.poll(() => digestAt(started.url)).not.toBe(swappedIn);
});

test("`--log json` tells of requests, swaps and the end in JSON lines, and of nothing in between", async () => {
  const folder = folderOf({ "policy.ward": POLICY });
  const started = await startIn(folder.path, ["serve", "policy.ward", "--port", "0", "--store", "memory:", "--log", "json"]);
  await (await ask(started.url)).text();
  folder.write("policy.ward", ANOTHER);
  started.reload();
  folder.write("policy.ward", ANOTHER.replace("route = echo", "route = ecko"));
  started.reload();
  const lines = (await started.stop()).err.trim().split("\n").map((line) => JSON.parse(line) as { readonly level: string; readonly msg: string });
  expect(lines[0]).toMatchObject({ msg: "serving", url: started.url, workers: 1, digest: expect.stringMatching(/^sha256:/) });
  expect(lines.map(({ level, msg }) => [level, msg.replace(/sha256:\w+/g, "…").split("\n").at(-1)])).toEqual([
    ["info", "serving"],
    ["info", "request"],
    ["info", "bundle swapped"],
    ["info", "swapped: … is served now, requests under way finish on …"],
    ["warn", "bundle refused"],
    ["warn", "not swapped: … is still served"],
    ["info", "closing"],
  ]);
});

test("`--log-level warn` tells of no request that went well", async () => {
  const folder = folderOf({ "policy.ward": POLICY });
  const started = await startIn(folder.path, ["serve", "policy.ward", "--port", "0", "--store", "memory:", "--log-level", "warn"]);
  await (await ask(started.url)).text();
  expect((await started.stop()).err).toBe("");
});

test("a canary and a shadow are served beside the policy, and are on the receipt", async () => {
  const folder = folderOf({ "policy.ward": POLICY, "next.ward": ANOTHER });
  const started = await startIn(folder.path, ["serve", "policy.ward", "--canary", "next.ward", "--percent", "100", "--shadow", "policy.ward", "--port", "0", "--store", "file:kept"]);
  const answer = await ask(started.url);
  await answer.text();
  const shown = (await folder.run(["receipts", "show", answer.headers.get("x-wardwright-receipt-id")!, "--store", "file:kept"])).out;
  expect(shown).toMatch(/canary +answered, 100% go to sha256:\w+\n/);
  expect(shown).toMatch(/shadow +sha256:\w+ would do the same\n/);
  expect((await started.stop()).out).toMatch(/canary +sha256:\w+: 100% of the requests\nshadow +sha256:\w+\n/);
});

test.each([
  [["--canary", "policy.ward"], "`--canary` needs its share of the requests"],
  [["--percent", "5"], "`--percent` is the share of a canary, and there is none"],
  [["--canary", "policy.ward", "--percent", "0"], "`--percent` cannot be `0`"],
  [["--canary", "policy.ward", "--percent", "5.5"], "`--percent` cannot be `5.5`"],
  [["--canary", "none.ward", "--percent", "5"], "cannot read `none.ward`"],
  [["--conversations", "64"], "`--conversations` cannot be `64`"],
  [["--conversations", "0MiB"], "`--conversations` cannot be `0MiB`"],
  [["--drain-limit", "soon"], "`--drain-limit` cannot be `soon`"],
  [["--shadow", "none.ward"], "cannot read `none.ward`"],
])("%j is refused", async (words, said) => {
  expect(await folderOf({ "policy.ward": POLICY }).run(["serve", "policy.ward", "--store", "memory:", ...words])).toMatchObject({ code: 2, out: "", err: expect.stringContaining(said) });
});
