// The tools that were called before, as the request itself tells it: no key, no state, nothing a restart could lose.
// A turn is one message of the assistant's; the last one stands last.
import { canonical, type Json } from "#contracts";
import type { JsonObject } from "../../stream/index.ts";
import { object, objects, text } from "../json.ts";

/** `arguments` as they compare: two calls are equal where name and these are. */
export type PastCall = { readonly name: string; readonly arguments: string };

export type Transcript = {
  readonly turns: readonly (readonly PastCall[])[];
  /** False where the request leaves its own history to the provider: what was called before is not known. */
  readonly complete: boolean;
};

/** `body` is the client's, `chat` the same in chat. */
export function transcriptOf(body: JsonObject, chat: JsonObject): Transcript {
  const turns: PastCall[][] = [];
  const known = new Set<string>();
  for (const message of objects(chat["messages"])) {
    if (message["role"] === "assistant") turns.push(callsOf(message, known));
    // A result whose call was cut from the history is a call all the same, where it says of which tool.
    else if ((message["role"] === "tool" || message["role"] === "function") && typeof message["name"] === "string" && !known.has(text(message["tool_call_id"]))) {
      if (turns.length === 0) turns.push([]);
      turns.at(-1)!.push({ name: message["name"], arguments: UNKNOWN });
    }
  }
  return { turns, complete: !LEFT_OUT.some((field) => body[field] !== undefined && body[field] !== null) };
}

/** Equal JSON is equal however it is written; what is no JSON, where its text is. */
export function comparable(its: string): string {
  if (its.trim() === "") return "{}";
  try {
    return canonical(JSON.parse(its) as Json);
  } catch {
    return `text:${its}`;
  }
}

/** Fields by which a request names a history that it does not carry. */
const LEFT_OUT = ["previous_response_id", "conversation"];

const UNKNOWN = "unknown";

function callsOf(message: JsonObject, known: Set<string>): PastCall[] {
  const calls = objects(message["tool_calls"]).map((call): PastCall => {
    known.add(text(call["id"]));
    const its = object(call["function"] ?? call["custom"]);
    return { name: text(its["name"]), arguments: comparable(text(its["arguments"] ?? its["input"])) };
  });
  const old = object(message["function_call"]);
  return typeof old["name"] === "string" ? [...calls, { name: old["name"], arguments: comparable(text(old["arguments"])) }] : calls;
}
