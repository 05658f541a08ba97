// Callers nobody named. In: a request that was read. Out: the same, with a user for whoever sends the key of a provider to a
// gateway without keys of its own, and a session for a conversation whose client names none.
//
// They serve receipts and draws. INVARIANT (no facts): they are added when the facts were made, so no condition sees them.
//
//   user      a hash of the key, the same in every process: never the key
//   session   a hash under a secret of this process over who asks, the model and the conversation's opening: nobody can
//             confirm a prompt they guess from a receipt, and after a restart a conversation has another one
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { CallerValue } from "#contracts";
import { secretIn } from "../../callers/index.ts";
import type { Caller } from "./caller.ts";
import type { Incoming } from "../client.ts";
import type { ReadRequest } from "./read-request.ts";
import type { Surface } from "../surface.ts";

/** SHA-256 in hexadecimal digits. */
export type Digest = (text: string) => string;
export type Unnamed = { name(read: ReadRequest, surface: Surface, incoming: Incoming): ReadRequest };

export function digest(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}

/** `secret` is the same for all processes of one gateway. */
export function createUnnamed({ secret, digest }: { readonly secret: string; readonly digest: Digest }): Unnamed {
  const users = new Map<string, string>();

  return {
    name(read, surface, incoming) {
      if (read.kind === "problem") return read;
      const { asked } = read;
      const caller: Record<string, CallerValue> = { ...read.caller };
      const user = caller["user"] === undefined && incoming.key === null ? userOf(incoming) : null;
      if (user !== null) caller["user"] = { value: user, source: "provider_key" };
      const opening = caller["session"] === undefined ? surface.opening(asked.body) : null;
      // The lengths keep what stands before the opening apart, so that no name can be taken for part of another.
      if (opening !== null) caller["session"] = { value: `anon-${digest(`${secret}\n${ownerOf(caller)}${asked.model.length}:${asked.model}${opening}`).slice(0, DIGITS)}`, source: "derived_anonymous" };
      return { ...read, caller };
    },
  };

  function userOf({ header }: Incoming): string | null {
    const given = secretIn(header);
    if (given.kind === "none") return null;
    const known = users.get(given.secret);
    if (known !== undefined) return known;
    const user = `key-${digest(`wardwright provider key\n${given.secret}`).slice(0, DIGITS)}`;
    if (users.size >= MOST_USERS) users.clear();
    users.set(given.secret, user);
    return user;
  }
}

/** A quarter of the hash: with the rest left out nobody can go on from it to the hash of a longer text, as they could from all of it. */
const DIGITS = 16;
const MOST_USERS = 1_000;

/** What stays the same for all turns of a conversation; runs and requests do not. */
function ownerOf(caller: Caller): string {
  let owner = "";
  for (const name of OWNER) {
    const { value = "" } = caller[name] ?? {};
    owner += `${value.length}:${value}`;
  }
  return owner;
}

const OWNER = ["key", "tenant", "application", "agent", "user"] as const;
