// Rules on the finished answer: what it must be, what becomes of one that is not, and that nothing goes out before it is known.
import { Receipt } from "#contracts";
import { describe, expect, test } from "vitest";
import { compile, hostOf } from "#compiler";
import { chatEvents, completion } from "../../support/upstream-server.ts";
import { gatewayFor, loadedFrom, streamed, targetsAt, upstream, type Answer, type Streamed } from "./harness.ts";

const says = (...texts: string[]): Answer => ({ does: "stream", events: chatEvents(texts) });
const whole = (text: string): Answer => ({ does: "json", body: completion(text) });
const event = (delta: object, finish: string | null = null, index = 0): string =>
  JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "u", choices: [{ index, delta, finish_reason: finish }] });

type Got = { readonly status: number; readonly text: string; readonly error: { readonly code: string } | null; readonly receipt: Receipt; readonly reminders: readonly string[]; readonly stream: Streamed | null };

/** The same request streamed and not: the answers in turn, each in a few pieces where it streams. */
async function both(rules: string, texts: readonly string[]): Promise<readonly Got[]> {
  const answers = (stream: boolean): Answer[] => texts.map((text) => (stream ? says(...text.split(/(?<=,)|(?<=l)/)) : whole(text)));
  return [await ask(rules, answers(true), { stream: true }), await ask(rules, answers(false), {})];
}

async function ask(rules: string, answers: readonly Answer[], body: object): Promise<Got> {
  const a = await upstream([...answers]);
  const gateway = await gatewayFor(`${targetsAt({ a })}\n${rules}`);
  const response = await gateway.chat({ model: "m", ...body });
  const stream = response.headers.get("content-type")?.startsWith("text/event-stream") === true ? await streamed(response) : null;
  const json = stream === null ? ((await response.json()) as { error?: { code: string }; choices?: { message: { content: string } }[] }) : null;
  const [receipt] = await gateway.receipts();
  expect(Receipt.safeParse(receipt).error).toBeUndefined();
  const reminders = a.seen.slice(1).map((one) => (one.body["messages"] as { content: string }[]).at(-1)!.content);
  return { status: response.status, text: stream?.text ?? json?.choices?.[0]?.message.content ?? "", error: json?.error ?? null, receipt: receipt!, reminders, stream };
}

describe("expect json", () => {
  const RULE = `rule is-json on output { expect json  then retry { limit = 1  remind = "Answer with JSON alone."  feedback = validation }  exhausted block "not JSON" }
model m { route = a  rules = [is-json] }`;

  test("lets JSON through as it came", async () => {
    for (const got of await both(RULE, ['{ "total":  1 , "of": "all" }'])) {
      expect([got.status, got.text, got.receipt.triggers]).toEqual([200, '{ "total":  1 , "of": "all" }', []]);
    }
  });

  test("asks again with what is wrong, and releases nothing of the answer that was not", async () => {
    for (const got of await both(RULE, ['well, {"total": 1}', '{"total":1}'])) {
      expect([got.status, got.text]).toEqual([200, '{"total":1}']);
      expect(got.reminders.map((one) => one.startsWith("[rule:is-json] Answer with JSON alone.\n- the answer is not valid JSON"))).toEqual([true]);
      expect(got.receipt.attempts.map((one) => [one.outcome, one.bytes.released])).toEqual([["ended_by_rule", 0], ["ok", 11]]);
      expect(got.receipt.triggers).toEqual([expect.objectContaining({ rule: "rule:is-json", channel: "output", action: "retry", offset: 0, length: 18, held_bytes: 18, released_bytes: 0, violation_released: false })]);
    }
  });

  test("used up, blocks with an error answer: not a byte of it was sent", async () => {
    for (const got of await both(RULE, ["all wrong"])) {
      expect([got.status, got.error?.code, got.receipt.status]).toEqual([422, "rule:is-json", "blocked"]);
      expect(got.receipt.triggers.map((one) => one.action)).toEqual(["retry", "block"]);
    }
  });

  test("is asked of no answer that calls tools, and of an empty one", async () => {
    const call = { tool_calls: [{ index: 0, id: "c1", type: "function", function: { name: "f", arguments: "{}" } }] };
    const tools = await ask(RULE, [{ does: "stream", events: [event({ role: "assistant", content: "let me see" }), event(call), event({}, "tool_calls")] }], { stream: true });
    expect([tools.text, tools.stream!.finish, tools.receipt.triggers]).toEqual(["let me see", ["tool_calls"], []]);
    expect(tools.stream!.chunks.flatMap((one) => one.choices.flatMap((choice) => choice.delta.tool_calls ?? []))).toEqual([{ ...call.tool_calls[0] }]);
    expect((await ask(RULE, [{ does: "stream", events: [event({ role: "assistant", content: "" }, "stop")] }], { stream: true })).status).toBe(422);
  });

  test("in shadow, or with `hold = none`, holds nothing and records what it saw", async () => {
    const shadow = RULE.replace("{ expect", "{ mode = shadow  expect");
    const noted = `rule is-json on output { expect json  hold = none  then note }\nmodel m { route = a  rules = [is-json] }`;
    for (const rules of [shadow, noted]) {
      const got = await ask(rules, [says("not ", "JSON")], { stream: true });
      expect(got.stream!.chunks.filter((one) => one.choices[0]?.delta.content).length).toBe(2);
      expect([got.text, got.receipt.status]).toEqual(["not JSON", "completed"]);
      expect(got.receipt.triggers).toEqual([expect.objectContaining({ rule: "rule:is-json", offset: 0, length: 8 })]);
    }
  });

  test("that only notes needs nothing held", () => {
    const { policy } = loadedFrom(`provider p { kind = mock }\ntarget t = p "t" { context = 1k }\nrule a on output { expect json  then note }\nrule b on output { expect json  then block "x" }\nmodel m { route = t  rules = [a, b] }`);
    expect(policy.rules.map((one) => one.hold)).toEqual([{ kind: "none" }, { kind: "all" }]);
    expect(policy.requires).toEqual(["output-rules", "routes"]);
  });
});

describe("expect schema", () => {
  const SCHEMA = { type: "object", properties: { total: { type: "number" }, lines: { type: "array", items: { type: "object", required: ["price"] } }, kind: { enum: ["a", "b"] } }, required: ["total"], additionalProperties: false };
  const compiled = (schema: unknown, extra = "") => compile("test.ward", hostOf({
    "test.ward": `ward 1\nprovider p { kind = mock }\ntarget t = p "t" { context = 8k  can = [json]  replies = [["{\\"total\\":\\"x\\",\\"more\\":1,\\"lines\\":[{}]}"], ["{\\"total\\":1}"]] }\nrule invoice on output { expect schema "./i.json"  then retry { feedback = validation }  exhausted block "no invoice" ${extra} }\nmodel m { route = t  rules = [invoice] }`,
    "i.json": typeof schema === "string" ? schema : JSON.stringify(schema),
  }));

  test("asks again with the path and the words of each error", async () => {
    const { rehearsals, load } = await import("#runtime");
    const { bundleText } = await import("#compiler");
    const { bundle } = compiled(SCHEMA);
    const loaded = load(bundleText(bundle!));
    if (!loaded.ok) throw new Error(loaded.problem.message);
    const rehearsed = await rehearsals(loaded.loaded)({ request: { model: "m", stream: true }, messages: null, key: null, script: (target, nth) => target.replies[nth]! });
    expect([rehearsed.text, rehearsed.receipt.status, rehearsed.receipt.attempts.length]).toEqual(['{"total":1}', "completed", 2]);
  });

  test("tells its model what is wrong, at most eight things, each short", async () => {
    const { expectationOf } = await import("../../../runtime/stream/expect.ts");
    const problems = expectationOf({ kind: "schema", schema: SCHEMA })('{"total":"x","more":1,"kind":"c","lines":[{},{}]}');
    expect(problems).toEqual(['the answer must NOT have additional properties: "more"', "/total must be number", "/lines/0 must have required property 'price'", "/lines/1 must have required property 'price'", '/kind must be equal to one of the allowed values: ["a","b"]']);
    const many = expectationOf({ kind: "schema", schema: { items: { type: "number" } } })(JSON.stringify(Array.from({ length: 50 }, () => "x".repeat(1000))));
    expect([many.length, many.at(-1), Math.max(...many.map((one) => one.length)) <= 200]).toEqual([9, "and 42 more", true]);
  });

  test("holds an answer that is written to hang whoever reads it, and lets a good one through", async () => {
    const { rehearsals, load } = await import("#runtime");
    const { bundleText } = await import("#compiler");
    const killer = JSON.stringify({ name: `${"a".repeat(100_000)}!` });
    const { bundle } = compile("test.ward", hostOf({
      "test.ward": `ward 1\nprovider p { kind = mock }\ntarget t = p "t" { context = 8k  can = [json]  replies = [[${JSON.stringify(killer)}], ["{\\"name\\":\\"aa\\"}"]] }\nrule named on output { expect schema "./i.json"  then retry { feedback = validation }  exhausted block "no" }\nmodel m { route = t  rules = [named] }`,
      "i.json": JSON.stringify({ type: "object", required: ["name"], properties: { name: { type: "string", pattern: "^(a+)+$" } } }),
    }));
    const loaded = load(bundleText(bundle!));
    if (!loaded.ok) throw new Error(loaded.problem.message);
    const rehearsed = await rehearsals(loaded.loaded)({ request: { model: "m", stream: true }, messages: null, key: null, script: (target, nth) => target.replies[nth]! });
    expect([rehearsed.text, rehearsed.receipt.status, rehearsed.receipt.attempts.length]).toEqual(['{"name":"aa"}', "completed", 2]);
  });

  test("without patterns is in the bundle as it always was", () => {
    const { bundle } = compiled(SCHEMA);
    expect(bundle!.policy.rules[0]!.match).toEqual({ kind: "schema", schema: SCHEMA });
  });

  test.each<[string, unknown, RegExp | null]>([
    ["of draft 7", { $schema: "http://json-schema.org/draft-07/schema#", type: "object", definitions: { a: { type: "string" } }, properties: { a: { $ref: "#/definitions/a" } } }, null],
    ["of 2019-09", { $schema: "https://json-schema.org/draft/2019-09/schema", type: "object" }, null],
    ["of 2020-12", { $schema: "https://json-schema.org/draft/2020-12/schema", $defs: { a: { type: "string" } }, properties: { a: { $ref: "#/$defs/a" } } }, null],
    ["that lets everything through", true, null],
    ["with a format", { type: "string", format: "date" }, /unknown format "date"/],
    ["with a word that is none", { tipe: "object" }, /unknown keyword: "tipe"/],
    ["with a pattern that backtracks", { type: "string", pattern: "^(a+)+$", minLength: 2 }, null],
    ["with a pattern that nothing meets too", { type: "object", properties: { a: true, b: { pattern: "^[a-z]*$" } }, patternProperties: { "^a": { type: "string" }, "": true } }, null],
    ["with words for patterns where there are none", { type: "object", properties: { pattern: { const: { pattern: "(?<=a)b" } } }, default: { pattern: "(?<=a)b" } }, null],
    ["with a lookbehind", { pattern: "(?<=a)b" }, /^the schema of rule `invoice` cannot be checked: in its pattern `\(\?<=a\)b`: lookbehind `\(\?<=a\)` is not regular$/],
    ["with a backreference in a name", { type: "object", patternProperties: { "(a)\\1": true } }, /in its pattern `\(a\)\\1`: backreference/],
    ["with a pattern too large", { $ref: "#/$defs/a", $defs: { a: { pattern: "^.{0,9999}$" } } }, /in its pattern `\^\.\{0,9999\}\$`: the pattern is 9999 characters long once its repeats are written out; 5000 are allowed/],
    ["with a pattern that is none", { pattern: "a(" }, /in its pattern `a\(`: not a regular expression: unterminated group/],
    ["of another file", { $ref: "./other.json" }, /can't resolve reference/],
    ["of draft 4", { $schema: "http://json-schema.org/draft-04/schema#" }, /no schema with key or ref/],
    ["that is a list", [], /a schema is an object/],
  ])("a schema %s is compiled, or refused where it is written", (_, schema, problem) => {
    const { bundle, diagnostics } = compiled(schema);
    const found = diagnostics.filter((one) => one.code === "W7002");
    if (problem === null) expect([bundle === null, found]).toEqual([false, []]);
    else expect([bundle, found.map((one) => [problem.test(one.message), one.span.file])]).toEqual([null, [[true, "test.ward"]]]);
  });

  test.each<[string, string]>([
    ["redacts", `rule r on output { expect json  then redact "x" }`],
    ["caps a match it does not look for", `rule r on output { within = 3  expect json  then note }`],
    ["holds a line", `rule r on output { hold = line  match /x/  then block "x" }`],
    ["holds a size on a tool", `rule r on tool { hold = 20  match /x/  then block "x" }`],
    ["holds a request", `rule r on request { hold = all  match /x/  then block "x" }`],
  ])("a rule that %s is an error", (_, rule) => {
    const { bundle, diagnostics } = compile("test.ward", hostOf({ "test.ward": `ward 1\nprovider p { kind = mock }\ntarget t = p "t" { context = 8k }\n${rule}\nmodel m { route = t  rules = [r] }` }));
    expect([bundle, diagnostics.filter((one) => one.severity === "error").map((one) => one.code)]).toEqual([null, ["W2001"]]);
  });
});

describe("match on the output", () => {
  test("blocks without having released a byte, however long the match is", async () => {
    const rule = `rule table on output { match /BEGIN[^]*END/  then block "a table" }\nmodel m { route = a  rules = [table] }`;
    for (const got of await both(rule, [`look, BEGIN ${"l, ".repeat(500)} END and more`])) {
      expect([got.status, got.error?.code]).toEqual([422, "rule:table"]);
      expect(got.receipt.triggers[0]).toMatchObject({ offset: 6, length: 10 + 1500, released_bytes: 0, violation_released: false });
    }
  });

  test("redacts in the whole answer, and what comes beside it stays", async () => {
    const rule = `rule names on output { match /Ann(abel)?|Bob/  then redact "[name]" }\nmodel m { route = a  rules = [names] }`;
    for (const got of await both(rule, ["hello, Annabel and Bob, all well"])) {
      expect([got.text, got.receipt.triggers.map((one) => [one.action, one.offset, one.length])]).toEqual(["hello, [name] and [name], all well", [["redact", 7, 7], ["redact", 19, 3]]]);
    }
  });

  test("reads the answer as it would go out: what a text rule took out is not there", async () => {
    const rules = `rule keys on text { match /sk-[a-z]{4}/  then redact "[key]" }
rule no-keys on output { match /sk-/  then block "a key" }
rule brackets on output { match /\\[key\\]/  then note }
model m { route = a  rules = [keys, no-keys, brackets] }`;
    for (const got of await both(rules, ["all: sk-abcd, done"])) {
      expect([got.status, got.text, got.receipt.triggers.map((one) => [one.channel, one.rule])]).toEqual([200, "all: [key], done", [["text", "rule:keys"], ["output", "rule:brackets"]]]);
    }
  });

  test("judges each choice by itself, and one that breaks it ends all", async () => {
    const rule = `rule no-x on output { match /x/  then redact "-" }\nmodel m { route = a  rules = [no-x] }`;
    const events = [event({ role: "assistant", content: "ax" }), event({ role: "assistant", content: "b" }, null, 1), event({ content: "x" }), event({ content: "x!" }, null, 1), event({}, "stop"), event({}, "stop", 1)];
    const got = await ask(rule, [{ does: "stream", events }], { stream: true, n: 2 });
    const texts = [0, 1].map((index) => got.stream!.chunks.flatMap((one) => one.choices.filter((choice) => choice.index === index).map((choice) => choice.delta.content ?? "")).join(""));
    expect(texts).toEqual(["a--", "b-!"]);
    expect(got.receipt.triggers.map((one) => [one.choice, one.offset])).toEqual([[0, 1], [0, 2], [1, 1]]);
  });
});

describe("an answer that is held whole", () => {
  const RULE = `rule no-x on output { match /forbidden/  then block "x" }\nmodel m { route = a  rules = [no-x]  limits = { held = 64B } }`;

  test("goes out with its reasoning, calls and finish reason when its end was seen", async () => {
    const call = { tool_calls: [{ index: 0, id: "c1", type: "function", function: { name: "f", arguments: '{"a":1}' } }] };
    const events = [event({ role: "assistant", reasoning_content: "hm" }), event({ content: "one " }), event({ content: "two" }), event(call), event({}, "tool_calls")];
    const got = await ask(RULE.replace("64B", "1KiB"), [{ does: "stream", events }], { stream: true });
    const deltas = got.stream!.chunks.flatMap((one) => one.choices.map((choice) => choice.delta));
    expect([deltas.map((one) => one.reasoning_content ?? "").join(""), got.text, deltas.flatMap((one) => one.tool_calls ?? [])]).toEqual(["hm", "one two", call.tool_calls]);
    expect([got.stream!.finish, got.stream!.done, deltas.filter((one) => one.role !== undefined).length]).toEqual([["tool_calls"], true, 1]);
  });

  test("goes out not at all where its provider dies, and the next one answers from the start", async () => {
    const a = await upstream([{ does: "stream", events: [event({ role: "assistant", content: "half an" })], done: false, then: "cut" }]);
    const b = await upstream([says("whole")]);
    const gateway = await gatewayFor(`${targetsAt({ a, b })}\ncascade c { try a  try b }\n${RULE.replace("route = a", "route = c")}`);
    expect((await streamed(await gateway.chat({ model: "m", stream: true }))).text).toBe("whole");
    const [receipt] = await gateway.receipts();
    expect(receipt!.attempts.map((one) => [one.outcome, one.bytes.released])).toEqual([["truncated", 0], ["ok", 5]]);
  });

  test("is blocked where it is longer than may be held", async () => {
    const got = await ask(RULE, [says(...Array.from({ length: 100 }, () => "ten chars "))], { stream: true });
    expect([got.status, got.error?.code]).toEqual([422, "held_limit_exceeded"]);
  });

  test("takes no more memory for coming in many pieces", async () => {
    const { holdAnswer } = await import("../../../runtime/gateway/answer/held-answer.ts");
    const held = holdAnswer();
    for (let n = 0; n < 10_000; n++) held.keep({ protocol: "chat", raw: {}, parts: [{ kind: "text", choice: 0, text: "a" }] }, [{ choice: 0, channel: "text", text: "a" }]);
    expect(held.size).toBeLessThan(11_000);
    expect(held.take(new Map()).map((one) => one.released.map((piece) => piece.text.length))).toEqual([[10_000]]);
  });

  test("counts with its rule's retries what a text rule asked for before", async () => {
    const rules = `rule no-bad on text { match /bad/  then retry { remind = "no bad" }  exhausted block "bad" }
rule is-json on output { expect json  then retry { remind = "json" }  exhausted block "not json" }
model m { route = a  rules = [no-bad, is-json] }`;
    for (const got of await both(rules, ["a bad answer", "well", "[1]"])) {
      expect([got.status, got.text, got.receipt.triggers.map((one) => one.rule)]).toEqual([200, "[1]", ["rule:no-bad", "rule:is-json"]]);
      expect(got.reminders.at(-1)).toBe("[rule:no-bad] no bad\n[rule:is-json] json");
    }
  });
});
