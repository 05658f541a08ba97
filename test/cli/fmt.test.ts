import { expect, test } from "vitest";
import { folderOf } from "../support/ward.ts";

const ugly = "ward 1\nprovider   local{kind=mock,}\n";

test("a file is written in the layout, and named", async () => {
  const folder = folderOf({ "a.ward": ugly });
  const first = await folder.run(["fmt", "a.ward"]);
  expect(first).toEqual({ code: 0, out: "a.ward\n", err: "1 of 1 file changed\n" });
  expect(folder.read("a.ward")).not.toBe(ugly);
  const written = folder.read("a.ward");
  expect(await folder.run(["fmt", "a.ward"])).toEqual({ code: 0, out: "", err: "0 of 1 file changed\n" });
  expect(folder.read("a.ward")).toBe(written);
});

test("`--check` names what is not in the layout, changes nothing and ends with 1", async () => {
  const folder = folderOf({ "a.ward": ugly });
  expect(await folder.run(["fmt", "--check"])).toEqual({ code: 1, out: "a.ward\n", err: "" });
  expect(folder.read("a.ward")).toBe(ugly);
  await folder.run(["fmt"]);
  expect(await folder.run(["fmt", "--check"])).toEqual({ code: 0, out: "", err: "" });
});

test("`--diff` prints what would change, changes nothing and ends with 1", async () => {
  const folder = folderOf({ "a.ward": ugly });
  const { code, out } = await folder.run(["fmt", "--diff", "a.ward"]);
  expect(code).toBe(1);
  expect(out).toContain("--- a.ward\n+++ a.ward (formatted)\n@@");
  expect(out).toContain("-provider   local{kind=mock,}");
  expect(folder.read("a.ward")).toBe(ugly);
});

test("a folder stands for every policy in it and below it, hidden ones aside", async () => {
  const folder = folderOf({ "a.ward": ugly, "lib/b.ward": ugly, ".git/c.ward": ugly, "node_modules/d.ward": ugly });
  expect((await folder.run(["fmt", "--check"])).out).toBe("a.ward\nlib/b.ward\n");
});

test("a file that does not parse is left as it is, said, and does not keep the others from being written", async () => {
  const folder = folderOf({ "a.ward": "ward 1\nmodel {", "b.ward": ugly });
  const { code, out, err } = await folder.run(["fmt"]);
  expect(code).toBe(1);
  expect(out).toBe("b.ward\n");
  expect(err).toContain("error[W0001 syntax]");
  expect(folder.read("a.ward")).toBe("ward 1\nmodel {");
});

test("`-` formats standard input to standard output", async () => {
  const folder = folderOf({ "a.ward": ugly });
  const { code, out, err } = await folder.run(["fmt", "-"], { stdin: ugly });
  expect([code, err]).toEqual([0, ""]);
  await folder.run(["fmt"]);
  expect(out).toBe(folder.read("a.ward"));
  expect(await folder.run(["fmt", "-", "--check"], { stdin: out })).toEqual({ code: 0, out: "", err: "" });
  expect((await folder.run(["fmt", "-"], { stdin: "ward 1\nmodel {" })).code).toBe(1);
});

test("a file that cannot be written is said, ends with 2 and keeps its text", async () => {
  const folder = folderOf({ "a.ward": ugly });
  expect((await folder.run(["fmt", "missing.ward"])).code).toBe(2);
  expect(folder.read("a.ward")).toBe(ugly);
});

test("a link stays a link", async () => {
  const folder = folderOf({ "real/a.ward": ugly });
  const { lstatSync, symlinkSync } = await import("node:fs");
  symlinkSync("real/a.ward", `${folder.path}/link.ward`);
  await folder.run(["fmt", "link.ward"]);
  expect(lstatSync(`${folder.path}/link.ward`).isSymbolicLink()).toBe(true);
  expect(folder.read("real/a.ward")).not.toBe(ugly);
});
