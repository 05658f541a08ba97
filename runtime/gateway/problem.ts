// What a client is told when it gets no answer. Messages are ours: they never carry an upstream's address or a secret.
import { withoutKeys, type ErrorEnvelope, type RefusalCode } from "#contracts";
import type { Failure } from "../attempt/index.ts";

export type Problem = {
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
  readonly param: string | null;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
};

export function problem(status: number, message: string, more: Partial<Omit<Problem, "status" | "message">> = {}): Problem {
  const { param = null } = more;
  return { status, message: withoutKeys(message), type: more.type ?? typeOf(status), code: more.code ?? null, param: param === null ? null : withoutKeys(param), headers: more.headers ?? {} };
}

export function envelope({ message, type, param, code }: Problem): ErrorEnvelope {
  return { error: { message, type, param, code } };
}

/** A bad value of the request itself; `param` names it. */
export function badRequest(message: string, param: string | null = null, code: string | null = null): Problem {
  return problem(400, message, { param, code });
}

/** `prompt` is what the protocol calls that which does not fit. */
export function refusal(code: RefusalCode, message: string, prompt: string): Problem {
  switch (code) {
    case "guard_refused":
    case "policy_refused":
      return problem(403, message, { type: "policy_refused", code });
    case "capability_missing":
    case "context_length_exceeded":
      return problem(400, message, { code, param: prompt });
    default:
      return code satisfies never;
  }
}

/** An answer that policy stopped; `code` is the rule's id. */
export function blocked(code: string, message: string): Problem {
  return problem(422, message, { type: "policy_blocked", code, headers: { "x-should-retry": "false" } });
}

/** Only our own bugs end in it; what they say is for us and not for a client. */
export const INTERNAL: Problem = problem(500, "the gateway failed; this is our fault and not yours", { code: "internal_error" });

/** Nothing may be started under the model's limits. */
export function limited(message: string): Problem {
  return problem(403, message, { type: "policy_refused", code: "limit_reached", headers: { "x-should-retry": "false" } });
}

/**
 * The chain is used up: the client hears of the last failure, and that asking again at once is of no use. `retryAfter`
 * is computed over the whole chain.
 */
export function exhausted(failure: Failure, retryAfter: number | null): Problem {
  const headers: Record<string, string> = { "x-should-retry": "false" };
  if (retryAfter !== null) {
    headers["retry-after-ms"] = String(Math.ceil(retryAfter));
    headers["retry-after"] = String(Math.ceil(retryAfter / 1000));
  }
  const { status, type } = shownAs(failure);
  return problem(status, failure.message, { type, code: failure.class === "context_exceeded" ? "context_length_exceeded" : failure.class, headers });
}

/** A provider that rejects *our* key is our trouble, not the client's: it is never shown as a 401. */
function shownAs(failure: Failure): { readonly status: number; readonly type: string } {
  switch (failure.class) {
    case "rate_limit":
      return { status: 429, type: "rate_limit_error" };
    case "overloaded":
      return { status: 503, type: "overloaded_error" };
    case "timeout":
      return { status: 504, type: "timeout_error" };
    case "unavailable":
    case "malformed":
    case "truncated":
    case "auth":
      return { status: 502, type: "upstream_error" };
    case "bad_request":
    case "context_exceeded":
    case "refused":
      return { status: 400, type: "invalid_request_error" };
    default:
      return failure.class satisfies never;
  }
}

function typeOf(status: number): string {
  if (status === 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}
