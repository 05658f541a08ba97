// A messages request as a chat request, for a provider that does not speak this protocol. In: a checked body. Out: the
// same conversation. What has no place in chat is left out: thinking of earlier turns, but for that of models that can take it
// back (sealed.ts); tools that run at the provider, `top_k`, cache marks.
//
//   system ▶ the first message          tool_use ▶ tool_calls          tool_result ▶ a message of the role `tool`
import type { Json } from "#contracts";
import type { JsonObject } from "../../../stream/index.ts";
import { defined, object, objects, text } from "../../json.ts";
import { detailOf, extraOf, unseal, type Sealed } from "../../answer/sealed.ts";
import { formatOf } from "./read.ts";

export function chatOfMessages(body: JsonObject): JsonObject {
  let chat = known.get(body);
  if (chat === undefined) known.set(body, (chat = translate(body)));
  return chat;
}

/** Facts, estimates and every attempt ask for it; a body never changes. */
const known = new WeakMap<JsonObject, JsonObject>();

function translate(body: JsonObject): JsonObject {
  const tools = objects(body["tools"]).filter(isFunction).map(toolOf);
  return defined({
    model: body["model"],
    messages: [...systemOf(body["system"]), ...objects(body["messages"]).flatMap(messagesOf)],
    max_tokens: body["max_tokens"],
    stream: body["stream"],
    temperature: body["temperature"],
    top_p: body["top_p"],
    stop: Array.isArray(body["stop_sequences"]) && body["stop_sequences"].length > 0 ? body["stop_sequences"] : undefined,
    tools: tools.length === 0 ? undefined : tools,
    ...(tools.length === 0 ? {} : toolChoiceOf(object(body["tool_choice"]))),
    reasoning_effort: effortOf(body),
    response_format: responseFormatOf(formatOf(body)),
    user: userOfMetadata(object(body["metadata"])["user_id"]),
  });
}

/** Coding agents write a whole document in here, and providers of chat refuse a name that is longer. */
function userOfMetadata(id: Json | undefined): string | undefined {
  return typeof id === "string" && id.length <= LONGEST_USER ? id : undefined;
}

const LONGEST_USER = 64;

function systemOf(system: Json | undefined): readonly JsonObject[] {
  const said = typeof system === "string" ? system : objects(system).map((block) => text(block["text"])).join("\n");
  return said === "" ? [] : [{ role: "system", content: said }];
}

function messagesOf(message: JsonObject): readonly JsonObject[] {
  const { role, content } = message;
  if (typeof content === "string") return [{ role, content }];
  const blocks = objects(content);
  return role === "assistant" ? stepsOf(blocks) : userOf(role, blocks);
}

/** What a tool found that ran at its provider was found within the answer: in chat, by a call and its result, and the answer goes on. */
function stepsOf(blocks: readonly JsonObject[]): readonly JsonObject[] {
  const messages: JsonObject[] = [];
  let from = 0;
  for (const [at, block] of blocks.entries()) {
    const its = RESULT_AT_PROVIDER.test(text(block["type"])) ? blocks.slice(from, at).filter((one) => CALLED_AT_PROVIDER.has(one["type"] ?? null)) : [];
    if (!its.some((call) => call["id"] === block["tool_use_id"])) continue;
    messages.push(assistantOf(blocks.slice(from, at)), ...its.map((call) => foundBy(call, blocks.find((one) => one["tool_use_id"] === call["id"])?.["content"])));
    from = at + 1;
  }
  // A call that has no result yet is its provider's own to go on with.
  const rest = blocks.slice(from).filter((block) => !CALLED_AT_PROVIDER.has(block["type"] ?? null));
  return from > 0 && rest.length === 0 ? messages : [...messages, assistantOf(rest)];
}

const CALLED_AT_PROVIDER: ReadonlySet<Json> = new Set(["server_tool_use", "mcp_tool_use"]);

const RESULT_AT_PROVIDER = /^(?!tool_result$)\w+_tool_result$/;

function foundBy({ id }: JsonObject, content: Json | undefined): JsonObject {
  const said = objects(content).every((one) => one["type"] === "text") ? objects(content).map((one) => text(one["text"])).join("\n") : "";
  return { role: "tool", tool_call_id: id, content: said !== "" ? said : typeof content === "string" ? content : JSON.stringify(withoutSecrets(content ?? "")) };
}

/** Content that only the provider itself can read says nothing to anybody else. */
function withoutSecrets(content: Json): Json {
  if (Array.isArray(content)) return (content as readonly Json[]).map(withoutSecrets);
  if (typeof content !== "object" || content === null) return content;
  return Object.fromEntries(Object.entries(content).filter(([name]) => !name.startsWith("encrypted_")).map(([name, value]) => [name, withoutSecrets(value as Json)]));
}

function assistantOf(blocks: readonly JsonObject[]): JsonObject {
  const said = blocks.filter((block) => block["type"] === "text").map((block) => text(block["text"])).join("");
  const calls: JsonObject[] = [];
  const details: JsonObject[] = [];
  let forCall: Sealed | null = null;
  for (const block of blocks) {
    if (block["type"] === "tool_use" || CALLED_AT_PROVIDER.has(block["type"] ?? null)) {
      calls.push({ id: block["id"], type: "function", function: { name: block["name"], arguments: JSON.stringify(block["input"] ?? {}) }, ...extraOf(forCall) });
      forCall = null;
      continue;
    }
    const thinks = block["type"] === "thinking";
    const sealed = thinks || block["type"] === "redacted_thinking" ? unseal(thinks ? block["signature"] : block["data"], { protocol: "messages", of: thinks ? "text" : "hidden" }) : null;
    if (sealed?.of === "call") forCall = sealed;
    else if (sealed !== null) details.push(detailOf(sealed, text(block["thinking"])));
  }
  return {
    role: "assistant",
    content: said === "" && calls.length > 0 ? null : said,
    ...(details.length === 0 ? {} : { reasoning_details: details as readonly Json[] }),
    ...(calls.length === 0 ? {} : { tool_calls: calls as readonly Json[] }),
  };
}

/** Results come first: in chat they must follow the calls they answer at once. */
function userOf(role: Json | undefined, blocks: readonly JsonObject[]): readonly JsonObject[] {
  const results = blocks.filter((block) => block["type"] === "tool_result");
  // A chat tool message holds text alone, so a picture that a tool made is shown by the user.
  const shown = results.flatMap((result) => objects(result["content"]).filter((block) => block["type"] !== "text").flatMap(partsOf));
  const parts = [...shown, ...blocks.filter((block) => block["type"] !== "tool_result").flatMap(partsOf)];
  const onlyText = parts.every((part) => part["type"] === "text");
  const said: readonly JsonObject[] = parts.length === 0 ? [] : [{ role, content: parts.length === 1 && onlyText ? text(parts[0]!["text"]) : parts }];
  return [...results.map(resultOf), ...said];
}

function resultOf(block: JsonObject): JsonObject {
  const { content } = block;
  const said = typeof content === "string" ? content : objects(content).map((one) => text(one["text"])).filter((one) => one !== "").join("\n");
  return { role: "tool", tool_call_id: block["tool_use_id"], content: block["is_error"] === true ? `Error: ${said}` : said };
}

/** A document may be made of blocks of its own. */
function partsOf(block: JsonObject): readonly JsonObject[] {
  const { content } = object(block["source"]);
  if (block["type"] !== "document" || content === undefined) return [partOf(block)];
  return typeof content === "string" ? [{ type: "text", text: content }] : objects(content).map(partOf);
}

function partOf(block: JsonObject): JsonObject {
  const source = object(block["source"]);
  // Checked before: it is refused where its provider is another one.
  if (source["type"] === "file") return { type: "file", file: { file_id: source["file_id"] } };
  switch (block["type"]) {
    case "text":
      return { type: "text", text: text(block["text"]) };
    case "image":
      return { type: "image_url", image_url: { url: source["type"] === "url" ? text(source["url"]) : dataUrl(source) } };
    case "document":
      if (source["type"] === "text") return { type: "text", text: text(source["data"]) };
      if (source["type"] === "base64") return { type: "file", file: { filename: text(block["title"]) || "document.pdf", file_data: dataUrl(source) } };
      if (source["type"] === "url") return { type: "file", file: { filename: text(block["title"]) || "document.pdf", file_data: text(source["url"]) } };
      return { type: "text", text: JSON.stringify(block) };
    case "search_result":
      return { type: "text", text: [text(block["title"]), text(block["source"]), ...objects(block["content"]).map((one) => text(one["text"]))].filter((one) => one !== "").join("\n") };
    default:
      // A kind of block this version does not know is shown to the model as it is.
      return { type: "text", text: JSON.stringify(block) };
  }
}

function dataUrl(source: JsonObject): string {
  return `data:${text(source["media_type"])};base64,${text(source["data"])}`;
}

/** Tools of other types run at the provider. */
export function isFunction(tool: JsonObject): boolean {
  return tool["type"] === undefined || tool["type"] === null || tool["type"] === "custom";
}

function toolOf(tool: JsonObject): JsonObject {
  const { name, description, input_schema: parameters, strict } = tool;
  return { type: "function", function: defined({ name, description, parameters, strict: typeof strict === "boolean" ? strict : undefined }) };
}

function toolChoiceOf(choice: JsonObject): JsonObject {
  const parallel: JsonObject = choice["disable_parallel_tool_use"] === true ? { parallel_tool_calls: false } : {};
  switch (choice["type"]) {
    case "auto":
      return { ...parallel, tool_choice: "auto" };
    case "any":
      return { ...parallel, tool_choice: "required" };
    case "none":
      return { ...parallel, tool_choice: "none" };
    case "tool":
      return { ...parallel, tool_choice: { type: "function", function: { name: choice["name"] } } };
    default:
      return parallel;
  }
}

/** An effort by its name, or a budget of tokens taken as one. */
function effortOf(body: JsonObject): string | undefined {
  const effort = object(body["output_config"])["effort"];
  const thinking = object(body["thinking"]);
  if (thinking["type"] !== "enabled" && thinking["type"] !== "adaptive") return undefined;
  if (typeof effort === "string") return effort === "max" || effort === "xhigh" ? "high" : effort;
  const budget = thinking["budget_tokens"];
  if (typeof budget !== "number") return thinking["type"] === "enabled" ? "medium" : undefined;
  return budget <= 4_096 ? "low" : budget <= 16_384 ? "medium" : "high";
}

function responseFormatOf(format: JsonObject): JsonObject | undefined {
  if (format["type"] !== "json_schema") return undefined;
  return { type: "json_schema", json_schema: { name: "answer", schema: format["schema"] ?? {}, strict: true } };
}
