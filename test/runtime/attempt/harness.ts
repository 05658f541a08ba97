// Plays one attempt against a scripted upstream and gathers all that came of it.
import type { Provider, Target } from "#contracts";
import { createAttempts, openUpstreams, resolveSettings, type Attempt, type AttemptCall, type Failure, type Measured, type StartAttempt } from "../../../runtime/attempt/index.ts";
import type { Clock } from "../../../runtime/ports.ts";
import type { Chunk } from "../../../runtime/stream/part.ts";

export function aProvider(over: Partial<Provider> = {}): Provider {
  return {
    id: "provider:up",
    name: "up",
    kind: "openai_compatible",
    base: { from: "literal", value: "http://127.0.0.1:1/v1" },
    key: null,
    headers: {},
    zone: null,
    region: null,
    timeout: { connect: 2000, first_token: 2000, idle: 2000, total: 5000 },
    breaker: null,
    limit: { concurrency: null },
    ...over,
  };
}

export function aTarget(over: Partial<Target> = {}): Target {
  return {
    id: "target:one",
    name: "one",
    provider: "provider:up",
    model: "upstream-model",
    context: 32_000,
    output: null,
    can: [],
    price: null,
    params: {},
    continues: "instruction",
    replies: [],
    ...over,
  };
}

export type Line = { readonly start: StartAttempt; readonly provider: Provider; readonly clock: Clock; close(): Promise<void> };

/** Everything between a gateway and `provider`, opened as the runtime opens it. */
export function openLine(provider: Provider, clock: Clock, secrets: { readonly [variable: string]: string } = {}): Line {
  const settings = resolveSettings({ providers: [provider] }, (variable) => secrets[variable]);
  if (!settings.ok) throw new Error(settings.problems.map((problem) => problem.message).join("\n"));
  const upstreams = openUpstreams({ settings: settings.providers, clock });
  return { start: createAttempts({ start: upstreams.start, clock }), provider, clock, close: () => upstreams.close() };
}

export function aCall(line: Line, over: Partial<AttemptCall> = {}): AttemptCall {
  return {
    target: aTarget(),
    provider: line.provider,
    protocol: "chat",
    body: { model: "public", messages: [{ role: "user", content: "hello" }] },
    stream: true,
    nth: 0,
    requestId: "req1",
    timeout: null,
    ...over,
  };
}

export type Played = {
  readonly attempt: Attempt;
  readonly events: readonly string[];
  readonly chunks: readonly Chunk[];
  /** Resolves with `null` for an end and the failure for a failure. */
  readonly over: Promise<Failure | null>;
};

export function playAttempt(line: Line, over: Partial<AttemptCall> = {}, onChunk: (chunk: Chunk, attempt: Attempt) => void = () => {}): Played {
  const events: string[] = [];
  const chunks: Chunk[] = [];
  let attempt: Attempt | null = null;
  const ended = new Promise<Failure | null>((resolve) => {
    attempt = line.start(aCall(line, over), {
      opened(status) {
        events.push(`opened ${status}`);
      },
      chunk(chunk) {
        if (events.at(-1) !== "chunks") events.push("chunks");
        chunks.push(chunk);
        onChunk(chunk, attempt!);
      },
      ended() {
        events.push("ended");
        resolve(null);
      },
      failed(failure) {
        events.push(`failed ${failure.class}`);
        resolve(failure);
      },
    });
  });
  return { attempt: attempt!, events, chunks, over: ended };
}

/** Text of one channel, joined over all chunks. */
export function said(chunks: readonly Chunk[], kind: "text" | "reasoning" = "text"): string {
  return chunks.flatMap((chunk) => chunk.parts.map((part) => (part.kind === kind ? part.text : ""))).join("");
}

export type { Failure, Measured };
