// A file store after everything that can happen to its files: a write cut anywhere, a byte changed, a second writer, a
// disk that refuses.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, readdir, rm, stat, truncate, writeFile, appendFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openFileStore } from "../../runtime/receipt/stores/file.ts";
import { decodeLine } from "../../runtime/receipt/stores/segment.ts";
import { StoreError, type ReceiptStore } from "../../runtime/receipt/store.ts";
import { receipt } from "../support/receipt.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ward-crash-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const FIRST = "receipts-00000001.ndjson";
const open = (segmentBytes?: number) => openFileStore({ folder, access: "write", ...(segmentBytes === undefined ? {} : { segmentBytes }) });
const idsOf = async (store: ReceiptStore) => (await store.list({ limit: 1000 })).receipts.map((one) => one.id);

/** Small, because the tests below cut it at every byte. */
const small = (id: string) => receipt(id, { attempts: [] });

async function write(...ids: readonly string[]): Promise<Buffer> {
  const { store } = await open();
  for (const id of ids) await store.append(small(id));
  await store.close();
  return readFile(join(folder, FIRST));
}

async function problemOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "nothing was wrong",
    (problem: unknown) => (problem instanceof StoreError ? problem.problem : problem),
  );
}

describe("a write cut at any byte", () => {
  test("loses nothing before it, says what it cut, and is written on from", async () => {
    const whole = await write("a", "b", "c");
    const lastLine = whole.lastIndexOf(10, whole.length - 2) + 1;
    const cutAt = async (size: number) => {
      const there = join(folder, String(size));
      await mkdir(there);
      await writeFile(join(there, FIRST), whole.subarray(0, size));
      const { store, notes } = await openFileStore({ folder: there, access: "write" });
      // One byte short is a line that lacks only its break: nothing of it is lost.
      const kept = size === whole.length - 1 ? ["rcpt_c", "rcpt_b", "rcpt_a"] : ["rcpt_b", "rcpt_a"];
      expect(await idsOf(store), `cut at ${size}`).toEqual(kept);
      expect(notes.length, `cut at ${size}`).toBe(size === lastLine ? 0 : 1);
      await store.append(small("d"));
      await store.close();
      // What was mended is sound: seen from its bytes, without opening it again.
      const mended = (await readFile(join(there, FIRST))).toString().split("\n");
      expect([mended.length, mended.at(-1)], `cut at ${size}, written on`).toEqual([kept.length + 2, ""]);
      expect(mended.slice(0, -1).map((line) => decodeLine(Buffer.from(line))?.id)).toEqual(["rcpt_d", ...kept].toReversed());
    };
    const sizes = Array.from({ length: whole.length - lastLine }, (_, n) => lastLine + n);
    // Many at once: each waits for the disk most of the time.
    while (sizes.length > 0) await Promise.all(sizes.splice(0, 32).map(cutAt));
  });

  test("cut back to nothing is an empty store", async () => {
    await write("a");
    await truncate(join(folder, FIRST), 0);
    const { store, notes } = await open();
    expect([await idsOf(store), notes]).toEqual([[], []]);
    await store.close();
  });

  test("a tail of zeroes, as a crash can leave one, is cut off", async () => {
    const whole = await write("a");
    await appendFile(join(folder, FIRST), Buffer.alloc(4096));
    const { store, notes } = await open();
    expect(await idsOf(store)).toEqual(["rcpt_a"]);
    expect(notes).toEqual([`${FIRST}: the last line was not finished when the writer stopped; its 4096 bytes were cut off at byte ${whole.length}`]);
    await store.close();
    expect((await stat(join(folder, FIRST))).size).toBe(whole.length);
  });
});

describe("a changed byte", () => {
  test("anywhere in a line is found at opening, said, and costs that line alone", async () => {
    const whole = await write("a", "b", "c");
    const from = whole.indexOf(10) + 1;
    const to = whole.indexOf(10, from);
    for (let at = from; at < to; at += 7) {
      const changed = Buffer.from(whole);
      changed[at] = changed[at]! ^ 1;
      await writeFile(join(folder, FIRST), changed);
      const { store, notes } = await open();
      expect(await idsOf(store), `changed at ${at}`).toEqual(["rcpt_c", "rcpt_a"]);
      expect(notes).toEqual([`${FIRST}: 1 line was changed after being written (the first at byte ${from}); skipped, and kept in the file`]);
      await store.append(receipt("d"));
      await store.close();
      expect((await readFile(join(folder, FIRST))).subarray(0, changed.length).equals(changed), "the evidence stays").toBe(true);
    }
  });

  test("after opening is told instead of answered", async () => {
    const { store } = await open();
    await store.append(receipt("a"));
    const bytes = await readFile(join(folder, FIRST));
    bytes[100] = bytes[100]! ^ 1;
    await writeFile(join(folder, FIRST), bytes);
    expect(await problemOf(store.get("rcpt_a"))).toBe("damaged");
    expect(await problemOf(store.list({}))).toBe("damaged");
    await store.close();
  });
});

test("a receipt that is there twice is answered once", async () => {
  const whole = await write("a");
  await appendFile(join(folder, FIRST), whole);
  const { store, notes } = await open();
  expect(await idsOf(store)).toEqual(["rcpt_a"]);
  expect(notes).toEqual([`${FIRST}: receipt rcpt_a is there twice (again at byte ${whole.length}); the first is used`]);
  await store.close();
});

describe("two writers", () => {
  test("the second is refused by name, also from one process", async () => {
    const { store } = await open();
    const refused = await open().catch((problem: unknown) => problem);
    expect(refused).toBeInstanceOf(StoreError);
    expect(refused).toMatchObject({ problem: "locked", message: `the receipts in ${folder} are being written by process ${process.pid} on ${hostname()}` });
    await store.close();
    await (await open()).store.close();
    expect(await readdir(folder)).toEqual([]);
  });

  test("of many that open at once, one may write", async () => {
    const tries = await Promise.allSettled(Array.from({ length: 12 }, () => open()));
    const opened = tries.filter((one) => one.status === "fulfilled");
    expect(opened).toHaveLength(1);
    await opened[0]!.value.store.close();
  });

  test("a writer that died holds nothing, and of many that find it dead one may write", async () => {
    const dead = spawn(process.execPath, ["-e", ""]);
    await once(dead, "exit");
    for (const left of [JSON.stringify({ pid: dead.pid, host: hostname(), started: "1" }), JSON.stringify({ pid: process.pid, host: hostname(), started: "1" }), "{"]) {
      await writeFile(join(folder, "lock"), left);
      const tries = await Promise.allSettled(Array.from({ length: 6 }, () => open()));
      const opened = tries.filter((one) => one.status === "fulfilled");
      expect(opened, left).toHaveLength(1);
      await opened[0]!.value.store.close();
      expect(await readdir(folder)).toEqual([]);
    }
  });

  test.skipIf(process.platform !== "linux")("a lock of one that was killed, and whose parent has not heard of it, is taken over", async () => {
    // The shell becomes `sleep`, which never asks how the child it was left with ended.
    const parent = spawn("sh", ["-c", "sleep 0.5 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
    try {
      const [said] = (await once(parent.stdout, "data")) as [Buffer];
      const pid = Number(said.toString());
      const stat = async () => (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ")[1]!.split(" ");
      await expect.poll(async () => (await stat())[0], { timeout: 10_000 }).toBe("Z");
      await writeFile(join(folder, "lock"), JSON.stringify({ pid, host: hostname(), started: (await stat())[19], nonce: "theirs" }));
      const { store } = await open();
      await store.close();
    } finally {
      parent.kill("SIGKILL");
    }
  });

  test("a lock of another machine is believed", async () => {
    await writeFile(join(folder, "lock"), JSON.stringify({ pid: 1, host: `not-${hostname()}`, started: "1" }));
    expect(await problemOf(open())).toBe("locked");
  });
});

test("a writer killed while it writes leaves every receipt it was told is stored", async () => {
  const script = `
    import { openFileStore } from ${JSON.stringify(new URL("../../runtime/receipt/stores/file.ts", import.meta.url).href)};
    import { receipt } from ${JSON.stringify(new URL("../support/receipt.ts", import.meta.url).href)};
    const { store } = await openFileStore({ folder: process.argv[1], access: "write", segmentBytes: 200000 });
    let n = 0;
    const writer = async () => { for (;;) { const id = "n" + n++; await store.append(receipt(id)); process.stdout.write(id + "\\n"); } };
    await Promise.all(Array.from({ length: 16 }, writer));
  `;
  const child = spawn(process.execPath, ["-C", "wardwright-source", "--input-type=module", "-e", script, folder], { stdio: ["ignore", "pipe", "inherit"] });
  let told = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    told += text;
    if (told.length > 4000) child.kill("SIGKILL");
  });
  await once(child, "close");
  const { store } = await open();
  const ids = told.slice(0, told.lastIndexOf("\n")).split("\n");
  expect(ids.length).toBeGreaterThan(500);
  for (const id of ids) expect(await store.get(`rcpt_${id}`), id).not.toBeNull();
  await store.close();
});

test("a write that the disk takes only in part is taken off again, told, and nothing that was told is stored is lost", async () => {
  const script = `
    import { openFileStore } from ${JSON.stringify(new URL("../../runtime/receipt/stores/file.ts", import.meta.url).href)};
    import { receipt } from ${JSON.stringify(new URL("../support/receipt.ts", import.meta.url).href)};
    process.on("SIGXFSZ", () => {});
    const { store } = await openFileStore({ folder: process.argv[1], access: "write" });
    const told = [];
    for (let n = 0; n < 60; n += 3) {
      const some = [n, n + 1, n + 2].map((one) => store.append(receipt("n" + one)).then(() => "n" + one, (problem) => problem.problem));
      told.push(...await Promise.all(some));
    }
    await store.close();
    process.stdout.write(JSON.stringify(told));
  `;
  // No file may be larger than 16 KiB: the kernel writes up to there and refuses the rest.
  const child = spawn("bash", ["-c", 'ulimit -f 16 && exec "$0" "$@"', process.execPath, "-C", "wardwright-source", "--input-type=module", "-e", script, folder], { stdio: ["ignore", "pipe", "inherit"] });
  const [out] = await Promise.all([child.stdout.toArray(), once(child, "close")]);
  const told = JSON.parse(Buffer.concat(out).toString()) as readonly string[];
  const stored = told.filter((one) => one !== "not_written");
  expect(told.length - stored.length).toBeGreaterThan(0);
  const { store, notes } = await open();
  expect(notes).toEqual([]);
  expect(await idsOf(store)).toEqual(stored.map((id) => `rcpt_${id}`).toReversed());
  expect((await readdir(folder)).filter((name) => name.endsWith(".ndjson")).length).toBeGreaterThan(2);
  await store.close();
});

test("a write that fails is told to each who waits for it, once to the operator, and the next is tried again", async () => {
  const told: (string | null)[] = [];
  const { store } = await openFileStore({ folder, access: "write", told: (why) => void told.push(why) });
  await rm(folder, { recursive: true });
  const tries = await Promise.all([problemOf(store.append(receipt("a"))), problemOf(store.append(receipt("b")))]);
  expect(tries).toEqual(["not_written", "not_written"]);
  expect(await problemOf(store.append(receipt("c")))).toBe("not_written");
  expect(told).toEqual([expect.stringContaining("ENOENT")]);
  await mkdir(folder);
  await store.append(receipt("a"));
  expect(told.slice(1)).toEqual([null]);
  expect(await idsOf(store)).toEqual(["rcpt_a"]);
  await store.close();
});
