// The stream encoders of messages and responses alone, over thousands of streams: whatever a provider says, and whatever
// of it is let through and when, the client's stream keeps to its protocol and says exactly that. The harness that reads
// it throws where a stream breaks its own rules.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { messages } from "../../runtime/gateway/surfaces/messages/index.ts";
import type { StreamEncoder, Surface } from "../../runtime/gateway/surface.ts";
import { responses } from "../../runtime/gateway/surfaces/responses/index.ts";
import type { Chunk, Part } from "../../runtime/stream/index.ts";
import { told, type SurfaceName } from "./surfaces-harness.ts";

const TOTALS = { input: 5, output: 7, spliced: false };
const word = fc.oneof(fc.string({ minLength: 1, maxLength: 6 }), fc.constantFrom('"', "\\", "\n\ndata: [DONE]\n\n", "\u{1F642}"));

type Step = { readonly parts: readonly Part[]; readonly released: readonly string[]; readonly holds: boolean };
const text = word.map((its): Part => ({ kind: "text", choice: 0, text: its }));
const reasoning = word.map((its): Part => ({ kind: "reasoning", choice: 0, text: its }));
const begins = (index: number): Part => ({ kind: "tool", choice: 0, index, id: `c${index}`, name: `f${index}`, arguments: "" });
const gives = (index: number, its: string): Part => ({ kind: "tool", choice: 0, index, id: null, name: null, arguments: its });

/** Calls whose pieces may be mixed with each other's and with anything else. */
const calls = fc.array(fc.array(fc.constantFrom('"a"', '"b"', "1"), { maxLength: 3 }), { maxLength: 3 }).map((all) =>
  all.map((values, index): Part[] => [begins(index), gives(index, '{"v":['), ...values.map((value, at) => gives(index, (at === 0 ? "" : ",") + value)), gives(index, "]}")]),
);

/** The pieces of each call in their order, and everything else between them anywhere. */
const said: fc.Arbitrary<readonly Part[]> = fc.tuple(calls, fc.array(fc.oneof({ weight: 3, arbitrary: text }, reasoning), { maxLength: 12 }), fc.infiniteStream(fc.nat(1000))).map(([all, others, dice]) => {
  const queues = [...all.map((one) => [...one]), [...others]];
  // A provider begins its calls in the order of their numbers.
  const out: Part[] = [];
  let begun = 0;
  while (queues.some((queue) => queue.length > 0)) {
    const open = queues.filter((queue, at) => queue.length > 0 && (at === queues.length - 1 || at <= begun));
    const from = open[(dice.next().value as number) % open.length]!;
    const part = from.shift()!;
    if (part.kind === "tool" && part.name !== null) begun++;
    out.push(part);
  }
  return out;
});

const join = (parts: readonly Part[], kind: "text" | "reasoning"): string => parts.map((part) => (part.kind === kind ? part.text : "")).join("");

/** JSON knows no lone surrogates once it was written. */
const written = (its: string): string => its.toWellFormed();

async function read(surface: SurfaceName, body: string) {
  return told(surface, new Response(body, { headers: { "content-type": "text/event-stream" } }));
}

function encoderOf(surface: Surface): StreamEncoder {
  const encoder = surface.streamEncoder({ model: "public", body: {}, wantsUsage: true, fallbackId: `${surface.idPrefix}x`, now: 0 });
  encoder.begin();
  return encoder;
}

const chunk = (parts: readonly Part[]): Chunk => ({ protocol: "chat", raw: {}, parts });

describe.each([messages, responses].map((surface) => [surface.name as SurfaceName, surface] as const))("a stream of %s", (name, surface) => {
  const over = { chat: "", messages: "end_turn", responses: "completed" }[name];

  test("says what the provider said, calls one behind the other or mixed", async () => {
    await fc.assert(
      fc.asyncProperty(said, fc.boolean(), async (parts, finishes) => {
        const encoder = encoderOf(surface);
        let body = parts.map((part) => encoder.chunk(chunk([part]), { text: false, reasoning: false }, [])).join("");
        if (finishes) body += encoder.chunk(chunk([{ kind: "finish", choice: 0, reason: "stop" }, { kind: "usage", input: 1, output: 2 }]), { text: false, reasoning: false }, []);
        body += encoder.finish(TOTALS) + encoder.done;
        const answer = await read(name, body);
        const made = new Map<number, { name: string; arguments: string }>();
        for (const part of parts) if (part.kind === "tool") made.set(part.index, { name: part.name ?? made.get(part.index)!.name, arguments: (made.get(part.index)?.arguments ?? "") + part.arguments });
        expect([answer.text, answer.reasoning, answer.calls]).toEqual([written(join(parts, "text")), written(join(parts, "reasoning")), [...made.values()]]);
        if (made.size === 0) expect(answer.end).toBe(over);
      }),
      { numRuns: 200 },
    );
  });

  test("of a watched channel says what was released and nothing else, in front of what came behind it", async () => {
    const steps = fc.array(fc.tuple(fc.array(fc.oneof(text, reasoning), { maxLength: 2 }), fc.array(word, { maxLength: 2 }), fc.boolean()).map(([parts, released, holds]): Step => ({ parts, released, holds })), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(steps, fc.constantFrom("finish", "block", "fail"), word, async (all, how, last) => {
        const encoder = encoderOf(surface);
        const release = (texts: readonly string[]) => texts.map((its) => ({ choice: 0, channel: "text" as const, text: its }));
        let body = all.map(({ parts, released, holds }) => encoder.chunk(chunk(parts), { text: true, reasoning: false, holdsText: holds }, release(released))).join("");
        body += encoder.release(release([last]));
        if (how === "finish") body += encoder.finish(TOTALS) + encoder.done;
        if (how === "block") body += encoder.blocked(TOTALS, "no") + encoder.done;
        if (how === "fail") body += encoder.error({ status: 502, type: "upstream_error", code: "truncated", param: null, message: "cut", headers: {} });
        const answer = await read(name, body);
        expect(answer.text).toBe(written(all.flatMap((step) => step.released).join("") + last));
        expect([answer.end, answer.error === null]).toEqual(how === "fail" ? [null, false] : [how === "finish" ? over : { chat: "", messages: "refusal", responses: "content_filter" }[name], true]);
        // Reasoning that waited behind held text goes with an end, and not with a text that was stopped.
        const thought = written(all.map((step) => join(step.parts, "reasoning")).join(""));
        if (how === "finish") expect(answer.reasoning).toBe(thought);
        else expect(thought.startsWith(answer.reasoning)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test("writes nothing before there is something to say, so that another provider may still take over", () => {
    const encoder = encoderOf(surface);
    const nothing = [chunk([]), chunk([{ kind: "text", choice: 0, text: "" }]), chunk([{ kind: "usage", input: 1, output: 0 }]), chunk([{ kind: "finish", choice: 0, reason: "stop" }])];
    expect(nothing.map((one) => encoder.chunk(one, { text: false, reasoning: false }, [])).join("")).toBe("");
  });
});
