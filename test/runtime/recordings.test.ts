// Every recorded answer of every provider, through every surface, streamed and whole, cut at random bytes: without rules,
// with rules that only look, with rules that redact and hold, and with rules that hold all of it back. What the clients' own libraries make of what
// the gateway gives them is what was recorded, nothing lost and nothing added.
//
//   recording × {chat, responses, messages} × {streamed, whole} × {free, watched, redacted, held}
import { APIError as AnthropicError } from "@anthropic-ai/sdk";
import { APIError as OpenAIError } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createResponsesReader } from "../../runtime/attempt/responses-wire.ts";
import { chat } from "../../runtime/gateway/surfaces/chat/index.ts";
import { messages } from "../../runtime/gateway/surfaces/messages/index.ts";
import { serve, type Serving } from "#runtime";
import { createMemoryStore } from "../../runtime/receipt/stores/memory.ts";
import type { ReceiptStore } from "../../runtime/receipt/store.ts";
import { recordings, streamOf, type Recording, type Said, type Wire } from "../support/recordings.ts";
import { startUpstreamServer, type UpstreamServer } from "../support/upstream-server.ts";
import { loadedFrom } from "./gateway/harness.ts";
import { hear, type Heard } from "./recordings-clients.ts";
import { SURFACES, type SurfaceName } from "./surfaces-harness.ts";

const RULES = {
  free: [],
  watched: [`rule r0 on text { match /\\bunlikely-word-\\w+/i  then block "no" }`, `rule r1 on text { match /\\u{10FFFF}{40}x/u  then block "no" }`, `rule r2 on reasoning { match /\\bunlikely-thought\\b/  then block "no" }`],
  redacted: [`rule r0 on text { hold = sentence  match /[aeiou]/  then redact "_" }`, `rule r1 on reasoning { hold = line  match /[aeiou]/  then redact "_" }`],
  held: [`rule r0 on text { hold = all  match /unlikely-word/  then block "no" }`, `rule r1 on tool { match /unlikely-word/  then block "no" }`, `rule r2 on output { match /unlikely-word/  then block "no" }`],
} as const;
type Mode = keyof typeof RULES;
const MODES = Object.keys(RULES) as readonly Mode[];

const KINDS = ["openai", "openai_compatible", "anthropic", "gemini"] as const;

/** Who says it. The kind `openai` answers a client of responses in responses, so its chat is another's there. */
function kindOf({ wire, folder }: Recording, surface: SurfaceName): (typeof KINDS)[number] {
  const kinds: { readonly [its in Wire]: (typeof KINDS)[number] } = { messages: "anthropic", gemini: "gemini", responses: "openai", chat: folder === "openai" && surface !== "responses" ? "openai" : "openai_compatible" };
  return kinds[wire];
}

const ALL = recordings();
const OURS = ALL.filter(({ failure }) => failure === null) as readonly (Recording & { readonly said: Said })[];
/** No gateway asks in responses for a client of another protocol; its answers through those surfaces stand below. */
const served = ({ wire }: Recording, surface: SurfaceName): boolean => wire !== "responses" || surface === "responses";

let upstream: UpstreamServer;
let store: ReceiptStore;
const gateways = new Map<Mode, Serving>();

beforeAll(async () => {
  upstream = await startUpstreamServer(({ text, path, body }, n) => {
    const recorded = ALL.find(({ name }) => text.includes(`play <${name}>`))!;
    if (body["stream"] !== true && !path.includes("streamGenerateContent")) return { does: "json", body: recorded.whole };
    const stream = streamOf(recorded);
    // A few dozen pieces, however long it is.
    return { does: "raw", body: stream, headers: { "content-type": "text/event-stream" }, cuts: { seed: n, longest: Math.max(12, Math.floor(stream.length / 30)) } };
  });
  store = createMemoryStore();
  for (const mode of MODES) {
    const targets = KINDS.map((kind) => `provider p-${kind} { kind = ${kind}  base = "${upstream.base}" }
target t-${kind} = p-${kind} "up" { context = 200k  output = 8k  can = [tools, parallel_tools, reasoning, json] }
model ${kind} { route = t-${kind}  rules = [${RULES[mode].map((_, at) => `r${at}`).join(", ")}] }`);
    const result = await serve({ port: 0, store, loaded: loadedFrom([...RULES[mode], ...targets].join("\n")) });
    if (result.kind !== "serving") throw new Error(`the gateway does not serve: ${JSON.stringify(result)}`);
    gateways.set(mode, result.serving);
  }
});

afterAll(async () => {
  for (const gateway of gateways.values()) await gateway.close();
  await upstream.close();
});

describe.skipIf(ALL.length === 0)("what was recorded is what a client hears", () => {
  const cases = OURS.flatMap((recorded) => SURFACES.filter((surface) => served(recorded, surface)).map((surface) => [recorded.name, surface, recorded] as const));

  describe.each(MODES)("%s", (mode) => {
    test.each(cases)("%s on %s, streamed and whole", async (name, surface, recorded) => {
      const model = kindOf(recorded, surface);
      for (const stream of [true, false]) {
        const heard = await hear(surface, { url: gateways.get(mode)!.url, model, said: `play <${name}>`, stream });
        expect(plain(heard)).toEqual({ ...expected(recorded, surface, mode), model });
        // Reasoning that a rule looked at goes out without what signs it.
        if (mode === "free" || (mode !== "redacted" && recorded.wire === surface)) for (const signature of signaturesOn(surface, recorded)) expect(heard.everything).toContain(signature);
        const [receipt] = (await store.list({ limit: 1 })).receipts;
        expect(receipt).toMatchObject({ surface, model: { name: model }, status: "completed", tokens: { input: recorded.said.usage.input, output: recorded.said.usage.output } });
      }
    });
  });

  test.each(ALL.filter(({ failure }) => failure !== null).flatMap((recorded) => SURFACES.filter((surface) => served(recorded, surface)).map((surface) => [recorded.name, surface, recorded] as const)))(
    "%s is an error of the client's own on %s",
    async (name, surface, recorded) => {
      for (const mode of MODES) {
        const error: unknown = await hear(surface, { url: gateways.get(mode)!.url, model: kindOf(recorded, surface), said: `play <${name}>`, stream: true }).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(surface === "messages" ? AnthropicError : OpenAIError);
        expect((error as OpenAIError).status).toBe(recorded.failure === "refused" ? 400 : 429);
        const [receipt] = (await store.list({ limit: 1 })).receipts;
        expect(receipt!.attempts.map((attempt) => attempt.outcome)).toEqual([recorded.failure]);
      }
    },
  );
});

describe.skipIf(ALL.length === 0)("a recorded response put into another protocol", () => {
  const cases = OURS.filter(({ wire }) => wire === "responses").flatMap((recorded) => (["chat", "messages"] as const).map((surface) => [recorded.name, surface, recorded] as const));
  // A client of messages has no tools of free text to ask for.
  const sayable = cases.filter(([, surface, { events }]) => surface === "chat" || events.every((event) => event.item?.type !== "custom_tool_call"));

  test.each(sayable)("%s says the same as %s", async (_, surface, recorded) => {
    for (const stream of [true, false]) {
      const heard = await hear(surface, { url: "http://127.0.0.1", model: "m", said: "", stream, fetch: async () => encoded(surface, recorded, stream) });
      expect(plain(heard)).toEqual({ ...expected(recorded, surface, "free"), model: "m" });
    }
  });
});

/** The answer as the reader of responses and the writer of the other surface make it. */
function encoded(surface: "chat" | "messages", recorded: Recording, stream: boolean): Response {
  const its = { chat, messages }[surface];
  const reader = createResponsesReader();
  const options = { model: "m", body: {}, wantsUsage: true, fallbackId: `${its.idPrefix}1`, now: 0 };
  const nobody = { text: false, reasoning: false };
  const chunkOf = (raw: object) => ({ protocol: "responses" as const, raw: raw as never, parts: reader.read(raw as never) });
  if (!stream) return new Response(its.whole(chunkOf(recorded.whole!), { watched: nobody, released: [], options }), { headers: { "content-type": "application/json" } });
  const encoder = its.streamEncoder(options);
  encoder.begin();
  const body = recorded.events.map((raw: object) => encoder.chunk(chunkOf(raw), nobody, [])).join("") + encoder.finish({ input: 0, output: 0, spliced: false }) + encoder.done;
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

const ENDS: { readonly [surface in SurfaceName]: { readonly [end in Said["end"]]: string } } = {
  chat: { stop: "stop", length: "length", tool_calls: "tool_calls" },
  responses: { stop: "completed", length: "max_output_tokens", tool_calls: "completed" },
  messages: { stop: "end_turn", length: "max_tokens", tool_calls: "tool_use" },
};

function expected({ said }: Recording & { readonly said: Said }, surface: SurfaceName, mode: Mode): Omit<Heard, "everything" | "turn" | "model"> {
  const spoken = (text: string): string => (mode === "redacted" ? text.replaceAll(/[aeiou]/g, "_") : text);
  const { usage } = said;
  return {
    text: spoken(said.text),
    reasoning: spoken(said.reasoning),
    calls: said.calls.map((call) => ({ ...call, id: call.id ?? expect.stringMatching(/^(call|toolu)_/), text: surface === "messages" ? null : (call.text ?? expect.any(String)) })),
    end: ENDS[surface][said.end],
    usage: { ...usage, reasoning: surface === "messages" ? 0 : usage.reasoning, cacheRead: usage.cacheRead },
  };
}

/** A signature behind the text is of use to its model and not asked for by it: only chat has a place for it. */
function signaturesOn(surface: SurfaceName, { name, said }: Recording & { readonly said: Said }): readonly string[] {
  return name === "gemini/text" && surface !== "chat" ? [] : said.signatures;
}

function plain(heard: Heard): Omit<Heard, "everything" | "turn"> {
  const { everything: _, turn: __, ...said } = heard;
  return said;
}
