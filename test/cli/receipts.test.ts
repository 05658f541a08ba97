import { expect, test } from "vitest";
import { openStore } from "#runtime";
import { receipt } from "../support/receipt.ts";
import { folderOf } from "../support/ward.ts";

async function stored() {
  const folder = folderOf({});
  const { store } = await openStore(`file:${folder.path}/.wardwright/receipts`);
  for (let n = 1; n <= 5; n++) await store.append(receipt(`n${n}`, n === 3 ? { status: "failed" } : {}));
  return { folder, store, url: `file:${folder.path}/.wardwright/receipts` };
}

test("`list` prints the newest first, a line each, also while a gateway writes", async () => {
  const { folder, store, url } = await stored();
  const { code, out, err } = await folder.run(["receipts", "list", "--store", url, "--limit", "2"]);
  expect(code).toBe(0);
  expect(out.split("\n").map((line) => /rcpt_\w+/.exec(line)?.[0])).toEqual(["rcpt_n5", "rcpt_n4", undefined]);
  const cursor = /--cursor (\S+)/.exec(err)![1]!;
  const next = await folder.run(["receipts", "list", "--store", url, "--cursor", cursor]);
  expect(next.out.match(/rcpt_\w+/g)).toEqual(["rcpt_n3", "rcpt_n2", "rcpt_n1"]);
  expect(next.err).toBe("");
  await store.close();
});

test("`list` narrows, and prints a page as JSON", async () => {
  const { folder, store, url } = await stored();
  await store.close();
  const { out } = await folder.run(["receipts", "list", "--store", url, "--status", "failed", "--format", "json"]);
  expect(JSON.parse(out)).toEqual({ receipts: [receipt("n3", { status: "failed" })], next: null });
  expect((await folder.run(["receipts", "list", "--store", url, "--model", "none"])).out).toBe("no receipts\n");
});

test("`show` prints one whole", async () => {
  const { folder, store, url } = await stored();
  await store.close();
  expect(JSON.parse((await folder.run(["receipts", "show", "rcpt_n2", "--store", url, "--format", "json"])).out)).toEqual(receipt("n2"));
  expect((await folder.run(["receipts", "show", "rcpt_n2", "--store", url])).out).toMatch(/attempt 1 +target:qwen, ok \(200\)/);
});

test("an id that is not there ends with 2 and names some that are", async () => {
  const { folder, store, url } = await stored();
  await store.close();
  expect(await folder.run(["receipts", "show", "rcpt_x", "--store", url])).toEqual({
    code: 2, out: "", err: "ward: no receipt `rcpt_x` is in the store\nhelp: the newest are `rcpt_n5`, `rcpt_n4` and `rcpt_n3`\n",
  });
});

test("the default store is below the working directory", async () => {
  const { folder, store } = await stored();
  await store.close();
  expect((await folder.run(["receipts", "list"])).out.match(/rcpt_\w+/g)).toHaveLength(5);
});

test("what is wrong with a store is said", async () => {
  const { folder, store } = await stored();
  await store.close();
  const path = ".wardwright/receipts/receipts-00000001.ndjson";
  folder.write(path, folder.read(path).replace('"rcpt_n2"', '"rcpt_xx"'));
  const { code, out, err } = await folder.run(["receipts", "list"]);
  expect(code).toBe(0);
  expect(out.match(/rcpt_\w+/g)).toHaveLength(4);
  expect(err).toMatch(/^ward: receipts-00000001\.ndjson: 1 line was changed after being written/);
});
