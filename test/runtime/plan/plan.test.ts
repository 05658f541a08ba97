// What the language says of routing, sentence by sentence.
import { describe, expect, test } from "vitest";
import { FAILURE_CLASSES, MOVES_ON_BY_DEFAULT, type Condition, type FailureClass, type Policy, type RequestFacts, type Selector } from "#contracts";
import { decide, MAX_PLANNED_ATTEMPTS, type Plan } from "#runtime/plan";
import { aCascade, aDispatcher, aFact, aGuard, aModel, anAlloy, aPolicy, aProvider, aRule, aSmallest, aTarget, planFor } from "../../support/policy.ts";

const TAGS = aFact("request.tags", { kind: "set", values: ["pii"] });
const IS_PII: Condition = { op: "has", fact: "request.tags", value: "pii" };
const PII: RequestFacts = { facts: { "request.tags": ["pii"] } };

/** Small, middle and large, one provider in each of two zones and one that says nothing. */
const TARGETS = [
  aTarget("s", { context: 100, provider: "provider:home", can: ["tools"] }),
  aTarget("m", { context: 200, provider: "provider:cloud", can: ["tools", "vision"], output: 50 }),
  aTarget("l", { context: 400, provider: "provider:nowhere", can: ["tools", "vision", "json"] }),
];
const PROVIDERS = [aProvider("home", { zone: "private", region: "eu" }), aProvider("cloud", { zone: "cloud", region: "us" }), aProvider("nowhere")];

function policyOf(route: string, selectors: readonly Selector[], fields: Partial<Policy> & { readonly model?: Parameters<typeof aModel>[2] } = {}): Policy {
  const { model, ...rest } = fields;
  return aPolicy({ facts: [TAGS], providers: PROVIDERS, targets: TARGETS, selectors, models: [aModel("chat", route, model)], ...rest });
}

describe("fit", () => {
  const policy = policyOf("target:m", []);
  test.each<[RequestFacts, string | undefined]>([
    [{ tokens: 200 }, undefined],
    [{ tokens: 201 }, "context_length_exceeded"],
    [{ tokens: 150, output: 50 }, undefined],
    [{ tokens: 151, output: 50 }, "context_length_exceeded"],
    [{ tokens: 0, output: 51 }, "context_length_exceeded"],
  ])("is prompt and answer together in the window, and the answer within what the target declares: %j", (request, refusal) => {
    expect(planFor(policy, request).refusal?.code).toBe(refusal);
  });

  test("takes the model's reserve where the caller does not say how long the answer may be", () => {
    const reserving = policyOf("target:s", [], { model: { reserve: 30 } });
    expect(outcome(planFor(reserving, { tokens: 70 }))).toEqual(["s"]);
    expect(outcome(planFor(reserving, { tokens: 71 }))).toBe("context_length_exceeded");
    expect(outcome(planFor(reserving, { tokens: 71, output: 1 }))).toEqual(["s"]);
  });

  test("an oversized request is refused, never sent to the largest anyway", () => {
    const plan = planFor(policyOf("dispatcher:d", [aSmallest("d", ["target:s", "target:l"])]), { tokens: 401 });
    expect(plan.refusal).toEqual({ code: "context_length_exceeded", message: "the request needs a context of 401 tokens and the largest `chat` may use for it has 400" });
    expect(plan.skipped).toEqual([{ target: "target:s", reason: "context", id: "target:s" }, { target: "target:l", reason: "context", id: "target:l" }]);
  });

  test("an answer longer than a target declares is a skip of its own", () => {
    const plan = planFor(policyOf("dispatcher:d", [aSmallest("d", ["target:m", "target:l"])]), { output: 60 });
    expect(outcome(plan)).toEqual(["l"]);
    expect(plan.skipped).toEqual([{ target: "target:m", reason: "output", id: "target:m" }]);
  });
});

describe("filters", () => {
  const everything = aCascade("all", ["target:s", "target:m", "target:l"]);

  test("apply in the order guards, capabilities, context; the refusal is of the one that left nothing", () => {
    const guarded = policyOf("cascade:all", [everything], { guards: [aGuard("home", { kind: "only", by: "zone", names: ["private"] }, IS_PII)], model: { guards: ["guard:home"] } });
    expect(outcome(planFor(guarded, PII))).toEqual(["s"]);
    expect(outcome(planFor(guarded, { ...PII, needs: ["vision"], tokens: 500 }))).toBe("capability_missing");
    expect(outcome(planFor(guarded, { ...PII, tokens: 500 }))).toBe("context_length_exceeded");
    expect(outcome(planFor(guarded, { needs: ["vision"], tokens: 300 }))).toEqual(["l"]);
    expect(planFor(guarded, { needs: ["vision"], tokens: 300 }).skipped).toEqual([
      { target: "target:s", reason: "capability", id: "target:s" },
      { target: "target:m", reason: "context", id: "target:m" },
    ]);
    const emptied = policyOf("cascade:all", [everything], { guards: [aGuard("mars", { kind: "only", by: "zone", names: ["mars"] })], model: { guards: ["guard:mars"] } });
    expect(planFor(emptied, {}).refusal).toEqual({ code: "guard_refused", message: "the guard `mars` of `chat` leaves nothing that may serve this request" });
  });

  test.each<[string, Parameters<typeof aGuard>[1], string[]]>([
    ["only a zone", { kind: "only", by: "zone", names: ["private"] }, ["s"]],
    ["only one of two zones", { kind: "only", by: "zone", names: ["private", "cloud"] }, ["s", "m"]],
    ["never a zone: no zone said is not elsewhere", { kind: "never", by: "zone", names: ["cloud"] }, ["s"]],
    ["never a region: no region said is not elsewhere", { kind: "never", by: "region", names: ["eu"] }, ["m"]],
    ["only a region", { kind: "only", by: "region", names: ["us"] }, ["m"]],
    ["never a provider", { kind: "never", by: "provider", names: ["provider:cloud"] }, ["s", "l"]],
    ["only a provider", { kind: "only", by: "provider", names: ["provider:nowhere"] }, ["l"]],
    ["never a target", { kind: "never", by: "target", names: ["target:s", "target:l"] }, ["m"]],
    ["only a target", { kind: "only", by: "target", names: ["target:s", "target:l"] }, ["s", "l"]],
  ])("a guard removes what it names: %s", (_, then, left) => {
    expect(outcome(planFor(policyOf("cascade:all", [everything], { guards: [aGuard("g", then)], model: { guards: ["guard:g"] } }), {}))).toEqual(left);
  });

  test("several guards intersect, and the first that removes a target is named", () => {
    const guards = [aGuard("a", { kind: "never", by: "target", names: ["target:s"] }), aGuard("b", { kind: "only", by: "target", names: ["target:l"] })];
    const plan = planFor(policyOf("cascade:all", [everything], { guards, model: { guards: ["guard:a", "guard:b"] } }), {});
    expect(outcome(plan)).toEqual(["l"]);
    expect(plan.skipped).toEqual([{ target: "target:s", reason: "guard", id: "guard:a" }, { target: "target:m", reason: "guard", id: "guard:b" }]);
  });

  test("a guard that refuses says so in its own words, before anything is left out", () => {
    const guards = [aGuard("a", { kind: "never", by: "target", names: ["target:s"] }), aGuard("b", { kind: "refuse", message: "not today" }, IS_PII)];
    const policy = policyOf("cascade:all", [everything], { guards, model: { guards: ["guard:a", "guard:b"] } });
    expect(planFor(policy, PII)).toMatchObject({ outcome: "refuse", refusal: { code: "guard_refused", message: "not today" }, skipped: [], attempts: [] });
    expect(outcome(planFor(policy, {}))).toEqual(["m", "l"]);
  });

  test("guards of a model reached through another do not apply, nor does its reserve: the outermost model's do", () => {
    const models = [
      aModel("inner", "cascade:all", { guards: ["guard:g"], reserve: 400, rules: ["rule:r"] }),
      aModel("outer", "model:inner", {}),
    ];
    const policy = aPolicy({ providers: PROVIDERS, targets: TARGETS, selectors: [everything], guards: [aGuard("g", { kind: "refuse", message: "no" })], rules: [aRule("r")], models });
    expect(outcome(planFor(policy, { model: "inner" }))).toBe("guard_refused");
    expect(outcome(planFor(policy, { model: "outer", tokens: 100 }))).toEqual(["s", "m", "l"]);
    expect(planFor(policy, { model: "outer" }).rules).toEqual([]);
  });
});

describe("a dispatcher", () => {
  const small: Condition = { op: "compare", fact: "request.tokens", is: "<=", value: 150 };

  test("takes the first arm that matches and does not leave it again, although another would fit", () => {
    const policy = policyOf("dispatcher:d", [aDispatcher("d", [[small, "target:s"], [small, "target:m"], [null, "target:l"]])]);
    expect(outcome(planFor(policy, { tokens: 100 }))).toEqual(["s"]);
    expect(outcome(planFor(policy, { tokens: 120 }))).toBe("context_length_exceeded");
    expect(outcome(planFor(policy, { tokens: 151 }))).toEqual(["l"]);
    expect(planFor(policy, { tokens: 100 }).path).toEqual(["dispatcher:d/arm:1"]);
    expect(planFor(policy, { tokens: 120 }).path).toEqual(["dispatcher:d/arm:1"]);
  });

  test("may refuse, in its own words", () => {
    const policy = policyOf("dispatcher:d", [aDispatcher("d", [[small, "target:l"], [null, "too much at once"]])]);
    expect(planFor(policy, { tokens: 151 })).toMatchObject({ refusal: { code: "policy_refused", message: "too much at once" }, path: ["dispatcher:d/arm:2"], attempts: [], rules: [] });
  });

  test("that refuses ends the cascade it is a step of: a refusal is no failure to move on from", () => {
    const gate = aDispatcher("gate", [[small, "no"], [null, "target:l"]]);
    const first = policyOf("cascade:c", [gate, aCascade("c", ["dispatcher:gate", "target:m"])]);
    expect(outcome(planFor(first, {}))).toBe("policy_refused");
    expect(outcome(planFor(first, { tokens: 151 }))).toEqual(["l", "m"]);
    const later = policyOf("cascade:c", [gate, aCascade("c", ["target:s", "dispatcher:gate", "target:m"])]);
    expect(outcome(planFor(later, {}))).toEqual(["s"]);
  });

  test("that refuses is left out of an alloy or `smallest of`, and refuses for them where nothing else is left", () => {
    const gate = aDispatcher("gate", [[null, "no"]]);
    expect(outcome(planFor(policyOf("alloy:a", [gate, anAlloy("a", ["dispatcher:gate", "target:m"])]), {}))).toEqual(["m"]);
    expect(outcome(planFor(policyOf("dispatcher:d", [gate, aSmallest("d", ["dispatcher:gate", "target:m"])]), {}))).toEqual(["m"]);
    expect(outcome(planFor(policyOf("alloy:a", [gate, anAlloy("a", ["dispatcher:gate", "dispatcher:gate"])]), {}))).toBe("policy_refused");
  });
});

describe("smallest of", () => {
  test("orders what fits by window, then as listed; the rest stay behind as fallbacks", () => {
    const twin = aTarget("t", { context: 100, provider: "provider:home" });
    const policy = policyOf("dispatcher:d", [aSmallest("d", ["target:l", "target:t", "target:m", "target:s"])], { targets: [...TARGETS, twin] });
    expect(outcome(planFor(policy, { tokens: 10 }))).toEqual(["t", "s", "m", "l"]);
    expect(outcome(planFor(policy, { tokens: 101 }))).toEqual(["m", "l"]);
    const [first, second] = planFor(policy, { tokens: 101 }).attempts;
    expect(first?.on).toEqual(MOVES_ON_BY_DEFAULT);
    expect(first?.moves.timeout).toEqual({ to: 1, resume: "restart", backoff: null });
    expect(second?.on).toEqual([]);
    expect(planFor(policy, { tokens: 10 }).path).toEqual(["dispatcher:d"]);
  });

  test.each<[string, Selector, string[]]>([
    ["an alloy that needs all its parts is as small as its smallest", anAlloy("a", ["target:l", "target:s"]), ["l", "s", "m"]],
    ["an alloy whose parts may drop is as large as its largest", anAlloy("a", ["target:s", "target:l"], { partial_context: true }), ["m", "s", "l"]],
    ["a cascade is as large as its largest", aCascade("a", ["target:s", "target:l"]), ["m", "s", "l"]],
    ["a dispatcher is as large as what it leads to", aDispatcher("a", [[null, "target:s"]]), ["s", "m"]],
  ])("takes a selector by its effective window: %s", (_, inner, order) => {
    expect(outcome(planFor(policyOf("dispatcher:d", [inner, aSmallest("d", ["target:m", inner.id])]), {}))).toEqual(order);
  });

  test("the effective window is of what is left", () => {
    const inner = anAlloy("a", ["target:s", "target:l"], { partial_context: true });
    const guards = [aGuard("g", { kind: "never", by: "target", names: ["target:l"] })];
    expect(outcome(planFor(policyOf("dispatcher:d", [inner, aSmallest("d", ["target:m", "alloy:a"])], { guards, model: { guards: ["guard:g"] } }), {}))).toEqual(["s", "m"]);
  });
});

describe("an alloy", () => {
  test("has the abilities all its parts have, and is skipped whole for want of one", () => {
    const policy = policyOf("cascade:c", [anAlloy("a", ["target:s", "target:l"]), aCascade("c", ["alloy:a", "target:m"])]);
    expect(outcome(planFor(policy, { needs: ["tools"] }))).toEqual(["s", "l", "m"]);
    expect(outcome(planFor(policy, { needs: ["vision"] }))).toEqual(["m"]);
    expect(planFor(policy, { needs: ["vision"] }).skipped).toEqual([{ target: "target:s", reason: "capability", id: "target:s" }, { target: "target:l", reason: "alloy_capability", id: "alloy:a" }]);
  });

  test("loses parts to guards first, and then has the abilities of those that are left", () => {
    const guards = [aGuard("g", { kind: "never", by: "target", names: ["target:s"] })];
    const policy = policyOf("alloy:a", [anAlloy("a", ["target:s", "target:m", "target:l"])], { guards, model: { guards: ["guard:g"] } });
    expect(outcome(planFor(policy, { needs: ["vision"] }))).toEqual(["m", "l"]);
    expect(planFor(policy, {}).alloys).toEqual([
      { id: "alloy:a", pick: "weighted", shares: [{ part: "alloy:a/part:m", share: "1/2" }, { part: "alloy:a/part:l", share: "1/2" }], key: null, order: null },
    ]);
  });

  test("is skipped whole where a part does not fit, unless its parts may drop", () => {
    const whole = policyOf("cascade:c", [anAlloy("a", ["target:s", "target:l"]), aCascade("c", ["alloy:a", "target:m"])]);
    expect(outcome(planFor(whole, { tokens: 150 }))).toEqual(["m"]);
    expect(planFor(whole, { tokens: 150 }).skipped).toEqual([{ target: "target:s", reason: "context", id: "target:s" }, { target: "target:l", reason: "alloy_context", id: "alloy:a" }]);
    const partial = policyOf("alloy:a", [anAlloy("a", [["target:s", 3], ["target:m", 2], ["target:l", 1]], { partial_context: true })]);
    expect(outcome(planFor(partial, { tokens: 150 }))).toEqual(["m", "l"]);
    expect(planFor(partial, { tokens: 150 }).alloys[0]?.shares.map((one) => one.share)).toEqual(["2/3", "1/3"]);
    expect(outcome(planFor(partial, { tokens: 401 }))).toBe("context_length_exceeded");
  });

  test("takes a part that is a selector to have an ability, and to fit, if one of its targets does", () => {
    const selectors = [aSmallest("d", ["target:s", "target:l"]), anAlloy("a", ["dispatcher:d", "target:m"])];
    expect(outcome(planFor(policyOf("alloy:a", selectors), { needs: ["vision"], tokens: 150 }))).toEqual(["l", "m"]);
    // Its inner alloy has an ability only if all of its parts do.
    const nested = [anAlloy("i", ["target:s", "target:l"]), anAlloy("a", ["alloy:i", "target:m"])];
    expect(outcome(planFor(policyOf("alloy:a", nested), { needs: ["vision"] }))).toBe("capability_missing");
  });

  test("prints shares as reduced fractions, multiplied through inner alloys", () => {
    const selectors = [anAlloy("i", ["target:s", "target:m"]), anAlloy("o", ["alloy:i", "target:l"])];
    expect(planFor(policyOf("alloy:o", selectors), {}).alloys).toEqual([
      { id: "alloy:o", pick: "weighted", shares: [{ part: "alloy:i/part:s", share: "1/4" }, { part: "alloy:i/part:m", share: "1/4" }, { part: "alloy:o/part:l", share: "1/2" }], key: null, order: null },
      { id: "alloy:i", pick: "weighted", shares: [{ part: "alloy:i/part:s", share: "1/2" }, { part: "alloy:i/part:m", share: "1/2" }], key: null, order: null },
    ]);
  });

  test("a part that drops out leaves its share inside its own alloy", () => {
    const selectors = [anAlloy("i", [["target:s", 1], ["target:m", 2]], { partial_context: true }), anAlloy("o", [["alloy:i", 2], ["target:l", 1]], { partial_context: true })];
    expect(planFor(policyOf("alloy:o", selectors), { tokens: 150 }).alloys[0]?.shares).toEqual([{ part: "alloy:i/part:m", share: "2/3" }, { part: "alloy:o/part:l", share: "1/3" }]);
  });

  test("of `all` is in declared order, and its first part has the whole share", () => {
    const plan = planFor(policyOf("alloy:a", [anAlloy("a", ["target:l", "target:s"], { pick: "all" })]), {}, { keys: { request: "r", session: "s" } });
    expect(outcome(plan)).toEqual(["l", "s"]);
    expect(plan.alloys).toEqual([{ id: "alloy:a", pick: "all", shares: [{ part: "alloy:a/part:l", share: "1" }, { part: "alloy:a/part:s", share: "0" }], key: null, order: ["alloy:a/part:l", "alloy:a/part:s"] }]);
  });

  test("its others are fallbacks on the classes a cascade moves on by default", () => {
    const plan = planFor(policyOf("alloy:a", [anAlloy("a", ["target:s", "target:m"])]), {});
    expect(plan.attempts.map((one) => [one.target.name, one.step, one.on])).toEqual([["s", "alloy:a/part:s", MOVES_ON_BY_DEFAULT], ["m", "alloy:a/part:m", []]]);
    expect(plan.attempts[0]?.resume).toBe("restart");
  });
});

describe("a cascade", () => {
  test("goes on in order, and a target that occurs twice stays twice", () => {
    const plan = planFor(policyOf("cascade:c", [aCascade("c", ["target:s", "target:m", "target:s"])]), {});
    expect(outcome(plan)).toEqual(["s", "m", "s"]);
    expect(plan.path).toEqual(["cascade:c/try:1", "cascade:c/try:2", "cascade:c/try:3"]);
    expect(moves(plan, "timeout")).toEqual([1, 2, null]);
    expect(moves(plan, "bad_request")).toEqual([null, null, null]);
  });

  test("a step moves on by the classes it names, and by default by all but `bad_request` and `refused`", () => {
    const plan = planFor(policyOf("cascade:c", [aCascade("c", [["target:s", { on: ["auth", "refused"] }], "target:m"])]), {});
    expect(plan.attempts[0]?.on).toEqual(["auth", "refused"]);
    expect(FAILURE_CLASSES.filter((one) => plan.attempts[0]?.moves[one] !== null)).toEqual(["auth", "refused"]);
  });

  test("a retried target is one attempt that may be repeated", () => {
    const plan = planFor(policyOf("cascade:c", [aCascade("c", [["target:s", { retry: 2, timeout: 5_000, backoff: { from: 1, to: 9 } }], "target:m"], "continue")]), {});
    expect(plan.attempts.map(({ retries, backoff, resume, timeout, step }) => ({ retries, backoff, resume, timeout, step }))).toEqual([
      { retries: 2, backoff: { from: 1, to: 9 }, resume: "continue", timeout: 5_000, step: "cascade:c/try:1" },
      { retries: 0, backoff: null, resume: "continue", timeout: null, step: "cascade:c/try:2" },
    ]);
    expect(plan.attempts[0]?.moves.timeout).toEqual({ to: 1, resume: "continue", backoff: null });
  });

  test("a retried selector is unrolled, and only what a retry repeats leads to its next copy", () => {
    //             0 s   1 m   2 s   3 m   4 l
    const plan = planFor(policyOf("cascade:c", [anAlloy("a", ["target:s", "target:m"]), aCascade("c", [["alloy:a", { retry: 1, backoff: { from: 1, to: 9 } }], "target:l"])]), {});
    expect(outcome(plan)).toEqual(["s", "m", "s", "m", "l"]);
    expect(moves(plan, "timeout")).toEqual([1, 2, 3, 4, null]);
    expect(moves(plan, "auth")).toEqual([1, 4, 3, 4, null]);
    expect(moves(plan, "refused")).toEqual([null, null, null, null, null]);
    expect(plan.attempts[1]?.moves.timeout).toEqual({ to: 2, resume: "restart", backoff: { from: 1, to: 9 } });
    expect(plan.attempts[1]?.moves.auth).toEqual({ to: 4, resume: "restart", backoff: null });
  });

  test("a failure goes outwards to the innermost step that moves on by its class", () => {
    //  outer: [ inner: [s on timeout, m on timeout], l ] ; inner's own last step leads out
    const selectors = [aCascade("inner", [["target:s", { on: ["timeout"] }], ["target:m", { on: ["timeout"] }]]), aCascade("outer", [["cascade:inner", { on: ["rate_limit", "timeout"] }], "target:l"], "never")];
    const plan = planFor(policyOf("cascade:outer", selectors), {});
    expect(moves(plan, "timeout")).toEqual([1, 2, null]);
    expect(moves(plan, "rate_limit")).toEqual([2, 2, null]);
    expect(moves(plan, "auth")).toEqual([null, null, null]);
    expect(plan.attempts.map((one) => one.moves.timeout?.resume)).toEqual(["restart", "never", undefined]);
  });

  test("an attempt has the least time of all steps around it", () => {
    const selectors = [aCascade("inner", [["target:s", { timeout: 5 }], "target:m", ["target:l", { timeout: 50 }]]), aCascade("outer", [["cascade:inner", { timeout: 20 }]])];
    expect(planFor(policyOf("cascade:outer", selectors), {}).attempts.map((one) => one.timeout)).toEqual([5, 20, 20]);
  });

  test("a step left out by a filter is passed over", () => {
    const plan = planFor(policyOf("cascade:c", [aCascade("c", ["target:s", "target:m", "target:l"])]), { tokens: 150 });
    expect(outcome(plan)).toEqual(["m", "l"]);
    expect(plan.path).toEqual(["cascade:c/try:2", "cascade:c/try:3"]);
  });

  test("nested retries are written out up to a bound, and the plan says that it is cut", () => {
    const selectors: Selector[] = [aCascade("c0", [["target:s", { retry: 1 }], "target:m"])];
    for (let level = 1; level <= 60; level++) selectors.push(aCascade(`c${level}`, [[`cascade:c${level - 1}`, { retry: 1 }], `cascade:c${level - 1}`]));
    const plan = planFor(policyOf("cascade:c60", selectors), {});
    expect(plan.attempts).toHaveLength(MAX_PLANNED_ATTEMPTS);
    expect(plan.complete).toBe(false);
    expect(plan.attempts.flatMap((attempt, at) => Object.values(attempt.moves).filter((move) => move !== null && (move.to <= at || move.to >= plan.attempts.length)))).toEqual([]);
  });
});

describe("a decision", () => {
  test("names the rules that are active, in the model's order", () => {
    const rules = [aRule("a", { when: IS_PII }), aRule("b"), aRule("c", { mode: "shadow" })];
    const policy = policyOf("target:l", [], { rules, model: { rules: ["rule:c", "rule:a", "rule:b"] } });
    expect(planFor(policy, {}).rules).toEqual(["rule:c", "rule:b"]);
    expect(planFor(policy, PII).rules).toEqual(["rule:c", "rule:a", "rule:b"]);
  });

  test("of an escalation is planned under the same guards", () => {
    const policy = policyOf("target:s", [aCascade("c", ["target:m", "target:l"])], { guards: [aGuard("g", { kind: "never", by: "target", names: ["target:m"] })], model: { guards: ["guard:g"] } });
    expect(outcome(planFor(policy, {}, { keys: null, route: "cascade:c" }))).toEqual(["l"]);
  });

  test("prints as the contract says", () => {
    const policy = policyOf("cascade:c", [aCascade("c", [["target:s", { retry: 1, timeout: 9 }], "target:l"])]);
    expect(decide(planFor(policy, { needs: ["tools"] }))).toEqual({
      model: "chat", outcome: "route",
      attempts: [
        { target: "s", id: "target:s", step: "cascade:c/try:1", retries: 1, on: MOVES_ON_BY_DEFAULT, timeout: 9 },
        { target: "l", id: "target:l", step: "cascade:c/try:2", retries: 0, on: [], timeout: null },
      ],
      refusal: null, skipped: [], path: ["cascade:c/try:1", "cascade:c/try:2"], alloys: [], rules: [], depends: [],
    });
  });
});

function outcome(plan: Plan): string[] | string | undefined {
  return plan.outcome === "route" ? plan.attempts.map((one) => one.target.name) : plan.refusal?.code;
}

function moves(plan: Plan, failure: FailureClass): (number | null)[] {
  return plan.attempts.map((one) => one.moves[failure]?.to ?? null);
}
