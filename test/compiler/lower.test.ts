import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Condition, FAILURE_CLASSES, type Policy, type Selector } from "#contracts";
import { worstAttempts } from "../../compiler/index.ts";
import { compiled, library } from "./program.ts";

function policyOf(declarations: string): Policy {
  const { policy, diagnostics } = compiled(library(declarations));
  expect(diagnostics.filter((one) => one.severity === "error")).toEqual([]);
  return policy!;
}

const when = (text: string): Condition | null => policyOf(`facts { tier: enum(true, b) from key\n beta: bool from key } guard g { when ${text} then refuse "no" }`).guards[0]!.when;
const ladder = (actions: string): unknown => policyOf(`cascade c { try small } rule r on text { match /x/ ${actions} }`).rules[0]!.ladder;
const attemptsOf = (declarations: string): number | undefined => policyOf(declarations).models.find((one) => one.name === "m")?.limits.attempts;

/** Every id and every reference to one. */
const ids = (policy: Policy): readonly string[] => [...JSON.stringify(policy).matchAll(/"(?:id|selector|route)":"([^"]+)"/g)].map((match) => match[1]!);

describe("every default is written out", () => {
  const policy = policyOf('provider p { kind = openai key = env(K) } target t = p "m" { context = 8Ki } cascade c { try t } alloy a { blend c, t } rule r on text { match /x+/ then block "no" } model m { route = a rules = [r] }');

  test("of a provider", () => {
    expect(policy.providers).toEqual([{
      id: "provider:p", name: "p", kind: "openai", base: { from: "literal", value: "https://api.openai.com/v1" }, key: { from: "env", variable: "K", fallback: null }, headers: {}, zone: null, region: null,
      timeout: { connect: 5_000, first_token: 60_000, idle: 60_000, total: 600_000 }, breaker: null, limit: { concurrency: null },
    }]);
  });

  test("of a target", () => {
    expect(policy.targets).toEqual([{ id: "target:t", name: "t", provider: "provider:p", model: "m", context: 8_192, output: null, can: [], price: null, params: {}, continues: "instruction", replies: [] }]);
  });

  test("of a cascade and an alloy", () => {
    const [alloy, cascade] = policy.selectors;
    expect(cascade).toEqual({ kind: "cascade", id: "cascade:c", name: "c", resume: "restart", tries: [{ id: "cascade:c/try:1", selector: "target:t", timeout: null, retry: 0, backoff: { from: 200, to: 5_000 }, on: FAILURE_CLASSES.filter((one) => one !== "bad_request" && one !== "refused") }] });
    expect(alloy).toMatchObject({ pick: "weighted", sticky: "request", partial_context: false });
  });

  test("of a rule", () => {
    expect(policy.rules[0]).toMatchObject({ hold: { kind: "match" }, mode: "enforce", when: null, within: null, alerts: [], longest: 1 });
  });

  test("of a model", () => {
    expect(policy.models[0]).toMatchObject({ aliases: [], guards: [], reserve: 0, limits: { attempts: 2, cost: null, wall: 600_000, held: 1_048_576 }, receipts: { capture: "metadata", keep: null } });
  });
});

describe("names", () => {
  test("an identity survives a rename, in every id that names it", () => {
    const before = policyOf("alloy duo { blend small, large } dispatcher d { otherwise -> duo } model m { route = d }");
    const after = policyOf("alloy pair was duo { blend small, large } dispatcher front was d { otherwise -> pair } model m { route = front }");
    expect(ids(after)).toEqual(ids(before));
    expect(after.selectors.map((one) => one.name)).toEqual(["pair", "front"]);
  });

  test("a model that is routed to stands for its route", () => {
    const policy = policyOf("model inner { route = small } model middle { route = inner } cascade c { try middle } model outer { route = c } model direct { route = middle }");
    expect(policy.selectors).toMatchObject([{ tries: [{ selector: "target:small" }] }]);
    expect(policy.models.map((one) => one.route)).toEqual(["target:small", "target:small", "target:small", "cascade:c"]);
  });
});

describe("conditions", () => {
  const cases: readonly (readonly [text: string, lowered: Condition])[] = [
    ["request.tokens <= 20Ki", { op: "compare", fact: "request.tokens", is: "<=", value: 20_480 }],
    ["tier != b", { op: "not", of: { op: "compare", fact: "tier", is: "==", value: "b" } }],
    ["tier == true", { op: "compare", fact: "tier", is: "==", value: "true" }],
    ["beta == true", { op: "compare", fact: "beta", is: "==", value: true }],
    ["beta", { op: "compare", fact: "beta", is: "==", value: true }],
    ["not beta", { op: "not", of: { op: "compare", fact: "beta", is: "==", value: true } }],
    ["request.needs has vision", { op: "has", fact: "request.needs", value: "vision" }],
    ["request.turn in [1, 2k]", { op: "in", fact: "request.turn", values: [1, 2_000] }],
    ["absent(caller.user)", { op: "absent", fact: "caller.user" }],
  ];
  test.each(cases)("`%s`", (text, lowered) => {
    expect(when(text)).toEqual(lowered);
    expect(Condition.parse(when(text))).toEqual(lowered);
  });
});

describe("ladders", () => {
  test("each `exhausted` follows what it exhausts", () => {
    expect(ladder('then retry { limit = 2 } exhausted escalate c exhausted block "no"')).toMatchObject([{ kind: "retry", limit: 2, resume: "auto", remind: null, feedback: "none" }, { kind: "escalate", limit: 1, selector: "cascade:c" }, { kind: "block", message: "no" }]);
  });

  test("an escalation that ends nowhere blocks", () => {
    expect(ladder("then escalate c")).toMatchObject([{ kind: "escalate" }, { kind: "block", message: "blocked by policy" }]);
  });
});

describe("automata", () => {
  const rules = 'rule a on text { match /a/ then block "a" } rule b on text { match /b/ then note } rule t on reasoning { match /t/ then block "t" } rule s on text { match /s/ mode = shadow then block "s" }';

  test("models that list the same rules share one, others do not", () => {
    const policy = policyOf(`${rules} model x { route = small rules = [a, b] } model y { route = small rules = [a, b] } model z { route = small rules = [b, a] }`);
    expect(policy.automata.map((one) => [one.id, one.rules])).toEqual([["automaton:x/text/hold", ["rule:a", "rule:b"]], ["automaton:z/text/hold", ["rule:b", "rule:a"]]]);
    expect(policy.models.map((one) => one.automata[0]?.automaton)).toEqual(["automaton:x/text/hold", "automaton:x/text/hold", "automaton:z/text/hold"]);
  });

  test("each channel and each lane has its own", () => {
    const policy = policyOf(`${rules} model x { route = small rules = [a, s, t] }`);
    expect(policy.models[0]!.automata.map(({ channel, lane }) => `${channel} ${lane}`)).toEqual(["text hold", "text observe", "reasoning hold"]);
  });

  test("a model without rules is watched by none", () => {
    expect(policyOf("model x { route = small }").automata).toEqual([]);
  });
});

describe("what a policy requires", () => {
  test.each([
    ["model m { route = small }", ["routes"]],
    ["guard g { then never zone z } model m { route = small guards = [g] }", ["guards", "routes"]],
    ['rule r on text { match /x/ then block "no" } model m { route = small rules = [r] }', ["routes", "text-rules"]],
    ['rule r on text { match /x/ mode = shadow then block "no" } model m { route = small rules = [r] }', ["routes", "shadow-rules", "text-rules"]],
    ["cascade c { resume = continue try small } model m { route = c }", ["resume-continue", "routes"]],
    ['rule r on text { match /x/ then retry { resume = restart } exhausted block "no" } model m { route = small rules = [r] }', ["routes", "text-rules"]],
  ])("%s", (declarations, features) => {
    expect(policyOf(declarations).requires).toEqual(features);
  });
});

describe("the worst case", () => {
  test.each([
    ["a target is one attempt", "model m { route = small }", 1],
    ["a refusal is none, and a limit is at least one", 'dispatcher d { otherwise -> refuse "no" } model m { route = d }', 1],
    ["a retry repeats the whole step", "cascade i { try small try large } cascade c { try i { retry = 2 } try small } model m { route = c }", 7],
    ["a dispatcher takes its longest arm", "cascade c { try small try large } dispatcher d { when request.stream -> c otherwise -> small } model m { route = d }", 2],
    ["an alloy falls back on all its parts", "alloy a { blend small, large, small } model m { route = a }", 3],
    ["the smallest falls back on the others", "dispatcher d { smallest of small, large } model m { route = d }", 2],
    ["rules add their retries and escalations", 'target third = local "t" { context = 8Ki } cascade c { try third try large } rule r on text { match /x/ then retry { limit = 3 } exhausted escalate c { limit = 2 } } model m { route = small rules = [r] }', 8],
    ["a rule in shadow adds none", 'rule r on text { match /x/ mode = shadow then retry { limit = 3 } exhausted block "no" } model m { route = small rules = [r] }', 1],
    ["nobody is given more than a hundred by default", "cascade c { try small { retry = 1_000 } } model m { route = c }", 100],
    ["what the policy says holds", "cascade c { try small { retry = 1_000 } } model m { route = c limits = { attempts = 500 } }", 500],
  ])("%s", (_law, declarations, attempts) => {
    expect(attemptsOf(declarations)).toBe(attempts);
  });

  test("of a tower of cascades is known without climbing it twice", () => {
    const tower: readonly Selector[] = Array.from({ length: 60 }, (_, index) => ({
      kind: "smallest" as const, id: `dispatcher:s${index}`, name: `s${index}`,
      parts: [0, 1].map((part) => ({ id: `dispatcher:s${index}/part:${part}`, selector: index === 0 ? "target:t" : `dispatcher:s${index - 1}` })),
    }));
    expect(worstAttempts(tower).of("dispatcher:s59")).toBe(2 ** 60);
  });
});

describe("weights", () => {
  test("are reduced, and keep their shares", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 2, maxLength: 4 }), fc.integer({ min: 1, max: 50 }), (weights, factor) => {
        const of = (by: number): unknown => policyOf(`alloy a { blend ${weights.map((weight) => `small * ${weight * by}`).join(", ")} }`).selectors[0];
        expect(of(factor)).toEqual(of(1));
      }),
      { numRuns: 40 },
    );
  });
});
