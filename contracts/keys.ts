// The keys file: who may call a gateway, with what. `ward keys` writes it and `ward serve --keys` reads it. It holds hashes
// only: whoever reads it can call nothing. Closed: a limit that is misspelt would be one that is not kept.
import { z } from "zod";
import type { Frozen } from "./bundle.ts";
import { digestText } from "./canonical.ts";

export const KEYS_FORMAT = "wardwright.keys/1";
export const KEY_ROLES = ["serving", "admin"] as const;
/** What a secret looks like: a prefix that scanners of leaked secrets can find, and 256 random bits. */
export const KEY_SECRET = /^wwk_[A-Za-z0-9_-]{43}$/;

const most = z.int().min(1);
/** As `Date.toISOString` writes it. */
const moment = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,3})?Z$/);

/** Descriptions are what an editor shows that reads the schema. */
export const KeyLimits = z
  .strictObject({
    requests_per_minute: most.optional(),
    tokens_per_minute: most.optional(),
    tokens_per_day: most.optional(),
    tokens_per_month: most.optional(),
    cost_per_day: most.optional().describe("Microdollars; a day and a month are those of UTC."),
    cost_per_month: most.optional().describe("Microdollars."),
  })
  .meta({ id: "KeyLimits" });

export const ClaimValue = z.union([z.boolean(), z.int(), z.string(), z.array(z.string())]).meta({ id: "ClaimValue" });

export const ApiKey = z
  .strictObject({
    id: z.string().regex(/^key_[A-Za-z0-9_-]{1,64}$/),
    name: z.string().min(1).max(200),
    hash: z.string().regex(/^sha256:[0-9a-f]{64}$/).describe("Of the secret, which is kept nowhere."),
    role: z.enum(KEY_ROLES).describe("A serving key is for clients, an admin key for operators; neither can do what the other does."),
    created: moment,
    expires: moment.nullable(),
    revoked: moment.nullable(),
    claims: z.record(z.string(), ClaimValue).describe("Facts `from key` by the claim's name, and tenant, application, agent, user, session, run."),
    models: z.array(z.string()).nullable().describe("Public names of the models it may use; null: all."),
    limits: KeyLimits.describe("Of the key, over all models."),
    model_limits: z.record(z.string(), KeyLimits).describe("Of the key on one model, by its public name."),
  })
  .meta({ id: "ApiKey" });

export const KeysFile = z
  .strictObject({ $schema: z.string().optional().describe("For editors; nothing else reads it."), format: z.literal(KEYS_FORMAT), keys: z.array(ApiKey) })
  .meta({ id: "KeysFile", title: "API keys of a gateway" });

export type KeyLimits = Frozen<z.infer<typeof KeyLimits>>;
export type ClaimValue = Frozen<z.infer<typeof ClaimValue>>;
export type ApiKey = Frozen<z.infer<typeof ApiKey>>;
export type KeysFile = Frozen<z.infer<typeof KeysFile>>;

/** A text as it may be written down: people paste keys where names belong. What looks like one is cut out, whole or not. */
export function withoutKeys(text: string): string {
  return text.includes("wwk_") ? text.replaceAll(/wwk_[A-Za-z0-9_-]*/g, "[API key]") : text;
}

/**
 * One round of SHA-256 is right here and would be wrong for a password: a secret is 256 random bits, so nobody can guess
 * one and slow hashing would protect nothing, while it would cost every request its milliseconds.
 */
export function keyHash(secret: string): string {
  return digestText(secret);
}

/** The file's text as a value, or what is wrong with it. Neither quotes the file. */
export function readKeysFile(text: string): { readonly ok: true; readonly file: KeysFile } | { readonly ok: false; readonly message: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, message: "it is not JSON" };
  }
  const checked = KeysFile.safeParse(value);
  if (checked.success) return { ok: true, file: checked.data as KeysFile };
  const [first] = checked.error.issues;
  const where = first?.path.join(".") ?? "";
  const what = first?.code === "unrecognized_keys" ? `unknown field \`${first.keys[0]}\`` : `${where === "" ? "the file" : `\`${where}\``} ${first?.code === "invalid_type" ? `must be of type ${first.expected}` : "has no value it can have"}`;
  return { ok: false, message: first?.code === "unrecognized_keys" && where !== "" ? `${what} in \`${where}\`` : what };
}
