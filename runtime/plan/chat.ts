// A chat body as facts: what a request asks for, read off its JSON. The body is whatever a client sent, so nothing is
// taken for granted; a field of the wrong type says nothing here and is refused elsewhere.
import { CAPABILITIES, type Capability, type Json } from "#contracts";
import { estimateTokens } from "./tokens.ts";

type JsonObject = { readonly [key: string]: Json | undefined };
export type ChatFacts = { readonly tokens: number; readonly output: number; readonly stream: boolean; readonly turn: number; readonly needs: readonly Capability[] };

export function factsOfChat(body: JsonObject): ChatFacts {
  const messages = objects(body["messages"]);
  const parts = messages.flatMap((message) => objects(message["content"]));
  const needs = neededBy(body, parts);
  return {
    tokens: promptTokens(body, messages),
    output: tokenLimit(body["max_completion_tokens"]) ?? tokenLimit(body["max_tokens"]) ?? 0,
    stream: body["stream"] === true,
    turn: messages.filter((message) => message["role"] === "assistant").length,
    needs: CAPABILITIES.filter((one) => needs.has(one)),
  };
}

/** What a provider adds around each message, and once per request. */
const PER_MESSAGE = 4;
const PER_REQUEST = 3;
/** The most a common provider takes for one picture; its bytes say nothing about it. */
const PER_IMAGE = 1_600;
/** Base64 characters of one token: speech at 32 kbit/s taken as 32 tokens a second, and a page of a document as 60 kB. */
const AUDIO_CHARACTERS = 160;
const FILE_CHARACTERS = 40;

function promptTokens(body: JsonObject, messages: readonly JsonObject[]): number {
  let tokens = PER_REQUEST;
  for (const message of messages) {
    tokens += PER_MESSAGE;
    for (const field in message) {
      const value = message[field];
      tokens += field === "content" && Array.isArray(value) ? objects(value).reduce((sum, part) => sum + partTokens(part), 0) : textTokens(value);
    }
  }
  return tokens + textTokens(body["tools"]) + textTokens(body["functions"]) + textTokens(object(body["response_format"])?.["json_schema"]);
}

function partTokens(part: JsonObject): number {
  switch (part["type"]) {
    case "image_url":
    case "image":
      return PER_IMAGE;
    case "input_audio":
      return Math.ceil(textLength(object(part["input_audio"])?.["data"]) / AUDIO_CHARACTERS);
    case "file":
      return Math.ceil(textLength(object(part["file"])?.["file_data"]) / FILE_CHARACTERS);
    default:
      return textTokens(part["text"] ?? part["refusal"] ?? part);
  }
}

function textTokens(value: Json | undefined): number {
  if (value === undefined || value === null) return 0;
  return estimateTokens(typeof value === "string" ? value : JSON.stringify(value));
}

function neededBy(body: JsonObject, parts: readonly JsonObject[]): ReadonlySet<Capability> {
  const needs = new Set<Capability>();
  if (objects(body["tools"]).length > 0 || objects(body["functions"]).length > 0) needs.add("tools");
  if (needs.has("tools") && body["parallel_tool_calls"] === true) needs.add("parallel_tools");

  const format = object(body["response_format"])?.["type"];
  if (format === "json_object") needs.add("json");
  if (format === "json_schema") needs.add("json_schema");

  for (const { type } of parts) {
    if (type === "image_url" || type === "image") needs.add("vision");
    if (type === "input_audio") needs.add("audio");
    if (type === "file") needs.add("files");
  }
  if (Array.isArray(body["modalities"]) && body["modalities"].includes("audio")) needs.add("audio");

  const effort = body["reasoning_effort"] ?? object(body["reasoning"])?.["effort"];
  if (typeof effort === "string" && effort !== "none") needs.add("reasoning");
  if (body["logprobs"] === true) needs.add("logprobs");
  return needs;
}

const NONE: readonly JsonObject[] = [];

function tokenLimit(value: Json | undefined): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

function textLength(value: Json | undefined): number {
  return typeof value === "string" ? value.length : 0;
}

function object(value: Json | undefined): JsonObject | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.map(object).filter((one) => one !== null) : NONE;
}
