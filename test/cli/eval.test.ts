import { describe, expect, test } from "vitest";
import { Decision } from "#contracts";
import { folderOf } from "../support/ward.ts";

const POLICY = `ward 1

facts { caller.tier: enum(free, team) from key }

provider local { kind = mock }
target small = local "small" { context = 32Ki }
target large = local "large" { context = 200k }
alloy duo { blend small * 2, large * 1 }

dispatcher by-tier {
  when caller.tier == team -> large
  otherwise -> duo
}

model chat { route = by-tier  aliases = ["acme/chat"] }
model plain { route = small }
`;

const folder = () => folderOf({ "policy.ward": POLICY });
const evaluate = (request: unknown, ...words: readonly string[]) => folder().run(["eval", "policy.ward", "--request", "-", "--format", "json", ...words], { stdin: JSON.stringify(request) });
const decided = async (request: unknown, ...words: readonly string[]) => {
  const { code, out, err } = await evaluate(request, ...words);
  expect([code, err.includes("error")]).toEqual([0, false]);
  return Decision.parse(JSON.parse(out));
};

test("facts are decided on", async () => {
  const decision = await decided({ model: "chat", tokens: 50_000, facts: { "caller.tier": "team" } });
  expect(decision).toMatchObject({ model: "chat", outcome: "route", path: expect.arrayContaining(["dispatcher:by-tier/arm:1"]), attempts: [{ target: "large" }] });
});

test("a chat body is decided on", async () => {
  const decision = await decided({ model: "plain", messages: [{ role: "user", content: "x ".repeat(60_000) }] });
  expect(decision).toMatchObject({ outcome: "refuse", refusal: { code: "context_length_exceeded" }, skipped: [{ target: "small", reason: "context" }] });
});

test("a chat body is decided on with what its rules on the request add to it", async () => {
  const policy = `ward 1
provider local { kind = mock }
target small = local "s" { context = 200 }
target large = local "l" { context = 32Ki }
dispatcher by-size { smallest of small, large }
rule long on request { match /be polite/  then prepend "${"word ".repeat(300)}" }
model m { route = by-size  rules = [long] }
`;
  const target = async (content: string) => {
    const { out } = await folderOf({ "policy.ward": policy }).run(["eval", "policy.ward", "--request", "-", "--format", "json"], { stdin: JSON.stringify({ messages: [{ role: "user", content }] }) });
    return Decision.parse(JSON.parse(out)).attempts[0]!.target;
  };
  expect([await target("hi"), await target("hi, be polite")]).toEqual(["small", "large"]);
});

test("an alias, and a prefixed name, name a model; `--model` wins over the request", async () => {
  expect((await decided({ model: "wardwright/acme/chat" })).model).toBe("chat");
  expect((await decided({ model: "chat" }, "--model", "plain")).model).toBe("plain");
});

test("an alloy is drawn by `--key` only", async () => {
  expect((await decided({ model: "chat" })).alloys).toMatchObject([{ key: null, order: null, shares: [{ share: "2/3" }, { share: "1/3" }] }]);
  const drawn = await decided({ model: "chat" }, "--key", "s-1");
  expect(drawn.alloys[0]!.key).toBe("s-1");
  expect(drawn.alloys[0]!.order).toHaveLength(2);
  expect(await decided({ model: "chat" }, "--key", "s-1")).toEqual(drawn);
});

test("what is unknown and matters is named", async () => {
  expect(await decided({ model: "chat", unknown: ["caller.tier"] })).toMatchObject({ outcome: "depends", depends: ["caller.tier"] });
});

test("several requests, one a line, get one answer a line", async () => {
  const lines = '{"model":"chat"}\n\n{"model":"plain"}\n';
  const there = folderOf({ "policy.ward": POLICY, "requests.jsonl": lines });
  const { code, out } = await there.run(["eval", "policy.ward", "--request", "requests.jsonl", "--format", "json"]);
  expect(code).toBe(0);
  expect(out.trimEnd().split("\n").map((line) => Decision.parse(JSON.parse(line)).model)).toEqual(["chat", "plain"]);
  expect((await there.run(["eval", "policy.ward", "--request", "-", "--format", "json"], { stdin: lines })).out).toBe(out);
});

test("text shows the whole trace", async () => {
  const { out } = await folder().run(["eval", "policy.ward", "--request", "-"], { stdin: '{"model":"chat","tokens":50000}' });
  expect(out).toMatch(/^model +chat\noutcome +refuse: context_length_exceeded, .+\npath +dispatcher:by-tier\/otherwise > alloy:duo\nskipped +small: the request does not fit its context\n/);
});

describe("a request that is wrong ends with 2 and says what", () => {
  test.each<[string, string, string]>([
    ["no JSON", "{", "standard input is not JSON"],
    ["no object", "[]", "a request is a JSON object"],
    ["no model", "{}", "which model is asked for?"],
    ["an unknown model", '{"model":"chatt"}', "unknown model `chatt`\nhelp: did you mean `chat`?"],
    ["an unknown field", '{"model":"chat","token":1}', "unknown field `token`\nhelp: did you mean `tokens`?"],
    ["a wrong type", '{"model":"chat","tokens":-1}', "`tokens` is wrong"],
    ["an unknown fact", '{"model":"chat","facts":{"caller.teir":"team"}}', "did you mean `caller.tier`?"],
    ["a value outside its type", '{"model":"chat","facts":{"caller.tier":"gold"}}', "`gold` is not a value of `caller.tier`"],
    ["nothing", "", "holds no request"],
  ])("%s", async (_name, stdin, said) => {
    const { code, out, err } = await folder().run(["eval", "policy.ward", "--request", "-"], { stdin });
    expect(err).toContain(said);
    expect([code, out]).toEqual([2, ""]);
  });

  test("in a line of several, which is named", async () => {
    const there = folderOf({ "policy.ward": POLICY, "r.jsonl": '{"model":"chat"}\n{"model":"x"}\n' });
    expect((await there.run(["eval", "policy.ward", "--request", "r.jsonl"])).err).toContain("`r.jsonl`, line 2: unknown model `x`");
  });
});
