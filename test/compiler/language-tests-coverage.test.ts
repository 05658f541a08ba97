// Coverage of decisions, and the tests that are suggested for those that none shows.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { compile, hostOf, RULES, type Host } from "#compiler";
import { hasErrors } from "#lang";
import { allDecisions, openTests, runAll, shownByTests, suggest, type TestProgram } from "../../compiler/test/index.ts";

const ROUTED = `ward 1

facts {
  caller.tier: enum(free, team) from key
  request.tags: set(pii) from header "X-Tags"
}

provider house { kind = mock  zone = private }
provider rented { kind = mock  zone = cloud }
target small = house "small" { context = 32Ki  can = [tools] }
target large = rented "large" { context = 200k  can = [tools] }
target huge = rented "huge" { context = 1M  can = [tools] }

cascade steady { try small { retry = 1 } try large }
alloy duo { blend small, large  partial_context = true }
alloy turns { blend small, large  pick = alternate  partial_context = true }
dispatcher by-size { smallest of small, large, huge }

dispatcher coder {
  when caller.tier == free -> refuse "not for free"
  when request.stream -> duo
  when request.turn > 3 -> turns
  when request.output > 8Ki -> by-size
  otherwise -> steady
}

dispatcher after {
  when request.tokens > 32Ki -> huge
  otherwise -> large
}

guard at-home { when request.tags has pii then only zone private }
guard closed { when request.tokens > 500k then refuse "too much" }

rule no-old on text {
  match /Old[A-Z]\\w{2,9}\\b/
  then retry { limit = 1 }
  exhausted block "old"
}

rule give-up on text {
  match any ["I cannot"]
  then escalate after
  exhausted note
}

rule thoughts on reasoning {
  match /plan b/i
  then note
}

model chat {
  route = coder
  guards = [at-home, closed]
  rules = [no-old, give-up, thoughts]
  limits = { attempts = 8 }
}
`;

function programOf(files: { readonly [path: string]: string }): { readonly program: TestProgram; readonly host: Host } {
  const host = hostOf(files);
  const program = openTests(compile(Object.keys(files)[0]!, host));
  if (program === null) throw new Error("the program has errors");
  return { program, host };
}

async function covered(program: TestProgram): Promise<{ readonly all: readonly string[]; readonly shown: readonly string[] }> {
  const results = await runAll(program, program.cases);
  expect(results.flatMap((one) => one.failures)).toEqual([]);
  const shown = shownByTests(results, program);
  const all = allDecisions(program).decisions.map((one) => one.key);
  return { all, shown: all.filter((one) => shown.has(one)) };
}

describe("coverage", () => {
  const decisions = allDecisions(programOf({ "a.ward": ROUTED }).program).decisions;

  it("counts every decision of a policy once", () => {
    expect(decisions.map((one) => one.key)).toMatchInlineSnapshot(`
      [
        "arm dispatcher:after/arm:1",
        "arm dispatcher:after/otherwise",
        "arm dispatcher:coder/arm:1",
        "arm dispatcher:coder/arm:2",
        "arm dispatcher:coder/arm:3",
        "arm dispatcher:coder/arm:4",
        "arm dispatcher:coder/otherwise",
        "first cascade:steady/try:1",
        "first cascade:steady/try:2",
        "first dispatcher:by-size/part:huge",
        "first dispatcher:by-size/part:large",
        "first dispatcher:by-size/part:small",
        "failure cascade:steady/try:2",
        "drawn alloy:duo/part:large",
        "drawn alloy:duo/part:small",
        "drawn alloy:turns/part:large",
        "drawn alloy:turns/part:small",
        "guard-true guard:at-home",
        "guard-true guard:closed",
        "guard-false guard:at-home",
        "guard-false guard:closed",
        "fired rule:give-up",
        "fired rule:no-old",
        "fired rule:thoughts",
        "quiet rule:give-up",
        "quiet rule:no-old",
        "quiet rule:thoughts",
        "exhausted rule:give-up",
        "exhausted rule:no-old",
        "refused model:chat/capability_missing",
        "refused model:chat/context_length_exceeded",
      ]
    `);
    expect(new Set(decisions.map((one) => one.key)).size).toBe(decisions.length);
  });

  it("names each in words a reader finds in the text", () => {
    expect(decisions.map((one) => one.text)).toMatchInlineSnapshot(`
      [
        "arm 1 of \`after\` is taken",
        "\`otherwise\` of \`after\` is taken",
        "arm 1 of \`coder\` is taken",
        "arm 2 of \`coder\` is taken",
        "arm 3 of \`coder\` is taken",
        "arm 4 of \`coder\` is taken",
        "\`otherwise\` of \`coder\` is taken",
        "try 1 of \`steady\` comes first",
        "try 2 of \`steady\` comes first",
        "part \`huge\` of \`by-size\` comes first",
        "part \`large\` of \`by-size\` comes first",
        "part \`small\` of \`by-size\` comes first",
        "try 2 of \`steady\` is tried after a failure",
        "part \`large\` of \`duo\` is drawn",
        "part \`small\` of \`duo\` is drawn",
        "part \`large\` of \`turns\` is drawn",
        "part \`small\` of \`turns\` is drawn",
        "guard \`at-home\` applies",
        "guard \`closed\` applies",
        "guard \`at-home\` does not apply",
        "guard \`closed\` does not apply",
        "rule \`give-up\` fires",
        "rule \`no-old\` fires",
        "rule \`thoughts\` fires",
        "rule \`give-up\` watches and does not fire",
        "rule \`no-old\` watches and does not fire",
        "rule \`thoughts\` watches and does not fire",
        "rule \`give-up\` is used up",
        "rule \`no-old\` is used up",
        "model \`chat\` refuses with \`capability_missing\`",
        "model \`chat\` refuses with \`context_length_exceeded\`",
      ]
    `);
  });

  const shows: readonly (readonly [string, string, readonly string[]])[] = [
    ["a refusal by an arm", 'given { model = chat  "caller.tier" = free } expect { refused = policy_refused }', ["arm dispatcher:coder/arm:1"]],
    [
      "an answer at once",
      'given { model = chat } upstream small "ok" expect { attempts = [small] }',
      ["arm dispatcher:coder/otherwise", "first cascade:steady/try:1", "guard-false guard:at-home", "guard-false guard:closed", "quiet rule:give-up", "quiet rule:no-old", "quiet rule:thoughts"],
    ],
    [
      "an answer after failures",
      'given { model = chat } upstream small fails 503 upstream small fails 503 upstream large "ok" expect { attempts = [small, small, large] }',
      ["arm dispatcher:coder/otherwise", "first cascade:steady/try:1", "failure cascade:steady/try:2", "guard-false guard:at-home", "guard-false guard:closed", "quiet rule:give-up", "quiet rule:no-old", "quiet rule:thoughts"],
    ],
    ["a failure alone", 'given { model = chat  "request.tags" = [pii] } upstream small fails 400 expect { failed = bad_request }', ["arm dispatcher:coder/otherwise", "first cascade:steady/try:1", "guard-true guard:at-home", "guard-false guard:closed"]],
    ["a guard's refusal", "given { model = chat  tokens = 600k } expect { refused = guard_refused }", ["arm dispatcher:coder/otherwise", "guard-false guard:at-home", "guard-true guard:closed"]],
    ["a refusal nobody wrote", 'given { model = chat  tokens = 100k  "request.tags" = [pii] } expect { refused = context_length_exceeded }', ["arm dispatcher:coder/otherwise", "guard-true guard:at-home", "guard-false guard:closed", "refused model:chat/context_length_exceeded"]],
    [
      "a rule that is used up",
      'given { model = chat } upstream small "an OldOne" upstream small "an OldOne" expect { blocked = no-old }',
      ["arm dispatcher:coder/otherwise", "first cascade:steady/try:1", "guard-false guard:at-home", "guard-false guard:closed", "fired rule:no-old", "quiet rule:give-up", "quiet rule:thoughts", "exhausted rule:no-old"],
    ],
    [
      "an escalation",
      'given { model = chat } upstream small "I cannot" upstream large "ok" expect { attempts = [small, large] }',
      ["arm dispatcher:after/otherwise", "arm dispatcher:coder/otherwise", "first cascade:steady/try:1", "guard-false guard:at-home", "guard-false guard:closed", "fired rule:give-up", "quiet rule:no-old", "quiet rule:thoughts"],
    ],
  ];

  it.each(shows)("%s shows what it shows, and no more", async (_title, body, expected) => {
    const { program } = programOf({ "a.ward": `${ROUTED}\ntest "it" { ${body} }\n` });
    expect([...(await covered(program)).shown].sort()).toEqual([...expected].sort());
  });

  it("is nothing where nothing passed", async () => {
    const { program } = programOf({ "a.ward": `${ROUTED}\ntest "it" { given { model = chat } upstream small "ok" expect { released = "no" } }\n` });
    expect(shownByTests(await runAll(program, program.cases), program).size).toBe(0);
  });
});

/** The program with what is suggested for it, and the decisions for which nothing is. */
async function completed(files: { readonly [path: string]: string }) {
  const { program, host } = programOf(files);
  const before = await covered(program);
  const left = allDecisions(program).decisions.filter((one) => !before.shown.includes(one.key));
  const { suggestions, without } = await suggest(program, left, host);
  const added = Object.fromEntries(Object.entries(files).map(([path, text]) => [path, [text, ...suggestions.filter((one) => one.file === path).map((one) => one.text)].join("\n")]));
  return { suggestions, without: without.map((one) => one.key), after: await covered(programOf(added).program) };
}

const examples = fileURLToPath(new URL("../../examples", import.meta.url));

/** The policy of an example and the files it uses, without its tests. */
function exampleOf(name: string): { readonly [path: string]: string } {
  const files = readdirSync(`${examples}/${name}`, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ward")).sort();
  const entry = files.find((path) => path === "policy.ward")!;
  return Object.fromEntries([entry, ...files.filter((path) => path !== entry)].map((path) => [path, readFileSync(`${examples}/${name}/${path}`, "utf8").split("\ntest ")[0]!]));
}

describe("suggestions", () => {
  it("pass when they are appended, and show all that is not said to be left", async () => {
    const { suggestions, without, after } = await completed({ "a.ward": ROUTED });
    await expect(suggestions.map((one) => one.text).join("\n")).toMatchFileSnapshot("language-tests/suggested.ward");
    expect(without).toEqual([]);
    expect(after.shown).toEqual(after.all);
  });

  it.each(readdirSync(examples).filter((name) => existsSync(`${examples}/${name}/policy.ward`)))("cover the example %s whole", async (name) => {
    const { suggestions, without, after } = await completed(exampleOf(name));
    expect(suggestions.length).toBeGreaterThan(0);
    expect(without).toEqual([]);
    expect(after.shown).toEqual(after.all);
  });

  // Policies of every kind there is: those that the catalogue of checks holds up as good.
  const models = RULES.filter((rule) => /^model /m.test(rule.prefer)).map((rule) => [`${rule.code} ${rule.name}`, rule] as const);
  it.each(models)("cover the good program of %s but for what they say", async (_title, rule) => {
    const files = { "policy.ward": rule.prefer, ...rule.files };
    if (hasErrors(compile("policy.ward", hostOf(files)).diagnostics)) throw new Error("the good program has errors");
    const { without, after } = await completed(files);
    expect(after.all.filter((one) => !after.shown.includes(one)).sort()).toEqual([...without].sort());
    expect(without.length).toBeLessThan(after.all.length / 2);
  });
});
