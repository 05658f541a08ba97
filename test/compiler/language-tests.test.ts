// Tests in the language: what passes, what fails and how that is told, and what the compiler says before any of it runs.
// After a change on purpose: `npx vitest run --config test/vitest.config.ts test/compiler/language-tests -u`, and read the difference.
import { describe, expect, it } from "vitest";
import { bundleText } from "#compiler";
import { openTests, runAll, testsAsText, traceOf } from "../../compiler/test/index.ts";
import { compileText } from "../support/compile.ts";

const POLICY = `ward 1

facts {
  caller.tier: enum(free, team) from key
  caller.cleared: bool from header "X-Cleared"
  caller.desk: string from header "X-Desk"
  caller.level: int from header "X-Level"
  request.tags: set(pii, billing) from header "X-Tags"
}

provider house { kind = mock  zone = private }
provider rented { kind = mock  zone = cloud }
target qwen = house "qwen" { context = 32Ki  output = 8Ki  can = [tools]  price = $1/$2 }
target gpt = rented "gpt" { context = 200k  output = 8Ki  can = [tools, vision]  price = $2/$14 }
target sonnet = rented "sonnet" { context = 200k  can = [tools, vision] }

cascade steady {
  try qwen { retry = 1 }
  try gpt
}

cascade going-on {
  resume = continue
  try gpt
  try sonnet
}

alloy duo {
  blend gpt * 2, sonnet
  sticky = session
}

dispatcher coder {
  when request.needs has vision -> gpt
  when caller.tier == free -> refuse "not for free"
  otherwise -> steady
}

guard pii-local { when request.tags has pii then only zone private }

rule no-old-client on text {
  match /OldClient\\s{0,8}\\(/
  then retry { limit = 2  remind = "OldClient is gone. Use NewClient." }
  exhausted block "deprecated API in output"
}

rule no-keys on text {
  match /sk-[0-9a-f]{8}/
  then redact "[key]"
}

rule no-host on text {
  match any ["legacy.example.com"]
  mode = shadow
  then block "the old host"
}

rule no-secret-thoughts on reasoning {
  match any ["secret plan"]
  then block "secret"
}

rule soften on text {
  match any ["stupid"]
  then retry { limit = 1  remind = "Be kind." }
  exhausted redact "[…]"
}

rule to-the-large-one on text {
  match any ["I cannot"]
  then escalate sonnet
  exhausted note
}

model coding {
  route = coder
  guards = [pii-local]
  rules = [no-old-client, no-keys, no-host, no-secret-thoughts]
  limits = { attempts = 6 }
}

model drawn { route = duo }
model endless { route = going-on }
model helpful { route = qwen  rules = [to-the-large-one] }
model kind { route = qwen  rules = [soften] }
provider shaky { kind = mock  breaker = { failures = 1  cooldown = 5m } }
target frail = shaky "frail" { context = 32Ki }
cascade stubborn {
  try frail { retry = 1 }
  try gpt
}
model careful { route = stubborn }
model thrifty { route = steady  limits = { attempts = 2  cost = $0.05 } }
`;

function program(tests: string) {
  const compiled = compileText(`${POLICY}\n${tests}`);
  const opened = openTests(compiled);
  if (opened === null) throw new Error(JSON.stringify(compiled.diagnostics.filter((one) => one.severity === "error").map((one) => `${one.code}: ${one.message}`)));
  return opened;
}

/** The report of one test, "" where it passed. */
async function outcome(body: string): Promise<string> {
  const opened = program(`test "it" {\n${body}\n}\n`);
  const results = await runAll(opened, opened.cases);
  if (results.every((one) => one.failures.length === 0)) return "";
  return testsAsText({ tests: results.map((result) => ({ result, trace: traceOf(result.rehearsed, opened.placeOf) })), coverage: null, suggestions: [], diagnostics: [], sources: opened.compiled.sources });
}

const PASSING: readonly (readonly [string, string])[] = [
  ["a split match is caught before release", `
    given { model = coding  tokens = 2_000  stream = true }
    upstream qwen "call Old" ~ "Client(x)"
    upstream qwen "NewClient(x)"
    expect { fired = [no-old-client]  attempts = [qwen, qwen]  released = "call NewClient(x)" }`],
  ["a rule that is used up blocks", `
    given { model = coding }
    upstream qwen "OldClient("
    upstream qwen "OldClient("
    upstream qwen "OldClient("
    expect { fired = [no-old-client, no-old-client, no-old-client]  blocked = no-old-client  status = blocked  released = "" }`],
  ["a failure is repeated, then leads on", `
    given { model = coding }
    upstream qwen fails 429
    upstream qwen fails 503
    upstream gpt "there"
    expect { attempts = [qwen, qwen, gpt]  selected = gpt  status = completed }`],
  ["a hang ends at its deadline", `
    given { model = coding  stream = true }
    upstream qwen hangs
    upstream qwen "at " ~ hangs
    expect { attempts = [qwen, qwen]  status = truncated  failed = timeout  released = "at " }`],
  ["a cut before anything was released begins again", `
    given { model = coding }
    upstream qwen "at " ~ cuts
    upstream qwen "at last"
    expect { attempts = [qwen, qwen]  released = "at last" }`],
  ["a cut after a release goes on where the cascade says so", `
    given { model = endless  stream = true }
    upstream gpt "one two " ~ cuts
    upstream sonnet "three"
    expect { attempts = [gpt, sonnet]  released = "one two three" }`],
  ["a cascade that ends tells the last failure", `
    given { model = endless }
    upstream gpt fails 503
    upstream sonnet fails 401
    expect { attempts = [gpt, sonnet]  failed = auth  status = failed }`],
  ["an arm refuses", `
    given { model = coding  "caller.tier" = free }
    expect { refused = policy_refused  attempts = []  status = refused }`],
  ["a guard leaves nothing", `
    given { model = coding  needs = [vision]  facts = { "request.tags" = [pii, billing] } }
    expect { refused = guard_refused  skipped = [gpt] }`],
  ["a limit of attempts is kept", `
    given { model = thrifty }
    upstream qwen fails 503
    upstream qwen fails 503
    expect { attempts = [qwen, qwen]  failed = overloaded }`],
  ["a limit of cost is kept", `
    given { model = thrifty  tokens = 25k  output = 8Ki }
    expect { refused = limit_reached  attempts = []  skipped = [qwen]  status = refused }`],
  ["the cost is that of the tokens given", `
    given { model = thrifty  tokens = 10k }
    upstream qwen "abc"
    expect { cost = $0.010002  released = "abc" }`],
  ["facts of every type are given", `
    given { model = coding  "caller.cleared" = true  caller = { desk = "d-1"  level = 3  tenant = "t"  session = "s" } }
    upstream qwen "ok"
    expect { attempts = [qwen] }`],
  ["messages tell the turn, the tokens and the tools", `
    given {
      model = coding
      messages = [
        { role = system  content = "Be brief." },
        { role = user  content = "Look it up." },
        { role = assistant  calls = [{ name = "search"  arguments = "{}" }, { name = "read" }] },
        { role = tool  content = "found" },
        { role = tool  content = "nothing" },
        { role = user  content = "And?" },
      ]
      turn = 1
    }
    upstream qwen "ok"
    expect { attempts = [qwen]  released = "ok" }`],
  ["a key draws", `
    given { model = drawn  key = "k1" }
    upstream gpt "ok"
    expect { attempts = [gpt] }`],
  ["another key draws the other", `
    given { model = drawn  key = "k3" }
    upstream sonnet "ok"
    expect { attempts = [sonnet] }`],
  ["a session draws", `
    given { model = drawn  caller = { session = "k1" } }
    upstream gpt fails 503
    upstream sonnet "ok"
    expect { attempts = [gpt, sonnet] }`],
  ["a shadow rule fires and changes nothing", `
    given { model = coding }
    upstream qwen "see legacy.example.com and sk-01234567"
    expect { fired = [no-host, no-keys]  released = "see legacy.example.com and [key]" }`],
  ["reasoning is watched and released", `
    given { model = coding  stream = true }
    upstream qwen reasoning "a plan" ~ "done"
    expect { reasoning = "a plan"  released = "done"  fired = [] }`],
  ["reasoning is stopped", `
    given { model = coding }
    upstream qwen reasoning "a secret plan" ~ "done"
    expect { blocked = no-secret-thoughts  released = ""  reasoning = "" }`],
  ["tool calls reach the client", `
    given { model = coding  needs = [tools] }
    upstream qwen tool "search" "{\\"q\\": 1}" ~ tool "read"
    expect { tools = ["search", "read"]  released = "" }`],
  ["what is left when a retry is used up may be a redaction", `
    given { model = kind  stream = true }
    upstream qwen "a stu" ~ "pid question"
    upstream qwen "stupid is who " ~ "asks stupid things"
    expect { fired = [soften, soften, soften]  attempts = [qwen, qwen]  released = "a […] is who asks […] things" }`],
  ["an escalation that is used up may let through", `
    given { model = helpful }
    upstream qwen "I cannot"
    upstream sonnet "I cannot either"
    expect { fired = [to-the-large-one, to-the-large-one]  released = "I cannot either" }`],
  ["a call that a breaker spares needs no script", `
    given { model = careful }
    upstream frail fails 503
    upstream gpt "ok"
    expect { attempts = [frail, frail, gpt]  released = "ok" }`],
  ["an escalation is an attempt", `
    given { model = helpful  stream = true }
    upstream qwen "Well, I can" ~ "not help."
    upstream sonnet "here it is"
    expect { fired = [to-the-large-one]  attempts = [qwen, sonnet]  released = "Well, here it is"  selected = sonnet }`],
];

describe("a test that is true passes:", () => {
  it.each(PASSING)("%s", async (_title, body) => {
    expect(await outcome(body)).toBe("");
  });
});

const FAILING: readonly (readonly [string, string])[] = [
  ["other attempts", `
    given { model = coding }
    upstream qwen fails 503
    upstream qwen "ok"
    expect { attempts = [qwen]  released = "ok" }`],
  ["other text", `
    given { model = coding  stream = true }
    upstream qwen "use sk-0123" ~ "4567\\n"
    expect { released = "use sk-01234567\\n"  fired = [] }`],
  ["a refusal that did not happen", `
    given { model = coding }
    upstream qwen "ok"
    expect { refused = policy_refused }`],
  ["a refusal of another kind", `
    given { model = coding  tokens = 300k }
    expect { refused = capability_missing }`],
  ["a missing script", `
    given { model = coding }
    upstream qwen fails 503
    expect { attempts = [qwen, qwen] }`],
  ["a script that is left over", `
    given { model = coding }
    upstream qwen "ok"
    upstream qwen "again"
    upstream gpt "never"
    expect { attempts = [qwen] }`],
  ["a block instead of an answer", `
    given { model = coding }
    upstream qwen reasoning "the secret plan"
    expect { status = completed  released = "ok"  cost = $1 }`],
];

describe("a test that is not true fails, and says what happened:", () => {
  it.each(FAILING)("%s", async (title, body) => {
    await expect(await outcome(body)).toMatchFileSnapshot(`language-tests/${title.replaceAll(" ", "-")}.txt`);
  });
});

const WRONG: readonly (readonly [string, string, string])[] = [
  ["an unknown model", "given { model = codng } expect { attempts = [] }", "W1001: unknown model `codng`"],
  ["a field of `given` that there is not", "given { model = coding token = 1 } expect { attempts = [] }", "W1001: unknown field `token` of `given`"],
  ["a field of `expect` that there is not", "given { model = coding } expect { atempts = [] }", "W1001: unknown field `atempts` of `expect`"],
  ["no model", "given { tokens = 1 } expect { attempts = [] }", "W2001: `given` has no `model`"],
  ["a value of another type", 'given { model = coding  tokens = "many" } expect { attempts = [] }', "W2001: `tokens` of `given` must be a whole number, not a string"],
  ["a tag that there is not", 'given { model = coding  "request.tags" = [pi] } expect { attempts = [] }', "W2001: an item of `request.tags` cannot be `pi`"],
  ["a fact that there is not", 'given { model = coding  "request.tag" = [pii] } expect { attempts = [] }', "W1001: unknown fact `request.tag`"],
  ["a caller's fact that there is not", "given { model = coding  caller = { teir = team } } expect { attempts = [] }", "W1001: unknown fact `caller.teir`"],
  ["a fact that is a field", 'given { model = coding  "request.tokens" = 3 } expect { attempts = [] }', "W2001: `request.tokens` is a field of `given`"],
  ["a fact said twice", 'given { model = coding  "caller.tier" = team  caller = { tier = free } } expect { attempts = [] }', "W1002: `caller.tier` is given twice"],
  ["a status that there is not", "given { model = coding } expect { status = complete }", "W2001: `status` of `expect` cannot be `complete`"],
  ["a target where a rule belongs", "given { model = coding } expect { fired = [qwen] }", "W2001: expected a rule, but `qwen` is a target"],
  ["nothing expected", "given { model = coding } expect { }", "W2001: this test expects nothing"],
  ["an upstream of nothing", 'given { model = coding } upstream qwn "a" expect { attempts = [] }', "W1001: unknown target `qwn`"],
  ["a step after the end", "given { model = coding } upstream qwen hangs ~ cuts expect { attempts = [] }", "W2001: nothing comes after `hangs`"],
  ["a status after text", 'given { model = coding } upstream qwen "a" ~ fails 503 expect { attempts = [] }', "W2001: `fails` is the status of an answer, so nothing comes before it"],
  ["a status that is none of failure", "given { model = coding } upstream qwen fails 200 expect { attempts = [] }", "W2001: `fails` takes an HTTP status from 400 to 599"],
  ["a prompt beside messages", 'given { model = coding  prompt = "a"  messages = [{ role = user  content = "a" }] } expect { attempts = [] }', "W2001: `prompt` and `messages` are both given"],
  ["an answer to no call", 'given { model = coding  messages = [{ role = tool  content = "a" }] } expect { attempts = [] }', "W2001: a message of role `tool` answers no call"],
  ["a call of the user's", 'given { model = coding  messages = [{ role = user  calls = [{ name = "a" }] }] } expect { attempts = [] }', "W2001: a message of role `user` calls tools"],
];

describe("a test that means nothing is found by `ward check`:", () => {
  it.each(WRONG)("%s", (_title, body, message) => {
    const { diagnostics } = compileText(`${POLICY}\ntest "it" { ${body} }\n`);
    expect(diagnostics.filter((one) => one.severity === "error").map((one) => `${one.code}: ${one.message}`)).toEqual([message]);
  });

  it("two tests of one title", () => {
    const it = 'test "it" { given { model = coding } upstream qwen "a" expect { released = "a" } }\n';
    expect(compileText(`${POLICY}\n${it}${it}`).diagnostics.filter((one) => one.severity === "error").map((one) => one.message)).toEqual(["two tests have the same title"]);
  });
});

const IMPOSSIBLE: readonly (readonly [string, string, string])[] = [
  ["a target no request of the model comes to", "given { model = coding } expect { attempts = [sonnet] }", "no request of `coding` comes to `sonnet`"],
  ["a selected target no request comes to", "given { model = drawn } expect { selected = qwen }", "no request of `drawn` comes to `qwen`"],
  ["a script for such a target", 'given { model = drawn } upstream qwen "a" expect { status = completed }', "no request of `drawn` comes to `qwen`"],
  ["a rule the model does not have", "given { model = drawn } expect { fired = [no-keys] }", "`no-keys` is no rule of `drawn`"],
  ["a block by such a rule", "given { model = helpful } expect { blocked = no-keys }", "`no-keys` is no rule of `helpful`"],
  ["more attempts than the limit", "given { model = thrifty } expect { attempts = [qwen, qwen, gpt] }", "no request of `thrifty` makes more than 2 attempts"],
  ["a refusal the model never gives", "given { model = drawn } expect { refused = guard_refused }", "no request of `drawn` is refused with `guard_refused`"],
  ["two ends", "given { model = coding } expect { refused = guard_refused  blocked = no-keys }", "no request is refused and blocked too"],
  ["an end and another status", "given { model = coding } expect { refused = guard_refused  status = completed }", "no request is refused with the status `completed`"],
  ["an attempt of a refused request", "given { model = coding } expect { refused = guard_refused  attempts = [qwen] }", "a request that is refused makes no attempt"],
  ["text of a refused request", 'given { model = coding } expect { refused = guard_refused  released = "a" }', "of a request that is refused nothing is released"],
  ["a turn the messages are not", 'given { model = coding  prompt = "a"  turn = 2 } expect { attempts = [] }', "no request has these messages and is turn 2"],
];

describe("a test that cannot pass is W8002:", () => {
  it.each(IMPOSSIBLE)("%s", (_title, body, message) => {
    const { diagnostics } = compileText(`${POLICY}\ntest "it" { ${body} }\n`);
    expect(diagnostics.filter((one) => one.severity === "error").map((one) => `${one.code}: ${one.message}`)).toEqual([`W8002: ${message}`]);
  });

  it("but not one that merely fails", () => {
    const { diagnostics } = compileText(`${POLICY}\ntest "it" { given { model = coding } expect { refused = context_length_exceeded } }\n`);
    expect(diagnostics.filter((one) => one.severity === "error")).toEqual([]);
  });
});

describe("the engine", () => {
  it("waits for nothing: an upstream that hangs for ten minutes takes no time", async () => {
    const hanging = Array.from({ length: 10 }, (_, at) => `test "${at}" { given { model = coding  stream = true } upstream qwen hangs upstream qwen hangs upstream gpt hangs expect { failed = timeout  attempts = [qwen, qwen, gpt] } }`);
    const opened = program(hanging.join("\n"));
    const began = performance.now();
    const results = await runAll(opened, opened.cases);
    expect(results.flatMap((one) => one.failures)).toEqual([]);
    // The least of the waits is a whole minute of the policy's time, and there are thirty.
    expect(Math.min(...results.map((one) => one.rehearsed.receipt.ms.total))).toBeGreaterThanOrEqual(60_000);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it("gives the same answer every time", async () => {
    const opened = program(PASSING.map(([title, body]) => `test "${title}" {${body}\n}`).join("\n"));
    const texts = async () => JSON.stringify((await runAll(opened, opened.cases)).map((one) => [one.failures, one.rehearsed]));
    expect(await texts()).toBe(await texts());
  });

  it("remembers nothing from one test to the next", async () => {
    const opened = program(PASSING.map(([title, body]) => `test "${title}" {${body}\n}`).join("\n"));
    expect((await runAll(opened, opened.cases.toReversed())).flatMap((one) => one.failures)).toEqual([]);
  });
});

describe("the bundle", () => {
  it("is the same with and without tests behind the policy", () => {
    const bare = compileText(POLICY).bundle!;
    const tested = compileText(`${POLICY}\ntest "it" { given { model = coding } upstream qwen "a" expect { released = "a" } }\n`).bundle!;
    expect(bundleText(tested)).toBe(bundleText(bare));
  });

  it("has the same digest wherever tests stand in the text", () => {
    const test = 'test "it" { given { model = coding } upstream qwen "a" expect { released = "a" } }\n';
    expect(compileText(POLICY.replace("facts {", `${test}\nfacts {`)).bundle!.digest).toBe(compileText(POLICY).bundle!.digest);
  });
});
