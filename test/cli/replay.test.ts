// `ward replay`: from a store that a gateway wrote, a file, standard input; its formats and exit codes.
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import type { ReplayReport } from "#contracts";
import { schemaFiles } from "../../contracts/schemas.ts";
import { receipt } from "../support/receipt.ts";
import { folderOf, startIn, type Folder } from "../support/ward.ts";

const POLICY = `ward 1

facts { request.tags: set(pii) from header "X-Tags" }

provider local { kind = mock  zone = private }

target small = local "small" {
  context = 100
  replies = [["the key is sk-123456"]]
}

target large = local "large" {
  context = 32Ki
  replies = [["a longer answer"]]
}

alloy duo {
  blend small, large
  sticky = session
  partial_context = true
}

dispatcher pick {
  when request.tags has pii -> large
  otherwise -> duo
}

model chat {
  route = pick
  receipts = { capture = full }
}
`;
const CHANGED = POLICY.replace("when request.tags has pii -> large", 'when request.tags has pii -> refuse "not with that"').replace("model chat {", 'rule keys on text {\n  match /sk-[0-9]{6}/\n  then redact "[key]"\n}\n\nmodel chat {\n  rules = [keys]');

/** A store with what a gateway wrote: nine ordinary requests in three sessions, and three with a tag. */
async function served(): Promise<Folder> {
  const folder = folderOf({ "policy.ward": POLICY, "changed.ward": CHANGED, "asks.ward": POLICY.replace("facts {", 'facts {\n  caller.tier: enum(free) from key').replace("otherwise -> duo", "when caller.tier == free -> small\n  otherwise -> duo") });
  const gateway = await startIn(folder.path, ["serve", "policy.ward", "--port", "0", "--store", "file:store"]);
  for (let at = 0; at < 12; at++) {
    const headers = { "content-type": "application/json", "x-wardwright-session-id": `s${at % 3}`, ...(at % 4 === 3 ? { "x-tags": "pii" } : {}) };
    const answer = await fetch(`${gateway.url}/v1/chat/completions`, { method: "POST", headers, body: JSON.stringify({ model: "chat", messages: [{ role: "user", content: "hi" }] }) });
    expect(answer.status).toBe(200);
    await answer.text();
  }
  await gateway.stop();
  return folder;
}

describe("what a gateway wrote", () => {
  test("is the same under the same policy, draws and facts included", async () => {
    const folder = await served();
    const { code, out } = await folder.run(["replay", "file:store", "--with", "policy.ward", "--format", "json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ receipts: 12, same: { count: 12, share: 1 }, different: { count: 0 }, unknown: { count: 0 } });
  });

  test("is told apart under another, from a store's URL, its folder, its segment, its receipts and standard input alike", async () => {
    const folder = await served();
    const words = ["--with", "changed.ward", "--format", "json"];
    const { code, out, err } = await folder.run(["replay", "file:store", ...words]);
    expect({ code, err }).toEqual({ code: 1, err: "" });
    const report = JSON.parse(out) as ReplayReport;
    const validate = new Ajv2020({ strict: false }).compile(JSON.parse(schemaFiles().get("replay-report.schema.json")!) as object);
    expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
    expect(report.different.groups.map(({ differs, count, now }) => [differs.join(), count, now.refusal?.message ?? null])).toEqual(expect.arrayContaining([["refusal,targets", 3, "not with that"]]));
    expect(report.rules).toMatchObject([{ rule: "rule:keys", mode: "enforce", replayed: 9 }]);
    // Every request that is not refused now has the new rule, which is a difference.
    expect(report.different.count).toBe(12);

    const segment = folder.read("store/receipts-00000001.ndjson");
    folder.write("lines.ndjson", segment.split("\n").map((line) => (line === "" ? "" : JSON.stringify((JSON.parse(line) as { readonly receipt: unknown }).receipt))).join("\n"));
    const counts = (text: string) => (JSON.parse(text) as ReplayReport).different.groups.map(({ count, differs, was, now }) => JSON.stringify([count, differs, was, now])).sort();
    for (const source of ["store", "store/receipts-00000001.ndjson", "lines.ndjson"]) expect(counts((await folder.run(["replay", source, ...words])).out)).toEqual(counts(out));
    expect(counts((await folder.run(["replay", "-", ...words], { stdin: segment })).out)).toEqual(counts(out));
  });

  test("cannot be told where the new policy asks what was not recorded", async () => {
    const folder = await served();
    const { code, out } = await folder.run(["replay", "store", "--with", "asks.ward", "--format", "json"]);
    const report = JSON.parse(out) as ReplayReport;
    // Those with the tag go the same way whatever the tier is.
    expect(report.same.count).toBeGreaterThanOrEqual(3);
    expect(report.unknown.groups).toMatchObject([{ missing: "`caller.tier`", count: 9 }]);
    expect(code).toBe(0);
  });

  test("is said in words and as a comment, with figures that add up", async () => {
    const folder = await served();
    const { out } = await folder.run(["replay", "store", "--with", "changed.ward"]);
    expect(out).toMatch(/^12 receipts replayed under sha256:[0-9a-f]{64}\n\nsame +0 \(0 %\)\ndifferent +12 \(100 %\)\ncannot say +0 \(0 %\)\n/);
    expect(out).toContain("3 (25 %)  chat: large -> refused (policy_refused: not with that)");
    expect(out).toMatch(/rules on released text\n {2}rule:keys {2}fires in \d of 9/);
    const markdown = (await folder.run(["replay", "store", "--with", "changed.ward", "--format", "markdown"])).out;
    expect(markdown).toContain("**12 requests of 12 would be treated differently**");
    expect(markdown).toContain("| 3 | 25 % | `chat` | `large` | `refused (policy_refused: not with that)` |");
    for (const line of markdown.split("\n").filter((one) => one.startsWith("| "))) expect(line).toMatch(/^\| .* \|$/);
  });

  test("is narrowed by what lists are narrowed by", async () => {
    const folder = await served();
    const count = async (...words: readonly string[]) => (JSON.parse((await folder.run(["replay", "store", "--with", "policy.ward", "--format", "json", ...words])).out) as ReplayReport).receipts;
    expect(await count("--session", "s1")).toBe(4);
    expect(await count("--model", "chat")).toBe(12);
    expect(await count("--model", "other")).toBe(0);
    expect(await count("--status", "failed")).toBe(0);
    expect(await count("--limit", "5")).toBe(5);
  });
});

describe("exit codes", () => {
  const folder = () => folderOf({ "policy.ward": POLICY, "one.ndjson": `${JSON.stringify(receipt("a", { model: { id: "model:chat", name: "chat", requested: "chat" }, declared: ["request.tags"] }))}\n`, "bad.ndjson": `${JSON.stringify(receipt("a"))}\nnot a receipt\n`, "empty/x": "" });

  test("1 where something is different, 0 with --fail-on never", async () => {
    expect(await folder().run(["replay", "one.ndjson", "--with", "policy.ward"])).toMatchObject({ code: 1 });
    expect(await folder().run(["replay", "one.ndjson", "--with", "policy.ward", "--fail-on", "never"])).toMatchObject({ code: 0 });
  });

  test("0 where there is nothing to replay", async () => {
    expect(await folder().run(["replay", "-", "--with", "policy.ward"])).toMatchObject({ code: 0, out: expect.stringContaining("0 receipts replayed") });
  });

  test.each<[string, readonly string[], string]>([
    ["no policy", ["replay", "one.ndjson"], "`ward replay` needs `--with BUNDLE|ENTRY`"],
    ["a line that is no receipt", ["replay", "bad.ndjson", "--with", "policy.ward"], "`bad.ndjson`, line 2, is not a receipt"],
    ["nothing there", ["replay", "none", "--with", "policy.ward"], "cannot read `none`: it does not exist"],
    ["a store that is not there", ["replay", "file:none", "--with", "policy.ward"], "there is no store"],
    ["a store of no kind", ["replay", "redis:x", "--with", "policy.ward"], "unknown store `redis:x`"],
    ["a limit that is none", ["replay", "one.ndjson", "--with", "policy.ward", "--limit", "0"], "`--limit` cannot be `0`"],
    ["a policy that is not there", ["replay", "one.ndjson", "--with", "none.ward"], "cannot read `none.ward`"],
  ])("2 for %s", async (_, words, said) => {
    const { code, out, err } = await folder().run(words);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(said);
  });
});
