// A responses request as a chat request, for a provider that does not speak this protocol. In: a checked body. Out: the
// same conversation. What has no place in chat is left out: reasoning of earlier turns, but for that of models that can
// take it back (sealed.ts); tools that run at the provider and their calls, `store`, `include`.
//
//   instructions ▶ the first message    function_call ▶ tool_calls of one message    function_call_output ▶ the role `tool`
import type { Json } from "#contracts";
import { wholeName, type JsonObject } from "../../../stream/index.ts";
import { defined, object, objects, text } from "../../json.ts";
import { detailOf, extraOf, unseal, type Sealed } from "../../answer/sealed.ts";
import { argumentsOfInput } from "./input.ts";
import { SEARCH, toolsInChat } from "./tools.ts";

export function chatOfResponses(body: JsonObject): JsonObject {
  let chat = known.get(body);
  if (chat === undefined) known.set(body, (chat = translate(body)));
  return chat;
}

/** Facts, estimates and every attempt ask for it; a body never changes. */
const known = new WeakMap<JsonObject, JsonObject>();

function translate(body: JsonObject): JsonObject {
  const { tools, tool_choice } = choiceOf(body["tool_choice"], toolsInChat(body));
  const instructions = text(body["instructions"]);
  const { input } = body;
  return defined({
    model: body["model"],
    messages: [
      ...(instructions === "" ? [] : [{ role: "system", content: instructions }]),
      ...(typeof input === "string" ? [{ role: "user", content: input }] : messagesOf(objects(input))),
    ],
    max_tokens: body["max_output_tokens"] ?? undefined,
    stream: body["stream"],
    temperature: body["temperature"] ?? undefined,
    top_p: body["top_p"] ?? undefined,
    tools: tools.length === 0 ? undefined : tools,
    ...(tools.length === 0 ? {} : { tool_choice, parallel_tool_calls: body["parallel_tool_calls"] ?? undefined }),
    reasoning_effort: typeof object(body["reasoning"])["effort"] === "string" ? object(body["reasoning"])["effort"] : undefined,
    response_format: formatOf(object(object(body["text"])["format"])),
    user: typeof body["user"] === "string" ? body["user"] : undefined,
  });
}

function messagesOf(items: readonly JsonObject[]): readonly JsonObject[] {
  const messages: JsonObject[] = [];
  let details: readonly JsonObject[] = [];
  let forCall: Sealed | null = null;
  const addCall = (id: Json | undefined, its: JsonObject): void => {
    joinCall(messages, { id, type: "function", function: its, ...extraOf(forCall) });
    think();
    forCall = null;
  };
  /** What was thought belongs to what was said or called behind it. */
  const think = (): void => {
    const last = messages.at(-1);
    if (details.length === 0 || last?.["role"] !== "assistant") return;
    messages[messages.length - 1] = { ...last, reasoning_details: [...objects(last["reasoning_details"]), ...details] };
    details = [];
  };
  for (const item of items) {
    switch (item["type"] ?? "message") {
      case "message":
        messages.push(messageOf(item));
        think();
        break;
      case "reasoning": {
        const sealed = unseal(item["encrypted_content"], { protocol: "responses", of: "hidden" });
        if (sealed?.of === "call") forCall = sealed;
        else if (sealed !== null) details = [...details, detailOf(sealed, objects(item["summary"]).map((part) => text(part["text"])).join(""))];
        break;
      }
      case "function_call":
        addCall(item["call_id"], { name: nameOf(item), arguments: text(item["arguments"]) });
        break;
      case "custom_tool_call":
        addCall(item["call_id"], { name: nameOf(item), arguments: argumentsOfInput(text(item["input"])) });
        break;
      case "tool_search_call":
        if (item["execution"] === "client") addCall(item["call_id"], { name: SEARCH, arguments: JSON.stringify(item["arguments"] ?? {}) });
        break;
      case "mcp_call":
        // It ran at the provider, and what it gave is known.
        addCall(item["id"], { name: nameOf(item), arguments: text(item["arguments"]) });
        messages.push({ role: "tool", tool_call_id: item["id"], content: typeof item["output"] === "string" ? item["output"] : JSON.stringify(item["error"] ?? "") });
        break;
      case "function_call_output":
      case "custom_tool_call_output":
        messages.push(...outputOf(item));
        break;
      case "tool_search_output":
        // What was found stands among the tools; its names say that it was.
        if (item["execution"] === "client") messages.push({ role: "tool", tool_call_id: item["call_id"], content: JSON.stringify({ tools: toolsInChat({ tools: item["tools"] }).map((tool) => object(tool["function"])["name"]) as readonly Json[] }) });
        break;
      default:
      // Calls of tools that ran at another provider.
    }
  }
  return messages;
}

/** Calls that follow each other, and the text before them, were one turn of the assistant. */
function joinCall(messages: JsonObject[], call: JsonObject): void {
  const last = messages.at(-1);
  if (last?.["role"] !== "assistant") messages.push({ role: "assistant", content: null, tool_calls: [call] });
  else messages[messages.length - 1] = { ...last, content: last["content"] === "" ? null : last["content"], tool_calls: [...objects(last["tool_calls"]), call] };
}

function nameOf(item: JsonObject): string {
  return wholeName(text(item["namespace"]), text(item["name"]));
}

function messageOf(item: JsonObject): JsonObject {
  const role = item["role"] === "developer" ? "system" : item["role"];
  const { content } = item;
  if (typeof content === "string") return { role, content };
  const parts = objects(content).map(partOf);
  if (role !== "user" || parts.length === 1) {
    if (parts.every((part) => part["type"] === "text")) return { role, content: parts.map((part) => text(part["text"])).join("") };
  }
  return { role, content: parts };
}

function outputOf(item: JsonObject): readonly JsonObject[] {
  const { output } = item;
  if (!Array.isArray(output)) return [{ role: "tool", tool_call_id: item["call_id"], content: typeof output === "string" ? output : JSON.stringify(output ?? "") }];
  const parts = objects(output as readonly Json[]).map(partOf);
  const said = parts.filter((part) => part["type"] === "text").map((part) => text(part["text"])).join("\n");
  // A chat tool message holds text alone, so a picture that a tool made is shown by the user.
  const shown = parts.filter((part) => part["type"] !== "text");
  return [{ role: "tool", tool_call_id: item["call_id"], content: said }, ...(shown.length === 0 ? [] : [{ role: "user", content: shown }])];
}

function partOf(part: JsonObject): JsonObject {
  switch (part["type"]) {
    case "input_image":
      // Checked before: it is refused where its provider is another one.
      if (typeof part["image_url"] !== "string" && typeof part["file_id"] === "string") return { type: "file", file: { file_id: part["file_id"] } };
      return { type: "image_url", image_url: defined({ url: text(part["image_url"]), detail: typeof part["detail"] === "string" ? part["detail"] : undefined }) };
    case "input_file":
      return { type: "file", file: defined({ filename: part["filename"], file_data: part["file_data"] ?? part["file_url"], file_id: part["file_id"] }) };
    case "input_audio":
      return { type: "input_audio", input_audio: part["input_audio"] };
    default: {
      const said = part["text"] ?? part["refusal"];
      return { type: "text", text: typeof said === "string" ? said : JSON.stringify(part) };
    }
  }
}

/** A choice among some of the tools leaves the others out: chat's own word for it is known to few providers. */
function choiceOf(choice: Json | undefined, tools: readonly JsonObject[]): { readonly tools: readonly JsonObject[]; readonly tool_choice?: Json | undefined } {
  if (typeof choice === "string") return { tools, tool_choice: choice };
  const { type, mode } = object(choice);
  if (type === "allowed_tools") {
    const allowed = new Set(objects(object(choice)["tools"]).map(nameOf));
    return { tools: tools.filter((tool) => allowed.has(text(object(tool["function"])["name"]))), tool_choice: mode };
  }
  if (type === "function" || type === "custom") return { tools, tool_choice: { type: "function", function: { name: nameOf(object(choice)) } } };
  return { tools };
}

function formatOf({ type, name, schema, strict, description }: JsonObject): JsonObject | undefined {
  if (type === "json_object") return { type };
  return type === "json_schema" ? { type, json_schema: defined({ name, description, schema, strict: strict ?? undefined }) } : undefined;
}
