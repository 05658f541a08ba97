import { describe, expect, test } from "vitest";
import { folderOf } from "../support/ward.ts";

const head = 'ward 1\n\nprovider local { kind = mock }\ntarget echo = local "echo" { context = 32Ki }\n';
const good = `${head}model chat { route = echo }\n`;
const bad = `${head}model chat { route = ecko }\n`;

test("a policy with nothing wrong ends with 0 and says what was checked", async () => {
  expect(await folderOf({ "policy.ward": good }).run(["check", "policy.ward"])).toEqual({ code: 0, out: "ok: nothing found in 1 file\n", err: "" });
});

test("an error ends with 1, on standard output, with its place and a way out", async () => {
  const { code, out, err } = await folderOf({ "policy.ward": bad }).run(["check", "policy.ward"]);
  expect([code, err]).toEqual([1, ""]);
  expect(out).toContain("error[W1001 unresolved-name]");
  expect(out).toContain("--> policy.ward:5:22");
  expect(out).toContain("did you mean `echo`?");
});

test("`--format json` prints what the contract says, and the same exit code", async () => {
  const { code, out } = await folderOf({ "policy.ward": bad }).run(["check", "policy.ward", "--format", "json"]);
  const report = JSON.parse(out) as { readonly diagnostics: readonly { readonly code: string }[]; readonly summary: unknown };
  expect(code).toBe(1);
  expect(report.diagnostics[0]).toMatchObject({ code: "W1001", file: "policy.ward", range: { start: { line: 5, column: 22 } } });
  expect(report.summary).toMatchObject({ errors: 1 });
});

test("in GitHub Actions findings are annotations, unless another format is asked for", async () => {
  const folder = folderOf({ "policy.ward": bad });
  expect((await folder.run(["check", "policy.ward"], { env: { GITHUB_ACTIONS: "true" } })).out).toMatch(/^::error file=policy\.ward,line=5/);
  expect((await folder.run(["check", "policy.ward", "--format", "text"], { env: { GITHUB_ACTIONS: "true" } })).out).toMatch(/^error\[/);
});

const coloured = async (words: readonly string[], terminal: boolean, env = {}) => (await folderOf({ "policy.ward": bad }).run(["check", "policy.ward", ...words], { terminal, env })).out.includes("\u001b[");
describe("colour", () => {
  test("is for terminals only, unless it is asked for", async () => {
    expect(await coloured([], true)).toBe(true);
    expect(await coloured([], false)).toBe(false);
    expect(await coloured(["--color", "always"], false)).toBe(true);
    expect(await coloured(["--color", "never"], true)).toBe(false);
  });
  test("obeys NO_COLOR, which a flag overrules", async () => {
    expect(await coloured([], true, { NO_COLOR: "1" })).toBe(false);
    expect(await coloured([], true, { NO_COLOR: "" })).toBe(true);
    expect(await coloured(["--color", "always"], true, { NO_COLOR: "1" })).toBe(true);
  });
});

describe("`--fail-on`", () => {
  const unused = `${good}target spare = local "spare" { context = 32Ki }\n`;
  test("a warning is told and ends with 0, from `warning` on with 1", async () => {
    const folder = folderOf({ "policy.ward": unused });
    const told = await folder.run(["check", "policy.ward"]);
    expect(told.out).toContain("warning[");
    expect(told.code).toBe(0);
    expect((await folder.run(["check", "policy.ward", "--fail-on", "warning"])).code).toBe(1);
    expect((await folder.run(["check", "policy.ward", "--fail-on", "info"])).code).toBe(1);
  });
});

describe("a folder", () => {
  test("stands for the files in it that no other one there uses", async () => {
    const folder = folderOf({
      "policies/a.ward": 'ward 1\nuse "./lib.ward" { local }\ntarget echo = local "echo" { context = 32Ki }\nmodel a { route = echo }\n',
      "policies/b.ward": bad,
      "policies/lib.ward": "ward 1\nprovider local { kind = mock }\n",
      "policies/deeper/c.ward": "not a policy",
    });
    const { code, out } = await folder.run(["check", "policies"]);
    expect(code).toBe(1);
    expect(out).toContain("policies/b.ward:5:22");
    expect(out).toMatch(/1 error in 3 files\n$/);
  });

  test("with a ward.json stands for the entries that lists", async () => {
    const folder = folderOf({ "ward.json": '{ "entries": ["deeper/c.ward"] }', "b.ward": bad, "deeper/c.ward": good });
    expect(await folder.run(["check"])).toMatchObject({ code: 0, out: "ok: nothing found in 1 file\n" });
  });

  test("without a policy is refused", async () => {
    expect(await folderOf({ "readme.md": "" }).run(["check"])).toMatchObject({ code: 2, err: expect.stringContaining("no `.ward` file is in `.`") });
  });
});

test("what two entries share is said once", async () => {
  const use = 'ward 1\nuse "./lib.ward" { local }\ntarget echo = local "echo" { context = 32Ki }\n';
  const folder = folderOf({ "a.ward": `${use}model a { route = echo }\n`, "b.ward": `${use}model b { route = echo }\n`, "lib.ward": "ward 1\nprovider local { kind = mokc }\n" });
  const { out } = await folder.run(["check", "--format", "json"]);
  expect((JSON.parse(out) as { readonly summary: { readonly errors: number } }).summary.errors).toBe(1);
});

test("a file that is not UTF-8 is told, not guessed at", async () => {
  const folder = folderOf({});
  const { writeFileSync } = await import("node:fs");
  writeFileSync(`${folder.path}/policy.ward`, Buffer.from([0x77, 0xff, 0xfe]));
  const { code, out, err } = await folder.run(["check", "policy.ward"]);
  expect(code).toBeGreaterThan(0);
  expect(out + err).toContain("cannot read `policy.ward`");
});
