// In: a keys file, and headers of a request. Out: whose key it is, or why there is no entry.
//
// A secret is looked up by its hash. How long that takes depends on the hash of a guess, which whoever guesses cannot steer
// towards a hash that is stored; no stored secret is ever compared with a guess, because none is stored.
import { KEY_SECRET, type ApiKey, type KeysFile } from "#contracts";

export type Header = (name: string) => string | undefined;

export type Identified =
  | { readonly kind: "key"; readonly key: ApiKey }
  /** `missing`: none was given. `unknown` covers what does not look like a key: a guesser learns nothing from the difference. */
  | { readonly kind: "none"; readonly why: "missing" | "malformed" | "ambiguous" | "unknown" | "revoked" | "expired" };

export type Keyring = { identify(header: Header, now: number): Identified };

/** `hash` is `keyHash` or does the same faster. */
export function createKeyring({ keys }: KeysFile, hash: (secret: string) => string): Keyring {
  const byHash = new Map(keys.map((key) => [key.hash, key]));
  return {
    identify(header, now) {
      const given = secretIn(header);
      if (given.kind === "none") return given;
      const key = KEY_SECRET.test(given.secret) ? byHash.get(hash(given.secret)) : undefined;
      if (key === undefined) return { kind: "none", why: "unknown" };
      if (key.revoked !== null) return { kind: "none", why: "revoked" };
      if (key.expires !== null && Date.parse(key.expires) <= now) return { kind: "none", why: "expired" };
      return { kind: "key", key };
    },
  };
}

type Given = { readonly kind: "secret"; readonly secret: string } | Extract<Identified, { kind: "none" }>;

/** Clients of OpenAI's API send one header, those of Anthropic's the other; a client that sends both sends the same. */
export function secretIn(header: Header): Given {
  const authorization = header("authorization")?.trim() ?? "";
  const plain = header("x-api-key")?.trim() ?? "";
  const bearer = /^bearer +(\S+)$/i.exec(authorization)?.[1];
  if (authorization !== "" && bearer === undefined) return { kind: "none", why: "malformed" };
  if (bearer !== undefined && plain !== "" && bearer !== plain) return { kind: "none", why: "ambiguous" };
  const secret = bearer ?? plain;
  return secret === "" ? { kind: "none", why: "missing" } : { kind: "secret", secret };
}
