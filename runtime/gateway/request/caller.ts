// Who asks, as somebody said it: the API key, else headers, else the body's metadata, each value with its source. The most
// trusted source wins; what nobody said is derived elsewhere (unnamed.ts).
import { withoutKeys, type ApiKey, type CallerValue } from "#contracts";
import { trustedCaller } from "../../callers/index.ts";
import { badRequest, type Problem } from "../problem.ts";

export type Caller = Readonly<Record<string, CallerValue>>;
export type ReadCaller = { readonly kind: "caller"; readonly caller: Caller } | { readonly kind: "problem"; readonly problem: Problem };

/** Names a receipt carries; all but `client_request` are facts as well. */
const NAMES: readonly { readonly name: string; readonly headers: readonly string[]; readonly metadata: string | null }[] = [
  { name: "tenant", headers: ["x-wardwright-tenant-id"], metadata: "tenant_id" },
  { name: "application", headers: ["x-wardwright-application-id"], metadata: "application_id" },
  { name: "agent", headers: ["x-wardwright-agent-id"], metadata: "agent_id" },
  { name: "user", headers: ["x-wardwright-user-id"], metadata: "user_id" },
  // Coding agents name their conversation in a header of their own.
  { name: "session", headers: ["x-wardwright-session-id", "session-id", "thread-id", "x-claude-code-session-id"], metadata: "session_id" },
  { name: "run", headers: ["x-wardwright-run-id"], metadata: "run_id" },
  { name: "client_request", headers: ["x-client-request-id"], metadata: null },
];

/** A receipt is no place to store things in, so a value has a length. */
const LONGEST = 256;

export function readCaller({ header, key: apiKey }: { readonly header: (name: string) => string | undefined; readonly key: ApiKey | null }, metadata: Readonly<Record<string, string>>): ReadCaller {
  const caller: Record<string, CallerValue> = apiKey === null ? {} : { ...trustedCaller(apiKey) };
  for (const { name, headers, metadata: key } of NAMES) {
    if (caller[name] !== undefined) continue;
    for (const one of headers) {
      const value = withoutKeys(header(one)?.trim() ?? "");
      if (value === "") continue;
      if (value.length > LONGEST) return { kind: "problem", problem: badRequest(`the header \`${one}\` is longer than ${LONGEST} characters`, one) };
      caller[name] = { value, source: "header" };
      break;
    }
    if (caller[name] !== undefined || key === null) continue;
    const value = Object.hasOwn(metadata, key) ? withoutKeys(metadata[key]!.trim()) : "";
    if (value === "") continue;
    if (value.length > LONGEST) return { kind: "problem", problem: badRequest(`\`metadata.${key}\` is longer than ${LONGEST} characters`, `metadata.${key}`) };
    caller[name] = { value, source: "body_metadata" };
  }
  return { kind: "caller", caller };
}
