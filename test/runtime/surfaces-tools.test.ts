// Rules on tools, outputs and requests apply alike on every surface, streamed or not, whatever protocol the provider speaks.
import { describe, expect, test } from "vitest";
import { gatewayFor, upstream } from "./gateway/harness.ts";
import { ask, question, scripted, SURFACES, type Told } from "./surfaces-harness.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- answers of three protocols, read by tests alone
type Json = any;

const EACH = SURFACES.flatMap((surface) => [true, false].map((stream) => [surface, stream] as const));
const model = (...rules: string[]): string => `model m { route = t  rules = [${rules.join(", ")}] }`;
const calls = (answer: Told): readonly unknown[] => answer.calls.map((call) => [call.name, JSON.parse(call.arguments)]);
const CALL = '{ tool = "shell"  arguments = "{\\"cmd\\":\\"rm -rf \\\\u002f\\",\\"key\\":\\"sk-abcd\\"}" }';

describe.each(EACH)("on %s, streamed %s,", (surface, stream) => {
  const say = async (steps: string, rules: string): Promise<Told> => ask(await gatewayFor(scripted(steps, rules)), surface, question(surface, stream));

  test("a call that matches is stopped, and nothing of it comes", async () => {
    const answer = await say(CALL, `rule r on tool { match /rm -rf \\//  then block "no" }\n${model("r")}`);
    expect([answer.status, answer.calls]).toEqual([422, []]);
    expect(answer.body).not.toMatch(/shell|cmd/);
  });

  test("a call that matches behind text is not in what came", async () => {
    const answer = await say(`"Let me. ", ${CALL}`, `rule r on tool { match /rm -rf/  then block "no" }\n${model("r")}`);
    expect(answer.calls).toEqual([]);
    expect(answer.body).not.toMatch(/shell|cmd/);
    if (stream) expect(answer.text).toBe("Let me. ");
    else expect(answer.status).toBe(422);
  });

  test("a call that is redacted is whole, valid and the only thing changed", async () => {
    const answer = await say(`"Let me. ", ${CALL}, { tool = "read"  arguments = "{}" }`, `rule r on tool { match /sk-[a-z]{4}/  then redact "[key]" }\n${model("r")}`);
    expect([answer.status, answer.text, calls(answer)]).toEqual([200, "Let me. ", [["shell", { cmd: "rm -rf /", key: "[key]" }], ["read", {}]]]);
  });

  test("calls that no rule minds come as they would without one", async () => {
    const steps = `"Let me. ", ${CALL}, { tool = "read"  arguments = "{}" }`;
    const free = await say(steps, model());
    const governed = await say(steps, `rule r on tool { match /unlikely/  then block "no" }\nrule o on output { match /unlikely/  then block "no" }\n${model("r", "o")}`);
    expect([governed.text, governed.calls, governed.end]).toEqual([free.text, free.calls, free.end]);
  });

  test("an answer that is not what was expected never comes", async () => {
    const answer = await say('"well, ", "no"', `rule r on output { expect json  then block "no" }\n${model("r")}`);
    expect(answer.status).toBe(422);
    expect(answer.body).not.toContain("well");
    const good = await say('"[1,", "2]"', `rule r on output { expect json  then block "no" }\n${model("r")}`);
    expect([good.status, good.text, good.error]).toEqual([200, "[1,2]", null]);
  });

  test("an answer is redacted as a whole", async () => {
    const answer = await say('"a BEGIN", " secret END b"', `rule r on output { match /BEGIN[^]*END/  then redact "[gone]" }\n${model("r")}`);
    expect([answer.text, answer.error]).toEqual(["a [gone] b", null]);
  });

  test("a prompt is stopped, or has its additions", async () => {
    const a = await upstream([{ does: "json", body: { id: "c", object: "chat.completion", created: 1, model: "u", choices: [{ index: 0, message: { role: "assistant", content: "ok" }, finish_reason: "stop" }] } }]);
    const policy = (rule: string): string => `provider p { kind = vllm  base = "${a.base}" }\ntarget t = p "up" { context = 32Ki }\n${rule}\n${model("r")}`;
    const blocked = await ask(await gatewayFor(policy('rule r on request { match /secret/  then block "no" }')), surface, question(surface, false, "a secret"));
    expect([blocked.status, a.seen.length]).toEqual([422, 0]);
    await ask(await gatewayFor(policy('rule r on request { then prepend "Before." }')), surface, question(surface, false));
    await ask(await gatewayFor(policy('rule r on request { then append "Behind." }')), surface, question(surface, false));
    expect(a.seen.map((one) => (one.body["messages"] as Json[]).map((message) => [message.role, message.content]))).toEqual([[["system", "Before."], ["user", "hi"]], [["user", "hi\n\nBehind."]]]);
  });

  test("the transcript is read where the surface keeps it", async () => {
    const past: Json = {
      chat: [{ role: "assistant", content: null, tool_calls: [{ id: "c1", type: "function", function: { name: "web", arguments: "{}" } }] }, { role: "tool", tool_call_id: "c1", content: "page" }],
      responses: [{ type: "function_call", call_id: "c1", name: "web", arguments: "{}" }, { type: "function_call_output", call_id: "c1", output: "page" }],
      messages: [{ role: "assistant", content: [{ type: "tool_use", id: "c1", name: "web", input: {} }] }, { role: "user", content: [{ type: "tool_result", tool_use_id: "c1", content: "page" }] }],
    };
    const asked: Json = question(surface, stream);
    const user = { role: "user", content: "hi" };
    const body = surface === "responses" ? { ...asked, input: [user, ...past.responses] } : { ...asked, messages: [user, ...past[surface]] };
    const gateway = await gatewayFor(scripted(CALL, `rule r on tool "shell" { after tool "web" within 1 turns  then block "no" }\n${model("r")}`));
    expect([(await ask(gateway, surface, body)).status, (await ask(gateway, surface, asked)).status]).toEqual([422, 200]);
  });
});

describe("a whole answer in its surface's own protocol", () => {
  test("has the arguments of its calls changed and nothing else lost", async () => {
    const message = { id: "msg_1", type: "message", role: "assistant", model: "up", content: [{ type: "thinking", thinking: "hm", signature: "s" }, { type: "text", text: "Let me." }, { type: "tool_use", id: "toolu_1", name: "f", input: { a: "sk-abcd", b: 1 } }], stop_reason: "tool_use", stop_sequence: null, usage: { input_tokens: 3, output_tokens: 4 } };
    const a = await upstream([{ does: "json", body: message }]);
    const gateway = await gatewayFor(`provider p { kind = anthropic  base = "${a.base}" }\ntarget t = p "up" { context = 32Ki  output = 4k  can = [tools] }\nrule r on tool { match /sk-[a-z]{4}/  then redact "[key]" }\n${model("r")}`);
    const answer = await ask(gateway, "messages", question("messages", false));
    expect(answer.events[0].content).toEqual([{ type: "thinking", thinking: "hm", signature: "s" }, { type: "text", text: "Let me." }, { type: "tool_use", id: "toolu_1", name: "f", input: { a: "[key]", b: 1 } }]);
    expect([answer.end, answer.events[0].usage]).toMatchObject(["tool_use", { input_tokens: 3, output_tokens: 4 }]);
  });

  test("has them changed in a response too, and its encrypted reasoning stays", async () => {
    const reasoning = { id: "rs_1", type: "reasoning", summary: [], encrypted_content: "x" };
    const call = (input: string) => ({ id: "ctc_1", type: "custom_tool_call", status: "completed", call_id: "c1", name: "f", input });
    const response = { id: "resp_1", object: "response", created_at: 1, status: "completed", error: null, incomplete_details: null, model: "up", output: [reasoning, call("key sk-abcd")], usage: { input_tokens: 3, input_tokens_details: { cached_tokens: 0 }, output_tokens: 4, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 7 } };
    const a = await upstream([{ does: "json", body: response }]);
    const gateway = await gatewayFor(`provider p { kind = openai  base = "${a.base}" }\ntarget t = p "up" { context = 32Ki  output = 4k  can = [tools] }\nrule r on tool { match /sk-[a-z]{4}/  then redact "[key]" }\n${model("r")}`);
    expect((await ask(gateway, "responses", question("responses", false))).events[0].output).toEqual([reasoning, call("key [key]")]);
  });
});
