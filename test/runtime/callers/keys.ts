// Keys a test makes, each with a secret of its own.
import { keyHash, KEYS_FORMAT, type ApiKey, type KeysFile } from "#contracts";

export type MadeKey = ApiKey & { readonly secret: string };

/** A secret no other name has. */
export function secretOf(name: string): string {
  return `wwk_${name.replaceAll(/[^A-Za-z0-9]/g, "-").padEnd(43, "0").slice(0, 43)}`;
}

export function aKey(name: string, fields: Partial<ApiKey> = {}): MadeKey {
  const secret = secretOf(name);
  return {
    secret, id: `key_${name}`, name, hash: keyHash(secret), role: "serving", created: "2026-01-01T00:00:00.000Z", expires: null, revoked: null, claims: {}, models: null, limits: {}, model_limits: {}, ...fields,
  };
}

export function keysFile(...keys: readonly MadeKey[]): KeysFile {
  return { format: KEYS_FORMAT, keys: keys.map((key) => Object.fromEntries(Object.entries(key).filter(([field]) => field !== "secret")) as ApiKey) };
}

export function bearing(key: { readonly secret: string }): { readonly headers: Readonly<Record<string, string>> } {
  return { headers: { authorization: `Bearer ${key.secret}` } };
}
