// A chat request taken apart, for providers of other protocols. In: the body as the client sent it. Out: a conversation,
// tools and a format with every shape chat has for them brought to one. What cannot be understood is told to `problem`;
// from here on it is enough to ask whether anything was told.
import type { Json } from "#contracts";
import { parseJson } from "../nesting.ts";
import type { JsonObject } from "../stream/part.ts";

/** Told what of the request cannot be said to the provider, in words fit for the client. */
export type Problem = (message: string) => void;

export type Source = { readonly from: "data"; readonly type: string; readonly data: string } | { readonly from: "url"; readonly url: string };
export type Piece =
  /** `raw` may have more fields than chat knows (`cache_control`). */
  | { readonly kind: "text"; readonly text: string; readonly raw: JsonObject }
  | { readonly kind: "media"; readonly what: "image" | "audio" | "file"; readonly source: Source; readonly name: string | null; readonly raw: JsonObject }
  /** A piece in no shape of chat's. */
  | { readonly kind: "other"; readonly raw: JsonObject };

export type Call = { readonly id: string; readonly name: string; readonly input: JsonObject; readonly signature: string | null };
/** Reasoning its model may take back. `format` says whose it is, as `reasoning_details` do. */
export type Thought = { readonly format: string; readonly text: string; readonly signature: string; readonly hidden: boolean };

export type Turn =
  | { readonly role: "user"; readonly pieces: readonly Piece[] }
  /** `prefix`: the answer is to begin with this. */
  | { readonly role: "assistant"; readonly thoughts: readonly Thought[]; readonly pieces: readonly Piece[]; readonly calls: readonly Call[]; readonly prefix: boolean }
  /** What the call `id` of the function `name` gave. */
  | { readonly role: "tool"; readonly id: string; readonly name: string; readonly pieces: readonly Piece[] };

/** `system` is all that was said for the system, wherever it stood. */
export type Conversation = { readonly system: readonly Piece[]; readonly turns: readonly Turn[] };

export function readConversation(messages: Json | undefined, problem: Problem): Conversation {
  const system: Piece[] = [];
  const turns: Turn[] = [];
  const names = new Map<string, string>();
  for (const [at, message] of objectsOf(messages).entries()) {
    const where = `messages[${at}]`;
    const pieces = readPieces(message["content"], `${where}.content`, problem);
    switch (message["role"]) {
      case "system":
      case "developer":
        system.push(...pieces);
        break;
      case "user":
        turns.push({ role: "user", pieces });
        break;
      case "assistant": {
        const calls = readCalls(message, where, problem);
        for (const call of calls) names.set(call.id, call.name);
        const said = typeof message["refusal"] === "string" && message["refusal"] !== "" ? [...pieces, textPiece(message["refusal"])] : pieces;
        turns.push({ role: "assistant", thoughts: readThoughts(message), pieces: said, calls, prefix: message["prefix"] === true });
        break;
      }
      case "tool": {
        const id = stringOf(message["tool_call_id"]) ?? "";
        const name = names.get(id) ?? stringOf(message["name"]);
        if (name === null) problem(`\`${where}.tool_call_id\` names no tool call before it`);
        else turns.push({ role: "tool", id, name, pieces });
        break;
      }
      default:
        problem(`\`${where}.role\` must be one of system, developer, user, assistant and tool`);
    }
  }
  return { system, turns };
}

export type Tool = { readonly name: string; readonly description: string | null; readonly parameters: JsonObject | null; readonly raw: JsonObject };
export type Choice = { readonly kind: "auto" | "none" | "required" } | { readonly kind: "one"; readonly name: string };
/** `others` are tools in no shape of chat's. `parallel` is null where the client left it open. */
export type Tools = { readonly tools: readonly Tool[]; readonly others: readonly JsonObject[]; readonly choice: Choice | null; readonly parallel: boolean | null };

export function readTools(body: JsonObject, problem: Problem): Tools {
  const tools: Tool[] = [];
  const others: JsonObject[] = [];
  for (const [at, tool] of objectsOf(body["tools"]).entries()) {
    const its = tool["function"];
    if (tool["type"] === "custom") problem(`\`tools[${at}]\` is a custom tool, and only functions can be said to this provider`);
    else if (!isObject(its)) others.push(tool);
    else if (typeof its["name"] !== "string") problem(`\`tools[${at}].function.name\` must be a string`);
    else tools.push({ name: its["name"], description: stringOf(its["description"]), parameters: isObject(its["parameters"]) ? its["parameters"] : null, raw: tool });
  }
  const { choice, only } = readChoice(body["tool_choice"], problem);
  const parallel = typeof body["parallel_tool_calls"] === "boolean" ? body["parallel_tool_calls"] : null;
  return { tools: only === null ? tools : tools.filter((tool) => only.has(tool.name)), others, choice, parallel };
}

export type Format = { readonly kind: "text" | "json" } | { readonly kind: "schema"; readonly schema: JsonObject };

export function readFormat(format: Json | undefined, problem: Problem): Format {
  if (!isObject(format) || format["type"] === "text") return { kind: "text" };
  if (format["type"] === "json_object") return { kind: "json" };
  const schema = isObject(format["json_schema"]) ? format["json_schema"]["schema"] : undefined;
  if (format["type"] === "json_schema" && isObject(schema)) return { kind: "schema", schema };
  problem("`response_format` must be text, json_object, or json_schema with a schema");
  return { kind: "text" };
}

/** Tells what asks for something that no other protocol can give. */
export function refuseUnsaid(body: JsonObject, problem: Problem): void {
  const refuse = (field: string, asked: boolean): void => {
    if (asked) problem(`\`${field}\` cannot be said to this provider`);
  };
  refuse("logprobs", body["logprobs"] === true);
  refuse("logit_bias", isObject(body["logit_bias"]) && Object.keys(body["logit_bias"]).length > 0);
  refuse("modalities", Array.isArray(body["modalities"]) && body["modalities"].includes("audio"));
  refuse("functions", objectsOf(body["functions"]).length > 0);
  refuse("web_search_options", isObject(body["web_search_options"]));
}

/**
 * Chat's own fields, which mean nothing elsewhere: those a translation says in its own way, and those that may go
 * unsaid, because they change neither what is asked nor the shape of the answer (where it is kept and billed, and hints).
 */
export const CHAT_FIELDS: ReadonlySet<string> = new Set([
  "messages", "model", "stream", "stream_options", "n", "max_tokens", "max_completion_tokens", "temperature", "top_p", "stop",
  "tools", "tool_choice", "parallel_tool_calls", "response_format", "reasoning_effort", "user",
  "frequency_penalty", "presence_penalty", "seed", "logprobs", "top_logprobs", "logit_bias", "modalities", "audio", "functions", "function_call",
  "web_search_options", "store", "metadata", "prediction", "verbosity", "service_tier", "safety_identifier", "prompt_cache_key", "prompt_cache_retention",
]);

/** The limit of an answer under either of its names: the caller's first, then the target's. */
export function tokenLimit(body: JsonObject, params: JsonObject): number | null {
  for (const value of [body["max_completion_tokens"], body["max_tokens"], params["max_completion_tokens"], params["max_tokens"]]) if (typeof value === "number") return value;
  return null;
}

export function stopsOf(stop: Json | undefined): readonly string[] | null {
  if (typeof stop === "string") return [stop];
  return Array.isArray(stop) && stop.length > 0 ? (stop as readonly Json[]).filter((one) => typeof one === "string") : null;
}

/** Without the fields that are null: chat takes them for not given, others do not. */
export function given(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}

export function textOf(pieces: readonly Piece[]): string {
  return pieces.map((piece) => (piece.kind === "text" ? piece.text : "")).join("");
}

// ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────

function readPieces(content: Json | undefined, where: string, problem: Problem): readonly Piece[] {
  if (typeof content === "string") return content === "" ? [] : [textPiece(content)];
  return objectsOf(content).flatMap((raw, at) => readPiece(raw, `${where}[${at}]`, problem) ?? []);
}

function readPiece(raw: JsonObject, where: string, problem: Problem): Piece | null {
  switch (raw["type"]) {
    case "text":
      // Several APIs refuse a text that is empty.
      return typeof raw["text"] === "string" && raw["text"] !== "" ? { kind: "text", text: raw["text"], raw } : null;
    case "refusal":
      return typeof raw["refusal"] === "string" && raw["refusal"] !== "" ? textPiece(raw["refusal"]) : null;
    case "image_url": {
      const image = raw["image_url"];
      return media("image", stringOf(isObject(image) ? image["url"] : image), { name: null, raw, where, problem });
    }
    case "input_audio": {
      const audio = raw["input_audio"];
      if (isObject(audio) && typeof audio["data"] === "string") return { kind: "media", what: "audio", source: { from: "data", type: `audio/${stringOf(audio["format"]) ?? "wav"}`, data: audio["data"] }, name: null, raw };
      problem(`\`${where}.input_audio.data\` must be base64 text`);
      return null;
    }
    case "file": {
      const file = isObject(raw["file"]) ? raw["file"] : {};
      if (typeof file["file_data"] === "string") return media("file", file["file_data"], { name: stringOf(file["filename"]), raw, where, problem });
      problem(`\`${where}\` is a file that only its own provider has; send it as \`file_data\``);
      return null;
    }
    default:
      return { kind: "other", raw };
  }
}

function media(what: "image" | "file", url: string | null, { name, raw, where, problem }: { readonly name: string | null; readonly raw: JsonObject; readonly where: string; readonly problem: Problem }): Piece | null {
  // No expression over the whole text: a picture has millions of characters.
  const head = url === null ? null : /^data:([\w.+-]+\/[\w.+-]+)(?:;[\w.+-]+=[^;,]*)*;base64,/i.exec(url.slice(0, 256));
  if (url !== null && head !== null) return { kind: "media", what, source: { from: "data", type: head[1]!.toLowerCase(), data: url.slice(head[0].length) }, name, raw };
  if (url !== null && /^https?:\/\//i.test(url)) return { kind: "media", what, source: { from: "url", url }, name, raw };
  problem(`\`${where}\` must be an http address or a base64 data URL`);
  return null;
}

function readCalls(message: JsonObject, where: string, problem: Problem): readonly Call[] {
  if (isObject(message["function_call"])) problem(`\`${where}.function_call\` cannot be said to this provider; use \`tool_calls\``);
  return objectsOf(message["tool_calls"]).flatMap((call, at) => {
    const its = isObject(call["function"]) ? call["function"] : null;
    const name = stringOf(its?.["name"]);
    if (its === null || name === null) {
      problem(`\`${where}.tool_calls[${at}]\` must be a call of a function`);
      return [];
    }
    const input = readInput(its["arguments"]);
    if (input === null) {
      problem(`\`${where}.tool_calls[${at}].function.arguments\` must be a JSON object`);
      return [];
    }
    const google = isObject(call["extra_content"]) && isObject(call["extra_content"]["google"]) ? call["extra_content"]["google"] : {};
    return [{ id: stringOf(call["id"]) ?? "", name, input, signature: stringOf(google["thought_signature"]) }];
  });
}

function readInput(text: Json | undefined): JsonObject | null {
  if (text === undefined || text === null || text === "") return {};
  if (typeof text !== "string") return isObject(text) ? text : null;
  const value = parseJson(text);
  return isObject(value) ? value : null;
}

// A signature that came without its text belongs to `reasoning_content`, as answers of ours have it. With several of them
// nobody can tell which text each one signs, and a wrong pair is refused, so they are left out.
function readThoughts(message: JsonObject): readonly Thought[] {
  const details = objectsOf(message["reasoning_details"]);
  const reasoning = stringOf(message["reasoning_content"]);
  const bare = details.filter((one) => one["type"] === "reasoning.text" && typeof one["text"] !== "string").length;
  return details.flatMap((one): readonly Thought[] => {
    const format = stringOf(one["format"]) ?? "";
    if (one["type"] === "reasoning.encrypted") return typeof one["data"] === "string" ? [{ format, text: "", signature: one["data"], hidden: true }] : [];
    const text = stringOf(one["text"]) ?? (bare === 1 ? reasoning : null);
    const signature = stringOf(one["signature"]);
    // A signature that stands by itself signs what was said, and not what was thought.
    if (text === null) return signature === null || bare > 1 ? [] : [{ format, text: "", signature, hidden: false }];
    return signature === null ? [] : [{ format, text, signature, hidden: false }];
  });
}

function readChoice(choice: Json | undefined, problem: Problem): { readonly choice: Choice | null; readonly only: ReadonlySet<string> | null } {
  if (choice === undefined || choice === null) return { choice: null, only: null };
  if (choice === "auto" || choice === "none" || choice === "required") return { choice: { kind: choice }, only: null };
  const its = isObject(choice) ? choice : {};
  const name = isObject(its["function"]) ? its["function"]["name"] : undefined;
  if (its["type"] === "function" && typeof name === "string") return { choice: { kind: "one", name }, only: null };
  const allowed = its["allowed_tools"];
  if (its["type"] === "allowed_tools" && isObject(allowed)) {
    const names = objectsOf(allowed["tools"]).flatMap((tool) => (isObject(tool["function"]) ? (stringOf(tool["function"]["name"]) ?? []) : []));
    return { choice: { kind: allowed["mode"] === "required" ? "required" : "auto" }, only: new Set(names) };
  }
  problem("`tool_choice` must be auto, none, required, a function or allowed tools");
  return { choice: null, only: null };
}

function textPiece(text: string): Piece {
  return { kind: "text", text, raw: { type: "text", text } };
}

export function stringOf(value: Json | undefined): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

export function objectsOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly Json[]).filter(isObject) : [];
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
