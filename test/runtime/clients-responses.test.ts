// The official `openai` client's responses API against a gateway over real HTTP.
import OpenAI, { BadRequestError, RateLimitError } from "openai";
import { describe, expect, test } from "vitest";
import { chatEvents, completion } from "../support/upstream-server.ts";
import { gatewayFor, mockModel, targetsAt, upstream, type TestGateway } from "./gateway/harness.ts";
import { scripted } from "./surfaces-harness.ts";

function client(gateway: TestGateway, maxRetries = 0): OpenAI {
  return new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "none", maxRetries });
}

const TOOL = { type: "function" as const, name: "look_up", description: "Looks up.", parameters: { type: "object", properties: { of: { type: "string" } } }, strict: false };

describe("the openai client", () => {
  test("gets a whole response, and its call comes back with its output", async () => {
    const calls = [{ id: "c1", type: "function", function: { name: "look_up", arguments: '{"of":"x"}' } }];
    const a = await upstream([
      { does: "json", body: completion("", { choices: [{ index: 0, message: { role: "assistant", content: "Looking.", tool_calls: calls }, finish_reason: "tool_calls" }] }) },
      { does: "json", body: completion("It is x.") },
    ]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    const openai = client(gateway);
    const { data: first, response } = await openai.responses.create({ model: "m", input: "hi", tools: [TOOL] }).withResponse();
    expect([first.status, first.output_text, first.model]).toEqual(["completed", "Looking.", "m"]);
    expect(first.output).toMatchObject([{ type: "message" }, { type: "function_call", call_id: "c1", name: "look_up", arguments: '{"of":"x"}' }]);
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
    const second = await openai.responses.create({ model: "m", tools: [TOOL], input: [{ role: "user", content: "hi" }, ...(first.output as never[]), { type: "function_call_output", call_id: "c1", output: "x" }] });
    expect(second.output_text).toBe("It is x.");
    expect(a.seen[1]!.body["messages"]).toEqual([{ role: "user", content: "hi" }, { role: "assistant", content: "Looking.", tool_calls: calls }, { role: "tool", tool_call_id: "c1", content: "x" }]);
  });

  test("streams, and its own helper puts it together", async () => {
    const gateway = await gatewayFor(scripted('{ reasoning = "let me " }, { reasoning = "see" }, "Hello ", "there", { tool = "look_up"  arguments = "{\\"of\\":\\"x\\"}" }'));
    const stream = client(gateway).responses.stream({ model: "m", input: "hi", tools: [TOOL] });
    let text = "";
    stream.on("response.output_text.delta", (event) => (text += event.delta));
    const final = await stream.finalResponse();
    expect([text, final.output_text, final.status]).toEqual(["Hello there", "Hello there", "completed"]);
    expect(final.output).toMatchObject([{ type: "reasoning", summary: [{ text: "let me see" }] }, { type: "message" }, { type: "function_call", name: "look_up", arguments: '{"of":"x"}' }]);
  });

  test("raises the errors it has, and does not ask again where the gateway has used up its chain", async () => {
    const a = await upstream([{ does: "fails", status: 429 }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    await expect(client(gateway, 3).responses.create({ model: "m", input: "hi" })).rejects.toBeInstanceOf(RateLimitError);
    expect(a.seen.length).toBe(1);
    await expect(client(gateway).responses.create({ model: "m", input: "hi", previous_response_id: "resp_1" })).rejects.toBeInstanceOf(BadRequestError);
  });

  test("sees a failed response where the upstream was cut, after what was released", async () => {
    const a = await upstream([{ does: "stream", events: chatEvents(["half"], null), done: false, then: "cut" }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    const types: string[] = [];
    let error: unknown = null;
    for await (const event of await client(gateway).responses.create({ model: "m", input: "hi", stream: true })) {
      types.push(event.type);
      if (event.type === "response.failed") error = event.response.error;
    }
    expect([types.includes("response.output_text.delta"), types.at(-1), error]).toMatchObject([true, "response.failed", { code: "truncated" }]);
  });

  test("sees an end by policy as an incomplete response", async () => {
    const gateway = await gatewayFor(mockModel([["so far ", "so good, a secret"]], 'rule r on text { match /secret/  then block "no" }\nmodel m { route = t  rules = [r] }'));
    const final = await client(gateway).responses.stream({ model: "m", input: "hi" }).finalResponse();
    expect([final.status, final.incomplete_details, final.output_text]).toEqual(["incomplete", { reason: "content_filter" }, "so far so good, a "]);
  });
});
