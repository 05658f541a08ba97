// Events and answers whose calls of tools are held: what is left of them, and the calls themselves once they may go out.
import type { Json } from "#contracts";
import type { Chunk, JsonObject, Protocol } from "../../stream/index.ts";
import { isObject, objects, parsedObject, text } from "../json.ts";
import type { ToolPart } from "./tool-rules.ts";

/** The event without its calls; null where nothing is left of it. */
export function withoutCalls(chunk: Chunk): Chunk | null {
  return WITHOUT[chunk.protocol](chunk);
}

/** The calls in an event of their own, in a protocol no client speaks: every surface puts it together from its parts. */
export function callsAlone(calls: readonly ToolPart[]): Chunk {
  return { protocol: NO_CLIENTS, raw: {}, parts: calls };
}

/** A whole answer with these calls in the place of its own, in the same order. */
export function withCalls(chunk: Chunk, calls: readonly ToolPart[]): Chunk {
  const parts = [...chunk.parts.filter((part) => part.kind !== "tool" && part.kind !== "finish"), ...calls, ...chunk.parts.filter((part) => part.kind === "finish")];
  const raw = WITH[chunk.protocol]?.(chunk.raw, calls) ?? null;
  return raw === null ? { protocol: NO_CLIENTS, raw: {}, parts } : { ...chunk, raw, parts };
}

/** The provider's own answer with other arguments in its calls; null where they cannot be put in. */
const WITH: { readonly [protocol in Protocol]?: (raw: JsonObject, calls: readonly ToolPart[]) => JsonObject | null } = {
  chat(raw, calls) {
    const left = new Map<number, ToolPart[]>();
    for (const call of calls) left.set(call.choice, [...(left.get(call.choice) ?? []), call]);
    return eachChoice(raw, "message", (message, choice) => withArguments(message, left.get(choice) ?? []));
  },
  messages(raw, calls) {
    let at = 0;
    const content = objects(raw["content"]).map((block) => (block["type"] === "tool_use" ? { ...block, input: parsedObject(calls[at++]?.arguments ?? "") } : block));
    return at === calls.length && content.every((block) => block["input"] !== null) ? { ...raw, content: content as readonly Json[] } : null;
  },
  responses(raw, calls) {
    let at = 0;
    const output = objects(raw["output"]).flatMap((item) => {
      if (item["type"] === "function_call") return [{ ...item, arguments: calls[at++]?.arguments ?? "" }];
      if (item["type"] === "custom_tool_call") return [{ ...item, input: calls[at++]?.arguments ?? "" }];
      return NO_CALLS.has(item["type"]) ? [item] : [];
    });
    return at === calls.length ? { ...raw, output: output as readonly Json[] } : null;
  },
};

/** A whole answer without what may be calls that no rule has seen, as an event of theirs stays away from a stream. */
export function withoutUnseen(chunk: Chunk): Chunk {
  if (chunk.protocol !== "responses") return chunk;
  const output = objects(chunk.raw["output"]);
  const seen = output.filter(({ type }) => SEEN_CALLS.has(type) || NO_CALLS.has(type));
  return seen.length === output.length ? chunk : { ...chunk, raw: { ...chunk.raw, output: seen as readonly Json[] } };
}

const SEEN_CALLS: ReadonlySet<Json | undefined> = new Set(["function_call", "custom_tool_call"]);

const NO_CLIENTS: Protocol = "gemini";

const WITHOUT: { readonly [protocol in Protocol]: (chunk: Chunk) => Chunk | null } = {
  chat: (chunk) => (callsIn(chunk) ? withoutChatCalls(chunk) : chunk),
  // An event of this protocol is about one block.
  messages: (chunk) => (callsIn(chunk) ? null : chunk),
  responses: withoutResponsesCalls,
  gemini: (chunk) => ({ ...chunk, parts: otherParts(chunk) }),
  embeddings: (chunk) => chunk,
};

/**
 * An item that is not begun stays away with all its later events. What this version does not know may be a call that the
 * client runs, and no rule has seen it: of the items, only those go out that are known to be none.
 */
function withoutResponsesCalls(chunk: Chunk): Chunk | null {
  const { raw } = chunk;
  if (OF_A_CALL.test(text(raw["type"]))) return null;
  const parts = otherParts(chunk);
  if (isObject(raw["item"]) && !NO_CALLS.has(raw["item"]["type"])) return parts.length === 0 ? null : { protocol: NO_CLIENTS, raw: {}, parts };
  return parts.length === chunk.parts.length ? chunk : { ...chunk, parts };
}

const OF_A_CALL = /^response\.(function_call_arguments|custom_tool_call_input)\./;
/** Items that say something, and those of tools that run at the provider. */
const NO_CALLS: ReadonlySet<Json | undefined> = new Set(["message", "reasoning", "compaction", "web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call", "mcp_list_tools", "mcp_call"]);

/** A piece of a call and nothing else leaves nothing; the event that opens an answer names it, so it stays. */
function withoutChatCalls(chunk: Chunk): Chunk | null {
  let left = false;
  const raw = eachChoice(chunk.raw, "delta", (delta) => {
    const rest = Object.fromEntries(Object.entries(delta).filter(([field]) => field !== "tool_calls" && field !== "function_call"));
    left ||= Object.keys(rest).length > 0;
    return rest;
  });
  const parts = otherParts(chunk);
  return left || parts.length > 0 ? { ...chunk, raw, parts, like: null } : null;
}

function callsIn({ parts }: Chunk): boolean {
  return parts.some((part) => part.kind === "tool");
}

function otherParts({ parts }: Chunk): Chunk["parts"] {
  return parts.filter((part) => part.kind !== "tool");
}

function eachChoice(raw: JsonObject, carrier: "delta" | "message", change: (its: JsonObject, choice: number) => JsonObject): JsonObject {
  const choices = raw["choices"];
  if (!Array.isArray(choices)) return raw;
  const changed = (choices as readonly Json[]).map((choice): Json => {
    if (!isObject(choice) || !isObject(choice[carrier])) return choice;
    return { ...choice, [carrier]: change(choice[carrier], typeof choice["index"] === "number" ? choice["index"] : 0) } as Json;
  });
  return { ...raw, choices: changed };
}

function withArguments(message: JsonObject, calls: readonly ToolPart[]): JsonObject {
  const own = message["tool_calls"];
  const old = message["function_call"];
  if (isObject(old) && calls[0] !== undefined) return { ...message, function_call: { ...old, arguments: calls[0].arguments } };
  if (!Array.isArray(own)) return message;
  let at = 0;
  const changed = (own as readonly Json[]).map((call): Json => {
    if (!isObject(call)) return call;
    const { arguments: its } = calls[at++] ?? { arguments: "" };
    if (isObject(call["custom"])) return { ...call, custom: { ...call["custom"], input: its } } as Json;
    return { ...call, function: { ...(isObject(call["function"]) ? call["function"] : {}), arguments: its } } as Json;
  });
  return { ...message, tool_calls: changed };
}
