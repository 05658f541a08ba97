// What one edit of a policy is told as: how severe, in what words, and where it is said.
import { describe, expect, test } from "vitest";
import type { Alert, Difference, Policy } from "#contracts";
import { aModel, aPolicy, aTarget } from "../../support/policy.ts";
import { diffOf, diffOfTexts } from "./programs.ts";

const POLICY = `ward 1

facts {
  caller.tier: enum(free, team) from key
  request.tags: set(pii, billing) from header "X-Tags"
}

provider house { kind = mock  zone = private  region = eu }
provider rented { kind = mock  zone = cloud  region = us  timeout = { total = 2m } }
provider spare { kind = mock  zone = cloud  region = us }

target small = house "small-1" { context = 32Ki  output = 8Ki  can = [tools]  price = free }
target large = rented "large-1" { context = 200k  output = 64k  can = [tools, vision]  price = $3/$15 }
target other = spare "other-1" { context = 200k  output = 64k  can = [tools, vision]  price = $2/$10 }

cascade steady {
  try large { timeout = 60s  retry = 1 }
  try other
}

alloy duo {
  blend large * 2, other * 1
  sticky = session
}

dispatcher coder {
  when request.tags has pii -> small
  when caller.tier == free -> refuse "not for free"
  when request.needs has vision -> steady
  when request.tokens <= 20k -> small
  otherwise -> duo
}

guard at-home { when request.tags has pii then only zone private }

rule no-old on text {
  match /Old\\w{0,3}\\(/
  then retry { limit = 2  remind = "no" }
  exhausted block "old"
}

rule helper on text {
  match any ["help me"]
  when caller.tier == team
  then escalate steady
}

model chat {
  route = coder
  guards = [at-home]
  rules = [no-old, helper]
  limits = { attempts = 5  cost = $20.00  wall = 30m }
  aliases = ["acme/chat"]
  receipts = { capture = full  keep = 30d }
}

model plain { route = small }

invariant "pii stays" { for chat when request.tags has pii never zone cloud }
`;

type Edit = readonly [from: string, to: string];

function edited(...edits: readonly Edit[]): string {
  return edits.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the policy has no ${from}`);
    return text.replace(from, to);
  }, POLICY);
}

const after = (...edits: readonly Edit[]): Difference => diffOfTexts(POLICY, edited(...edits));
const told = ({ regions, definitions }: Difference): readonly string[] => [
  ...regions.map((one) => `${one.severity} ${one.model}: ${one.changes[0]}`),
  ...definitions.map((one) => `${one.severity} ${one.id}: ${one.change}`),
];

describe("the most severe of an edit's differences", () => {
  test.each<[string, readonly Edit[], string]>([
    ["a served request is refused", [["when request.tags has pii -> small", 'when request.tags has pii -> refuse "no"']], "breaking chat: was served, is refused: policy_refused"],
    ["a request can reach a new zone", [["when request.tokens <= 20k -> small", "when request.tokens <= 20k -> steady"], ["guards = [at-home]", "guards = [at-home]"]], "breaking chat: can reach zone `cloud`, which it could not (`large`, `other`)"],
    ["a provider moves to another zone", [["provider house { kind = mock  zone = private", "provider house { kind = mock  zone = basement"], ["then only zone private", "then only zone basement"]], "breaking chat: can reach zone `basement`, which it could not (`small`)"],
    ["a provider no longer says where it stands", [["region = eu }", "}"]], "breaking chat: can reach a provider that declares no region, which it could not (`small`)"],
    ["a public model is gone", [["model plain { route = small }", ""]], "breaking model:plain: the public model `plain` is gone"],
    ["an alias is gone", [['  aliases = ["acme/chat"]\n', ""]], "breaking model:chat: clients can no longer ask for `acme/chat`"],
    ["an invariant is gone", [['invariant "pii stays" { for chat when request.tags has pii never zone cloud }', ""]], 'breaking invariant:pii-stays: "pii stays" is promised no longer'],
    ["an invariant holds for less", [["for chat when request.tags has pii never", "for chat when request.tags has pii and caller.tier == team never"]], 'breaking invariant:pii-stays: "pii stays" holds for fewer requests'],
    ["a value is taken out of a fact", [["set(pii, billing)", "set(pii)"]], "breaking request.tags: a request that says `billing` is refused as malformed"],
    ["a rule is gone", [["rules = [no-old, helper]", "rules = [helper]"]], "weaker chat: `no-old` no longer watches it"],
    ["rules of a channel change places", [["rules = [no-old, helper]", "rules = [helper, no-old]"]], "weaker chat: its rules stand in another order"],
    ["a rule matches less", [["{0,3}", "{0,2}"]], "weaker rule:no-old: no longer matches texts it matched"],
    ["a rule only looks on", [["match /Old", "mode = shadow match /Old"]], "weaker rule:no-old: mode enforce → shadow"],
    ["a limit is raised", [["cost = $20.00", "cost = $30.00"]], "weaker model:chat: limits.cost $20.00 → $30.00"],
    ["a refusal of an arm now serves", [['-> refuse "not for free"', "-> duo"]], "weaker chat: was refused (policy_refused), is served"],
    ["receipts hold less", [["capture = full", "capture = metadata"]], "weaker model:chat: receipts.capture full → metadata"],
    ["receipts are kept shorter", [["keep = 30d", "keep = 7d"]], "weaker model:chat: receipts.keep 30d → 7d"],
    ["a fact is read from elsewhere", [['from header "X-Tags"', 'from header "X-Labels"']], 'weaker request.tags: from header "X-Tags" → header "X-Labels"'],
    ["another target is asked first", [["try large { timeout = 60s  retry = 1 }\n  try other", "try other\n  try large { timeout = 60s  retry = 1 }"]], "routing chat: first asked: `large` → `other`"],
    ["another distribution", [["large * 2, other * 1", "large * 3, other * 1"]], "routing chat: first asked: `large` 2/3, `other` 1/3 → `large` 3/4, `other` 1/4"],
    ["a draw goes by another key", [["sticky = session", "sticky = request"]], "routing chat: first asked: `large` 2/3, `other` 1/3, drawn otherwise"],
    ["a request nothing fitted is served", [["context = 200k  output = 64k  can = [tools, vision]  price = $2/$10", "context = 400k  output = 64k  can = [tools, vision]  price = $2/$10"]], "routing chat: was refused (context_length_exceeded), is served"],
    ["a target asks for another model", [['"large-1"', '"large-2"']], 'routing target:large: asks for "large-1" → "large-2"'],
    ["a retry more", [["retry = 1", "retry = 2"]], "reliability chat: `large`: 1 → 2 retries"],
    ["another timeout", [["timeout = 60s", "timeout = 30s"]], "reliability chat: `large`: timeout 1m → 30s"],
    ["a fallback less", [["  try other\n", ""]], "reliability chat: `other` no longer stands behind"],
    ["another escalation", [["then escalate steady", "then escalate large"]], "reliability chat: `helper` escalates otherwise: `large`, `other` → `large`"],
    ["a provider's deadline", [["total = 2m", "total = 3m"]], "reliability provider:rented: timeout.total 2m → 3m"],
    ["another price", [["$3/$15", "$3/$12"]], "cost target:large: price $3.00/$15.00 → $3.00/$12.00"],
    ["a rule more", [["model chat {", 'rule more on text { match /x/ then block "x" }\nmodel chat {'], ["rules = [no-old, helper]", "rules = [no-old, helper, more]"]], "stricter chat: `more` watches it"],
    ["a rule matches more", [["{0,3}", "{0,4}"]], "stricter rule:no-old: matches texts it did not match"],
    ["an invariant more", [["model plain {", 'invariant "two" { for plain attempts <= 2 }\nmodel plain {']], 'stricter invariant:two: "two" is promised'],
    ["a limit is lowered", [["wall = 30m", "wall = 29m"]], "stricter model:chat: limits.wall 30m → 29m"],
    ["a refusal in other words", [['"not for free"', '"not for the free"']], "cosmetic chat: the refusal is worded otherwise"],
    ["a pattern written otherwise", [["\\w{0,3}", "(?:\\w{2,3}|\\w?)"]], "cosmetic rule:no-old: the pattern is written otherwise and matches the same"],
    ["a block message", [['block "old"', 'block "too old"']], "cosmetic rule:no-old: its message is another"],
  ])("%s", (_, edits, expected) => {
    const difference = after(...edits);
    expect([difference.severity, difference.proved, difference.same]).toEqual([expected.split(" ")[0], true, told(difference).every((one) => one.startsWith("cosmetic")) && difference.regions.length === 0]);
    expect(told(difference)).toContain(expected);
  });
});

test("an alert that is raised less often, or told to somebody else, is a weaker one", () => {
  const policy = (alert: Partial<Alert>): Policy =>
    aPolicy({ targets: [aTarget("t")], alerts: [{ id: "alert:storm", name: "storm", when: null, to: "ops", cooldown: 60_000, ...alert }], models: [aModel("m", "target:t", { alerts: ["alert:storm"] })] });
  expect(told(diffOf(policy({}), policy({ cooldown: 3_600_000, to: null })))).toEqual(["weaker alert:storm: to ops → none", "weaker alert:storm: cooldown 1m → 60m"]);
  const without: Policy = { ...policy({}), alerts: [], models: [aModel("m", "target:t")] };
  expect(told(diffOf(policy({}), without))).toEqual(["weaker model:m: no longer raises `storm`"]);
  expect(told(diffOf(without, policy({})))).toEqual(["stricter model:m: raises `storm`"]);
});

describe("what makes no difference", () => {
  test.each<[string, readonly Edit[]]>([
    ["a comment", [["alloy duo {", "// two of them\n/// and a doc\nalloy duo {"]]],
    ["layout", [["  try large { timeout = 60s  retry = 1 }\n  try other", "try large {\n timeout = 60s, retry = 1 }; try other"]]],
    ["the order of declarations", [["model plain { route = small }\n", ""], ["provider house", "model plain { route = small }\nprovider house"]]],
    ["the order of a weighted alloy's parts", [["large * 2, other * 1", "other * 1, large * 2"]]],
    ["weights with one factor", [["large * 2, other * 1", "large * 6, other * 3"]]],
    ["an unused selector", [["model plain {", "cascade idle { try small }\nmodel plain {"]]],
    ["an inlined selector", [["when request.tokens <= 20k -> small", "when request.tokens <= 20k -> only-small"], ["dispatcher coder {", "cascade only-small { try small }\ndispatcher coder {"]]],
    ["an alloy of one part", [["when request.tokens <= 20k -> small", "when request.tokens <= 20k -> lone"], ["dispatcher coder {", "alloy lone { blend small }\ndispatcher coder {"]]],
    ["a condition written otherwise", [["when request.tokens <= 20k", "when not request.tokens > 20k"]]],
    ["an arm that nothing reaches", [["otherwise -> duo", "when request.needs has vision and request.tokens > 20k -> steady\n  otherwise -> duo"]]],
    ["the order of arms that never meet", [["when request.tokens <= 20k -> small\n  otherwise -> duo", "when request.tokens > 20k -> duo\n  otherwise -> small"]]],
    ["flags written out", [["kind = mock  zone = cloud  region = us  timeout", "kind = mock  region = us  zone = cloud  timeout"]]],
  ])("%s", (_, edits) => {
    expect(after(...edits)).toMatchObject({ same: true, proved: true, regions: [], definitions: [], severity: null });
  });

  test("a rename that is declared is cosmetic, whatever is renamed", () => {
    const names = [["provider", "house"], ["target", "small"], ["target", "large"], ["cascade", "steady"], ["alloy", "duo"], ["dispatcher", "coder"], ["guard", "at-home"], ["rule", "no-old"]] as const;
    for (const [kind, name] of names) {
      const text = POLICY.replaceAll(new RegExp(`(?<![\\w"-])${name}(?![\\w"-])`, "g"), `${name}-new`).replace(`${kind} ${name}-new`, `${kind} ${name}-new was ${name}`);
      const difference = diffOfTexts(POLICY, text);
      expect(told(difference)).toEqual([`cosmetic ${kind}:${name}: renamed: \`${name}\` → \`${name}-new\``]);
      expect(difference).toMatchObject({ same: true, proved: true });
    }
  });

  test("a rename that is not declared is none: what was is gone, and what is was not", () => {
    const difference = diffOfTexts(POLICY, POLICY.replaceAll("no-old", "no-older"));
    expect(told(difference)).toEqual(expect.arrayContaining(["weaker rule:no-old: the rule is gone", "stricter rule:no-older: the rule is new"]));
  });
});

describe("public names", () => {
  test("a model renamed with `was` is compared with itself, and its old name is missed", () => {
    const difference = diffOfTexts(POLICY, POLICY.replace("model plain {", "model simple was plain {"));
    expect(told(difference)).toEqual(["breaking model:plain: clients can no longer ask for `plain`", "routing model:plain: clients can ask for `simple` too", "cosmetic model:plain: renamed: `plain` → `simple`"]);
  });

  test("the old name kept as an alias breaks nobody", () => {
    const difference = diffOfTexts(POLICY, POLICY.replace("model plain { route = small }", 'model simple was plain { route = small  aliases = ["plain"] }'));
    expect(difference.severity).toBe("routing");
    expect(difference.regions).toEqual([]);
  });

  test("a name that moves to another model is compared under that name", () => {
    const difference = after(['  aliases = ["acme/chat"]\n', ""], ["model plain { route = small }", 'model plain { route = small  aliases = ["acme/chat"] }']);
    expect(difference.regions.map((one) => one.model)).toContain("acme/chat");
    expect(difference.regions.every((one) => one.model === "acme/chat")).toBe(true);
    expect(difference.regions[0]!.witness.model).toBe("acme/chat");
  });

  test("a model of that name written anew is compared with the old one", () => {
    const difference = diffOfTexts(POLICY, `${POLICY.replace("model plain { route = small }", "")}\nmodel fresh { route = large  aliases = ["plain"] }\n`);
    expect(told(difference)).toContain("breaking plain: can reach zone `cloud`, which it could not (`large`)");
  });
});

describe("facts", () => {
  test("a fact that only one side declares splits the requests by its values", () => {
    const { regions } = diffOfTexts(
      POLICY.replace("caller.tier: enum(free, team) from key", "caller.tier: enum(free, team) from key\n  request.fast: bool from header \"X-Fast\""),
      edited(["caller.tier: enum(free, team) from key", 'caller.tier: enum(free, team) from key\n  request.fast: bool from header "X-Fast"'], ["  when request.tokens <= 20k -> small", "  when request.fast -> large\n  when request.tokens <= 20k -> small"]),
    );
    expect(regions[0]!.witness).toEqual({ model: "chat", facts: { "request.fast": true } });
    const unheard = diffOfTexts(POLICY, edited(["caller.tier: enum(free, team) from key", 'caller.tier: enum(free, team) from key\n  request.fast: bool from header "X-Fast"'], ["  when request.tokens <= 20k -> small", "  when request.fast -> large\n  when request.tokens <= 20k -> small"]));
    expect(unheard.regions[0]).toMatchObject({ witness: { facts: { "request.fast": true } }, was: { attempts: [{ target: "small" }] }, now: { attempts: [{ target: "large" }] } });
  });

  test("a value that one side does not know is in no region", () => {
    const { regions, definitions } = after(["set(pii, billing)", "set(pii, billing, legal)"], ["when request.tags has pii -> small", "when request.tags has pii or request.tags has legal -> small"]);
    expect(regions).toEqual([]);
    expect(definitions).toMatchObject([{ kind: "fact", severity: "routing", change: "may be `legal`, which was refused as malformed" }]);
  });

  test("a fact of another type cannot be compared, and that is said", () => {
    const difference = after(["caller.tier: enum(free, team) from key", "caller.tier: string from key"], ["caller.tier == free", 'caller.tier == "free"'], ["caller.tier == team", 'caller.tier == "team"']);
    expect(difference).toMatchObject({ same: false, proved: false, severity: "breaking", unproved: ["`chat`: `caller.tier` is of another type now, so its requests cannot be compared"] });
  });
});

test("a witness is the most ordinary request there is, and both sides of it stand beside", () => {
  const { regions } = after(["when request.tokens <= 20k -> small", "when request.tokens <= 30k -> small"]);
  const places = { old: { id: "dispatcher:coder/otherwise", file: "policy.ward", text: "otherwise -> duo" }, new: { id: "dispatcher:coder/arm:4", text: "when request.tokens <= 30k -> small" } };
  // Zones are names: which of two is the better one is not for us to say.
  expect(regions).toMatchObject([
    // An answer that `small` cannot give, or has no room for, was given by the others.
    { severity: "breaking", changes: ["was served, is refused: context_length_exceeded"], witness: { model: "chat", tokens: 20_001, output: 8_193 }, now: { refusal: { code: "context_length_exceeded" } }, ...places },
    { severity: "breaking", changes: expect.arrayContaining(["can reach zone `private`, which it could not (`small`)"]), witness: { model: "chat", tokens: 20_001 }, was: { attempts: [{ target: "large" }, { target: "other" }] }, now: { attempts: [{ target: "small" }] }, ...places },
  ]);
  expect(regions[1]!.where).toEqual(expect.arrayContaining(["request.tokens >= 20001", "request.tokens <= 30000", "request.output <= 8192", "request.tokens + request.output <= 32768"]));
});

test("what only an escalation does differently is shown as that", () => {
  const { regions } = after(["then escalate steady", "then escalate large"]);
  expect(regions).toMatchObject([{
    escalation: "rule:helper", severity: "reliability", witness: { facts: { "caller.tier": "team" } },
    was: { attempts: [{ target: "large" }, { target: "other" }] }, now: { attempts: [{ target: "large" }] }, old: { id: "rule:helper" }, new: { id: "rule:helper" },
  }]);
});

test("a rule's two directions each have their shortest text", () => {
  const { definitions } = after(["match any [\"help me\"]", "match any [\"help us\"]"]);
  expect(definitions).toMatchObject([
    { id: "rule:helper", severity: "weaker", witness: { kind: "text", text: "help me", matches: "old" } },
    { id: "rule:helper", severity: "stricter", witness: { kind: "text", text: "help us", matches: "new" } },
  ]);
});

test("an attempt limit nobody wrote, which follows the worst case, weakens nothing", () => {
  const unsaid = POLICY.replace("attempts = 5  ", "");
  const difference = diffOfTexts(unsaid, unsaid.replace("retry = 1 }", "retry = 2 }"));
  expect(difference.severity).toBe("reliability");
  expect(told(difference).at(-1)).toMatch(/^cosmetic model:chat: limits\.attempts \d+ → \d+, which no request can reach$/);
});
