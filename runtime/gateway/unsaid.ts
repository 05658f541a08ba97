// What of a request has no place in chat, and asks for too much to be left out: a provider of another protocol is not asked.
// A cascade moves on by it, and a client that has no other target hears which field it was.
import type { JsonObject, Protocol } from "../stream/index.ts";
import { object, objects, text } from "./json.ts";

/** Null where all of it can be said. */
export function unsaidOf(protocol: Protocol, body: JsonObject): string | null {
  return UNSAID[protocol]?.(body) ?? null;
}

const UNSAID: { readonly [protocol in Protocol]?: (body: JsonObject) => string | null } = {
  messages(body) {
    if (objects(body["mcp_servers"]).length > 0) return cannot("mcp_servers");
    const at = objects(body["messages"]).findIndex(({ content }) => objects(content).some(isFile) || objects(content).some((block) => objects(block["content"]).some(isFile)));
    return at === -1 ? null : onlyOwn(`messages[${at}]`);
  },
  responses(body) {
    if (Array.isArray(body["include"]) && body["include"].includes("message.output_text.logprobs")) return cannot("include");
    if (typeof body["top_logprobs"] === "number" && body["top_logprobs"] > 0) return cannot("top_logprobs");
    const at = objects(body["input"]).findIndex(({ content, output }) => [...objects(content), ...objects(output)].some(isFileItem));
    return at === -1 ? null : onlyOwn(`input[${at}]`);
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
