// A model's own reasoning comes back to it through a client of any protocol, and to no other model: the next step of an
// agent thinks on where the last one stopped, and a target that takes over gets nothing it would refuse.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serve, type Serving } from "#runtime";
import { createMemoryStore } from "../../runtime/receipt/stores/memory.ts";
import { chatEvents, completion, startUpstreamServer, type UpstreamServer } from "../support/upstream-server.ts";
import { stream as streamOf } from "./attempt/native.ts";
import { loadedFrom } from "./gateway/harness.ts";
import { hear } from "./recordings-clients.ts";
import { SURFACES, type SurfaceName } from "./surfaces-harness.ts";

const THOUGHT = [
  { type: "thinking", thinking: "let me look", signature: "signed-by-claude" },
  { type: "redacted_thinking", data: "hidden-by-claude" },
  { type: "text", text: "Looking." },
  { type: "tool_use", id: "toolu_1", name: "look_up", input: { of: "x" } },
];
const MESSAGE = { id: "msg_1", type: "message", role: "assistant", model: "up", content: THOUGHT, stop_reason: "tool_use", stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 } };
const EVENTS = [
  { type: "message_start", message: { ...MESSAGE, content: [], stop_reason: null } },
  ...THOUGHT.flatMap((block, index) => {
    const { type } = block;
    const delta = (its: object) => ({ type: "content_block_delta", index, delta: its });
    const start = (its: object) => ({ type: "content_block_start", index, content_block: its });
    const stop = { type: "content_block_stop", index };
    if (type === "thinking") return [start({ type, thinking: "", signature: "" }), delta({ type: "thinking_delta", thinking: block.thinking }), delta({ type: "signature_delta", signature: block.signature }), stop];
    if (type === "text") return [start({ type, text: "" }), delta({ type: "text_delta", text: block.text }), stop];
    if (type === "tool_use") return [start({ ...block, input: {} }), delta({ type: "input_json_delta", partial_json: JSON.stringify(block.input) }), stop];
    return [start(block), stop];
  }),
  { type: "message_delta", delta: { stop_reason: "tool_use", stop_sequence: null }, usage: { output_tokens: 1 } },
  { type: "message_stop" },
].map((event) => JSON.stringify(event));

const CALL = { index: 0, id: "c1", type: "function", function: { name: "look_up", arguments: '{"of":"x"}' } };
const THOUGHT_IN_CHAT = completion("", { choices: [{ index: 0, message: { role: "assistant", content: null, reasoning_content: "let me look", tool_calls: [CALL] }, finish_reason: "tool_calls" }] });
const THINKS = [{ reasoning_content: "let me " }, { reasoning_content: "look" }, { tool_calls: [CALL] }, null].map((delta) => JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "up", choices: [{ index: 0, delta: delta ?? {}, finish_reason: delta === null ? "tool_calls" : null }] }));

const PARTS = [{ text: "let me look", thought: true }, { text: "Looking." }, { functionCall: { name: "look_up", args: { of: "x" } }, thoughtSignature: "signed-by-gemini" }, { functionCall: { name: "look_up", args: { of: "y" } } }];
const ANSWER = { candidates: [{ content: { role: "model", parts: PARTS }, finishReason: "STOP", index: 0 }], usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, thoughtsTokenCount: 1 } };

/** What each provider gets of its own. */
const OWN = {
  anthropic: [THOUGHT[0], THOUGHT[1]],
  gemini: [{ functionCall: { name: "look_up", args: { of: "x" } }, thoughtSignature: "signed-by-gemini" }],
} as const;
type Own = keyof typeof OWN;
const KINDS = ["anthropic", "gemini", "openai", "openai_compatible", "openrouter"] as const;

let upstream: UpstreamServer;
let gateway: Serving;

beforeAll(async () => {
  upstream = await startUpstreamServer(({ path, body }) => {
    if (path.includes("streamGenerateContent")) return streamOf([JSON.stringify(ANSWER)]);
    if (path.includes("generateContent")) return { does: "json", body: ANSWER };
    if (path.endsWith("/messages")) return body["stream"] === true ? streamOf(EVENTS) : { does: "json", body: MESSAGE };
    if (path.endsWith("/responses")) return { does: "fails", status: 418 };
    if (body["model"] === "thinker") return body["stream"] === true ? { does: "stream", events: THINKS } : { does: "json", body: THOUGHT_IN_CHAT };
    return body["stream"] === true ? { does: "stream", events: chatEvents(["ok"]) } : { does: "json", body: completion("ok") };
  });
  const targets = KINDS.map((kind) => `provider p-${kind} { kind = ${kind}  base = "${upstream.base}" }
target t-${kind} = p-${kind} "up" { context = 200k  output = 8k  can = [tools, parallel_tools, reasoning, json] }
model ${kind} { route = t-${kind} }`);
  // Another server of a kind that is above, and its own model.
  targets.push(`provider p-thinker { kind = openai_compatible  base = "${upstream.base}" }
target t-thinker = p-thinker "thinker" { context = 200k  output = 8k  can = [tools, parallel_tools, reasoning, json] }
model thinker { route = t-thinker }`);
  const result = await serve({ port: 0, store: createMemoryStore(), loaded: loadedFrom(targets.join("\n")) });
  if (result.kind !== "serving") throw new Error("the gateway does not serve");
  gateway = result.serving;
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

/** Asks `first`, answers its calls, and asks `second`: the body `second` gets. */
async function twice(surface: SurfaceName, stream: boolean, { first, second }: { readonly first: Own | "thinker"; readonly second: (typeof KINDS)[number] | "thinker" }): Promise<string> {
  const { url } = gateway;
  const { turn, calls } = await hear(surface, { url, model: first, said: "look", stream });
  const results = {
    chat: calls.map(({ id }) => ({ role: "tool", tool_call_id: id, content: "found" })),
    responses: calls.map(({ id }) => ({ type: "function_call_output", call_id: id, output: "found" })),
    messages: [{ role: "user", content: calls.map(({ id }) => ({ type: "tool_result", tool_use_id: id, content: "found" })) }],
  };
  const sent = upstream.seen.length;
  await hear(surface, { url, model: second, said: "look", stream, more: [...turn, ...results[surface]] }).catch(() => null);
  return upstream.seen[sent]!.text;
}

const EACH = SURFACES.flatMap((surface) => [true, false].map((stream) => [surface, stream] as const));
const OWNS = Object.keys(OWN) as Own[];

describe.each(EACH)("through a client of %s, streamed %s,", (surface, stream) => {
  test.each(OWNS)("%s gets its own reasoning back", async (kind) => {
    const body = await twice(surface, stream, { first: kind, second: kind });
    const sent = JSON.parse(body) as { messages?: { content: unknown }[]; contents?: { parts: unknown[] }[] };
    const content = kind === "anthropic" ? sent.messages![1]!.content : sent.contents![1]!.parts;
    expect(content).toEqual(expect.arrayContaining([...OWN[kind]]));
    expect(body).not.toMatch(/wardwright|skip_thought/);
  });

  const strangers = OWNS.flatMap((first) => KINDS.filter((second) => second !== first && second !== "openrouter").map((second) => [first, second] as const));
  test.each(strangers)("what %s signed is not sent to %s", async (first, second) => {
    // Of a client that speaks its own protocol a server is asked for all it knows: it may be Google's own.
    if (surface === "chat" && second === "openai_compatible") return;
    expect(await twice(surface, stream, { first, second })).not.toMatch(/signed-by|hidden-by|wardwright|reasoning_details|extra_content/);
  });

  test("a chat server that thinks aloud gets its own thoughts of this turn back, and no other one does", async () => {
    const own = JSON.parse(await twice(surface, stream, { first: "thinker", second: "thinker" })) as { messages: { reasoning_content?: string }[] };
    if (surface !== "chat") expect(own.messages[1]).toEqual({ role: "assistant", content: null, reasoning_content: "let me look", tool_calls: [expect.anything()] });
    for (const second of KINDS) if (surface !== "chat") expect(await twice(surface, stream, { first: "thinker", second })).not.toMatch(/let me look|wardwright|p-thinker/);
  });

  test("a server that knows whose it is gets it as it is", async () => {
    expect(await twice(surface, stream, { first: "anthropic", second: "openrouter" })).toMatch(/"reasoning_details":\[.*signed-by-claude.*anthropic-claude-v1/);
  });
});
