// The request once more in its own protocol, with what policy adds: reminders, and the part of the answer the client has.
import type { Json } from "#contracts";
import type { JsonObject } from "../../../stream/index.ts";
import { GO_ON } from "../chat/again.ts";
import { object, objects, text } from "../../json.ts";
import { isSealed } from "../../answer/sealed.ts";
import type { Again } from "../../surface.ts";

export function againOfResponses(body: JsonObject, { reminders, kept, continues }: Again): JsonObject {
  const { input } = body;
  const given: readonly Json[] = Array.isArray(input) ? (input as readonly Json[]) : [{ role: "user", content: input as Json }];
  const items = withoutForeign(given);
  if (reminders.length === 0 && kept === "") return items.length === given.length ? body : { ...body, input: items };
  const reminder: readonly Json[] = reminders.length === 0 ? [] : [{ role: "user", content: reminders.join("\n") }];
  if (kept === "") return { ...body, input: [...items, ...reminder] };
  if (continues === "prefix") return { ...body, input: [...items, ...reminder, { role: "assistant", content: kept }] };
  return { ...body, input: [...items, { role: "assistant", content: kept }, { role: "user", content: [GO_ON, ...reminders].join("\n") }] };
}

/**
 * Reasoning without encrypted content of its own is that of another model: its provider would look for it and not find it. What
 * was said and called right behind it goes without its id, by which a provider that knows it would ask for the reasoning.
 */
function withoutForeign(items: readonly Json[]): readonly Json[] {
  const kept: Json[] = [];
  let orphaned = false;
  for (const item of items) {
    const its = object(item);
    if (isForeignReasoning(its)) {
      orphaned = true;
      continue;
    }
    if (!OF_A_TURN.has(its["type"] ?? "message") || (its["role"] ?? "assistant") !== "assistant") orphaned = false;
    kept.push(orphaned ? nameless(its) : item);
  }
  return kept;
}

const OF_A_TURN: ReadonlySet<Json> = new Set(["message", "function_call", "custom_tool_call"]);

function isForeignReasoning(item: JsonObject): boolean {
  return item["type"] === "reasoning" && (typeof item["encrypted_content"] !== "string" || isSealed(item["encrypted_content"]));
}

/** A message that has no id is one as clients write it: its content is a text. */
function nameless(item: JsonObject): JsonObject {
  const { id: _, status, ...its } = item;
  const parts = objects(item["content"]);
  if (item["type"] === "message" && parts.length > 0 && parts.every((part) => part["type"] === "output_text")) return { ...its, content: parts.map((part) => text(part["text"])).join("") };
  return status === undefined ? its : { ...its, status };
}
