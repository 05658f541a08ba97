// Conversations on `/v1/responses` whose requests leave their history out: to guards, rules and providers they are the
// same as those that are sent whole.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bundleText } from "#compiler";
import { DEFAULT_CONVERSATIONS, type Conversations } from "#runtime";
import { createMemoryConversations } from "../../runtime/conversations/index.ts";
import { realClock } from "../support/clock.ts";
import { startUpstreamServer, type Answer } from "../support/upstream-server.ts";
import { geminiAnswer, geminiEvents, message, messageEvents, stream } from "./attempt/native.ts";
import { aKey, bearing, keysFile } from "./callers/keys.ts";
import { gatewayFor, loadedFrom, mockModel, upstream, type TestGateway } from "./gateway/harness.ts";
import { eventsOf, post } from "./surfaces-harness.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- requests and answers of several protocols, read by tests alone
type Json = any;

const MODEL = "rules = [keys, circles, style] }";
const RULES = `rule keys on text { match /sk-[0-9]{4}/  then redact "[key]" }
rule circles on tool { repeat 3 within 10 turns  then block "tool loop" }
rule style on request { then prepend "Be brief." }`;

// ── what providers say ───────────────────────────────────────────────────────────────────────────────────────

type Says = { readonly text: string; readonly calls: readonly { readonly name: string; readonly input: object }[]; readonly thought: boolean };
type Kind = "openai_compatible" | "anthropic" | "gemini" | "openai";
const KINDS: readonly Kind[] = ["openai_compatible", "anthropic", "gemini", "openai"];

const toolCalls = (calls: Says["calls"]): Json[] => calls.map(({ name, input }, index) => ({ index, id: `call_${index}`, type: "function", function: { name, arguments: JSON.stringify(input) } }));

const SAYS: Readonly<Record<Kind, (says: Says, how: { readonly streamed: boolean; readonly nth: number }) => Answer>> = {
  openai_compatible({ text, calls }, { streamed }) {
    const about = { id: "c", object: "chat.completion", created: 1, model: "x" };
    const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
    const finish_reason = calls.length > 0 ? "tool_calls" : "stop";
    const said = { role: "assistant", content: text === "" ? null : text, ...(calls.length > 0 ? { tool_calls: toolCalls(calls) } : {}) };
    if (!streamed) return { does: "json", body: { ...about, choices: [{ index: 0, message: said, finish_reason }], usage } };
    return { does: "stream", events: [{ ...about, choices: [{ index: 0, delta: said, finish_reason: null }] }, { ...about, choices: [{ index: 0, delta: {}, finish_reason }], usage }].map((event) => JSON.stringify(event)) };
  },
  anthropic({ text, calls }, { streamed }) {
    const its = { text: text === "" ? [] : [text], calls, finish: calls.length > 0 ? "tool_use" : "end_turn" };
    return streamed ? stream(messageEvents(its)) : { does: "json", body: message(its) };
  },
  gemini({ text, calls }, { streamed }) {
    const its = { text: text === "" ? [] : [text], calls };
    return streamed ? stream(geminiEvents(its)) : { does: "json", body: geminiAnswer(its) };
  },
  openai({ text, calls, thought }, { streamed, nth }) {
    const output: Json[] = [
      ...(thought ? [{ id: `rs_${nth}`, type: "reasoning", summary: [], ...(nth % 2 === 0 ? { encrypted_content: `e${nth}` } : {}) }] : []),
      ...(text === "" ? [] : [{ id: `msg_${nth}`, type: "message", status: "completed", role: "assistant", content: [{ type: "output_text", text, annotations: [], logprobs: [] }] }]),
      ...calls.map(({ name, input }, at) => ({ id: `fc_${nth}_${at}`, type: "function_call", status: "completed", call_id: `call_${nth}_${at}`, name, arguments: JSON.stringify(input) })),
    ];
    const response = { id: `resp_${nth}`, object: "response", created_at: 1, status: "completed", model: "x", output, store: true, usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 } };
    if (!streamed) return { does: "json", body: response };
    const events: Json[] = [{ type: "response.created", response: { ...response, status: "in_progress", output: [] } }];
    for (const [output_index, item] of output.entries()) {
      events.push({ type: "response.output_item.added", output_index, item: { ...item, ...(item.type === "message" ? { content: [] } : {}), ...(item.type === "function_call" ? { arguments: "" } : {}) } });
      if (item.type === "message") events.push({ type: "response.output_text.delta", output_index, content_index: 0, item_id: item.id, delta: text });
      if (item.type === "function_call") events.push({ type: "response.function_call_arguments.delta", output_index, item_id: item.id, delta: item.arguments });
      events.push({ type: "response.output_item.done", output_index, item });
    }
    return stream([...events, { type: "response.completed", response }].map((event, sequence_number) => JSON.stringify({ ...event, sequence_number })));
  },
};

// ── a client ─────────────────────────────────────────────────────────────────────────────────────────────────

async function respond(gateway: Pick<TestGateway, "url">, body: Json, headers: Record<string, string> = {}): Promise<Json> {
  const response = await post(gateway, "/v1/responses", { model: "m", ...body }, headers);
  if (response.headers.get("content-type")?.startsWith("text/event-stream") !== true) return { http: response.status, ...((await response.json()) as object) };
  return { http: response.status, ...eventsOf(await response.text()).at(-1).response };
}

const provider = (kind: Kind, base: string): string => `provider p { kind = ${kind}  base = "${base}"  ${kind === "openai_compatible" ? "" : "key = env(KEY)"} }
target t = p "up" { context = 32Ki  output = 4k  can = [tools, parallel_tools, reasoning]  price = $1/$2 }`;

const TOOLS = [{ type: "function", name: "look_up", parameters: { type: "object" } }];

type Turn = { readonly say: string; readonly answer: Says; readonly streamed: boolean; readonly instructions: boolean; readonly list: boolean; readonly by: "response" | "items" };
const turns: fc.Arbitrary<readonly Turn[]> = fc.array(
  fc.record({
    say: fc.constantFrom("hi", "go on", "and then?", "é😀"),
    answer: fc.record({ text: fc.constantFrom("", "so", "the key is sk-1234.", "naïve ☃"), calls: fc.array(fc.record({ name: fc.constantFrom("look_up", "write"), input: fc.constantFrom({}, { of: "x" }) }), { maxLength: 2 }), thought: fc.boolean() }),
    streamed: fc.boolean(),
    instructions: fc.boolean(),
    list: fc.boolean(),
    by: fc.constantFrom("response" as const, "items" as const),
  }),
  { minLength: 2, maxLength: 5 },
);

/** What the client says in a turn: the results of the calls before, and a message. */
function own(turn: Turn, before: Json | null): Json[] {
  const outputs = (before?.output ?? []).filter((item: Json) => item.type === "function_call").map((call: Json) => ({ type: "function_call_output", call_id: call.call_id, output: "found" }));
  return [...outputs, turn.list ? { role: "user", content: [{ type: "input_text", text: turn.say }] } : { type: "message", role: "user", content: turn.say }];
}

describe.each(KINDS)("over a provider of kind %s", (kind) => {
  test("a conversation sent turn by turn plans, governs and reaches the provider as the same one sent whole", async () => {
    let script: readonly Turn[] = [];
    let at = 0;
    const server = await startUpstreamServer((seen) => SAYS[kind](script[at]!.answer, { streamed: seen.body["stream"] === true || seen.path.includes("stream"), nth: at }));
    try {
      await fc.assert(
        fc.asyncProperty(turns, async (all) => {
          script = all;
          // Ids of this provider begin anew with each conversation, so its memory does as well.
          const conversations = createMemoryConversations({ clock: realClock() });
          const options = { secrets: () => "k", conversations };
          const policy = `${provider(kind, server.base)}\n${RULES}\nmodel m { route = t  ${MODEL}`;
          const [leaving, whole] = [await gatewayFor(policy, options), await gatewayFor(policy, { secrets: () => "k" })];
          const history: Json[] = [];
          /** The same, its answers by reference. */
          const referring: Json[] = [];
          let before: Json | null = null;
          const first = server.seen.length;
          for (at = 0; at < all.length; at++) {
            const turn = all[at]!;
            const said = own(turn, before);
            const about = { tools: TOOLS, ...(turn.streamed ? { stream: true } : {}), ...(turn.instructions ? { instructions: `Turn ${at}.` } : {}) };
            const left: Json = before === null ? { input: said } : turn.by === "response" ? { input: said, previous_response_id: before.id } : { input: [...referring, ...said] };
            const one: Json = await respond(leaving, { ...about, ...left });
            const other: Json = await respond(whole, { ...about, store: false, input: [...history, ...said] });
            expect([one.status, one.http, one.error]).toEqual([other.status, other.http, other.error]);
            if (one.http !== 200) break;
            expect([one.previous_response_id, one.store, other.previous_response_id, other.store]).toEqual([left.previous_response_id ?? null, true, null, false]);
            history.push(...said, ...one.output);
            referring.push(...said, ...one.output.map(({ id }: Json) => ({ type: "item_reference", id })));
            before = one;
          }
          const bodies = server.seen.slice(first).map(({ body }) => ({ ...body, store: null }));
          expect(bodies.filter((_, nth) => nth % 2 === 0)).toEqual(bodies.filter((_, nth) => nth % 2 === 1));
          expect(JSON.stringify(bodies)).not.toMatch(/sk-\d|previous_response_id|item_reference/);
          const facts = async (gateway: TestGateway) => (await gateway.receipts()).map(({ request, decision, triggers, status, tokens }) => ({ request, decision, triggers, status, tokens }));
          expect(await facts(leaving)).toEqual(await facts(whole));
          await Promise.all([leaving.close(), whole.close()]);
        }),
        { numRuns: 25 },
      );
    } finally {
      await server.close();
    }
  }, 60_000);
});

test("a rule that counts calls counts those of the turns that a request leaves out", async () => {
  const a = await upstream([SAYS.openai_compatible({ text: "", calls: [{ name: "look_up", input: { of: "x" } }], thought: false }, { streamed: false, nth: 0 })]);
  const gateway = await gatewayFor(`${provider("openai_compatible", a.base)}\n${RULES}\nmodel m { route = t  rules = [circles] }`);
  let previous_response_id: string | null = null;
  const seen: Json[] = [];
  for (let nth = 0; nth < 3; nth++) {
    const answer = await respond(gateway, { tools: TOOLS, previous_response_id, input: nth === 0 ? "hi" : [{ type: "function_call_output", call_id: seen.at(-1).output[0].call_id, output: "found" }] });
    seen.push(answer);
    previous_response_id = answer.id;
  }
  expect(seen.map(({ http, error }) => [http, error?.message ?? null])).toEqual([[200, null], [200, null], [422, "tool loop"]]);
});

describe("what is kept", () => {
  const ASKED = mockModel([["so far ", "so good, a secret"]], 'rule r on text { match /secret/  then block "no" }\nmodel m { route = t  rules = [r] }\nmodel plain { route = t }');
  const goesOn = (gateway: TestGateway, previous_response_id: string): Promise<Json> => respond(gateway, { model: "plain", input: "go on", previous_response_id });

  test("is not what `store` says no to, and the answer says so", async () => {
    const gateway = await gatewayFor(ASKED);
    const first = await respond(gateway, { model: "plain", input: "hi", store: false });
    expect([first.http, first.store]).toEqual([200, false]);
    expect(await goesOn(gateway, first.id)).toMatchObject({ http: 400, error: { code: "previous_response_not_found", param: "previous_response_id", type: "invalid_request_error", message: `Previous response with id '${first.id}' not found.` } });
    expect(await respond(gateway, { model: "plain", input: [{ type: "item_reference", id: first.output[0].id }] })).toMatchObject({ http: 404, error: { param: "input", code: null, type: "invalid_request_error" } });
  });

  test("is what the client has of an answer that policy ended, and nothing of what was held back", async () => {
    const a = await upstream([
      { does: "stream", events: ["so far ", "so good, a sec", "ret"].map((content) => JSON.stringify({ id: "c", choices: [{ index: 0, delta: { content }, finish_reason: null }] })) },
      SAYS.openai_compatible({ text: "on", calls: [], thought: false }, { streamed: false, nth: 1 }),
    ]);
    const gateway = await gatewayFor(`${provider("openai_compatible", a.base)}\nrule r on text { match /secret/  then block "no" }\nmodel m { route = t  rules = [r] }`);
    const ended = await respond(gateway, { input: "hi", stream: true });
    expect([ended.status, ended.incomplete_details]).toEqual(["incomplete", { reason: "content_filter" }]);
    expect(await respond(gateway, { input: "go on", previous_response_id: ended.id })).toMatchObject({ http: 200 });
    expect(a.seen[1]!.body["messages"]).toEqual([{ role: "user", content: "hi" }, { role: "assistant", content: "so far so good, a " }, { role: "user", content: "go on" }]);
  });

  test("is no answer that failed", async () => {
    const a = await upstream([{ does: "stream", events: [JSON.stringify({ id: "c", choices: [{ index: 0, delta: { content: "half" }, finish_reason: null }] })], done: false, then: "cut" }]);
    const gateway = await gatewayFor(`${provider("openai_compatible", a.base)}\nmodel m { route = t }`);
    const failed = await respond(gateway, { input: "hi", stream: true });
    expect(failed.status).toBe("failed");
    expect(await respond(gateway, { input: "go on", previous_response_id: failed.id })).toMatchObject({ http: 400, error: { code: "previous_response_not_found" } });
  });

  test("is told to the key it belongs to, and to no other", async () => {
    const [ann, bob] = [aKey("ann"), aKey("bob")];
    const gateway = await gatewayFor(mockModel([["x"]], "model plain { route = t }"), { keys: keysFile(ann, bob) });
    const first = await respond(gateway, { model: "plain", input: "mine" }, bearing(ann).headers);
    const asked = (key: typeof ann, body: Json): Promise<Json> => respond(gateway, { model: "plain", ...body }, bearing(key).headers);
    const others = await asked(bob, { input: "go on", previous_response_id: first.id });
    const nobodys = await asked(bob, { input: "go on", previous_response_id: "resp_nobody" });
    expect([others.http, others.error.message.replace(first.id, "")]).toEqual([400, nobodys.error.message.replace("resp_nobody", "")]);
    expect((await asked(bob, { input: [{ type: "item_reference", id: first.output[0].id }] })).http).toBe(404);
    expect((await asked(ann, { input: [{ type: "item_reference", id: first.output[0].id }], previous_response_id: first.id })).http).toBe(200);
  });

  test("stays when the policy is swapped and rolled back", async () => {
    const gateway = await gatewayFor(mockModel([["x"]], "model plain { route = t }"));
    const first = await respond(gateway, { model: "plain", input: "hi" });
    const other = loadedFrom(mockModel([["y"]], "model plain { route = t }"));
    expect((await fetch(`${gateway.url}/admin/bundles`, { method: "POST", headers: { "content-type": "application/json" }, body: bundleText(other.bundle) })).status).toBe(200);
    const second = await goesOn(gateway, first.id);
    expect((await fetch(`${gateway.url}/admin/bundles/rollback`, { method: "POST" })).status).toBe(200);
    expect([second.http, (await goesOn(gateway, second.id)).http]).toEqual([200, 200]);
  });

  test("never loses an answer: where nothing can be kept it is given, and unknown afterwards", async () => {
    const broken: Conversations = { keep: () => Promise.reject(new Error("gone")), recall: (_, { response }) => Promise.resolve({ kind: "unknown", what: "response", id: response! }), close: () => Promise.resolve() };
    const gateway = await gatewayFor(mockModel([["x"]], "model plain { route = t }"), { conversations: broken });
    const first = await respond(gateway, { model: "plain", input: "hi", stream: true });
    expect([first.status, (await goesOn(gateway, first.id)).http]).toEqual(["completed", 400]);
  });
});

describe("a request that leaves something out", () => {
  const POLICY = mockModel([["x".repeat(2000)]], "model m { route = t }");

  test("is refused where the gateway keeps nothing, and told of the flag", async () => {
    const gateway = await gatewayFor(POLICY, { conversations: null });
    for (const left of [{ input: "hi", previous_response_id: "resp_1" }, { input: [{ type: "item_reference", id: "msg_1" }] }]) {
      expect(await respond(gateway, left)).toMatchObject({ http: 400, error: { code: "unsupported_parameter", message: expect.stringContaining("--conversations off") } });
    }
    expect(await respond(gateway, { input: "hi" })).toMatchObject({ http: 200, store: false });
  });

  test("is refused for what is wrong with it before anything is recalled", async () => {
    const gateway = await gatewayFor(POLICY);
    const first = await respond(gateway, { input: "hi" });
    const about = { previous_response_id: first.id };
    const table: readonly (readonly [object, string])[] = [
      [{ ...about }, "input"],
      [{ ...about, input: [{ role: "user" }] }, "input[0].content"],
      [{ input: "hi", previous_response_id: 7 }, "previous_response_id"],
      [{ ...about, input: "hi", conversation: "conv_1" }, "conversation"],
      [{ ...about, input: "hi", prompt: { id: "p" } }, "prompt"],
      [{ ...about, input: "hi", background: true }, "background"],
    ];
    for (const [body, param] of table) expect(await respond(gateway, body)).toMatchObject({ http: 400, error: { param } });
    expect(await respond(gateway, { input: "hi", previous_response_id: null })).toMatchObject({ http: 200, previous_response_id: null });
  });

  test("is no larger with what it leaves out than one that is sent whole may be, however it doubles", async () => {
    const gateway = await gatewayFor(`provider local { kind = mock }\ntarget t = local "m" { context = 4Mi  output = 4k  price = free  replies = [["${"x".repeat(2000)}"]] }\nmodel m { route = t }`, { maxBody: 20_000 });
    let last = await respond(gateway, { input: "hi" });
    const sizes: number[] = [last.http];
    for (let nth = 0; nth < 6 && last.http === 200; nth++) {
      last = await respond(gateway, { previous_response_id: last.id, input: [{ role: "user", content: "more" }, { type: "item_reference", id: last.output[0].id }] });
      sizes.push(last.http);
    }
    expect(sizes).toEqual([200, 200, 200, 200, 200, 413]);
    expect(last.error).toMatchObject({ code: "request_too_large", param: "previous_response_id", type: "invalid_request_error" });
    const first = await respond(gateway, { input: "hi" });
    expect(await respond(gateway, { input: Array.from({ length: 200 }, () => ({ id: first.output[0].id })) })).toMatchObject({ http: 413 });
  });
});

test("reasoning that its provider cannot find stays out, and what came with it does not ask for it", async () => {
  const a = await upstream([SAYS.openai({ text: "thought of it", calls: [{ name: "look_up", input: {} }], thought: true }, { streamed: false, nth: 1 })]);
  const gateway = await gatewayFor(`${provider("openai", a.base)}\nmodel m { route = t }`, { secrets: () => "k" });
  const first = await respond(gateway, { input: "hi", tools: TOOLS });
  expect(first.output.map((item: Json) => item.type)).toEqual(["reasoning", "message", "function_call"]);
  await respond(gateway, { previous_response_id: first.id, tools: TOOLS, input: [{ type: "function_call_output", call_id: "call_1_0", output: "found" }] });
  expect(a.seen[1]!.body["input"]).toEqual([
    { type: "message", role: "user", content: "hi" },
    { type: "message", role: "assistant", content: "thought of it" },
    { type: "function_call", status: "completed", call_id: "call_1_0", name: "look_up", arguments: "{}" },
    { type: "function_call_output", call_id: "call_1_0", output: "found" },
  ]);
});

test.each([{}, { stream: true }])("a model's own reasoning comes back to it with its signature, though the client never sends it: %j", async (how) => {
  const thinking = { type: "thinking", thinking: "let me see", signature: "c2ln" };
  const call = { type: "tool_use", id: "toolu_0", name: "look_up", input: {} };
  const usage = { input_tokens: 3, output_tokens: 7 };
  const events = [
    { type: "message_start", message: { id: "msg_1", type: "message", role: "assistant", model: "x", content: [], stop_reason: null, usage } },
    { type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "", signature: "" } },
    { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: thinking.thinking } },
    { type: "content_block_delta", index: 0, delta: { type: "signature_delta", signature: thinking.signature } },
    { type: "content_block_stop", index: 0 },
    { type: "content_block_start", index: 1, content_block: { ...call, input: {} } },
    { type: "content_block_stop", index: 1 },
    { type: "message_delta", delta: { stop_reason: "tool_use", stop_sequence: null }, usage },
    { type: "message_stop" },
  ].map((event) => JSON.stringify(event));
  const a = await upstream(() => ("stream" in how ? stream(events) : { does: "json", body: { id: "msg_1", type: "message", role: "assistant", model: "x", content: [thinking, call], stop_reason: "tool_use", stop_sequence: null, usage } }));
  const gateway = await gatewayFor(`${provider("anthropic", a.base)}\nmodel m { route = t }`, { secrets: () => "k" });
  const about = { ...how, tools: TOOLS, reasoning: { effort: "low" } };
  const first = await respond(gateway, { ...about, input: "hi" });
  const output = { type: "function_call_output", call_id: "toolu_0", output: "found" };
  await respond(gateway, { ...about, previous_response_id: first.id, input: [output] });
  await respond(gateway, { ...about, input: [{ role: "user", content: "hi" }, ...first.output.map(({ id }: Json) => ({ type: "item_reference", id })), output] });
  for (const nth of [1, 2]) expect((a.seen[nth]!.body["messages"] as Json[])[1].content).toMatchObject([thinking, { type: "tool_use", id: "toolu_0" }]);
});

test("there is room for conversations unless somebody says otherwise", () => {
  expect(DEFAULT_CONVERSATIONS).toBe(64 * 1024 * 1024);
});
