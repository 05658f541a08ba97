// A request as messages. In: a call whose body is chat, or messages already. Out: the body the messages API takes, how its
// answer is to be read, or why it cannot be said.
//
//   system, developer ▶ system     tool_calls ▶ tool_use     tool ▶ tool_result, first in the next user message
//   stop ▶ stop_sequences     response_format: a schema ▶ output_config.format, any JSON ▶ a tool the model must use
//   reasoning_effort ▶ thinking with a budget, or output_config.effort where the target's thinking is adaptive
//
// Fields that are not chat's go on as they are, so a target's params may be written in the words of either API.
import type { Json } from "#contracts";
import type { JsonObject } from "../stream/part.ts";
import { CHAT_FIELDS, given, isObject, readConversation, readFormat, readTools, refuseUnsaid, stopsOf, stringOf, tokenLimit, type Choice, type Conversation, type Piece, type Problem, type Thought, type Tools, type Turn } from "./chat-request.ts";
import { AS_IT_IS, type MessagesReading } from "./messages-wire.ts";
import type { UpstreamCall } from "./upstream.ts";

export type MessagesRequest = { readonly body: JsonObject; readonly reading: MessagesReading };

export function asMessages(call: UpstreamCall, problem: Problem): MessagesRequest {
  const { target, body, stream } = call;
  const about = { model: target.model, stream: stream ? true : undefined };
  if (call.protocol === "messages") return { body: { ...defaults(target.params), ...body, ...about }, reading: AS_IT_IS };

  refuseUnsaid(body, problem);
  const asked = { ...given(target.params), ...given(body) };
  if (typeof asked["n"] === "number" && asked["n"] > 1) problem("`n` above 1 cannot be said to this provider");
  const conversation = readConversation(body["messages"], problem);
  const { messages, trimmed } = messagesOf(conversation.turns, problem);
  if (messages.length === 0) problem("`messages` has nothing to answer");
  const format = readFormat(asked["response_format"], problem);
  const tools = toolFields(readTools(asked, problem), { conversation, json: format.kind === "json", strict: target.can.includes("json_schema") });
  const limit = tokenLimit(body, target.params) ?? target.output ?? DEFAULT_LIMIT;
  const fields = settings(asked);
  const reasoning = reasoningFields(asked, { fields, limit, forced: tools.forced, unsigned: hasUnsignedStep(conversation.turns), format });
  if (format.kind === "json" && isObject(reasoning["thinking"]) && reasoning["thinking"]["type"] !== "disabled") {
    problem("`response_format` json_object cannot be had from this provider while it thinks; give a json_schema");
  }
  const system = blocks(conversation.system, problem);
  return {
    body: {
      max_tokens: limit,
      ...fields,
      ...reasoning,
      ...(system.length === 0 ? {} : { system: system.every(isBare) ? system.map((one) => one["text"]).join("\n\n") : system }),
      ...tools.fields,
      messages,
      ...about,
    },
    reading: { jsonTool: format.kind === "json" ? JSON_TOOL : null, given: trimmed },
  };
}

/** The messages API needs a limit. Where neither caller nor target has one, this is what every model of it can give. */
export const DEFAULT_LIMIT = 4096;
export const JSON_TOOL = "answer_in_json";

// ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────

/** What a target's params are to a client of this API, whose own fields win. Effort is chat's word and says nothing here. */
function defaults(params: JsonObject): JsonObject {
  const limit = tokenLimit({}, params);
  return { ...(limit === null ? {} : { max_tokens: limit }), ...settings(given(params)) };
}

function settings(asked: JsonObject): JsonObject {
  const own = Object.fromEntries(Object.entries(asked).filter(([name]) => !CHAT_FIELDS.has(name)));
  const { temperature, top_p: topP, user } = asked;
  const stops = stopsOf(asked["stop"]);
  const metadata = isObject(asked["metadata"]) && typeof asked["metadata"]["user_id"] === "string" ? asked["metadata"]["user_id"] : user;
  return {
    ...own,
    // Chat's scale goes to 2, this one's to 1.
    ...(typeof temperature === "number" ? { temperature: Math.min(temperature, 1) } : {}),
    // 1 is what is taken where nothing is said, and newer models refuse it beside a temperature.
    ...(typeof topP === "number" && topP !== 1 ? { top_p: topP } : {}),
    ...(stops === null ? {} : { stop_sequences: stops }),
    ...(typeof metadata === "string" ? { metadata: { user_id: metadata } } : {}),
  };
}

type Reasoning = { readonly fields: JsonObject; readonly limit: number; readonly forced: boolean; readonly unsigned: boolean; readonly format: ReturnType<typeof readFormat> };

// A hint gives way to what is certain: an answer that must be a call cannot think, nor one that goes on after a call
// whose own thoughts the client did not keep, nor one too short for the smallest budget.
function reasoningFields(asked: JsonObject, { fields, limit, forced, unsigned, format }: Reasoning): JsonObject {
  const own = isObject(fields["thinking"]) ? fields["thinking"] : null;
  const config: { [key: string]: Json | undefined } = isObject(fields["output_config"]) ? { ...fields["output_config"] } : {};
  if (format.kind === "schema") config["format"] ??= { type: "json_schema", schema: format.schema };
  let thinking = own;
  const effort = stringOf(asked["reasoning_effort"]);
  if (effort !== null && effort !== "none") {
    if (own?.["type"] === "adaptive") config["effort"] ??= effort === "minimal" ? "low" : effort;
    else if (own === null) {
      const budget = Math.max(LEAST_BUDGET, Math.min(MOST_BUDGET, Math.floor(limit * (SHARE[effort] ?? SHARE["medium"]!))));
      if (!forced && !unsigned && budget < limit) thinking = { type: "enabled", budget_tokens: budget };
    }
  }
  const thinks = thinking !== null && thinking["type"] !== "disabled";
  return {
    ...(thinking === null ? {} : { thinking }),
    ...(Object.keys(config).length === 0 ? {} : { output_config: config }),
    // Neither may be set beside thinking.
    ...(thinks ? { temperature: undefined, top_k: undefined } : {}),
  };
}

const LEAST_BUDGET = 1024;
const MOST_BUDGET = 32_000;
/** Of the whole answer's limit. */
const SHARE: { readonly [effort: string]: number } = { minimal: 0.1, low: 0.2, medium: 0.5, high: 0.8, xhigh: 0.9, max: 0.9 };

/** In the turn that is under way, a call stands without the signed reasoning that led to it. */
function hasUnsignedStep(turns: readonly Turn[]): boolean {
  const from = turns.findLastIndex((turn) => turn.role === "user") + 1;
  return turns.slice(from).some((turn) => turn.role === "assistant" && turn.calls.length > 0 && !turn.thoughts.some(isOurs));
}

// ── tools ────────────────────────────────────────────────────────────────────────────────────────────────────

type ToolFields = { readonly fields: JsonObject; readonly forced: boolean };

function toolFields({ tools, others, choice, parallel }: Tools, more: { readonly conversation: Conversation; readonly json: boolean; readonly strict: boolean }): ToolFields {
  const list: JsonObject[] = tools.map(({ name, description, parameters, raw }) => ({
    name,
    ...(description === null ? {} : { description }),
    input_schema: parameters ?? ANY_INPUT,
    ...(more.strict && isObject(raw["function"]) && raw["function"]["strict"] === true ? { strict: true } : {}),
    ...(raw["cache_control"] === undefined ? {} : { cache_control: raw["cache_control"] }),
  }));
  list.push(...others);
  if (more.json) {
    list.push({ name: JSON_TOOL, description: "Give the whole answer, as the JSON object that was asked for.", input_schema: ANY_INPUT });
    return { fields: { tools: list, tool_choice: { ...(list.length === 1 ? { type: "tool", name: JSON_TOOL } : { type: "any" }), disable_parallel_tool_use: true } }, forced: true };
  }
  if (list.length === 0) {
    // Calls of the past must be of tools that are known, also where none may be called any more.
    const past = new Set(more.conversation.turns.flatMap((turn) => (turn.role === "assistant" ? turn.calls.map((call) => call.name) : [])));
    if (past.size === 0) return { fields: {}, forced: false };
    return { fields: { tools: [...past].map((name) => ({ name, input_schema: ANY_INPUT })), tool_choice: { type: "none" } }, forced: false };
  }
  const chosen = choice ?? (parallel === false ? AUTO : null);
  return { fields: { tools: list, ...(chosen === null ? {} : { tool_choice: choiceOf(chosen, parallel) }) }, forced: chosen !== null && (chosen.kind === "required" || chosen.kind === "one") };
}

const AUTO: Choice = { kind: "auto" };
const ANY_INPUT: JsonObject = { type: "object" };

function choiceOf(choice: Choice, parallel: boolean | null): JsonObject {
  const single = parallel === false && choice.kind !== "none" ? { disable_parallel_tool_use: true } : {};
  switch (choice.kind) {
    case "one":
      return { type: "tool", name: choice.name, ...single };
    case "required":
      return { type: "any", ...single };
    case "auto":
    case "none":
      return { type: choice.kind, ...single };
    default:
      return choice satisfies never;
  }
}

// ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────

type Message = { readonly role: "user" | "assistant"; readonly content: JsonObject[] };

/** Neighbours of one role become one message, results of calls first in it. `trimmed` is white space taken off a prefix. */
function messagesOf(turns: readonly Turn[], problem: Problem): { readonly messages: readonly Json[]; readonly trimmed: string } {
  const messages: Message[] = [];
  let trimmed = "";
  for (const [at, turn] of turns.entries()) {
    let content = blocksOf(turn, problem);
    if (turn.role === "assistant" && at === turns.length - 1) ({ content, trimmed } = withoutLastSpace(content));
    if (content.length === 0) continue;
    const role = turn.role === "assistant" ? "assistant" : "user";
    const last = messages.at(-1);
    if (last?.role !== role) messages.push({ role, content });
    else if (turn.role !== "tool") last.content.push(...content);
    else last.content.splice(last.content.findLastIndex((one) => one["type"] === "tool_result") + 1, 0, ...content);
  }
  return { messages: messages.map(({ role, content }) => ({ role, content: content.length === 1 && isBare(content[0]!) ? content[0]!["text"]! : content })), trimmed };
}

function blocksOf(turn: Turn, problem: Problem): JsonObject[] {
  const pieces = blocks(turn.pieces, problem);
  switch (turn.role) {
    case "user":
      return pieces;
    case "assistant":
      return [
        ...turn.thoughts.filter(isOurs).map(({ text, signature, hidden }) => (hidden ? { type: "redacted_thinking", data: signature } : { type: "thinking", thinking: text, signature })),
        ...pieces,
        ...turn.calls.map(({ id, name, input }) => ({ type: "tool_use", id: idOf(id), name, input })),
      ];
    case "tool":
      return [{ type: "tool_result", tool_use_id: idOf(turn.id), ...(pieces.length === 0 ? {} : { content: pieces.length === 1 && isBare(pieces[0]!) ? pieces[0]!["text"] : pieces }) }];
    default:
      return turn satisfies never;
  }
}

function blocks(pieces: readonly Piece[], problem: Problem): JsonObject[] {
  return pieces.map((piece) => block(piece, problem)).filter((one) => one !== null);
}

function block(piece: Piece, problem: Problem): JsonObject | null {
  switch (piece.kind) {
    case "text":
    case "other":
      return piece.raw;
    case "media": {
      const { what, source, name, raw } = piece;
      if (what === "audio") {
        problem("audio cannot be said to this provider");
        return null;
      }
      const its = source.from === "url" ? { type: "url", url: source.url } : { type: "base64", media_type: source.type, data: source.data };
      const cached = raw["cache_control"] === undefined ? {} : { cache_control: raw["cache_control"] };
      return what === "image" ? { type: "image", source: its, ...cached } : { type: "document", source: its, ...(name === null ? {} : { title: name }), ...cached };
    }
    default:
      return piece satisfies never;
  }
}

/** The API refuses an answer's beginning that ends in white space. */
function withoutLastSpace(content: JsonObject[]): { content: JsonObject[]; trimmed: string } {
  const last = content.at(-1);
  const text = last?.["type"] === "text" ? stringOf(last["text"]) : null;
  if (text === null) return { content, trimmed: "" };
  const kept = text.trimEnd();
  return { content: kept === "" ? content.slice(0, -1) : [...content.slice(0, -1), { ...last, text: kept }], trimmed: text.slice(kept.length) };
}

/** Text and nothing but: short forms take its place. */
function isBare(one: JsonObject): boolean {
  return one["type"] === "text" && Object.keys(one).length === 2;
}

function isOurs({ format, text, hidden }: Thought): boolean {
  return format === "anthropic-claude-v1" && (hidden || text !== "");
}

/** Ids of calls other providers made may have characters this API refuses. */
function idOf(id: string): string {
  return id.replaceAll(/[^\w-]/g, "_");
}
