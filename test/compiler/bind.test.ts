import { describe, expect, test } from "vitest";
import { renderText } from "../../compiler/report/index.ts";
import { compiled, library, pointedAt, said } from "./program.ts";

/** A wrong declaration, what is said of it, and what is pointed at. */
type Case = readonly [law: string, declarations: string, message: string, at: string];

function isSaid(...[, declarations, message, at]: Case): void {
  const found = compiled(library(declarations));
  expect(said(found)).toEqual([message]);
  expect(pointedAt(found)).toEqual([at]);
  expect(found.bundle).toBeNull();
}

describe("names", () => {
  const cases: readonly Case[] = [
    ["an unknown target is an error", "model chat { route = smal }", "W1001 error: unknown target `smal`", "smal"],
    ["an unknown provider is an error", 'target t = locl "m" { context = 4Ki }', "W1001 error: unknown provider `locl`", "locl"],
    ["an unknown rule is an error", "model chat { route = small rules = [no-such] }", "W1001 error: unknown rule `no-such`", "no-such"],
    ["a name of another kind is an error", "model chat { route = local }", "W2001 error: expected something to route to, but `local` is a provider", "local"],
    ["a guard is no rule", 'guard g { then refuse "no" } model chat { route = small rules = [g] }', "W2001 error: expected a rule, but `g` is a guard", "g"],
    ["a name is declared once, whatever its kind", "cascade small { try large }", "W1002 error: `small` is declared twice", "small"],
    ["an old name that is still in use is no old name", 'target tiny was small = local "t" { context = 4Ki }', "W1002 error: `tiny` and `small` both have the identity `small`", "small"],
    ["public names differ by more than case", "model chat { route = small } model Chat { route = small }", "W1002 error: the public names `chat` and `Chat` cannot be told apart", "Chat"],
    ["public names differ by more than the prefix", 'model chat { route = small } model talk { route = small aliases = ["wardwright/chat"] }', "W1002 error: the public names `chat` and `wardwright/chat` cannot be told apart", '"wardwright/chat"'],
    ["an alias is not a model's name", 'model chat { route = small } model talk { route = small aliases = ["chat"] }', "W1002 error: the public name `chat` is taken", '"chat"'],
    ["an alias is given once", 'model chat { route = small aliases = ["a", "a"] }', "W1002 error: the public name `a` is taken", '"a"'],
    ["a list names a thing once", 'guard g { then refuse "no" } model chat { route = small guards = [g, g] }', "W1002 error: `g` is listed twice in `guards` of model `chat`", "g"],
  ];
  test.each(cases)("%s", isSaid);

  test("a misspelt name brings the one that was meant", () => {
    expect(compiled(library("model chat { route = smal }")).diagnostics[0]?.help).toBe("did you mean `small`?");
  });

  test("the suggestion is of the kind that is asked for", () => {
    expect(compiled(library('guard smalt { then refuse "no" } model chat { route = smalt2 }')).diagnostics[0]?.help).toBe("did you mean `small`?");
  });

  test("every mistake is reported at once", () => {
    const found = compiled(library("model a { route = x }\nmodel b { route = y colour = 1 }\nalloy c { blend small, small * 0 }"));
    expect(said(found)).toEqual([
      "W1001 error: unknown target or selector `x`",
      "W1001 error: unknown target or selector `y`",
      "W1001 error: unknown field `colour` of model `b`",
      "W2001 error: a weight is a whole number of at least 1, not `0`",
    ]);
  });

  test("a declaration that does not parse is not unknown as well", () => {
    const found = compiled(library("cascade steady {{ try small }\nmodel chat { route = steady }"));
    expect(found.diagnostics.map((one) => one.code)).not.toContain("W1001");
    expect(found.diagnostics.map((one) => one.code)).toContain("W0001");
  });
});

describe("fields", () => {
  const cases: readonly Case[] = [
    ["an unknown field is an error", 'target t = local "t" { contxt = 4Ki context = 4Ki }', "W1001 error: unknown field `contxt` of target `t`", "contxt"],
    ["a field named like a property of every object is unknown", 'target t = local "t" { constructor = 4Ki context = 4Ki }', "W1001 error: unknown field `constructor` of target `t`", "constructor"],
    ["a field is given once", 'target t = local "t" { context = 4Ki context = 8Ki }', "W1002 error: `context` is given twice", "context = 8Ki"],
    ["a field that must be given is", 'target t = local "t" { output = 4Ki }', "W2001 error: target `t` has no `context`", "t"],
    ["a context is a size", 'target t = local "t" { context = "big" }', "W2001 error: `context` of target `t` must be a number of tokens such as `32Ki`, not a string", '"big"'],
    ["a context is not empty", 'target t = local "t" { context = 0 }', "W2001 error: `context` of target `t` must be a number of tokens such as `32Ki`, not `0`", "0"],
    ["a price is a pair", 'target t = local "t" { context = 4Ki price = $3 }', "W2001 error: `price` of target `t` must be a price such as `$3/$15` (input/output, per million tokens) or `free`, not the amount `$3`", "$3"],
    ["a capability is one of the closed set", 'target t = local "t" { context = 4Ki can = [tool] }', "W2001 error: an item of `can` of target `t` cannot be `tool`", "tool"],
    ["a capability is listed once", 'target t = local "t" { context = 4Ki can = [tools, tools] }', "W1002 error: `tools` is listed twice in `can` of target `t`", "tools"],
    ["a parameter is JSON", 'target t = local "t" { context = 4Ki params = { stop = 5s } }', "W2001 error: `stop` of `params` of target `t` must be a number, a string, `true`, `false`, `null`, a list or a record, not the duration `5s`", "5s"],
    ["a kind of provider is one there is", "provider p { kind = opena }", "W2001 error: `kind` of provider `p` cannot be `opena`", "opena"],
    ["a provider of no fixed address says its own", "provider p { kind = openai_compatible key = env(K) }", "W2001 error: provider `p` has no `base`", "p"],
    ["a base is an address", 'provider p { kind = ollama base = "localhost" }', 'W2001 error: `base` of provider `p` must be an http or https address such as `"http://127.0.0.1:11434/v1"`, or `env(NAME)`, not a string', '"localhost"'],
    ["a mock has no key", "provider p { kind = mock key = env(K) }", "W2001 error: `key` means nothing for provider `p`, which calls nobody", "key = env(K)"],
    ["a header's name is one", 'provider p { kind = ollama headers = { "X Y" = "a" } }', "W2001 error: `x y` is not a header's name", '"X Y"'],
    ["a record's field is of its type", "provider p { kind = mock timeout = { connect = 5 } }", "W2001 error: `connect` of `timeout` of provider `p` must be a duration such as `30s`, not `5`", "5"],
    ["a record's unknown field is an error", "provider p { kind = mock timeout = { conect = 5s } }", "W1001 error: unknown field `conect` of `timeout` of provider `p`", "conect"],
    ["a breaker says after how many failures", "provider p { kind = mock breaker = { cooldown = 5s } }", "W2001 error: `breaker` of provider `p` has no `failures`", "{ cooldown = 5s }"],
    ["only a mock is scripted", 'provider p { kind = ollama } target t = p "t" { context = 4Ki replies = [["a"]] }', "W2001 error: `replies` means nothing for target `t`, whose provider is real", 'replies = [["a"]]'],
    ["a reply's step says what happens", 'target t = local "t" { context = 4Ki replies = [[{ }]] }', "W2001 error: an item of `replies` of target `t` does not say what happens", "{ }"],
    ["a step that fails has a failing status", 'target t = local "t" { context = 4Ki replies = [[{ fails = 200 }]] }', "W2001 error: `fails` of an item of `replies` of target `t` must be an HTTP status from 400 to 599, not `200`", "200"],
    ["a retry is a whole number", "cascade c { try small { retry = 1.5 } }", "W2001 error: `retry` of `try small` of cascade `c` must be a whole number, not `1.5`", "1.5"],
    ["a failure class is one there is", "cascade c { try small { on = [timeouts] } }", "W2001 error: an item of `on` of `try small` of cascade `c` cannot be `timeouts`", "timeouts"],
    ["a backoff goes upward", "cascade c { try small { backoff = 5s..1s } }", "W2001 error: `backoff` of `try small` of cascade `c` must be a range of durations such as `200ms..5s`, not a range", "5s..1s"],
    ["a cascade cannot resume by itself", "cascade c { resume = auto try small }", "W2001 error: `resume` of cascade `c` cannot be `auto`", "auto"],
    ["a weight is whole", "alloy a { blend small * 0.5, large }", "W2001 error: a weight is a whole number of at least 1, not `0.5`", "0.5"],
    ["only a weighted alloy has weights", "alloy a { blend small * 2, large pick = alternate }", "W2001 error: alloy `a` picks `alternate`, which takes no weights", "2"],
    ["a flag is true or false", "alloy a { blend small, large partial_context = maybe }", "W2001 error: `partial_context` of alloy `a` must be `true` or `false`, not the name `maybe`", "maybe"],
    ["a limit on cost is money", "model chat { route = small limits = { cost = 5 } }", "W2001 error: `cost` of `limits` of model `chat` must be an amount such as `$0.25`, not `5`", "5"],
    ["a model has a route", "model chat { reserve = 100 }", "W2001 error: model `chat` has no `route`", "chat"],
  ];
  test.each(cases)("%s", isSaid);

  test("an unknown field brings what was meant and what there is", () => {
    const [found] = compiled(library('target t = local "t" { contxt = 4Ki context = 4Ki }')).diagnostics;
    expect(found?.help).toBe("did you mean `context`? it can have `can`, `context`, `continues`, `output`, `params`, `price` and `replies`");
  });
});

describe("selectors and guards", () => {
  const cases: readonly Case[] = [
    ["a dispatcher has an `otherwise`", "dispatcher d { when request.stream -> small }", "W2001 error: dispatcher `d` has no `otherwise`", "d"],
    ["a guard's provider is declared", "guard g { then never provider locl }", "W1001 error: unknown provider `locl`", "locl"],
    ["a guard's target is declared", "guard g { then only target smal }", "W1001 error: unknown target `smal`", "smal"],
    ["a guard names a zone once", "guard g { then never zone a, a }", "W1002 error: `a` is listed twice", "a"],
    ["a selector does not lead to itself", "cascade a { try a }", "W3006 error: `a` leads back to itself: `a` -> `a`", "a"],
    ["a selector does not lead to itself through others", "cascade a { try b }\nalloy b { blend small, m }\nmodel m { route = a }", "W3006 error: `a` leads back to itself: `a` -> `b` -> `m` -> `a`", "b"],
  ];
  test.each(cases)("%s", isSaid);

  test("a cycle has a label for every hop", () => {
    const [found] = compiled(library("cascade a { try b }\nalloy b { blend small, m }\nmodel m { route = a }")).diagnostics;
    expect(found?.labels.map((label) => label.text)).toEqual(["`b` leads to `m`", "`m` leads to `a`"]);
  });

  test("two ways to one selector are no cycle", () => {
    const found = compiled(library("cascade a { try small try large }\ndispatcher b { when request.stream -> a otherwise -> a }\nmodel m { route = b }"));
    expect(said(found).filter((one) => one.includes("error"))).toEqual([]);
  });

  test("a chain of three thousand selectors is walked to its end", () => {
    const chain = Array.from({ length: 3_000 }, (_, index) => `cascade c${index} { try ${index === 2_999 ? "c0" : `c${index + 1}`} }`).join("\n");
    expect(compiled(library(chain)).diagnostics.map((one) => one.code)).toEqual(["W3006"]);
  });
});

describe("rules", () => {
  const cases: readonly Case[] = [
    ["a rule on text looks for something", 'rule r on text { then block "no" }', "W2001 error: rule `r` looks for nothing", "r"],
    ["a rule says what happens", "rule r on text { match /a/ }", "W2001 error: rule `r` has no `then`", "r"],
    ["a rule looks for one thing", 'rule r on text { match /a/ match /b/ then block "no" }', "W1002 error: rule `r` looks for two things", "match /b/"],
    ["a rule on text knows no tools", 'rule r on text { allow ["a"] then block "no" }', "W2001 error: a rule on text cannot look with `allow`", 'allow ["a"]'],
    ["a rule on text adds nothing", 'rule r on text { match /a/ then append "b" }', "W2001 error: a rule on text cannot `append`", 'append "b"'],
    ["a retry ends somewhere", "rule r on text { match /a/ then retry { limit = 2 } }", "W6006 error: rule `r` does not say what happens when its retries are used up", "retry { limit = 2 }"],
    ["a block is never exhausted", 'rule r on text { match /a/ then block "no" exhausted note }', "W2001 error: `block` is never exhausted", "exhausted note"],
    ["what holds nothing only looks on", 'rule r on text { match /a/ hold = none then block "no" }', "W2001 error: rule `r` holds nothing back, so it cannot `block`", 'block "no"'],
    ["feedback needs a validation", 'rule r on text { match /a/ then retry { feedback = validation } exhausted block "no" }', "W2001 error: `retry` of rule `r` has no validation to feed back", "retry { feedback = validation }"],
    ["an escalation leads somewhere", "rule r on text { match /a/ then escalate nowhere }", "W1001 error: unknown target or selector `nowhere`", "nowhere"],
    ["a hold is a word or a length", 'rule r on text { match /a/ hold = 5s then block "no" }', "W2001 error: `hold` of rule `r` must be one of `match`, `none`, `line`, `sentence` or `all`, or a number of characters, not the duration `5s`", "5s"],
    ["a mode is one there is", 'rule r on text { match /a/ mode = shadwo then block "no" }', "W2001 error: `mode` of rule `r` cannot be `shadwo`", "shadwo"],
    ["a list of texts is not empty", 'rule r on text { match any [] then block "no" }', "W2001 error: `match any` of rule `r` lists nothing, so it never matches", "[]"],
  ];
  test.each(cases)("%s", isSaid);
});

describe("patterns", () => {
  const cases: readonly Case[] = [
    ["a lookbehind is an error where it stands", 'rule r on text { match /a(?<=b)c/ then block "no" }', "W5001 error: lookbehind `(?<=b)` is not regular", "(?<=b)"],
    ["a pattern takes a character", 'rule r on text { match /a*/ then block "no" }', "W5002 error: the pattern can match the empty text, so it would match everywhere", "a*"],
    ["a text in a list takes a character", 'rule r on text { match any ["a", ""] then block "no" }', "W5002 error: the empty text is in every text", '""'],
    ["a hold is as long as a match", 'rule r on text { match /sk-[a-z]{20}/ hold = 8 then block "no" }', "W5003 error: rule `r` holds back 8 characters, but a match can be 23 long", "hold = 8"],
    ["a match that is redacted has an end", 'rule r on text { match /a.*b/ then redact "x" }', "W5004 error: a match of rule `r` can be of any length", "/a.*b/"],
  ];
  test.each(cases)("%s", isSaid);

  test.each([
    ["a match that ends the attempt is as long as its first character needs", 'match /sk-\\w{20,}/ hold = 23 then block "no"'],
    ["`within` caps a match", 'match /a.*b/ within = 100 hold = 100 then redact "x"'],
    ["what holds everything needs no cap", 'match /a.*b/ hold = all then redact "x"'],
    ["what changes nothing needs no cap", 'match /a.*b/ mode = shadow then redact "x"'],
    ["what only looks on needs no cap", "match /a.*b/ hold = none then note"],
  ])("%s", (_law, clauses) => {
    expect(said(compiled(library(`rule r on text { ${clauses} }`)))).toEqual([]);
  });
});

describe("facts and conditions", () => {
  const facts = "facts { caller.tier: enum(free, team) from key\n request.tags: set(pii, billing) from header \"X-Tags\"\n beta: bool from key\n seats: int from key }\n";
  const when = (condition: string): string => `${facts}guard g { when ${condition} then refuse "no" }`;
  const cases: readonly Case[] = [
    ["an unknown fact is an error", when("request.token <= 5"), "W1001 error: unknown fact `request.token`", "request.token"],
    ["a value outside the enum is an error", when("caller.tier == fre"), "W2001 error: `caller.tier` is never `fre`", "fre"],
    ["a value outside the set is an error", when("request.tags has PII"), "W2001 error: `request.tags` is never `PII`", "PII"],
    ["a capability outside the set is an error", when("request.needs has tool"), "W2001 error: `request.needs` is never `tool`", "tool"],
    ["an enum's value is a name", when('caller.tier == "free"'), "W2001 error: the values of `caller.tier` are names, not strings", '"free"'],
    ["a string's value is a string", when("caller.tenant == acme"), "W2001 error: `caller.tenant` is a string, and `acme` is a name", "acme"],
    ["a number is compared with a number", when('request.tokens <= "5"'), "W2001 error: `request.tokens` must be compared with a whole number, not a string", '"5"'],
    ["a number is compared with a whole number", when("request.tokens <= 0.5"), "W2001 error: `request.tokens` must be compared with a whole number, not `0.5`", "0.5"],
    ["an enum has no order", when("caller.tier < team"), "W2001 error: `caller.tier` is an enum and has no order: it cannot be compared with `<`", "caller.tier"],
    ["only a set has members", when("caller.tier has free"), "W2001 error: `caller.tier` is an enum, not a set", "caller.tier"],
    ["a set is in no list", when("request.tags in [pii]"), "W2001 error: `request.tags` is a set and cannot be `in` a list", "request.tags"],
    ["a set equals nothing", when("request.tags == pii"), "W2001 error: `request.tags` is a set and cannot be compared with `==`", "request.tags"],
    ["every value of a list is checked", when("caller.tier in [free, tea]"), "W2001 error: `caller.tier` is never `tea`", "tea"],
    ["only a bool stands alone", when("request.tokens"), "W2001 error: `request.tokens` is a whole number, not a bool", "request.tokens"],
    ["a bool is true or false", when("beta == yes"), "W2001 error: `beta` must be compared with `true` or `false`, not the name `yes`", "yes"],
    ["what every request has is never absent", when("absent(request.tokens)"), "W2001 error: `request.tokens` is never absent", "request.tokens"],
    ["a missing set is empty", when("absent(request.tags)"), "W2001 error: `request.tags` is never absent", "request.tags"],
    ["how a request ends is not known before", when("receipt.attempts > 1"), "W2001 error: `receipt.attempts` is not known before the request has ended", "receipt.attempts"],
    ["conditions are checked to their leaves", when("not (request.stream or (beta and caller.tier == x))"), "W2001 error: `caller.tier` is never `x`", "x"],
    ["a fact is declared once", `${facts}facts { beta: bool from key }`, "W1002 error: fact `beta` is declared twice", "beta"],
    ["a built-in fact is not declared", "facts { request.tokens: int from key }", "W1002 error: fact `request.tokens` is built in", "request.tokens"],
    ["no request brings facts of its receipt", "facts { receipt.mood: int from key }", "W2001 error: a request cannot bring the fact `receipt.mood`", "receipt.mood"],
    ["a fact's type is one there is", "facts { beta: boolean from key }", "W2001 error: `boolean` is not a type", "boolean"],
    ["an enum lists a value once", "facts { tier: enum(a, b, a) from key }", "W1002 error: `a` is listed twice", "a"],
    ["a header fact names a header", 'facts { tier: enum(a, b) from header "X Y" }', "W2001 error: `X Y` is not a header's name", '"X Y"'],
  ];
  test.each(cases)("%s", isSaid);

  const fitting = ["request.tokens <= 20Ki", "caller.tier != team", "absent(caller.tier)", "beta", "beta == false", "seats in [1, 2]", "request.needs has vision", 'caller.tenant in ["a"]', "request.turn >= 3 and not request.stream", "absent(caller.session)"];
  test.each(fitting)("a condition that fits its facts is accepted: %s", (condition) => {
    expect(said(compiled(library(when(condition))))).toEqual([]);
  });
});

describe("secrets", () => {
  const secret = ["sk", "ant", "api03", "k3yK3yk3yK3yk3yK3yk3yK3y"].join("-");
  const cases: readonly (readonly [law: string, declarations: string])[] = [
    ["a key is not written out", 'provider p { kind = openai key = "hunter2" }'],
    ["a key's default is not written out", 'provider p { kind = openai key = env(KEY, "hunter2") }'],
    ["a key's shape is known in any string", `guard g { then refuse "${secret}" }`],
    ["a credential's header is not written out", 'provider p { kind = ollama headers = { Authorization = "Basic abc" } }'],
    ["a long random header is a secret", 'provider p { kind = ollama headers = { "X-Org" = "a8F3kQ9zR2mX7cV5bN1pL4" } }'],
    ["an address has no password in it", 'provider p { kind = ollama base = "http://me:hunter2@127.0.0.1/v1" }'],
  ];
  test.each(cases)("%s", (_law, declarations) => {
    const found = compiled(library(declarations));
    expect(found.diagnostics.map((one) => one.code)).toEqual(["W2003"]);
    expect(JSON.stringify(found.diagnostics)).not.toMatch(/hunter2|k3yK3y|abc|a8F3/);
    expect(renderText(found.diagnostics, found.sources)).not.toMatch(/hunter2|k3yK3y|abc|a8F3/);
  });

  test("ordinary strings are none", () => {
    const texts = ["sk-learn is a library", "task-force-of-twenty-people-or-more", "OldClient is gone. Use NewClient.", "AKIAIOSFODNN7EXAMPLE", "bearer of good news"];
    const found = compiled(library(texts.map((text, index) => `guard g${index} { then refuse "${text}" }`).join("\n")));
    expect(said(found)).toEqual([]);
  });

  test("an ordinary header is none", () => {
    expect(said(compiled(library('provider p { kind = ollama headers = { "HTTP-Referer" = "https://example.org/a/long/path" "X-Title" = "The coding policy of the platform team" } }')))).toEqual([]);
  });
});

describe("units", () => {
  const cases: readonly (readonly [context: string, kind: string, suspicious: boolean])[] = [
    ["32k", "mock", true], ["4k", "openai", true], ["64k", "ollama", true], ["128k", "ollama", true],
    ["128k", "openai", false], ["200k", "mock", false], ["400k", "mock", false], ["2k", "mock", false], ["33k", "mock", false], ["32Ki", "mock", false], ["32_000", "mock", false],
  ];
  test.each(cases)("`context = %s` of a provider of kind %s is suspicious: %s", (context, kind, suspicious) => {
    const found = compiled(`ward 1\nprovider p { kind = ${kind} }\ntarget t = p "t" { context = ${context} output = 64k }`);
    expect(found.diagnostics.map((one) => `${one.code} ${one.severity}`)).toEqual(suspicious ? ["W2002 info"] : []);
  });
});
