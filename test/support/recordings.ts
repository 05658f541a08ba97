// Recorded answers of real providers: where they are, what each one says (read off its JSON with none of our own code), and
// the same answer as its provider would have given it whole.
//
// The recordings are not part of the project. `RECORDINGS` is null on a machine that has none, and the one line that says
// so is printed here.
import { existsSync, readdirSync, readFileSync } from "node:fs";

// oxlint-disable-next-line typescript/no-explicit-any -- recorded JSON of other people's protocols
export type Recorded = any;

/** The folder beside the project. */
export const RECORDINGS: URL | null = (() => {
  const folder = new URL("../../../shared/recordings/", import.meta.url);
  if (existsSync(folder)) return folder;
  process.stderr.write("recorded streams (../shared/recordings) are not on this machine: the tests that replay them are skipped\n");
  return null;
})();

/** The events of a recording, as in `recording("openai/text")`; null where there is none. */
export function recording(name: string): readonly string[] | null {
  const file = RECORDINGS === null ? null : new URL(`${name}.chunks.txt`, RECORDINGS);
  if (file === null || !existsSync(file)) return null;
  return readFileSync(file, "utf8").split("\n").filter((line) => line !== "");
}

export type Wire = "chat" | "messages" | "responses" | "gemini";
/** What is to be heard of an answer: on every surface, streamed or not. `input` is a call's as JSON says it, `text` as it was spelled. */
export type Said = {
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly { readonly id: string | null; readonly name: string; readonly input: unknown; readonly text: string | null }[];
  readonly end: "stop" | "length" | "tool_calls";
  readonly usage: { readonly input: number; readonly output: number; readonly cacheRead: number; readonly reasoning: number };
  /** What lets its model take its own reasoning back. */
  readonly signatures: readonly string[];
};
/** One answer; a file that holds several turns has several. `failure` is the class of the error where it says nothing else. */
export type Recording = { readonly name: string; readonly folder: string; readonly wire: Wire; readonly events: readonly Recorded[] } & (
  | { readonly said: Said; readonly failure: null; readonly whole: object }
  | { readonly said: null; readonly failure: "refused" | "rate_limit"; readonly whole: null }
);

/** Every answer of every file. */
export function recordings(): readonly Recording[] {
  if (RECORDINGS === null) return [];
  const folders = readdirSync(RECORDINGS, { withFileTypes: true }).filter((one) => one.isDirectory());
  return folders.flatMap(({ name: folder }) => {
    const wire = WIRES[folder];
    if (wire === undefined) throw new Error(`recordings of \`${folder}\` are in a protocol this file does not read`);
    return readdirSync(new URL(`${folder}/`, RECORDINGS!)).flatMap((file) => answersIn(`${folder}/${file.replace(".chunks.txt", "")}`, folder, wire));
  });
}

const WIRES: { readonly [folder: string]: Wire } = { anthropic: "messages", deepseek: "chat", gemini: "gemini", mistral: "chat", openai: "chat", "openai-responses": "responses" };

function answersIn(name: string, folder: string, wire: Wire): Recording[] {
  const turns: Recorded[][] = [];
  for (const event of recording(name)!.map((line) => JSON.parse(line) as Recorded)) {
    if (turns.length === 0 || event.type === "response.created") turns.push([]);
    turns.at(-1)!.push(event);
  }
  return turns.map((events, turn) => {
    const about = { name: turns.length === 1 ? name : `${name} turn ${turn + 1}`, folder, wire, events };
    if (events.some((event) => event.delta?.stop_reason === "refusal")) return { ...about, failure: "refused", said: null, whole: null };
    if (events.some((event) => event.type === "error")) return { ...about, failure: "rate_limit", said: null, whole: null };
    return { ...about, failure: null, said: SAID[wire](events), whole: WHOLE[wire](events) };
  });
}

/** The recording as its provider sends it. */
export function streamOf({ wire, events }: Recording): string {
  const lines = events.map((event) => {
    const data = JSON.stringify(event);
    return wire === "gemini" ? `data: ${data}\r\n\r\n` : wire === "chat" ? `data: ${data}\n\n` : `event: ${event.type}\ndata: ${data}\n\n`;
  });
  return lines.join("") + (wire === "chat" ? "data: [DONE]\n\n" : "");
}

// ── what was said ────────────────────────────────────────────────────────────────────────────────────────────

const SAID: { readonly [wire in Wire]: (events: readonly Recorded[]) => Said } = { chat: saidInChat, messages: saidInMessages, responses: saidInResponses, gemini: saidInGemini };

function saidInChat(events: readonly Recorded[]): Said {
  const { message, finish } = foldChat(events);
  const usage = events.findLast((event) => event.usage)!.usage;
  return {
    text: message.content,
    reasoning: message.reasoning_content,
    calls: message.tool_calls.map((call: Recorded) => ({ id: call.id, name: call.function.name, input: JSON.parse(call.function.arguments), text: call.function.arguments })),
    end: finish,
    usage: { input: usage.prompt_tokens, output: usage.completion_tokens, cacheRead: usage.prompt_tokens_details?.cached_tokens ?? 0, reasoning: usage.completion_tokens_details?.reasoning_tokens ?? 0 },
    signatures: [],
  };
}

function foldChat(events: readonly Recorded[]): { readonly message: Recorded; readonly finish: Said["end"]; readonly pieces: readonly Recorded[] } {
  const message: Recorded = { role: "assistant", content: "", reasoning_content: "", tool_calls: [] };
  const pieces: Recorded[] = [];
  let finish: Recorded = null;
  for (const { delta, finish_reason } of events.flatMap((event) => event.choices)) {
    finish = finish_reason ?? finish;
    message.reasoning_content += delta.reasoning_content ?? "";
    if (typeof delta.content === "string") message.content += delta.content;
    for (const piece of Array.isArray(delta.content) ? delta.content : []) {
      pieces.push(piece);
      if (piece.type === "thinking") message.reasoning_content += piece.thinking.map((one: Recorded) => one.text).join("");
      else message.content += piece.text;
    }
    for (const call of delta.tool_calls ?? []) {
      const known = (message.tool_calls[call.index ?? 0] ??= { id: call.id, type: "function", function: { name: "", arguments: "" } });
      known.function.name += call.function.name ?? "";
      known.function.arguments += call.function.arguments;
    }
  }
  return { message, finish, pieces };
}

function saidInMessages(events: readonly Recorded[]): Said {
  const { content, stop_reason, usage } = foldMessages(events);
  const of = (type: string): Recorded[] => content.filter((block: Recorded) => block.type === type);
  return {
    text: of("text").map((block) => block.text).join(""),
    reasoning: of("thinking").map((block) => block.thinking).join(""),
    calls: of("tool_use").map((block) => ({ id: block.id, name: block.name, input: block.input, text: null })),
    end: { end_turn: "stop", tool_use: "tool_calls", max_tokens: "length" }[stop_reason as string] as Said["end"],
    usage: { input: usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens, output: usage.output_tokens, cacheRead: usage.cache_read_input_tokens, reasoning: 0 },
    signatures: of("thinking").map((block) => block.signature),
  };
}

function foldMessages(events: readonly Recorded[]): Recorded {
  const message: Recorded = { content: [] };
  const json: string[] = [];
  for (const event of events) {
    const block = message.content[event.index];
    if (event.type === "message_start") Object.assign(message, structuredClone(event.message));
    if (event.type === "content_block_start") message.content[event.index] = { ...event.content_block };
    if (event.type === "message_delta") Object.assign(message, event.delta, { usage: { ...message.usage, ...event.usage } });
    if (event.type !== "content_block_delta") continue;
    const { delta } = event;
    if (delta.type === "text_delta") block.text += delta.text;
    if (delta.type === "thinking_delta") block.thinking += delta.thinking;
    if (delta.type === "signature_delta") block.signature += delta.signature;
    if (delta.type === "input_json_delta") json[event.index] = (json[event.index] ?? "") + delta.partial_json;
  }
  json.forEach((text, at) => (message.content[at].input = JSON.parse(text || "{}")));
  return message;
}

function saidInResponses(events: readonly Recorded[]): Said {
  const { output, usage } = events.at(-1).response;
  const of = (...types: string[]): Recorded[] => output.filter((item: Recorded) => types.includes(item.type));
  const calls = of("function_call", "custom_tool_call").map((item) => {
    const text = item.arguments ?? item.input;
    return { id: item.call_id, name: item.name, input: item.type === "function_call" ? JSON.parse(text) : text, text };
  });
  return {
    text: of("message").flatMap((item) => item.content).map((part) => part.text).join(""),
    reasoning: of("reasoning").flatMap((item) => item.summary).map((part) => part.text).join(""),
    calls,
    end: calls.length > 0 ? "tool_calls" : "stop",
    usage: { input: usage.input_tokens, output: usage.output_tokens, cacheRead: usage.input_tokens_details.cached_tokens, reasoning: usage.output_tokens_details.reasoning_tokens },
    signatures: of("reasoning").map((item) => item.encrypted_content),
  };
}

function saidInGemini(events: readonly Recorded[]): Said {
  const { parts, usage } = foldGemini(events);
  const calls = parts.filter((part) => part.functionCall !== undefined);
  return {
    text: parts.filter((part) => part.thought !== true).map((part) => part.text ?? "").join(""),
    reasoning: parts.filter((part) => part.thought === true).map((part) => part.text ?? "").join(""),
    calls: calls.map((part) => ({ id: null, name: part.functionCall.name, input: part.functionCall.args, text: null })),
    end: calls.length > 0 ? "tool_calls" : "stop",
    usage: { input: usage.promptTokenCount, output: usage.candidatesTokenCount + usage.thoughtsTokenCount, cacheRead: usage.cachedContentTokenCount ?? 0, reasoning: usage.thoughtsTokenCount },
    signatures: parts.flatMap((part) => part.thoughtSignature ?? []),
  };
}

function foldGemini(events: readonly Recorded[]): { readonly parts: readonly Recorded[]; readonly usage: Recorded } {
  return { parts: events.flatMap((event) => event.candidates[0].content.parts), usage: events.at(-1).usageMetadata };
}

// ── the same, whole ──────────────────────────────────────────────────────────────────────────────────────────

const WHOLE: { readonly [wire in Wire]: (events: readonly Recorded[]) => object } = {
  chat(events) {
    const { message, finish, pieces } = foldChat(events);
    const { reasoning_content, tool_calls, content } = message;
    const named = events.find((event) => event.id !== "");
    return {
      id: named.id, object: "chat.completion", created: named.created, model: named.model,
      choices: [{
        index: 0,
        message: { role: "assistant", content: pieces.length > 0 ? pieces : content === "" && tool_calls.length > 0 ? null : content, ...(reasoning_content === "" || pieces.length > 0 ? {} : { reasoning_content }), ...(tool_calls.length === 0 ? {} : { tool_calls }) },
        finish_reason: finish,
      }],
      usage: events.findLast((event) => event.usage).usage,
    };
  },
  messages: (events) => foldMessages(events),
  responses: (events) => events.at(-1).response as object,
  gemini(events) {
    const { parts } = foldGemini(events);
    const last = events.at(-1);
    return { ...last, candidates: [{ ...last.candidates[0], content: { role: "model", parts } }] };
  },
};
