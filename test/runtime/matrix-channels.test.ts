// Upstreams that die while they say something other than text: what can be gone on from is, and what cannot is never given twice.
import { describe, expect, test } from "vitest";
import { completion, type Answer } from "../support/upstream-server.ts";
import { gatewayFor, targetsAt, upstream } from "./gateway/harness.ts";
import { ask, question, SURFACES } from "./surfaces-harness.ts";

const delta = (its: object): string => `data: ${JSON.stringify({ id: "c1", object: "chat.completion.chunk", created: 1, model: "up", choices: [{ index: 0, delta: its, finish_reason: null }] })}\n\n`;
const finish = (reason: string): string => `data: ${JSON.stringify({ id: "c1", choices: [{ index: 0, delta: {}, finish_reason: reason }] })}\n\ndata: [DONE]\n\n`;
const events = (...pieces: readonly string[]): Answer => ({ does: "raw", headers: { "content-type": "text/event-stream" }, body: delta({ role: "assistant" }) + pieces.join("") });
const text = (content: string): string => delta({ content });
const thought = (reasoning_content: string): string => delta({ reasoning_content });
const call = (more: object, id?: string): string => delta({ tool_calls: [{ index: 0, ...(id === undefined ? {} : { id, type: "function" }), function: more }] });

const CALL = [call({ name: "look_up", arguments: "" }, "call_1"), call({ arguments: '{"city":' }), call({ arguments: '"Bonn"}' })];
const LOOK_UP = { name: "look_up", arguments: '{"city":"Bonn"}' };
const RESUMED = "cascade c { resume = continue  try a  try b }\nmodel m { route = c }";
/** Looks at calls, and so holds them until they are whole. */
const WATCHED = `rule no-prod on tool { match /prod-db/  then block "no" }\ncascade c { resume = continue  try a  try b }\nmodel m { route = c  rules = [no-prod] }`;

describe.each(SURFACES)("on %s, an upstream that dies", (surface) => {
  const play = async (policy: string, first: Answer, second: Answer) => {
    const a = await upstream([first]);
    const b = await upstream([second]);
    const gateway = await gatewayFor(`${targetsAt({ a, b }).replaceAll("400ms", "20s").replaceAll("[tools, json, logprobs]", "[tools, json, reasoning]")}\n${policy}`);
    const told = await ask(gateway, surface, question(surface, true));
    const receipts = await gateway.receipts();
    expect(receipts.length).toBe(1);
    return { told, receipt: receipts[0]!, calls: b.seen.length };
  };

  test.each([
    ["behind the name of a call", CALL.slice(0, 1)],
    ["within a call's arguments", CALL.slice(0, 2)],
    ["behind a whole call", CALL],
    ["within a call behind text", [text("Let me look. "), ...CALL.slice(0, 2)]],
  ] as const)("%s is an error: no call is ever begun twice", async (_, pieces) => {
    const { told, receipt, calls } = await play(RESUMED, events(...pieces), events(...CALL, finish("tool_calls")));
    expect([told.status, told.end, told.error?.code, told.calls.length, calls]).toEqual([200, null, "truncated", 1, 0]);
    expect(LOOK_UP.arguments.startsWith(told.calls[0]!.arguments)).toBe(true);
    expect([receipt.status, receipt.attempts.map((one) => one.outcome)]).toEqual(["truncated", ["truncated"]]);
  });

  test("within a call that a rule holds is replaced, and its half call is nobody's", async () => {
    const { told, receipt } = await play(WATCHED, events(text("Let me look. "), ...CALL.slice(0, 2)), events(text("Let me look. "), ...CALL, finish("tool_calls")));
    expect([told.error, told.text, told.calls]).toEqual([null, "Let me look. ", [LOOK_UP]]);
    expect(told.end).not.toBeNull();
    expect([receipt.status, receipt.attempts.map((one) => one.outcome)]).toEqual(["completed", ["truncated", "ok"]]);
  });

  test("while it thinks is replaced: the answer is the second's alone, whole", async () => {
    const { told, receipt } = await play(RESUMED, events(thought("Hmm. ")), events(thought("Aha. "), text("It is "), text("42."), finish("stop")));
    expect([told.error, told.text]).toEqual([null, "It is 42."]);
    expect(told.reasoning).toContain("Hmm. ");
    expect(told.end).not.toBeNull();
    expect(receipt.status).toBe("completed");
  });

  test("behind its last word and before its finish is gone on from by nothing: the text stands once", async () => {
    const { told } = await play(RESUMED, events(text("It is 42, and that is all.")), events(text("It is 42, and that is all."), finish("stop")));
    expect([told.error, told.text]).toEqual([null, "It is 42, and that is all."]);
    expect(told.end).not.toBeNull();
  });

  test("behind its finish is no longer needed", async () => {
    const { told, receipt, calls } = await play(RESUMED, { ...events(text("It is 42."), finish("stop").split("data: [DONE]")[0]!), then: "cut" } as Answer, events(text("never"), finish("stop")));
    expect([told.error, told.text, calls, receipt.status]).toEqual([null, "It is 42.", 0, "completed"]);
  });

  test("in the midst of a whole answer is replaced by a whole answer", async () => {
    const a = await upstream([{ does: "raw", body: JSON.stringify(completion("from a")).slice(0, 120), headers: { "content-type": "application/json" }, then: "cut" }]);
    const b = await upstream([{ does: "json", body: completion("from b") }]);
    const gateway = await gatewayFor(`${targetsAt({ a, b })}\n${RESUMED}`);
    const told = await ask(gateway, surface, question(surface, false));
    expect([told.status, told.text]).toEqual([200, "from b"]);
    expect((await gateway.receipts()).map((one) => one.status)).toEqual(["completed"]);
  });
});
