// A client of a protocol that its provider speaks gets what the provider said, untouched where no rule watches, and the
// same text in the same blocks where rules watch and let it through.
import { describe, expect, test } from "vitest";
import { recording, RECORDINGS } from "../support/recordings.ts";
import { chatEvents, completion, type Answer } from "../support/upstream-server.ts";
import { gatewayFor, upstream } from "./gateway/harness.ts";
import { ask, question, SURFACES } from "./surfaces-harness.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- events of several protocols, read by tests alone
type Json = any;

/** The gateway tells clients of its own memory, and not of its provider's. */
const HISTORY = { previous_response_id: null };

/** Rules that look at everything and let everything through. */
export const WATCHED = `rule word on text { match /\\bunlikely-word-\\w+/i  then block "never" }
rule long on text { match /\\u{10FFFF}{40}x/u  then block "never" }
rule thought on reasoning { match /\\bunlikely-thought\\b/  then block "never" }`;

function provider(kind: "anthropic" | "openai", base: string): string {
  return `provider p { kind = ${kind}  base = "${base}" }\ntarget t = p "up" { context = 32Ki  output = 4k  can = [tools, reasoning, json] }`;
}

function replay(name: string, seed: number): Answer {
  const events = recording(name)!;
  const body = events.map((event) => `event: ${(JSON.parse(event) as Json).type}\ndata: ${event}\n\n`).join("");
  return { does: "raw", body, headers: { "content-type": "text/event-stream" }, cuts: { seed, longest: 400 } };
}

const policy = (base: string, kind: "anthropic" | "openai", governed: boolean): string => `${provider(kind, base)}\n${governed ? `${WATCHED}\nmodel m { route = t  rules = [word, long, thought] }` : "model m { route = t }"}`;

describe.skipIf(RECORDINGS === null)("anthropic", () => {
  const NAMES = ["text", "clear-thinking.1", "json-tool.1", "tool-no-args", "web-fetch-tool.1"].map((name) => `anthropic/${name}`);

  test.each(NAMES)("%s goes to a client of messages event by event", async (name) => {
    const a = await upstream([replay(name, 1)]);
    const gateway = await gatewayFor(policy(a.base, "anthropic", false));
    const answer = await ask(gateway, "messages", question("messages", true));
    const recorded = recording(name)!.map((event) => JSON.parse(event) as Json);
    // Pings before the first content, and deltas that say nothing, are all that is left out.
    const says = (events: Json[]) => events.filter((event) => event.type !== "ping" && event.delta?.text !== "" && event.delta?.thinking !== "");
    recorded[0].message.model = "m";
    expect(says([...answer.events])).toEqual(says(recorded));
    expect((await gateway.receipts())[0]).toMatchObject({ surface: "messages", status: "completed", tokens: { output: recorded.at(-2).usage.output_tokens } });
  });
});

describe.skipIf(RECORDINGS === null)("openai", () => {
  const NAMES = ["custom-tool.1", "phase.1", "reasoning-encrypted-content.1", "shell-tool.1"].map((name) => `openai-responses/${name}`);
  /** Some files hold the answers of several turns, one behind the other. */
  const answers = NAMES.flatMap((name) => turnsOf(name).map((events, turn) => [name, turn, events] as const));

  test.each(answers.flatMap(([name, turn, events]) => [false, true].map((governed) => [name, turn, governed, events] as const)))("%s, turn %i, goes to a client of responses event by event, governed: %s", async (name, seed, governed, events) => {
    const a = await upstream([replayed(events, seed + 1)]);
    const gateway = await gatewayFor(policy(a.base, "openai", governed));
    const body = { ...question("responses", true), store: false, unheard_of: 1 };
    const answer = await ask(gateway, "responses", body);
    expect([a.seen[0]!.path, a.seen[0]!.body]).toEqual(["/v1/responses", { ...body, model: "up" }]);
    // Numbers are the gateway's own, as the recordings were cut; where rules watch, what spells a text out again goes.
    const numbered = (event: Json) => ({ ...event, sequence_number: 0, ...(event.output_index === undefined ? {} : { output_index: 0 }), ...(governed ? { obfuscation: undefined } : {}), ...(event.response === undefined ? {} : { response: { ...event.response, model: "m", ...HISTORY, store: false } }) });
    // One recording was cut short by leaving deltas out: its text comes all the same, where it is first told.
    const whole = (one: Json) => !name.includes("phase") || !one.type.endsWith("text.delta");
    expect(answer.events.filter(whole).map(numbered)).toMatchObject(events.filter(whole).map(numbered));
    expect((await gateway.receipts())[0]).toMatchObject({ surface: "responses", status: "completed", tokens: { output: events.at(-1).response.usage.output_tokens } });
  });

  test.each(answers)("%s, turn %i, is given whole as it came, and redacted where a rule says so", async (_, __, events) => {
    const whole = events.at(-1).response;
    const a = await upstream([{ does: "json", body: whole }]);
    const gateway = await gatewayFor(policy(a.base, "openai", true));
    expect(JSON.parse((await ask(gateway, "responses", question("responses", false))).body)).toEqual({ ...whole, model: "m", ...HISTORY, store: true });
    const redacting = await gatewayFor(`${provider("openai", a.base)}\nrule r on text { match /[aeiou]/  then redact "_" }\nmodel m { route = t  rules = [r] }`);
    const text = (await ask(redacting, "responses", question("responses", false))).text;
    expect(text).toBe((whole.output as Json[]).flatMap((item) => (item.type === "message" ? item.content : [])).map((part: Json) => part.text).join("").replaceAll(/[aeiou]/g, "_"));
    const streamed = await upstream([replayed(events, 9)]);
    const streaming = await gatewayFor(`${provider("openai", streamed.base)}\nrule r on text { match /[aeiou]/  then redact "_" }\nmodel m { route = t  rules = [r] }`);
    expect((await ask(streaming, "responses", question("responses", true))).text).toBe(text);
  });

  test("takes a request of another protocol with its limit under the name that all of its models know", async () => {
    const a = await upstream([{ does: "json", body: completion("x") }]);
    const gateway = await gatewayFor(policy(a.base, "openai", false));
    await ask(gateway, "messages", question("messages", false));
    expect([a.seen[0]!.path, a.seen[0]!.body]).toEqual(["/v1/chat/completions", { model: "up", max_completion_tokens: 100, messages: [{ role: "user", content: "hi" }] }]);
  });

  test("gets a target's defaults in the words of the API that is called, under what the client asks for", async () => {
    const a = await upstream([{ does: "json", body: turnsOf("openai-responses/custom-tool.1")[0]!.at(-1).response }]);
    const gateway = await gatewayFor(`provider p { kind = openai  base = "${a.base}" }
target t = p "up" { context = 32Ki  output = 4k  can = [reasoning]  params = { max_tokens = 50  temperature = 0.2  seed = 7  reasoning_effort = "low" } }\nmodel m { route = t }`);
    await ask(gateway, "responses", { ...question("responses", false), temperature: 0.9, reasoning: { summary: "auto" } });
    expect(a.seen[0]!.body).toEqual({ model: "up", input: "hi", max_output_tokens: 50, temperature: 0.9, reasoning: { summary: "auto", effort: "low" } });
  });

  test("an error is one, with the class that it names", async () => {
    const a = await upstream([replay("openai-responses/error.1", 1)]);
    const gateway = await gatewayFor(policy(a.base, "openai", false));
    const answer = await ask(gateway, "responses", question("responses", true));
    expect([answer.status, answer.error?.code]).toEqual([429, "rate_limit"]);
    const failed = recording("openai-responses/error.1")!.map((event) => JSON.parse(event) as Json).filter((event) => event.type !== "error");
    const b = await upstream([replayed(failed, 1)]);
    const other = await gatewayFor(policy(b.base, "openai", false));
    expect((await ask(other, "responses", question("responses", true))).status).toBe(429);
  });
});

function turnsOf(name: string): Json[][] {
  const turns: Json[][] = [];
  for (const event of (recording(name) ?? []).map((one) => JSON.parse(one) as Json)) {
    if (event.type === "response.created") turns.push([]);
    turns.at(-1)!.push(event);
  }
  return turns;
}

function replayed(events: readonly Json[], seed: number): Answer {
  return { does: "raw", body: events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(""), headers: { "content-type": "text/event-stream" }, cuts: { seed, longest: 400 } };
}

describe("a provider that dies in mid-answer", () => {
  const said = (events: readonly object[]): string => events.map((event) => `event: ${(event as Json).type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
  /** The first half of an answer that is never finished, by each kind of provider, and the second half of it. */
  const half: Record<string, (text: string, whole: boolean) => Answer> = {
    openai_compatible: (text, whole) => ({ does: "stream", events: chatEvents([text], whole ? "stop" : null), done: whole, then: whole ? "end" : "cut" }),
    anthropic: (text, whole) => ({
      does: "raw", headers: { "content-type": "text/event-stream" }, then: whole ? "end" : "cut",
      body: said([
        { type: "message_start", message: { id: "msg_1", type: "message", role: "assistant", model: "up", content: [], usage: { input_tokens: 1, output_tokens: 1 } } },
        { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }, { type: "content_block_delta", index: 0, delta: { type: "text_delta", text } },
        ...(whole ? [{ type: "content_block_stop", index: 0 }, { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 3 } }, { type: "message_stop" }] : []),
      ]),
    }),
  };

  test.each(SURFACES.flatMap((surface) => Object.keys(half).flatMap((first) => Object.keys(half).map((second) => [surface, first, second] as const))))("is replaced, and the client of %s gets one answer: %s, then %s", async (surface, first, second) => {
    const a = await upstream([half[first]!("The answer has two halves, and this is the first", false)]);
    const b = await upstream([half[second]!(", and this is the second.", true)]);
    const targets = [[a, first], [b, second]].map(([server, kind], at) => `provider p${at} { kind = ${kind as string}  base = "${(server as { base: string }).base}" }\ntarget t${at} = p${at} "up" { context = 32Ki  output = 4k }`);
    const gateway = await gatewayFor(`${targets.join("\n")}\ncascade both { resume = continue  try t0  try t1 }\nmodel m { route = both }`);
    const answer = await ask(gateway, surface, question(surface, true));
    expect([answer.text, answer.error]).toEqual(["The answer has two halves, and this is the first, and this is the second.", null]);
    expect(answer.events.filter((event) => event.type === "content_block_start" || event.type === "response.output_item.added").length).toBe(surface === "chat" ? 0 : 1);
    expect((await gateway.receipts())[0]!.attempts.map((attempt) => attempt.outcome)).toEqual(["unavailable", "ok"].map((one) => expect.stringMatching(one === "ok" ? "ok" : /truncated|unavailable/)));
  });
});
