// Rules on a live answer: what they do to it, what the client sees of that, and what the receipt says.
import { Receipt, type ReceiptTrigger } from "#contracts";
import { describe, expect, test } from "vitest";
import { chatEvents, completion } from "../../support/upstream-server.ts";
import { gatewayFor, mockModel, streamed, targetsAt, upstream, type Answer, type TestGateway } from "./harness.ts";

const says = (...texts: string[]): Answer => ({ does: "stream", events: chatEvents(texts) });
const whole = (text: string): Answer => ({ does: "json", body: completion(text) });

const chunk = (delta: object, finish: string | null = null, index = 0): string =>
  JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "u", choices: [{ index, delta, finish_reason: finish }] });
const say = (index: number, content: string): string => chunk({ content }, null, index);
const capturing = (capture: string): string => mockModel([["an answer with words"]], `model m { route = t  receipts = { capture = ${capture} } }`);

async function onlyReceipt(gateway: TestGateway): Promise<Receipt> {
  const receipts = await gateway.receipts();
  expect(receipts.length).toBe(1);
  expect(Receipt.safeParse(receipts[0]).error).toBeUndefined();
  return receipts[0]!;
}

const brief = (triggers: readonly ReceiptTrigger[]): readonly unknown[] => triggers.map((one) => [one.rule, one.action, one.attempt, one.offset, one.length]);

describe("retry", () => {
  const RULE = `rule no-old on text { match /OldClient/  then retry { limit = 2  remind = "Use NewClient." }  exhausted block "still the old one" }
model m { route = a  rules = [no-old] }`;

  test("asks the same target again with the reminder, from the start while nothing was released", async () => {
    const a = await upstream([says("Old", "Client(x)"), says("New", "Client(x)")]);
    const gateway = await gatewayFor(targetsAt({ a }) + RULE);
    const answer = await streamed(await gateway.chat({ model: "m", stream: true }));
    expect([answer.text, answer.done, answer.finish]).toEqual(["NewClient(x)", true, ["stop"]]);
    const messages = a.seen[1]!.body["messages"] as { role: string; content: string }[];
    expect(messages).toEqual([{ role: "user", content: "hi" }, { role: "user", content: "[rule:no-old] Use NewClient." }]);
    const receipt = await onlyReceipt(gateway);
    expect(receipt.attempts.map((one) => [one.target, one.outcome, one.because])).toEqual([["target:a", "ended_by_rule", null], ["target:a", "ok", "rule:no-old"]]);
    expect(brief(receipt.triggers)).toEqual([["rule:no-old", "retry", 1, 0, 9]]);
    expect(receipt.triggers[0]).toMatchObject({ violation_released: false, released_bytes: 0, held_bytes: 9, mode: "enforce", reason: null });
    expect(receipt.status).toBe("completed");
  });

  test("goes on from what was released: nothing taken back, repeated or lost", async () => {
    const a = await upstream([says("call it and then ", "Old", "Client(x)"), says("call it and then ", "New", "Client(x) done")]);
    const gateway = await gatewayFor(targetsAt({ a }) + RULE);
    const answer = await streamed(await gateway.chat({ model: "m", stream: true }));
    expect(answer.text).toBe("call it and then NewClient(x) done");
    expect(answer.done).toBe(true);
    const messages = a.seen[1]!.body["messages"] as { role: string; content: string }[];
    expect(messages.map((one) => one.role)).toEqual(["user", "assistant", "user"]);
    expect(messages[1]!.content).toBe("call it and then ");
    expect(messages[2]!.content).toContain("[rule:no-old] Use NewClient.");
  });

  test("releases nothing before the seam that a match behind it could begin with", async () => {
    const policy = `rule key on text { match /api key: [0-9]/  then block "a key" }
rule none on text { match /key: none/  then retry { limit = 1  remind = "say the key" }  exhausted block "no key" }
model m { route = a  rules = [key, none] }`;
    const clean = await upstream([says("see: ", "api ", "key: none"), says("key: ", "1 and on")]);
    const first = await gatewayFor(targetsAt({ a: clean }) + policy);
    // "api " was held, because "api key: 1" could still have become a match; it went with the match that ended the attempt.
    expect((await streamed(await first.chat({ model: "m", stream: true }))).text).toBe("see: key: 1 and on");
    const across = await upstream([says("see: ", "api ", "key: none"), says("api ", "key: ", "1 and on")]);
    const second = await gatewayFor(targetsAt({ a: across }) + policy);
    const answer = await streamed(await second.chat({ model: "m", stream: true }));
    expect([answer.text, answer.finish]).toEqual(["see: ", ["content_filter"]]);
    const receipt = await onlyReceipt(second);
    expect(receipt.triggers.map((one) => [one.rule, one.attempt, one.violation_released])).toEqual([["rule:none", 1, false], ["rule:key", 2, false]]);
  });

  test("is counted, and used up it takes its `exhausted` action", async () => {
    const a = await upstream([says("OldClient")]);
    // More attempts than the rule may ask for: what ends it here is the rule's own count.
    const gateway = await gatewayFor(targetsAt({ a }) + RULE.replace("rules =", "limits = { attempts = 10 }  rules ="));
    const response = await gateway.chat({ model: "m", stream: true });
    expect(response.status).toBe(422);
    expect(((await response.json()) as { error: object }).error).toMatchObject({ type: "policy_blocked", code: "rule:no-old", message: "still the old one" });
    const receipt = await onlyReceipt(gateway);
    expect(receipt.triggers.map((one) => one.action)).toEqual(["retry", "retry", "block"]);
    expect(receipt).toMatchObject({ status: "blocked", error: { code: "rule:no-old", http_status: 422 }, selected: null });
    expect(a.seen.length).toBe(3);
  });

  test("has its reminders in a whole answer too", async () => {
    const a = await upstream([whole("an OldClient(x)"), whole("a NewClient(x)")]);
    const gateway = await gatewayFor(targetsAt({ a }) + RULE);
    const body = (await (await gateway.chat({ model: "m" })).json()) as { choices: { message: { content: string } }[] };
    expect(body.choices[0]!.message.content).toBe("a NewClient(x)");
    expect((a.seen[1]!.body["messages"] as object[]).length).toBe(2);
    const receipt = await onlyReceipt(gateway);
    expect(brief(receipt.triggers)).toEqual([["rule:no-old", "retry", 1, 3, 9]]);
    expect(receipt.attempts[0]!.bytes).toEqual({ received: 15, held: 15, released: 0 });
  });

  test("whose attempt fails goes on with the rest of the chain, reminder and all", async () => {
    const a = await upstream([says("OldClient"), { does: "fails", status: 500 }]);
    const b = await upstream([says("NewClient")]);
    const gateway = await gatewayFor(`${targetsAt({ a, b })}
rule no-old on text { match /OldClient/  then retry { limit = 1  remind = "Use NewClient." }  exhausted block "no" }
cascade steady { try a  try b }
model m { route = steady  rules = [no-old] }`);
    expect((await streamed(await gateway.chat({ model: "m", stream: true }))).text).toBe("NewClient");
    expect(JSON.stringify(b.seen[0]!.body["messages"])).toContain("Use NewClient.");
    expect((await onlyReceipt(gateway)).attempts.map((one) => [one.target, one.outcome])).toEqual([["target:a", "ended_by_rule"], ["target:a", "unavailable"], ["target:b", "ok"]]);
  });

  test("whose reminder reached no model leaves the rule its budget", async () => {
    // The reminder is lost with b's refusal and reaches c, whose answer breaks the rule once more.
    const a = await upstream([says("OldClient"), { does: "fails", status: 500 }]);
    const c = await upstream([says("OldClient")]);
    const gateway = await gatewayFor(`${targetsAt({ a, c })}
rule no-old on text { match /OldClient/  then retry { limit = 1  remind = "Use NewClient." }  exhausted block "no" }
cascade steady { try a  try c }
model m { route = steady  rules = [no-old] }`);
    expect((await gateway.chat({ model: "m", stream: true })).status).toBe(422);
    expect((await onlyReceipt(gateway)).triggers.map((one) => one.action)).toEqual(["retry", "block"]);
  });

  test("under the limit of attempts is not made beyond it, and the receipt says why", async () => {
    const a = await upstream([says("OldClient")]);
    const gateway = await gatewayFor(`${targetsAt({ a })}
rule no-old on text { match /OldClient/  then retry { limit = 5 }  exhausted block "no" }
model m { route = a  rules = [no-old]  limits = { attempts = 2 } }`);
    expect((await gateway.chat({ model: "m", stream: true })).status).toBe(422);
    const receipt = await onlyReceipt(gateway);
    expect(receipt.triggers.map((one) => one.action)).toEqual(["retry", "block"]);
    expect(receipt.triggers[1]!.reason).toContain("limit of attempts");
    expect(a.seen.length).toBe(2);
  });

  test("that wants to start again cannot once something was released: `exhausted` applies, with the reason", async () => {
    const a = await upstream([says("some text that is out ", "OldClient")]);
    const gateway = await gatewayFor(`${targetsAt({ a })}
rule no-old on text { match /OldClient/  then retry { limit = 1  resume = restart }  exhausted block "no" }
model m { route = a  rules = [no-old] }`);
    const answer = await streamed(await gateway.chat({ model: "m", stream: true }));
    expect([answer.text, answer.finish, answer.done]).toEqual(["some text that is out ", ["content_filter"], true]);
    expect((await onlyReceipt(gateway)).triggers[0]).toMatchObject({ action: "block", reason: "retry: something was released" });
  });

  test("cannot go on after a tool call was released, and says so", async () => {
    const tool = JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: [{ index: 0, id: "c", type: "function", function: { name: "f", arguments: "{}" } }] }, finish_reason: null }] });
    const events = chatEvents(["OldClient"]);
    const a = await upstream([{ does: "stream", events: [events[0]!, tool, ...events.slice(1)] }]);
    const gateway = await gatewayFor(targetsAt({ a }) + RULE);
    const answer = await streamed(await gateway.chat({ model: "m", stream: true, tools: [{ type: "function", function: { name: "f" } }] }));
    expect(answer.finish).toEqual(["content_filter"]);
    expect((await onlyReceipt(gateway)).triggers[0]).toMatchObject({ action: "block", reason: "retry: a tool call was released" });
  });

  test("whose reminder no longer fits is planned again, and where nothing fits `exhausted` applies", async () => {
    const long = "remember ".repeat(30);
    const small = await upstream([says("OldClient")]);
    const large = await upstream([says("NewClient")]);
    const targets = `provider ps { kind = openai_compatible  base = "${small.base}" }
provider pl { kind = openai_compatible  base = "${large.base}" }
target small = ps "s" { context = 40  price = free }
target large = pl "l" { context = 4k  price = free }
rule no-old on text { match /OldClient/  then retry { limit = 1  remind = "${long}" }  exhausted block "no room" }
dispatcher by-size { smallest of small, large }`;
    const both = await gatewayFor(`${targets}\nmodel m { route = by-size  rules = [no-old] }`);
    expect((await streamed(await both.chat({ model: "m", stream: true }))).text).toBe("NewClient");
    expect((await onlyReceipt(both)).attempts.map((one) => one.target)).toEqual(["target:small", "target:large"]);
    const one = await gatewayFor(`${targets}\nmodel m { route = small  rules = [no-old] }\nmodel unused { route = by-size }`);
    expect((await one.chat({ model: "m", stream: true })).status).toBe(422);
    const [trigger] = (await onlyReceipt(one)).triggers;
    expect(trigger).toMatchObject({ action: "block" });
    expect(trigger!.reason).toMatch(/^retry: the request needs a context of/);
  });
});

describe("escalate", () => {
  const POLICY = `rule no-old on text { match /OldClient/  then escalate b  exhausted block "even there" }
model m { route = a  rules = [no-old] }`;

  test("asks the other selector, under the same rules, once", async () => {
    const a = await upstream([says("OldClient")]);
    const b = await upstream([says("NewClient")]);
    const gateway = await gatewayFor(targetsAt({ a, b }) + POLICY);
    const response = await gateway.chat({ model: "m", stream: true });
    expect(response.headers.get("x-wardwright-selected-model")).toBe("b");
    expect((await streamed(response)).text).toBe("NewClient");
    const receipt = await onlyReceipt(gateway);
    expect(receipt.attempts.map((one) => [one.target, one.because])).toEqual([["target:a", null], ["target:b", "rule:no-old"]]);
    expect(brief(receipt.triggers)).toEqual([["rule:no-old", "escalate", 1, 0, 9]]);
  });

  test("used up, holds on the escalated answer too", async () => {
    const a = await upstream([says("OldClient")]);
    const gateway = await gatewayFor(targetsAt({ a, b: a }) + POLICY);
    expect((await gateway.chat({ model: "m", stream: true })).status).toBe(422);
    expect((await onlyReceipt(gateway)).triggers.map((one) => one.action)).toEqual(["escalate", "block"]);
  });

  test("goes on from what was released", async () => {
    const a = await upstream([says("the answer is: ", "OldClient")]);
    const b = await upstream([says("New", "Client")]);
    const gateway = await gatewayFor(targetsAt({ a, b }) + POLICY);
    const answer = await streamed(await gateway.chat({ model: "m", stream: true }));
    expect([answer.text, answer.done]).toEqual(["the answer is: NewClient", true]);
    expect((b.seen[0]!.body["messages"] as { role: string }[]).map((one) => one.role)).toEqual(["user", "assistant", "user"]);
  });

  test("is bound by the model's guards: what they leave nothing of is `exhausted`", async () => {
    const a = await upstream([says("OldClient")]);
    const b = await upstream([says("NewClient")]);
    const gateway = await gatewayFor(`${targetsAt({ a, b })}
guard not-b { then never target b }
rule no-old on text { match /OldClient/  then escalate b  exhausted block "nowhere to go" }
model m { route = a  guards = [not-b]  rules = [no-old] }`);
    expect((await gateway.chat({ model: "m", stream: true })).status).toBe(422);
    const [trigger] = (await onlyReceipt(gateway)).triggers;
    expect(trigger).toMatchObject({ action: "block" });
    expect(trigger!.reason).toContain("escalate: the guard `not-b`");
    expect(b.seen.length).toBe(0);
  });
});

describe("block", () => {
  const RULE = `rule no-secret on text { match /secret/  then block "that stays here" }\nmodel m { route = a  rules = [no-secret] }`;

  test("before anything was released is an error answer with the rule's id", async () => {
    const a = await upstream([says("sec", "ret")]);
    const b = await upstream([whole("a secret")]);
    for (const [server, stream] of [[a, true], [b, false]] as const) {
      const gateway = await gatewayFor(targetsAt({ a: server }) + RULE);
      const response = await gateway.chat({ model: "m", stream });
      expect(response.status).toBe(422);
      expect(((await response.json()) as { error: object }).error).toEqual({ type: "policy_blocked", code: "rule:no-secret", message: "that stays here", param: null });
      expect(await onlyReceipt(gateway)).toMatchObject({ status: "blocked", selected: null, triggers: [{ violation_released: false }] });
    }
  });

  test("after that ends the stream in the protocol's own terms, and the upstream at once", async () => {
    const a = await upstream([{ does: "stream", events: chatEvents(["here comes ", "a sec", "ret and more"], null), done: false, then: "hang" }]);
    // No deadline that could end the call in its place.
    const gateway = await gatewayFor(targetsAt({ a }).replaceAll("400ms", "20s") + RULE);
    const answer = await streamed(await gateway.chat({ model: "m", stream: true, stream_options: { include_usage: true } }));
    expect([answer.text, answer.finish, answer.done, answer.error]).toEqual(["here comes a ", ["content_filter"], true, null]);
    expect(answer.chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) as number } });
    expect(await a.seen[0]!.ended).toBeLessThan(10_000);
    expect(a.seen[0]!.aborted).toBe(true);
    const receipt = await onlyReceipt(gateway);
    expect(receipt).toMatchObject({ status: "blocked", selected: "target:a" });
    expect(receipt.triggers[0]).toMatchObject({ offset: 13, length: 6, released_bytes: 13, violation_released: false });
  });

  test("holds where only the end decides", async () => {
    const a = await upstream([says("all fine, ", "end of it")]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nrule no-end on text { match /it$/  then block "no" }\nmodel m { route = a  rules = [no-end] }`);
    const answer = await streamed(await gateway.chat({ model: "m", stream: true }));
    expect([answer.text, answer.finish]).toEqual(["all fine, end of ", ["content_filter"]]);
  });

  test("comes down on more held text than the model allows", async () => {
    const a = await upstream([says("x".repeat(60), "x".repeat(60))]);
    const gateway = await gatewayFor(`${targetsAt({ a })}
rule all on text { match /y/  hold = all  then block "no" }
model m { route = a  rules = [all]  limits = { held = 100B } }`);
    const response = await gateway.chat({ model: "m", stream: true });
    expect([response.status, ((await response.json()) as { error: { code: string } }).error.code]).toEqual([422, "held_limit_exceeded"]);
    expect(await onlyReceipt(gateway)).toMatchObject({ status: "blocked", triggers: [] });
  });
});

describe("redact and note", () => {
  test("change the text, or only say that it was there, and do not end the answer", async () => {
    const a = await upstream([says("key ", "sk-", "1234", "5678 and ", "TODO", " more sk-99999999.")]);
    const gateway = await gatewayFor(`${targetsAt({ a })}
rule keys on text { match /sk-[0-9]{8}/  then redact "[key]" }
rule todo on text { match /TODO/  then note }
model m { route = a  rules = [keys, todo] }`);
    const answer = await streamed(await gateway.chat({ model: "m", stream: true }));
    expect([answer.text, answer.finish, answer.done]).toEqual(["key [key] and TODO more [key].", ["stop"], true]);
    const receipt = await onlyReceipt(gateway);
    expect(brief(receipt.triggers)).toEqual([["rule:keys", "redact", 1, 4, 11], ["rule:todo", "note", 1, 20, 4], ["rule:keys", "redact", 1, 30, 11]]);
    expect(receipt.triggers.every((one) => !one.violation_released)).toBe(true);
  });

  test("are the same in a whole answer", async () => {
    const a = await upstream([whole("key sk-12345678 and TODO")]);
    const gateway = await gatewayFor(`${targetsAt({ a })}
rule keys on text { match /sk-[0-9]{8}/  then redact "[key]" }
rule todo on text { match /TODO/  then note }
model m { route = a  rules = [keys, todo] }`);
    const body = (await (await gateway.chat({ model: "m" })).json()) as { choices: { message: { content: string } }[] };
    expect(body.choices[0]!.message.content).toBe("key [key] and TODO");
    expect(brief((await onlyReceipt(gateway)).triggers)).toEqual([["rule:keys", "redact", 1, 4, 11], ["rule:todo", "note", 1, 20, 4]]);
  });
});

describe("shadow mode", () => {
  test("changes nothing and records what would have happened", async () => {
    const a = await upstream([says("a sec", "ret here")]);
    const policy = (mode: string): string => `${targetsAt({ a })}\nrule no-secret on text { ${mode}  match /secret/  then block "no" }\nmodel m { route = a  rules = [no-secret] }`;
    const gateway = await gatewayFor(policy("mode = shadow"));
    const answer = await streamed(await gateway.chat({ model: "m", stream: true }));
    expect([answer.text, answer.finish, answer.done]).toEqual(["a secret here", ["stop"], true]);
    expect((await onlyReceipt(gateway)).triggers).toMatchObject([{ rule: "rule:no-secret", action: "block", mode: "shadow", offset: 2, length: 6 }]);
  });
});

describe("channels", () => {
  test("reasoning has rules of its own, and a rule on text does not look at it", async () => {
    const events = [chunk({ role: "assistant", content: "" }), chunk({ reasoning_content: "think of the sec" }), chunk({ reasoning_content: "ret" }), chunk({ content: "the secret" }), chunk({}, "stop")];
    const a = await upstream([{ does: "stream", events }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}
rule thoughts on reasoning { match /secret/  then redact "[…]" }
model m { route = a  rules = [thoughts] }`);
    const answer = await streamed(await gateway.chat({ model: "m", stream: true }));
    expect(answer.text).toBe("the secret");
    expect(answer.chunks.map((one) => one.choices[0]?.delta.reasoning_content ?? "").join("")).toBe("think of the […]");
    expect((await onlyReceipt(gateway)).triggers).toMatchObject([{ channel: "reasoning" }]);
  });

  test("each choice is its own: a match needs one of them alone", async () => {
    const a = await upstream([{ does: "stream", events: [say(0, "sec"), say(1, "ret"), say(1, " and sec"), say(0, "ure"), say(1, "ret"), chunk({}, "stop", 0), chunk({}, "stop", 1)] }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nrule no-secret on text { match /secret/  then redact "[…]" }\nmodel m { route = a  rules = [no-secret] }`);
    const answer = await streamed(await gateway.chat({ model: "m", stream: true, n: 2 }));
    const second = answer.chunks.flatMap((one) => one.choices.filter((choice) => choice.index === 1).map((choice) => choice.delta.content ?? "")).join("");
    expect([answer.text, second, answer.finish]).toEqual(["secure", "ret and […]", ["stop"]]);
    expect((await onlyReceipt(gateway)).triggers).toMatchObject([{ choice: 1, offset: 8 }]);
  });

  test("log probabilities spell the text out, so they go where a rule watches it", async () => {
    const logprobs = { content: [{ token: "secret", logprob: -0.1, bytes: null, top_logprobs: [] }] };
    const chunk = JSON.stringify({ id: "c", choices: [{ index: 0, delta: { content: "a secret" }, logprobs, finish_reason: null }] });
    const a = await upstream((seen) => (seen.body["stream"] === true ? { does: "stream", events: [chunk, ...chatEvents([]).slice(1)] } : { does: "json", body: completion("a secret", { choices: [{ index: 0, message: { role: "assistant", content: "a secret" }, logprobs, finish_reason: "stop" }] }) }));
    const rule = `rule no-secret on text { match /secret/  then redact "[…]" }`;
    for (const stream of [true, false]) {
      const governed = await gatewayFor(`${targetsAt({ a })}\n${rule}\nmodel m { route = a  rules = [no-secret] }`);
      expect(await (await governed.chat({ model: "m", stream, logprobs: true })).text()).not.toContain("secret");
      const free = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
      expect(await (await free.chat({ model: "m", stream, logprobs: true })).text()).toContain('"token":"secret"');
    }
  });

  test("a rule whose condition does not hold does not watch", async () => {
    const a = await upstream([says("a secret")]);
    const gateway = await gatewayFor(`${targetsAt({ a })}
rule no-secret on text { when request.turn > 3  match /secret/  then block "no" }
model m { route = a  rules = [no-secret] }`);
    expect((await streamed(await gateway.chat({ model: "m", stream: true }))).text).toBe("a secret");
  });
});

describe("capture", () => {
  test("full keeps the request and what was released, metadata neither", async () => {
    const full = await gatewayFor(capturing("full"));
    await (await full.chat({ model: "m", stream: true, messages: [{ role: "user", content: "a question" }] })).text();
    const kept = await onlyReceipt(full);
    expect(kept.content).toMatchObject({ request: { messages: [{ content: "a question" }] }, released: ["an answer with words"] });
    const metadata = await gatewayFor(capturing("metadata"));
    await (await metadata.chat({ model: "m", messages: [{ role: "user", content: "a question" }] })).text();
    const text = JSON.stringify(await onlyReceipt(metadata));
    expect(text).not.toMatch(/a question|an answer with words/);
  });
});
