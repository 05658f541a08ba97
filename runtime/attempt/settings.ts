// A provider's settings, read from policy and environment once, when the runtime starts. In: the policy's providers.
// Out: addresses, headers and keys, checked, or every problem at once. From here on no call can fail for a missing
// variable, and no problem ever carries a value: only the names of the provider, the setting and the variable.
import type { Policy, Provider, Setting } from "#contracts";
import type { Secrets } from "../ports.ts";
import type { ProviderSettings } from "./provider.ts";
import { providers } from "./providers/index.ts";

export type SettingProblem = {
  readonly provider: string;
  /** The environment variable at fault, null where the value is written in the policy. */
  readonly variable: string | null;
  readonly message: string;
  readonly help: string;
};

export type Resolved =
  | { readonly ok: true; readonly providers: ReadonlyMap<string, ProviderSettings> }
  | { readonly ok: false; readonly problems: readonly SettingProblem[] };

/** The map's keys are provider ids. */
export function resolveSettings(policy: Pick<Policy, "providers">, secrets: Secrets): Resolved {
  const problems: SettingProblem[] = [];
  const resolved = new Map<string, ProviderSettings>();

  for (const provider of policy.providers) {
    const kind = providers[provider.kind];
    const read = (setting: Setting | null, what: string): string | null => {
      if (setting === null) return null;
      if (setting.from === "literal") return setting.value;
      // A variable that is there but empty is what a deployment's template leaves behind: as good as not set.
      const value = secrets(setting.variable) || setting.fallback;
      if (value === null) {
        problems.push({
          provider: provider.id,
          variable: setting.variable,
          message: `environment variable \`${setting.variable}\` is not set, and provider \`${provider.name}\` needs it for ${what}`,
          // A fallback stands in the policy and in every bundle of it: the place of an address, and not of a secret.
          help: what === "`base`" ? `set \`${setting.variable}\`, or give it a fallback: \`env(${setting.variable}, "…")\`` : `set \`${setting.variable}\`, or \`env(${setting.variable}, "")\` where the provider can do without`,
        });
      }
      return value;
    };
    const refuse = (setting: Setting, message: string, help: string): void => {
      problems.push({ provider: provider.id, variable: setting.from === "env" ? setting.variable : null, message, help });
    };

    const base = readBase(provider, kind.needsBase, read, refuse);
    const key = readKey(provider, read, refuse);
    const headers = readHeaders(provider, read, refuse);
    resolved.set(provider.id, { provider, base, key, headers });
  }
  return problems.length === 0 ? { ok: true, providers: resolved } : { ok: false, problems };
}

type Read = (setting: Setting | null, what: string) => string | null;
type Refuse = (setting: Setting, message: string, help: string) => void;

function readBase(provider: Provider, needed: boolean, read: Read, refuse: Refuse): URL | null {
  if (!needed) return null;
  const setting: Setting = provider.base ?? { from: "literal", value: "" };
  const text = read(setting, "`base`");
  if (text === null) return null;
  const base = URL.canParse(text) ? new URL(text) : null;
  if (base === null || (base.protocol !== "http:" && base.protocol !== "https:")) {
    refuse(setting, `\`base\` of provider \`${provider.name}\` is not an http or https address`, 'write it whole, as in "http://127.0.0.1:11434/v1"');
    return null;
  }
  if (base.username !== "" || base.password !== "") {
    refuse(setting, `\`base\` of provider \`${provider.name}\` has a user or password in it`, "give the secret as `key` or in `headers`");
    return null;
  }
  return base;
}

function readKey(provider: Provider, read: Read, refuse: Refuse): string | null {
  const key = read(provider.key, "`key`");
  // An empty fallback says that the key is optional.
  if (key === null || provider.key === null || key === "") return null;
  if (isHeaderValue(key)) return key;
  refuse(provider.key, `\`key\` of provider \`${provider.name}\` has a character that no header can carry`, "check for a line break at its end");
  return null;
}

function readHeaders(provider: Provider, read: Read, refuse: Refuse): (readonly [string, string])[] {
  const headers: (readonly [string, string])[] = [];
  for (const name of Object.keys(provider.headers).sort()) {
    const setting = provider.headers[name]!;
    const value = read(setting, `header \`${name}\``);
    if (value === null) continue;
    const lower = name.toLowerCase();
    if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(lower)) {
      refuse(setting, `provider \`${provider.name}\` has a header \`${name}\`, which is no header name`, "letters, digits and hyphens");
    } else if (OURS.has(lower)) {
      refuse(setting, `provider \`${provider.name}\` sets header \`${name}\`, which the connection sets itself`, "leave it out");
    } else if (!isHeaderValue(value)) {
      refuse(setting, `header \`${name}\` of provider \`${provider.name}\` has a character that no header can carry`, "check for a line break at its end");
    } else {
      headers.push([lower, value]);
    }
  }
  return headers;
}

/** Headers that frame the message: a wrong one breaks the connection for everyone who shares it. */
const OURS = new Set(["accept-encoding", "connection", "content-length", "content-type", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"]);

function isHeaderValue(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
}
