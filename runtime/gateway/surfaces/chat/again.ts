// The client's request once more, with what policy adds: reminders, and the part of the answer the client already has.
//
//   messages … │ assistant: what was released │ user: go on exactly there, and the reminders     (instruction)
//   messages … │ user: the reminders          │ assistant: what was released, as a prefix        (prefix)
//
// Only what was released is sent back: what was held and dropped is no part of the answer.
import type { Json } from "#contracts";
import type { JsonObject } from "../../../stream/part.ts";
import type { Again } from "../../surface.ts";

export function askAgain(body: JsonObject, { reminders, kept, continues }: Again): JsonObject {
  if (reminders.length === 0 && kept === "") return body;
  const messages = Array.isArray(body["messages"]) ? (body["messages"] as readonly Json[]) : [];
  const reminder: readonly Json[] = reminders.length === 0 ? [] : [{ role: "user", content: reminders.join("\n") }];
  if (kept === "") return { ...body, messages: [...messages, ...reminder] };
  if (continues === "prefix") return { ...body, messages: [...messages, ...reminder, { role: "assistant", content: kept, prefix: true }] };
  return { ...body, messages: [...messages, { role: "assistant", content: kept }, { role: "user", content: [GO_ON, ...reminders].join("\n") }] };
}

/** What `again` adds, as text: what it costs is estimated from it. */
export function addedText({ reminders, kept, continues }: Again): string {
  const go = kept !== "" && continues === "instruction" ? [GO_ON] : [];
  return [kept, ...go, ...reminders].join("\n");
}

export const GO_ON =
  "Your answer above was interrupted. Go on from exactly where it stops, in the middle of the word if need be, as if it had never stopped. " +
  "Repeat nothing of it, and say nothing about the interruption.";
