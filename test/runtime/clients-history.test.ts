// The clients that leave their history to the API, against a gateway over real HTTP, with nothing of theirs turned off.
import { createOpenAI, type OpenAILanguageModelResponsesOptions } from "@ai-sdk/openai";
import { generateText, jsonSchema, stepCountIs, streamText, type ModelMessage, type ToolSet } from "ai";
import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { chatEvents, completion, type Answer } from "../support/upstream-server.ts";
import { gatewayFor, targetsAt, upstream, type TestGateway } from "./gateway/harness.ts";

const CALL = { id: "c1", type: "function", function: { name: "look_up", arguments: '{"of":"x"}' } };
const calls = (content: string): Answer => ({ does: "json", body: completion("", { choices: [{ index: 0, message: { role: "assistant", content, tool_calls: [CALL] }, finish_reason: "tool_calls" }] }) });
const streamsCall = (content: string): Answer => {
  const delta = (its: object, finish_reason: string | null = null) => JSON.stringify({ id: "c", choices: [{ index: 0, delta: its, finish_reason }] });
  return { does: "stream", events: [delta({ content }), delta({ tool_calls: [{ index: 0, ...CALL }] }), delta({}, "tool_calls")] };
};
/** What the provider must have got by its third request. */
const WHOLE = [
  { role: "user", content: "hi" },
  { role: "assistant", content: "Looking.", tool_calls: [CALL] },
  { role: "tool", tool_call_id: "c1", content: '"found"' },
  { role: "assistant", content: "It is x." },
  { role: "user", content: "sure?" },
];

describe("the openai client", () => {
  const TOOL = { type: "function" as const, name: "look_up", description: "Looks up.", parameters: { type: "object", properties: { of: { type: "string" } } }, strict: false };

  test("goes on from an answer by its id, through a call and streamed", async () => {
    const a = await upstream([calls("Looking."), { does: "stream", events: chatEvents(["It ", "is x."]) }, { does: "json", body: completion("Yes.") }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "none", maxRetries: 0 });
    const first = await openai.responses.create({ model: "m", input: "hi", instructions: "Be brief.", tools: [TOOL] });
    const second = await openai.responses.stream({ model: "m", tools: [TOOL], previous_response_id: first.id, input: [{ type: "function_call_output", call_id: "c1", output: '"found"' }] }).finalResponse();
    const third = await openai.responses.create({ model: "m", tools: [TOOL], previous_response_id: second.id, input: "sure?" });
    expect([third.output_text, third.previous_response_id, second.previous_response_id, first.previous_response_id]).toEqual(["Yes.", second.id, first.id, null]);
    expect(a.seen[2]!.body["messages"]).toEqual(WHOLE);
    // Instructions hold for their own turn alone.
    expect(a.seen[0]!.body["messages"]).toEqual([{ role: "system", content: "Be brief." }, { role: "user", content: "hi" }]);
    const fork = await openai.responses.create({ model: "m", previous_response_id: first.id, input: [{ type: "function_call_output", call_id: "c1", output: '"other"' }] });
    expect([fork.previous_response_id, a.seen[3]!.body["messages"]]).toEqual([first.id, [...WHOLE.slice(0, 2), { role: "tool", tool_call_id: "c1", content: '"other"' }]]);
  });

  test("hears in OpenAI's words of an answer that is not there", async () => {
    const a = await upstream([calls("")]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "none", maxRetries: 0 });
    await expect(openai.responses.create({ model: "m", input: "hi", previous_response_id: "resp_1" })).rejects.toMatchObject({ status: 400, code: "previous_response_not_found", param: "previous_response_id" });
    expect(a.seen.length).toBe(0);
  });
});

describe("the AI SDK", () => {
  const tools: ToolSet = { look_up: { description: "Looks up.", inputSchema: jsonSchema({ type: "object", properties: { of: { type: "string" } }, required: ["of"] }), execute: () => "found" } };
  const model = (gateway: TestGateway) => createOpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "none" }).responses("m");
  const served = async (...answers: Answer[]) => {
    const a = await upstream(answers);
    return { a, gateway: await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`) };
  };
  const sent = (gateway: TestGateway) => {
    const bodies: { readonly input: readonly { readonly type?: string }[] }[] = [];
    const openai = createOpenAI({
      baseURL: `${gateway.url}/v1`,
      apiKey: "none",
      fetch: (url, init) => {
        bodies.push(JSON.parse(init!.body as string));
        return fetch(url, init);
      },
    });
    return { bodies, model: openai.responses("m") };
  };

  test("names its earlier answers and calls, step by step and turn by turn", async () => {
    const { a, gateway } = await served(calls("Looking."), { does: "json", body: completion("It is x.") }, { does: "json", body: completion("Yes.") });
    const client = sent(gateway);
    const messages: ModelMessage[] = [{ role: "user", content: "hi" }];
    const first = await generateText({ model: client.model, messages, tools, stopWhen: stepCountIs(5), maxRetries: 0 });
    expect(first.text).toBe("It is x.");
    messages.push(...first.responseMessages, { role: "user", content: "sure?" });
    expect((await generateText({ model: client.model, messages, tools, maxRetries: 0 })).text).toBe("Yes.");
    expect(client.bodies.at(-1)!.input.filter((item) => item.type === "item_reference").length).toBeGreaterThanOrEqual(2);
    expect(a.seen[2]!.body["messages"]).toEqual([{ ...WHOLE[0], content: "hi" }, ...WHOLE.slice(1, 2), { ...WHOLE[2], content: "found" }, ...WHOLE.slice(3)]);
  });

  test("does so streamed", async () => {
    const { a, gateway } = await served(streamsCall("Looking."), { does: "stream", events: chatEvents(["It ", "is x."]) }, { does: "stream", events: chatEvents(["Yes."]) });
    const messages: ModelMessage[] = [{ role: "user", content: "hi" }];
    const errors: unknown[] = [];
    const first = streamText({ model: model(gateway), messages, tools, stopWhen: stepCountIs(5), maxRetries: 0, onError: ({ error }) => void errors.push(error) });
    expect(await first.text).toBe("It is x.");
    messages.push(...(await first.responseMessages), { role: "user", content: "sure?" });
    const second = streamText({ model: model(gateway), messages, tools, maxRetries: 0, onError: ({ error }) => void errors.push(error) });
    expect([await second.text, errors]).toEqual(["Yes.", []]);
    expect(a.seen[2]!.body["messages"]).toEqual([WHOLE[0], WHOLE[1], { ...WHOLE[2], content: "found" }, WHOLE[3], WHOLE[4]]);
  });

  test("goes on from an answer by its id where it is told to", async () => {
    const { a, gateway } = await served({ does: "json", body: completion("one") }, { does: "json", body: completion("two") });
    const first = await generateText({ model: model(gateway), prompt: "hi", maxRetries: 0 });
    const previousResponseId = first.providerMetadata!["openai"]!["responseId"] as string;
    const openai: OpenAILanguageModelResponsesOptions = { previousResponseId };
    await generateText({ model: model(gateway), prompt: "go on", maxRetries: 0, providerOptions: { openai } });
    expect(a.seen[1]!.body["messages"]).toEqual([{ role: "user", content: "hi" }, { role: "assistant", content: "one" }, { role: "user", content: "go on" }]);
  });
});
