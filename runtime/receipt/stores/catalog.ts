// What a store remembers of each receipt to find it again: where it is and what lists filter by. Never its body, so the
// memory of a store grows by some hundred bytes a receipt, however long its content.
import type { Receipt } from "#contracts";
import type { Found, ReceiptQuery } from "../store.ts";

/** `position` grows with every receipt of a store and is never used again: it is what a cursor says. */
export type Entry<Place> = { readonly id: string; readonly position: number; readonly place: Place } & Keys;

export type Catalog<Place> = {
  readonly size: number;
  has(id: string): boolean;
  get(id: string): Entry<Place> | null;
  /** Receipts are added in the order of their positions. */
  add(receipt: Found, position: number, place: Place): void;
  /** Forgets the oldest entry and answers it. */
  dropOldest(): Entry<Place> | null;
  /** Newest first; null where the cursor is not one of ours. */
  page(query: ReceiptQuery): { readonly entries: readonly Entry<Place>[]; readonly next: string | null } | null;
};

export const PAGE_DEFAULT = 50;
export const PAGE_MOST = 1000;

export function createCatalog<Place>(): Catalog<Place> {
  const byId = new Map<string, Entry<Place>>();
  const words = new Map<string, string>();
  let entries: Entry<Place>[] = [];
  let first = 0; // entries before it are dropped; the array is cut only now and then, so that dropping stays cheap

  /** One copy of each word: a million receipts of one model hold its name once. */
  function word(text: string): string {
    const known = words.get(text);
    if (known === undefined) words.set(text, text);
    return known ?? text;
  }

  return {
    get size() {
      return byId.size;
    },
    has: (id) => byId.has(id),
    get: (id) => byId.get(id) ?? null,
    add(receipt, position, place) {
      const keys = keysOf(receipt);
      const entry: Entry<Place> = {
        id: receipt.id,
        position,
        place,
        model: word(keys.model),
        name: word(keys.name),
        status: keys.status,
        session: keys.session === null ? null : word(keys.session),
        run: keys.run === null ? null : word(keys.run),
      };
      entries.push(entry);
      byId.set(entry.id, entry);
    },
    dropOldest() {
      const oldest = entries[first];
      if (oldest === undefined) return null;
      byId.delete(oldest.id);
      first += 1;
      if (first > 1024 && first * 2 > entries.length) {
        entries = entries.slice(first);
        first = 0;
        // Sessions come and go: those of dropped entries are not kept for ever.
        words.clear();
      }
      return oldest;
    },
    page(query) {
      const before = query.cursor === undefined ? Infinity : readCursor(query.cursor);
      if (before === null) return null;
      const limit = Math.min(Math.max(1, Math.trunc(query.limit ?? PAGE_DEFAULT)), PAGE_MOST);
      const found: Entry<Place>[] = [];
      for (let at = countBefore(entries, before) - 1; at >= first; at--) {
        const entry = entries[at]!;
        if (!matches(entry, query)) continue;
        // One more exists than the page holds: only then is there a next page.
        if (found.length === limit) return { entries: found, next: found.at(-1)!.position.toString(36) };
        found.push(entry);
      }
      return { entries: found, next: null };
    },
  };
}

type Keys = {
  readonly model: string;
  readonly name: string;
  readonly status: Receipt["status"];
  readonly session: string | null;
  readonly run: string | null;
};

function keysOf(receipt: Found): Keys {
  return {
    model: receipt.model.id,
    name: receipt.model.name,
    status: receipt.status,
    session: receipt.caller.session?.value ?? null,
    run: receipt.caller.run?.value ?? null,
  };
}

function matches(keys: Keys, query: ReceiptQuery): boolean {
  return (
    (query.model === undefined || query.model === keys.model || query.model === keys.name) &&
    (query.status === undefined || query.status === keys.status) &&
    (query.session === undefined || query.session === keys.session) &&
    (query.run === undefined || query.run === keys.run)
  );
}

function readCursor(text: string): number | null {
  if (!/^[0-9a-z]{1,11}$/.test(text)) return null;
  const position = Number.parseInt(text, 36);
  return Number.isSafeInteger(position) ? position : null;
}

/** How many entries have a position below `position`: entries ascend, so by halving. */
function countBefore(entries: readonly { readonly position: number }[], position: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle]!.position < position) low = middle + 1;
    else high = middle;
  }
  return low;
}
