// What is left of the limit that a client set, where the answer goes on from a part of it that the client already has: all
// attempts together give no more than was asked for, as far as an estimate can tell.
import { estimateTokens } from "../../plan/index.ts";
import type { JsonObject } from "../../stream/index.ts";
import { object } from "../json.ts";

export function restOfLimit(body: JsonObject, kept: string): JsonObject {
  const limits = LIMITS.filter((name) => typeof body[name] === "number");
  if (kept === "" || limits.length === 0) return body;
  const said = estimateTokens(kept);
  // Thinking counts too, and a budget for it has to fit.
  const budget = object(body["thinking"])["budget_tokens"];
  const least = LEAST + (typeof budget === "number" ? budget : 0);
  const left = (limit: number): number => Math.min(limit, Math.max(least, limit - said));
  return { ...body, ...Object.fromEntries(limits.map((name) => [name, left(body[name] as number)])) };
}

const LIMITS = ["max_tokens", "max_completion_tokens", "max_output_tokens"] as const;

/** Some providers refuse a smaller limit, and an answer that was nearly over needs a few words to end. */
const LEAST = 16;
