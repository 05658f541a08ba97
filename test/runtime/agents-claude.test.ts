// Claude Code against the gateway: requests of the shape that it sends (2.1), to providers of its own protocol and of others.
import { describe, expect, test } from "vitest";
import { chatEvents, type Answer } from "../support/upstream-server.ts";
import { gatewayFor, upstream } from "./gateway/harness.ts";
import { post, told, type Told } from "./surfaces-harness.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- requests and answers of two protocols, read by tests alone
type Json = any;

const SESSION = "48f14d3a-f0b0-4e55-90f0-3b86dceca1a6";
const HEADERS = { "x-claude-code-session-id": SESSION, "anthropic-beta": "claude-code-20250219,interleaved-thinking-2025-05-14", "anthropic-version": "2023-06-01", "x-app": "cli", "x-stainless-retry-count": "0", "anthropic-dangerous-direct-browser-access": "true" };
const USER = JSON.stringify({ device_id: "0".repeat(64), account_uuid: "", session_id: SESSION });

const turn = (messages: Json[] = []): Json => ({
  model: "m",
  messages: [
    { role: "user", content: [{ type: "text", text: "<system-reminder>The date.</system-reminder>" }, { type: "text", text: "Go.", cache_control: { type: "ephemeral" } }] },
    { role: "system", content: "Agents there are." },
    ...messages,
  ],
  system: [{ type: "text", text: "x-anthropic-billing-header: cc_version=2.1;" }, { type: "text", text: "You are an agent.", cache_control: { type: "ephemeral" } }],
  tools: [{ name: "Bash", description: "Runs a command", input_schema: { $schema: "https://json-schema.org/draft/2020-12/schema", type: "object", properties: { command: { type: "string" } }, required: ["command"] } }],
  metadata: { user_id: USER },
  max_tokens: 4000,
  thinking: { type: "adaptive" },
  context_management: { edits: [{ type: "clear_thinking_20251015", keep: "all" }] },
  output_config: { effort: "high" },
  stream: true,
});

const policy = (kind: string, base: string, can = "tools"): string => `provider p { kind = ${kind}  base = "${base}" }\ntarget t = p "up" { context = 32Ki  output = 4k  can = [${can}] }\nmodel m { route = t }`;

async function claude(gateway: Json, body: Json): Promise<Told> {
  return told("messages", await post(gateway, "/v1/messages?beta=true", body, HEADERS));
}

describe("over a provider of its own protocol", () => {
  test("its request goes on as it came, with what its headers say of it", async () => {
    const events: Json[] = [
      { type: "message_start", message: { id: "msg_1", type: "message", role: "assistant", model: "up", content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 5, cache_read_input_tokens: 100, output_tokens: 1 } } },
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "hi" } },
      { type: "content_block_stop", index: 0 },
      { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 7 } },
      { type: "message_stop" },
    ];
    const answer: Answer = { does: "raw", body: events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(""), headers: { "content-type": "text/event-stream" } };
    const a = await upstream([answer]);
    const gateway = await gatewayFor(policy("anthropic", a.base));
    expect(await claude(gateway, turn())).toMatchObject({ status: 200, text: "hi", end: "end_turn" });
    expect([a.seen[0]!.path, a.seen[0]!.body]).toEqual(["/v1/messages", { ...turn(), model: "up" }]);
    expect(a.seen[0]!.headers).toMatchObject({ "anthropic-beta": HEADERS["anthropic-beta"], "anthropic-version": "2023-06-01" });
    for (const name of ["x-claude-code-session-id", "x-app", "anthropic-dangerous-direct-browser-access"]) expect(a.seen[0]!.headers).not.toHaveProperty(name);
    const [receipt] = await gateway.receipts();
    expect(receipt).toMatchObject({ surface: "messages", status: "completed", tokens: { input: 105, output: 7 }, caller: { session: { value: SESSION, source: "header" }, user: { value: USER, source: "body_metadata" } }, request: { needs: ["tools"], output: 4000 } });
  });
});

describe("over a provider of chat", () => {
  test("its request is one that any server takes: no user that is a document, no effort where the model cannot think", async () => {
    const a = await upstream([{ does: "stream", events: chatEvents(["hi"]) }]);
    expect((await claude(await gatewayFor(policy("vllm", a.base)), turn())).text).toBe("hi");
    expect(a.seen[0]!.body).not.toHaveProperty("user");
    expect(a.seen[0]!.body).not.toHaveProperty("reasoning_effort");
    expect(a.seen[0]!.body).toMatchObject({ max_tokens: 4000, messages: [{ role: "system", content: expect.stringMatching(/You are an agent\.$/) }, { role: "user" }, { role: "system", content: "Agents there are." }], tools: [{ type: "function", function: { name: "Bash", parameters: turn().tools[0].input_schema } }] });
    await claude(await gatewayFor(policy("vllm", a.base, "tools, reasoning")), { ...turn(), metadata: { user_id: "someone" } });
    expect(a.seen[1]!.body).toMatchObject({ user: "someone", reasoning_effort: "high" });
  });

  test("a command it ran comes back as the result of its call", async () => {
    const a = await upstream([{ does: "stream", events: chatEvents(["hi"]) }]);
    const past = [
      { role: "assistant", content: [{ type: "thinking", thinking: "Hm.", signature: "" }, { type: "text", text: "Now.\n" }, { type: "tool_use", id: "call_c1", name: "Bash", input: { command: "echo" } }] },
      { role: "user", content: [{ tool_use_id: "call_c1", type: "tool_result", content: "out", is_error: false, cache_control: { type: "ephemeral" } }] },
    ];
    await claude(await gatewayFor(policy("vllm", a.base)), turn(past));
    expect((a.seen[0]!.body["messages"] as Json[]).slice(3)).toMatchObject([
      { role: "assistant", content: "Now.\n", tool_calls: [{ id: "call_c1", type: "function", function: { name: "Bash", arguments: '{"command":"echo"}' } }] },
      { role: "tool", tool_call_id: "call_c1", content: "out" },
    ]);
  });

  test("what its prompt is made of is counted before, piece by piece", async () => {
    const gateway = await gatewayFor(policy("vllm", "http://127.0.0.1:1/v1"));
    const count = async (body: Json): Promise<number> => ((await (await post(gateway, "/v1/messages/count_tokens?beta=true", body, HEADERS)).json()) as Json).input_tokens;
    const bare = { model: "m", messages: [{ role: "user", content: "x" }] };
    expect(await count({ ...bare, tools: turn().tools })).toBeGreaterThan(await count({ ...bare, tools: [] }));
  });
});
