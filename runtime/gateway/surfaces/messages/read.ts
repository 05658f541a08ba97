// A messages body, checked as far as the gateway itself reads it. Fields it does not know pass through untouched.
import type { JsonObject } from "../../../stream/index.ts";
import { BOOL, CONTENT, COUNT, firstMissing, firstWrong, isRecord, NUMBER, RECORD, RECORDS, refusedRead, TEXT, textsOf, wrongMetadata, type Checks, type Wrong } from "../checks.ts";
import { object } from "../../json.ts";
import type { Asked, Read } from "../../surface.ts";

export function readMessages(body: JsonObject): Read {
  const wrong = wrongIn(body, REQUIRED);
  if (wrong !== null) return refusedRead(wrong);
  const asked: Asked = {
    body,
    model: body["model"] as string,
    stream: body["stream"] === true,
    choices: 1,
    json: formatOf(body)["type"] === "json_schema",
    wantsUsage: true,
    metadata: textsOf(withoutNull(body["metadata"])),
  };
  return { kind: "asked", asked };
}

/** What only has its tokens counted needs no limit for an answer. */
export function wrongToCount(body: JsonObject): Wrong | null {
  return wrongIn(body, REQUIRED.slice(0, 2));
}

/** The format the answer must have, under either of its names. */
export function formatOf(body: JsonObject): JsonObject {
  return object(object(body["output_config"])["format"] ?? body["output_format"]);
}

const REQUIRED: Checks = [
  ["model", TEXT],
  ["messages", { must: "a list of messages that is not empty", is: (value) => Array.isArray(value) && value.length > 0 }],
  ["max_tokens", COUNT],
];
const OPTIONAL: Checks = [
  ["system", CONTENT],
  ["stream", BOOL],
  ["temperature", NUMBER],
  ["top_p", NUMBER],
  ["stop_sequences", { must: "a list of strings", is: (value) => Array.isArray(value) && value.every((one) => typeof one === "string") }],
  ["tools", RECORDS],
  ["tool_choice", RECORD],
  ["thinking", RECORD],
  ["output_config", RECORD],
  ["metadata", RECORD],
];

function wrongIn(body: JsonObject, required: Checks): Wrong | null {
  return firstMissing(body, required) ?? firstWrong(body, OPTIONAL) ?? wrongMessage(body["messages"] as readonly unknown[]) ?? wrongMetadata(withoutNull(body["metadata"]));
}

function wrongMessage(messages: readonly unknown[]): Wrong | null {
  for (let at = 0; at < messages.length; at++) {
    const message = messages[at];
    if (!isRecord(message)) return { param: `messages[${at}]`, must: "an object" };
    const { role, content } = message;
    if (role !== "user" && role !== "assistant" && role !== "system") return { param: `messages[${at}].role`, must: "`user`, `assistant` or `system`" };
    if (!CONTENT.is(content)) return { param: `messages[${at}].content`, must: CONTENT.must };
  }
  return null;
}

/** This protocol's `metadata` has one field, and clients send it as null where they have nothing to say. */
function withoutNull(metadata: unknown): unknown {
  return isRecord(metadata) ? Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== null)) : metadata;
}
