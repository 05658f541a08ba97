// How an attempt failed. In: what a provider or the connection to it said. Out: one of the failure classes cascades
// speak of, and a message fit for a client.
//
// INVARIANT (nothing leaks): no message carries an address, a host or a secret of ours. Only where the request itself is
// at fault are the provider's own words passed on, scrubbed, because nothing else tells the caller what to change.
import type { FailureClass, Json } from "#contracts";
import type { JsonObject } from "../stream/part.ts";
import { scrub } from "./scrub.ts";
import type { Failure } from "./upstream.ts";

/** What a provider's error says, however it is wrapped. */
export type ErrorSaid = {
  readonly message: string | null;
  readonly code: string | null;
  readonly type: string | null;
  /** A status given inside the body, as some proxies do under HTTP 200. */
  readonly status: number | null;
  readonly flagged: boolean;
  /** Milliseconds, where the body says so and no header does. */
  readonly retryAfter?: number;
};

/** `secrets` are the texts of this provider that no client may see: its host, its key. */
export type Said = { readonly error: ErrorSaid | null; readonly retryAfter: number | null; readonly secrets: readonly string[] };

/** An answer whose HTTP status is not 200. */
export function failureOfStatus(status: number, said: Said): Failure {
  return compose(status, said, classOfCode(said.error, status) ?? classOfStatus(status));
}

/** An error object inside an answer or a stream that began with HTTP 200. */
export function failureOfError(error: ErrorSaid, secrets: readonly string[]): Failure {
  const byStatus = error.status === null ? null : classOfStatus(error.status);
  return compose(error.status, { error, retryAfter: null, secrets }, classOfCode(error, error.status) ?? byStatus ?? "unavailable");
}

export function refusedBy(code: "content_filter" | "refusal"): Failure {
  const message = code === "refusal" ? "the model refused to answer" : "the provider's content filter ended the answer";
  return { class: "refused", status: 200, message, retryAfter: null, code };
}

export function malformed(what: string): Failure {
  return { class: "malformed", status: 200, message: `the provider answered with ${what}`, retryAfter: null, code: null };
}

export function truncated(): Failure {
  return { class: "truncated", status: 200, message: "the provider's answer ended before it was complete", retryAfter: null, code: null };
}

/** The connection failed. `began` tells whether the answer had begun: what was cut is not what never came. */
export function failureOfConnection(error: unknown, began: "before the answer" | "within the answer"): Failure {
  const code = codeOf(error);
  if (code === "UND_ERR_CONNECT_TIMEOUT" || code === "ETIMEDOUT") return tookTooLong("connect");
  if (code.startsWith("HPE_") || code === "UND_ERR_HEADERS_OVERFLOW") return { ...malformed("something that cannot be read"), status: null };
  return began === "within the answer" ? truncated() : unreachable();
}

export function unreachable(): Failure {
  return { class: "unavailable", status: null, message: "the provider cannot be reached", retryAfter: null, code: null };
}

export function tookTooLong(which: "connect" | "first_token" | "idle" | "total"): Failure {
  return { class: "timeout", status: null, message: `the provider took too long (${which})`, retryAfter: null, code: which };
}

/** The provider's concurrency limit left no place free in time. */
export function tooBusy(): Failure {
  return { class: "overloaded", status: null, message: "too many calls to the provider at once", retryAfter: null, code: "concurrency" };
}

/** Something of the request has no words in the provider's protocol: nobody was asked. */
export function untranslatable(message: string): Failure {
  return { class: "bad_request", status: null, message, retryAfter: null, code: UNTRANSLATABLE };
}

export const UNTRANSLATABLE = "untranslatable";

/** The code of a call that was spared. */
export const RESTING = "breaker_open";

/** The breaker is open: the class of the call that opened it, without a call. */
export function resting(by: FailureClass, left: number): Failure {
  return { class: by, status: null, message: "the provider failed repeatedly and is left alone for a while", retryAfter: left, code: RESTING };
}

/** Reads an error as providers wrap it; null where `body` says nothing of an error. */
export function readError(body: Json | undefined): ErrorSaid | null {
  if (isList(body)) return readError(body[0]);
  if (!isObject(body)) return null;
  const inner = body["error"];
  if (typeof inner === "string") return { ...NOTHING_SAID, message: inner };
  if (isObject(inner)) return readFields(inner);
  // vLLM's older envelope, Mistral's and FastAPI's have no `error` around them.
  if (body["object"] === "error" || (typeof body["message"] === "string" && body["choices"] === undefined)) return readFields(body);
  return typeof body["detail"] === "string" ? { ...NOTHING_SAID, message: body["detail"] } : null;
}

/** Milliseconds from `retry-after-ms`, or `retry-after` in seconds or as a date; null where neither says anything. */
export function readRetryAfter(header: (name: string) => string | undefined, now: number): number | null {
  const exact = Number.parseFloat(header("retry-after-ms") ?? "");
  if (exact >= 0) return Math.min(Math.ceil(exact), LONGEST_WAIT);
  const text = header("retry-after")?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Math.ceil(Number(text) * 1000), LONGEST_WAIT);
  const date = Date.parse(text);
  return Number.isNaN(date) || /^[-+]?[\d.]/.test(text) ? null : Math.min(Math.max(date - now, 0), LONGEST_WAIT);
}

const LONGEST_WAIT = 24 * 60 * 60 * 1000;
const NOTHING_SAID: ErrorSaid = { message: null, code: null, type: null, status: null, flagged: false };

function readFields(fields: JsonObject): ErrorSaid {
  const code = fields["code"];
  const metadata = fields["metadata"];
  return {
    message: textOf(fields["message"]),
    code: textOf(code) ?? reasonIn(fields["details"]),
    type: textOf(fields["type"]) ?? textOf(fields["status"]),
    status: statusOf(code) ?? statusOf(fields["status"]),
    flagged: isObject(metadata) && (metadata["flagged_input"] !== undefined || metadata["reasons"] !== undefined),
    ...delayIn(fields["details"]),
  };
}

/** Google's details of an error: the precise reason, and when to come again. */
function reasonIn(details: Json | undefined): string | null {
  for (const one of isList(details) ? details : []) if (isObject(one) && textOf(one["reason"]) !== null) return textOf(one["reason"]);
  return null;
}

function delayIn(details: Json | undefined): { readonly retryAfter?: number } {
  for (const one of isList(details) ? details : []) {
    const seconds = isObject(one) ? /^(\d+(?:\.\d+)?)s$/.exec(textOf(one["retryDelay"]) ?? "") : null;
    if (seconds !== null) return { retryAfter: Math.min(Math.ceil(Number(seconds[1]) * 1000), LONGEST_WAIT) };
  }
  return {};
}

function classOfStatus(status: number): FailureClass {
  switch (status) {
    case 401:
    case 402:
    case 403:
      return "auth";
    case 408:
    case 504:
    case 522:
    case 524:
      return "timeout";
    case 413:
      return "context_exceeded";
    case 429:
      return "rate_limit";
    case 498:
    case 503:
    case 529:
      return "overloaded";
    case 425:
    case 499:
      return "unavailable";
    default:
      if (status >= 500) return "unavailable";
      return status >= 400 ? "bad_request" : "malformed";
  }
}

/** What the provider's own words say more precisely than a status; null where they say no more. */
function classOfCode(error: ErrorSaid | null, status: number | null): FailureClass | null {
  if (error === null) return null;
  if (error.flagged) return "refused";
  const byCode = CLASS_OF_CODE.get(error.code ?? "") ?? CLASS_OF_CODE.get(error.type ?? "");
  // A precise code outweighs the status; "invalid request" is what many say of everything, so the message is asked first.
  if (byCode !== undefined && byCode !== "bad_request") return byCode;
  if (CONTEXT_WORDS.test(error.message ?? "") && (status === null || status === 400 || status === 422 || status >= 500)) return "context_exceeded";
  if (status === 400 && CREDIT_WORDS.test(error.message ?? "")) return "rate_limit";
  return status === null ? (byCode ?? null) : null;
}

const CLASS_OF_CODE: ReadonlyMap<string, FailureClass> = new Map([
  ["context_length_exceeded", "context_exceeded"],
  ["exceed_context_size_error", "context_exceeded"],
  ["model_max_prompt_tokens_exceeded", "context_exceeded"],
  ["request_too_large", "context_exceeded"],
  ["content_filter", "refused"],
  ["content_policy_violation", "refused"],
  ["ResponsibleAIPolicyViolation", "refused"],
  ["rate_limit_exceeded", "rate_limit"],
  ["rate_limit_error", "rate_limit"],
  ["insufficient_quota", "rate_limit"],
  ["billing_error", "rate_limit"],
  ["RESOURCE_EXHAUSTED", "rate_limit"],
  ["overloaded_error", "overloaded"],
  ["engine_overloaded", "overloaded"],
  ["server_is_overloaded", "overloaded"],
  ["UNAVAILABLE", "overloaded"],
  ["timeout", "timeout"],
  ["timeout_error", "timeout"],
  ["DEADLINE_EXCEEDED", "timeout"],
  ["invalid_api_key", "auth"],
  ["authentication_error", "auth"],
  ["permission_error", "auth"],
  ["API_KEY_INVALID", "auth"],
  ["UNAUTHENTICATED", "auth"],
  ["PERMISSION_DENIED", "auth"],
  ["server_error", "unavailable"],
  ["api_error", "unavailable"],
  ["INTERNAL", "unavailable"],
  ["invalid_request_error", "bad_request"],
  ["BadRequestError", "bad_request"],
  ["not_found_error", "bad_request"],
  ["INVALID_ARGUMENT", "bad_request"],
  ["FAILED_PRECONDITION", "bad_request"],
  ["NOT_FOUND", "bad_request"],
] as const);

/** A used-up quota that is told as a bad request. */
const CREDIT_WORDS = /credit balance is too low/i;

const CONTEXT_WORDS =
  /maximum context length|context[ _-]?(length|window|size|limit)|(prompt|input|request) is too (long|large)|too many (input |prompt )?tokens|exceeds? the (model'?s? )?(maximum|max) (number of )?(input )?tokens/i;

function compose(status: number | null, said: Said, itsClass: FailureClass): Failure {
  const own = itsClass === "bad_request" || itsClass === "context_exceeded" ? scrub(said.error?.message ?? "", said.secrets) : "";
  const reply = status === null ? "" : ` (HTTP ${status})`;
  return {
    class: itsClass,
    status,
    message: own === "" ? `${SAYING[itsClass]}${reply}` : `${SAYING[itsClass]}${reply}: ${own}`,
    retryAfter: said.retryAfter ?? said.error?.retryAfter ?? null,
    // A code is a word of the provider's vocabulary; anything else in its place is not passed on.
    code: /^[A-Za-z][\w.-]{0,63}$/.test(said.error?.code ?? "") ? said.error!.code : null,
  };
}

const SAYING: Readonly<Record<FailureClass, string>> = {
  rate_limit: "the provider's rate limit or quota is used up",
  overloaded: "the provider is overloaded",
  timeout: "the provider took too long",
  unavailable: "the provider is unavailable",
  context_exceeded: "the request is too long for the model",
  auth: "the provider refused the gateway's credentials",
  bad_request: "the provider refused the request",
  refused: "the provider's content filter refused the request",
  malformed: "the provider's answer could not be read",
  truncated: "the provider's answer ended before it was complete",
};

function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  // undici's parser gives its error no code where the first line is at fault.
  return "name" in error && error.name === "HTTPParserError" ? "HPE_INVALID" : "";
}

function statusOf(value: Json | undefined): number | null {
  const status = typeof value === "string" && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof status === "number" && Number.isInteger(status) && status >= 300 && status < 600 ? status : null;
}

function textOf(value: Json | undefined): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
