// Rules on the calls of tools: what they see of a call, streamed or not, what becomes of it, and that no piece of a call
// that is stopped ever reaches the client.
import { Receipt } from "#contracts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matchersOf } from "../../../runtime/gateway/answer/matchers.ts";
import { ruleSetOf } from "../../../runtime/gateway/answer/rule-set.ts";
import { watchCalls } from "../../../runtime/gateway/answer/tool-rules.ts";
import { gatewayFor, loadedFrom, streamed, targetsAt, upstream, type Answer, type Streamed } from "./harness.ts";

type Call = readonly [name: string, ...pieces: string[]];
type Message = { readonly role: string; readonly content?: unknown; readonly tool_calls?: unknown; readonly tool_call_id?: string; readonly name?: string };

const event = (delta: object, finish: string | null = null): string => JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "u", choices: [{ index: 0, delta, finish_reason: finish }] });

function streams(text: string, calls: readonly Call[], finish: string | null = "tool_calls"): Answer {
  const said = text === "" ? [] : [event({ role: "assistant", content: text })];
  const made = calls.flatMap(([name, ...pieces], index) => [
    event({ tool_calls: [{ index, id: `call_${index}`, type: "function", function: { name, arguments: "" } }] }),
    ...pieces.map((piece) => event({ tool_calls: [{ index, function: { arguments: piece } }] })),
  ]);
  return { does: "stream", events: [...said, ...made, ...(finish === null ? [] : [event({}, finish)])], ...(finish === null ? { done: false, then: "cut" as const } : {}) };
}

function whole(text: string, calls: readonly Call[]): Answer {
  const tool_calls = calls.map(([name, ...pieces], index) => ({ id: `call_${index}`, type: "function", function: { name, arguments: pieces.join("") } }));
  const message = { role: "assistant", content: text, ...(calls.length === 0 ? {} : { tool_calls }) };
  return { does: "json", body: { id: "c", object: "chat.completion", created: 1, model: "u", choices: [{ index: 0, message, finish_reason: "tool_calls" }], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } } };
}

type Got = {
  readonly status: number;
  readonly raw: string;
  readonly text: string;
  readonly calls: readonly (readonly [name: string, json: string])[];
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly receipt: Receipt;
  readonly sent: readonly Message[][];
  readonly stream: Streamed | null;
};

type Turn = { readonly text?: string; readonly calls?: readonly Call[]; readonly finish?: string | null };

async function ask(rules: string, turns: readonly Turn[], { stream = true, messages = [{ role: "user", content: "hi" }] }: { readonly stream?: boolean; readonly messages?: readonly Message[] } = {}): Promise<Got> {
  const a = await upstream(turns.map(({ text = "", calls = [], finish }) => (stream ? streams(text, calls, finish === undefined ? "tool_calls" : finish) : whole(text, calls))));
  const gateway = await gatewayFor(`${targetsAt({ a })}\n${rules}`);
  const response = await gateway.chat({ model: "m", stream, messages });
  const raw = await response.text();
  const [receipt] = await gateway.receipts();
  expect(Receipt.safeParse(receipt).error).toBeUndefined();
  const sent = a.seen.map((one) => one.body["messages"] as Message[]);
  const common = { status: response.status, raw, receipt: receipt!, sent };
  if (!raw.startsWith("data: ")) {
    const body = JSON.parse(raw) as { error?: Got["error"]; choices?: { message: { content: string; tool_calls?: { function: { name: string; arguments: string } }[] } }[] };
    const message = body.choices?.[0]?.message;
    return { ...common, stream: null, text: message?.content ?? "", calls: (message?.tool_calls ?? []).map((call) => [call.function.name, call.function.arguments]), error: body.error ?? null };
  }
  const answer = await streamed(new Response(raw));
  const calls: [string, string][] = [];
  for (const chunk of answer.chunks) {
    for (const call of chunk.choices?.[0]?.delta.tool_calls ?? []) {
      const { index, function: its } = call as { index: number; function: { name?: string; arguments?: string } };
      calls[index] = [its.name ?? calls[index]?.[0] ?? "", (calls[index]?.[1] ?? "") + (its.arguments ?? "")];
    }
  }
  return { ...common, stream: answer, text: answer.text, calls, error: null };
}

/** Streamed and not: a rule holds for both alike. */
async function both(rules: string, turns: readonly Turn[], messages?: readonly Message[]): Promise<readonly Got[]> {
  const more = messages === undefined ? {} : { messages };
  return [await ask(rules, turns, { stream: true, ...more }), await ask(rules, turns, { stream: false, ...more })];
}

const brief = (receipt: Receipt): readonly unknown[] => receipt.triggers.map((one) => [one.rule, one.action, one.attempt, one.offset, one.length]);
const model = (...rules: string[]): string => `model m { route = a  rules = [${rules.join(", ")}] }`;
const past = (name: string, json: string, id = "p"): readonly Message[] => [
  { role: "assistant", content: null, tool_calls: [{ id, type: "function", function: { name, arguments: json } }] },
  { role: "tool", content: "done", tool_call_id: id },
];
const hi: Message = { role: "user", content: "hi" };

describe("match on the arguments of a tool", () => {
  const RULE = `rule no-rm on tool "shell*" { match /rm -rf/  then block "not that" }\n${model("no-rm")}`;

  test("sees them decoded, wherever an escape is cut, and lets no character of the call out", async () => {
    const json = '{"cmd":"\\u0072m\\u0020-rf /","n":1}';
    for (let cut = 1; cut < json.length; cut += 3) {
      const got = await ask(RULE, [{ calls: [["shell", json.slice(0, cut), json.slice(cut)]] }]);
      expect([got.status, got.error?.code]).toEqual([422, "rule:no-rm"]);
      expect(got.receipt.triggers).toEqual([expect.objectContaining({ rule: "rule:no-rm", channel: "tool", action: "block", offset: 3, length: 6, held_bytes: 9, released_bytes: 0, violation_released: false })]);
    }
    expect((await ask(RULE, [{ calls: [["shell", json]] }], { stream: false })).error?.code).toBe("rule:no-rm");
  });

  test("is of no other tool, and of no two values together", async () => {
    for (const calls of [[["search", '{"q":"rm -rf"}']], [["shell", '{"a":"rm ","b":"-rf"}']]] as const) {
      for (const got of await both(RULE, [{ calls }])) expect([got.status, got.calls, got.receipt.triggers]).toEqual([200, calls, []]);
    }
  });

  test("aborts the call while it streams", async () => {
    const a = await upstream([{ does: "stream", events: [event({ tool_calls: [{ index: 0, id: "c", function: { name: "shell", arguments: '{"cmd":"rm -rf' } }] })], done: false, then: "hang" }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\n${RULE}`);
    expect((await gateway.chat({ model: "m", stream: true })).status).toBe(422);
    await a.seen[0]!.ended;
    expect(a.seen[0]!.aborted).toBe(true);
  });

  test("ends a stream that has begun as policy does, and the call is not in it", async () => {
    const got = await ask(RULE, [{ text: "I will clean up.", calls: [["shell", '{"cmd":"rm', ' -rf /"}']] }]);
    expect([got.status, got.text, got.calls, got.stream!.finish, got.stream!.done]).toEqual([200, "I will clean up.", [], ["content_filter"], true]);
    expect(got.raw).not.toMatch(/shell|cmd|rm/);
  });

  test("reads names, numbers and broken JSON as well", async () => {
    const rules = (pattern: string): string => `rule r on tool { match ${pattern}  then block "x" }\n${model("r")}`;
    for (const [pattern, json] of [["/^secret$/", '{"secret":1}'], ["/4111\\d{12}/", '{"card":4111111111111111}'], ["/rm -rf/", '{"cmd":"rm -rf /'], ["/rm -rf/", "rm -rf / --all"], ["/^true$/", '{"a":true}']] as const) {
      for (const got of await both(rules(pattern), [{ calls: [["f", json]] }])) expect([json, got.error?.code]).toEqual([json, "rule:r"]);
    }
  });
});

describe("retry after a call", () => {
  const RULE = `rule no-rm on tool "shell" { match /rm -rf/  then retry { limit = 1  remind = "Move files to /tmp/trash." }  exhausted block "not that" }\n${model("no-rm")}`;
  const BAD: Call = ["shell", '{"cmd":"', 'rm -rf /"}'];
  const GOOD: Call = ["shell", '{"cmd":"mv a /tmp/trash"}'];

  test("asks again from the start, without a trace of the call", async () => {
    for (const got of await both(RULE, [{ calls: [BAD] }, { calls: [GOOD] }])) {
      expect(got.calls).toEqual([["shell", '{"cmd":"mv a /tmp/trash"}']]);
      expect(got.sent[1]).toEqual([hi, { role: "user", content: "[rule:no-rm] Move files to /tmp/trash." }]);
      expect(brief(got.receipt)).toEqual([["rule:no-rm", "retry", 1, 3, 6]]);
      expect(got.raw).not.toContain("rm -rf");
    }
  });

  test("goes on from the text that was released, and from nothing else", async () => {
    const got = await ask(RULE, [{ text: "Cleaning up now. ", calls: [BAD] }, { text: "Done differently.", calls: [GOOD] }]);
    expect([got.text, got.calls]).toEqual(["Cleaning up now. Done differently.", [["shell", '{"cmd":"mv a /tmp/trash"}']]]);
    expect(got.sent[1]!.map((one) => one.role)).toEqual(["user", "assistant", "user"]);
    expect(got.sent[1]![1]).toEqual({ role: "assistant", content: "Cleaning up now. " });
  });

  test("blames the call alone: siblings are asked for again and counted for nothing", async () => {
    const sibling: Call = ["read", '{"path":"a"}'];
    for (const got of await both(RULE, [{ calls: [sibling, BAD] }, { calls: [sibling, GOOD] }])) {
      expect(got.calls).toEqual([["read", '{"path":"a"}'], ["shell", '{"cmd":"mv a /tmp/trash"}']]);
      expect(brief(got.receipt)).toEqual([["rule:no-rm", "retry", 1, 3, 6]]);
    }
  });

  test("used up, blocks", async () => {
    for (const got of await both(RULE, [{ calls: [BAD] }])) {
      expect([got.status, got.error?.message, got.receipt.triggers.map((one) => one.action)]).toEqual([422, "not that", ["retry", "block"]]);
    }
  });
});

describe("an unfinished call", () => {
  const RULE = `rule no-rm on tool { match /rm -rf/  then block "x" }\n`;

  test("is never released where a rule watches: a provider that dies in it is replaced without a trace", async () => {
    const a = await upstream([streams("", [["shell", '{"cmd":"ls']], null)]);
    const b = await upstream([streams("", [["shell", '{"cmd":"pwd"}']])]);
    const gateway = await gatewayFor(`${targetsAt({ a, b })}\ncascade c { try a  try b }\n${RULE}${model("no-rm").replace("= a", "= c")}`);
    const raw = await (await gateway.chat({ model: "m", stream: true })).text();
    expect(raw).toContain("pwd");
    expect(raw).not.toContain('\\"ls');
  });

  test("passes through as it comes where none does", async () => {
    const got = await ask(`rule words on text { match /x/  then block "x" }\n${model("words")}`, [{ calls: [["shell", '{"cmd":', '"ls"}']] }]);
    expect(got.stream!.chunks.filter((one) => one.choices[0]?.delta.tool_calls !== undefined).length).toBe(3);
    expect(got.calls).toEqual([["shell", '{"cmd":"ls"}']]);
  });

  test("leaves nothing to go on from once calls were released without a rule", async () => {
    const a = await upstream([streams("", [["f", '{"a":1}']], null)]);
    const b = await upstream([streams("more", [])]);
    const gateway = await gatewayFor(`${targetsAt({ a, b })}\ncascade c { resume = continue  try a  try b }\nmodel m { route = c }`);
    const answer = await streamed(await gateway.chat({ model: "m", stream: true }));
    expect([answer.done, answer.error === null, b.seen.length]).toEqual([false, false, 0]);
  });

  test("that is longer than may be held is blocked", async () => {
    const got = await ask(RULE + model("no-rm").replace("}", " limits = { held = 1KiB } }"), [{ calls: [["f", '{"a":"', ..."x".repeat(40).split("").map(() => "y".repeat(100)), '"}']] }]);
    expect([got.status, got.error?.code]).toEqual([422, "held_limit_exceeded"]);
  });
});

describe("redact in arguments", () => {
  const RULE = `rule keys on tool { match /sk-[a-z]{4}/  then redact "[key]" }\n${model("keys")}`;

  test("replaces what matched, keeps valid JSON, and leaves every other byte as it was", async () => {
    const json = '{ "a" : "x \\u0073k-abcd \\"y\\"", "n": 1.50,\n"b":["sk-efgh","\\u00e9"] }';
    for (const got of await both(RULE, [{ calls: [["f", json.slice(0, 12), json.slice(12)], ["g", '{"q":"\\u00e9"}']] }])) {
      expect(got.calls).toEqual([["f", '{ "a" : "x [key] \\"y\\"", "n": 1.50,\n"b":["[key]","\\u00e9"] }'], ["g", '{"q":"\\u00e9"}']]);
      expect(JSON.parse(got.calls[0]![1])).toEqual({ a: 'x [key] "y"', n: 1.5, b: ["[key]", "é"] });
      expect(brief(got.receipt)).toEqual([["rule:keys", "redact", 1, 3, 7], ["rule:keys", "redact", 1, 20, 7]]);
    }
  });

  test("makes a number that matched a string", async () => {
    const rules = `rule cards on tool { match /\\d{16}/  then redact "[card]" }\n${model("cards")}`;
    for (const got of await both(rules, [{ calls: [["pay", '{"card":4111111111111111,"n":2}']] }])) expect(got.calls).toEqual([["pay", '{"card":"[card]","n":2}']]);
  });
});

describe("allow", () => {
  const RULE = `rule known on tool { allow ["read*", "search"]  then block "unknown tool" }\n${model("known")}`;

  test("lets the listed names through and matches any other, before its arguments are read", async () => {
    for (const got of await both(RULE, [{ calls: [["read_file", "{}"], ["search", "{}"]] }])) expect([got.calls.length, got.receipt.triggers]).toEqual([2, []]);
    for (const got of await both(RULE, [{ calls: [["read_file", "{}"], ["shell", '{"cmd":"ls"}']] }])) {
      expect([got.status, got.error?.code, got.calls]).toEqual([422, "rule:known", []]);
      expect(got.receipt.triggers).toEqual([expect.objectContaining({ offset: 0, length: 5, violation_released: false })]);
    }
  });

  test("in shadow, and with `hold = none`, records and holds nothing", async () => {
    for (const rules of [RULE.replace("{ allow", "{ mode = shadow  allow"), `rule known on tool { hold = none  allow ["read*"]  then note }\n${model("known")}`]) {
      const got = await ask(rules, [{ calls: [["shell", '{"cmd":', '"ls"}']] }]);
      expect(got.stream!.chunks.filter((one) => one.choices[0]?.delta.tool_calls !== undefined).length).toBe(3);
      expect([got.calls, got.receipt.triggers.map((one) => [one.rule, one.violation_released])]).toEqual([[["shell", '{"cmd":"ls"}']], [["rule:known", true]]]);
    }
  });
});

describe("after", () => {
  const RULE = `rule shell-after-web on tool "shell*" { after tool "browser*" within 2 turns  then block "review it first" }\n${model("shell-after-web")}`;
  const shell: Turn = { calls: [["shell_run", '{"cmd":"ls"}']] };
  const turns = (n: number): readonly Message[] => Array.from({ length: n }, () => ({ role: "assistant", content: "hm" }));

  test.each<[string, readonly Message[], boolean]>([
    ["the turn before", [hi, ...past("browser_open", "{}")], true],
    ["two turns before", [hi, ...past("browser_open", "{}"), ...turns(1), hi], true],
    ["three turns before", [hi, ...past("browser_open", "{}"), ...turns(2), hi], false],
    ["no turn before", [hi, ...past("search", "{}")], false],
    ["a turn whose call was cut from the history", [hi, { role: "tool", content: "page", tool_call_id: "gone", name: "browser_open" }], true],
  ])("reads the transcript the request carries: %s", async (_, messages, stopped) => {
    for (const got of await both(RULE, [shell], messages)) expect([got.status, got.error?.code]).toEqual(stopped ? [422, "rule:shell-after-web"] : [200, undefined]);
  });

  test("counts the calls of the same answer that come before", async () => {
    const browse: Call = ["browser_open", "{}"];
    for (const got of await both(RULE, [{ calls: [browse, ...shell.calls!] }])) expect(got.error?.code).toBe("rule:shell-after-web");
    for (const got of await both(RULE, [{ calls: [...shell.calls!, browse] }])) expect(got.status).toBe(200);
  });
});

describe("repeat", () => {
  const RULE = `rule circles on tool { repeat 3 within 4 turns  then retry { remind = "Try another way." }  exhausted block "tool loop" }\n${model("circles")}`;
  const again: Turn = { calls: [["look", '{"b":2, "a":1}']] };
  const twice = [hi, ...past("look", '{"a":1,"b":2}', "p1"), ...past("look", '{ "b": 2, "a": 1.0 }', "p2")];

  test("is the same tool with equal arguments, however they are written", async () => {
    for (const got of await both(RULE, [again, { text: "otherwise" }], twice)) {
      expect([got.text, got.calls, brief(got.receipt)]).toEqual(["otherwise", [], [["rule:circles", "retry", 1, 0, 4]]]);
    }
  });

  test.each<[string, readonly Message[], Turn]>([
    ["other arguments", twice, { calls: [["look", '{"a":1}']] }],
    ["another tool", twice, { calls: [["find", '{"a":1,"b":2}']] }],
    ["the second time only", [hi, ...past("look", '{"a":1,"b":2}')], again],
    ["too long ago", [...twice, ...Array.from({ length: 3 }, () => ({ role: "assistant", content: "hm" }))], again],
  ])("is none with %s", async (_, messages, turn) => {
    for (const got of await both(RULE, [turn], messages)) expect([got.status, got.calls.length, got.receipt.triggers]).toEqual([200, 1, []]);
  });

  test("counts the calls of the answer itself", async () => {
    const call = again.calls![0]!;
    for (const got of await both(RULE, [{ calls: [call, call, call] }, { text: "ok" }])) expect(brief(got.receipt)).toEqual([["rule:circles", "retry", 1, 0, 4]]);
  });

  test("does not count what was interrupted and asked for again", async () => {
    const call = again.calls![0]!;
    const rules = `rule circles on tool { repeat 2 within 4 turns  then block "loop" }\nrule no-x on text { match /xx/  then retry  exhausted block "x" }\n${model("circles", "no-x")}`;
    const a = await upstream([{ does: "stream", events: [event({ tool_calls: [{ index: 0, id: "c", function: { name: call[0], arguments: call[1] } }] }), event({ content: "xx" })], done: false }, streams("", [call])]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\n${rules}`);
    expect((await gateway.chat({ model: "m", stream: true })).status).toBe(200);
  });
});

test("a request that leaves its history out is taken for a match, and the receipt says so", async () => {
  const rules = `rule shell-after-web on tool "shell*" { after tool "browser*" within 2 turns  then block "review it first" }\n${model("shell-after-web")}`;
  const a = await upstream([whole("", [["shell", "{}"]])]);
  const gateway = await gatewayFor(`${targetsAt({ a })}\n${rules}`);
  expect((await gateway.chat({ model: "m", previous_response_id: "resp_1" })).status).toBe(422);
  const [receipt] = await gateway.receipts();
  expect(receipt!.triggers[0]!.reason).toBe("the request leaves its history out, so what was called before is not known");
});

describe("of any call and any cut", () => {
  const loaded = loadedFrom(`provider p { kind = mock }
target a = p "a" { context = 32k  can = [tools] }
rule pair on tool { match /é😀|ab+c/  then block "x" }
rule digits on tool { match /\\d\\d/  then redact "#" }
rule seen on tool { mode = shadow  match /b/  then block "x" }
${model("pair", "digits", "seen")}`);
  const [only] = loaded.policy.models;
  const rules = ruleSetOf(loaded, only!, only!.rules).first.asking.tool;
  const none = { turns: [], complete: true };

  function watched(pieces: readonly string[]): unknown {
    const noticed: unknown[] = [];
    const watch = watchCalls({ rules, model: only!, matchersOf: matchersOf(loaded), transcript: () => none, noticed: ({ match, heldBytes }) => noticed.push([match.rule.id, match.offset, match.length, heldBytes]) });
    for (const [at, piece] of pieces.entries()) {
      const ending = watch.take({ kind: "tool", choice: 0, index: 0, id: "c", name: at === 0 ? "f" : null, arguments: piece });
      if (ending !== null) return [noticed, ending.kind === "match" ? [ending.match.rule.id, ending.match.offset, ending.match.length, ending.heldBytes] : ending.kind];
    }
    const ending = watch.finish();
    return [noticed, ending?.kind === "match" ? [ending.match.rule.id, ending.match.offset, ending.match.length, ending.heldBytes] : null, ending === null ? watch.calls() : null];
  }

  const text = fc.array(fc.constantFrom("a", "b", "c", "1", "2", "é", "😀", '"', "\\", "\ud83d", "\n"), { maxLength: 10 }).map((all) => all.join(""));
  const json = fc.tuple(fc.dictionary(text, fc.oneof(text, fc.integer(), fc.array(text, { maxLength: 2 })), { maxKeys: 3 }), fc.boolean()).map(([value, ascii]) => {
    const written = JSON.stringify(value);
    return ascii ? written.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`) : written;
  });

  test("what is decided does not hang on how the arguments were cut", () => {
    fc.assert(
      fc.property(json, fc.array(fc.nat(200), { maxLength: 10 }), (arguments_, places) => {
        const cuts = [...new Set([0, ...places.map((place) => place % (arguments_.length + 1)), arguments_.length])].sort((a, b) => a - b);
        const pieces = cuts.slice(1).map((end, at) => arguments_.slice(cuts[at], end));
        expect(watched(pieces.length === 0 ? [""] : pieces)).toEqual(watched([arguments_]));
      }),
      { numRuns: 300 },
    );
  });

  test("what goes out holds no match of an enforced rule, and is JSON", () => {
    fc.assert(
      fc.property(json, (arguments_) => {
        const [, ending, calls] = watched([arguments_]) as [unknown, unknown, readonly { readonly arguments: string }[] | null];
        if (ending !== null) return;
        const strings: string[] = [];
        JSON.parse(calls![0]!.arguments, (key, value: unknown) => {
          strings.push(key, typeof value === "string" ? value : "");
          return value;
        });
        for (const one of strings) if (Number.isNaN(Number(one))) expect(one).not.toMatch(/é😀|ab+c|\d\d/);
      }),
      { numRuns: 300 },
    );
  });

  test("a name that comes behind its arguments is judged with all of them", () => {
    const watch = watchCalls({ rules, model: only!, matchersOf: matchersOf(loaded), transcript: () => none, noticed: () => undefined });
    const piece = { kind: "tool", choice: 0, index: 0, id: null } as const;
    expect(watch.take({ ...piece, name: null, arguments: '{"a":"a' })).toBe(null);
    expect(watch.take({ ...piece, name: "f", arguments: 'bc"}' })).toMatchObject({ kind: "match", match: { offset: 1, length: 3 } });
    expect(watch.take({ ...piece, index: 1, name: null, arguments: '{"a":"abc"}' })).toBe(null);
    expect(watch.finish()).toMatchObject({ kind: "match" });
  });

  test("each leaf has an end of its own", () => {
    expect((watched(['{"a":"ab","b":"c"}']) as unknown[]).slice(0, 2)).toEqual([[["rule:seen", 2, 1, 0], ["rule:seen", 3, 1, 0]], null]);
  });
});

describe("calls of other forms", () => {
  const RULE = `rule no-rm on tool "shell" { match /rm -rf/  then block "x" }\n${model("no-rm")}`;

  test("the one before `tool_calls` is a call like any other", async () => {
    const events = [event({ role: "assistant", content: null, function_call: { name: "shell", arguments: '{"cmd":"rm ' } }), event({ function_call: { arguments: '-rf /"}' } }), event({}, "function_call")];
    const a = await upstream([{ does: "stream", events }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\n${RULE}`);
    const response = await gateway.chat({ model: "m", stream: true, functions: [{ name: "shell" }] });
    expect([response.status, (await response.text()).includes("cmd")]).toEqual([422, false]);
  });

  test("free text of a custom tool is read as it is, and given as it came", async () => {
    const custom = (input: string): Answer => ({ does: "stream", events: [event({ role: "assistant", tool_calls: [{ index: 0, id: "c", type: "custom", custom: { name: "shell", input } }] }), event({}, "tool_calls")] });
    const bad = await upstream([custom("rm -rf / {")]);
    expect((await (await gatewayFor(`${targetsAt({ a: bad })}\n${RULE}`)).chat({ model: "m", stream: true })).status).toBe(422);
    const good = await upstream([custom("ls {")]);
    const answer = await streamed(await (await gatewayFor(`${targetsAt({ a: good })}\n${RULE}`)).chat({ model: "m", stream: true }));
    expect(answer.chunks.flatMap((one) => one.choices.flatMap((choice) => choice.delta.tool_calls ?? []))).toEqual([{ index: 0, id: "c", type: "custom", custom: { name: "shell", input: "ls {" } }]);
  });
});
