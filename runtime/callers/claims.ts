// What a key says of its caller. True of it: no header and no body can say otherwise.
import type { ApiKey, CallerValue, ClaimValue } from "#contracts";
import { CALLER_FACTS } from "../plan/index.ts";

/** Claims that name the caller, and the key itself; trusted, because the operator wrote them. */
export function trustedCaller(key: ApiKey): Readonly<Record<string, CallerValue>> {
  let caller = known.get(key);
  if (caller === undefined) known.set(key, (caller = callerOf(key)));
  return caller;
}

/** A key never changes, and what it says is the same for every request. */
const known = new WeakMap<ApiKey, Readonly<Record<string, CallerValue>>>();

function callerOf({ id, claims }: ApiKey): Readonly<Record<string, CallerValue>> {
  const named = CALLER_FACTS.flatMap((name) => {
    const value = claimOf(claims, name);
    return typeof value === "string" ? [[name, trusted(value)] as const] : [];
  });
  return { key: trusted(id), ...Object.fromEntries(named) };
}

/** The text a fact `from key` is read from, as any other source writes it. */
export function claimText({ claims }: ApiKey, name: string): string | undefined {
  const value = claimOf(claims, name);
  return value === undefined ? undefined : Array.isArray(value) ? value.join(",") : String(value);
}

function claimOf(claims: ApiKey["claims"], name: string): ClaimValue | undefined {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

function trusted(value: string): CallerValue {
  return { value, source: "trusted_auth" };
}
