import { describe, expect, test } from "vitest";
import type { Condition, Fact, RequestFacts } from "#contracts";
import { declaredFacts, factsOf, matches, readerOf, type Facts } from "#runtime/plan";
import { aFact } from "../../support/policy.ts";

const FACTS: ReadonlyMap<string, Fact> = new Map(
  [
    aFact("caller.tier", { kind: "enum", values: ["free", "team"] }, { from: "key", name: "tier" }),
    aFact("request.tags", { kind: "set", values: ["pii", "billing"] }, { from: "header", name: "X-Tags" }),
    aFact("request.fast", { kind: "bool" }, { from: "metadata", name: "fast" }),
    aFact("request.level", { kind: "int" }, { from: "trusted-header", name: "X-Level" }),
    aFact("request.lang", { kind: "string" }),
  ].map((fact) => [fact.name, fact]),
);

describe("facts", () => {
  test("what is not said is 0, false, empty or absent", () => {
    const { facts } = expectFacts({});
    expect(Object.fromEntries(facts.values)).toEqual({
      "request.tokens": 0, "request.output": 0, "request.stream": false, "request.turn": 0, "request.needs": new Set(), "request.fast": false, "request.tags": new Set(),
    });
    expect(facts).toMatchObject({ tokens: 0, output: 0, turn: 0 });
  });

  test.each<[RequestFacts["facts"] & {}, string, string]>([
    [{ "caller.tier": "gold" }, "`gold` is not a value of `caller.tier`", "the API key claim `tier` takes one of `free`, `team`"],
    [{ "caller.tier": true }, "`true` is not a value of `caller.tier`", "the API key claim `tier` takes one of `free`, `team`"],
    [{ "request.tags": ["pii", "PII"] }, "`PII` is not a value of `request.tags`", "the header `X-Tags` takes one of `pii`, `billing`"],
    [{ "request.tags": "pii" }, "`pii` is not a value of `request.tags`", "the header `X-Tags` takes one of `pii`, `billing`"],
    [{ "request.fast": "yes" }, "`yes` is not a value of `request.fast`", "the metadata `fast` takes `true` or `false`"],
    [{ "request.level": 1.5 }, "`1.5` is not a value of `request.level`", "the header `X-Level` takes a whole number"],
    [{ "request.lang": 4 }, "`4` is not a value of `request.lang`", "the header `X-request.lang` takes a text"],
    [{ "caller.teir": "free" }, "the policy declares no fact `caller.teir`", "did you mean `caller.tier`?"],
    [{ weather: "fine" }, "the policy declares no fact `weather`", "declare it in a `facts` block, or leave it out"],
  ])("a value outside a fact's type is refused and names its source: %j", (given, message, help) => {
    const result = factsOf({ facts: FACTS }, { facts: given });
    expect(result).toMatchObject({ ok: false, problem: { message, help } });
  });

  test("a fact is unknown or has a value, never both, and it must exist", () => {
    expect(factsOf({ facts: FACTS }, { tokens: 3, unknown: ["request.tokens"] })).toMatchObject({ ok: false, problem: { message: "`request.tokens` has a value and is listed as unknown" } });
    expect(factsOf({ facts: FACTS }, { caller: { user: "u" }, unknown: ["caller.user"] })).toMatchObject({ ok: false });
    expect(factsOf({ facts: FACTS }, { facts: { "request.fast": true }, unknown: ["request.fast"] })).toMatchObject({ ok: false });
    expect(factsOf({ facts: FACTS }, { unknown: ["request.tokns"] })).toMatchObject({ ok: false, problem: { help: "did you mean `request.tokens`?" } });
    const { facts } = expectFacts({ unknown: ["request.fast", "request.turn"] });
    expect(facts.values.has("request.fast")).toBe(false);
    expect(facts.turn).toBeNull();
  });
});

describe("declared facts of a live request", () => {
  test("are read from the texts of their sources", () => {
    expect(read({ tier: "team", "X-Tags": " billing , pii,", fast: "true", "X-Level": "-3", "X-request.lang": "de" })).toEqual({
      ok: true,
      facts: { "caller.tier": "team", "request.tags": ["billing", "pii"], "request.fast": true, "request.level": -3, "request.lang": "de" },
    });
    expect(read({ "X-Tags": "" })).toEqual({ ok: true, facts: { "request.tags": [] } });
    expect(read({})).toEqual({ ok: true, facts: {} });
  });

  test.each([
    [{ "X-Tags": "pii, PII" }, "`PII` is not a value of `request.tags`"],
    [{ "X-Tags": "pii;billing" }, "`pii;billing` is not a value of `request.tags`"],
    [{ fast: "yes" }, "`yes` is not a value of `request.fast`"],
    [{ fast: "" }, "`` is not a value of `request.fast`"],
    [{ "X-Level": "0x10" }, "`0x10` is not a value of `request.level`"],
    [{ "X-Level": "9999999999999999" }, "`9999999999999999` is not a value of `request.level`"],
    [{ tier: "Team" }, "`Team` is not a value of `caller.tier`"],
  ])("are refused, never dropped, where a text is outside the type: %j", (texts, message) => {
    expect(read(texts)).toMatchObject({ ok: false, problem: { message } });
  });
});

describe("conditions", () => {
  test.each<[string, Condition, RequestFacts, boolean]>([
    ["a missing fact compares false", tier("free"), {}, false],
    ["and its opposite is then true", { op: "not", of: tier("team") }, {}, true],
    ["absent", { op: "absent", fact: "caller.tier" }, {}, true],
    ["not absent", { op: "absent", fact: "caller.tier" }, { facts: { "caller.tier": "free" } }, false],
    ["a missing bool is false", { op: "compare", fact: "request.fast", is: "==", value: false }, {}, true],
    ["a missing bool is not absent", { op: "absent", fact: "request.fast" }, {}, false],
    ["a missing set is empty", { op: "has", fact: "request.tags", value: "pii" }, {}, false],
    ["has", { op: "has", fact: "request.tags", value: "pii" }, { facts: { "request.tags": ["billing", "pii"] } }, true],
    ["needs", { op: "has", fact: "request.needs", value: "vision" }, { needs: ["vision"] }, true],
    ["in", { op: "in", fact: "caller.tier", values: ["free", "team"] }, { facts: { "caller.tier": "team" } }, true],
    ["a missing fact is in nothing", { op: "in", fact: "caller.tier", values: ["free"] }, {}, false],
    ["below", tokens("<", 10), { tokens: 9 }, true],
    ["not below itself", tokens("<", 10), { tokens: 10 }, false],
    ["at most", tokens("<=", 10), { tokens: 10 }, true],
    ["above", tokens(">", 10), { tokens: 10 }, false],
    ["at least", tokens(">=", 10), { tokens: 10 }, true],
    ["a missing number compares false in every direction", { op: "or", of: (["<", "<=", ">", ">=", "=="] as const).map((is) => ({ op: "compare", fact: "request.level", is, value: 0 })) }, {}, false],
    ["nothing and-ed is true", { op: "and", of: [] }, {}, true],
    ["nothing or-ed is false", { op: "or", of: [] }, {}, false],
  ])("%s", (_, condition, request, expected) => {
    expect(matches(condition, readerOf(expectFacts(request).facts))).toBe(expected);
  });

  test.each<[string, Condition, boolean | null]>([
    ["unknown", tier("free"), null],
    ["not unknown", { op: "not", of: tier("free") }, null],
    ["false and unknown", { op: "and", of: [tokens(">", 0), tier("free")] }, false],
    ["true and unknown", { op: "and", of: [tokens("==", 0), tier("free")] }, null],
    ["true or unknown", { op: "or", of: [tier("free"), tokens("==", 0)] }, true],
    ["false or unknown", { op: "or", of: [tokens(">", 0), tier("free")] }, null],
    ["absent of unknown", { op: "absent", fact: "caller.tier" }, null],
    ["in of unknown", { op: "in", fact: "caller.tier", values: ["free"] }, null],
  ])("an unknown fact leaves open only what it decides: %s", (_, condition, expected) => {
    expect(matches(condition, readerOf(expectFacts({ unknown: ["caller.tier"] }).facts))).toBe(expected);
  });
});

function expectFacts(request: RequestFacts): { readonly facts: Facts } {
  const result = factsOf({ facts: FACTS }, request);
  if (!result.ok) throw new Error(result.problem.message);
  return result;
}

function read(texts: { readonly [name: string]: string }): ReturnType<typeof declaredFacts> {
  return declaredFacts(FACTS, (source) => texts[source.name]);
}

function tier(is: string): Condition {
  return { op: "compare", fact: "caller.tier", is: "==", value: is };
}

function tokens(is: "==" | "<" | "<=" | ">" | ">=", value: number): Condition {
  return { op: "compare", fact: "request.tokens", is, value };
}
