// How much each form of `hold` keeps back on a live stream, on text and on reasoning alike: what the client has while the
// provider is still speaking.
import { expect, test } from "vitest";
import { chatEvents } from "../../support/upstream-server.ts";
import { gatewayFor, streamed, targetsAt, upstream, type Answer } from "./harness.ts";

const event = (delta: object): string => JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "u", choices: [{ index: 0, delta, finish_reason: null }] });

const SAID = ["One two. ", "Three fo", "ur\nfive", " sk-12"];

/** What has come when the provider has said all of SAID and then says no more. */
async function soFar(channel: "text" | "reasoning", rule: string): Promise<string> {
  const key = channel === "text" ? "content" : "reasoning_content";
  const a = await upstream([{ does: "stream", events: SAID.map((text) => event({ [key]: text })), done: false, then: "hang" }]);
  const gateway = await gatewayFor(`${targetsAt({ a })}\nrule r on ${channel} { ${rule} }\nmodel m { route = a  rules = [r] }`);
  const answer = await streamed(await gateway.chat({ model: "m", stream: true }));
  return answer.chunks.map((one) => (one.choices?.[0]?.delta as Record<string, string> | undefined)?.[key] ?? "").join("");
}

const FORMS: readonly (readonly [form: string, rule: string, out: string])[] = [
  ["match: exactly what may become one", 'match /sk-[0-9]{6}/  then block "key"', "One two. Three four\nfive "],
  ["line: up to the last line's end", 'hold = line  match /sk-[0-9]{6}/  then block "key"', "One two. Three four\n"],
  ["sentence: up to the last sentence's end", 'hold = sentence  match /sk-[0-9]{6}/  then block "key"', "One two. "],
  ["all: everything", 'hold = all  match /sk-[0-9]{6}/  then block "key"', ""],
  ["a size: that many characters", 'hold = 9  match /sk-[0-9]{6}/  then block "key"', "One two. Three four\nf"],
  ["none: nothing", "hold = none  match /sk-[0-9]{2}/  then note", "One two. Three four\nfive sk-12"],
  ["within: no longer than the cap", 'within = 12  match /sk-[^]*!/  then redact "x"', "One two. Three four\nfive "],
];

test.each(FORMS.flatMap(([form, rule, out]) => (["text", "reasoning"] as const).map((channel) => [form, channel, rule, out] as const)))("hold %s is held back of %s", async (_, channel, rule, out) => {
  expect(await soFar(channel, rule)).toBe(out);
});

test.each(FORMS)("hold %s, and every character comes where nothing matches", async (_, rule) => {
  const says: Answer = { does: "stream", events: chatEvents(SAID) };
  const a = await upstream([says]);
  const gateway = await gatewayFor(`${targetsAt({ a })}\nrule r on text { ${rule} }\nmodel m { route = a  rules = [r] }`);
  const answer = await streamed(await gateway.chat({ model: "m", stream: true }));
  expect([answer.text, answer.done]).toEqual([SAID.join(""), true]);
});

test("a match longer than `within` is none, and what was held for it comes", async () => {
  const a = await upstream([{ does: "stream", events: chatEvents(["sk-", "1234567890", "12!", " sk-1!"]) }]);
  const gateway = await gatewayFor(`${targetsAt({ a })}\nrule r on text { within = 12  match /sk-[^]*!/  then redact "x" }\nmodel m { route = a  rules = [r] }`);
  expect((await streamed(await gateway.chat({ model: "m", stream: true }))).text).toBe("sk-123456789012! x");
});
