// What policy adds to a prompt of this protocol: to `system`, and to what the user said last.
import type { Json } from "#contracts";
import type { JsonObject } from "../../../stream/index.ts";
import { joined } from "../chat/add.ts";
import { isObject } from "../../json.ts";
import { BETWEEN, type Added } from "../added.ts";

export function addToMessages(body: JsonObject, { before, after }: Added): JsonObject {
  const messages = Array.isArray(body["messages"]) ? [...(body["messages"] as readonly Json[])] : [];
  if (after.length > 0) {
    const text = after.join(BETWEEN);
    const last = messages.at(-1);
    if (isObject(last) && last["role"] === "user") messages[messages.length - 1] = { ...last, content: joined(last["content"], text) } as Json;
    else messages.push({ role: "user", content: text });
  }
  return { ...body, ...(before.length === 0 ? {} : { system: joined(before.join(BETWEEN), body["system"]) }), messages };
}
