// A receipt as spans, by OpenTelemetry's conventions for HTTP servers and for generative AI clients. In: a receipt and its
// trail. Out: plain data, so that what leaves the house can be read and tested without a library.
//
//   SERVER  POST /v1/chat/completions      one a request; what the policy did is its attributes and events
//     CLIENT  chat qwen3                   one an attempt, from its own start to its own end
//
// True of it: an attempt lies within its request; ids, names of the policy, numbers and words of our own lists only. No word
// of a prompt, an answer, a header or an upstream's error: who asked stands in the receipt, which every request names.
import type { Provider, Receipt, ReceiptAttempt, ReceiptTrigger } from "#contracts";
import { named } from "../plan/index.ts";
import type { Trail } from "./trail.ts";
import type { UnreadOn } from "./watch.ts";

export type Attributes = { [name: string]: string | number | boolean | string[] };
/** `at` is in milliseconds from the request's arrival, as all times here. */
export type SpanEvent = { readonly name: string; readonly at: number; readonly attributes: Attributes };
export type SpanOf = {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  /** By the conventions: a server's own fault, or a call that failed. */
  readonly failed: boolean;
};

/** Where a provider of a bundle is; null where it is nowhere, as a mock is. */
export type PeerOf = (loaded: Trail["loaded"], provider: string) => { readonly address: string; readonly port: number } | null;

export function attemptSpans(receipt: Receipt, trail: Trail, peerOf: PeerOf): readonly SpanOf[] {
  return receipt.attempts.filter(({ outcome }) => outcome !== "not_started").map((attempt) => attemptSpan(receipt, attempt, { trail, peerOf }));
}

/** A request that came to no decision: it lasted no time worth a name, and is there for whoever looks for it. */
export function unreadSpan({ requestId, surface, status, code }: UnreadOn): SpanOf {
  const attributes = { ...http(surface, status), "error.type": code, "wardwright.request.id": requestId, "wardwright.status": "unread" };
  return { name: `POST ${ROUTES[surface]}`, start: 0, end: 0, attributes, events: [], failed: status >= 500 };
}

const ROUTES: Readonly<Record<Receipt["surface"], string>> = {
  chat: "/v1/chat/completions",
  responses: "/v1/responses",
  messages: "/v1/messages",
  embeddings: "/v1/embeddings",
};

function http(surface: Receipt["surface"], status: number | null): Attributes {
  const route = ROUTES[surface];
  return { "http.request.method": "POST", "http.route": route, "url.path": route, "url.scheme": "http", ...known("http.response.status_code", status) };
}

// ── the request ────────────────────────────────────────────────────────────────────────────────────────────────

export function requestSpan(receipt: Receipt, trail: Trail, written: boolean): SpanOf {
  const { surface, decision, rollout, error, status } = receipt;
  const shown = statusShown(receipt, trail);
  const withheld = trail.withheld && status === "completed";
  const failed = withheld || status === "truncated" || (error !== null && error.http_status >= 500);
  return {
    name: `POST ${ROUTES[surface]}`,
    start: 0,
    end: receipt.ms.total,
    failed,
    attributes: {
      ...http(surface, shown),
      ...known("error.type", error?.code ?? (withheld ? "receipt_not_written" : null)),
      "wardwright.request.id": receipt.request_id,
      "wardwright.receipt.id": receipt.id,
      "wardwright.receipt.written": written,
      "wardwright.bundle.digest": receipt.bundle,
      "wardwright.model.id": receipt.model.id,
      "wardwright.model.name": receipt.model.name,
      "wardwright.stream": receipt.stream,
      "wardwright.status": status,
      "wardwright.decision.outcome": decision.outcome,
      "wardwright.decision.path": [...decision.path],
      "wardwright.decision.targets": decision.attempts.map(({ id }) => id),
      ...known("wardwright.decision.refusal", decision.refusal?.code ?? null),
      "wardwright.attempts": receipt.attempts.filter(({ outcome }) => outcome !== "not_started").length,
      ...known("wardwright.selected", receipt.selected),
      ...known("wardwright.cost_microdollars", receipt.cost),
      ...known("wardwright.time_to_first_byte", inSeconds(receipt.ms.first_byte)),
      ...(receipt.alerts.length === 0 ? {} : { "wardwright.alerts": [...receipt.alerts] }),
      ...(rollout?.canary ? { "wardwright.canary.taken": rollout.canary.taken } : {}),
      ...(rollout?.shadow ? { "wardwright.shadow.same": rollout.shadow.same } : {}),
    },
    events: [...receipt.triggers.map((trigger, at) => triggerEvent(trigger, within(trail.triggered[at] ?? 0, receipt))), ...receipt.attempts.filter(({ outcome }) => outcome === "not_started").map((attempt) => passedOver(attempt, receipt))],
  };
}

/**
 * What the client saw: once something was sent, it was sent with 200. A whole answer is sent when its receipt is written.
 * Null where the client was gone before.
 */
function statusShown({ error, ms, status, stream }: Receipt, { withheld }: Trail): number | null {
  if (withheld && status === "completed" && !stream) return 503;
  if (ms.first_byte !== null) return 200;
  return error?.http_status ?? (status === "completed" ? 200 : null);
}

function triggerEvent({ rule, action, mode, channel, attempt, held_bytes, released_bytes, violation_released }: ReceiptTrigger, at: number): SpanEvent {
  return {
    name: "wardwright.rule",
    at,
    attributes: {
      "wardwright.rule.id": rule,
      "wardwright.rule.action": action,
      "wardwright.rule.mode": mode,
      "wardwright.rule.channel": channel,
      "wardwright.attempt.number": attempt,
      "wardwright.bytes.held": held_bytes,
      "wardwright.bytes.released": released_bytes,
      "wardwright.rule.violation_released": violation_released,
    },
  };
}

function passedOver({ n, target, because, ms }: ReceiptAttempt, receipt: Receipt): SpanEvent {
  return { name: "wardwright.attempt.not_started", at: within(ms.started ?? 0, receipt), attributes: { "wardwright.attempt.number": n, "wardwright.target.id": target, ...known("wardwright.attempt.because", because) } };
}

// ── an attempt ─────────────────────────────────────────────────────────────────────────────────────────────────

function attemptSpan(receipt: Receipt, attempt: ReceiptAttempt, { trail, peerOf }: { readonly trail: Trail; readonly peerOf: PeerOf }): SpanOf {
  const provider = named(trail.loaded.providers, attempt.provider);
  const said = trail.said[attempt.n - 1] ?? null;
  const peer = peerOf(trail.loaded, attempt.provider);
  const operation = receipt.surface === "embeddings" ? "embeddings" : "chat";
  const start = within(attempt.ms.started ?? 0, receipt);
  const failed = attempt.outcome !== "ok" && attempt.outcome !== "ended_by_rule" && attempt.outcome !== "cancelled";
  return {
    name: `${operation} ${attempt.upstream.model}`,
    start,
    end: within(start + attempt.ms.end, receipt),
    failed,
    attributes: {
      "gen_ai.operation.name": operation,
      "gen_ai.provider.name": providerName(provider),
      "gen_ai.request.model": attempt.upstream.model,
      ...(receipt.stream ? { "gen_ai.request.stream": true } : {}),
      ...known("gen_ai.response.id", plain(said?.id ?? null)),
      ...known("gen_ai.response.model", plain(said?.model ?? null)),
      ...(said === null || said.finish.length === 0 ? {} : { "gen_ai.response.finish_reasons": said.finish.map((reason) => plain(reason) ?? "_OTHER") }),
      ...(receipt.stream ? known("gen_ai.response.time_to_first_chunk", inSeconds(attempt.ms.first_token)) : {}),
      ...usage(attempt, operation),
      ...(peer === null ? {} : { "server.address": peer.address, "server.port": peer.port }),
      ...known("http.response.status_code", attempt.http_status),
      ...(failed ? { "error.type": attempt.outcome } : {}),
      "wardwright.attempt.number": attempt.n,
      "wardwright.attempt.outcome": attempt.outcome,
      ...known("wardwright.attempt.because", attempt.because),
      "wardwright.target.id": attempt.target,
      "wardwright.provider.id": attempt.provider,
      ...known("wardwright.provider.zone", provider.zone),
      ...known("wardwright.provider.request_id", plain(attempt.upstream.request_id)),
      ...known("wardwright.cost_microdollars", attempt.cost),
      "wardwright.bytes.received": attempt.bytes.received,
      "wardwright.bytes.held": attempt.bytes.held,
      "wardwright.bytes.released": attempt.bytes.released,
    },
    events: [],
  };
}

/** The convention's counts are the provider's own; ours, where it did not count, have a name of their own. */
function usage({ tokens }: ReceiptAttempt, operation: "chat" | "embeddings"): Attributes {
  const prefix = tokens.source === "provider" ? "gen_ai.usage." : "wardwright.usage.estimated.";
  if (tokens.source === "estimate" && tokens.input === 0) return {};
  return { [`${prefix}input_tokens`]: tokens.input, ...(operation === "embeddings" ? {} : { [`${prefix}output_tokens`]: tokens.output }) };
}

/** The convention has names for whoever makes the model; what stands before one goes by its own. */
function providerName({ kind }: Provider): string {
  return kind === "gemini" ? "gcp.gemini" : kind;
}

/** An upstream's id, model or reason as it came, where it can be one: nothing with a space in it, nothing long. */
function plain(text: string | null): string | null {
  return text !== null && /^[\x21-\x7e]{1,128}$/.test(text) ? text : null;
}

function inSeconds(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 1000) / 1_000_000;
}

/** Each time of a receipt is rounded by itself, so one may pass the end by a microsecond. */
function within(at: number, { ms }: Receipt): number {
  return Math.min(Math.max(at, 0), ms.total);
}

function known(name: string, value: string | number | null): Attributes {
  return value === null ? {} : { [name]: value };
}
