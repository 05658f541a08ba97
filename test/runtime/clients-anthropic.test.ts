// `@anthropic-ai/sdk` against a gateway over real HTTP: providers of its own protocol and of chat.
import Anthropic, { APIError, BadRequestError, NotFoundError, PermissionDeniedError, RateLimitError } from "@anthropic-ai/sdk";
import { describe, expect, test } from "vitest";
import { recording, RECORDINGS } from "../support/recordings.ts";
import { chatEvents, completion } from "../support/upstream-server.ts";
import { gatewayFor, mockModel, targetsAt, upstream, type TestGateway } from "./gateway/harness.ts";
import { scripted } from "./surfaces-harness.ts";

function client(gateway: TestGateway, maxRetries = 0): Anthropic {
  return new Anthropic({ baseURL: gateway.url, apiKey: "none", maxRetries });
}

const ASK = { model: "m", max_tokens: 100, messages: [{ role: "user" as const, content: "hi" }] };
const CALL = [{ id: "c1", type: "function", function: { name: "look_up", arguments: '{"of":"x"}' } }];
const TOOL = { name: "look_up", description: "Looks up.", input_schema: { type: "object" as const, properties: { of: { type: "string" } } } };

describe("a chat provider", () => {
  test("answers whole, and its call comes back with its result", async () => {
    const a = await upstream([
      { does: "json", body: completion("", { choices: [{ index: 0, message: { role: "assistant", content: "Looking.", tool_calls: CALL }, finish_reason: "tool_calls" }] }) },
      { does: "json", body: completion("It is x.") },
    ]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    const anthropic = client(gateway);
    const first = await anthropic.messages.create({ ...ASK, system: "Be brief.", tools: [TOOL] });
    expect(first.content).toEqual([{ type: "text", text: "Looking." }, { type: "tool_use", id: "c1", name: "look_up", input: { of: "x" } }]);
    expect([first.stop_reason, first.model, first.usage.output_tokens]).toEqual(["tool_use", "m", 2]);
    const second = await anthropic.messages.create({ ...ASK, tools: [TOOL], messages: [...ASK.messages, { role: "assistant", content: first.content }, { role: "user", content: [{ type: "tool_result", tool_use_id: "c1", content: "x" }] }] });
    expect(second.content).toEqual([{ type: "text", text: "It is x." }]);
    expect(a.seen[1]!.body["messages"]).toEqual([{ role: "user", content: "hi" }, { role: "assistant", content: "Looking.", tool_calls: CALL }, { role: "tool", tool_call_id: "c1", content: "x" }]);
  });

  test("streams, and the client's own helper puts it together", async () => {
    const gateway = await gatewayFor(scripted('{ reasoning = "let me " }, { reasoning = "see" }, "Hello ", "there", { tool = "look_up"  arguments = "{\\"of\\":\\"x\\"}" }'));
    const stream = client(gateway).messages.stream({ ...ASK, tools: [TOOL] });
    let text = "";
    stream.on("text", (delta) => (text += delta));
    const final = await stream.finalMessage();
    expect(text).toBe("Hello there");
    expect(final.content).toMatchObject([{ type: "thinking", thinking: "let me see" }, { type: "text", text: "Hello there" }, { type: "tool_use", name: "look_up", input: { of: "x" } }]);
    expect([final.stop_reason, final.usage.output_tokens]).toEqual(["tool_use", expect.any(Number)]);
  });
});

describe.skipIf(RECORDINGS === null)("a provider of messages", () => {
  test.each(["text", "clear-thinking.1", "json-tool.1", "tool-no-args", "web-fetch-tool.1"])("streams %s as it would by itself", async (name) => {
    const events = recording(`anthropic/${name}`)!;
    const body = events.map((event) => `event: ${(JSON.parse(event) as { type: string }).type}\ndata: ${event}\n\n`).join("");
    const a = await upstream([{ does: "raw", body, headers: { "content-type": "text/event-stream" }, cuts: { seed: 5 } }]);
    const gateway = await gatewayFor(`provider p { kind = anthropic  base = "${a.base}" }
target t = p "up" { context = 32Ki  output = 4k  can = [tools, reasoning] }
rule word on text { match /unlikely-word/  then block "never" }
model m { route = t  rules = [word] }`);
    const straight = await new Anthropic({ baseURL: a.base.replace("/v1", ""), apiKey: "none" }).messages.stream({ ...ASK }).finalMessage();
    const through = await client(gateway).messages.stream({ ...ASK }).finalMessage();
    expect(through).toEqual({ ...straight, model: "m" });
  });
});

describe("an error", () => {
  test("is of the kind that the client has for it", async () => {
    const limited = await upstream([{ does: "fails", status: 429 }]);
    const gateway = await gatewayFor(`${targetsAt({ limited })}\nguard never { then refuse "not for anyone" }\nmodel m { route = limited }\nmodel refused { route = limited  guards = [never] }`);
    const ask = (more: object) => client(gateway).messages.create({ ...ASK, ...more });
    await expect(ask({})).rejects.toBeInstanceOf(RateLimitError);
    await expect(ask({ model: "refused" })).rejects.toBeInstanceOf(PermissionDeniedError);
    await expect(ask({ model: "nothing" })).rejects.toBeInstanceOf(NotFoundError);
    await expect(ask({ messages: [] })).rejects.toBeInstanceOf(BadRequestError);
    await expect(ask({ model: "refused" })).rejects.toMatchObject({ error: { type: "error", error: { type: "permission_error", message: "not for anyone" } } });
    // The gateway has used up its own chain, and the client believes it.
    const before = limited.seen.length;
    await expect(client(gateway, 3).messages.create(ASK)).rejects.toBeInstanceOf(APIError);
    expect(limited.seen.length).toBe(before + 1);
  });

  test("in mid-stream is raised after what was released", async () => {
    const a = await upstream([{ does: "stream", events: chatEvents(["half"], null), done: false, then: "cut" }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    const stream = client(gateway).messages.stream(ASK);
    let text = "";
    stream.on("text", (delta) => (text += delta));
    await expect(stream.finalMessage()).rejects.toThrow("ended before it was complete");
    expect(text).toBe("half");
  });

  test("of policy is a refusal where something was released", async () => {
    const gateway = await gatewayFor(mockModel([["so far ", "so good, a secret"]], 'rule r on text { match /secret/  then block "no" }\nmodel m { route = t  rules = [r] }'));
    const final = await client(gateway).messages.stream(ASK).finalMessage();
    expect([final.stop_reason, final.stop_details?.explanation, final.content]).toMatchObject(["refusal", "no", [{ type: "text", text: "so far so good, a " }]]);
  });
});

test("tokens are counted", async () => {
  const gateway = await gatewayFor(mockModel([["x"]], "model m { route = t }"));
  const { input_tokens } = await client(gateway).messages.countTokens({ model: "m", messages: ASK.messages });
  expect(input_tokens).toBeGreaterThan(0);
});

test("a client that leaves lets the upstream go within 50 ms", async () => {
  const a = await upstream([{ does: "stream", events: chatEvents(["on and on"], null), done: false, then: "hang" }]);
  const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
  // The quickest of a few: the machine may be doing something else meanwhile.
  const took: number[] = [];
  for (let n = 0; n < 5; n++) {
    const stream = await client(gateway).messages.create({ ...ASK, stream: true });
    for await (const event of stream) {
      if (event.type !== "content_block_delta") continue;
      took[n] = performance.now();
      stream.controller.abort();
    }
    await a.seen[n]!.ended;
    took[n] = performance.now() - took[n]!;
    expect(a.seen[n]!.aborted).toBe(true);
  }
  expect(Math.min(...took)).toBeLessThan(50);
});
