// What of a request has no place in chat, so that a provider of another protocol cannot be told of it.
//
//   a tool that runs at its own provider ─▶ left out beside others, for coding agents bring some with every request; the
//                                           receipt says so. Where nothing else could be called, nobody is asked
//   what asks for too much to be left out ─▶ nobody is asked: a cascade moves on by it, and a client that has no other
//                                           target hears which field it was
import type { JsonObject, Protocol } from "../../stream/index.ts";
import { object, objects, text } from "../json.ts";
import { isFunction } from "../surfaces/messages/to-chat.ts";
import { toolsInChat, toolsLeftOut } from "../surfaces/responses/tools.ts";

/** `tools` are the types of those left out; `unsaid` is why the request cannot be said at all, null where it can. */
export type BeyondChat = { readonly tools: readonly string[]; readonly unsaid: string | null };

export function beyondChat(protocol: Protocol, body: JsonObject): BeyondChat {
  const own = OWN[protocol];
  if (own === undefined) return NOTHING;
  const { tools, kept, insists } = own.tools(body);
  const missed = tools.length === 0 ? null : (insists ?? (kept ? null : tools[0]!));
  return { tools, unsaid: missed === null ? own.unsaid(body) : `\`tools\` cannot be said to this provider: it has no \`${missed}\`` };
}

const NOTHING: BeyondChat = { tools: [], unsaid: null };

/** `kept`: others stay, or none has to be called. `insists` is the one of those left out that must be called. */
type Brought = { readonly tools: readonly string[]; readonly kept: boolean; readonly insists: string | null };

const OWN: { readonly [protocol in Protocol]?: { tools(body: JsonObject): Brought; unsaid(body: JsonObject): string | null } } = {
  responses: {
    tools(body) {
      const tools = toolsLeftOut(body);
      const choice = body["tool_choice"];
      const type = text(object(choice)["type"]);
      return { tools, kept: choice === "none" || toolsInChat(body).length > 0, insists: tools.includes(type) ? type : null };
    },
    unsaid(body) {
      if (Array.isArray(body["include"]) && body["include"].includes("message.output_text.logprobs")) return cannot("include");
      if (typeof body["top_logprobs"] === "number" && body["top_logprobs"] > 0) return cannot("top_logprobs");
      const at = objects(body["input"]).findIndex(({ content, output }) => [...objects(content), ...objects(output)].some(isFileItem));
      return at === -1 ? null : onlyOwn(`input[${at}]`);
    },
  },
  messages: {
    tools(body) {
      const all = objects(body["tools"]);
      const left = all.filter((tool) => !isFunction(tool));
      const choice = object(body["tool_choice"]);
      const named = choice["type"] === "tool" ? left.find((tool) => tool["name"] === choice["name"]) : undefined;
      const tools = [...new Set(left.map((tool) => text(tool["type"])))];
      return { tools, kept: choice["type"] === "none" || left.length < all.length, insists: named === undefined ? null : text(named["type"]) };
    },
    unsaid(body) {
      if (objects(body["mcp_servers"]).length > 0) return cannot("mcp_servers");
      const at = objects(body["messages"]).findIndex(({ content }) => objects(content).some(isFile) || objects(content).some((block) => objects(block["content"]).some(isFile)));
      return at === -1 ? null : onlyOwn(`messages[${at}]`);
    },
  },
};

function isFile(block: JsonObject): boolean {
  return object(block["source"])["type"] === "file" || block["type"] === "container_upload";
}

function isFileItem(part: JsonObject): boolean {
  return text(part["file_id"]) !== "" && part["image_url"] === undefined && part["file_data"] === undefined && part["file_url"] === undefined;
}

function cannot(field: string): string {
  return `\`${field}\` cannot be said to this provider`;
}

function onlyOwn(where: string): string {
  return `\`${where}\` has a file that only its own provider has; send the file itself`;
}
