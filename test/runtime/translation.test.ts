// What becomes of everything a request can say where its provider speaks another protocol, asked of the translators
// themselves. The table in runtime/attempt/README.md is written from the answers: `vitest -u` writes it again.
//
//   yes       the provider gets it (the marker of the example is in what it gets)
//   refused   the attempt fails as a bad request that says why, and a cascade may move on
//   -         it is left out, because it asks for nothing: a hint, or of no meaning there
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { ProviderKind } from "#contracts";
import type { Problem } from "../../runtime/attempt/chat-request.ts";
import { asGemini } from "../../runtime/attempt/gemini-request.ts";
import type { UpstreamCall } from "../../runtime/attempt/index.ts";
import { asMessages } from "../../runtime/attempt/messages-request.ts";
import { chat } from "../../runtime/gateway/surfaces/chat/index.ts";
import { messages } from "../../runtime/gateway/surfaces/messages/index.ts";
import { requestFor } from "../../runtime/gateway/attempts/request-for.ts";
import { responses } from "../../runtime/gateway/surfaces/responses/index.ts";
import type { JsonObject } from "../../runtime/stream/part.ts";
import { callOf } from "./attempt/chats.ts";
import { aProvider } from "./attempt/harness.ts";

type Client = "chat" | "messages" | "responses";
/** What the example says in each protocol that can say it, over a plain request. `marks` stand in what a provider gets of it. */
type Row = { readonly what: string; readonly marks: RegExp } & { readonly [client in Client]?: JsonObject };

const user = (...content: readonly JsonObject[]): JsonObject => ({ role: "user", content });
const png = "QUFBQQ==";
const chatTurn = (content: unknown): JsonObject => ({ messages: [user({ type: "text", text: "hi" }), { role: "assistant", content: null, tool_calls: [{ id: "call_1", type: "function", function: { name: "f", arguments: '{"a":"first"}' } }, { id: "call_2", type: "function", function: { name: "f", arguments: '{"a":"second"}' } }] }, { role: "tool", tool_call_id: "call_1", content }, { role: "tool", tool_call_id: "call_2", content: "two" }] }) as JsonObject;
const messagesTurn = (result: object): JsonObject => ({ messages: [user({ type: "text", text: "hi" }), { role: "assistant", content: [{ type: "tool_use", id: "call_1", name: "f", input: { a: "first" } }, { type: "tool_use", id: "call_2", name: "f", input: { a: "second" } }] }, user({ type: "tool_result", tool_use_id: "call_1", ...result }, { type: "tool_result", tool_use_id: "call_2", content: "two" })] }) as JsonObject;
const responsesTurn = (output: unknown): JsonObject => ({ input: [user({ type: "input_text", text: "hi" }), { type: "function_call", call_id: "call_1", name: "f", arguments: '{"a":"first"}' }, { type: "function_call", call_id: "call_2", name: "f", arguments: '{"a":"second"}' }, { type: "function_call_output", call_id: "call_1", output }, { type: "function_call_output", call_id: "call_2", output: "two" }] }) as JsonObject;
const chatTool = { type: "function", function: { name: "f", description: "does f", parameters: { type: "object" } } };
const messagesTool = { name: "f", description: "does f", input_schema: { type: "object" } };
const responsesTool = { type: "function", name: "f", description: "does f", parameters: { type: "object" } };
const schema = { type: "object", properties: { marked: { type: "string" } } };

const ROWS: readonly Row[] = [
  { what: "system prompt", marks: /Be brief/, chat: { messages: [{ role: "system", content: "Be brief" }, user({ type: "text", text: "hi" })] }, messages: { system: [{ type: "text", text: "Be brief" }] }, responses: { instructions: "Be brief" } },
  { what: "developer message", marks: /Be brief/, chat: { messages: [{ role: "developer", content: "Be brief" }, user({ type: "text", text: "hi" })] }, responses: { input: [{ role: "developer", content: "Be brief" }, user({ type: "input_text", text: "hi" })] } },
  { what: "text in parts", marks: /one.*two/s, chat: { messages: [user({ type: "text", text: "one" }, { type: "text", text: "two" })] }, messages: { messages: [user({ type: "text", text: "one" }, { type: "text", text: "two" })] }, responses: { input: [user({ type: "input_text", text: "one" }, { type: "input_text", text: "two" })] } },
  { what: "image, base64", marks: /QUFBQQ==/, chat: { messages: [user({ type: "image_url", image_url: { url: `data:image/png;base64,${png}` } })] }, messages: { messages: [user({ type: "image", source: { type: "base64", media_type: "image/png", data: png } })] }, responses: { input: [user({ type: "input_image", image_url: `data:image/png;base64,${png}` })] } },
  { what: "image, by address", marks: /a\.png/, chat: { messages: [user({ type: "image_url", image_url: { url: "https://example.test/a.png" } })] }, messages: { messages: [user({ type: "image", source: { type: "url", url: "https://example.test/a.png" } })] }, responses: { input: [user({ type: "input_image", image_url: "https://example.test/a.png" })] } },
  { what: "PDF, base64", marks: /application\/pdf.*QUFBQQ==/s, chat: { messages: [user({ type: "file", file: { filename: "a.pdf", file_data: `data:application/pdf;base64,${png}` } })] }, messages: { messages: [user({ type: "document", source: { type: "base64", media_type: "application/pdf", data: png } })] }, responses: { input: [user({ type: "input_file", filename: "a.pdf", file_data: `data:application/pdf;base64,${png}` })] } },
  { what: "PDF, by address", marks: /"[^"]*a\.pdf"/, messages: { messages: [user({ type: "document", source: { type: "url", url: "https://example.test/a.pdf" } })] }, responses: { input: [user({ type: "input_file", file_url: "https://example.test/a.pdf" })] } },
  { what: "document of text or blocks", marks: /marked.*QUFBQQ==/s, messages: { messages: [user({ type: "document", source: { type: "text", media_type: "text/plain", data: "marked" } }, { type: "document", source: { type: "content", content: [{ type: "image", source: { type: "base64", media_type: "image/png", data: png } }] } })] } },
  { what: "file by the provider's own id", marks: /file_1/, chat: { messages: [user({ type: "file", file: { file_id: "file_1" } })] }, messages: { messages: [user({ type: "image", source: { type: "file", file_id: "file_1" } })] }, responses: { input: [user({ type: "input_image", file_id: "file_1" })] } },
  { what: "audio", marks: /QUFBQQ==/, chat: { messages: [user({ type: "input_audio", input_audio: { data: png, format: "wav" } })] }, responses: { input: [user({ type: "input_audio", input_audio: { data: png, format: "wav" } })] } },
  { what: "search results given", marks: /marked.*https:\/\/example\.test\/s|https:\/\/example\.test\/s.*marked/s, messages: { messages: [user({ type: "search_result", source: "https://example.test/s", title: "T", content: [{ type: "text", text: "marked" }] })] } },
  { what: "tools", marks: /"f".*does f/s, chat: { tools: [chatTool] }, messages: { tools: [messagesTool] }, responses: { tools: [responsesTool] } },
  { what: "strict tools", marks: /"strict":true/, chat: { tools: [{ ...chatTool, function: { ...chatTool.function, strict: true } }] }, messages: { tools: [{ ...messagesTool, strict: true }] }, responses: { tools: [{ ...responsesTool, strict: true }] } },
  { what: "a call that must be made", marks: /"required"|"any"|"ANY"/, chat: { tools: [chatTool], tool_choice: "required" }, messages: { tools: [messagesTool], tool_choice: { type: "any" } }, responses: { tools: [responsesTool], tool_choice: "required" } },
  { what: "one certain tool", marks: /(tool_choice|allowedFunctionNames).*"f"/s, chat: { tools: [chatTool], tool_choice: { type: "function", function: { name: "f" } } }, messages: { tools: [messagesTool], tool_choice: { type: "tool", name: "f" } }, responses: { tools: [responsesTool], tool_choice: { type: "function", name: "f" } } },
  { what: "one call at a time", marks: /"parallel_tool_calls":false|"disable_parallel_tool_use":true/, chat: { tools: [chatTool], parallel_tool_calls: false }, messages: { tools: [messagesTool], tool_choice: { type: "auto", disable_parallel_tool_use: true } }, responses: { tools: [responsesTool], parallel_tool_calls: false } },
  { what: "several calls and their results", marks: /first.*second.*marked.*two/s, chat: chatTurn("marked"), messages: messagesTurn({ content: "marked" }), responses: responsesTurn("marked") },
  { what: "a result that is an error", marks: /Error: marked/, messages: messagesTurn({ content: "marked", is_error: true }) },
  { what: "an image in a result", marks: /marked.*QUFBQQ==/s, chat: chatTurn([{ type: "text", text: "marked" }, { type: "image_url", image_url: { url: `data:image/png;base64,${png}` } }]), messages: messagesTurn({ content: [{ type: "text", text: "marked" }, { type: "image", source: { type: "base64", media_type: "image/png", data: png } }] }), responses: responsesTurn([{ type: "input_text", text: "marked" }, { type: "input_image", image_url: `data:image/png;base64,${png}` }]) },
  { what: "custom tools (free text)", marks: /"write"/, chat: { tools: [{ type: "custom", custom: { name: "write" } }] }, responses: { tools: [{ type: "custom", name: "write" }] } },
  { what: "tools that run at the provider, beside others", marks: /web_search/, messages: { tools: [messagesTool, { type: "web_search_20250305", name: "web_search" }] }, responses: { tools: [responsesTool, { type: "web_search" }] } },
  { what: "tools that run at the provider, alone", marks: /web_search/, messages: { tools: [{ type: "web_search_20250305", name: "web_search" }] }, responses: { tools: [{ type: "web_search" }] } },
  { what: "MCP servers", marks: /mcp\.test/, messages: { mcp_servers: [{ type: "url", url: "https://mcp.test/x", name: "x" }] }, responses: { tools: [responsesTool, { type: "mcp", server_label: "x", server_url: "https://mcp.test/x" }] } },
  {
    what: "what tools at a provider found before", marks: /maglemosian.*marked/s,
    messages: { messages: [user({ type: "text", text: "hi" }), { role: "assistant", content: [{ type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "maglemosian" } }, { type: "web_search_tool_result", tool_use_id: "srvtoolu_1", content: [{ type: "web_search_result", url: "https://example.test/w", title: "marked" }] }, { type: "text", text: "So." }] }, user({ type: "text", text: "go on" })] as never },
    responses: { input: [user({ type: "input_text", text: "hi" }), { type: "mcp_call", id: "mcp_1", server_label: "x", name: "web_search", arguments: '{"query":"maglemosian"}', output: "marked" }, { role: "assistant", content: "So." }, user({ type: "input_text", text: "go on" })] as never },
  },
  { what: "effort of reasoning", marks: /"reasoning_effort":"high"|budget_tokens|thinkingBudget/, chat: { reasoning_effort: "high", max_tokens: 20_000 }, messages: { thinking: { type: "adaptive" }, output_config: { effort: "high" }, max_tokens: 20_000 }, responses: { reasoning: { effort: "high" }, max_output_tokens: 20_000 } },
  { what: "budget of reasoning", marks: /"reasoning_effort":"medium"|thinkingBudget/, messages: { thinking: { type: "enabled", budget_tokens: 10_000 }, max_tokens: 20_000 } },
  { what: "an answer in JSON", marks: /json_object|answer_in_json|application\/json/, chat: { response_format: { type: "json_object" } }, responses: { text: { format: { type: "json_object" } } } },
  { what: "an answer by a schema", marks: /json_?schema.*marked/is, chat: { response_format: { type: "json_schema", json_schema: { name: "x", schema } } }, messages: { output_config: { format: { type: "json_schema", schema } } }, responses: { text: { format: { type: "json_schema", name: "x", schema } } } },
  { what: "stop sequences", marks: /STOP-HERE/, chat: { stop: ["STOP-HERE"] }, messages: { stop_sequences: ["STOP-HERE"] } },
  { what: "limit of the answer", marks: /:777/, chat: { max_completion_tokens: 777 }, messages: { max_tokens: 777 }, responses: { max_output_tokens: 777 } },
  { what: "temperature, top_p", marks: /0\.25.*0\.75/s, chat: { temperature: 0.25, top_p: 0.75 }, messages: { temperature: 0.25, top_p: 0.75 }, responses: { temperature: 0.25, top_p: 0.75 } },
  { what: "top_k", marks: /:33/, chat: { top_k: 33 }, messages: { top_k: 33 } },
  { what: "seed, penalties", marks: /0\.125/, chat: { seed: 5, presence_penalty: 0.125 } },
  { what: "several answers (`n`)", marks: /:2\b/, chat: { n: 2 } },
  { what: "log probabilities", marks: /logprobs/, chat: { logprobs: true }, responses: { include: ["message.output_text.logprobs"] } },
  { what: "`logit_bias`, spoken answers, `functions`", marks: /logit_bias/, chat: { logit_bias: { "1": 2 } } },
  { what: "marks of the cache", marks: /cache_control/, chat: { messages: [user({ type: "text", text: "hi", cache_control: { type: "ephemeral" } })] }, messages: { messages: [user({ type: "text", text: "hi", cache_control: { type: "ephemeral" } })] } },
  { what: "the user's name", marks: /user-77/, chat: { user: "user-77" }, messages: { metadata: { user_id: "user-77" } }, responses: { user: "user-77" } },
  { what: "where it is kept and billed, verbosity", marks: /verbos|service_tier|"store"/, chat: { store: true, service_tier: "flex", verbosity: "low" }, messages: { service_tier: "auto" }, responses: { store: true, service_tier: "flex", text: { verbosity: "low" } } },
  { what: "fields nobody has heard of", marks: /unheard_of/, chat: { unheard_of: 1 }, messages: { unheard_of: 1 }, responses: { unheard_of: 1 } },
];

const PLAIN: { readonly [client in Client]: JsonObject } = {
  chat: { model: "m", messages: [{ role: "user", content: "hi" }] },
  messages: { model: "m", max_tokens: 100, messages: [{ role: "user", content: "hi" }] },
  responses: { model: "m", input: "hi" },
};
const SURFACES = { chat, messages, responses } as const;
const TARGETS: { readonly [provider: string]: readonly [kind: ProviderKind, translate: (call: UpstreamCall, problem: Problem) => JsonObject] } = {
  chat: ["openai_compatible", ({ body }) => body],
  messages: ["anthropic", (call, problem) => asMessages(call, problem).body],
  gemini: ["gemini", asGemini],
};
const PAIRS: readonly (readonly [Client, string])[] = [["chat", "messages"], ["chat", "gemini"], ["messages", "chat"], ["messages", "gemini"], ["responses", "chat"], ["responses", "messages"], ["responses", "gemini"]];

function outcome(row: Row, [client, provider]: (typeof PAIRS)[number]): string {
  const said = row[client];
  if (said === undefined) return "";
  const [kind, translate] = TARGETS[provider]!;
  const surface = SURFACES[client];
  const read = surface.read({ ...PLAIN[client], ...said });
  if (read.kind === "problem") throw new Error(`${row.what}: ${read.problem.message}`);
  const request = requestFor(aProvider({ kind }), { surface, asked: read.asked, how: { reminders: [], kept: "", continues: "instruction" } });
  let refused = request.unsaid !== undefined;
  const body = translate({ ...callOf({}, { can: ["tools", "json_schema"] }), ...request }, () => void (refused = true));
  return refused ? "refused" : row.marks.test(JSON.stringify(body)) ? "yes" : "-";
}

test("the table of translations in the README is what the translators do", async () => {
  const table = [["", ...PAIRS.map(([client, provider]) => `${client} → ${provider}`)], ["---", ...PAIRS.map(() => "---")], ...ROWS.map((row) => [row.what, ...PAIRS.map((pair) => outcome(row, pair))])];
  const readme = new URL("../../runtime/attempt/README.md", import.meta.url);
  const [before = "", , after = ""] = readFileSync(readme, "utf8").split(/<!-- (?:table|end) -->\n/);
  const written = `${before}<!-- table -->\n${table.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n<!-- end -->\n${after}`;
  await expect(written).toMatchFileSnapshot(fileURLToPath(readme));
});
