// The chat encoder alone: pure, so that its laws can be tried on thousands of streams.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chat } from "../../../runtime/gateway/surfaces/chat/index.ts";
import type { Released, StreamEncoder, Watched } from "../../../runtime/gateway/surface.ts";
import type { Chunk as ProviderChunk, JsonObject, Part } from "../../../runtime/stream/index.ts";
import { createChatReader } from "../../../runtime/attempt/chat-wire.ts";
import { createEventParser } from "../../../runtime/attempt/event-json.ts";
import { takeApart, type Chunk } from "./harness.ts";

const NOTHING: Watched = { text: false, reasoning: false };
const TOTALS = { input: 5, output: 7, spliced: false };

const encoder = (wantsUsage = false): StreamEncoder => chat.streamEncoder({ model: "public", body: {}, wantsUsage, fallbackId: "chatcmpl-fallback", now: 1_700_000_000_000 });

/** What the gateway would be handed for a provider's event. */
function chunkOf(raw: JsonObject, reader = createChatReader()): ProviderChunk {
  return { protocol: "chat", raw, parts: reader.read(raw) };
}

const event = (delta: JsonObject, more: JsonObject = {}, choice: JsonObject = {}): JsonObject => ({ id: "c1", object: "chat.completion.chunk", created: 3, model: "private", ...more, choices: [{ index: 0, delta, finish_reason: null, ...choice }] });

function encoded(raws: readonly JsonObject[], wantsUsage = false): string {
  const to = encoder(wantsUsage);
  const reader = createChatReader();
  to.begin();
  return raws.map((raw) => to.chunk(chunkOf(raw, reader), NOTHING, [])).join("") + to.finish(TOTALS) + to.done;
}

type Governing = { readonly watched: Watched; readonly held: readonly number[]; readonly alike: boolean };

/** As one attempt does it: of each event's text all but the last `held` characters goes out, and the rest with a later one. */
function governed(raws: readonly JsonObject[], { watched, held, alike }: Governing): string {
  const to = encoder();
  const events = createEventParser();
  const reader = createChatReader();
  let tail = "";
  to.begin();
  return raws
    .map((raw, at) => {
      const parsed = events.parse(JSON.stringify(raw)) as JsonObject;
      const parts = reader.read(parsed);
      const released: Released[] = [];
      for (const part of parts) {
        if (part.kind !== "text" && part.kind !== "reasoning") continue;
        const text = part.kind === "text" && part.choice === 0 ? tail + part.text : part.text;
        const out = part.kind === "text" && part.choice === 0 ? text.slice(0, Math.max(0, text.length - held[at % held.length]!)) : text;
        if (part.kind === "text" && part.choice === 0) tail = text.slice(out.length);
        if (out !== "") released.push({ choice: part.choice, channel: part.kind, text: out });
      }
      return to.chunk({ protocol: "chat", raw: parsed, parts, like: alike ? events.like : null }, watched, released);
    })
    .join("");
}

// Texts that look like what the encoder writes itself: a mark of its own in a provider's text must not confuse it.
const word = fc.oneof(fc.string(), fc.constantFrom("", "\u0001text\u0001", '"', "\\", "\n\ndata: [DONE]\n\n", "\u{1F642}", "\ud83d"));
const delta: fc.Arbitrary<JsonObject> = fc.oneof(
  { weight: 6, arbitrary: word.map((content) => ({ content })) },
  word.map((content) => ({ role: "assistant", content })),
  word.map((reasoning_content) => ({ reasoning_content, content: null })),
  fc.tuple(word, word).map(([thinking, text]) => ({ content: [{ type: "thinking", thinking: [{ type: "text", text: thinking }] }, { type: "text", text }] })),
  fc.constant({ tool_calls: [{ id: "t", function: { name: "f", arguments: "{}" } }] }),
  fc.record({ content: word, citations: fc.constant(["a"]) }),
  fc.constant({}),
);
const more: fc.Arbitrary<JsonObject> = fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, word.map((obfuscation) => ({ obfuscation })), fc.constant({ service_tier: "x" }), fc.constant({ usage: null }), fc.constant({ x: { y: [1] } }));
const choice: fc.Arbitrary<JsonObject> = fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, fc.constant({ logprobs: null }), fc.constant({ index: 1 }), fc.constant({ logprobs: { content: [] } }));
const stream = fc.array(fc.tuple(delta, more, choice).map(([d, m, c]) => event(d, m, c)), { maxLength: 20 });

type Said = Record<string, string>;

/** Text, reasoning and calls by choice. */
function saidIn(parts: readonly Part[]): Said {
  const said: Said = {};
  for (const part of parts) {
    if (part.kind === "text" || part.kind === "reasoning") said[`${part.kind} ${part.choice}`] = (said[`${part.kind} ${part.choice}`] ?? "") + part.text;
    if (part.kind === "tool") said[`tool ${part.choice} ${part.index}`] = (said[`tool ${part.choice} ${part.index}`] ?? "") + (part.name ?? "") + part.arguments;
  }
  return said;
}

describe("a stream", () => {
  test("is written the same whether its events are known to be alike or not, whatever of their text is held back", () => {
    const holds = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(delta.chain((one) => fc.tuple(fc.constant(one), more, choice, fc.array(word, { maxLength: 5 }))), { maxLength: 8 }), holds, fc.boolean(), (runs, held, reasoning) => {
        // One event, then others that differ from it in their text.
        const raws = runs.flatMap(([one, m, c, texts]) => [event(one, m, c), ...texts.map((content) => event(typeof one["content"] === "string" ? { ...one, content } : one, m, c))]);
        for (const watched of [NOTHING, { text: true, reasoning }]) expect(governed(raws, { watched, held, alike: true })).toBe(governed(raws, { watched, held, alike: false }));
      }),
      { numRuns: 400 },
    );
  });

  test("says what the provider said, in one shape, under one id and one name", () => {
    fc.assert(
      fc.property(stream, fc.boolean(), (raws, wantsUsage) => {
        const { chunks, done } = takeApart(encoded(raws, wantsUsage));
        expect(done).toBe(true);
        const from = createChatReader();
        const to = createChatReader();
        // JSON itself has no lone surrogates once it was written; both sides are read from text.
        const given = raws.flatMap((raw) => from.read(JSON.parse(JSON.stringify(raw)) as JsonObject));
        expect(saidIn(chunks.flatMap((chunk) => to.read(chunk as unknown as JsonObject)))).toEqual(saidIn(given));
        for (const chunk of chunks) {
          expect([chunk.id, chunk.model]).toEqual([raws.length === 0 ? "chatcmpl-fallback" : "c1", "public"]);
          for (const { delta: out } of chunk.choices) expect(Array.isArray(out.content)).toBe(false);
        }
        const choices = chunks.flatMap((chunk) => chunk.choices);
        for (const index of new Set(choices.map((one) => one.index))) {
          const its = choices.filter((one) => one.index === index);
          expect(its.map((one) => one.delta.role)).toEqual(["assistant", ...its.slice(1).map(() => undefined)]);
          expect(its.map((one) => one.finish_reason).filter((reason) => reason !== null).length).toBe(1);
          expect(its.at(-1)!.finish_reason).not.toBe(null);
        }
        expect(chunks.filter((chunk) => chunk.usage !== null && chunk.usage !== undefined).length).toBe(wantsUsage ? 1 : 0);
      }),
      { numRuns: 300 },
    );
  });

  test("keeps fields nobody has heard of on every event that has something to say", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(word.filter((text) => text !== ""), more), { minLength: 1, maxLength: 12 }), (said) => {
        const raws = said.map(([content, fields]) => event({ content }, fields));
        const { chunks } = takeApart(encoded(raws));
        for (const [at, raw] of raws.entries()) {
          const { id: _, model: __, choices: ___, usage: ____, ...fields } = JSON.parse(JSON.stringify(raw)) as Record<string, unknown>;
          expect(chunks[at]).toMatchObject(fields);
        }
      }),
      { numRuns: 200 },
    );
  });

  test("sends of a watched channel what was released and nothing else, whatever shape it came in", () => {
    fc.assert(
      fc.property(stream, fc.array(fc.string(), { maxLength: 20 }), (raws, releases) => {
        const to = encoder();
        const reader = createChatReader();
        to.begin();
        let written = "";
        for (const [at, raw] of raws.entries()) written += to.chunk(chunkOf(raw, reader), { text: true, reasoning: true }, [{ choice: 0, channel: "text", text: releases[at] ?? "" }]);
        const sent = takeApart(written + to.finish(TOTALS)).chunks.flatMap((chunk) => chunk.choices.filter((one) => one.index === 0));
        const given = JSON.parse(JSON.stringify(raws.map((raw, at) => ((raw["choices"] as readonly JsonObject[])[0]!["index"] === 0 ? (releases[at] ?? "") : "")).join(""))) as string;
        expect(sent.map((one) => one.delta.content ?? "").join("")).toBe(given);
        expect(sent.map((one) => one.delta.reasoning_content ?? "").join("")).toBe("");
        expect(written).not.toContain('"logprobs":{');
      }),
      { numRuns: 200 },
    );
  });

  test("that was begun anew before anything was written shows nothing of the one before", () => {
    const to = encoder();
    to.begin();
    expect(to.chunk(chunkOf(event({ role: "assistant", content: "" }, { id: "dead", system_fingerprint: "dead" })), NOTHING, [])).toBe("");
    to.begin();
    const text = to.chunk(chunkOf(event({ role: "assistant", content: "" }, { id: "alive" })), NOTHING, []) + to.chunk(chunkOf(event({ content: "hi" }, { id: "alive" })), NOTHING, []);
    expect(text).not.toContain("dead");
    expect(takeApart(text).chunks.map((chunk) => chunk.id)).toEqual(["alive", "alive"]);
  });

  test("that goes on keeps its first id and its role, and adds the tokens of both", () => {
    const to = encoder(true);
    to.begin();
    let text = to.chunk(chunkOf(event({ role: "assistant", content: "one " })), NOTHING, []);
    to.begin();
    text += to.chunk(chunkOf(event({ role: "assistant", content: "two" }, { id: "c2", created: 9 })), NOTHING, []);
    text += to.chunk(chunkOf({ id: "c2", choices: [], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }), NOTHING, []);
    text += to.finish({ input: 30, output: 12, spliced: true });
    const { chunks } = takeApart(text);
    expect(new Set(chunks.map((chunk) => `${chunk.id} ${(chunk as Chunk & { created: number }).created}`))).toEqual(new Set(["c1 3"]));
    expect(chunks.filter((chunk) => chunk.choices[0]?.delta.role === "assistant").length).toBe(1);
    expect(chunks.at(-1)!.usage).toEqual({ prompt_tokens: 30, completion_tokens: 12, total_tokens: 42 });
  });

  test("without a word ends as one all the same", () => {
    expect(takeApart(encoded([]))).toMatchObject({ text: "", finish: ["stop"], done: true });
    expect(takeApart(encoded([event({ role: "assistant", content: "" }), event({}, {}, { finish_reason: "length" })]))).toMatchObject({ text: "", finish: ["length"], done: true });
  });

  test("gives a call its place and its type where the provider gives neither", () => {
    const { chunks } = takeApart(encoded([event({ tool_calls: [{ id: "a", function: { name: "f", arguments: "{}" } }, { id: "b", function: { name: "g", arguments: "{}" } }] }, {}, { finish_reason: "tool_calls" })]));
    expect(chunks[0]!.choices[0]!.delta.tool_calls).toEqual([
      { index: 0, type: "function", id: "a", function: { name: "f", arguments: "{}" } },
      { index: 1, type: "function", id: "b", function: { name: "g", arguments: "{}" } },
    ]);
    expect(chunks.map((chunk) => chunk.choices[0]!.finish_reason)).toEqual([null, "tool_calls"]);
  });
});
