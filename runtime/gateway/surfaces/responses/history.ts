// What a responses request leaves out. In: its body as it came. Out: the same request with everything in `input`, and no
// word of where it came from, so that every guard, rule and provider has all of it.
//
//   previous_response_id ─▶ what was said and answered up to there, in front
//   item_reference       ─▶ the item of an earlier answer, in its place
//
// The instructions of earlier turns do not come along, as everywhere with this protocol.
import type { Json } from "#contracts";
import type { JsonObject } from "../../../stream/index.ts";
import { problemOf } from "../checks.ts";
import type { History, Recalling, Told } from "../history.ts";
import { isObject, object, parsedObject, text } from "../../json.ts";
import { badRequest, problem, type Problem } from "../../problem.ts";
import { leavesOut, wrongIn } from "./read.ts";

export const history: History = { tell, answered };

async function tell(body: JsonObject, recalling: Recalling): Promise<Told> {
  const { memory, owner } = recalling;
  const kept = memory !== null && body["store"] !== false;
  const previous = body["previous_response_id"] ?? null;
  const input: readonly Json[] = Array.isArray(body["input"]) ? (body["input"] as readonly Json[]) : [{ type: "message", role: "user", content: body["input"] as Json }];
  const references = input.filter(isReference).map((item) => text(item["id"]));
  const echo = { previous_response_id: previous, store: kept };
  if (memory === null || (previous === null && references.length === 0)) return { kind: "body", body, turn: { owner, previous: null, input, echo, kept } };

  // Nothing is recalled for a request that is refused all the same.
  const wrong = wrongIn(references.length === 0 ? body : { ...body, input: input.map((item) => (isReference(item) ? { type: "item_reference" } : item)) }) ?? (previous === null || typeof previous === "string" ? null : { param: "previous_response_id", must: "a string" });
  if (wrong !== null) return refused(problemOf(wrong));
  const { previous_response_id: _, ...rest } = body;
  const unfit = leavesOut({ ...rest, input: [] });
  if (unfit !== null) return refused(unfit);

  const recalled = await memory.conversations.recall(owner, { response: previous as string | null, items: references, most: memory.longest - recalling.bytes });
  switch (recalled.kind) {
    case "unknown":
      return refused(recalled.what === "response" ? unknownResponse(recalled.id) : unknownItem(recalled.id));
    case "too large":
      return refused(problem(413, `the conversation and this request together are larger than ${memory.longest} bytes: begin a new one, with what is still needed of it as \`input\``, { param: previous === null ? "input" : "previous_response_id", code: "request_too_large" }));
    case "recalled": {
      let at = 0;
      const own = references.length === 0 ? input : input.map((item) => (isReference(item) ? recalled.items[at++]! : item));
      return { kind: "body", body: { ...rest, input: [...recalled.history, ...own] }, turn: { owner, previous: previous as string | null, input: own, echo, kept } };
    }
    default:
      return recalled satisfies never;
  }
}

/** A stream's last event holds the response; a whole answer is one. */
function answered(last: string): ReturnType<History["answered"]> {
  const streamed = last.startsWith("event: ");
  const json = parsedObject(streamed ? last.slice(last.indexOf("\ndata: ") + "\ndata: ".length) : last);
  const response = object(streamed ? json?.["response"] : (json ?? undefined));
  const { id, output } = response;
  return typeof id === "string" && id !== "" && Array.isArray(output) ? { id, output: output as readonly Json[] } : null;
}

/** Its type may be left out. */
function isReference(item: Json): item is JsonObject {
  return isObject(item) && (item["type"] === "item_reference" || (typeof item["id"] === "string" && Object.keys(item).length === 1));
}

function refused(its: Problem): Told {
  return { kind: "problem", problem: its };
}

/** As OpenAI says it; also where the answer is somebody else's. */
function unknownResponse(id: string): Problem {
  return badRequest(`Previous response with id '${id.slice(0, SHOWN)}' not found.`, "previous_response_id", "previous_response_not_found");
}

function unknownItem(id: string): Problem {
  return problem(404, `Item with id '${id.slice(0, SHOWN)}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`, { param: "input" });
}

/** Ids are shorter; what is longer is none. */
const SHOWN = 100;
