import fc from "fast-check";
import { expect, test } from "vitest";
import { createEventParser } from "../../../runtime/attempt/event-json.ts";

// Texts that look like what stands around them, so that a place found by its text could be the wrong one.
const text = fc.oneof(
  fc.constantFrom("", "a", "b", "assistant", "content", ",", ":", "[", "}],", '"', "\\", "\\n", '","', "é", "😀", "\u0000", "\u2028", "id", "0", "null", "__proto__"),
  fc.string({ unit: "grapheme", maxLength: 6 }),
);
const value = fc.oneof(text, fc.constantFrom(null, 0, 1, true), fc.array(text, { maxLength: 2 }));
const delta = fc.oneof(
  { weight: 6, arbitrary: fc.record({ content: text }) },
  { weight: 2, arbitrary: fc.record({ role: text, content: text, refusal: value }, { requiredKeys: ["content"] }) },
  { weight: 1, arbitrary: fc.record({ content: value }, { requiredKeys: [] }) },
);
const stream = fc.record({ id: text, model: text, fingerprint: value, deltas: fc.array(fc.record({ delta, finish: fc.constantFrom(null, null, null, "stop"), more: fc.constantFrom(0, 0, 0, 1, 2), form: fc.constantFrom("plain", "plain", "plain", "escaped", "spaced", "cut", "twice", "stray") }), { maxLength: 14 }) });

test("events are what JSON.parse makes of each of them, whatever came before", () => {
  fc.assert(
    fc.property(stream, ({ id, model, fingerprint, deltas }) => {
      const { parse } = createEventParser();
      for (const { delta, finish, more, form } of deltas) {
        const choice = { index: 0, delta, logprobs: null, finish_reason: finish };
        const data = written({ id, model, choices: more === 0 ? [choice] : more === 1 ? [] : [choice, choice], fingerprint }, form);
        expect(JSON.stringify(parse(data))).toBe(JSON.stringify(reference(data)));
      }
    }),
    { numRuns: 400 },
  );
});

test("events that are said to be alike differ in the text of their only choice, and in nothing else", () => {
  let alike = 0;
  fc.assert(
    fc.property(stream, ({ id, model, fingerprint, deltas }) => {
      const events = createEventParser();
      const first = new Map<object, string>();
      for (const { delta, finish, more, form } of deltas) {
        const choice = { index: 0, delta, logprobs: null, finish_reason: finish };
        const value = events.parse(written({ id, model, choices: more === 0 ? [choice] : more === 1 ? [] : [choice, choice], fingerprint }, form));
        if (events.like === null) continue;
        const { choices, ...rest } = value as { choices: { delta: { content: string } }[] };
        const [{ delta: said, ...of }] = choices as [{ delta: { content: string } }];
        const bare = JSON.stringify([choices.length, typeof said.content, rest, of, { ...said, content: "" }]);
        if (first.has(events.like)) alike += 1;
        expect(first.get(events.like) ?? bare).toBe(bare);
        first.set(events.like, bare);
      }
    }),
    { numRuns: 400 },
  );
  expect(alike).toBeGreaterThan(0);
});

test("an event that is like another and ends early is no JSON", () => {
  const { parse } = createEventParser();
  const data = '{"choices":[{"delta":{"content":"one"}}]}';
  expect(parse(data)).toEqual(JSON.parse(data));
  expect(parse('{"choices":[{"delta":{"content":"two"}}]')).toBeUndefined();
  expect(parse('{"choices":[{"delta":{"content":"two}}]}')).toBeUndefined();
  expect(parse('{"choices":[{"delta":{"content":"t\two"}}]}')).toBeUndefined();
  expect(parse('{"choices":[{"delta":{"content":"two"}}]}')).toEqual({ choices: [{ delta: { content: "two" } }] });
});

test("an event that was answered stays as it was when the next one comes", () => {
  const { parse } = createEventParser();
  const of = (word: string): string => `{"id":"x","choices":[{"index":0,"delta":{"content":"${word}"}}]}`;
  const all = ["one", "two", "three", ""].map((word) => parse(of(word)));
  expect(all).toEqual(["one", "two", "three", ""].map((word) => JSON.parse(of(word)) as unknown));
});

function written(event: object, form: string): string {
  const plain = JSON.stringify(event);
  switch (form) {
    case "escaped":
      return Array.from({ length: plain.length }, (_, at) => (plain.charCodeAt(at) < 0x7f ? plain[at]! : `\\u${plain.charCodeAt(at).toString(16).padStart(4, "0")}`)).join("");
    case "spaced":
      return JSON.stringify(event, null, 1);
    case "cut":
      return plain.slice(0, -2);
    case "twice":
      return plain.replace('"delta":{', '"delta":{"content":"early",');
    case "stray":
      return plain.replace('"content":"', '"content":"\t');
    default:
      return plain;
  }
}

function reference(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
