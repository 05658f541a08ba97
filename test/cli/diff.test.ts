import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { Difference, type Receipt } from "#contracts";
import { openStore } from "#runtime";
import { receipt } from "../support/receipt.ts";
import { folderOf, runIn, type Folder } from "../support/ward.ts";

const OLD = `ward 1

facts { request.tags: set(pii) from header "X-Tags" }

provider house { kind = mock  zone = private }
provider rented { kind = mock  zone = cloud }

target small = house "small" { context = 32Ki  can = [tools]  price = free }
target large = rented "large" { context = 200k  can = [tools]  price = $3/$15 }

cascade home { try small }

dispatcher by-tag {
  when request.tags has pii -> home
  otherwise -> large
}

rule no-old on text {
  match /Old\\(/
  then block "old"
}

model chat {
  route = by-tag
  rules = [no-old]
  limits = { cost = $1.00 }
}
`;
/** A fallback in the cloud for what was private. */
const NEW = OLD.replace("cascade home { try small }", "cascade home {\n  try small\n  try large\n}").replace("cost = $1.00", "cost = $2.00");

const git = (folder: Folder, ...words: readonly string[]): string =>
  execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false", ...words], { cwd: folder.path, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" } });

/** A repository with `files` committed on `main`. */
function repository(files: { readonly [path: string]: string }): Folder {
  const folder = folderOf(files);
  git(folder, "init", "-q", "-b", "main");
  git(folder, "add", "-A");
  git(folder, "commit", "-q", "-m", "first");
  return folder;
}

test("text tells the region, both sides of it, its requests and the worst of all", async () => {
  const { code, out, err } = await folderOf({ "old.ward": OLD, "new.ward": NEW }).run(["diff", "old.ward", "new.ward"]);
  expect([code, err]).toEqual([1, ""]);
  expect(out).toBe(`breaking    chat: can reach zone \`cloud\`, which it could not (\`large\`)
  also      \`large\` stands behind it
  where     request.tags has pii
            request.needs has nothing but tools
            request.tokens + request.output <= 32768
  was       small
  now       small, then large
  old       old.ward:11  cascade home { try small }
  new       new.ward:13  try large
  witness   {"model":"chat","facts":{"request.tags":["pii"]}}

routing     chat: was refused (context_length_exceeded), is served
  where     request.tags has pii
            request.needs has nothing but tools
            request.tokens + request.output >= 32769
            request.tokens + request.output <= 200000
  was       refused: context_length_exceeded, the request needs a context of 32769 tokens and the largest \`chat\` may use for it has 32768
  now       large
  old       old.ward:11  cascade home { try small }
  new       new.ward:13  try large
  witness   {"model":"chat","tokens":32769,"facts":{"request.tags":["pii"]}}

weaker      model chat: limits.cost $1.00 → $2.00
  new       new.ward:26  model chat {
cosmetic    model chat: limits.attempts 1 → 2, which no request can reach
  new       new.ward:26  model chat {

2 regions of requests are treated differently; 1 definition differs; the most severe is breaking
`);
});

test("where nothing differs, that is proved, and comments and layout are nothing", async () => {
  const { code, out } = await folderOf({ "old.ward": OLD, "new.ward": `// said\n${OLD.replaceAll("  when", "\n    when")}` }).run(["diff", "old.ward", "new.ward"]);
  expect([code, out]).toEqual([0, "proved: every request is treated the same\n"]);
});

test("json is what its schema says, and the witness is a request that `eval` takes", async () => {
  const folder = folderOf({ "old.ward": OLD, "new.ward": NEW });
  const { out } = await folder.run(["diff", "old.ward", "new.ward", "--format", "json"]);
  const { regions, ...rest } = Difference.parse(JSON.parse(out));
  expect(rest).toMatchObject({ same: false, proved: true, severity: "breaking", receipts: null });
  for (const [side, key] of [["old.ward", "was"], ["new.ward", "now"]] as const) {
    for (const region of regions) {
      const answer = await folder.run(["eval", side, "--request", "-", "--format", "json"], { stdin: JSON.stringify(region.witness) });
      expect(JSON.parse(answer.out)).toEqual(region[key]);
    }
  }
});

test("github annotates the lines of the new side; what reaches the fail level is an error", async () => {
  const folder = folderOf({ "old.ward": OLD, "policies/new.ward": NEW });
  const { code, out } = await folder.run(["diff", "old.ward", "policies/new.ward", "--fail-on", "breaking"], { env: { GITHUB_ACTIONS: "true" } });
  expect(code).toBe(1);
  const lines = out.trimEnd().split("\n");
  expect(lines[0]).toMatch(/^::error file=policies\/new\.ward,line=13,endLine=13,col=3,endColumn=12,title=breaking%3A chat::can reach zone `cloud`.*%0Awas: small%0Anow: small, then large%0Awitness: \{"model":"chat"/);
  expect(lines[1]).toMatch(/^::notice .*title=routing%3A chat::/);
  expect(lines.at(-1)).toBe("2 regions of requests are treated differently; 1 definition differs; the most severe is breaking");
});

test("markdown is a comment for a pull request", async () => {
  const { out } = await folderOf({ "old.ward": OLD, "new.ward": NEW }).run(["diff", "old.ward", "new.ward", "--format", "markdown"]);
  expect(out).toMatchInlineSnapshot(`
    "### Policy: breaking

    2 regions of requests are treated differently; 1 definition differs; the most severe is breaking. Compared: \`old.ward\` → \`new.ward\`.

    #### 1. breaking: \`chat\` can reach zone \`cloud\`, which it could not (\`large\`)

    Requests with \`request.tags has pii\` and \`request.needs has nothing but tools\` and \`request.tokens + request.output <= 32768\`

    - also: \`large\` stands behind it

    |  | asked | source |
    |---|---|---|
    | was | \`small\` | old.ward:11 \`cascade home { try small }\` |
    | now | \`small, then large\` | new.ward:13 \`try large\` |

    \`\`\`json
    {"model":"chat","facts":{"request.tags":["pii"]}}
    \`\`\`

    #### 2. routing: \`chat\` was refused (context\\_length\\_exceeded), is served

    Requests with \`request.tags has pii\` and \`request.needs has nothing but tools\` and \`request.tokens + request.output >= 32769\` and \`request.tokens + request.output <= 200000\`

    |  | asked | source |
    |---|---|---|
    | was | \`\` refused: context_length_exceeded, the request needs a context of 32769 tokens and the largest \`chat\` may use for it has 32768 \`\` | old.ward:11 \`cascade home { try small }\` |
    | now | \`large\` | new.ward:13 \`try large\` |

    \`\`\`json
    {"model":"chat","tokens":32769,"facts":{"request.tags":["pii"]}}
    \`\`\`

    #### Definitions

    |  | definition | change | source |
    |---|---|---|---|
    | weaker | \`model chat\` | limits.cost $1.00 → $2.00 | new.ward:26 \`model chat {\` |

    <details><summary>1 cosmetic</summary>

    |  | definition | change | source |
    |---|---|---|---|
    | cosmetic | \`model chat\` | limits.attempts 1 → 2, which no request can reach | new.ward:26 \`model chat {\` |

    </details>

    <sub>Every example request was planned with both policies. \`ward eval POLICY --request FILE\` shows each step.</sub>
    "
  `);
});

test("what an author wrote cannot act as markup in a comment", async () => {
  const wild = (text: string): string => OLD.replace('block "old"', 'block "old"').replace("model chat {", `invariant "${text}" { for chat attempts <= 9 }\n\nmodel chat {`);
  const { out } = await folderOf({ "old.ward": wild("a <img src=x> | [b](c) `d` *e*"), "new.ward": OLD }).run(["diff", "old.ward", "new.ward", "--format", "markdown"]);
  expect(out).toContain("\\<img src=x\\> \\| \\[b\\](c) `d` \\*e\\*");
});

describe("the exit code", () => {
  const cosmetic = OLD.replace('block "old"', 'block "older"');
  test.each<[string, string, readonly string[], number]>([
    ["0 where nothing differs", OLD, [], 0],
    ["0 where what differs is below the level", cosmetic, [], 0],
    ["1 where what differs reaches it", cosmetic, ["--fail-on", "cosmetic"], 1],
    ["1 by default from `stricter` up", OLD.replace("cost = $1.00", "cost = $0.50"), [], 1],
    ["0 where only less severe things differ", OLD.replace("cost = $1.00", "cost = $0.50"), ["--fail-on", "weaker"], 0],
    ["1 where something breaks, whatever else", NEW, ["--fail-on", "breaking"], 1],
  ])("is %s", async (_, text, words, expected) => {
    expect((await folderOf({ "old.ward": OLD, "new.ward": text }).run(["diff", "old.ward", "new.ward", ...words])).code).toBe(expected);
  });

  test("is 2 where a side does not compile, and its errors are printed", async () => {
    const { code, out, err } = await folderOf({ "old.ward": OLD, "new.ward": OLD.replace("otherwise -> large", "otherwise -> lagre") }).run(["diff", "old.ward", "new.ward"]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain("error[W1001");
    expect(err).toContain("ward: `new.ward` does not compile, so there is nothing to compare");
  });

  test.each<[string, readonly string[], string]>([
    ["a side is missing", ["old.ward"], "needs OLD NEW"],
    ["a side does not exist", ["old.ward", "none.ward"], "`none.ward`: cannot read `none.ward`: it does not exist"],
    ["a bundle is none", ["old.ward", "text.json"], "`text.json`: this is not a bundle"],
    ["a severity is unknown", ["old.ward", "old.ward", "--fail-on", "braking"], "did you mean `breaking`?"],
    ["a store cannot be read", ["old.ward", "old.ward", "--receipts", "file:none"], "ward: "],
  ])("is 2 where %s", async (_, words, said) => {
    const { code, out, err } = await folderOf({ "old.ward": OLD, "text.json": "{}" }).run(["diff", ...words]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(said);
  });
});

describe("a side", () => {
  test("may be a folder, and what it uses comes along", async () => {
    const split = { "policy.ward": OLD.replace("ward 1\n", 'ward 1\nuse "./lib/rules.ward" { no-old }\n').replace(/rule no-old[^}]*\}\n/, ""), "lib/rules.ward": 'ward 1\n\nrule no-old on text {\n  match /Old\\(/\n  then block "old"\n}\n' };
    const folder = folderOf({ "old.ward": OLD, "new/policy.ward": split["policy.ward"], "new/lib/rules.ward": split["lib/rules.ward"] });
    expect(await folder.run(["diff", "old.ward", "new"])).toEqual({ code: 0, out: "proved: every request is treated the same\n", err: "" });
  });

  test("may be a bundle, which has places and no source", async () => {
    const folder = folderOf({ "old.ward": OLD, "new.ward": NEW });
    expect((await folder.run(["build", "new.ward", "-o", "new.json"])).code).toBe(0);
    const { regions } = JSON.parse((await folder.run(["diff", "old.ward", "new.json", "--format", "json"])).out) as Difference;
    expect(regions[0]).toMatchObject({ old: { text: "cascade home { try small }" }, new: { file: "new.ward", line: 13, text: null } });
    expect(await folder.run(["diff", "new.json", "new.ward"])).toMatchObject({ code: 0, out: "proved: every request is treated the same\n" });
  });

  test("may be what a commit has: of a file, of a folder, or of the other side's path", async () => {
    const folder = repository({ "policies/policy.ward": OLD });
    folder.write("policies/policy.ward", NEW);
    const expected = (await folder.run(["diff", "git:main:policies/policy.ward", "policies/policy.ward"])).out;
    expect(expected).toContain("old       policies/policy.ward:11  cascade home { try small }");
    for (const sides of [["git:main", "policies/policy.ward"], ["git:HEAD", "policies"], ["git:HEAD:policies", "policies/policy.ward"]]) {
      expect((await folder.run(["diff", ...sides])).out).toBe(expected);
    }
    git(folder, "commit", "-q", "-am", "second");
    expect((await folder.run(["diff", "git:HEAD~1:policies", "git:HEAD:policies"])).out).toBe(expected);
    expect((await runIn(`${folder.path}/policies`, ["diff", "git:HEAD~1", "policy.ward"])).out).toBe(expected.replaceAll("policies/", ""));
  });

  test("takes what it uses from the same commit", async () => {
    const folder = repository({
      "policy.ward": OLD.replace("ward 1\n", 'ward 1\nuse "./lib/rules.ward" { no-old }\n').replace(/rule no-old[^}]*\}\n/, ""),
      "lib/rules.ward": 'ward 1\n\nrule no-old on text {\n  match /Old\\(/\n  then block "old"\n}\n',
    });
    folder.write("lib/rules.ward", folder.read("lib/rules.ward").replace("Old", "[Oo]ld"));
    const { code, out } = await folder.run(["diff", "git:main", "policy.ward"]);
    expect(code).toBe(1);
    expect(out).toContain('stricter    rule no-old: matches texts it did not match\n  witness   "old(", matched by the new one only');
    expect((await folder.run(["diff", "git:main", "git:main"])).out).toBe("proved: every request is treated the same\n");
  });

  test("of a commit may be a bundle, or settings may list its entry", async () => {
    const folder = folderOf({ "a.ward": OLD, "b.ward": NEW, "ward.json": '{ "entries": ["a.ward"] }' });
    await folder.run(["build", "b.ward", "-o", "b.json"]);
    git(folder, "init", "-q", "-b", "main");
    git(folder, "add", "-A");
    git(folder, "commit", "-q", "-m", "first");
    folder.write("ward.json", '{ "entries": ["b.ward"] }');
    expect((await folder.run(["diff", "git:main", "."])).code).toBe(1);
    expect((await folder.run(["diff", "git:main:b.json", "."])).code).toBe(0);
  });

  test.each<[string, string, string]>([
    ["a ref nobody knows", "git:mian:policy.ward", "git knows no `mian`\nhelp: did you mean `main`?"],
    ["a ref that looks like a flag", "git:--output=x", "git knows no `--output=x`"],
    ["no ref", "git:", "`git:` names no commit"],
    ["a path that is not there", "git:main:none.ward", "`git:main:none.ward`: cannot read `none.ward`: it does not exist"],
    ["a path above the repository", "git:main:../x.ward", "it does not exist"],
  ])("that is %s is told so", async (_, side, said) => {
    const { code, out, err } = await repository({ "policy.ward": OLD }).run(["diff", side, "policy.ward"]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(said);
  });

  test("of a folder that is no repository is told so", async () => {
    const { code, err } = await folderOf({ "policy.ward": OLD }).run(["diff", "git:main", "policy.ward"], {});
    expect(code).toBe(2);
    expect(err).toContain("this folder is not in a git repository");
  });
});

describe("receipts", () => {
  const of = (id: string, request: Receipt["request"], declared: readonly string[] = ["request.tags"]): Receipt =>
    receipt(id, { model: { id: "model:chat", name: "chat", requested: "chat" }, request: { model: "chat", ...request }, declared });

  test("rank regions by the share of what came", async () => {
    const folder = folderOf({ "old.ward": OLD, "new.ward": NEW });
    const { store } = await openStore(`file:${folder.path}/store`);
    for (let n = 0; n < 6; n++) await store.append(of(`a${n}`, { tokens: 10 }));
    for (let n = 0; n < 3; n++) await store.append(of(`b${n}`, { tokens: 40_000, facts: { "request.tags": ["pii"] } }));
    await store.append(of("c", { tokens: 5, facts: { "request.tags": ["pii"] } }));
    await store.append(of("d", { tokens: 5 }, []));
    await store.close();
    const { out } = await folder.run(["diff", "old.ward", "new.ward", "--receipts", "store", "--format", "json"]);
    const { regions, receipts } = Difference.parse(JSON.parse(out));
    expect(receipts).toEqual({ total: 11, same: 6, different: 4, unknown: 1 });
    expect(regions.map((one) => [one.severity, one.receipts!.count])).toEqual([["routing", 3], ["breaking", 1]]);
    const text = (await folder.run(["diff", "old.ward", "new.ward", "--receipts", "store"])).out;
    expect(text).toContain("  receipts  3 of 11 stored receipts (27.3%)\n");
    expect(text).toContain("of 11 stored receipts 4 would be treated differently, 6 the same, 1 do not hold enough to tell\n");
  });

  test("of a model that is gone would be treated differently", async () => {
    const folder = folderOf({ "old.ward": OLD, "new.ward": OLD.replace("model chat", "model talk"), "receipts.jsonl": `${JSON.stringify(of("a", { tokens: 1 }))}\n` });
    const { out } = await folder.run(["diff", "old.ward", "new.ward", "--receipts", "receipts.jsonl", "--format", "json"]);
    expect(Difference.parse(JSON.parse(out)).receipts).toEqual({ total: 1, same: 0, different: 1, unknown: 0 });
  });
});
