import { chmodSync, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folderOf, startIn, type Folder } from "../support/ward.ts";

const POLICY = 'ward 1\n\nprovider local { kind = mock }\ntarget echo = local "echo" { context = 32Ki  output = 1Ki  price = $1/$2 }\nmodel chat { route = echo }\n';

async function made(folder: Folder, ...words: readonly string[]) {
  const { code, out, err } = await folder.run(["keys", "make", "--format", "json", ...words]);
  expect([code, err]).toEqual([0, ""]);
  return JSON.parse(out) as { readonly id: string; readonly secret: string };
}

const ask = async (url: string, key: string) => {
  const response = await fetch(`${url}/v1/chat/completions`, { method: "POST", headers: { "content-type": "application/json", "x-api-key": key }, body: JSON.stringify({ model: "chat", messages: [{ role: "user", content: "hi" }] }) });
  await response.text();
  return response.status;
};

/** Waits for what the gateway does on its own; the test's own time limit ends it. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("ward keys", () => {
  test("prints a secret once, in a form that scanners find, and keeps only its hash, for its owner alone", async () => {
    const folder = folderOf({});
    const { code, out, err } = await folder.run(["keys", "make", "--name", "Acme"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^wwk_[A-Za-z0-9_-]{43}\n$/);
    expect(err).toMatch(/^made `key_\w+` in `keys\.json`; its secret is not shown again\n$/);
    expect(folder.read("keys.json")).not.toContain(out.trim().slice(4));
    expect(statSync(join(folder.path, "keys.json")).mode & 0o777).toBe(0o600);
    expect(existsSync(join(folder.path, "keys.json.new"))).toBe(false);
    for (const format of ["text", "json"]) {
      const listed = await folder.run(["keys", "list", "--format", format]);
      expect(listed.out).toContain("Acme");
      expect(listed.out).not.toContain(out.trim().slice(4));
      expect(listed.out).not.toContain("sha256:");
    }
  });

  test("writes down what a key may do", async () => {
    const folder = folderOf({});
    const { id } = await made(folder, "--role", "serving", "--models", "chat, other", "--claims", '{"tenant":"acme","request.tags":["pii"]}', "--requests-per-minute", "60", "--tokens-per-month", "1_000_000", "--dollars-per-day", "$12.5", "--expires", "2999-01-31");
    const [key] = (JSON.parse((await folder.run(["keys", "list", "--format", "json"])).out) as { readonly keys: readonly object[] }).keys;
    expect(key).toMatchObject({
      id, role: "serving", models: ["chat", "other"], claims: { tenant: "acme", "request.tags": ["pii"] }, expires: "2999-01-31T00:00:00.000Z", revoked: null,
      limits: { requests_per_minute: 60, tokens_per_month: 1_000_000, cost_per_day: 12_500_000 },
    });
    expect((await folder.run(["keys", "list"])).out).toContain('tenant=acme request.tags=["pii"]  chat,other  60 requests per minute  1000000 tokens per month  $12.5 per day');
  });

  test("writes down what it may do on one model, and says what cannot be read of it", async () => {
    const folder = folderOf({});
    await made(folder, "--model-limits", "chat dollars-per-day=2.5 requests-per-minute=10, wardwright/other tokens-per-day=1_000");
    const [key] = (JSON.parse((await folder.run(["keys", "list", "--format", "json"])).out) as { readonly keys: readonly object[] }).keys;
    expect(key).toMatchObject({ limits: {}, model_limits: { chat: { cost_per_day: 2_500_000, requests_per_minute: 10 }, "wardwright/other": { tokens_per_day: 1_000 } } });
    expect((await folder.run(["keys", "list"])).out).toContain("chat: 10 requests per minute, $2.5 per day  wardwright/other: 1000 tokens per day");
    for (const [text, says] of [["chat", "cannot be `chat`"], ["chat dollars=2", "`dollars` in `--model-limits` is no limit"], ["chat requests-per-minute=0", "cannot be `0`"], ["chat tokens-per-day=1,chat tokens-per-day=2", "names `chat` twice"], ["chat __proto__=1", "is no limit"], ["tokens-per-day=1", "cannot be"]]) {
      expect(await folder.run(["keys", "make", "--model-limits", text!])).toMatchObject({ code: 2, out: "", err: expect.stringContaining(says!) });
    }
  });

  test("never writes over another change: while one is under way, others are told to try again", async () => {
    const folder = folderOf({ "keys.json.new": "" });
    expect(await folder.run(["keys", "make"])).toMatchObject({ code: 2, out: "", err: expect.stringContaining("is being changed by another `ward keys`") });
    expect(existsSync(join(folder.path, "keys.json"))).toBe(false);
  });

  test("revokes by id, once, and leaves the file as it was where there is no such key", async () => {
    const folder = folderOf({});
    const { id } = await made(folder);
    const before = folder.read("keys.json");
    expect(await folder.run(["keys", "revoke", `${id}x`])).toMatchObject({ code: 2, err: `ward: no key \`${id}x\` is in \`keys.json\`\nhelp: did you mean \`${id}\`?\n` });
    expect(folder.read("keys.json")).toBe(before);
    expect(await folder.run(["keys", "revoke", id])).toMatchObject({ code: 0, err: `revoked \`${id}\`\n` });
    expect(await folder.run(["keys", "revoke", id])).toMatchObject({ code: 0, err: `\`${id}\` was revoked already\n` });
    expect((await folder.run(["keys", "list"])).out).toContain("revoked 20");
  });

  test.each<[string, readonly string[], string]>([
    ["an unknown thing to do", ["mkae"], "did you mean `make`?"],
    ["a revocation of nothing", ["revoke"], "needs the id of a key"],
    ["a list of a file that is not there", ["list"], "cannot read `keys.json`: it does not exist"],
    ["a limit of nothing", ["make", "--tokens-per-day", "0"], "`--tokens-per-day` cannot be `0`"],
    ["a limit that is no number", ["make", "--dollars-per-day", "lots"], "it is an amount of dollars, as 12.50"],
    ["a date that is none", ["make", "--expires", "2999-02-31"], "`--expires` cannot be `2999-02-31`"],
    ["a date that is over", ["make", "--expires", "2001-01-01"], "`--expires` is over"],
    ["claims that are no JSON", ["make", "--claims", "tier=team"], "`--claims` is not JSON"],
    ["claims that are no object", ["make", "--claims", "[]"], "`--claims` cannot be that"],
    ["claims in claims", ["make", "--claims", '{"a":{"b":1}}'], "claims are texts, whole numbers"],
    ["no models at all", ["make", "--models", ","], "`--models` names no model"],
  ])("%s ends with 2 and writes nothing", async (_, words, said) => {
    const folder = folderOf({});
    const { code, out, err } = await folder.run(["keys", ...words]);
    expect(err).toContain(said);
    expect([code, out, existsSync(join(folder.path, "keys.json"))]).toEqual([2, "", false]);
  });
});

describe("ward serve --keys", () => {
  const serve = (folder: Folder, ...words: readonly string[]) => startIn(folder.path, ["serve", "policy.ward", "--port", "0", "--store", "memory:", "--keys", "keys.json", ...words]);

  test.each(["by its folder", "by SIGHUP"])("takes a new key and refuses a revoked one without a restart, told %s", async (how) => {
    const folder = folderOf({ "policy.ward": POLICY });
    const first = await made(folder);
    const gateway = await serve(folder);
    expect([await ask(gateway.url, first.secret), await ask(gateway.url, "none")]).toEqual([200, 401]);
    const tell = how === "by SIGHUP" ? gateway.reload : gateway.change;
    const second = await made(folder);
    await folder.run(["keys", "revoke", first.id]);
    tell();
    await until(() => gateway.err.includes("keys read again"));
    expect([await ask(gateway.url, first.secret), await ask(gateway.url, second.secret)]).toEqual([401, 200]);
  });

  test("keeps the keys it has where the file becomes none, says so once, and takes it when it is one again", async () => {
    const folder = folderOf({ "policy.ward": POLICY });
    const { id, secret } = await made(folder);
    const good = folder.read("keys.json");
    const gateway = await serve(folder);
    folder.write("keys.json", good.replace('"role": "serving"', '"rloe": "serving"'));
    gateway.change();
    gateway.change();
    await until(() => gateway.err.includes("the keys stay as they were"));
    expect(await ask(gateway.url, secret)).toBe(200);
    folder.write("keys.json", good);
    await folder.run(["keys", "revoke", id]);
    gateway.change();
    await until(() => gateway.err.includes("keys read again"));
    expect(await ask(gateway.url, secret)).toBe(401);
    expect(gateway.err.match(/stay as they were/g)).toHaveLength(1);
  });

  test("does not start with keys it cannot keep to, and says which and why", async () => {
    const folder = folderOf({ "policy.ward": POLICY.replace("price = $1/$2", "") });
    const { id } = await made(folder, "--dollars-per-day", "1");
    const { code, err } = await folder.run(["serve", "policy.ward", "--port", "0", "--store", "memory:", "--keys", "keys.json"]);
    expect([code, err.includes(`\`${id}\` has a budget in dollars, and the target \`echo\` declares no price`)]).toEqual([2, true]);
    expect(await folder.run(["serve", "policy.ward", "--port", "0", "--store", "memory:", "--keys", "none.json"])).toMatchObject({ code: 2, err: "ward: cannot read `none.json`: it does not exist\nhelp: `ward keys make` makes one\n" });
    expect(await folder.run(["serve", "policy.ward", "--cors", "app.example.com"])).toMatchObject({ code: 2, err: expect.stringContaining("an origin is a scheme and a host") });
  });

  test("warns of a file that others can read, and of what means nothing under the policy", async () => {
    const folder = folderOf({ "policy.ward": POLICY });
    await made(folder, "--models", "chatt", "--claims", '{"tenent":"acme"}');
    chmodSync(join(folder.path, "keys.json"), 0o644);
    const gateway = await serve(folder);
    expect(gateway.err).toContain("can be read by others\nhelp: `chmod 600 keys.json` keeps it to its owner");
    expect(gateway.err).toContain("which is no model of this policy\nhelp: did you mean `chat`?");
    expect(gateway.err).toContain("is no fact of this policy\nhelp: did you mean `tenant`?");
  });
});
