// The responses wire. In: the JSON of one event, or of a whole response. Out: its parts. The same text comes several
// times over, in deltas, at the end of its part, of its item and of the response: what was told once is not told again,
// and what came without deltas is told where it first comes.
//
//   response.created ─▶ (output_item.added ─▶ … delta* ─▶ output_item.done)* ─▶ response.completed │ incomplete │ failed
//
// Items of tools that the provider runs by itself have no part: they are the provider's own affair.
import type { Json } from "#contracts";
import type { JsonObject, Part, UsageDetails } from "../stream/part.ts";
import { wholeName } from "../stream/whole-name.ts";
import { isObject, objectsOf, stringOf } from "./chat-request.ts";
import { malformed, refusedBy } from "./outcome.ts";
import type { Reading, WireReader } from "./wire.ts";

export function createResponsesReader(): WireReader {
  /** What was told, by the place it has in the response. */
  const told = new Map<string, string>();
  /** Calls by the place of their item, in the order they began. */
  const calls = new Map<number, { readonly index: number; readonly custom: { readonly custom?: true } }>();
  /** Ids of the items that had events of their own: the response at the end only says them again. */
  const items = new Set<string>();
  /** Items and parts of items begun so far. */
  let begun = 0;

  const reader: Reading = {
    protocol: "responses",
    doneMark: "[DONE]",
    began: false,
    finished: false,
    ended: false,
    fault: null,
    emptied: () => ({ type: "response.in_progress", response: {} }),
    read(raw) {
      const parts: Part[] = [];
      const at = numberOf(raw["output_index"]);
      switch (raw["type"]) {
        case "response.created":
        case "response.in_progress":
        case "response.queued":
          reader.began = true;
          break;
        case "response.content_part.added":
        case "response.reasoning_summary_part.added":
          bound();
          break;
        case "response.output_item.added":
        case "response.output_item.done":
          reader.began = true;
          if (raw["type"] === "response.output_item.added") bound();
          if (!isObject(raw["item"])) break;
          if (typeof raw["item"]["id"] === "string") items.add(raw["item"]["id"]);
          readItem(at, raw["item"], parts);
          break;
        case "response.output_text.delta":
          add("text", place(at, "content", raw["content_index"]), { text: stringOf(raw["delta"]), parts });
          break;
        case "response.output_text.done":
          catchUp("text", place(at, "content", raw["content_index"]), { text: stringOf(raw["text"]), parts });
          break;
        case "response.reasoning_summary_text.delta":
          add("reasoning", place(at, "summary", raw["summary_index"]), { text: stringOf(raw["delta"]), parts });
          break;
        case "response.reasoning_summary_text.done":
          catchUp("reasoning", place(at, "summary", raw["summary_index"]), { text: stringOf(raw["text"]), parts });
          break;
        case "response.reasoning_text.delta":
          add("reasoning", place(at, "content", raw["content_index"]), { text: stringOf(raw["delta"]), parts });
          break;
        case "response.reasoning_text.done":
          catchUp("reasoning", place(at, "content", raw["content_index"]), { text: stringOf(raw["text"]), parts });
          break;
        case "response.function_call_arguments.delta":
        case "response.custom_tool_call_input.delta":
          giveInput(at, { whole: null, piece: stringOf(raw["delta"]), parts });
          break;
        case "response.function_call_arguments.done":
        case "response.custom_tool_call_input.done":
          giveInput(at, { whole: stringOf(raw["arguments"]) ?? stringOf(raw["input"]), piece: null, parts });
          break;
        case "response.refusal.delta":
        case "response.refusal.done":
          reader.fault ??= refusedBy("refusal");
          break;
        case "response.completed":
        case "response.incomplete":
          if (isObject(raw["response"])) readResponse(raw["response"], parts);
          break;
        default:
          // A whole response, or what the API will have one day.
          if (raw["object"] === "response") readResponse(raw, parts);
      }
      return parts;
    },
  };
  return reader;

  /** Whoever writes the answer goes through its items again and again, and no model begins so many. */
  function bound(): void {
    if (++begun > MOST_BEGUN) reader.fault ??= malformed("more than can be held");
  }

  function readResponse(response: JsonObject, parts: Part[]): void {
    reader.began = true;
    reader.finished = reader.ended = true;
    for (const [at, item] of objectsOf(response["output"]).entries()) if (typeof item["id"] !== "string" || !items.has(item["id"])) readItem(at, item, parts);
    readUsage(response["usage"], parts);
    const details = response["incomplete_details"];
    const reason = response["status"] === "incomplete" && isObject(details) ? details["reason"] : null;
    if (reason === "content_filter") reader.fault ??= refusedBy("content_filter");
    parts.push({ kind: "finish", choice: 0, reason: reason !== null ? "length" : calls.size > 0 ? "tool_calls" : "stop" });
  }

  /** An item that begins, or that is whole. */
  function readItem(at: number, item: JsonObject, parts: Part[]): void {
    switch (item["type"]) {
      case "message":
        for (const [index, part] of objectsOf(item["content"]).entries()) {
          if (part["type"] === "refusal") reader.fault ??= refusedBy("refusal");
          else catchUp("text", place(at, "content", index), { text: stringOf(part["text"]), parts });
        }
        return;
      case "reasoning":
        for (const list of ["summary", "content"] as const) {
          for (const [index, part] of objectsOf(item[list]).entries()) catchUp("reasoning", place(at, list, index), { text: stringOf(part["text"]), parts });
        }
        return;
      case "function_call":
      case "custom_tool_call": {
        if (!calls.has(at)) {
          const call = { index: calls.size, custom: item["type"] === "custom_tool_call" ? { custom: true as const } : {} };
          calls.set(at, call);
          parts.push({ kind: "tool", choice: 0, index: call.index, id: stringOf(item["call_id"]), name: nameOf(item), arguments: "", ...call.custom });
        }
        giveInput(at, { whole: stringOf(item["arguments"]) ?? stringOf(item["input"]), piece: null, parts });
        return;
      }
      default:
        return;
    }
  }

  function add(kind: "text" | "reasoning", key: string, { text, parts }: Said): void {
    if (text === null || text === "") return;
    told.set(key, (told.get(key) ?? "") + text);
    parts.push({ kind, choice: 0, text });
  }

  function catchUp(kind: "text" | "reasoning", key: string, { text, parts }: Said): void {
    const before = told.get(key) ?? "";
    if (text !== null && text.startsWith(before)) add(kind, key, { text: text.slice(before.length), parts });
  }

  function giveInput(at: number, { whole, piece, parts }: { readonly whole: string | null; readonly piece: string | null; readonly parts: Part[] }): void {
    const call = calls.get(at);
    if (call === undefined) return;
    const key = place(at, "input", 0);
    const before = told.get(key) ?? "";
    const next = piece ?? (whole !== null && whole.startsWith(before) ? whole.slice(before.length) : "");
    if (next === "") return;
    told.set(key, before + next);
    parts.push({ kind: "tool", choice: 0, index: call.index, id: null, name: null, arguments: next, ...call.custom });
  }
}

function nameOf(item: JsonObject): string | null {
  const name = stringOf(item["name"]);
  return name === null ? null : wholeName(stringOf(item["namespace"]), name);
}

const MOST_BEGUN = 1000;

type Said = { readonly text: string | null; readonly parts: Part[] };

function place(at: number, list: "content" | "summary" | "input", index: Json | undefined): string {
  return `${at} ${list} ${numberOf(index)}`;
}

function numberOf(value: Json | undefined): number {
  return typeof value === "number" ? value : 0;
}

/** Budgets are kept by it and receipts say it, so what is no count is none. */
function countOf(value: Json | undefined): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}

function readUsage(usage: Json | undefined, parts: Part[]): void {
  if (!isObject(usage)) return;
  const cached = isObject(usage["input_tokens_details"]) ? countOf(usage["input_tokens_details"]["cached_tokens"]) : 0;
  const reasoning = isObject(usage["output_tokens_details"]) ? countOf(usage["output_tokens_details"]["reasoning_tokens"]) : 0;
  const details: UsageDetails = { ...(cached > 0 ? { cacheRead: cached } : {}), ...(reasoning > 0 ? { reasoning } : {}) };
  parts.push({ kind: "usage", input: countOf(usage["input_tokens"]), output: countOf(usage["output_tokens"]), ...(cached + reasoning > 0 ? { details } : {}) });
}
