import { describe, expect, test } from "vitest";
import type { MockStep } from "#contracts";
import { fakeClock } from "../../support/clock.ts";
import { aProvider, aTarget, openLine, playAttempt, said } from "./harness.ts";

function open() {
  const clock = fakeClock();
  return { clock, line: openLine(aProvider({ kind: "mock", base: null }), clock) };
}
const script = (...replies: MockStep[][]) => ({ target: aTarget({ replies }) });
const turns = async (n = 5) => {
  for (let i = 0; i < n; i++) await Promise.resolve();
};

describe("the mock provider", () => {
  test("without a script it says back what it was told, word by word", async () => {
    const { line, clock } = open();
    const played = playAttempt(line, { body: { messages: [{ role: "user", content: "first" }, { role: "assistant", content: "x" }, { role: "user", content: [{ type: "text", text: "so  long,\nworld" }] }] } });
    expect(played.events).toEqual([]);
    expect(await played.over).toBeNull();
    expect(said(played.chunks)).toBe("You said: so  long,\nworld");
    expect(played.chunks.flatMap((chunk) => chunk.parts.filter((part) => part.kind === "text"))).toHaveLength(5);
    expect(played.attempt.measured().usage!.output).toBeGreaterThan(0);
    expect(clock.pending).toBe(0);
  });

  test("the same call is answered the same, byte for byte", async () => {
    const answers = await Promise.all(
      [1, 2].map(async () => {
        const played = playAttempt(open().line, { stream: true });
        await played.over;
        return JSON.stringify(played.chunks);
      }),
    );
    expect(answers[0]).toBe(answers[1]);
  });

  test("its chunks are chat completions a strict client can read", async () => {
    const { line } = open();
    const played = playAttempt(line, script([{ do: "reasoning", text: "hm" }, { do: "text", text: "hi" }, { do: "tool", name: "f", arguments: '{"a":1}' }]));
    expect(await played.over).toBeNull();
    const raws = played.chunks.map((chunk) => chunk.raw as { id: string; object: string; choices: { delta: Record<string, unknown>; finish_reason: string | null }[]; usage?: object });
    expect(new Set(raws.map((raw) => raw.id)).size).toBe(1);
    expect(raws.every((raw) => raw.object === "chat.completion.chunk" && Array.isArray(raw.choices))).toBe(true);
    expect(raws.filter((raw) => raw.choices[0]?.delta["role"] === "assistant")).toHaveLength(1);
    expect(raws.flatMap((raw) => raw.choices.map((choice) => choice.finish_reason)).filter((reason) => reason !== null)).toEqual(["tool_calls"]);
    expect(raws.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: expect.any(Number), completion_tokens: expect.any(Number) } });
    expect(said(played.chunks, "reasoning")).toBe("hm");
    const calls = played.chunks.flatMap((chunk) => chunk.parts.filter((part) => part.kind === "tool"));
    expect([calls[0]!.name, calls.map((call) => call.arguments).join("")]).toEqual(["f", '{"a":1}']);
  });

  test("a whole answer says what the stream says", async () => {
    const steps: MockStep[] = [{ do: "reasoning", text: "hm" }, { do: "text", text: "a" }, { do: "text", text: "b" }, { do: "tool", name: "f", arguments: "{}" }];
    const played = playAttempt(open().line, { ...script(steps), stream: false });
    expect(await played.over).toBeNull();
    expect(played.chunks).toHaveLength(1);
    expect(said(played.chunks)).toBe("ab");
    expect(played.chunks[0]!.raw).toMatchObject({ object: "chat.completion", choices: [{ message: { content: "ab", reasoning_content: "hm", tool_calls: [{ function: { name: "f", arguments: "{}" } }] }, finish_reason: "tool_calls" }] });
  });

  test("the n-th attempt plays the n-th script, the last one repeats", async () => {
    const { line } = open();
    const replies = script([{ do: "text", text: "a" }], [{ do: "text", text: "b" }]);
    const texts = await Promise.all(
      [0, 1, 2].map(async (nth) => {
        const played = playAttempt(line, { ...replies, nth });
        await played.over;
        return said(played.chunks);
      }),
    );
    expect(texts).toEqual(["a", "b", "b"]);
  });

  test("it waits by the clock it is given", async () => {
    const { line, clock } = open();
    const played = playAttempt(line, script([{ do: "text", text: "a" }, { do: "wait", ms: 100 }, { do: "text", text: "b" }]));
    await turns();
    expect(said(played.chunks)).toBe("a");
    clock.advance(99);
    await turns();
    expect(said(played.chunks)).toBe("a");
    clock.advance(1);
    expect(await played.over).toBeNull();
    expect(said(played.chunks)).toBe("ab");
    expect(played.attempt.measured().ms).toEqual({ headers: 0, first_token: 0, end: 100 });
  });

  test.each<[string, MockStep[], object, string[]]>([
    ["fails at once", [{ do: "fails", status: 429, retry_after: 700 }], { class: "rate_limit", status: 429, retryAfter: 700 }, ["opened 429", "failed rate_limit"]],
    ["fails within", [{ do: "text", text: "a" }, { do: "fails", status: 503, retry_after: null }], { class: "overloaded" }, ["opened 200", "chunks", "failed overloaded"]],
    ["cuts at once", [{ do: "cuts" }], { class: "unavailable" }, ["failed unavailable"]],
    ["cuts within", [{ do: "text", text: "a" }, { do: "cuts" }], { class: "truncated" }, ["opened 200", "chunks", "failed truncated"]],
  ])("it %s where the script says so", async (_, steps, failure, events) => {
    const { line, clock } = open();
    const played = playAttempt(line, script(steps));
    expect(await played.over).toMatchObject(failure);
    expect(played.events).toEqual(events);
    expect(clock.pending).toBe(0);
  });

  test("a whole answer that is cut shows nothing of itself", async () => {
    const played = playAttempt(open().line, { ...script([{ do: "text", text: "a" }, { do: "cuts" }]), stream: false });
    expect(await played.over).toMatchObject({ class: "truncated" });
    expect(played.chunks).toEqual([]);
  });

  test("it hangs until a deadline ends it, or an abort", async () => {
    const { line, clock } = open();
    const played = playAttempt(line, script([{ do: "text", text: "a" }, { do: "hangs" }]));
    await turns();
    clock.advance(2000);
    expect(await played.over).toMatchObject({ class: "timeout", code: "idle" });
    const other = playAttempt(line, script([{ do: "hangs" }]));
    await turns();
    other.attempt.abort();
    expect(clock.pending).toBe(0);
    expect(other.events).toEqual([]);
  });

  test("paused it says nothing, and goes on where it was", async () => {
    const { line } = open();
    const played = playAttempt(line, script([{ do: "text", text: "a" }, { do: "text", text: "b" }, { do: "text", text: "c" }]), (chunk, attempt) => {
      if (said([chunk]) === "a") attempt.pause();
    });
    await turns(20);
    expect(said(played.chunks)).toBe("a");
    played.attempt.resume();
    played.attempt.resume();
    expect(await played.over).toBeNull();
    expect(said(played.chunks)).toBe("abc");
  });
});
