// Errors as clients of `/v1/messages` read them. `code` and `param` are ours beside what that protocol has: they name the
// rule, the class of failure or the field.
import type { Problem } from "../../problem.ts";

export function messagesEnvelope({ status, type, message, code, param }: Problem): { readonly type: "error"; readonly error: object } {
  return { type: "error", error: { type: TYPES[status] ?? (status < 500 ? "invalid_request_error" : type === "overloaded_error" ? type : "api_error"), message, code, param } };
}

/** Types its clients know, by status. */
const TYPES: { readonly [status: number]: string } = {
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  503: "overloaded_error",
  504: "timeout_error",
  529: "overloaded_error",
};
