// LangChain against a gateway over real HTTP, by chat and by responses.
import { HumanMessage } from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";
import { describe, expect, test } from "vitest";
import { chatEvents, completion } from "../support/upstream-server.ts";
import { gatewayFor, targetsAt, upstream, type TestGateway } from "./gateway/harness.ts";
import { scripted } from "./surfaces-harness.ts";

const TOOL = { type: "function" as const, function: { name: "look_up", description: "Looks up.", parameters: { type: "object", properties: { of: { type: "string" } } } } };

const model = (gateway: TestGateway, useResponsesApi: boolean) => new ChatOpenAI({ model: "m", apiKey: "none", maxRetries: 0, useResponsesApi, configuration: { baseURL: `${gateway.url}/v1` } });

describe.each([["chat", false], ["responses", true]] as const)("through %s", (_, useResponsesApi) => {
  test("it is answered, and counts tokens", async () => {
    const a = await upstream([{ does: "json", body: completion("a whole answer") }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    const answer = await model(gateway, useResponsesApi).invoke([new HumanMessage("hi")]);
    expect([answer.text, (answer.usage_metadata as { output_tokens: number } | undefined)?.output_tokens]).toEqual(["a whole answer", 2]);
  });

  test("it streams, and gets calls with their arguments", async () => {
    const gateway = await gatewayFor(scripted('"Hello ", "there", { tool = "look_up"  arguments = "{\\"of\\":\\"x\\"}" }'));
    let whole = null;
    for await (const chunk of await model(gateway, useResponsesApi).bindTools([TOOL]).stream("hi")) whole = whole === null ? chunk : whole.concat(chunk);
    expect(whole!.text).toBe("Hello there");
    expect(whole!.tool_calls).toMatchObject([{ name: "look_up", args: { of: "x" } }]);
    expect((whole!.usage_metadata as { output_tokens: number } | undefined)?.output_tokens).toBeGreaterThan(0);
  });
});

test("an error in mid-stream is raised", async () => {
  const a = await upstream([{ does: "stream", events: chatEvents(["half"], null), done: false, then: "cut" }]);
  const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
  const read = async (): Promise<void> => {
    for await (const _ of await model(gateway, false).stream("hi"));
  };
  await expect(read()).rejects.toThrow("ended before it was complete");
});

