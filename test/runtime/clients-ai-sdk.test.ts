// The Vercel AI SDK, whose schemas are strict, against a gateway over real HTTP: its three ways to ask.
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, jsonSchema, streamText, type LanguageModel, type ToolSet } from "ai";
import { describe, expect, test } from "vitest";
import { chatEvents, completion } from "../support/upstream-server.ts";
import { gatewayFor, mockModel, targetsAt, upstream, type TestGateway } from "./gateway/harness.ts";
import { scripted } from "./surfaces-harness.ts";

const WAYS: Readonly<Record<string, (gateway: TestGateway) => LanguageModel>> = {
  chat: (gateway) => createOpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "none" }).chat("m"),
  responses: (gateway) => createOpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "none" }).responses("m"),
  messages: (gateway) => createAnthropic({ baseURL: `${gateway.url}/v1`, apiKey: "none" })("m"),
};

const tools: ToolSet = { look_up: { description: "Looks up.", inputSchema: jsonSchema({ type: "object", properties: { of: { type: "string" } }, required: ["of"] }) } };

describe.each(Object.entries(WAYS))("through %s", (_, model) => {
  test("a text is generated", async () => {
    const a = await upstream([{ does: "json", body: completion("a whole answer") }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    const result = await generateText({ model: model(gateway), prompt: "hi", maxOutputTokens: 100, maxRetries: 0 });
    expect([result.text, result.finishReason, result.usage.outputTokens]).toEqual(["a whole answer", "stop", 2]);
  });

  test("a text is streamed, and a call with it", async () => {
    const gateway = await gatewayFor(scripted('"Hello ", "there", { tool = "look_up"  arguments = "{\\"of\\":\\"x\\"}" }'));
    const errors: unknown[] = [];
    const result = streamText({ model: model(gateway), prompt: "hi", tools, maxRetries: 0, maxOutputTokens: 100, onError: ({ error }) => void errors.push(error) });
    expect(await result.text).toBe("Hello there");
    expect((await result.toolCalls).map((call) => [call.toolName, call.input])).toEqual([["look_up", { of: "x" }]]);
    expect([await result.finishReason, errors]).toEqual(["tool-calls", []]);
  });

  test("a governed stream says what its rules let through, and that it was ended", async () => {
    const gateway = await gatewayFor(mockModel([["so far ", "so good, a sec", "ret"]], 'rule r on text { match /secret/  then block "no" }\nmodel m { route = t  rules = [r] }'));
    const result = streamText({ model: model(gateway), prompt: "hi", maxOutputTokens: 100, maxRetries: 0 });
    expect([await result.text, await result.finishReason]).toEqual(["so far so good, a ", "content-filter"]);
  });

  test("an error in mid-stream is an error, after what was released", async () => {
    const a = await upstream([{ does: "stream", events: chatEvents(["half"], null), done: false, then: "cut" }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    let text = "";
    const errors: unknown[] = [];
    for await (const part of streamText({ model: model(gateway), prompt: "hi", maxRetries: 0, maxOutputTokens: 100, onError: () => undefined }).fullStream) {
      if (part.type === "text-delta") text += part.text;
      if (part.type === "error") errors.push(part.error);
    }
    expect(text).toBe("half");
    expect(JSON.stringify(errors.map((error) => (error instanceof Error ? error.message : error)))).toContain("ended before it was complete");
  });

  test("an error's message is the gateway's", async () => {
    const gateway = await gatewayFor(mockModel([["x"]], 'guard never { then refuse "not for anyone" }\nmodel m { route = t  guards = [never] }'));
    await expect(generateText({ model: model(gateway), prompt: "hi", maxOutputTokens: 100, maxRetries: 0 })).rejects.toThrow("not for anyone");
  });
});
