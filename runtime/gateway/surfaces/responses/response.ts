// The response object: what a request asked for, how it ended and what it cost, in this protocol's words.
import type { Json } from "#contracts";
import type { Totals } from "../../../receipt/ledger.ts";
import type { JsonObject, Part } from "../../../stream/index.ts";
import { object } from "../../json.ts";
import type { Problem } from "../../problem.ts";
import type { EncoderOptions } from "../../surface.ts";

/** A response that has just begun; `provider` is what the provider said of it, where it speaks this protocol. */
export function responseOf({ body, fallbackId, now, model, echo }: EncoderOptions, provider: JsonObject): JsonObject {
  return {
    id: fallbackId,
    object: "response",
    created_at: Math.floor(now / 1000),
    background: false,
    instructions: body["instructions"] ?? null,
    max_output_tokens: body["max_output_tokens"] ?? null,
    parallel_tool_calls: body["parallel_tool_calls"] ?? true,
    reasoning: { effort: null, summary: null, ...object(body["reasoning"]) },
    temperature: body["temperature"] ?? 1,
    text: { format: { type: "text" }, ...object(body["text"]) },
    tool_choice: body["tool_choice"] ?? "auto",
    tools: (body["tools"] as Json | undefined) ?? [],
    top_p: body["top_p"] ?? 1,
    truncation: "disabled",
    metadata: body["metadata"] ?? {},
    ...provider,
    ...(echo ?? KEPT_NOWHERE),
    status: "in_progress",
    error: null,
    incomplete_details: null,
    model,
    output: [],
    usage: null,
  };
}

/** A provider's response without the same text once more, as some servers add it for convenience: no rule has looked at it there. */
export function withoutText(response: JsonObject): JsonObject {
  const { output_text: _, ...rest } = response;
  return rest;
}

const KEPT_NOWHERE: JsonObject = { previous_response_id: null, store: false };

/** `finish` in chat's words; null where the provider did not say. */
export function statusOf(finish: string | null): { readonly status: "completed" | "incomplete"; readonly incomplete_details: JsonObject | null } {
  if (finish === "length") return { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } };
  if (finish === "content_filter") return { status: "incomplete", incomplete_details: { reason: "content_filter" } };
  return { status: "completed", incomplete_details: null };
}

export function usageOf({ input, output, details = {} }: Extract<Part, { kind: "usage" }>): JsonObject {
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: details.cacheRead ?? 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: details.reasoning ?? 0 },
    total_tokens: input + output,
  };
}

export function usageOfTotals({ input, output }: Pick<Totals, "input" | "output">): JsonObject {
  return usageOf({ kind: "usage", input, output });
}

/** A message that has just begun. */
export function messageItem(id: string): JsonObject {
  return { id, type: "message", status: "in_progress", role: "assistant", content: [] };
}

export function errorOf({ code, type, message }: Problem): JsonObject {
  return { code: code === "rate_limit" ? "rate_limit_exceeded" : (code ?? type), message };
}
