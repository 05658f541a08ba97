// Every provider that speaks chat completions over HTTP. What one of them has of its own it declares as a property here;
// nothing below asks for a provider's name.
import type { Json } from "#contracts";
import type { Clock } from "../../ports.ts";
import { readChatAnswer } from "../chat-answer.ts";
import type { OpenProvider, ProviderSettings, UpstreamProvider } from "../provider.ts";
import { openOrigin, type Exchange, type Origin } from "../transport.ts";
import type { Upstream, UpstreamCall, UpstreamSink } from "../upstream.ts";

export type ChatQuirks = {
  /** Below the provider's `base`. */
  readonly path: string;
  /** How the key travels. */
  readonly keyHeader: (key: string) => readonly [name: string, value: string];
  /** Streams say what they cost when `stream_options.include_usage` asks for it. */
  readonly asksUsage: boolean;
  /** Headers that may carry the provider's id of the call, the best first. */
  readonly requestIdHeaders: readonly string[];
  /** What goes with a request that ends with the beginning of its own answer (an assistant message with `prefix`). */
  readonly prefixFields: { readonly [key: string]: Json };
};

export const CHAT: ChatQuirks = {
  path: "/chat/completions",
  keyHeader: (key) => ["authorization", `Bearer ${key}`],
  asksUsage: true,
  requestIdHeaders: ["x-request-id", "request-id"],
  prefixFields: {},
};

export function chatProvider(quirks: ChatQuirks): UpstreamProvider {
  return { needsBase: true, speaks: ["chat"], open: (settings, clock) => openChat(quirks, settings, clock) };
}

function openChat(quirks: ChatQuirks, settings: ProviderSettings, clock: Clock): OpenProvider {
  const base = settings.base;
  if (base === null) throw new Error("a chat provider was opened without its base");
  const origin = openOrigin(base.origin, settings.provider.timeout.connect);
  const line: Line = {
    origin,
    clock,
    quirks,
    path: `${base.pathname.replace(/\/+$/, "")}${quirks.path}${base.search}`,
    streamed: headersFor(quirks, settings, "text/event-stream"),
    whole: headersFor(quirks, settings, "application/json"),
    secrets: [settings.key ?? "", base.host, base.hostname, ...settings.headers.map(([, value]) => value)].filter((text) => text.length > 2),
  };
  return { start: (call, sink) => callChat(line, call, sink), close: () => origin.close() };
}

/** Everything about calls to one provider that does not change from call to call. */
type Line = {
  readonly origin: Origin;
  readonly clock: Clock;
  readonly quirks: ChatQuirks;
  readonly path: string;
  readonly streamed: readonly string[];
  readonly whole: readonly string[];
  readonly secrets: readonly string[];
};

function callChat(line: Line, call: UpstreamCall, sink: UpstreamSink): Upstream {
  let takeBackDrain = nothing;
  let bodyOver = false;
  let exchange: Exchange | null = null;
  const answer = readChatAnswer(
    {
      stream: call.stream,
      now: () => line.clock.now(),
      secrets: line.secrets,
      requestIdHeaders: line.quirks.requestIdHeaders,
      over(how) {
        if (how === "broken") return exchange?.abort();
        if (bodyOver) return;
        // After `[DONE]` the body's end follows at once; waiting for it keeps the connection. Some never end it.
        exchange?.resume();
        takeBackDrain = line.clock.after(DRAIN, () => exchange?.abort());
      },
    },
    sink,
  );
  exchange = line.origin.post(
    { path: line.path, headers: call.stream ? line.streamed : line.whole, body: JSON.stringify(bodyFor(line.quirks, call)) },
    {
      ...answer,
      end() {
        bodyOver = true;
        takeBackDrain();
        answer.end();
      },
      broke(error) {
        takeBackDrain();
        answer.broke(error);
      },
    },
  );
  return {
    abort() {
      answer.silence();
      takeBackDrain();
      exchange.abort();
    },
    pause: () => exchange.pause(),
    resume: () => exchange.resume(),
  };
}

function nothing(): void {}

/** Milliseconds a connection may stay open after the answer is complete. */
const DRAIN = 1000;

/** The client's body with the target's defaults under it and the provider's model in it. */
function bodyFor(quirks: ChatQuirks, call: UpstreamCall): { readonly [key: string]: Json | undefined } {
  const { params, model } = call.target;
  const body: { [key: string]: Json | undefined } = { ...params, ...call.body, model };
  for (const [one, other] of SYNONYMS) {
    if (call.body[one] !== undefined && call.body[other] === undefined) body[other] = undefined;
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

function headersFor(quirks: ChatQuirks, settings: ProviderSettings, accept: string): readonly string[] {
  const headers = new Map<string, string>([
    ["accept", accept],
    ["accept-encoding", "identity"],
    ["content-type", "application/json"],
    ["user-agent", "wardwright"],
  ]);
  if (settings.key !== null) headers.set(...quirks.keyHeader(settings.key));
  // The policy's own headers come last: some servers want the key under another name.
  for (const [name, value] of settings.headers) headers.set(name, value);
  return [...headers].flat();
}

function isRecord(value: Json | undefined): value is { readonly [key: string]: Json | undefined } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
