// Receipts in memory: for tests and for trying things out. Keeps the newest `keep` and forgets the rest.
import type { Receipt } from "#contracts";
import { StoreError, type Found, type OwnStore } from "../store.ts";
import { createCatalog } from "./catalog.ts";

export const MEMORY_KEEPS = 10_000;

export function createMemoryStore({ keep = MEMORY_KEEPS }: { readonly keep?: number } = {}): OwnStore {
  // The text, not the object: nobody can change a receipt after it was stored.
  const catalog = createCatalog<string>();
  let position = 0;
  let closed = false;

  return {
    append: (receipt) => appendText(receipt, JSON.stringify(receipt)),
    appendText,
    async get(id) {
      const entry = catalog.get(id);
      return entry === null ? null : parse(entry.place);
    },
    async list(query) {
      const page = catalog.page(query);
      if (page === null) throw new StoreError("bad_cursor", "the cursor is not one this store gave out");
      return { receipts: page.entries.map((entry) => parse(entry.place)), next: page.next };
    },
    async close() {
      closed = true;
    },
  };

  async function appendText(receipt: Found, text: string): Promise<void> {
    if (closed) throw new StoreError("closed", "the store is closed");
    if (catalog.has(receipt.id)) throw new StoreError("duplicate", `receipt ${receipt.id} is stored already`);
    catalog.add(receipt, position++, text);
    if (catalog.size > keep) catalog.dropOldest();
  }
}

function parse(text: string): Receipt {
  return JSON.parse(text) as Receipt;
}
