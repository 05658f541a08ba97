// Every provider over HTTP, whatever it speaks. What a kind has of its own it declares as a property; nothing below asks
// for a provider's name.
import type { Json } from "#contracts";
import type { Clock } from "../../ports.ts";
import type { Protocol } from "../../stream/part.ts";
import { readAnswer } from "../answer.ts";
import { failLater } from "../fail-later.ts";
import type { OpenProvider, ProviderSettings, TakesReasoning, UpstreamProvider } from "../provider.ts";
import { openOrigin, type Exchange, type Origin } from "../transport.ts";
import type { Failure, Upstream, UpstreamCall, UpstreamSink } from "../upstream.ts";
import type { WireReader } from "../wire.ts";

export type HttpKind = {
  readonly speaks: readonly Protocol[];
  readonly reasoning: TakesReasoning;
  /** How the key travels. */
  readonly keyHeader: (key: string) => readonly [name: string, value: string];
  /** Sent with every call; the policy's own headers win. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Headers of a client that this provider may see. */
  readonly passes: readonly string[];
  /** Those of them whose value is a list: what the policy says in it stays. */
  readonly joins: readonly string[];
  /** Headers that may carry the provider's id of the call, the best first. */
  readonly requestIdHeaders: readonly string[];
  /** A call in the provider's own words. */
  ask(call: UpstreamCall): Ask;
};

/** `path` is below the provider's `base`, with its own query where it needs one. A failure means that nobody is called. */
export type Ask =
  | { readonly kind: "ask"; readonly path: string; readonly body: { readonly [key: string]: Json | undefined }; readonly wire: WireReader }
  | { readonly kind: "failure"; readonly failure: Failure };

export function httpProvider(kind: HttpKind): UpstreamProvider {
  return { needsBase: true, speaks: kind.speaks, reasoning: kind.reasoning, open: (settings, clock) => openHttp(kind, settings, clock) };
}

function openHttp(kind: HttpKind, settings: ProviderSettings, clock: Clock): OpenProvider {
  const base = settings.base;
  if (base === null) throw new Error("a provider was opened without its base");
  const origin = openOrigin(base.origin, settings.provider.timeout.connect);
  const line: Line = {
    origin,
    clock,
    kind,
    path: base.pathname.replace(/\/+$/, ""),
    query: base.search.slice(1),
    streamed: headersFor(kind, settings, "text/event-stream"),
    whole: headersFor(kind, settings, "application/json"),
    secrets: [settings.key ?? "", base.host, base.hostname, ...settings.headers.map(([, value]) => value)].filter((text) => text.length > 2),
  };
  return { start: (call, sink) => startCall(line, call, sink), close: () => origin.close() };
}

/** Everything about calls to one provider that does not change from call to call. */
type Line = {
  readonly origin: Origin;
  readonly clock: Clock;
  readonly kind: HttpKind;
  readonly path: string;
  readonly query: string;
  readonly streamed: readonly string[];
  readonly whole: readonly string[];
  readonly secrets: readonly string[];
};

function startCall(line: Line, call: UpstreamCall, sink: UpstreamSink): Upstream {
  const ask = line.kind.ask(call);
  switch (ask.kind) {
    case "ask":
      return callHttp(line, { ...ask, call }, sink);
    case "failure":
      return failLater(ask.failure, sink);
    default:
      return ask satisfies never;
  }
}

function callHttp(line: Line, { call, path, body, wire }: Extract<Ask, { kind: "ask" }> & { readonly call: UpstreamCall }, sink: UpstreamSink): Upstream {
  let takeBackDrain = nothing;
  let bodyOver = false;
  let exchange: Exchange | null = null;
  const answer = readAnswer(
    {
      wire,
      stream: call.stream,
      now: () => line.clock.now(),
      secrets: line.secrets,
      requestIdHeaders: line.kind.requestIdHeaders,
      over(how) {
        if (how === "broken") return exchange?.abort();
        if (bodyOver) return;
        // After the last event the body's end follows at once; waiting for it keeps the connection. Some never end it.
        exchange?.resume();
        takeBackDrain = line.clock.after(DRAIN, () => exchange?.abort());
      },
    },
    sink,
  );
  exchange = line.origin.post(
    { path: pathFor(line, path), headers: withPassed(line.kind, call.stream ? line.streamed : line.whole, call), body: JSON.stringify(body) },
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

function pathFor({ path, query }: Line, below: string): string {
  if (query === "") return path + below;
  return `${path}${below}${below.includes("?") ? "&" : "?"}${query}`;
}

function withPassed(kind: HttpKind, headers: readonly string[], { headers: asked = [] }: UpstreamCall): readonly string[] {
  const passed = kind.passes.length === 0 ? [] : asked.filter(([name]) => kind.passes.includes(name));
  if (passed.length === 0) return headers;
  const all = new Map<string, string>();
  for (let at = 0; at < headers.length; at += 2) all.set(headers[at]!, headers[at + 1]!);
  for (const [name, value] of passed) {
    const own = all.get(name);
    // What both ask for is a list; what can only be one thing is the client's.
    all.set(name, own === undefined || !kind.joins.includes(name) ? value : `${own},${value}`);
  }
  return [...all].flat();
}

function headersFor(kind: HttpKind, settings: ProviderSettings, accept: string): readonly string[] {
  const headers = new Map<string, string>([
    ["accept", accept],
    ["accept-encoding", "identity"],
    ["content-type", "application/json"],
    ["user-agent", "wardwright"],
    ...kind.headers,
  ]);
  if (settings.key !== null) headers.set(...kind.keyHeader(settings.key));
  // The policy's own headers come last: some servers want the key under another name.
  for (const [name, value] of settings.headers) headers.set(name, value);
  return [...headers].flat();
}
