// The chat-completions wire, as its many servers speak it. In: the JSON of one chunk, or of a whole answer. Out: its
// parts. The JSON itself is not touched: what no one governs passes through as it came.
//
// What the servers differ in, and all of which is read:
//   content      a string; or a list of {type:"text"} and {type:"thinking"} pieces (Mistral)
//   reasoning    `reasoning_content` (DeepSeek, vLLM), `reasoning` (OpenRouter, Ollama), or thinking pieces
//   tool calls   in deltas with an `index`; whole, without one (Mistral); by a new `id` each (some proxies)
//   the end      `[DONE]`, or no more than the body's end after every choice has its `finish_reason`
import type { Json } from "#contracts";
import type { JsonObject, Part, UsageDetails } from "../stream/part.ts";
import { refusedBy } from "./outcome.ts";
import type { Reading, WireReader } from "./wire.ts";

/** Of reasoning that was told as `reasoning_content`: its server may want it back within the turn, and says so with a 400. */
export const PLAIN_REASONING = "reasoning_content";

/** It remembers which choices began and finished, and how tool calls are numbered. `provider` is the id of who speaks. */
export function createChatReader(provider: string | null = null): WireReader {
  const choices = new Map<number, Choice>();
  let open = 0;

  const reader: Reading = {
    protocol: "chat",
    doneMark: "[DONE]",
    ended: false,
    read(raw) {
      const parts: Part[] = [];
      const list = raw["choices"];
      if (Array.isArray(list)) for (const item of list as readonly Json[]) if (isObject(item)) readChoice(item, parts);
      readUsage(raw["usage"], parts);
      reader.began = choices.size > 0;
      reader.finished = choices.size > 0 && open === 0;
      return parts;
    },
    began: false,
    finished: false,
    fault: null,
    emptied: (raw) => ({ ...raw, choices: [] }),
  };
  return reader;

  function readChoice(item: JsonObject, parts: Part[]): void {
    const index = typeof item["index"] === "number" ? item["index"] : 0;
    let choice = choices.get(index);
    if (choice === undefined) {
      choices.set(index, (choice = { finished: false, places: new Map(), calls: 0, thought: "nothing" }));
      open += 1;
    }
    const said = isObject(item["delta"]) ? item["delta"] : item["message"];
    if (isObject(said)) {
      readReasoning(said, index, parts);
      if (provider !== null) sign(item, said, { choice, index, parts });
      readContent(said["content"], index, parts);
      readCalls(said, choice, index, parts);
      if (typeof said["refusal"] === "string" && said["refusal"] !== "") reader.fault ??= refusedBy("refusal");
    }
    const reason = item["finish_reason"];
    if (typeof reason !== "string" || reason === "" || choice.finished) return;
    choice.finished = true;
    open -= 1;
    if (reason === "content_filter") reader.fault = refusedBy("content_filter");
    parts.push({ kind: "finish", choice: index, reason });
  }

  /** Behind its reasoning and in front of whatever comes next. */
  function sign(item: JsonObject, said: JsonObject, { choice, index, parts }: { readonly choice: Choice; readonly index: number; readonly parts: Part[] }): void {
    if (choice.thought === "signed") return;
    if (nonEmpty(said["reasoning_content"]) !== null) choice.thought = "something";
    if (choice.thought === "nothing") return;
    if (nonEmpty(said["content"]) === null && !Array.isArray(said["content"]) && !Array.isArray(said["tool_calls"]) && nonEmpty(item["finish_reason"]) === null) return;
    choice.thought = "signed";
    parts.push({ kind: "signature", choice: index, signature: provider!, hidden: false, format: PLAIN_REASONING });
  }
}

/** `places` are the indexes of the choice's tool calls by their ids; `calls` is the index after the highest of them. No list: a provider may name any index. */
type Choice = { finished: boolean; readonly places: Map<string, number>; calls: number; thought: "nothing" | "something" | "signed" };

function readReasoning(said: JsonObject, choice: number, parts: Part[]): void {
  // OpenRouter sends `reasoning` and, to some clients, the same again as `reasoning_content`: one of them is enough.
  const text = nonEmpty(said["reasoning_content"]) ?? nonEmpty(said["reasoning"]);
  if (text !== null) parts.push({ kind: "reasoning", choice, text });
}

function readContent(content: Json | undefined, choice: number, parts: Part[]): void {
  if (typeof content === "string") {
    if (content !== "") parts.push({ kind: "text", choice, text: content });
    return;
  }
  if (!Array.isArray(content)) return;
  for (const piece of content as readonly Json[]) {
    if (!isObject(piece)) continue;
    if (piece["type"] === "thinking") {
      const text = textIn(piece["thinking"]);
      if (text !== "") parts.push({ kind: "reasoning", choice, text });
    } else {
      const text = nonEmpty(piece["text"]);
      if (text !== null) parts.push({ kind: "text", choice, text });
    }
  }
}

function readCalls(said: JsonObject, choice: Choice, index: number, parts: Part[]): void {
  const calls = said["tool_calls"];
  // The form of calls before `tool_calls`: one a choice. Clients that ask with `functions` still get it.
  const old = said["function_call"];
  if (isObject(old)) parts.push({ kind: "tool", choice: index, index: 0, id: null, name: nonEmpty(old["name"]), arguments: typeof old["arguments"] === "string" ? old["arguments"] : "" });
  if (!Array.isArray(calls)) return;
  for (const call of calls as readonly Json[]) {
    if (!isObject(call)) continue;
    const its = isObject(call["function"]) ? call["function"] : isObject(call["custom"]) ? call["custom"] : {};
    const id = nonEmpty(call["id"]);
    const at = typeof call["index"] === "number" ? call["index"] : placeOf(id, choice);
    if (id !== null && !choice.places.has(id)) choice.places.set(id, at);
    choice.calls = Math.max(choice.calls, at + 1);
    const given = its["arguments"] ?? its["input"];
    parts.push({
      kind: "tool",
      choice: index,
      index: at,
      id,
      name: nonEmpty(its["name"]),
      // Ollama's own form gives arguments as an object: the text a client would have got is its JSON.
      arguments: typeof given === "string" ? given : isObject(given) ? JSON.stringify(given) : "",
      ...(isObject(call["custom"]) ? { custom: true as const } : {}),
    });
  }
}

/** Where a call without an index belongs: with its id's earlier pieces, else after the last; without an id, to the last. */
function placeOf(id: string | null, { places, calls }: Choice): number {
  return id === null ? Math.max(calls - 1, 0) : (places.get(id) ?? calls);
}

function readUsage(usage: Json | undefined, parts: Part[]): void {
  if (!isObject(usage)) return;
  const input = usage["prompt_tokens"] ?? usage["input_tokens"];
  const output = usage["completion_tokens"] ?? usage["output_tokens"];
  if (!isCount(input) && !isCount(output)) return;
  const details = usageDetails(usage);
  parts.push({ kind: "usage", input: isCount(input) ? input : 0, output: isCount(output) ? output : 0, ...(details === null ? {} : { details }) });
}

/** What the cache had stands under two names: OpenAI's, which most have taken over, and DeepSeek's own. */
function usageDetails(usage: JsonObject): UsageDetails | null {
  const prompt = isObject(usage["prompt_tokens_details"]) ? usage["prompt_tokens_details"] : NOTHING;
  const completion = isObject(usage["completion_tokens_details"]) ? usage["completion_tokens_details"] : NOTHING;
  const cacheRead = prompt["cached_tokens"] ?? usage["prompt_cache_hit_tokens"];
  const cacheWrite = prompt["cache_write_tokens"];
  const reasoning = completion["reasoning_tokens"];
  if (!isPositive(cacheRead) && !isPositive(cacheWrite) && !isPositive(reasoning)) return null;
  return { ...(isPositive(cacheRead) ? { cacheRead } : {}), ...(isPositive(cacheWrite) ? { cacheWrite } : {}), ...(isPositive(reasoning) ? { reasoning } : {}) };
}

const NOTHING: JsonObject = {};

function textIn(thinking: Json | undefined): string {
  if (typeof thinking === "string") return thinking;
  if (!Array.isArray(thinking)) return "";
  return (thinking as readonly Json[]).map((piece) => (isObject(piece) ? (nonEmpty(piece["text"]) ?? "") : "")).join("");
}

function nonEmpty(value: Json | undefined): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function isCount(value: Json | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isPositive(value: Json | undefined): value is number {
  return isCount(value) && value > 0;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
