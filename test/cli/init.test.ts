// `ward init`: green at once, and nothing of anybody else's is touched.
import { symlinkSync } from "node:fs";
import { expect, test } from "vitest";
import { NO_PROC } from "../support/processes.ts";
import { folderOf } from "../support/ward.ts";
import { version } from "../../compiler/cli/version.ts";

if (NO_PROC !== null) process.stderr.write(`a folder that takes none is not tested: ${NO_PROC}\n`);

const FILES = ["policy.ward", ".github/workflows/ward.yml"];

test.each(["", "team/policies"])("what it writes in `%s` is checked, in the layout, tested and served at once", async (dir) => {
  const folder = folderOf({});
  const started = await folder.run(dir === "" ? ["init"] : ["init", dir]);
  expect(started).toMatchObject({ code: 0, err: "" });
  const at = dir === "" ? "." : dir;
  for (const file of FILES) expect(started.out).toContain(dir === "" ? file : `${dir}/${file}`);
  expect(await folder.run(["check", at, "--fail-on", "info"])).toEqual({ code: 0, out: "ok: nothing found in 1 file\n", err: "" });
  expect(await folder.run(["fmt", "--check", at])).toEqual({ code: 0, out: "", err: "" });
  expect(await folder.run(["test", at])).toMatchObject({ code: 0, out: expect.stringContaining("1 test: 1 passed") });
  expect(await folder.run(["inspect", at])).toMatchObject({ code: 0, err: "" });
});

test("the policy is of 25 lines, and one test", async () => {
  const folder = folderOf({});
  await folder.run(["init"]);
  const [policy, ...tests] = folder.read("policy.ward").split('\ntest "');
  expect(policy!.trimEnd().split("\n")).toHaveLength(25);
  expect(tests).toHaveLength(1);
});

test("the workflow runs what is green here, with this release", async () => {
  const folder = folderOf({});
  await folder.run(["init"]);
  const workflow = folder.read(".github/workflows/ward.yml");
  const steps = [...workflow.matchAll(/- run: (.+)$/gm)].map(([, run]) => run!);
  expect(steps).toEqual([`npm install --global wardwright@${version()}`, "ward check", "ward fmt --check", "ward test"]);
  for (const step of steps.slice(1)) expect(await folder.run(step.split(" ").slice(1), { env: { GITHUB_ACTIONS: "true" } })).toMatchObject({ code: 0 });
});

test("a file that is there already is named, and nothing is written", async () => {
  for (const there of [[FILES[0]!], [FILES[1]!], FILES]) {
    const folder = folderOf(Object.fromEntries(there.map((file) => [`x/${file}`, "mine"])));
    const { code, out, err } = await folder.run(["init", "x"]);
    expect([code, out]).toEqual([2, ""]);
    for (const file of there) expect(err).toContain(`\`x/${file}\``);
    for (const file of FILES) {
      if (there.includes(file)) expect(folder.read(`x/${file}`)).toBe("mine");
      else expect(() => folder.read(`x/${file}`)).toThrow("ENOENT");
    }
  }
});

test("a link to nothing is something", async () => {
  const folder = folderOf({});
  symlinkSync("gone", `${folder.path}/policy.ward`);
  expect(await folder.run(["init"])).toMatchObject({ code: 2, err: "ward: `policy.ward` is there already, so nothing was written\nhelp: begin in another folder: `ward init DIR`\n" });
});

test("a DIR that is a file is refused", async () => {
  expect(await folderOf({ x: "" }).run(["init", "x"])).toMatchObject({ code: 2, err: expect.stringContaining("ward: cannot write `x/policy.ward`") });
});

test.skipIf(NO_PROC !== null)("a folder that cannot be made is told at once", async () => {
  expect(await folderOf({}).run(["init", "/proc/ward-none"])).toMatchObject({ code: 2, out: "", err: expect.stringContaining("/proc/ward-none") });
});
