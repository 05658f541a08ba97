// The receipt: one per request, whatever its end. It names compiled ids and the bundle's digest, so that the decision
// can be explained today and replayed against another bundle tomorrow. No prompt or completion text unless the model's
// `receipts.capture` is `full`; never a secret.
import { z } from "zod";
import { FAILURE_CLASSES, type Frozen } from "./bundle.ts";
import { Decision, RequestFacts } from "./decision.ts";

export const RECEIPT_SCHEMA = "wardwright.receipt/1";

export const RECEIPT_STATUSES = ["completed", "refused", "blocked", "truncated", "cancelled", "failed"] as const;
export const CALLER_SOURCES = ["trusted_auth", "header", "body_metadata", "provider_key", "derived_anonymous"] as const;

const ms = z.number().min(0);
const count = z.int().min(0);

export const CallerValue = z.strictObject({ value: z.string(), source: z.enum(CALLER_SOURCES) }).meta({ id: "CallerValue" });

export const ReceiptAttempt = z
  .strictObject({
    /** From 1, in the order they were started. */
    n: z.int().min(1),
    target: z.string(),
    provider: z.string(),
    /** What asked for it: a cascade's step, an alloy's part, or the rule that retried or escalated. */
    because: z.string().nullable(),
    upstream: z.strictObject({ model: z.string(), request_id: z.string().nullable() }),
    /** `ok`, a failure class, or how it was ended from our side. */
    outcome: z.enum(["ok", ...FAILURE_CLASSES, "ended_by_rule", "cancelled", "not_started"]),
    http_status: count.nullable(),
    /**
     * Milliseconds from the attempt's start; null where that point was not reached. `started` is of the attempt itself, from
     * the request's arrival; receipts written before there was such a field lack it.
     */
    ms: z.strictObject({ started: ms.optional(), headers: ms.nullable(), first_token: ms.nullable(), end: ms }),
    tokens: z.strictObject({ input: count, output: count, source: z.enum(["provider", "estimate"]) }),
    /** Microdollars; null where the target declares no price. */
    cost: count.nullable(),
    /** UTF-8 bytes of governed text. `held` was dropped, never released. */
    bytes: z.strictObject({ received: count, held: count, released: count }),
    /** Types of the client's tools that this provider was not told of: they run at another one. Only where there are any. */
    left_out: z.array(z.string()).optional(),
  })
  .meta({ id: "ReceiptAttempt" });

export const ReceiptTrigger = z
  .strictObject({
    rule: z.string(),
    channel: z.enum(["text", "reasoning", "tool", "output", "request"]),
    /** 0 for rules on the request. */
    attempt: count,
    /** The answer's choice; of the request, the message, in order. */
    choice: count,
    /**
     * Where the match begins in its block, and its length, in UTF-16 code units of the provider's own text. Of a call's
     * arguments the block is their decoded strings, numbers and words one behind the other; of its name, the name.
     */
    offset: count,
    length: count,
    action: z.enum(["retry", "escalate", "block", "redact", "note", "prepend", "append"]),
    mode: z.enum(["enforce", "shadow"]),
    held_bytes: count,
    released_bytes: count,
    /** Always false in `enforce` with a hold. */
    violation_released: z.boolean(),
    /** Why the action the rule asked for was not possible, where it was not; or why it acted on what it could not see. */
    reason: z.string().nullable(),
  })
  .meta({ id: "ReceiptTrigger" });

/** What a second bundle had to do with a request. */
export const Rollout = z
  .strictObject({
    /** A bundle with a share of the requests; `taken` where it answered this one, and is the receipt's `bundle`. */
    canary: z.strictObject({ bundle: z.string(), percent: z.int().min(1).max(100), taken: z.boolean() }).nullable(),
    /** A bundle that only plans. `decision` is its own where it is another; `problem` is a code, where it cannot read the request. */
    shadow: z.strictObject({ bundle: z.string(), same: z.boolean(), decision: Decision.nullable(), problem: z.string().nullable() }).nullable(),
  })
  .meta({ id: "Rollout" });

export const Receipt = z
  .strictObject({
    schema: z.literal(RECEIPT_SCHEMA),
    id: z.string().regex(/^rcpt_[0-9A-Za-z_-]+$/),
    request_id: z.string(),
    /** ISO 8601, UTC: when the request arrived. */
    created: z.string(),
    bundle: z.string(),
    model: z.strictObject({ id: z.string(), name: z.string(), requested: z.string() }),
    surface: z.enum(["chat", "responses", "messages", "embeddings"]),
    stream: z.boolean(),
    simulated: z.boolean(),
    caller: z.record(z.string(), CallerValue),
    /** The facts the decision read. */
    request: RequestFacts,
    /** Names of the facts the policy declared: one of them that `request` does not hold was absent, any other is not known. */
    declared: z.array(z.string()),
    decision: Decision,
    attempts: z.array(ReceiptAttempt),
    triggers: z.array(ReceiptTrigger),
    alerts: z.array(z.string()),
    status: z.enum(RECEIPT_STATUSES),
    /** What the client was told when it was not an answer. */
    error: z.strictObject({ code: z.string(), message: z.string(), http_status: count }).nullable(),
    /** The target whose text the client has, the last one where several contributed; null where none did. */
    selected: z.string().nullable(),
    tokens: z.strictObject({ input: count, output: count }),
    cost: count.nullable(),
    ms: z.strictObject({ first_byte: ms.nullable(), total: ms }),
    /** Only with `capture = full`. */
    content: z.strictObject({ request: z.json(), released: z.array(z.string()) }).nullable(),
    /** Only where a second bundle is tried out beside the active one. */
    rollout: Rollout.optional(),
  })
  .meta({ id: "Receipt", title: "Wardwright receipt" });

export type CallerValue = Frozen<z.infer<typeof CallerValue>>;
export type ReceiptAttempt = Frozen<z.infer<typeof ReceiptAttempt>>;
export type ReceiptTrigger = Frozen<z.infer<typeof ReceiptTrigger>>;
export type Rollout = Frozen<z.infer<typeof Rollout>>;
export type Receipt = Frozen<z.infer<typeof Receipt>>;
