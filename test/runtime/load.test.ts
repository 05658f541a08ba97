import { describe, expect, test } from "vitest";
import { canonical, digest, FEATURES, type Json, type Policy, type Rule } from "#contracts";
import { readSchema } from "../../compiler/patterns/index.ts";
import { load, type LoadResult } from "../../runtime/load.ts";
import { aBundle, aCascade, aDispatcher, aGuard, aModel, anAlloy, aPolicy, aProvider, aRule, aSmallest, aTarget, bundleText } from "../support/policy.ts";

const POLICY = aPolicy({
  requires: [...FEATURES],
  targets: [aTarget("small"), aTarget("large", { context: 200_000, params: { temperature: 0.2, stop: ["ö", "\u2028"] } })],
  selectors: [aSmallest("by-size", ["target:small", "target:large"]), anAlloy("duo", ["target:small", "dispatcher:by-size"]), aCascade("steady", ["alloy:duo", "target:large"])],
  guards: [aGuard("g", { kind: "never", by: "provider", names: ["provider:p"] }, { op: "not", of: { op: "has", fact: "request.needs", value: "vision" } })],
  rules: [aRule("r", { ladder: [{ kind: "escalate", selector: "cascade:steady", limit: 1, resume: "auto" }, { kind: "block", message: "no" }] })],
  models: [aModel("chat", "cascade:steady", { aliases: ["acme/chat"], guards: ["guard:g"], rules: ["rule:r"] })],
});

describe("load", () => {
  test("a bundle as it was built is loaded, with and without its last newline", () => {
    const text = bundleText(POLICY);
    for (const one of [text, text.trimEnd()]) {
      const { loaded } = expectLoaded(load(one));
      expect(loaded.digest).toBe(digest(POLICY as unknown as Json));
      expect(loaded.targets.get("target:small")?.context).toBe(1_000);
      expect([...loaded.selectors.keys()]).toEqual(["alloy:duo", "cascade:steady", "dispatcher:by-size"]);
    }
  });

  test("a model is found by its name and its aliases, with `wardwright/` before them and without", () => {
    const { loaded } = expectLoaded(load(bundleText(POLICY)));
    for (const name of ["chat", "acme/chat", "wardwright/chat", "wardwright/acme/chat"]) expect(loaded.modelNamed(name)?.id).toBe("model:chat");
    for (const name of ["", "Chat", "wardwright/", "wardwright/wardwright/chat", "target:small"]) expect(loaded.modelNamed(name)).toBeNull();
  });

  test("one flipped bit of any byte is refused", () => {
    const bytes = new TextEncoder().encode(bundleText(POLICY));
    const read = new TextDecoder("utf-8", { ignoreBOM: true });
    const messages = new Set<string>();
    for (let at = 0; at < bytes.length; at++) {
      const flipped = bytes.slice();
      flipped[at]! ^= 1 << (at % 8);
      const result = load(read.decode(flipped));
      if (result.ok) throw new Error(`byte ${at} may be flipped`);
      messages.add(result.problem.message.replace(/`[^`]*`/g, "`…`"));
    }
    expect([...messages].sort()).toMatchInlineSnapshot(`
      [
        "the bundle was changed after it was built: its seal does not match its content",
        "the bundle was changed after it was built: its text is not in canonical form",
        "the bundle's format is \`…\` and this runtime reads \`…\`",
        "this is not a bundle: it has no \`…\`",
        "this is not a bundle: it is not JSON",
      ]
    `);
  });

  test("a byte more or less is refused", () => {
    const text = bundleText(POLICY);
    for (const other of [`${text}\n`, ` ${text}`, `\uFEFF${text}`, text.slice(0, -2), text.slice(1), text.replace('"about":', '"about": '), `${text.trimEnd()}\r\n`]) {
      expect(load(other).ok).toBe(false);
    }
  });

  test.each([
    ["", "this is not a bundle: it is not JSON"],
    ["[]", "this is not a bundle: it is not a JSON object"],
    ["null", "this is not a bundle: it is not a JSON object"],
    ["{}", "this is not a bundle: it has no `format`"],
    ['{"format":"wardwright.bundle/9"}', "the bundle's format is `wardwright.bundle/9` and this runtime reads `wardwright.bundle/1`"],
    [`${"[".repeat(100_000)}${"]".repeat(100_000)}`, "this is not a bundle: it is not a JSON object"],
    [`{"format":"wardwright.bundle/1","policy":${"[".repeat(5_000)}${"]".repeat(5_000)}}`, "this bundle is nested too deep to be read"],
    ['{"format":"wardwright.bundle/1","policy":"\\ud800"}', "the bundle was changed after it was built: it holds text that no bundle can hold"],
    ['{ "format": "wardwright.bundle/1" }', "the bundle was changed after it was built: its text is not in canonical form"],
    ['{"format":"wardwright.bundle/1"}', "the bundle was changed after it was built: its seal does not match its content"],
  ])("what is no bundle is refused by what it is: %.60s", (text, message) => {
    expect(problemOf(load(text))).toBe(message);
  });

  test("a digest that is not the policy's is found although the seal holds", () => {
    const { seal: _, ...sealed } = { ...aBundle(POLICY), digest: digest(null) };
    expect(problemOf(load(sealedText(sealed as unknown as Json)))).toBe("the bundle was changed after it was built: its digest does not match its policy");
  });

  test("a policy of another shape is refused by its place", () => {
    const wrong = { ...POLICY, targets: [{ ...POLICY.targets[0]!, context: -1 }] };
    expect(problemOf(load(bundleText(wrong)))).toBe("the bundle does not have the shape of its format: `policy.targets.0.context` must be >= 0");
    expect(problemOf(load(bundleText({ ...POLICY, extra: 1 } as unknown as Policy)))).toBe("the bundle does not have the shape of its format: `policy` must NOT have additional properties");
  });

  test("a feature this runtime lacks is refused by its name", () => {
    expect(problemOf(load(bundleText(aPolicy({ requires: ["routes", "telepathy"] }))))).toBe("the policy requires `telepathy`, which this runtime cannot do");
  });

  const target = aTarget("t");
  test.each<[string, Partial<Policy>, string]>([
    ["a target's provider", { targets: [aTarget("t", { provider: "provider:lost" })] }, "`target:t` refers to `provider:lost`, which is not in the bundle"],
    ["an arm", { selectors: [aDispatcher("d", [[null, "target:lost"]])] }, "`dispatcher:d` refers to `target:lost`, which is not in the bundle"],
    ["a step", { selectors: [aCascade("c", ["target:lost"])] }, "`cascade:c` refers to `target:lost`, which is not in the bundle"],
    ["a part", { selectors: [anAlloy("a", ["target:lost"])] }, "`alloy:a` refers to `target:lost`, which is not in the bundle"],
    ["a guard's target", { guards: [aGuard("g", { kind: "only", by: "target", names: ["target:lost"] })] }, "`guard:g` refers to `target:lost`, which is not in the bundle"],
    ["an escalation", { rules: [aRule("r", { ladder: [{ kind: "escalate", selector: "target:lost", limit: 1, resume: "auto" }] })] }, "`rule:r` refers to `target:lost`, which is not in the bundle"],
    ["a rule's alert", { rules: [aRule("r", { alerts: ["alert:lost"] })] }, "`rule:r` refers to `alert:lost`, which is not in the bundle"],
    ["a route", { models: [aModel("m", "target:lost")] }, "`model:m` refers to `target:lost`, which is not in the bundle"],
    ["a model's guard", { models: [aModel("m", "target:t", { guards: ["guard:lost"] })] }, "`model:m` refers to `guard:lost`, which is not in the bundle"],
    ["a model's rule", { models: [aModel("m", "target:t", { rules: ["rule:lost"] })] }, "`model:m` refers to `rule:lost`, which is not in the bundle"],
    ["a model's automaton", { models: [aModel("m", "target:t", { automata: [{ channel: "text", lane: "hold", automaton: "automaton:lost" }] })] }, "`model:m` refers to `automaton:lost`, which is not in the bundle"],
    ["an invariant's model", { invariants: [{ id: "invariant:i", title: "i", models: ["model:lost"], when: null, clauses: [] }] }, "`invariant:i` refers to `model:lost`, which is not in the bundle"],
    ["an arm's fact", { selectors: [aDispatcher("d", [[{ op: "not", of: { op: "absent", fact: "caller.lost" } }, "target:t"], [null, "target:t"]])] }, "`dispatcher:d/arm:1` asks about the fact `caller.lost`, which the bundle does not declare"],
    ["a guard's fact", { guards: [aGuard("g", { kind: "refuse", message: "" }, { op: "has", fact: "request.lost", value: "pii" })] }, "`guard:g` asks about the fact `request.lost`, which the bundle does not declare"],
    ["a rule on a receipt", { rules: [aRule("r", { when: { op: "absent", fact: "receipt.status" } })] }, "`rule:r` asks about the fact `receipt.status`, which the bundle does not declare"],
    ["two of one id", { selectors: [aSmallest("x", ["target:t"]), aDispatcher("x", [[null, "target:t"]])] }, "the policy declares `dispatcher:x` twice"],
    ["two of one name", { models: [aModel("m", "target:t"), aModel("n", "target:t", { aliases: ["m"] })] }, "two models of the policy are called `m`"],
    ["a selector of itself", { selectors: [aCascade("c", ["target:t", "cascade:c"])] }, "`cascade:c` leads back to itself through `cascade:c`"],
    ["a longer way round", { selectors: [aCascade("c", ["alloy:a"]), anAlloy("a", ["model:m"])], models: [aModel("m", "cascade:c")] }, "`alloy:a` leads back to itself through `cascade:c`"],
  ])("a reference that leads nowhere, or round, is refused: %s", (_, fields, message) => {
    expect(problemOf(load(bundleText(aPolicy({ targets: [target], ...fields }))))).toBe(message);
  });

  describe("a schema of a rule", () => {
    const ruleOf = (match: unknown): Partial<Policy> => ({ targets: [target], rules: [aRule("r", { channel: { kind: "output" }, hold: { kind: "all" }, longest: null, match: match as Rule["match"] })] });
    const schema = { type: "object", patternProperties: { "^(x+)+$": { type: "string", pattern: "^(a+)+$" } } };
    const read = readSchema(schema);
    if (!read.ok || read.patterns === null) throw new Error("it is good, and has patterns");
    const { sources, automaton } = read.patterns;
    const node = automaton.nodes[0]!;

    test("is held to with the automata of its patterns", () => {
      expectLoaded(load(bundleText(aPolicy(ruleOf({ kind: "schema", schema, patterns: read.patterns })))));
      expectLoaded(load(bundleText(aPolicy(ruleOf({ kind: "schema", schema: { type: "object" } })))));
    });

    test.each<[string, unknown, RegExp]>([
      ["no automata at all", undefined, /^`rule:r` expects a schema this runtime cannot check: the bundle has no automaton for its pattern `\^\(x\+\)\+\$`$/],
      ["one pattern too few", { sources: sources.map((one, at) => (at === 0 ? { ...one, source: "other" } : one)), automaton }, /no automaton for its pattern `\^\(/],
      ["more patterns than its automaton has", { sources: [...sources, { source: "x", empty: 0 }], automaton }, /^`rule:r` has patterns that cannot be run: there are more/],
      ["an automaton with a node that follows nothing", { sources, automaton: { ...automaton, nodes: [{ ...node, follow: [99] }] } }, /its node 0 leads to what is not there/],
      ["an automaton with a set that is not there", { sources, automaton: { ...automaton, nodes: [{ ...node, set: 99, follow: [] }] } }, /its node 0 leads to what is not there/],
      ["an automaton with a class that is not there", { sources, automaton: { ...automaton, sets: automaton.sets.map(() => [99]) } }, /a set of it has a class that is not there/],
      ["an automaton whose alphabet does not begin", { sources, automaton: { ...automaton, cuts: [], classes: [] } }, /its alphabet is not in order/],
      ["an automaton whose characters have no class", { sources, automaton: { ...automaton, classes: automaton.classes.map(() => 99) } }, /its alphabet has characters of no class/],
      ["an automaton whose classes have no context", { sources, automaton: { ...automaton, contexts: automaton.contexts.map(() => 3) } }, /its alphabet has a class of no context/],
    ])("with %s is refused before anything is served", (_, patterns, message) => {
      expect(problemOf(load(bundleText(aPolicy(ruleOf({ kind: "schema", schema, ...(patterns === undefined ? {} : { patterns }) })))))).toMatch(message);
    });

    test("costs no more to load for what its author wrote against it", () => {
      const name = `${"a".repeat(40)}!`;
      const hostile = { type: "object", properties: { [name]: true }, patternProperties: { "^(a+)+$": { type: "string" } } };
      expect(load(bundleText(aPolicy(ruleOf({ kind: "schema", schema: hostile })))).ok).toBe(false);
    });
  });

  test("an automaton of a rule that leads nowhere is refused", () => {
    const automaton = { id: "automaton:m/text/hold", rules: [], cuts: [0], classes: [0], contexts: [8], sets: [], nodes: [{ set: 0, start: 31, follow: [], accept: [] }] };
    expect(problemOf(load(bundleText(aPolicy({ automata: [automaton] }))))).toBe("`automaton:m/text/hold` cannot be run: its node 0 leads to what is not there");
  });

  test("zones and regions are free names", () => {
    const { loaded } = expectLoaded(load(bundleText(aPolicy({ providers: [aProvider("p", { zone: "moon" })], guards: [aGuard("g", { kind: "only", by: "zone", names: ["mars"] })] }))));
    expect(loaded.providers.get("provider:p")?.zone).toBe("moon");
  });
});

function expectLoaded(result: LoadResult): Extract<LoadResult, { readonly ok: true }> {
  if (!result.ok) throw new Error(result.problem.message);
  return result;
}

function problemOf(result: LoadResult): string {
  if (result.ok) throw new Error("it was loaded");
  expect(result.problem.help).not.toBe("");
  return result.problem.message;
}

function sealedText(sealed: Json): string {
  return canonical({ ...(sealed as object), seal: digest(sealed) });
}
