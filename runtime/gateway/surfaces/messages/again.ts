// The request once more in its own protocol, with what policy adds: reminders, and the part of the answer the client has.
import type { Json } from "#contracts";
import type { JsonObject } from "../../../stream/index.ts";
import { GO_ON } from "../chat/again.ts";
import { isObject } from "../../json.ts";
import { isSealed } from "../../answer/sealed.ts";
import type { Again } from "../../surface.ts";

export function againOfMessages(body: JsonObject, { reminders, kept, continues }: Again): JsonObject {
  const given = Array.isArray(body["messages"]) ? (body["messages"] as readonly Json[]) : [];
  const messages = given.map(withoutForeignThinking).filter((message) => message !== null);
  const changed = messages.length !== given.length || messages.some((message, at) => message !== given[at]);
  if (reminders.length === 0 && kept === "") return changed ? { ...body, messages } : body;
  const reminder: readonly Json[] = reminders.length === 0 ? [] : [{ role: "user", content: reminders.join("\n") }];
  if (kept === "") return { ...body, messages: [...messages, ...reminder] };
  // The provider takes no prefix that ends in white space.
  if (continues === "prefix") return { ...body, messages: [...messages, ...reminder, { role: "assistant", content: kept.trimEnd() }] };
  return { ...body, messages: [...messages, { role: "assistant", content: kept }, { role: "user", content: [GO_ON, ...reminders].join("\n") }] };
}

/** Thinking without a signature of the provider's own is that of another model, or was changed by a rule: it would refuse it. */
function withoutForeignThinking(message: Json): Json | null {
  if (!isObject(message) || message["role"] !== "assistant" || !Array.isArray(message["content"])) return message;
  const content = message["content"] as readonly Json[];
  const own = content.filter((block) => !isObject(block) || !isForeign(block));
  if (own.length === content.length) return message;
  return own.length === 0 ? null : { ...message, content: own };
}

function isForeign(block: JsonObject): boolean {
  const { type, signature, data } = block;
  if (type === "redacted_thinking") return isSealed(data);
  return type === "thinking" && (typeof signature !== "string" || signature === "" || isSealed(signature));
}
