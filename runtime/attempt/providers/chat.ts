// Every provider that speaks chat completions. What one of them has of its own it declares as a property here; nothing
// below asks for a provider's name.
import type { Json } from "#contracts";
import { createChatReader } from "../chat-wire.ts";
import { createEmbeddingsReader } from "../embeddings-wire.ts";
import { asResponses } from "../responses-request.ts";
import { createResponsesReader } from "../responses-wire.ts";
import type { UpstreamProvider } from "../provider.ts";
import type { UpstreamCall } from "../upstream.ts";
import { httpProvider, type HttpKind } from "./http.ts";

export type ChatQuirks = {
  /** Below the provider's `base`. */
  readonly path: string;
  readonly keyHeader: HttpKind["keyHeader"];
  /** Streams say what they cost when `stream_options.include_usage` asks for it. */
  readonly asksUsage: boolean;
  readonly requestIdHeaders: readonly string[];
  /** What goes with a request that ends with the beginning of its own answer (an assistant message with `prefix`). */
  readonly prefixFields: { readonly [key: string]: Json };
  /** Its newer models refuse `max_tokens`, and all of them take `max_completion_tokens`. */
  readonly renamesLimit: boolean;
  readonly reasoning: HttpKind["reasoning"];
  /** It has the responses API beside chat. */
  readonly hasResponses: boolean;
};

export const CHAT: ChatQuirks = {
  path: "/chat/completions",
  keyHeader: (key) => ["authorization", `Bearer ${key}`],
  asksUsage: true,
  requestIdHeaders: ["x-request-id", "request-id"],
  prefixFields: {},
  renamesLimit: false,
  reasoning: "client knows",
  hasResponses: false,
};

export function chatProvider(quirks: ChatQuirks): UpstreamProvider {
  return httpProvider({
    speaks: quirks.hasResponses ? ["chat", "responses", "embeddings"] : ["chat", "embeddings"],
    reasoning: quirks.reasoning,
    keyHeader: quirks.keyHeader,
    headers: [],
    passes: quirks.hasResponses ? ["openai-beta", "x-openai-internal-codex-responses-lite"] : [],
    joins: ["openai-beta"],
    requestIdHeaders: quirks.requestIdHeaders,
    ask(call) {
      if (call.protocol === "embeddings") return { kind: "ask", path: "/embeddings", body: { ...call.target.params, ...call.body, model: call.target.model }, wire: createEmbeddingsReader() };
      if (call.protocol === "responses") return { kind: "ask", path: "/responses", body: asResponses(call), wire: createResponsesReader() };
      return { kind: "ask", path: quirks.path, body: bodyFor(quirks, call), wire: createChatReader(call.provider.id) };
    },
  });
}

/** The client's body with the target's defaults under it and the provider's model in it. */
function bodyFor(quirks: ChatQuirks, call: UpstreamCall): { readonly [key: string]: Json | undefined } {
  const { params, model } = call.target;
  const body: { [key: string]: Json | undefined } = { ...params, ...call.body, model };
  for (const [one, other] of SYNONYMS) {
    if (call.body[one] !== undefined && call.body[other] === undefined) body[other] = undefined;
  }
  if (quirks.renamesLimit && body["max_completion_tokens"] === undefined && body["max_tokens"] !== undefined) {
    body["max_completion_tokens"] = body["max_tokens"];
    body["max_tokens"] = undefined;
  }
  if (endsWithPrefix(call.body)) Object.assign(body, quirks.prefixFields);
  body["stream"] = call.stream ? true : undefined;
  body["stream_options"] = call.stream ? streamOptions(quirks, call) : undefined;
  return body;
}

function endsWithPrefix({ messages }: UpstreamCall["body"]): boolean {
  const last = Array.isArray(messages) ? (messages as readonly Json[]).at(-1) : undefined;
  return isRecord(last) && last["prefix"] === true;
}

/** One thing under two names: a default under the one must not stand beside the caller's other, which servers refuse. */
const SYNONYMS = [
  ["max_tokens", "max_completion_tokens"],
  ["max_completion_tokens", "max_tokens"],
] as const;

// A target whose server takes no such field says so in its own params: `stream_options = { include_usage = false }`.
function streamOptions(quirks: ChatQuirks, call: UpstreamCall): Json | undefined {
  const own = call.target.params["stream_options"];
  if (isRecord(own) && own["include_usage"] === false) return undefined;
  const asked = call.body["stream_options"] ?? own;
  const options = isRecord(asked) ? asked : {};
  if (quirks.asksUsage) return { ...options, include_usage: true };
  return asked;
}

function isRecord(value: Json | undefined): value is { readonly [key: string]: Json | undefined } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
