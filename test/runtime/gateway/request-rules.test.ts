// Rules on the request: what they look for in a prompt, what they add to it, and what the provider gets.
import { Receipt } from "#contracts";
import { describe, expect, test } from "vitest";
import { chatEvents, completion } from "../../support/upstream-server.ts";
import { gatewayFor, loadedFrom, streamed, targetsAt, upstream, type TestGateway } from "./harness.ts";

type Message = { readonly role: string; readonly content: unknown; readonly tool_call_id?: string };

const fine = { does: "stream", events: chatEvents(["fine"]) } as const;
const user = (content: unknown): Message => ({ role: "user", content });
const FREE = `when caller.user == "x" `;

async function asked(rules: string, messages: readonly Message[], more: object = {}): Promise<{ readonly status: number; readonly error: { readonly code: string; readonly message: string } | null; readonly sent: readonly Message[] | null; readonly receipt: Receipt; readonly gateway: TestGateway }> {
  const a = await upstream([{ does: "json", body: completion("fine") }]);
  const gateway = await gatewayFor(`${targetsAt({ a })}\n${rules}`);
  const response = await gateway.chat({ model: "m", messages, ...more });
  const body = (await response.json()) as { error?: { code: string; message: string } };
  const [receipt] = await gateway.receipts();
  expect(Receipt.safeParse(receipt).error).toBeUndefined();
  return { status: response.status, error: body.error ?? null, sent: (a.seen[0]?.body["messages"] as Message[] | undefined) ?? null, receipt: receipt!, gateway };
}

describe("a rule on the request that blocks", () => {
  const BLOCK = `rule no-keys on request { match /sk-[a-z]{8}/  then block "a key in the prompt" }
model m { route = a  rules = [no-keys] }`;

  test("answers 422 with its id, calls nobody and leaves its receipt", async () => {
    const { status, error, sent, receipt } = await asked(BLOCK, [user("hi"), user("use sk-abcdefgh")]);
    expect([status, sent]).toEqual([422, null]);
    expect(error).toMatchObject({ code: "rule:no-keys", message: "a key in the prompt", type: "policy_blocked" });
    expect(receipt).toMatchObject({ status: "blocked", attempts: [], error: { code: "rule:no-keys", http_status: 422 } });
    expect(receipt.triggers).toEqual([expect.objectContaining({ rule: "rule:no-keys", channel: "request", attempt: 0, choice: 1, offset: 4, length: 11, action: "block", violation_released: false })]);
  });

  test.each<[string, Message]>([
    ["what the user says", user("sk-abcdefgh")],
    ["pieces of a message", user([{ type: "text", text: "see" }, { type: "text", text: "sk-abcdefgh" }])],
    ["what a tool brought", { role: "tool", content: "sk-abcdefgh", tool_call_id: "c" }],
    ["the system's message", { role: "system", content: "sk-abcdefgh" }],
  ])("reads %s", async (_, message) => {
    expect((await asked(BLOCK, [message, user("hi")])).status).toBe(422);
  });

  test("reads each message by itself: no match crosses from one to the next", async () => {
    expect((await asked(BLOCK, [user("sk-abcd"), user("efgh")])).status).toBe(200);
  });

  test("stops a stream before its first byte, as an error answer", async () => {
    const a = await upstream([fine]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\n${BLOCK}`);
    const response = await gateway.chat({ model: "m", stream: true, messages: [user("sk-abcdefgh")] });
    expect([response.status, response.headers.get("content-type"), a.seen.length]).toEqual([422, "application/json", 0]);
  });

  test("without a match blocks every request its condition lets in, and no other", async () => {
    const policy = `rule first-turn on request { when request.turn > 0  then block "one turn only" }\nmodel m { route = a  rules = [first-turn] }`;
    expect((await asked(policy, [user("hi")])).status).toBe(200);
    expect((await asked(policy, [user("hi"), { role: "assistant", content: "yes" }, user("and?")])).error).toMatchObject({ code: "rule:first-turn", message: "one turn only" });
  });

  test("in shadow records what it would have done and changes nothing", async () => {
    const { status, receipt } = await asked(BLOCK.replace("{ match", "{ mode = shadow  match"), [user("use sk-abcdefgh")]);
    expect([status, receipt.status]).toEqual([200, "completed"]);
    expect(receipt.triggers.map((one) => [one.rule, one.action, one.mode])).toEqual([["rule:no-keys", "block", "shadow"]]);
  });

  test("gives way to a guard that refuses first", async () => {
    const { error, receipt } = await asked(`guard never { when request.turn == 0 then refuse "closed" }\n${BLOCK.replace("route = a", "route = a  guards = [never]")}`, [user("sk-abcdefgh")]);
    expect([error?.code, receipt.triggers]).toEqual(["guard_refused", []]);
  });
});

describe("a rule on the request that notes", () => {
  test("has an event for every match and changes nothing", async () => {
    const { sent, receipt } = await asked(`rule names on request { match /Ann|Bob/  then note }\nmodel m { route = a  rules = [names] }`, [user("Ann and Bob"), user("Bob")]);
    expect(sent).toEqual([user("Ann and Bob"), user("Bob")]);
    expect(receipt.triggers.map((one) => [one.action, one.choice, one.offset])).toEqual([["note", 0, 0], ["note", 0, 8], ["note", 1, 0]]);
  });
});

describe("what rules add to a prompt", () => {
  const ADD = `rule style on request { then prepend "Answer in British English." }
rule brief on request { then append "Be brief." }
rule polite on request { then prepend "Be polite." }
model m { route = a  rules = [style, brief, polite] }`;

  test("stands before it as the system's message and behind it in the user's last, in the order the model lists", async () => {
    const { sent, receipt } = await asked(ADD, [user("hi")]);
    expect(sent).toEqual([{ role: "system", content: "Answer in British English.\n\nBe polite." }, user("hi\n\nBe brief.")]);
    expect(receipt.triggers.map((one) => [one.rule, one.action, one.attempt])).toEqual([["rule:style", "prepend", 0], ["rule:brief", "append", 0], ["rule:polite", "prepend", 0]]);
  });

  test("joins a system message that is there, and pieces of a message", async () => {
    const { sent } = await asked(ADD, [{ role: "system", content: "You are X." }, user([{ type: "text", text: "hi" }])]);
    expect(sent).toEqual([{ role: "system", content: "Answer in British English.\n\nBe polite.\n\nYou are X." }, user([{ type: "text", text: "hi" }, { type: "text", text: "Be brief." }])]);
  });

  test("is a message of the user's behind what a tool brought", async () => {
    const call = { role: "assistant", content: null, tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }] };
    const { sent } = await asked(ADD, [user("hi"), call, { role: "tool", content: "1", tool_call_id: "c" }]);
    expect(sent!.at(-1)).toEqual(user("Be brief."));
  });

  test("is added once, however often the rule matches, and only where it does", async () => {
    const policy = `rule sql on request { match /SQL/  then append "Use parameters." }\nmodel m { route = a  rules = [sql] }`;
    expect((await asked(policy, [user("SQL and SQL")])).sent).toEqual([user("SQL and SQL\n\nUse parameters.")]);
    expect((await asked(policy, [user("hi")])).sent).toEqual([user("hi")]);
  });

  test("stays for every attempt, in front of the reminders", async () => {
    const a = await upstream([{ does: "stream", events: chatEvents(["bad"]) }, fine]);
    const gateway = await gatewayFor(`${targetsAt({ a })}
rule brief on request { then append "Be brief." }
rule no-bad on text { match /bad/  then retry { remind = "Say it otherwise." }  exhausted block "bad" }
model m { route = a  rules = [brief, no-bad] }`);
    expect((await streamed(await gateway.chat({ model: "m", stream: true }))).text).toBe("fine");
    expect(a.seen[1]!.body["messages"]).toEqual([user("hi\n\nBe brief."), user("[rule:no-bad] Say it otherwise.")]);
  });

  test("counts in the fit: what does not fit with it is not asked", async () => {
    const text = "word ".repeat(300);
    const a = await upstream([{ does: "json", body: completion("a") }]);
    const b = await upstream([{ does: "json", body: completion("b") }]);
    const policy = `${targetsAt({ a, b }).replace("context = 32k", "context = 200")}
dispatcher by-size { smallest of a, b }
rule long on request { ${FREE} then prepend "${text}" }
model m { route = by-size  rules = [long] }`;
    const gateway = await gatewayFor(policy);
    const selected = async (headers: Record<string, string>): Promise<string | null> => (await gateway.chat({ model: "m" }, { headers })).headers.get("x-wardwright-selected-model");
    expect([await selected({}), await selected({ "x-wardwright-user-id": "x" })]).toEqual(["a", "b"]);
    const [, receipt] = await gateway.receipts();
    // Who asks what would be done is told just that.
    const simulated = await fetch(`${gateway.url}/v1/wardwright/simulate`, { method: "POST", body: JSON.stringify({ model: "m", messages: [user("hi")] }), headers: { "content-type": "application/json", "x-wardwright-user-id": "x" } });
    expect(await simulated.json()).toEqual(receipt!.decision);
    expect(receipt!.request.tokens).toBeGreaterThan(300);
    expect(receipt!.decision.skipped.map((one) => one.target)).toEqual(["a"]);
  });

  test("that fits nowhere refuses as any prompt that does", async () => {
    const { error } = await asked(`rule long on request { then append "${"word ".repeat(40_000)}" }\nmodel m { route = a  rules = [long] }`, [user("hi")]);
    expect(error?.code).toBe("context_length_exceeded");
  });

  test("does not appear in a receipt without content", async () => {
    const { receipt } = await asked(ADD, [user("hi")]);
    expect(JSON.stringify(receipt)).not.toContain("British");
  });
});

test("a bundle with rules on the request requires a runtime that has them", () => {
  const { policy } = loadedFrom(`provider p { kind = mock }\ntarget t = p "t" { context = 1k }\nrule r on request { then prepend "x" }\nmodel m { route = t  rules = [r] }`);
  expect(policy.requires).toEqual(["request-rules", "routes"]);
  expect(policy.rules[0]!.match).toEqual({ kind: "always" });
});
