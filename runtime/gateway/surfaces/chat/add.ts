// What policy adds to a prompt: before everything, as part of the system message, and behind everything, as part of what
// the user said last. A message of its own only where there is none to be part of: many servers take one system message
// alone, or no two of the user's in a row.
import type { Json } from "#contracts";
import type { JsonObject } from "../../../stream/part.ts";
import { isObject } from "../../json.ts";
import { BETWEEN, type Added } from "../added.ts";

export function addToChat(body: JsonObject, { before, after }: Added): JsonObject {
  const messages = Array.isArray(body["messages"]) ? [...(body["messages"] as readonly Json[])] : [];
  if (before.length > 0) {
    const text = before.join(BETWEEN);
    const [first] = messages;
    if (isObject(first) && (first["role"] === "system" || first["role"] === "developer")) messages[0] = { ...first, content: joined(text, first["content"]) } as Json;
    else messages.unshift({ role: "system", content: text });
  }
  if (after.length > 0) {
    const text = after.join(BETWEEN);
    const last = messages.at(-1);
    if (isObject(last) && last["role"] === "user") messages[messages.length - 1] = { ...last, content: joined(last["content"], text) } as Json;
    else messages.push({ role: "user", content: text });
  }
  return { ...body, messages };
}

/** One content of two, in the order given; either may be text or pieces. */
export function joined(first: Json | undefined, second: Json | undefined): Json {
  if (typeof first === "string" && typeof second === "string") return first === "" || second === "" ? first + second : first + BETWEEN + second;
  return [...pieces(first), ...pieces(second)];
}

function pieces(content: Json | undefined): readonly Json[] {
  if (Array.isArray(content)) return content as readonly Json[];
  return typeof content === "string" && content !== "" ? [{ type: "text", text: content }] : [];
}
