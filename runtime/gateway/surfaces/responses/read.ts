// A responses body, checked as far as the gateway itself reads it. Fields it does not know pass through untouched.
//
// What the gateway remembers of a conversation stands in `input` by now (`history.ts`). A request that still leaves a part
// of itself out (`conversation`, a stored `prompt`) is refused, also where its provider would know the rest: what is not
// in the request no guard has counted and no rule has seen, and another target of the same plan could not answer it.
import type { JsonObject } from "../../../stream/index.ts";
import { BOOL, COUNT, firstMissing, firstWrong, isRecord, LIST, NUMBER, RECORD, refusedRead, TEXT, textsOf, wrongMetadata, wrongTool, type Checks, type Wrong } from "../checks.ts";
import { object, objects } from "../../json.ts";
import { badRequest, type Problem } from "../../problem.ts";
import type { Asked, Read } from "../../surface.ts";

export function readResponses(body: JsonObject): Read {
  const leftOut = leavesOut(body);
  if (leftOut !== null) return { kind: "problem", problem: leftOut };
  const wrong = wrongIn(body);
  if (wrong !== null) return refusedRead(wrong);
  const format = object(object(body["text"])["format"])["type"];
  const asked: Asked = {
    body,
    model: body["model"] as string,
    stream: body["stream"] === true,
    choices: 1,
    json: format === "json_object" || format === "json_schema",
    wantsUsage: true,
    metadata: textsOf(body["metadata"]),
  };
  return { kind: "asked", asked };
}

const REQUIRED: Checks = [
  ["model", TEXT],
  ["input", { must: "a text or a list of items that is not empty", is: (value) => typeof value === "string" || (Array.isArray(value) && value.length > 0) }],
];
const OPTIONAL: Checks = [
  ["instructions", { must: "a string", is: (value) => typeof value === "string" }],
  ["stream", BOOL],
  ["tools", LIST],
  ["parallel_tool_calls", BOOL],
  ["max_output_tokens", COUNT],
  ["temperature", NUMBER],
  ["top_p", NUMBER],
  ["text", RECORD],
  ["reasoning", RECORD],
  ["include", LIST],
  ["store", BOOL],
  ["background", BOOL],
  ["metadata", RECORD],
];

export function wrongIn(body: JsonObject): Wrong | null {
  return firstMissing(body, REQUIRED) ?? firstWrong(body, OPTIONAL) ?? wrongItem(body["input"]) ?? wrongTool(body["tools"]) ?? wrongMetadata(body["metadata"]);
}

function wrongItem(input: unknown): Wrong | null {
  if (!Array.isArray(input)) return null;
  for (let at = 0; at < input.length; at++) {
    const item: unknown = input[at];
    if (!isRecord(item)) return { param: `input[${at}]`, must: "an object" };
    const { type = "message", role, content } = item;
    if (typeof type !== "string") return { param: `input[${at}].type`, must: "a string" };
    if (type !== "message") continue;
    if (typeof role !== "string") return { param: `input[${at}].role`, must: TEXT.must };
    if (typeof content !== "string" && !(Array.isArray(content) && content.every(isRecord))) return { param: `input[${at}].content`, must: "a string or a list of parts" };
  }
  return null;
}

export function leavesOut(body: JsonObject): Problem | null {
  const previous = body["previous_response_id"];
  if (previous !== undefined && previous !== null) return unsupported("previous_response_id", `\`previous_response_id\` leaves a part of the request out, and ${FORGETS}: send all of it as \`input\``);
  for (const param of ["conversation", "prompt"]) {
    if (body[param] !== undefined && body[param] !== null) return unsupported(param, `\`${param}\` leaves a part of the request out, and this gateway keeps none: send all of it as \`input\`, or what goes on from an answer with its \`previous_response_id\``);
  }
  const at = objects(body["input"]).findIndex((item) => item["type"] === "item_reference");
  if (at !== -1) return unsupported(`input[${at}]`, `an \`item_reference\` leaves a part of the request out, and ${FORGETS}: send the items themselves (clients do with \`store: false\`)`);
  if (body["background"] === true) return unsupported("background", "`background` is not supported: this gateway keeps no answers to be fetched later");
  return null;
}

const FORGETS = "this gateway keeps no conversations (`--conversations off`)";

function unsupported(param: string, message: string): Problem {
  return badRequest(message, param, "unsupported_parameter");
}
