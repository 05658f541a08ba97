// Chat completions out of parts, for a provider of another protocol. In: what an event or a whole answer says. Out: the
// JSON a chat provider would have sent, so that everything behind it is the same for both.
//
//   reasoning ▶ reasoning_content    signature ▶ reasoning_details    tool's signature ▶ extra_content.google
import type { Json } from "#contracts";
import type { Chunk, JsonObject, Part, Protocol } from "../../../stream/part.ts";
import { FORMAT } from "../../answer/sealed.ts";

/** The chunk of a stream, as chat; null where it says nothing. */
export function chatEvent(chunk: Chunk): JsonObject | null {
  if (chunk.protocol === "chat") return chunk.raw;
  return chunk.parts.length === 0 ? null : { ...IDENTITY, ...compose(chunk, "delta") };
}

/** A whole answer, as chat; `now` in milliseconds. */
export function chatAnswer(chunk: Chunk, now: number): JsonObject {
  return chunk.protocol === "chat" ? chunk.raw : { ...IDENTITY, created: Math.floor(now / 1000), ...compose(chunk, "message") };
}

/** What names an answer stands first in it; it is filled in when the answer is written. */
const IDENTITY: JsonObject = { id: null, object: null, created: null, model: null };

type Carrier = {
  text: string | null;
  reasoning: string | null;
  readonly details: Json[];
  readonly calls: Map<number, { id: string | null; name: string | null; arguments: string; signature: string | null; custom: boolean }>;
  finish: string | null;
};

function compose({ protocol, parts }: Chunk, as: "delta" | "message"): JsonObject {
  const choices = new Map<number, Carrier>();
  let usage: JsonObject | undefined;
  const carrierOf = (choice: number): Carrier => {
    let carrier = choices.get(choice);
    if (carrier === undefined) choices.set(choice, (carrier = { text: null, reasoning: null, details: [], calls: new Map(), finish: null }));
    return carrier;
  };
  for (const part of parts) {
    if (part.kind === "usage") usage = usageOf(part);
    else add(carrierOf(part.choice), part, protocol);
  }
  const list = [...choices].map(([index, carrier]) => ({
    index,
    [as]: as === "delta" ? deltaOf(carrier) : messageOf(carrier),
    logprobs: null,
    finish_reason: carrier.finish,
  }));
  return { choices: list, ...(usage === undefined ? {} : { usage }) };
}

function add(carrier: Carrier, part: Exclude<Part, { kind: "usage" }>, protocol: Protocol): void {
  switch (part.kind) {
    case "text":
      carrier.text = (carrier.text ?? "") + part.text;
      return;
    case "reasoning":
      carrier.reasoning = (carrier.reasoning ?? "") + part.text;
      return;
    case "signature":
      carrier.details.push({ ...(part.hidden ? { type: "reasoning.encrypted", data: part.signature } : { type: "reasoning.text", signature: part.signature }), format: FORMAT[protocol] });
      return;
    case "tool": {
      const call = carrier.calls.get(part.index) ?? { id: null, name: null, arguments: "", signature: null, custom: part.custom === true };
      carrier.calls.set(part.index, {
        id: call.id ?? part.id,
        name: call.name ?? part.name,
        arguments: call.arguments + part.arguments,
        signature: part.signature ?? call.signature,
        custom: call.custom,
      });
      return;
    }
    case "finish":
      carrier.finish = part.reason;
      return;
    default:
      return part satisfies never;
  }
}

function deltaOf(carrier: Carrier): JsonObject {
  return {
    ...(carrier.text === null ? {} : { content: carrier.text }),
    ...reasoningOf(carrier),
    ...(carrier.calls.size === 0 ? {} : { tool_calls: callsOf(carrier, "delta") }),
  };
}

function messageOf(carrier: Carrier): JsonObject {
  return {
    role: "assistant",
    content: carrier.text ?? (carrier.calls.size > 0 ? null : ""),
    refusal: null,
    ...reasoningOf(carrier),
    ...(carrier.calls.size === 0 ? {} : { tool_calls: callsOf(carrier, "message") }),
  };
}

function reasoningOf({ reasoning, details }: Carrier): JsonObject {
  return { ...(reasoning === null ? {} : { reasoning_content: reasoning }), ...(details.length === 0 ? {} : { reasoning_details: details }) };
}

function callsOf({ calls }: Carrier, as: "delta" | "message"): readonly Json[] {
  return [...calls].map(([index, { id, name, arguments: its, signature, custom }]) => ({
    ...(as === "delta" ? { index } : {}),
    ...(id === null && as === "delta" ? {} : { id, type: custom ? "custom" : "function" }),
    [custom ? "custom" : "function"]: { ...(name === null ? {} : { name }), [custom ? "input" : "arguments"]: its },
    ...(signature === null ? {} : { extra_content: { google: { thought_signature: signature } } }),
  }));
}

function usageOf({ input, output, details = {} }: Extract<Part, { kind: "usage" }>): JsonObject {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    ...(details.cacheRead === undefined && details.cacheWrite === undefined
      ? {}
      : { prompt_tokens_details: { cached_tokens: details.cacheRead ?? 0, ...(details.cacheWrite === undefined ? {} : { cache_write_tokens: details.cacheWrite }) } }),
    ...(details.reasoning === undefined ? {} : { completion_tokens_details: { reasoning_tokens: details.reasoning } }),
  };
}
