// A chat completions body, checked as far as the gateway itself reads it. Fields it does not know pass through untouched:
// what they mean is between the client and the provider.
import type { JsonObject } from "../../../stream/part.ts";
import { BOOL, CONTENT, COUNT, firstMissing, firstWrong, isRecord, LIST, NUMBER, RECORD, refusedRead, TEXT, textsOf, wrongMetadata, wrongTool, type Checks, type Wrong } from "../checks.ts";
import type { Asked, Read } from "../../surface.ts";

export function readChat(body: JsonObject): Read {
  const wrong = wrongIn(body);
  if (wrong !== null) return refusedRead(wrong);
  const options = (body["stream_options"] ?? {}) as JsonObject;
  const format = (body["response_format"] ?? {}) as JsonObject;
  const asked: Asked = {
    body,
    model: body["model"] as string,
    stream: body["stream"] === true,
    choices: (body["n"] as number | null | undefined) ?? 1,
    json: format["type"] === "json_object" || format["type"] === "json_schema",
    wantsUsage: options["include_usage"] === true,
    metadata: textsOf(body["metadata"]),
  };
  return { kind: "asked", asked };
}

const REQUIRED: Checks = [["model", TEXT], ["messages", { must: "a list of messages that is not empty", is: (value) => Array.isArray(value) && value.length > 0 }]];
const OPTIONAL: Checks = [
  ["stream", BOOL],
  ["stream_options", RECORD],
  ["response_format", RECORD],
  ["n", COUNT],
  ["max_tokens", COUNT],
  ["max_completion_tokens", COUNT],
  ["temperature", NUMBER],
  ["top_p", NUMBER],
  ["tools", LIST],
  ["parallel_tool_calls", BOOL],
  ["logprobs", BOOL],
  ["metadata", RECORD],
];

function wrongIn(body: JsonObject): Wrong | null {
  return firstMissing(body, REQUIRED) ?? firstWrong(body, OPTIONAL) ?? wrongMessage(body["messages"] as readonly unknown[]) ?? wrongTool(body["tools"]) ?? wrongMetadata(body["metadata"]);
}

function wrongMessage(messages: readonly unknown[]): Wrong | null {
  for (let at = 0; at < messages.length; at++) {
    const message = messages[at];
    if (!isRecord(message)) return { param: `messages[${at}]`, must: "an object" };
    if (!TEXT.is(message["role"])) return { param: `messages[${at}].role`, must: TEXT.must };
    const content = message["content"];
    if (content !== undefined && content !== null && !CONTENT.is(content)) return { param: `messages[${at}].content`, must: CONTENT.must };
  }
  return null;
}
