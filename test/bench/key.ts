// The API key that every measured client sends: limited in requests and tokens a minute, and with a budget of tokens a day,
// none of which it reaches, so that each request is counted against all of them.
import { hash } from "node:crypto";
import { KEYS_FORMAT, type KeysFile } from "#contracts";

export const SECRET = `wwk_${"bench".repeat(8)}key`;

const PLENTY = 1_000_000_000;

export const KEYS: KeysFile = {
  format: KEYS_FORMAT,
  keys: [
    {
      id: "key_bench",
      name: "bench",
      hash: `sha256:${hash("sha256", SECRET)}`,
      role: "serving",
      created: "2026-01-01T00:00:00Z",
      expires: null,
      revoked: null,
      claims: { tenant: "bench" },
      models: null,
      limits: { requests_per_minute: PLENTY, tokens_per_minute: PLENTY, tokens_per_day: PLENTY },
      model_limits: {},
    },
  ],
};
