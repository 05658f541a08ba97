// How an answer ended and what it cost, in this protocol's words.
import type { Totals } from "../../../receipt/ledger.ts";
import type { JsonObject, Part } from "../../../stream/index.ts";

/** `finish` in chat's words; null where the provider did not say. */
export function stopReasonOf(finish: string | null, calledTool: boolean): string {
  switch (finish) {
    case "length":
      return "max_tokens";
    case "content_filter":
      return "refusal";
    case "tool_calls":
      return "tool_use";
    default:
      return calledTool ? "tool_use" : "end_turn";
  }
}

/** Here `input_tokens` are those that no cache had. */
export function usageOf({ input, output, details = {} }: Extract<Part, { kind: "usage" }>): JsonObject {
  const { cacheRead = 0, cacheWrite = 0 } = details;
  return { input_tokens: Math.max(0, input - cacheRead - cacheWrite), cache_creation_input_tokens: cacheWrite, cache_read_input_tokens: cacheRead, output_tokens: output };
}

export function usageOfTotals({ input, output }: Pick<Totals, "input" | "output">): JsonObject {
  return { input_tokens: input, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: output };
}
