// Providers with protocols of their own behind the gateway: what they said is what a client of another protocol gets, and
// rules hold for them as for any other.
import { describe, expect, test } from "vitest";
import { recording } from "../../support/recordings.ts";
import type { Answer, UpstreamServer } from "../../support/upstream-server.ts";
import { geminiAnswer, geminiEvents, message, messageEvents, stream } from "../attempt/native.ts";
import { gatewayFor as gatewayWith, streamed, upstream, type Streamed, type TestGateway } from "./harness.ts";

type Kind = "anthropic" | "gemini";

const gatewayFor = (policy: string): Promise<TestGateway> => gatewayWith(policy, { secrets: () => "k-ours" });

function target(kind: Kind, server: UpstreamServer, name = "a", fields = ""): string {
  return `provider p-${name} { kind = ${kind}  base = "${server.base}"  key = env(KEY) }
target ${name} = p-${name} "up-${name}" { context = 200k  output = 4k  can = [tools, json, vision, reasoning]  price = $1/$2 ${fields} }
`;
}
const model = (rules = "") => `model m { route = a  rules = [${rules}] }`;

/** All a chat client makes of a stream. */
function made({ chunks, text }: Streamed) {
  const deltas = chunks.flatMap((chunk) => (chunk.choices ?? []).map((choice) => choice.delta));
  const calls: { id: string; name: string; arguments: string; signature?: string }[] = [];
  type Piece = { index: number; id?: string; function?: { name?: string; arguments?: string }; extra_content?: { google: { thought_signature: string } } };
  for (const piece of deltas.flatMap((delta) => (delta.tool_calls ?? []) as Piece[])) {
    const call = (calls[piece.index] ??= { id: "", name: "", arguments: "" });
    call.id += piece.id ?? "";
    call.name += piece.function?.name ?? "";
    call.arguments += piece.function?.arguments ?? "";
    if (piece.extra_content !== undefined) call.signature = piece.extra_content.google.thought_signature;
  }
  return {
    text,
    reasoning: deltas.map((delta) => delta.reasoning_content ?? "").join(""),
    details: deltas.flatMap((delta) => (delta as { reasoning_details?: unknown[] }).reasoning_details ?? []),
    calls,
    roles: deltas.flatMap((delta) => (delta.role === undefined ? [] : [delta.role])),
    usage: chunks.at(-1)?.usage,
  };
}

const refusal = recording("anthropic/refusal");
test.skipIf(refusal === null)("a recorded refusal is one, and a cascade may move on by it", async () => {
  const a = await upstream([stream(refusal!)]);
  const b = await upstream([stream(geminiEvents({ text: ["I can"] }))]);
  const gateway = await gatewayFor(`${target("anthropic", a, "a")}${target("gemini", b, "b")}cascade c { try a { on = [refused] } try b }\nmodel m { route = c }`);
  expect((await streamed(await gateway.chat({ model: "m", stream: true }))).text).toBe("I can");
  expect((await gateway.receipts())[0]!.attempts.map((one) => one.outcome)).toEqual(["refused", "ok"]);
});

// ── governed alike ───────────────────────────────────────────────────────────────────────────────────────────

const SAYS: { readonly [kind in Kind]: (texts: readonly string[]) => Answer } = {
  anthropic: (text) => stream(messageEvents({ text })),
  gemini: (text) => stream(geminiEvents({ text })),
};
const WHOLE: { readonly [kind in Kind]: (text: string) => Answer } = {
  anthropic: (text) => ({ does: "json", body: message({ text: [text] }) }),
  gemini: (text) => ({ does: "json", body: geminiAnswer({ text: [text] }) }),
};
const REDACT = 'rule no-card on text { match /card [0-9]{4}/  then redact "[card]" }\n';
const BLOCK = 'rule no-secret on text { match /secret/  then block "that stays here" }\n';

describe.each(["anthropic", "gemini"] as const)("%s is governed like any other:", (kind) => {
  test("a redaction takes the match out of a stream, wherever it is cut", async () => {
    const server = await upstream([SAYS[kind](["my ca", "rd 12", "34 is ", "new"])]);
    const gateway = await gatewayFor(target(kind, server) + REDACT + model("no-card"));
    const answer = await streamed(await gateway.chat({ model: "m", stream: true }));
    expect([answer.text, answer.done, answer.finish]).toEqual(["my [card] is new", true, ["stop"]]);
  });

  test("a redaction takes the match out of a whole answer", async () => {
    const server = await upstream([WHOLE[kind]("my card 1234 is new")]);
    const gateway = await gatewayFor(target(kind, server) + REDACT + model("no-card"));
    const body = (await (await gateway.chat({ model: "m" })).json()) as { object: string; model: string; created: number; choices: { message: { role: string; content: string }; finish_reason: string }[]; usage: object };
    expect(body.choices).toMatchObject([{ index: 0, message: { role: "assistant", content: "my [card] is new" }, finish_reason: "stop" }]);
    expect(body).toMatchObject({ object: "chat.completion", model: "m", usage: { prompt_tokens: 3, completion_tokens: 7, total_tokens: 10 } });
    expect(body.created).toBeGreaterThan(0);
  });

  test("a block ends a stream in chat's words, with nothing of the match out", async () => {
    const server = await upstream([SAYS[kind](["this is a sec", "ret", " indeed"])]);
    const gateway = await gatewayFor(target(kind, server) + BLOCK + model("no-secret"));
    const answer = await streamed(await gateway.chat({ model: "m", stream: true }));
    expect([answer.text, answer.done, answer.finish]).toEqual(["this is a ", true, ["content_filter"]]);
  });

  test("a block of a whole answer is an error with the rule's id", async () => {
    const server = await upstream([WHOLE[kind]("a secret")]);
    const gateway = await gatewayFor(target(kind, server) + BLOCK + model("no-secret"));
    const response = await gateway.chat({ model: "m" });
    expect(response.status).toBe(422);
    expect(((await response.json()) as { error: object }).error).toMatchObject({ code: "rule:no-secret", message: "that stays here" });
  });

  test("a retry goes on from what was released, in the provider's own words", async () => {
    const server = await upstream([SAYS[kind](["call it and then ", "Old", "Client(x)"]), SAYS[kind](["New", "Client(x) done"])]);
    const gateway = await gatewayFor(`${target(kind, server)}rule no-old on text { match /OldClient/  then retry { limit = 2  remind = "Use NewClient." }  exhausted block "no" }\n${model("no-old")}`);
    expect((await streamed(await gateway.chat({ model: "m", stream: true }))).text).toBe("call it and then NewClient(x) done");
    const sent = JSON.stringify(server.seen[1]!.body);
    expect(sent).toContain("call it and then ");
    expect(sent).toContain("Use NewClient.");
  });

  test("a provider that dies in mid-answer is replaced by one of another protocol", async () => {
    const events = kind === "anthropic" ? messageEvents({ text: ["one ", "two "], finish: null }) : geminiEvents({ text: ["one ", "two "], finish: null });
    const other: Kind = kind === "anthropic" ? "gemini" : "anthropic";
    const a = await upstream([stream(events, { then: "cut" })]);
    const b = await upstream([SAYS[other](["three"])]);
    const gateway = await gatewayFor(`${target(kind, a, "a")}${target(other, b, "b")}cascade c { resume = continue  try a  try b }\nmodel m { route = c }`);
    const answer = await streamed(await gateway.chat({ model: "m", stream: true }));
    expect([answer.text, answer.done]).toEqual(["one two three", true]);
  });

  test("what cannot be said to it is a bad request that names the field, and reaches nobody", async () => {
    const server = await upstream([SAYS[kind](["x"])]);
    const gateway = await gatewayFor(target(kind, server) + model());
    const response = await gateway.chat({ model: "m", stream: true, logit_bias: { "1": 2 } });
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: { message: string; type: string } };
    expect(error).toMatchObject({ type: "invalid_request_error" });
    expect(error.message).toContain("`logit_bias`");
    expect(server.seen).toHaveLength(0);
  });

  test("calls come to the client as chat's, and their results go back as the provider's", async () => {
    const calls = [{ name: "look_up", input: { q: "é" } }, { name: "look_up", input: {} }];
    const server = await upstream([kind === "anthropic" ? stream(messageEvents({ text: ["see"], calls, finish: "tool_use" })) : stream(geminiEvents({ text: ["see"], calls }))]);
    const gateway = await gatewayFor(target(kind, server) + model());
    const tools = [{ type: "function", function: { name: "look_up", parameters: { type: "object" } } }];
    const first = await streamed(await gateway.chat({ model: "m", stream: true, tools }));
    const client = made(first);
    expect(first.finish).toEqual(["tool_calls"]);
    expect(client.calls.map(({ name, arguments: its }) => [name, JSON.parse(its) as unknown])).toEqual(calls.map(({ name, input }) => [name, input]));
    expect(new Set(client.calls.map((call) => call.id)).size).toBe(2);
    const history = [
      { role: "user", content: "hi" },
      { role: "assistant", content: client.text, tool_calls: client.calls.map(({ id, name, arguments: its }) => ({ id, type: "function", function: { name, arguments: its } })) },
      ...client.calls.map(({ id }, at) => ({ role: "tool", tool_call_id: id, content: `result ${at}` })),
    ];
    await streamed(await gateway.chat({ model: "m", stream: true, tools, messages: history }));
    const sent = JSON.stringify(server.seen[1]!.body);
    expect(sent).toContain(kind === "anthropic" ? '"type":"tool_result"' : '"functionResponse":{"name":"look_up"');
    expect(sent.indexOf("result 0")).toBeGreaterThan(0);
    expect(sent.indexOf("result 0")).toBeLessThan(sent.indexOf("result 1"));
  });
});

describe("reasoning that is watched", () => {
  const THINKS = [
    { type: "message_start", message: { content: [], usage: { input_tokens: 1, output_tokens: 1 } } },
    { type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "", signature: "" } },
    { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "the card 1234 it is" } },
    { type: "content_block_delta", index: 0, delta: { type: "signature_delta", signature: "signed" } },
    { type: "content_block_stop", index: 0 },
    { type: "content_block_start", index: 1, content_block: { type: "redacted_thinking", data: "unreadable" } },
    { type: "content_block_stop", index: 1 },
    { type: "content_block_start", index: 2, content_block: { type: "text", text: "hi" } },
    { type: "content_block_stop", index: 2 },
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 2 } },
    { type: "message_stop" },
  ].map((event) => JSON.stringify(event));

  test("goes out without what was signed or cannot be read, because neither was looked at", async () => {
    const server = await upstream([stream(THINKS)]);
    const watched = await gatewayFor(`${target("anthropic", server)}rule no-card on reasoning { match /card [0-9]{4}/  then redact "[card]" }\n${model("no-card")}`);
    const client = made(await streamed(await watched.chat({ model: "m", stream: true })));
    expect([client.reasoning, client.text, client.details]).toEqual(["the [card] it is", "hi", []]);
  });

  test("and where nobody watches it, goes out with both, and back", async () => {
    const server = await upstream([stream(THINKS)]);
    const gateway = await gatewayFor(target("anthropic", server) + model());
    const client = made(await streamed(await gateway.chat({ model: "m", stream: true })));
    const messages = [{ role: "user", content: "hi" }, { role: "assistant", content: client.text, reasoning_content: client.reasoning, reasoning_details: client.details }, { role: "user", content: "go on" }];
    await streamed(await gateway.chat({ model: "m", stream: true, messages }));
    expect((server.seen[1]!.body["messages"] as object[])[1]).toEqual({
      role: "assistant",
      content: [{ type: "thinking", thinking: "the card 1234 it is", signature: "signed" }, { type: "redacted_thinking", data: "unreadable" }, { type: "text", text: "hi" }],
    });
  });
});

describe("an answer that must be JSON", () => {
  const events = messageEvents({ calls: [{ name: "answer_in_json", input: { city: "Bern" } }], finish: "tool_use" });
  test("is the input of a tool, and to the client a text like any other", async () => {
    const server = await upstream([stream(events), { does: "json", body: message({ calls: [{ name: "answer_in_json", input: { city: "Bern" } }], finish: "tool_use" }) }]);
    const gateway = await gatewayFor(`${target("anthropic", server)}rule no-city on text { match /Bern/  then redact "…" }\n${model("no-city")}`);
    const answer = await streamed(await gateway.chat({ model: "m", stream: true, response_format: { type: "json_object" } }));
    expect([answer.text, answer.finish, made(answer).calls]).toEqual(['{"city":"…"}', ["stop"], []]);
    const whole = (await (await gateway.chat({ model: "m", response_format: { type: "json_object" } })).json()) as { choices: { message: object; finish_reason: string }[] };
    expect(whole.choices[0]).toMatchObject({ message: { content: '{"city":"…"}' }, finish_reason: "stop" });
    expect(whole.choices[0]!.message).not.toHaveProperty("tool_calls");
  });
});

// ── in its own words ─────────────────────────────────────────────────────────────────────────────────────────

describe("a client of the messages API served by it", () => {
  const BODY = { model: "m", max_tokens: 50, stream: true, messages: [{ role: "user", content: [{ type: "text", text: "hi", cache_control: { type: "ephemeral" } }] }], thinking: { type: "enabled", budget_tokens: 20 }, a_new_field: { x: 1 } };
  const ask = (url: string, body: object, headers = {}) => fetch(`${url}/v1/messages`, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json", "anthropic-version": "2023-06-01", ...headers } });

  test("has its body untouched but for the model, and its beta header with it", async () => {
    const server = await upstream([stream(messageEvents({ text: ["hi"] }))]);
    const gateway = await gatewayFor(target("anthropic", server) + model());
    const response = await ask(gateway.url, BODY, { "anthropic-beta": "context-1m", "x-api-key": "the-clients" });
    const text = await response.text();
    expect(server.seen[0]!.body).toEqual({ ...BODY, model: "up-a" });
    expect(server.seen[0]!.headers).toMatchObject({ "anthropic-beta": "context-1m", "x-api-key": "k-ours" });
    expect(text).toContain('"text":"hi"');
    expect(text.match(/event: message_stop/g)).toHaveLength(1);
  });

  test("is translated for a provider of another kind", async () => {
    const server = await upstream([stream(geminiEvents({ text: ["hi"] }))]);
    const gateway = await gatewayFor(target("gemini", server) + model());
    const text = await (await ask(gateway.url, { ...BODY, a_new_field: undefined })).text();
    expect(server.seen[0]!.body).toMatchObject({ contents: [{ role: "user", parts: [{ text: "hi" }] }], generationConfig: { maxOutputTokens: 50 } });
    expect(text).toContain('"text":"hi"');
    expect(text.match(/event: message_stop/g)).toHaveLength(1);
  });
});
