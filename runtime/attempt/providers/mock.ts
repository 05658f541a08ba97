// The embedded provider: no key, no network, no chance. It plays its target's script, or says back what it was told,
// as chat completions, so that everything above it works as with a real one.
import type { Json, MockStep } from "#contracts";
import type { Clock } from "../../ports.ts";
import type { JsonObject } from "../../stream/part.ts";
import { createChatReader } from "../chat-wire.ts";
import { createEmbeddingsReader } from "../embeddings-wire.ts";
import { failureOfStatus, truncated, unreachable } from "../outcome.ts";
import type { UpstreamProvider } from "../provider.ts";
import { mockEmbeddings } from "./mock-embeddings.ts";
import type { Failure, Upstream, UpstreamCall, UpstreamSink } from "../upstream.ts";

export const mock: UpstreamProvider = {
  needsBase: false,
  speaks: ["chat", "embeddings"],
  reasoning: "client knows",
  open: (_, clock) => ({ start: (call, sink) => play(clock, call, sink), close: () => Promise.resolve() }),
};

/** What the n-th attempt of a request on this target does; the last script repeats. */
function scriptOf(call: UpstreamCall): readonly MockStep[] {
  const { replies } = call.target;
  return replies[Math.min(call.nth, replies.length - 1)] ?? echo(call.body);
}

function play(clock: Clock, call: UpstreamCall, sink: UpstreamSink): Upstream {
  const script = scriptOf(call);
  const answer = writeAnswer(call, Math.floor(clock.now() / 1000));
  const reader = call.protocol === "embeddings" ? createEmbeddingsReader() : createChatReader();
  let at = 0;
  let over = false;
  let paused = false;
  let waiting = false;
  let opened = false;
  let takeBackWait = nothing;

  queueMicrotask(begin);
  return {
    abort() {
      over = true;
      takeBackWait();
    },
    pause() {
      paused = true;
    },
    resume() {
      if (!paused) return;
      paused = false;
      if (!waiting) queueMicrotask(run);
    },
  };

  function begin(): void {
    if (over) return;
    sink.connected();
    run();
  }

  // Plays on until it has to wait for time, for the reader or for ever.
  function run(): void {
    for (;;) {
      if (over || paused || waiting) return;
      const step = script[at];
      at += 1;
      if (step === undefined) return finish();
      switch (step.do) {
        case "text":
        case "reasoning":
        case "tool":
          open();
          for (const raw of answer.add(step)) tell(raw);
          break;
        case "wait":
          waiting = true;
          takeBackWait = clock.after(step.ms, () => {
            waiting = false;
            run();
          });
          break;
        case "fails":
          return fail(failureOfStatus(step.status, { error: null, retryAfter: step.retry_after, secrets: [] }), step.status);
        case "hangs":
          waiting = true;
          break;
        case "cuts":
          return fail(opened ? truncated() : unreachable(), null);
        default:
          return step satisfies never;
      }
    }
  }

  function tell(raw: JsonObject): void {
    if (!over && call.stream) sink.chunk({ protocol: "chat", raw, parts: reader.read(raw) });
  }

  function open(): void {
    if (opened) return;
    opened = true;
    sink.opened(200, answer.id);
  }

  function finish(): void {
    open();
    for (const raw of answer.end()) tell(raw);
    if (!call.stream && !over) {
      const raw = call.protocol === "embeddings" ? mockEmbeddings(call.body, call.target.model) : answer.whole();
      sink.chunk({ protocol: call.protocol === "embeddings" ? "embeddings" : "chat", raw, parts: reader.read(raw) });
    }
    if (over) return;
    over = true;
    sink.ended();
  }

  function fail(failure: Failure, status: number | null): void {
    over = true;
    if (!opened && status !== null) sink.opened(status, null);
    sink.failed(failure);
  }
}

function nothing(): void {}

// ── what it says ─────────────────────────────────────────────────────────────────────────────────────────────

/** Word by word, so that a stream of it looks like one. */
function echo(body: JsonObject): readonly MockStep[] {
  const said = lastUserMessage(body);
  const words = `You said: ${said === "" ? "nothing" : said}`.match(/\s*\S+\s*$|\s*\S+/g) ?? [];
  return words.map((text) => ({ do: "text", text }));
}

function lastUserMessage(body: JsonObject): string {
  const messages = body["messages"];
  if (!isList(messages)) return "";
  const last = messages.findLast((message) => isObject(message) && message["role"] === "user");
  const content = isObject(last) ? last["content"] : undefined;
  if (typeof content === "string") return content;
  return isList(content) ? content.map((piece) => (isObject(piece) && typeof piece["text"] === "string" ? piece["text"] : "")).join("") : "";
}

type Saying = Extract<MockStep, { readonly do: "text" | "reasoning" | "tool" }>;

/** Puts steps into chat completions, as chunks and as one whole answer. */
function writeAnswer(call: UpstreamCall, created: number) {
  const id = `chatcmpl-mock-${call.requestId}-${call.nth}`;
  const about = { id, created, model: call.target.model };
  const calls: JsonObject[] = [];
  let text = "";
  let reasoning = "";
  let begun = false;

  return {
    id,
    add(step: Saying): JsonObject[] {
      switch (step.do) {
        case "text":
          text += step.text;
          return [chunk({ content: step.text })];
        case "reasoning":
          reasoning += step.text;
          return [chunk({ reasoning_content: step.text })];
        case "tool": {
          const index = calls.length;
          const its = { id: `call_${call.nth}_${index}`, type: "function" };
          calls.push({ ...its, function: { name: step.name, arguments: step.arguments } });
          return [
            chunk({ tool_calls: [{ index, ...its, function: { name: step.name, arguments: "" } }] }),
            chunk({ tool_calls: [{ index, function: { arguments: step.arguments } }] }),
          ];
        }
        default:
          return step satisfies never;
      }
    },
    end: (): JsonObject[] => [chunk({}, reason()), { ...about, object: "chat.completion.chunk", choices: [], usage: usage() }],
    whole(): JsonObject {
      const message = {
        role: "assistant",
        content: text === "" && calls.length > 0 ? null : text,
        ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
        ...(calls.length === 0 ? {} : { tool_calls: calls as readonly Json[] }),
      };
      return { ...about, object: "chat.completion", choices: [{ index: 0, message, logprobs: null, finish_reason: reason() }], usage: usage() };
    },
  };

  function chunk(delta: { readonly [key: string]: Json }, finish: string | null = null): JsonObject {
    const role = begun ? {} : { role: "assistant" };
    begun = true;
    return { ...about, object: "chat.completion.chunk", choices: [{ index: 0, delta: { ...role, ...delta }, logprobs: null, finish_reason: finish }] };
  }

  function reason(): string {
    return calls.length > 0 ? "tool_calls" : "stop";
  }

  // Four characters a token, the same on every machine.
  function usage(): { readonly [key: string]: number } {
    const tools = calls.reduce((sum, one) => sum + JSON.stringify(one["function"]).length, 0);
    const input = Math.ceil(JSON.stringify(call.body["messages"] ?? "").length / 4);
    const output = Math.ceil((text.length + reasoning.length + tools) / 4);
    return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
  }
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
