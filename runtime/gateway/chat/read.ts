// A chat completions body, checked as far as the gateway itself reads it. Fields it does not know pass through untouched:
// what they mean is between the client and the provider.
import type { JsonObject } from "../../stream/part.ts";
import { badRequest } from "../problem.ts";
import type { Asked, Read } from "../surface.ts";

export function readChat(body: JsonObject): Read {
  const wrong = firstWrong(body);
  if (wrong !== null) return { kind: "problem", problem: badRequest(`\`${wrong.param}\` must be ${wrong.must}`, wrong.param) };
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

type Wrong = { readonly param: string; readonly must: string };
type Check = { readonly must: string; is(value: unknown): boolean };

const TEXT: Check = { must: "a string that is not empty", is: (value) => typeof value === "string" && value !== "" };
const BOOL: Check = { must: "true or false", is: (value) => typeof value === "boolean" };
const RECORD: Check = { must: "an object", is: isRecord };
const LIST: Check = { must: "a list", is: Array.isArray };
const COUNT: Check = { must: "a whole number above 0", is: (value) => Number.isSafeInteger(value) && (value as number) > 0 };
const NUMBER: Check = { must: "a number", is: (value) => typeof value === "number" };

const REQUIRED: readonly (readonly [string, Check])[] = [["model", TEXT], ["messages", { must: "a list of messages that is not empty", is: (value) => Array.isArray(value) && value.length > 0 }]];
/** Null stands for "not given", as OpenAI reads it. */
const OPTIONAL: readonly (readonly [string, Check])[] = [
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

function firstWrong(body: JsonObject): Wrong | null {
  for (const [param, check] of REQUIRED) if (!check.is(body[param])) return { param, must: check.must };
  for (const [param, check] of OPTIONAL) {
    const value = body[param];
    if (value !== undefined && value !== null && !check.is(value)) return { param, must: check.must };
  }
  const messages = body["messages"] as readonly unknown[];
  for (let at = 0; at < messages.length; at++) {
    const message = messages[at];
    if (!isRecord(message)) return { param: `messages[${at}]`, must: "an object" };
    if (!TEXT.is(message["role"])) return { param: `messages[${at}].role`, must: TEXT.must };
    const content = message["content"];
    if (content !== undefined && content !== null && typeof content !== "string" && !(Array.isArray(content) && content.every(isRecord))) {
      return { param: `messages[${at}].content`, must: "a string or a list of parts" };
    }
  }
  const tools = body["tools"];
  if (Array.isArray(tools)) for (let at = 0; at < tools.length; at++) if (!isRecord(tools[at])) return { param: `tools[${at}]`, must: "an object" };
  const metadata = body["metadata"];
  if (isRecord(metadata)) for (const key of Object.keys(metadata)) if (typeof metadata[key] !== "string") return { param: `metadata.${key}`, must: "a string" };
  return null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textsOf(metadata: unknown): Readonly<Record<string, string>> {
  return isRecord(metadata) ? (metadata as Record<string, string>) : {};
}
