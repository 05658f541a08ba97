// The wire of `generateContent` and `streamGenerateContent`. In: the JSON of one event or of a whole answer, which are of
// one shape. Out: its parts. There is no last event: the body's end after every candidate's `finishReason` is the end.
//
// What chat has no place for (pictures, code the provider runs by itself) has no part.
import type { Json } from "#contracts";
import type { JsonObject, Part } from "../stream/part.ts";
import { isObject, objectsOf, stringOf } from "./chat-request.ts";
import { malformed, refusedBy, truncated } from "./outcome.ts";
import type { Failure } from "./upstream.ts";
import type { Reading, WireReader } from "./wire.ts";

/** `callId` names the n-th tool call of the answer, where the provider gives it no id. */
export function createGeminiReader(callId: (nth: number) => string): WireReader {
  /** By candidate: how many calls it made, and whether it is finished. */
  const candidates = new Map<number, { calls: number; finished: boolean }>();
  let open = 0;
  let named = 0;
  let blocked = false;

  const reader: Reading = {
    protocol: "gemini",
    doneMark: null,
    ended: false,
    began: false,
    finished: false,
    fault: null,
    emptied: (raw) => ({ ...raw, candidates: [] }),
    read(raw) {
      const parts: Part[] = [];
      const feedback = raw["promptFeedback"];
      if (isObject(feedback) && stringOf(feedback["blockReason"]) !== null) {
        blocked = true;
        reader.fault = refusedBy("content_filter");
      }
      for (const candidate of objectsOf(raw["candidates"])) readCandidate(candidate, parts);
      readUsage(raw["usageMetadata"], parts);
      reader.began = blocked || candidates.size > 0;
      reader.finished = blocked || (candidates.size > 0 && open === 0);
      return parts;
    },
  };
  return reader;

  function readCandidate(candidate: JsonObject, parts: Part[]): void {
    const choice = typeof candidate["index"] === "number" ? candidate["index"] : 0;
    let state = candidates.get(choice);
    if (state === undefined) {
      candidates.set(choice, (state = { calls: 0, finished: false }));
      open += 1;
    }
    const content = candidate["content"];
    if (isObject(content)) for (const part of objectsOf(content["parts"])) readPart(part, { choice, state, parts });
    const reason = stringOf(candidate["finishReason"]);
    if (reason === null || state.finished) return;
    state.finished = true;
    open -= 1;
    const end = endBy(reason);
    if (typeof end === "string") parts.push({ kind: "finish", choice, reason: end === "stop" && state.calls > 0 ? "tool_calls" : end });
    else reader.fault ??= end;
  }

  function readPart(part: JsonObject, { choice, state, parts }: { readonly choice: number; readonly state: { calls: number }; readonly parts: Part[] }): void {
    const signature = stringOf(part["thoughtSignature"]);
    const call = part["functionCall"];
    if (isObject(call)) {
      parts.push({
        kind: "tool",
        choice,
        index: state.calls++,
        id: stringOf(call["id"]) ?? callId(named),
        name: stringOf(call["name"]),
        arguments: JSON.stringify(isObject(call["args"]) ? call["args"] : {}),
        ...(signature === null ? {} : { signature }),
      });
      named += 1;
      return;
    }
    const text = stringOf(part["text"]);
    if (text !== null) parts.push({ kind: part["thought"] === true ? "reasoning" : "text", choice, text });
    if (signature !== null) parts.push({ kind: "signature", choice, signature, hidden: false });
  }
}

/** In chat's words, or what is wrong with an answer that ends so. An end for no reason given is no clean one. */
function endBy(reason: string): string | Failure {
  switch (reason) {
    case "STOP":
      return "stop";
    case "MAX_TOKENS":
      return "length";
    case "SAFETY":
    case "RECITATION":
    case "LANGUAGE":
    case "BLOCKLIST":
    case "PROHIBITED_CONTENT":
    case "SPII":
    case "IMAGE_SAFETY":
    case "IMAGE_PROHIBITED_CONTENT":
    case "IMAGE_RECITATION":
      return refusedBy("content_filter");
    case "MALFORMED_FUNCTION_CALL":
    case "UNEXPECTED_TOOL_CALL":
    case "TOO_MANY_TOOL_CALLS":
    case "MISSING_THOUGHT_SIGNATURE":
    case "MALFORMED_RESPONSE":
      return malformed("a call of a tool that cannot be read");
    case "OTHER":
    case "IMAGE_OTHER":
    case "NO_IMAGE":
    case "FINISH_REASON_UNSPECIFIED":
      return truncated();
    default:
      return reason.toLowerCase();
  }
}

function readUsage(usage: Json | undefined, parts: Part[]): void {
  if (!isObject(usage)) return;
  const count = (field: string): number => {
    const value = usage[field];
    return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : 0;
  };
  const [cacheRead, reasoning] = [count("cachedContentTokenCount"), count("thoughtsTokenCount")];
  const details = { ...(cacheRead > 0 ? { cacheRead } : {}), ...(reasoning > 0 ? { reasoning } : {}) };
  parts.push({
    kind: "usage",
    input: count("promptTokenCount") + count("toolUsePromptTokenCount"),
    output: count("candidatesTokenCount") + reasoning,
    ...(cacheRead + reasoning > 0 ? { details } : {}),
  });
}
