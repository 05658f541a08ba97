// What every store must show (contracts/storage.md), shown by every provider.
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Receipt, RECEIPT_STATUSES } from "#contracts";
import { openStore, readStore } from "../../runtime/receipt/open-store.ts";
import { PAGE_DEFAULT, PAGE_MOST } from "../../runtime/receipt/stores/catalog.ts";
import { openFileStore } from "../../runtime/receipt/stores/file.ts";
import { createMemoryStore } from "../../runtime/receipt/stores/memory.ts";
import { StoreError, type ReceiptQuery, type ReceiptStore } from "../../runtime/receipt/store.ts";
import { NO_PROC } from "../support/processes.ts";
import { receipt } from "../support/receipt.ts";

if (NO_PROC !== null) process.stderr.write(`a folder that takes none is not tested: ${NO_PROC}\n`);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ward-stores-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const problemOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "nothing was wrong",
    (problem: unknown) => (problem instanceof StoreError ? problem.problem : problem),
  );

const header = (value: string) => ({ value, source: "header" }) as const;

const providers: readonly { readonly name: string; readonly create: () => Promise<ReceiptStore> }[] = [
  { name: "memory:", create: async () => createMemoryStore() },
  { name: "file:", create: async () => (await openFileStore({ folder, access: "write" })).store },
  // Segments so small that every law is also shown across their borders.
  { name: "file: of small segments", create: async () => (await openFileStore({ folder, access: "write", segmentBytes: 3000 })).store },
];

describe.each(providers)("$name", ({ create }) => {
  let store: ReceiptStore;
  beforeEach(async () => {
    store = await create();
  });
  afterEach(() => store.close());

  const add = async (...ids: readonly string[]) => {
    for (const id of ids) await store.append(receipt(id));
  };
  const idsOf = async (query: ReceiptQuery) => (await store.list(query)).receipts.map((one) => one.id.slice("rcpt_".length));

  test("a stored receipt is answered as it was", async () => {
    const whole = receipt("a", { content: { request: { text: "ünï\u2028code 🎈\n" }, released: ["\0", "}\n{"] }, model: { id: "model:a", name: "a", requested: "acme/a" } });
    await store.append(whole);
    expect(await store.get("rcpt_a")).toEqual(whole);
    expect(Receipt.safeParse(await store.get("rcpt_a")).success).toBe(true);
  });

  test("an id never stored answers null", async () => {
    await add("a");
    expect(await store.get("rcpt_b")).toBeNull();
    expect(await store.get("__proto__")).toBeNull();
  });

  test("changing a receipt after it was given changes nothing stored", async () => {
    const given = { ...receipt("a"), alerts: ["alert:one"] };
    const stored = store.append(given);
    given.alerts.push("alert:two");
    given.status = "failed";
    await stored;
    expect(await store.get("rcpt_a")).toMatchObject({ alerts: ["alert:one"], status: "completed" });
  });

  test("a receipt is stored once", async () => {
    const both = [store.append(receipt("a")), store.append(receipt("a", { status: "failed" }))];
    expect(await problemOf(both[1]!)).toBe("duplicate");
    await both[0];
    expect(await problemOf(store.append(receipt("a")))).toBe("duplicate");
    expect((await store.get("rcpt_a"))?.status).toBe("completed");
    expect(await idsOf({})).toEqual(["a"]);
  });

  test("receipts are listed newest first", async () => {
    await add("a", "b", "c");
    expect(await idsOf({})).toEqual(["c", "b", "a"]);
    expect((await store.list({})).next).toBeNull();
  });

  test("receipts given at once are listed in the order they were given", async () => {
    const ids = Array.from({ length: 200 }, (_, n) => `n${n}`);
    await Promise.all(ids.map((id) => store.append(receipt(id))));
    expect(await idsOf({ limit: 200 })).toEqual(ids.toReversed());
  });

  test("a cursor goes on where its page ended, whatever was stored since", async () => {
    await add("a", "b", "c", "d");
    const page = await store.list({ limit: 2 });
    expect(page.receipts.map((one) => one.id)).toEqual(["rcpt_d", "rcpt_c"]);
    await add("e", "f");
    expect(await idsOf({ limit: 2, cursor: page.next! })).toEqual(["b", "a"]);
  });

  test("pages of any size, joined, are the whole list", async () => {
    const ids = Array.from({ length: 23 }, (_, n) => `n${n}`);
    await add(...ids);
    for (const limit of [1, 2, 5, 22, 23, 24]) {
      const found: string[] = [];
      let cursor: string | null = null;
      let pages = 0;
      do {
        const page = await store.list({ limit, ...(cursor === null ? {} : { cursor }) });
        found.push(...page.receipts.map((one) => one.id.slice("rcpt_".length)));
        cursor = page.next;
        pages += 1;
      } while (cursor !== null);
      expect(found).toEqual(ids.toReversed());
      expect(pages).toBe(Math.ceil(ids.length / limit));
    }
  });

  test("a page has a bounded size", async () => {
    await Promise.all(Array.from({ length: PAGE_MOST + 5 }, (_, n) => store.append(receipt(`n${n}`))));
    expect((await store.list({})).receipts).toHaveLength(PAGE_DEFAULT);
    expect((await store.list({ limit: 1e9 })).receipts).toHaveLength(PAGE_MOST);
    expect((await store.list({ limit: 0 })).receipts).toHaveLength(1);
  });

  test("a cursor that is not one of the store's is told", async () => {
    for (const cursor of ["", "?", "../../etc/passwd", "zzzzzzzzzzzzzzz"]) expect(await problemOf(store.list({ cursor }))).toBe("bad_cursor");
  });

  test("every filter narrows exactly, alone and together", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ model: fc.constantFrom("m", "n"), status: fc.constantFrom(...RECEIPT_STATUSES), session: fc.constantFrom("s", "t", null), run: fc.constantFrom("r", null) }), { maxLength: 12 }),
        fc.record({ model: fc.constantFrom("m", "model:m", "x"), status: fc.constantFrom("completed", "failed"), session: fc.constantFrom("s", "x"), run: fc.constantFrom("r"), limit: fc.integer({ min: 1, max: 4 }) }, { requiredKeys: ["limit"] }),
        fc.uuid(),
        async (stored, query, batch) => {
          const all = stored.map((one, n) =>
            receipt(`${batch}_${n}`, {
              model: { id: `model:${one.model}`, name: one.model, requested: one.model },
              status: one.status,
              caller: { agent: header(batch), ...(one.session === null ? {} : { session: header(one.session) }), ...(one.run === null ? {} : { run: header(one.run) }) },
            }),
          );
          for (const one of all) await store.append(one);
          const wanted = all.filter(
            (one) =>
              (query.model === undefined || one.model.name === query.model || one.model.id === query.model) &&
              (query.status === undefined || one.status === query.status) &&
              (query.session === undefined || one.caller["session"]?.value === query.session) &&
              (query.run === undefined || one.caller["run"]?.value === query.run),
          );
          const found: string[] = [];
          let cursor: string | null = null;
          do {
            const page = await store.list({ ...query, ...(cursor === null ? {} : { cursor }) });
            found.push(...page.receipts.map((one) => one.id));
            cursor = page.next;
          } while (cursor !== null);
          expect(found.filter((id) => id.startsWith(`rcpt_${batch}_`))).toEqual(wanted.map((one) => one.id).toReversed());
        },
      ),
      { numRuns: 40 },
    );
  });

  test("closing waits for what is under way, and nothing is stored after it", async () => {
    const stored = Array.from({ length: 50 }, (_, n) => store.append(receipt(`n${n}`)));
    await store.close();
    await Promise.all(stored);
    expect(await problemOf(store.append(receipt("late")))).toBe("closed");
    await store.close();
  });
});

describe("a store's URL", () => {
  test("`memory:` and `file:PATH` open a store", async () => {
    for (const url of ["memory:", `file:${folder}/x`, `file://${folder}/y`]) {
      const { store, notes } = await openStore(url);
      await store.append(receipt("a"));
      expect((await store.get("rcpt_a"))?.id).toBe("rcpt_a");
      expect(notes).toEqual([]);
      await store.close();
    }
    expect((await readdir(folder)).sort()).toEqual(["x", "y"]);
  });

  test("any other URL is refused", async () => {
    for (const url of ["", "file:", "sqlite:x", "memory", "/tmp/x"]) expect(await problemOf(openStore(url))).toBe("bad_url");
  });
});

test("a memory store keeps the newest receipts and its cursors outlive the others", async () => {
  const store = createMemoryStore({ keep: 3 });
  for (let n = 0; n < 5000; n++) await store.append(receipt(`n${n}`));
  const page = await store.list({ limit: 1 });
  expect(page.receipts[0]?.id).toBe("rcpt_n4999");
  expect((await store.list({ cursor: page.next! })).receipts.map((one) => one.id)).toEqual(["rcpt_n4998", "rcpt_n4997"]);
  expect(await store.get("rcpt_n4996")).toBeNull();
});

describe("what is durable", () => {
  test("a store opened again has every receipt, its order and its cursors", async () => {
    const first = await openFileStore({ folder, access: "write", segmentBytes: 5000 });
    for (let n = 0; n < 20; n++) await first.store.append(receipt(`n${n}`));
    const page = await first.store.list({ limit: 5 });
    await first.store.close();
    expect((await readdir(folder)).length).toBeGreaterThan(3);

    const again = await openFileStore({ folder, access: "write", segmentBytes: 5000 });
    expect(again.notes).toEqual([]);
    await again.store.append(receipt("new"));
    expect((await again.store.list({ limit: 2 })).receipts.map((one) => one.id)).toEqual(["rcpt_new", "rcpt_n19"]);
    const rest = await again.store.list({ cursor: page.next! });
    expect(rest.receipts.map((one) => one.id)).toEqual(Array.from({ length: 15 }, (_, n) => `rcpt_n${14 - n}`));
    await again.store.close();
  });

  test("no segment grows past its size by more than one receipt", async () => {
    const { store } = await openFileStore({ folder, access: "write", segmentBytes: 4000 });
    for (let n = 0; n < 30; n++) await store.append(receipt(`n${n}`));
    await store.close();
    for (const name of await readdir(folder)) expect((await stat(join(folder, name))).size).toBeLessThanOrEqual(4000);
  });

  test("a reader sees what a running writer stored, and changes nothing", async () => {
    const writer = await openFileStore({ folder, access: "write" });
    await writer.store.append(receipt("a"));
    const reader = await readStore(`file:${folder}`);
    expect((await reader.store.get("rcpt_a"))?.id).toBe("rcpt_a");
    expect(await problemOf(reader.store.append(receipt("b")))).toBe("read_only");
    await reader.store.close();
    await writer.store.append(receipt("c"));
    await writer.store.close();
  });

  test("a folder that cannot be made is told, with what to do", async () => {
    await writeFile(join(folder, "taken"), "");
    for (const url of [`file:${folder}/taken`, `file:${folder}/taken/below`]) {
      const refused: unknown = await openStore(url).catch((problem: unknown) => problem);
      expect(refused).toBeInstanceOf(StoreError);
      expect(refused).toMatchObject({ problem: "unusable", message: expect.stringContaining(`the store in ${folder}/taken`), help: expect.stringContaining("--store file:PATH") });
    }
  });

  test.skipIf(NO_PROC !== null)("a folder that takes none is told at once, however deep", async () => {
    for (const url of ["file:/proc/ward-none", "file:/proc/ward-none/below/it"]) {
      const refused: unknown = await openStore(url).catch((problem: unknown) => problem);
      expect(refused).toMatchObject({ problem: "unusable", message: expect.stringContaining("/proc/ward-none") });
    }
  });

  test("several that make the same folders at once all have theirs", async () => {
    const stores = await Promise.all(["a", "b", "c"].map((name) => openStore(`file:${folder}/new/and/deep/${name}`)));
    for (const { store } of stores) await store.close();
    expect((await readdir(join(folder, "new/and/deep"))).sort()).toEqual(["a", "b", "c"]);
  });

  test("reading a folder that is not there is told, and does not make it", async () => {
    expect(await problemOf(readStore(`file:${folder}/none`))).toBe("unreadable");
    expect(await readdir(folder)).toEqual([]);
  });
});
