// The request once more in its own protocol, with what policy adds: reminders, and the part of the answer the client has.
import type { Json } from "#contracts";
import type { JsonObject } from "../../stream/index.ts";
import { GO_ON } from "../chat/again.ts";
import { isObject } from "../json.ts";
import type { Again } from "../surface.ts";

export function againOfResponses(body: JsonObject, { reminders, kept, continues }: Again): JsonObject {
  const { input } = body;
  const given: readonly Json[] = Array.isArray(input) ? (input as readonly Json[]) : [{ role: "user", content: input as Json }];
  const items = given.filter((item) => !isForeignReasoning(item));
  if (reminders.length === 0 && kept === "") return items.length === given.length ? body : { ...body, input: items };
  const reminder: readonly Json[] = reminders.length === 0 ? [] : [{ role: "user", content: reminders.join("\n") }];
  if (kept === "") return { ...body, input: [...items, ...reminder] };
  if (continues === "prefix") return { ...body, input: [...items, ...reminder, { role: "assistant", content: kept }] };
  return { ...body, input: [...items, { role: "assistant", content: kept }, { role: "user", content: [GO_ON, ...reminders].join("\n") }] };
}

/** Reasoning without its encrypted content is that of another model: its provider would look for it and not find it. */
function isForeignReasoning(item: Json): boolean {
  return isObject(item) && item["type"] === "reasoning" && typeof item["encrypted_content"] !== "string";
}
