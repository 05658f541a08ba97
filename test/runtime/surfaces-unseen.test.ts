// What no rule has looked at goes nowhere: a text that its provider says once more in another place, calls of a kind that
// this version does not know, free text that looks like JSON.
import { describe, expect, test } from "vitest";
import type { Answer } from "../support/upstream-server.ts";
import { gatewayFor, upstream } from "./gateway/harness.ts";
import { ask, question, SURFACES } from "./surfaces-harness.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- events of several protocols, read by tests alone
type Json = any;

const target = (kind: string, base: string): string => `provider p { kind = ${kind}  base = "${base}" }\ntarget t = p "up" { context = 32Ki  output = 4k  can = [tools, parallel_tools, reasoning, json] }`;
const REDACTED = `rule r on text { match /SECRET/  then redact "_" }\nrule s on reasoning { match /SECRET/  then redact "_" }\nmodel m { route = t  rules = [r, s] }`;

/** An answer of a provider that speaks responses, streamed or whole; `more` is what it says of the response at the end. */
function response(stream: boolean, output: readonly Json[], more: object = {}): Answer {
  const whole = { id: "resp_1", object: "response", created_at: 1, status: "completed", model: "up", output, usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 }, ...more };
  if (!stream) return { does: "json", body: whole };
  const items = output.flatMap((item, output_index): Json[] => [
    { type: "response.output_item.added", output_index, item: item.type === "message" ? { ...item, content: [] } : item },
    ...(item.type !== "message" ? [] : ["a SEC", "RET b"].map((delta) => ({ type: "response.output_text.delta", item_id: item.id, output_index, content_index: 0, delta }))),
    { type: "response.output_item.done", output_index, item },
  ]);
  const events: Json[] = [{ type: "response.created", response: { ...whole, status: "in_progress", output: [], usage: null } }, ...items, { type: "response.completed", response: whole }];
  return { does: "raw", body: events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(""), headers: { "content-type": "text/event-stream" } };
}

const SAID = { id: "msg_1", type: "message", status: "completed", role: "assistant", content: [{ type: "output_text", annotations: [], text: "a SECRET b" }] };

describe.each([true, false])("of a provider's response, streamed %s,", (stream) => {
  const native = async (rest: string, output: readonly Json[], more: object = {}) => {
    const a = await upstream([response(stream, output, more)]);
    return ask(await gatewayFor(`${target("openai", a.base)}\n${rest}`), "responses", question("responses", stream));
  };

  test("the text that stands beside its items is not given", async () => {
    const answer = await native(REDACTED, [SAID], { output_text: "a SECRET b" });
    expect([answer.text, answer.body.includes("SECRET")]).toEqual(["a _ b", false]);
  });

  test.each(["local_shell_call", "computer_call", "shell_call", "apply_patch_call", "one_day_call"])("a %s is not given where a rule holds calls, and is where none does", async (type) => {
    const call = { id: "x_1", type, call_id: "c1", status: "completed", action: { type: "exec", command: ["SECRET"] } };
    const held = await native(`rule r on tool { allow ["read"]  then block "no" }\nmodel m { route = t  rules = [r] }`, [call]);
    const free = await native("model m { route = t }", [call]);
    expect([held.status, held.body.includes("SECRET"), free.body.includes("SECRET")]).toEqual([200, false, true]);
  });

  test.each(['[x]\npassword: "hunter2"', '{ password: "hunter2" }', '"x" password: "hunter2"', 'x\npassword: "hunter2"'])("free text of a tool is one text: %j", async (input) => {
    const call = { id: "x_1", type: "custom_tool_call", call_id: "c1", name: "exec", status: "completed", input };
    const answer = await native(`rule r on tool { match /password: "\\w+"/  then redact "gone" }\nmodel m { route = t  rules = [r] }`, [call]);
    const items = (stream ? answer.events.at(-1).response : answer.events[0]).output as Json[];
    expect([items.map((item) => item.input), answer.body.includes("hunter2")]).toEqual([[input.replace('password: "hunter2"', "gone")], false]);
  });
});

describe.each(SURFACES.flatMap((surface) => [true, false].map((stream) => [surface, stream] as const)))("on %s, streamed %s,", (surface, stream) => {
  test("fields that say a text or reasoning once more go where rules watch them", async () => {
    const more = { reasoning_content: "a SECRET", thinking_blocks: [{ type: "thinking", thinking: "a SECRET", signature: "s" }], provider_specific_fields: { thinking_blocks: [{ thinking: "a SECRET" }] }, audio: { id: "x", data: "AA==", transcript: "SECRET" } };
    const choice = (its: object) => ({ id: "c", object: stream ? "chat.completion.chunk" : "chat.completion", created: 1, model: "u", choices: [{ index: 0, finish_reason: null, ...its }] });
    const events = [choice({ delta: { role: "assistant", ...more } }), choice({ delta: { content: "so SEC", again: "so SEC" } }), choice({ delta: { content: "RET" }, message: { content: "so SECRET" }, text: "so SECRET" }), choice({ delta: {}, text: "so SECRET", finish_reason: "stop" })];
    const whole = choice({ message: { role: "assistant", content: "so SECRET", ...more }, text: "so SECRET", finish_reason: "stop" });
    const a = await upstream([stream ? { does: "stream", events: events.map((event) => JSON.stringify(event)) } : { does: "json", body: whole }]);
    const answer = await ask(await gatewayFor(`${target("litellm", a.base)}\n${REDACTED}`), surface, question(surface, stream));
    expect([answer.text, answer.reasoning, answer.body.includes("SEC")]).toEqual(["so _", "a _", false]);
  });
});

test("a count that is none counts nothing: no budget grows by it, and metrics go on", async () => {
  const a = await upstream([response(false, [SAID], { usage: { input_tokens: -5, output_tokens: -7.5 } })]);
  const gateway = await gatewayFor(`${target("openai", a.base)}\nmodel m { route = t }`);
  await ask(gateway, "responses", question("responses", false));
  expect((await gateway.receipts())[0]!.tokens).toEqual({ input: 0, output: 0 });
  const metrics = await fetch(`${gateway.url}/metrics`);
  expect([metrics.status, await metrics.text()]).toEqual([200, expect.stringContaining("wardwright_tokens_total")]);
});

describe("a rule on the request reads all that its provider is sent:", () => {
  const RULE = 'rule r on request { match /SECRET/  then block "no" }\nmodel m { route = t  rules = [r] }';
  const asked = async (kind: string, surface: "chat" | "responses" | "messages", body: Json) => {
    const a = await upstream([{ does: "fails", status: 500 }]);
    const answer = await ask(await gatewayFor(`${target(kind, a.base)}\n${RULE}`), surface, body);
    return [answer.status, a.seen.length];
  };
  const user = { role: "user", content: "hi" };

  test.each<Json>([
    { type: "local_shell_call_output", output: "SECRET" },
    { type: "shell_call_output", output: [{ stdout: "SECRET" }] },
    { type: "apply_patch_call_output", output: "SECRET" },
    { type: "local_shell_call", action: { command: ["cat", "SECRET"] } },
    { type: "function_call", name: "f", arguments: '{"a":"\\u0053ECRET"}' },
    { type: "custom_tool_call", name: "f", input: "{SECRET" },
    { type: "reasoning", summary: [{ type: "summary_text", text: "SECRET" }], encrypted_content: "abc" },
    { type: "web_search_call", action: { query: "SECRET" } },
    { type: "one_day", said: ["SECRET"] },
  ])("$type of a responses request", async (item: Json) => {
    expect(await asked("openai", "responses", { model: "m", input: [user, { call_id: "c1", ...item }] })).toEqual([422, 0]);
  });

  test.each<Json>([
    { type: "tool_use", id: "t", name: "f", input: { a: ["SECRET"] } },
    { type: "thinking", thinking: "SECRET", signature: "s" },
    { type: "server_tool_use", id: "t", name: "web_search", input: { query: "SECRET" } },
    { type: "web_search_tool_result", tool_use_id: "t", content: [{ type: "web_search_result", title: "SECRET" }] },
    { type: "one_day", said: "SECRET" },
  ])("$type of a messages request", async (block: Json) => {
    expect(await asked("anthropic", "messages", { model: "m", max_tokens: 9, messages: [user, { role: "assistant", content: [block] }, user] })).toEqual([422, 0]);
  });

  test.each<Json>([
    { tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: '{"a":"\\u0053ECRET"}' } }] },
    { tool_calls: [{ id: "c", type: "custom", custom: { name: "f", input: "[SECRET" } }] },
    { function_call: { name: "f", arguments: '{"SECRET":1}' } },
    { reasoning_content: "SECRET" },
    { reasoning_details: [{ type: "reasoning.text", text: "SECRET" }] },
    { content: [{ type: "thinking", thinking: [{ type: "text", text: "SECRET" }] }] },
    { content: [{ type: "refusal", refusal: "SECRET" }] },
  ])("%j of a chat request", async (said: Json) => {
    expect(await asked("vllm", "chat", { model: "m", messages: [user, { role: "assistant", content: "", ...said }, user] })).toEqual([422, 0]);
  });

  test("and what is read is counted", async () => {
    const facts = async (item: Json) => {
      const gateway = await gatewayFor(`${target("openai", (await upstream([{ does: "fails", status: 500 }])).base)}\nmodel m { route = t }`);
      await ask(gateway, "responses", { model: "m", input: [user, item] });
      return (await gateway.receipts())[0]!.request.tokens!;
    };
    const long = "word ".repeat(1000);
    expect(await facts({ type: "local_shell_call_output", call_id: "c", output: long })).toBeGreaterThan(0.9 * (await facts({ type: "function_call_output", call_id: "c", output: long })));
  });
});
