// Codex against the gateway: requests of the shape that it sends (0.169, in both of its ways to bring tools), to providers of
// its own protocol and of others.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inputOf, readInput } from "../../runtime/gateway/surfaces/responses/input.ts";
import { chatEvents, type Answer } from "../support/upstream-server.ts";
import { gatewayFor, upstream } from "./gateway/harness.ts";
import { ask, post, question, told, type Told } from "./surfaces-harness.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- requests and answers of two protocols, read by tests alone
type Json = any;

const PATCH = '*** Begin Patch\n*** Add File: "a b".txt\n+caf\u00e9 \u{1f600} {"x": [1]}\n*** End Patch\n';
const SESSION = "01a20981-f06b-7493-a1c6-0ab498c9a49d";
const HEADERS = { "session-id": SESSION, "thread-id": "a-thread", "x-client-request-id": SESSION, originator: "codex_exec", "x-openai-internal-codex-responses-lite": "true", "x-codex-turn-metadata": "{}" };

const object = (properties: Json = {}): Json => ({ type: "object", properties, additionalProperties: false });
const TOOLS: Json = [
  { type: "function", name: "exec_command", description: "Runs a command", strict: false, parameters: object({ cmd: { type: "string" } }) },
  { type: "custom", name: "apply_patch", description: "Edits files", format: { type: "grammar", syntax: "lark", definition: "start: patch" } },
  { type: "namespace", name: "agents", description: "Other agents", tools: [{ type: "function", name: "spawn", strict: false, parameters: object({ message: { type: "string", encrypted: true } }) }] },
  { type: "tool_search", execution: "client", description: "Finds tools", parameters: object({ query: { type: "string" } }) },
  { type: "web_search", external_web_access: true },
];
/** Newer models have their tools in the input, those of no namespace in `functions`. */
const BROUGHT: Json = { type: "additional_tools", id: "at_1", role: "developer", tools: [{ type: "namespace", name: "functions", description: "", tools: [{ type: "custom", name: "exec", description: "Runs JavaScript", format: { type: "grammar", syntax: "lark", definition: "start: any" } }] }, TOOLS[2]] };

const said = (role: string, text: string): Json => ({ type: "message", id: `msg_${role}`, role, content: [{ type: "input_text", text }] });
const turn = (more: Json = {}, input: Json[] = []): Json => ({
  model: "m",
  stream: true,
  input: [said("developer", "You are an agent."), said("user", "<environment_context/>"), said("user", "Go."), ...input],
  tools: TOOLS,
  tool_choice: "auto",
  parallel_tool_calls: true,
  reasoning: { effort: "medium", summary: "auto" },
  store: false,
  include: ["reasoning.encrypted_content"],
  prompt_cache_key: SESSION,
  text: { verbosity: "low" },
  client_metadata: { session_id: SESSION },
  ...more,
});
const lite = (input: Json[] = []): Json => {
  const { tools: _, ...rest } = turn({}, input);
  return { ...rest, input: [BROUGHT, ...rest.input] };
};

const policy = (kind: string, base: string, rules = ""): string =>
  `provider p { kind = ${kind}  base = "${base}" }\ntarget t = p "up" { context = 32Ki  output = 4k  can = [tools, parallel_tools, reasoning] }\n${rules}\nmodel m { route = t${rules === "" ? "" : "  rules = [r]"} }`;

const call = (name: string, its: string, at = 0): Json => ({ tool_calls: [{ index: at, id: `call_${at}`, type: "function", function: { name, arguments: its } }] });
const piece = (its: string, at = 0): Json => ({ tool_calls: [{ index: at, function: { arguments: its } }] });
const chat = (...deltas: Json[]): Answer => ({ does: "stream", events: [...deltas.map((delta) => chunk(delta)), chunk({}, "tool_calls")] });
const chunk = (delta: Json, finish: string | null = null): string => JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "u", choices: [{ index: 0, delta, finish_reason: finish }] });

async function codex(gateway: Json, body: Json): Promise<Told> {
  return told("responses", await post(gateway, "/v1/responses", body, HEADERS));
}

/** The items of the answer as they stand at its end; the harness has seen that the stream says the same. */
const itemsOf = (answer: Told): Json[] => answer.events.at(-1).response?.output ?? answer.events.at(-1).output;
const deltasOf = (answer: Told): string => answer.events.filter((event) => event.type === "response.custom_tool_call_input.delta").map((event) => event.delta).join("");

describe("over a provider of chat", () => {
  test("its tools are functions, under names that are whole; what runs at the provider stays away", async () => {
    const a = await upstream([{ does: "stream", events: chatEvents(["hi"]) }]);
    const gateway = await gatewayFor(policy("vllm", a.base));
    expect((await codex(gateway, turn())).text).toBe("hi");
    expect((await codex(gateway, lite())).text).toBe("hi");
    const functions = a.seen.map((one) => (one.body["tools"] as Json[]).map((tool) => tool.function));
    expect(functions.map((each) => each.map((one) => one.name))).toEqual([["exec_command", "apply_patch", "agents__spawn", "tool_search"], ["exec", "agents__spawn"]]);
    expect(functions[0]![1]).toEqual({ name: "apply_patch", description: expect.stringMatching(/^Edits files\n\n.*lark.*\n\nstart: patch$/s), parameters: expect.objectContaining({ required: ["input"] }) });
    expect(a.seen.map((one) => (one.body["messages"] as Json[]).map((message) => message.role))).toEqual([["system", "user", "user"], ["system", "user", "user"]]);
    expect(a.seen[0]!.body).toMatchObject({ tool_choice: "auto", parallel_tool_calls: true, reasoning_effort: "medium" });
    expect(await gateway.receipts()).toMatchObject([1, 2].map(() => ({ status: "completed", surface: "responses", caller: { session: { value: SESSION, source: "header" } }, request: { needs: expect.arrayContaining(["tools"]) } })));
  });

  test("the receipt says which tools its provider was not told of", async () => {
    const a = await upstream([{ does: "stream", events: chatEvents(["hi"]) }]);
    const gateway = await gatewayFor(policy("vllm", a.base));
    await codex(gateway, turn());
    await codex(gateway, lite());
    const left = (await gateway.receipts()).map((receipt) => [receipt.request.needs?.includes("tools"), receipt.attempts.map((one) => one.left_out)]);
    expect(left).toEqual(expect.arrayContaining([[true, [["web_search"]]], [true, [undefined]]]));
  });

  test.each([
    ["responses", { tools: [{ type: "web_search" }] }],
    ["responses", { tools: TOOLS, tool_choice: { type: "web_search" } }],
    ["messages", { tools: [{ type: "web_search_20250305", name: "web_search", max_uses: 8 }] }],
    ["messages", { tools: [{ name: "f", input_schema: { type: "object" } }, { type: "web_search_20250305", name: "web_search" }], tool_choice: { type: "tool", name: "web_search" } }],
  ] as const)("a request of %s that can only be met by a tool its provider has not is refused, and nobody is asked: %j", async (surface, more) => {
    const a = await upstream([{ does: "stream", events: chatEvents(["hi"]) }]);
    const gateway = await gatewayFor(policy("vllm", a.base));
    const answer = await ask(gateway, surface, { ...question(surface, true), ...more });
    expect([answer.status, answer.error?.message, a.seen.length]).toEqual([400, expect.stringContaining("web_search"), 0]);
    expect((await gateway.receipts())[0]).toMatchObject({ status: "failed", attempts: [{ outcome: "bad_request", http_status: null }] });
    expect((await ask(gateway, surface, { ...question(surface, true), ...more, tool_choice: surface === "responses" ? "none" : { type: "none" } })).text).toBe("hi");
  });

  test("a call of a custom tool is its text again, while it streams", async () => {
    const json = JSON.stringify({ input: PATCH }).replace("\u{1f600}", "\\ud83d\\ude00");
    const pieces = [...json].map((one) => piece(one));
    const a = await upstream([chat({ role: "assistant", content: "Now. " }, call("apply_patch", ""), ...pieces)]);
    const answer = await codex(await gatewayFor(policy("vllm", a.base)), turn());
    expect(itemsOf(answer)).toMatchObject([{ type: "message" }, { type: "custom_tool_call", call_id: "call_0", name: "apply_patch", input: PATCH, status: "completed" }]);
    expect(deltasOf(answer)).toBe(PATCH);
    expect(answer.events.filter((event) => event.type === "response.custom_tool_call_input.delta").length).toBeGreaterThan(20);
    // No half of a pair by itself: not every client's JSON can hold one.
    expect(answer.body).not.toMatch(/\\ud83d/i);
    expect(answer.events.find((event) => event.type === "response.custom_tool_call_input.done").input).toBe(PATCH);
  });

  test("calls that come at once keep apart, each as its client knows it", async () => {
    const a = await upstream([chat(call("apply_patch", '{"inp'), call("agents__spawn", '{"mess', 1), piece('ut":"a', 0), piece('age":"b"}', 1), piece('b"}', 0), call("tool_search", '{"query":"x"}', 2), call("unheard_of", "{}", 3))]);
    const answer = await codex(await gatewayFor(policy("vllm", a.base)), turn());
    expect(itemsOf(answer)).toMatchObject([
      { type: "custom_tool_call", name: "apply_patch", input: "ab" },
      { type: "function_call", name: "spawn", namespace: "agents", arguments: '{"message":"b"}' },
      { type: "tool_search_call", execution: "client", call_id: "call_2", arguments: { query: "x" } },
      { type: "function_call", name: "unheard_of", arguments: "{}" },
    ]);
  });

  test("a whole answer says the same", async () => {
    const tool_calls = [["exec", JSON.stringify({ input: "text(1)" })], ["agents__spawn", "{}"]].map(([name, its], at) => ({ id: `call_${at}`, type: "function", function: { name, arguments: its } }));
    const a = await upstream([{ does: "json", body: { id: "c", object: "chat.completion", created: 1, model: "u", choices: [{ index: 0, message: { role: "assistant", content: null, tool_calls }, finish_reason: "tool_calls" }] } }]);
    const answer = await codex(await gatewayFor(policy("vllm", a.base)), { ...lite(), stream: false });
    expect(itemsOf(answer)).toMatchObject([{ type: "custom_tool_call", name: "exec", namespace: "functions", input: "text(1)" }, { type: "function_call", name: "spawn", namespace: "agents", arguments: "{}" }]);
  });

  test("what was called comes back as what the provider had said, and what was found is a tool", async () => {
    const a = await upstream([{ does: "stream", events: chatEvents(["hi"]) }]);
    const found = { type: "function", name: "lookup", parameters: object() };
    const past = [
      { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "of another model" },
      { type: "custom_tool_call", id: "ctc_1", call_id: "c1", name: "apply_patch", input: PATCH, status: "completed" },
      { type: "function_call", id: "fc_1", call_id: "c2", name: "spawn", namespace: "agents", arguments: "{}" },
      { type: "tool_search_call", call_id: "c3", execution: "client", arguments: { query: "x" }, status: "completed" },
      { type: "custom_tool_call_output", id: "ctco_1", call_id: "c1", output: [{ type: "input_text", text: "Done." }] },
      { type: "function_call_output", id: "fco_1", call_id: "c2", output: "ok" },
      { type: "tool_search_output", call_id: "c3", execution: "client", status: "completed", tools: [{ type: "namespace", name: "mcp__files", tools: [found] }] },
    ];
    await codex(await gatewayFor(policy("vllm", a.base)), turn({}, past));
    const { messages, tools } = a.seen[0]!.body as Json;
    expect(messages.slice(3)).toEqual([
      { role: "assistant", content: null, tool_calls: [["c1", "apply_patch", JSON.stringify({ input: PATCH })], ["c2", "agents__spawn", "{}"], ["c3", "tool_search", '{"query":"x"}']].map(([id, name, its]) => ({ id, type: "function", function: { name, arguments: its } })) },
      { role: "tool", tool_call_id: "c1", content: "Done." },
      { role: "tool", tool_call_id: "c2", content: "ok" },
      { role: "tool", tool_call_id: "c3", content: '{"tools":["mcp__files__lookup"]}' },
    ]);
    expect(tools.at(-1).function.name).toBe("mcp__files__lookup");
  });

  test.each<[Json, Json, readonly string[]]>([
    [{ type: "custom", name: "apply_patch" }, { type: "function", function: { name: "apply_patch" } }, ["exec_command", "apply_patch", "agents__spawn", "tool_search"]],
    [{ type: "function", name: "spawn", namespace: "agents" }, { type: "function", function: { name: "agents__spawn" } }, ["exec_command", "apply_patch", "agents__spawn", "tool_search"]],
    [{ type: "allowed_tools", mode: "required", tools: [{ type: "custom", name: "apply_patch" }] }, "required", ["apply_patch"]],
  ])("the choice %j is %j", async (tool_choice, expected, names) => {
    const a = await upstream([{ does: "stream", events: chatEvents(["hi"]) }]);
    await codex(await gatewayFor(policy("vllm", a.base)), turn({ tool_choice }));
    expect([a.seen[0]!.body["tool_choice"], (a.seen[0]!.body["tools"] as Json[]).map((tool) => tool.function.name)]).toEqual([expected, names]);
  });
});

describe("over a provider of its own protocol", () => {
  const items: Json[] = [
    { id: "rs_1", type: "reasoning", summary: [{ type: "summary_text", text: "Hm." }], encrypted_content: "gAAAA" },
    { id: "msg_1", type: "message", role: "assistant", status: "completed", phase: "commentary", content: [{ type: "output_text", text: "Now.", annotations: [], logprobs: [] }] },
    { id: "ctc_1", type: "custom_tool_call", status: "completed", call_id: "c1", name: "exec", namespace: "functions", input: "rm()" },
    { id: "fc_1", type: "function_call", status: "completed", call_id: "c2", name: "spawn", namespace: "agents", arguments: '{"message":"b"}' },
  ];
  /** An answer of whole items: their deltas are told in other tests. */
  const native = (output: Json[]): Answer => {
    const response = { id: "resp_1", object: "response", created_at: 1, model: "up", status: "in_progress", output: [] };
    const events: Json[] = [
      { type: "response.created", response },
      ...output.flatMap((item, output_index) => [{ type: "response.output_item.added", output_index, item: { ...item, ...("content" in item ? { content: [] } : {}), ...("summary" in item ? { summary: [] } : {}), ...("input" in item ? { input: "" } : {}), ...("arguments" in item ? { arguments: "" } : {}) } }, { type: "response.output_item.done", output_index, item }]),
      { type: "response.completed", response: { ...response, status: "completed", output, usage: { input_tokens: 5, output_tokens: 7, total_tokens: 12 } } },
    ];
    return { does: "raw", body: events.map((event, at) => `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: at })}\n\n`).join(""), headers: { "content-type": "text/event-stream" } };
  };

  test("the request goes on as it came, with the header that says how its tools are brought and no other", async () => {
    const a = await upstream([native(items)]);
    const gateway = await gatewayFor(policy("openai", a.base));
    const answer = await codex(gateway, lite());
    expect([a.seen[0]!.path, a.seen[0]!.body]).toEqual(["/v1/responses", { ...lite(), model: "up" }]);
    expect(a.seen[0]!.headers).toMatchObject({ "x-openai-internal-codex-responses-lite": "true" });
    for (const name of ["session-id", "thread-id", "x-codex-turn-metadata", "originator"]) expect(a.seen[0]!.headers).not.toHaveProperty(name);
    expect(itemsOf(answer)).toEqual(items);
    const b = await upstream([{ does: "stream", events: chatEvents(["hi"]) }]);
    await codex(await gatewayFor(policy("vllm", b.base)), lite());
    expect(b.seen[0]!.headers).not.toHaveProperty("x-openai-internal-codex-responses-lite");
  });

  test.each(["tool", 'tool "agents__*"'])("a rule on %s that holds calls and lets them go leaves everything as it was", async (channel) => {
    const a = await upstream([native(items)]);
    const answer = await codex(await gatewayFor(policy("openai", a.base, `rule r on ${channel} { match /unlikely/  then block "no" }`)), lite());
    // Calls are told anew once they may go, under ids of the gateway's.
    const nameless = (list: Json[]): Json[] => list.map((item) => ({ ...item, id: item.type.endsWith("_call") ? "" : item.id }));
    expect(nameless(itemsOf(answer))).toEqual(nameless(items));
    expect([answer.events.at(-1).response.id, answer.reasoning, answer.text]).toEqual(["resp_1", "Hm.", "Now."]);
  });

  test.each([["openai", native(items)], ["vllm", chat({ content: "Now." }, call("exec", '{"input":"rm()"}'), call("agents__spawn", '{"message":"b"}', 1))]] as const)("a rule sees one name and one text, also over %s", async (kind, answer) => {
    for (const [channel, pattern] of [['tool "exec"', "rm\\(\\)"], ['tool "agents__spawn"', "b"]] as const) {
      const a = await upstream([answer]);
      const gateway = await gatewayFor(policy(kind, a.base, `rule r on ${channel} { match /^${pattern}$/  then block "no" }`));
      const blocked = await codex(gateway, lite());
      expect([blocked.text, blocked.end, blocked.calls]).toEqual(["Now.", "content_filter", []]);
      expect(blocked.body).not.toMatch(/custom_tool_call"|spawn"/);
      expect((await gateway.receipts())[0]).toMatchObject({ status: "blocked", triggers: [{ channel: "tool", rule: "rule:r" }] });
    }
  });

  test("what may be a call of the client's and is none that rules can read stays away where a rule holds calls", async () => {
    const shell = { id: "lsh_1", type: "local_shell_call", status: "completed", call_id: "c1", action: { type: "exec", command: ["rm"] } };
    const search = { id: "ws_1", type: "web_search_call", status: "completed", action: { type: "search", query: "x" } };
    const a = await upstream([native([search, shell, items[1]])]);
    const free = await codex(await gatewayFor(policy("openai", a.base)), turn());
    const governed = await codex(await gatewayFor(policy("openai", a.base, 'rule r on tool { match /unlikely/  then block "no" }')), turn());
    expect([itemsOf(free), itemsOf(governed)]).toEqual([[search, shell, items[1]], [search, items[1]]]);
    expect(governed.body).not.toContain("lsh_1");
  });
});

describe("the text of a custom tool", () => {
  const cuts = fc.array(fc.nat(40), { maxLength: 12 });
  const pieces = (json: string, at: readonly number[]): string[] => {
    const out: string[] = [];
    let rest = json;
    for (const one of at) [out[out.length], rest] = [rest.slice(0, one), rest.slice(one)];
    return [...out, rest];
  };

  test("is what the model wrote, wherever its arguments are cut and however they are escaped", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), cuts, fc.boolean(), (input, at, escaped) => {
        let json = JSON.stringify({ input });
        if (escaped) json = json.replaceAll(/[^ -~]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
        const reader = readInput();
        const said = pieces(json, at).map((one) => reader.push(one));
        expect([said.join(""), reader.isWhole(), inputOf(json)]).toEqual([input, true, input]);
        for (const one of said) expect(one).toBe(one.toWellFormed());
      }),
    );
  });

  test.each([
    ['"raw"', "raw"],
    ["*** Begin Patch\n+x", "*** Begin Patch\n+x"],
    ['{"patch":"p"}', "p"],
    ['{"input":"p","more":"q"}', "p"],
    ["{}", ""],
  ])("of %j is %j", (json, input) => {
    expect(inputOf(json)).toBe(input);
  });
});
