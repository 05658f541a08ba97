// The tools of a responses request as functions of chat, and what a call of one of them is to its client.
//
//   function ▶ as it is        custom ▶ a function of one text, `input`        namespace ▶ its tools, by their whole names
//   tool_search of the client ▶ a function        what runs at the provider ▶ left out, for no other one has it
//
// Coding agents bring tools in three places: in `tools`, in an item of `additional_tools`, and in what a search of theirs
// has found.
import { wholeName, type JsonObject } from "../../../stream/index.ts";
import { defined, object, objects, text } from "../../json.ts";

/** `item` is what a call of it is in the answer. */
export type OwnTool = { readonly item: "function_call" | "custom_tool_call" | "tool_search_call"; readonly name: string; readonly namespace: string | null };

type Said = OwnTool & { readonly chatName: string; readonly tool: JsonObject };

/** Tools as chat has them. */
export function toolsInChat(body: JsonObject): readonly JsonObject[] {
  return [...toolsOf(body)].map(([chatName, said]) => functionOf(chatName, said));
}

/** Tools by the names that answers call them by. */
export function ownTools(body: JsonObject): ReadonlyMap<string, OwnTool> {
  return toolsOf(body);
}

/** Types of those that have no place in chat. */
export function toolsLeftOut(body: JsonObject): readonly string[] {
  return [...new Set(broughtIn(body).filter((tool) => eachOf(tool, null).length === 0).map((tool) => text(tool["type"])))];
}

/** A body never changes, and each of its attempts asks. */
const known = new WeakMap<JsonObject, ReadonlyMap<string, Said>>();

function toolsOf(body: JsonObject): ReadonlyMap<string, Said> {
  let tools = known.get(body);
  if (tools === undefined) {
    // Of two under one name the first stands: a request that says a name twice is refused by some providers.
    const said = new Map<string, Said>();
    for (const tool of broughtIn(body)) for (const one of eachOf(tool, null)) if (!said.has(one.chatName)) said.set(one.chatName, one);
    known.set(body, (tools = said));
  }
  return tools;
}

function broughtIn(body: JsonObject): readonly JsonObject[] {
  const later = objects(body["input"]).flatMap((item) => (item["type"] === "additional_tools" || item["type"] === "tool_search_output" ? objects(item["tools"]) : []));
  return [...objects(body["tools"]), ...later];
}

function eachOf(tool: JsonObject, namespace: string | null): readonly Said[] {
  const name = text(tool["name"]);
  const own = { name, namespace, chatName: wholeName(namespace, name), tool };
  switch (tool["type"]) {
    case "function":
      return [{ item: "function_call", ...own }];
    case "custom":
      return [{ item: "custom_tool_call", ...own }];
    case "namespace":
      return namespace === null ? objects(tool["tools"]).flatMap((one) => eachOf(one, name)) : [];
    case "tool_search":
      return tool["execution"] === "client" ? [{ item: "tool_search_call", name: SEARCH, namespace: null, chatName: SEARCH, tool }] : [];
    default:
      return [];
  }
}

export const SEARCH = "tool_search";

function functionOf(name: string, { item, tool }: Said): JsonObject {
  const { description, parameters, strict } = tool;
  const its: JsonObject = item === "custom_tool_call" ? { description: describe(tool), parameters: ONE_TEXT } : { description: description ?? undefined, parameters: parameters ?? undefined, strict: strict ?? undefined };
  return { type: "function", function: defined({ name, ...its }) };
}

const ONE_TEXT: JsonObject = { type: "object", properties: { input: { type: "string", description: "The whole text for the tool, as it is" } }, required: ["input"], additionalProperties: false };

/** No provider of chat holds a model to a grammar of the client's, so the model is told of it. */
function describe(tool: JsonObject): string {
  const format = object(tool["format"]);
  const grammar = format["type"] === "grammar" ? `\n\n\`input\` must match this grammar (${text(format["syntax"])}):\n\n${text(format["definition"])}` : "";
  return `${text(tool["description"])}${grammar}`.trim();
}

// ── the one text ─────────────────────────────────────────────────────────────────────────────────────────────

/** Free text of the client's as the arguments of the function it has become. */
export function argumentsOfInput(input: string): string {
  return JSON.stringify({ input });
}
