import { describe, expect, test } from "vitest";
import { estimateTokens, factsOfChat } from "#runtime/plan";

describe("the estimate of tokens", () => {
  // Counted with the public o200k and cl100k vocabularies; the larger of the two.
  test.each([
    ["nothing", "", 0],
    ["a word", "hello", 1],
    ["English", "The quick brown fox jumps over the lazy dog, and nobody knows why it does.", 17],
    ["code", "export function add(left: number, right: number): number {\n  return left + right;\n}\n", 20],
    ["JSON", '{"name":"wardwright","kind":"gateway","count":12345,"tags":["a","b"]}', 22],
    ["base64", "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJCrze8SNFZ4kKvN7xI0VniQ", 52],
    ["Chinese", "我们需要一个声明式的策略编译器", 14],
    ["Russian", "Этот шлюз имеет минимальные возможности", 15],
    ["digits", "3141592653589793238462643383279502884197", 14],
  ])("is on the upper side, and not far above: %s", (_, text, exact) => {
    expect(estimateTokens(text)).toBeGreaterThanOrEqual(exact);
    expect(estimateTokens(text)).toBeLessThanOrEqual(Math.ceil(exact * 2) + 1);
  });

  test("never shrinks by much when text is added, and is linear in it", () => {
    const text = "Some words, then 12345 and more; \n\n  x = y + 2\n";
    const one = estimateTokens(text);
    expect(estimateTokens(text.repeat(1_000))).toBeGreaterThan(950 * one);
    expect(estimateTokens(text.repeat(1_000))).toBeLessThan(1_050 * one);
  });

  test.each([["letters", "x"], ["capitals", "X"], ["digits", "7"], ["spaces", " "], ["line ends", "\n"], ["dashes", "-"], ["CJK", "字"], ["emoji", "😀"], ["lone surrogates", "\ud800"]])(
    "one long run takes no longer than any text: %s",
    (_, character) => {
      const started = performance.now();
      expect(estimateTokens(character.repeat(1_000_000))).toBeGreaterThan(50_000);
      expect(performance.now() - started).toBeLessThan(1_000);
    },
  );
});

describe("a chat body as facts", () => {
  test("says what the request asks for", () => {
    const facts = factsOfChat({
      model: "chat", stream: true, max_completion_tokens: 300, max_tokens: 5, parallel_tool_calls: true, logprobs: true, reasoning_effort: "high",
      tools: [{ type: "function", function: { name: "f", parameters: {} } }], response_format: { type: "json_schema", json_schema: { name: "x", schema: {} } }, modalities: ["text", "audio"],
      messages: [
        { role: "user", content: [{ type: "text", text: "hi" }, { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }, { type: "file", file: { file_data: "AAAA" } }] },
        { role: "assistant", content: null, tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: "{}" } }] },
        { role: "tool", tool_call_id: "1", content: "ok" },
        { role: "assistant", content: "done" },
      ],
    });
    expect(facts).toMatchObject({ output: 300, stream: true, turn: 2, needs: ["tools", "parallel_tools", "json_schema", "vision", "audio", "files", "reasoning", "logprobs"] });
    expect(facts.tokens).toBeGreaterThan(1_600);
    expect(facts.tokens).toBeLessThan(1_800);
  });

  test.each([
    ["no capability is needed by a plain request", { messages: [{ role: "user", content: "hi" }] }, []],
    ["json", { response_format: { type: "json_object" } }, ["json"]],
    ["text is no json", { response_format: { type: "text" } }, []],
    ["no tools are no tools", { tools: [], parallel_tool_calls: true }, []],
    ["functions are tools", { functions: [{ name: "f" }] }, ["tools"]],
    ["no effort is no reasoning", { reasoning_effort: "none" }, []],
    ["audio in", { messages: [{ role: "user", content: [{ type: "input_audio", input_audio: { data: "AAAA", format: "wav" } }] }] }, ["audio"]],
  ])("needs what it uses: %s", (_, body, needs) => {
    expect(factsOfChat(body).needs).toEqual(needs);
  });

  test.each([[{}], [{ messages: null }], [{ messages: "hi" }], [{ messages: [1, null, []] }], [{ max_tokens: -1 }], [{ max_tokens: "9" }], [{ max_tokens: 1.5, stream: "yes", tools: {} }]])(
    "a body of any shape has facts: %j",
    (body) => {
      expect(factsOfChat(body)).toMatchObject({ output: 0, stream: false, turn: 0, needs: [] });
    },
  );

  test("pictures and sound count by what they are, not by their bytes", () => {
    const picture = (bytes: number) => factsOfChat({ messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "A".repeat(bytes) } }] }] }).tokens;
    expect(picture(1_000_000)).toBe(picture(10));
    const sound = factsOfChat({ messages: [{ role: "user", content: [{ type: "input_audio", input_audio: { data: "A".repeat(160_000) } }] }] }).tokens;
    expect(sound).toBeLessThan(1_100);
  });

  test("tools and schemas are part of the prompt", () => {
    const plain = factsOfChat({ messages: [] }).tokens;
    const schema = { type: "object", properties: Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`field_${at}`, { type: "string" }])) };
    expect(factsOfChat({ messages: [], tools: [{ type: "function", function: { name: "f", parameters: schema } }] }).tokens).toBeGreaterThan(plain + 300);
    expect(factsOfChat({ messages: [], response_format: { type: "json_schema", json_schema: { name: "x", schema } } }).tokens).toBeGreaterThan(plain + 300);
  });
});
