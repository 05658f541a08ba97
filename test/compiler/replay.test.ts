// Stored requests planned again: the same policy says the same of everything, another one what the planner says of it, and
// what a receipt does not tell is never guessed.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReplayReport, type Decision, type Policy, type Receipt, type RequestFacts } from "#contracts";
import { load, type Loaded } from "#runtime";
import { decide, factsOf, plan } from "#runtime/plan";
import { bundleText as emitted } from "../../compiler/emit/index.ts";
import { openTally, replayUnder, type Replayed } from "../../compiler/replay/index.ts";
import { compileText } from "../support/compile.ts";
import { aCascade, aDispatcher, aFact, aModel, anAlloy, aPolicy, aRule, aTarget, bundleText } from "../support/policy.ts";
import { randomFrom, randomPolicy, randomRequest } from "../support/random-policy.ts";
import { receipt } from "../support/receipt.ts";

function loadedOf(text: string): Loaded {
  const result = load(text);
  if (!result.ok) throw new Error(result.problem.message);
  return result.loaded;
}
const programOf = (policy: Policy) => loadedOf(bundleText(policy));
const compiled = (text: string) => loadedOf(emitted(compileText(text).bundle!));

/** The receipt that a gateway serving `program` leaves of a request. */
function receiptOf(program: Loaded, request: RequestFacts, changes: Partial<Receipt> = {}): Receipt {
  const model = request.model === undefined ? program.policy.models[0]! : program.modelNamed(request.model)!;
  const facts = factsOf(program, request);
  if (!facts.ok) throw new Error(facts.problem.message);
  const session = request.caller?.session ?? null;
  const one = receipt("one", { bundle: program.digest, model: { id: model.id, name: model.name, requested: model.name }, request: { ...request, model: model.name }, declared: [...program.facts.keys()], ...changes });
  const decision: Decision = decide(plan(program, model, facts.facts, { keys: { request: one.request_id, session } }));
  return { ...one, decision, caller: session === null ? {} : { session: { value: session, source: "header" } } };
}

const requestOf = (seed: number): RequestFacts => {
  const { unknown: _, ...request } = randomRequest(randomFrom(seed));
  return request;
};

test("under the policy that wrote it, every receipt is the same", () => {
  fc.assert(fc.property(fc.integer(), fc.integer(), (policySeed, requestSeed) => {
    const program = programOf(randomPolicy(randomFrom(policySeed)));
    for (const model of program.policy.models) expect(replayUnder(program)(receiptOf(program, { ...requestOf(requestSeed), model: model.name })).kind).toBe("same");
  }), { numRuns: 100 });
});

test("under another policy, it is the same exactly where the planner answers the same", () => {
  let different = 0;
  fc.assert(fc.property(fc.integer(), fc.integer(), fc.integer(), (oldSeed, newSeed, requestSeed) => {
    const [old, now] = [programOf(randomPolicy(randomFrom(oldSeed))), programOf(randomPolicy(randomFrom(newSeed)))];
    const written = receiptOf(old, { ...requestOf(requestSeed), model: "second" });
    const again = receiptOf(now, { ...requestOf(requestSeed), model: "second" });
    const said = replayUnder(now)(written);
    const compared = ({ decision: { attempts, outcome, refusal, rules } }: Receipt) => JSON.stringify([outcome, attempts.map(({ id, retries, timeout, on }) => [id, retries, timeout, on]), refusal?.code === "policy_refused" || refusal?.code === "guard_refused" ? refusal : refusal?.code, rules]);
    expect(said.kind).toBe(compared(written) === compared(again) ? "same" : "different");
    if (said.kind === "different") different++;
  }), { numRuns: 150 });
  expect(different).toBeGreaterThan(20);
});

describe("a difference says what of the plan it is", () => {
  const base = { targets: [aTarget("a"), aTarget("b")], rules: [aRule("r", { channel: { kind: "reasoning" } })] };
  const steps = (fields: object, rules: readonly string[] = []) => aPolicy({ ...base, selectors: [aCascade("c", [["target:a", fields], "target:b"])], models: [aModel("m", "cascade:c", { rules })] });
  const differs = (old: Policy, now: Policy): readonly string[] => {
    const said = replayUnder(programOf(now))(receiptOf(programOf(old), { tokens: 10 }));
    return said.kind === "different" ? said.differs : [said.kind];
  };
  test.each<[string, Policy, Policy, readonly string[]]>([
    ["nothing", steps({}), steps({}), ["same"]],
    ["an inlined selector, which is none", steps({}), aPolicy({ ...base, selectors: [aCascade("c", ["target:a", "target:b"]), aDispatcher("d", [[null, "cascade:c"]])], models: [aModel("m", "dispatcher:d")] }), ["same"]],
    ["retries", steps({ retry: 1 }), steps({ retry: 2 }), ["steps"]],
    ["a timeout", steps({ timeout: 5 }), steps({}), ["steps"]],
    ["rules", steps({}), steps({}, ["rule:r"]), ["rules"]],
    ["targets", steps({}), aPolicy({ ...base, models: [aModel("m", "target:b")] }), ["targets"]],
    ["a refusal", steps({}), aPolicy({ ...base, selectors: [aDispatcher("d", [[null, "no"]])], models: [aModel("m", "dispatcher:d")] }), ["refusal", "targets"]],
    ["the words of a refusal", aPolicy({ ...base, selectors: [aDispatcher("d", [[null, "no"]])], models: [aModel("m", "dispatcher:d")] }), aPolicy({ ...base, selectors: [aDispatcher("d", [[null, "never"]])], models: [aModel("m", "dispatcher:d")] }), ["refusal"]],
  ])("%s", (_, old, now, expected) => expect(differs(old, now)).toEqual(expected));
});

describe("draws are made by the keys that were recorded", () => {
  const duo = (weights: readonly [number, number], sticky: "session" | "request") => aPolicy({ targets: [aTarget("a"), aTarget("b")], selectors: [anAlloy("duo", [["target:a", weights[0]], ["target:b", weights[1]]], { sticky })], models: [aModel("m", "alloy:duo")] });

  test("an edit elsewhere moves no session and no request", () => {
    for (const sticky of ["session", "request"] as const) {
      const [old, now] = [programOf(duo([2, 1], sticky)), programOf({ ...duo([2, 1], sticky), targets: [...duo([2, 1], sticky).targets, aTarget("c")] })];
      for (let at = 0; at < 50; at++) expect(replayUnder(now)(receiptOf(old, { caller: { session: `s${at}` } }, { request_id: `req_${at}` })).kind).toBe("same");
    }
  });

  test("a new weight moves the share of keys it must", () => {
    const [old, now] = [programOf(duo([1, 1], "session")), programOf(duo([3, 1], "session"))];
    const moved = Array.from({ length: 400 }, (_, at) => replayUnder(now)(receiptOf(old, { caller: { session: `s${at}` } }))).filter((one) => one.kind === "different");
    // From 1/2 to 3/4 to the first part: a quarter moves, all of them there.
    expect(moved.length).toBeGreaterThan(60);
    expect(moved.length).toBeLessThan(140);
    for (const one of moved) expect(one).toMatchObject({ now: { attempts: [{ id: "target:a" }, { id: "target:b" }] } });
  });

  test("a session the receipt derived, which facts see as absent, draws all the same", () => {
    const program = programOf(duo([1, 1], "session"));
    const facts = factsOf(program, {});
    for (let at = 0; at < 20; at++) {
      const decision = decide(plan(program, program.policy.models[0]!, (facts as Extract<typeof facts, { readonly ok: true }>).facts, { keys: { request: "req_x", session: `anon-${at}` } }));
      const written = { ...receiptOf(program, {}), decision, caller: { session: { value: `anon-${at}`, source: "derived_anonymous" as const } } };
      expect(replayUnder(program)(written).kind).toBe("same");
    }
  });

  test("a key given by hand holds", () => {
    const program = programOf(duo([1, 1], "session"));
    const facts = factsOf(program, {}) as Extract<ReturnType<typeof factsOf>, { readonly ok: true }>;
    for (let at = 0; at < 20; at++) {
      const decision = decide(plan(program, program.policy.models[0]!, facts.facts, { keys: { fixed: `k${at}` } }));
      expect(replayUnder(program)({ ...receiptOf(program, {}), decision }).kind).toBe("same");
    }
  });
});

describe("what a receipt does not tell", () => {
  const tier = aFact("caller.tier", { kind: "enum", values: ["free", "team"] }, { from: "key", name: "tier" });
  const plain = aPolicy({ targets: [aTarget("a"), aTarget("b")], models: [aModel("m", "target:a")] });
  const asks = aPolicy({ facts: [tier], targets: [aTarget("a"), aTarget("b")], selectors: [aDispatcher("d", [[{ op: "compare", fact: "caller.tier", is: "==", value: "team" }, "target:b"], [null, "target:a"]])], models: [aModel("m", "dispatcher:d")] });
  const missing = (said: Replayed) => (said.kind === "unknown" ? said.missing : said.kind);

  test("is not guessed: a fact the new policy reads and the old one did not declare", () => {
    expect(missing(replayUnder(programOf(asks))(receiptOf(programOf(plain), {})))).toBe("`caller.tier`");
  });

  test("does not matter where the plan does not depend on it", () => {
    const declaresOnly = aPolicy({ ...plain, facts: [tier] });
    const sameBothWays = aPolicy({ ...asks, selectors: [aDispatcher("d", [[{ op: "compare", fact: "caller.tier", is: "==", value: "team" }, "target:a"], [null, "target:a"]])] });
    expect(replayUnder(programOf(declaresOnly))(receiptOf(programOf(plain), {})).kind).toBe("same");
    expect(replayUnder(programOf(sameBothWays))(receiptOf(programOf(plain), {})).kind).toBe("same");
  });

  test("is told from what was absent: a fact that was declared and had no value is known", () => {
    expect(replayUnder(programOf(asks))(receiptOf(programOf({ ...plain, facts: [tier] }), {})).kind).toBe("same");
  });

  test("holds for receipts written before declared facts were recorded", () => {
    const { declared: _, ...old } = receiptOf(programOf({ ...plain, facts: [tier] }), {});
    expect(missing(replayUnder(programOf(asks))(old as Receipt))).toBe("`caller.tier`");
  });

  test("a value that is none any more", () => {
    const wide = aPolicy({ ...plain, facts: [{ ...tier, type: { kind: "enum", values: ["free", "gold"] } }] });
    expect(missing(replayUnder(programOf(asks))(receiptOf(programOf(wide), { facts: { "caller.tier": "gold" } })))).toBe("`caller.tier` was `gold`, which is no value of it any more");
  });

  test("a fact that is not declared any more changes nothing", () => {
    const dropped = aPolicy({ ...plain });
    expect(replayUnder(programOf(dropped))(receiptOf(programOf({ ...plain, facts: [tier] }), { facts: { "caller.tier": "free" } })).kind).toBe("same");
  });

  test("a model that is gone; one that was renamed is found by its id, and by an alias", () => {
    const written = receiptOf(programOf(plain), {});
    expect(missing(replayUnder(programOf(aPolicy({ ...plain, models: [aModel("other", "target:a")] })))(written))).toBe("no model `m`");
    expect(replayUnder(programOf(aPolicy({ ...plain, models: [{ ...aModel("new-name", "target:a"), id: "model:m" }] })))(written).kind).toBe("same");
    expect(replayUnder(programOf(aPolicy({ ...plain, models: [aModel("other", "target:a", { aliases: ["m"] })] })))(written).kind).toBe("same");
  });
});

describe("rules on the text of a receipt that holds it", () => {
  const policy = (rules: string, names: string) => `ward 1\nprovider p { kind = mock }\ntarget a = p "a" { context = 1k }\n${rules}\nmodel m { route = a${names === "" ? "" : `  rules = [${names}]`}  limits = { attempts = 9 }  receipts = { capture = full } }\n`;
  const NONE = compiled(policy("", ""));
  const RULES = 'rule keys on text { match /sk-[0-9]{4,8}/ then redact "[key]" }\nrule stop on text { match any ["forbidden"] then retry { limit = 1 } exhausted block "no" }\nrule look on text { match /hel{1,4}o/ then note }\nrule ghost on text { match any ["hello"] mode = shadow then block "no" }';
  const now = compiled(policy(RULES, "keys, stop, look, ghost"));
  const said = (released: readonly string[], program = now) => replayUnder(program)({ ...receiptOf(NONE, {}), content: { request: {}, released } });

  test("are let look at it, each for itself, however they would have ended it", () => {
    const one = said(["hello forbidden sk-12345 forbidden"]);
    expect(one.kind).toBe("different");
    if (one.kind === "unknown") return;
    expect(one.text.fired.map((rule) => rule.name)).toEqual(["keys", "stop", "look", "ghost"]);
    expect(one).toMatchObject({ differs: ["rules", "text"], fires: ["rule:keys", "rule:stop"] });
  });

  test("look at every choice, and fire on none where there is nothing", () => {
    expect(said(["nothing", "sk-9999"])).toMatchObject({ fires: ["rule:keys"] });
    expect(said(["nothing"])).toMatchObject({ differs: ["rules"], fires: [], text: { fired: [] } });
  });

  test("fire as the platform's expressions do", () => {
    const text = fc.array(fc.constantFrom("sk-", "1", "12345", "hel", "l", "o", "forbid", "den", " ")).map((parts) => parts.join(""));
    fc.assert(fc.property(text, (released) => {
      const one = said([released]);
      if (one.kind === "unknown") throw new Error(one.missing);
      const expected = [/sk-[0-9]{4,8}/, /forbidden/, /hel{1,4}o/, /hello/].map((pattern) => pattern.test(released));
      expect(["keys", "stop", "look", "ghost"].map((name) => one.text.fired.some((rule) => rule.name === name))).toEqual(expected);
    }), { numRuns: 200 });
  });

  test("are no difference under the policy that released the text", () => {
    expect(replayUnder(now)({ ...receiptOf(now, {}), content: { request: {}, released: ["hello sk-1234"] } })).toMatchObject({ kind: "same", text: { fired: [{ name: "keys" }, { name: "look" }, { name: "ghost" }] } });
  });

  test("are not replayed where the receipt holds no text", () => {
    expect(replayUnder(now)(receiptOf(NONE, {}))).toMatchObject({ text: { tried: null } });
  });
});

describe("the tally", () => {
  test("counts every receipt once, groups what is alike, and is of the published shape", () => {
    fc.assert(fc.property(fc.integer(), fc.integer(), fc.array(fc.integer(), { minLength: 1, maxLength: 40 }), (oldSeed, newSeed, requests) => {
      const [old, now] = [programOf(randomPolicy(randomFrom(oldSeed))), programOf(randomPolicy(randomFrom(newSeed)))];
      const tally = openTally();
      for (const [at, seed] of requests.entries()) {
        const one = receiptOf(old, { ...requestOf(seed), model: "second" }, { id: `rcpt_${at}` });
        tally.add(one, replayUnder(now)(one));
      }
      const report = ReplayReport.parse(tally.report(now.digest));
      expect(report.receipts).toBe(requests.length);
      expect(report.same.count + report.different.count + report.unknown.count).toBe(requests.length);
      expect(report.different.groups.reduce((sum, group) => sum + group.count, 0)).toBe(report.different.count);
      expect(new Set(report.different.groups.map(({ model, was, now: then, fires }) => JSON.stringify([model, was, then, fires]))).size).toBe(report.different.groups.length);
    }), { numRuns: 40 });
  });

  test("stays small: ways to differ beyond a thousand are counted together", () => {
    const tally = openTally();
    for (let at = 0; at < 1_500; at++) tally.add(receipt(String(at)), { kind: "unknown", missing: `\`fact-${at}\`` });
    const { unknown } = tally.report("x");
    expect([unknown.count, unknown.groups.length, unknown.ungrouped]).toEqual([1_500, 1_000, 500]);
  });
});
