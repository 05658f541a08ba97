// A store by its URL: `memory:` or `file:PATH`.
import { createMemoryStore } from "./stores/memory.ts";
import { openFileStore } from "./stores/file.ts";
import { StoreError, type OwnStore } from "./store.ts";

export const DEFAULT_STORE = "file:.wardwright/receipts";

/** `notes` say what was found wrong in the store and what was done about it. Rejects with a {@link StoreError}. */
export type OpenedStore = { readonly store: OwnStore; readonly notes: readonly string[] };

/** For a gateway: the one writer of its store. `told` hears why receipts cannot be written, once, and null when they are again. */
export function openStore(url: string, told?: (why: string | null) => void): Promise<OpenedStore> {
  return openAs(url, "write", told);
}

/** For looking into a store, also one that a gateway is writing to: sees what is there now, changes nothing. */
export function readStore(url: string): Promise<OpenedStore> {
  return openAs(url, "read");
}

async function openAs(url: string, access: "write" | "read", told?: (why: string | null) => void): Promise<OpenedStore> {
  if (url === "memory:") return { store: createMemoryStore(), notes: [] };
  if (url.startsWith("file:") && url.length > "file:".length) {
    const path = url.slice("file:".length);
    // `file:///var/lib/x` is the same folder as `file:/var/lib/x`.
    return openFileStore({ folder: path.startsWith("//") ? path.slice(2) : path, access, ...(told === undefined ? {} : { told }) });
  }
  throw new StoreError("bad_url", `unknown store \`${url}\``, "a store is `memory:` or `file:PATH`");
}
