// Texts of a prompt that have no place in chat, where rules on the request read it: reasoning of earlier turns, calls and
// results of kinds that this version does not know. A provider of the client's own protocol gets them as they came, so they
// are read and counted all the same.
import type { Json } from "#contracts";
import type { JsonObject, Protocol } from "../../stream/index.ts";
import { isObject, objects, text } from "../json.ts";

/** One for each item or block that has any. */
export function besidesOf(protocol: Protocol, body: JsonObject): readonly string[] {
  return (BESIDES[protocol]?.(body) ?? []).map((one) => textsIn(one).join("\n")).filter((one) => one !== "");
}

const BESIDES: { readonly [protocol in Protocol]?: (body: JsonObject) => readonly JsonObject[] } = {
  responses: (body) => objects(body["input"]).filter((item) => !IN_CHAT.has(item["type"] ?? "message")),
  messages: (body) => objects(body["messages"]).flatMap(({ role, content }) => (role === "assistant" ? objects(content).filter((block, _, all) => isBeside(block, all)) : [])),
};

const IN_CHAT: ReadonlySet<Json> = new Set([
  "message", "function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output", "mcp_call", "additional_tools", "tool_search_output",
]);

/** Of a tool that ran at its provider, the call and its result are in chat where both are there. */
function isBeside(block: JsonObject, all: readonly JsonObject[]): boolean {
  const type = text(block["type"]);
  if (type === "text" || type === "tool_use" || type === "redacted_thinking") return false;
  const other = type.endsWith("_tool_result") ? all.find((one) => one["id"] === block["tool_use_id"]) : all.find((one) => block["id"] !== undefined && one["tool_use_id"] === block["id"]);
  return other === undefined;
}

/** Every text in it, but for what names something and what nobody can read. */
export function textsIn(value: Json | undefined): readonly string[] {
  if (typeof value === "string") return value === "" ? [] : [value];
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(textsIn);
  return isObject(value) ? Object.entries(value).flatMap(([name, its]) => (UNREADABLE.test(name) ? [] : textsIn(its))) : [];
}

const UNREADABLE = /^(type|id|call_id|tool_use_id|status|role|signature|format|data|result|image_url|file_data|file_id|encrypted_\w+)$/;
