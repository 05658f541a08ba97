// A request as `generateContent` takes it. In: a call whose body is chat. Out: the body, or why it cannot be said.
//
//   system, developer ▶ systemInstruction     assistant ▶ role `model`     tool_calls ▶ functionCall     tool ▶ functionResponse
//   settings ▶ generationConfig     a schema ▶ responseJsonSchema     reasoning_effort ▶ thinkingConfig
//
// Schemas go as they are: the API takes JSON Schema beside its own older dialect, and what of it a model honours is for it
// to say. Fields that are not chat's go on as they are, so a target's params may be written in the words of either API.
import type { Json } from "#contracts";
import { parseJson } from "../nesting.ts";
import type { JsonObject } from "../stream/part.ts";
import { CHAT_FIELDS, given, isObject, readConversation, readFormat, readTools, refuseUnsaid, stopsOf, stringOf, textOf, tokenLimit, type Call, type Choice, type Format, type Piece, type Problem, type Thought, type Tools, type Turn } from "./chat-request.ts";
import type { UpstreamCall } from "./upstream.ts";

export function asGemini({ target, body }: UpstreamCall, problem: Problem): JsonObject {
  const params = given(target.params);
  const said = given(body);
  const asked = { ...params, ...said };
  refuseUnsaid(body, problem);
  const { system, turns } = readConversation(body["messages"], problem);
  const contents = contentsOf(turns, problem);
  if (contents.length === 0) problem("`messages` has nothing to answer");
  const own = Object.fromEntries(Object.entries(asked).filter(([name]) => !CHAT_FIELDS.has(name) && !SETTINGS_BESIDE_CHAT.has(name)));
  const format = readFormat(asked["response_format"], problem);
  const config = {
    // From the weakest: the target's defaults in either words, then the caller's.
    ...settings(params),
    ...objectOr(params["generationConfig"]),
    ...settings(said),
    ...objectOr(said["generationConfig"]),
  };
  const limit = tokenLimit(body, target.params);
  const generationConfig: JsonObject = { ...config, ...(limit === null ? {} : { maxOutputTokens: limit }), ...formatFields(format), ...thinkingFields(asked, config) };
  const tools = toolFields(readTools(asked, problem), problem);
  return {
    ...own,
    ...(system.length === 0 ? {} : { systemInstruction: { parts: system.map((piece) => ({ text: textOf([piece]) })) } }),
    contents,
    ...tools,
    ...(isObject(own["toolConfig"]) && isObject(tools["toolConfig"]) ? { toolConfig: { ...own["toolConfig"], ...tools["toolConfig"] } } : {}),
    generationConfig,
  };
}

// ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────

const SETTINGS_BESIDE_CHAT: ReadonlySet<string> = new Set(["generationConfig", "top_k"]);

const NUMBERS = [
  ["temperature", "temperature"],
  ["top_p", "topP"],
  ["top_k", "topK"],
  ["seed", "seed"],
  ["presence_penalty", "presencePenalty"],
  ["frequency_penalty", "frequencyPenalty"],
] as const;

function settings(asked: JsonObject): JsonObject {
  const config: { [key: string]: Json } = {};
  for (const [chat, name] of NUMBERS) {
    const value = asked[chat];
    // A penalty of 0 is none, and models that know no penalties refuse even that.
    if (typeof value === "number" && !(value === 0 && chat.endsWith("_penalty"))) config[name] = value;
  }
  const stops = stopsOf(asked["stop"]);
  if (stops !== null) config["stopSequences"] = stops;
  if (typeof asked["n"] === "number" && asked["n"] > 1) config["candidateCount"] = asked["n"];
  return config;
}

function formatFields(format: Format): JsonObject {
  switch (format.kind) {
    case "text":
      return {};
    case "json":
      return { responseMimeType: "application/json" };
    case "schema":
      return { responseMimeType: "application/json", responseJsonSchema: format.schema };
    default:
      return format satisfies never;
  }
}

/** An effort is a budget, unless the target's own config speaks of levels. */
function thinkingFields(asked: JsonObject, config: JsonObject): JsonObject {
  const own = objectOr(config["thinkingConfig"]);
  const effort = stringOf(asked["reasoning_effort"]);
  if (effort === null) return {};
  const thoughts = effort === "none" ? {} : { includeThoughts: true };
  const how = own["thinkingLevel"] !== undefined ? (effort === "none" ? {} : { thinkingLevel: LEVELS.has(effort) ? effort : "high" }) : { thinkingBudget: BUDGETS[effort] ?? BUDGETS["high"]! };
  return { thinkingConfig: { ...own, ...thoughts, ...how } };
}

const LEVELS: ReadonlySet<string> = new Set(["minimal", "low", "medium", "high"]);
/** As the provider's own chat endpoint has them. */
const BUDGETS: { readonly [effort: string]: number } = { none: 0, minimal: 1024, low: 1024, medium: 8192, high: 24_576 };

// ── tools ────────────────────────────────────────────────────────────────────────────────────────────────────

function toolFields({ tools, others, choice, parallel }: Tools, problem: Problem): JsonObject {
  const declarations = tools.map(({ name, description, parameters }) => ({
    name,
    ...(description === null ? {} : { description }),
    ...(parameters === null ? {} : { parametersJsonSchema: parameters }),
  }));
  const list: JsonObject[] = [...(declarations.length === 0 ? [] : [{ functionDeclarations: declarations }]), ...others];
  if (list.length === 0) return {};
  if (parallel === false && choice?.kind !== "none") problem("`parallel_tool_calls` false cannot be said to this provider");
  return { tools: list, ...(choice === null ? {} : { toolConfig: { functionCallingConfig: callingOf(choice) } }) };
}

function callingOf(choice: Choice): JsonObject {
  switch (choice.kind) {
    case "auto":
      return { mode: "AUTO" };
    case "none":
      return { mode: "NONE" };
    case "required":
      return { mode: "ANY" };
    case "one":
      return { mode: "ANY", allowedFunctionNames: [choice.name] };
    default:
      return choice satisfies never;
  }
}

// ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────

type Content = { readonly role: "user" | "model"; readonly parts: JsonObject[] };

/** Neighbours of one role become one content; results stand in the order of their calls, because no id tells them apart. */
function contentsOf(turns: readonly Turn[], problem: Problem): readonly Json[] {
  const contents: Content[] = [];
  const lastUser = turns.findLastIndex((turn) => turn.role === "user");
  let calls: readonly Call[] = [];
  for (let at = 0; at < turns.length; at++) {
    const turn = turns[at]!;
    let parts: JsonObject[];
    switch (turn.role) {
      case "user":
        parts = partsOf(turn.pieces, problem);
        break;
      case "assistant":
        ({ calls } = turn);
        // A signature that came behind the text goes back as it came, in a part without text.
        parts = [...partsOf(turn.pieces, problem), ...turn.thoughts.filter(isOurs).map(({ signature }) => ({ text: "", thoughtSignature: signature })), ...turn.calls.map((call, nth) => callPart(call, { first: nth === 0, current: at > lastUser }))];
        break;
      case "tool": {
        const results: Extract<Turn, { role: "tool" }>[] = [];
        for (let next = turns[at]; next?.role === "tool"; next = turns[++at]) results.push(next);
        at--;
        const placeOf = (id: string): number => calls.findIndex((call) => call.id === id);
        parts = results.toSorted((a, b) => placeOf(a.id) - placeOf(b.id)).map((result): JsonObject => ({ functionResponse: { name: result.name, response: responseOf(result.pieces) } }));
        // What is no text of a result is shown beside it.
        parts.push(...results.flatMap((result) => partsOf(result.pieces.filter((piece) => piece.kind !== "text"), problem)));
        break;
      }
      default:
        return turn satisfies never;
    }
    if (parts.length === 0) continue;
    const role = turn.role === "assistant" ? "model" : "user";
    const last = contents.at(-1);
    if (last?.role === role) last.parts.push(...parts);
    else contents.push({ role, parts });
  }
  return contents;
}

// In the turn that is under way the first call of each step must carry a signature. For a step of another model, which has
// none, the API defines a word that stands for it.
function callPart({ name, input, signature }: Call, { first, current }: { readonly first: boolean; readonly current: boolean }): JsonObject {
  const shown = signature ?? (first && current ? "skip_thought_signature_validator" : null);
  return { functionCall: { name, args: input }, ...(shown === null ? {} : { thoughtSignature: shown }) };
}

function isOurs({ format, hidden }: Thought): boolean {
  return format === "google-gemini-v1" && !hidden;
}

/** An answer must be an object: a function that gave one is passed on as it is. */
function responseOf(pieces: readonly Piece[]): JsonObject {
  const text = textOf(pieces);
  const value = parseJson(text);
  return isObject(value) ? value : { result: text };
}

function partsOf(pieces: readonly Piece[], problem: Problem): JsonObject[] {
  const parts: JsonObject[] = [];
  for (const piece of pieces) {
    switch (piece.kind) {
      case "text":
        parts.push({ text: piece.text });
        break;
      case "media":
        parts.push(piece.source.from === "url" ? { fileData: { fileUri: piece.source.url } } : { inlineData: { mimeType: piece.source.type, data: piece.source.data } });
        break;
      case "other":
        problem(`a piece of type \`${String(piece.raw["type"])}\` cannot be said to this provider`);
        break;
      default:
        return piece satisfies never;
    }
  }
  return parts;
}

function objectOr(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}
