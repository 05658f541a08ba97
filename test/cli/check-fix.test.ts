// `ward check --fix`: what it changes on the disk, what it leaves alone, and what it says.
import { chmodSync, statSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { folderOf } from "../support/ward.ts";

const head = 'ward 1\n\nprovider local { kind = mock }\ntarget echo = local "echo" { context = 32Ki }\n';
const dispatcher = (dead: string) => `
dispatcher d {
  // long conversations
  when request.turn > 9 -> echo
${dead}  otherwise -> refuse "too short"
}

model chat { route = d }
`;
const dead = "  when request.turn > 20 -> echo\n";
const wasteful = head + dispatcher(dead);
const clean = head + dispatcher("");

test("a safe fix is made in the file, and said; what is left decides the exit code", async () => {
  const folder = folderOf({ "policy.ward": wasteful });
  expect((await folder.run(["check", "--fail-on", "warning"])).code).toBe(1);
  const { code, out, err } = await folder.run(["check", "--fix", "--fail-on", "warning"]);
  expect(code).toBe(0);
  expect(err).toBe("policy.ward: remove the arm (W3002 unreachable-arm)\n1 fix in 1 file\n");
  expect(out).not.toContain("W3002");
  expect(folder.read("policy.ward")).toBe(clean);
});

test("a second time there is nothing to fix, and nothing is written", async () => {
  const folder = folderOf({ "policy.ward": wasteful });
  await folder.run(["check", "--fix"]);
  const written = statSync(`${folder.path}/policy.ward`);
  expect((await folder.run(["check", "--fix"])).err).toBe("nothing to fix\n");
  expect(statSync(`${folder.path}/policy.ward`)).toMatchObject({ ino: written.ino, mtimeMs: written.mtimeMs });
});

test("the report is of the files as they are afterwards, in every format", async () => {
  const folder = folderOf({ "policy.ward": wasteful.replace("otherwise", "when request.turn > 30 -> echo\n  otherwise") });
  const { out, err } = await folder.run(["check", "--fix", "--format", "json"]);
  expect(err).toContain("2 fixes in 1 file");
  expect(JSON.parse(out)).toMatchObject({ summary: { errors: 0, warnings: 0 } });
  expect(folder.read("policy.ward")).toBe(clean);
});

describe("what does not parse is left alone", () => {
  test("as a whole, although another finding in it has a fix", async () => {
    const broken = `${wasteful}model {\n`;
    const folder = folderOf({ "policy.ward": broken });
    const { code, err } = await folder.run(["check", "--fix"]);
    expect([code, err]).toEqual([1, "nothing to fix\n"]);
    expect(folder.read("policy.ward")).toBe(broken);
  });

  test("and keeps no other program from being fixed", async () => {
    const folder = folderOf({ "a.ward": wasteful, "b.ward": "ward 1 model {" });
    expect((await folder.run(["check", "--fix"])).err).toContain("1 fix in 1 file");
    expect(folder.read("a.ward")).toBe(clean);
    expect(folder.read("b.ward")).toBe("ward 1 model {");
  });
});

test("a library is fixed once, and only as every program that uses it allows", async () => {
  const library = `${head}dispatcher d {\n  when request.turn > 9 -> echo\n${dead}  otherwise -> refuse "too short"\n}\n`;
  const entry = (model: string) => `ward 1\n\nuse "./lib.ward" { d }\n\nmodel ${model} { route = d }\n`;
  const folder = folderOf({ "a.ward": entry("a"), "b.ward": entry("b"), "lib.ward": library });
  expect((await folder.run(["check", "--fix"])).err).toBe("lib.ward: remove the arm (W3002 unreachable-arm)\n1 fix in 1 file\n");
  expect(folder.read("lib.ward")).toBe(library.replace(dead, ""));
});

test("what is off in ward.json is not fixed", async () => {
  const folder = folderOf({ "policy.ward": wasteful, "ward.json": '{ "levels": { "unreachable-arm": "off" } }' });
  expect((await folder.run(["check", "--fix"])).err).toBe("nothing to fix\n");
  expect(folder.read("policy.ward")).toBe(wasteful);
});

test("the mode of a file stays what it was", async () => {
  const folder = folderOf({ "policy.ward": wasteful });
  chmodSync(`${folder.path}/policy.ward`, 0o640);
  await folder.run(["check", "--fix"]);
  expect(statSync(`${folder.path}/policy.ward`).mode & 0o777).toBe(0o640);
});
