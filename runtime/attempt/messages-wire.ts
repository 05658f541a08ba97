// The messages wire. In: the JSON of one event, or of a whole message. Out: its parts.
//
//   message_start ─▶ (content_block_start ─▶ content_block_delta* ─▶ content_block_stop)* ─▶ message_delta ─▶ message_stop
//
// Blocks of tools that the provider runs by itself, and their results, have no part: they are the provider's own affair.
import type { Json } from "#contracts";
import type { JsonObject, Part, UsageDetails } from "../stream/part.ts";
import { isObject, objectsOf, stringOf } from "./chat-request.ts";
import { refusedBy } from "./outcome.ts";
import type { Reading, WireReader } from "./wire.ts";

/**
 * `jsonTool`: the tool whose input is the answer's text. `given`: white space at the end of what the answer was to begin
 * with, which this API takes nobody's word for; where the answer begins with it, the client has it already.
 */
export type MessagesReading = { readonly jsonTool: string | null; readonly given: string };

export const AS_IT_IS: MessagesReading = { jsonTool: null, given: "" };

export function createMessagesReader({ jsonTool, given }: MessagesReading): WireReader {
  /** Blocks that are open, by their place in the message. */
  const blocks = new Map<number, Block>();
  const counts = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  let counted = false;
  let calls = 0;
  let owed = given;

  const reader: Reading = {
    protocol: "messages",
    doneMark: null,
    began: false,
    finished: false,
    ended: false,
    fault: null,
    emptied: (raw) => ({ type: "ping", usage: raw["usage"] }),
    read(raw) {
      const parts: Part[] = [];
      switch (raw["type"]) {
        case "message_start":
          if (isObject(raw["message"])) readMessage(raw["message"], parts);
          break;
        case "content_block_start":
          if (isObject(raw["content_block"])) openBlock(placeOf(raw), raw["content_block"], parts);
          break;
        case "content_block_delta":
          if (isObject(raw["delta"])) readDelta(placeOf(raw), raw["delta"], parts);
          break;
        case "content_block_stop":
          closeBlock(placeOf(raw), parts);
          break;
        case "message_delta":
          if (isObject(raw["delta"])) readStop(raw["delta"], parts);
          countUsage(raw["usage"]);
          tellUsage(parts);
          break;
        case "message_stop":
          reader.ended = true;
          break;
        case "message":
          readMessage(raw, parts);
          break;
        default:
          // `ping`, and what the API will have one day.
          break;
      }
      return parts;
    },
  };
  return reader;

  /** A whole message, or the empty one a stream begins with. */
  function readMessage(message: JsonObject, parts: Part[]): void {
    reader.began = true;
    for (const [at, block] of objectsOf(message["content"]).entries()) {
      openBlock(at, block, parts);
      closeBlock(at, parts);
    }
    readStop(message, parts);
    countUsage(message["usage"]);
    // What a stream begins with counts hardly anything of its answer yet: should it be cut, an estimate is nearer.
    if (reader.finished) tellUsage(parts);
  }

  function openBlock(at: number, block: JsonObject, parts: Part[]): void {
    switch (block["type"]) {
      case "text":
        return say(stringOf(block["text"]), parts);
      case "thinking":
        return think(stringOf(block["thinking"]), stringOf(block["signature"]), parts);
      case "redacted_thinking": {
        const data = stringOf(block["data"]);
        if (data !== null) parts.push({ kind: "signature", choice: 0, signature: data, hidden: true });
        return;
      }
      case "tool_use": {
        const name = stringOf(block["name"]);
        const input = isObject(block["input"]) && Object.keys(block["input"]).length > 0 ? JSON.stringify(block["input"]) : null;
        if (name !== null && name === jsonTool) {
          blocks.set(at, { index: null, rest: input });
          return;
        }
        const index = calls++;
        blocks.set(at, { index, rest: input ?? "{}" });
        parts.push({ kind: "tool", choice: 0, index, id: stringOf(block["id"]), name, arguments: "" });
        return;
      }
      default:
        return;
    }
  }

  function readDelta(at: number, delta: JsonObject, parts: Part[]): void {
    switch (delta["type"]) {
      case "text_delta":
        return say(stringOf(delta["text"]), parts);
      case "thinking_delta":
        return think(stringOf(delta["thinking"]), null, parts);
      case "signature_delta":
        return think(null, stringOf(delta["signature"]), parts);
      case "input_json_delta": {
        const block = blocks.get(at);
        const json = stringOf(delta["partial_json"]);
        if (block === undefined || json === null) return;
        block.rest = null;
        return giveInput(block, json, parts);
      }
      default:
        return;
    }
  }

  function closeBlock(at: number, parts: Part[]): void {
    const block = blocks.get(at);
    if (block === undefined) return;
    blocks.delete(at);
    // The input came whole with the block's beginning, or there is none, which in JSON is an empty object.
    if (block.rest !== null) giveInput(block, block.rest, parts);
  }

  function giveInput({ index }: Block, json: string, parts: Part[]): void {
    if (index === null) parts.push({ kind: "text", choice: 0, text: json });
    else parts.push({ kind: "tool", choice: 0, index, id: null, name: null, arguments: json });
  }

  function say(text: string | null, parts: Part[]): void {
    if (text === null) return;
    let at = 0;
    while (at < text.length && at < owed.length && text[at] === owed[at]) at++;
    owed = at === text.length ? owed.slice(at) : "";
    if (at < text.length) parts.push({ kind: "text", choice: 0, text: text.slice(at) });
  }

  function readStop(from: JsonObject, parts: Part[]): void {
    const reason = stringOf(from["stop_reason"]);
    if (reason === null || reader.finished) return;
    reader.finished = true;
    if (reason === "refusal") reader.fault = refusedBy("refusal");
    else parts.push({ kind: "finish", choice: 0, reason: reason === "tool_use" && calls === 0 ? "stop" : (FINISH[reason] ?? reason) });
  }

  // Counts come in pieces, each replacing its predecessor; what is read from or written to the cache is counted apart.
  function countUsage(usage: Json | undefined): void {
    if (!isObject(usage)) return;
    counted = true;
    for (const [name, field] of COUNTS) {
      const count = usage[field];
      if (typeof count === "number" && Number.isInteger(count) && count >= 0) counts[name] = count;
    }
  }

  function tellUsage(parts: Part[]): void {
    if (!counted) return;
    const { input, output, cacheRead, cacheWrite } = counts;
    const details: UsageDetails = { ...(cacheRead > 0 ? { cacheRead } : {}), ...(cacheWrite > 0 ? { cacheWrite } : {}) };
    parts.push({ kind: "usage", input: input + cacheRead + cacheWrite, output, ...(cacheRead + cacheWrite > 0 ? { details } : {}) });
  }
}

/** `index` among the tool calls, null where the input is the answer's text; `rest` is what its end still has to give. */
type Block = { readonly index: number | null; rest: string | null };

const COUNTS = [
  ["input", "input_tokens"],
  ["output", "output_tokens"],
  ["cacheRead", "cache_read_input_tokens"],
  ["cacheWrite", "cache_creation_input_tokens"],
] as const;

/** In chat's words. A turn that the provider paused is as unfinished as one that ran into its limit. */
const FINISH: { readonly [reason: string]: string } = {
  end_turn: "stop",
  stop_sequence: "stop",
  tool_use: "tool_calls",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  pause_turn: "length",
};

function think(text: string | null, signature: string | null, parts: Part[]): void {
  if (text !== null) parts.push({ kind: "reasoning", choice: 0, text });
  if (signature !== null) parts.push({ kind: "signature", choice: 0, signature, hidden: false });
}

function placeOf(event: JsonObject): number {
  return typeof event["index"] === "number" ? event["index"] : 0;
}
