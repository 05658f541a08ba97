// What each check must leave alone: programs one step away from what it finds.
import { describe, expect, it } from "vitest";
import { compileText } from "../support/compile.ts";

const HEAD = `ward 1

facts {
  request.tags: set(pii) from header "X-Tags"
  caller.tier: enum(free, team) from key
  caller.cleared: bool from header "X-Cleared"
}

provider house { kind = mock  zone = private }
provider rented { kind = mock  zone = cloud }
target small = house "small" { context = 32Ki }
target wide = house "wide" { context = 200k }
target large = rented "large" { context = 200k }
target seeing = house "seeing" { context = 200k  can = [vision] }
`;

const found = (code: string, text: string) => {
  const { diagnostics } = compileText(HEAD + text);
  expect(diagnostics.filter((one) => one.severity === "error" && one.code !== code)).toEqual([]);
  return diagnostics.filter((one) => one.code === code).map((one) => one.message);
};

const cases: readonly (readonly [code: string, hit: string, miss: string, what: string])[] = [
  ["W2004", "dispatcher d { when caller.cleared -> large otherwise -> wide } model m { route = d }", "dispatcher d { when caller.tier == team -> large otherwise -> wide } model m { route = d }", "a claim on the caller's key opens it"],
  ["W2004", "dispatcher d { when request.tags has pii -> large otherwise -> wide } model m { route = d }", "dispatcher d { when request.tags has pii -> wide otherwise -> large } guard g { when request.stream then only zone private } model m { route = d guards = [g] }", "an untrusted fact only narrows"],
  ["W2004", 'dispatcher d { when caller.cleared -> large otherwise -> refuse "no" } model m { route = d }', "dispatcher d { when caller.cleared -> wide otherwise -> seeing } model m { route = d }", "an untrusted fact chooses among equals"],
  ["W3001", "dispatcher d { when request.stream -> small otherwise -> wide } model m { route = d }", "dispatcher d { when request.stream and request.tokens <= 16Ki and request.output <= 16Ki -> small otherwise -> wide } model m { route = d }", "the arm asks for what fits"],
  ["W3001", "dispatcher d { when request.stream -> small otherwise -> wide } model m { route = d }", "dispatcher d { when request.stream -> wide otherwise -> large } model m { route = d }", "nothing has more room"],
  ["W3001", "dispatcher d { when request.stream -> small otherwise -> wide } model m { route = d }", 'dispatcher d { when request.stream -> refuse "no" otherwise -> wide } model m { route = d }', "the refusal is written down"],
  ["W3001", "alloy a { blend small, wide } model m { route = a }", "alloy a { blend small, wide partial_context = true } model m { route = a }", "a part without room drops out"],
  ["W3002", "dispatcher d { when request.turn > 3 -> wide when request.turn > 5 -> large otherwise -> small } model m { route = d }", "dispatcher d { when request.turn > 5 -> wide when request.turn > 3 -> large otherwise -> small } model m { route = d }", "the narrow arm stands first"],
  ["W3002", "dispatcher d { when caller.tier == free -> wide when caller.tier == team -> large when absent(caller.tier) -> small otherwise -> seeing } model m { route = d }", "dispatcher d { when caller.tier == free -> wide when caller.tier == team -> large otherwise -> small } model m { route = d }", "`otherwise` is for those without a tier"],
  ["W3002", "dispatcher in { when request.stream -> wide otherwise -> large } dispatcher d { when request.stream -> in otherwise -> small } model m { route = d }", "dispatcher in { when request.stream -> wide otherwise -> large } dispatcher d { when request.turn > 1 -> in otherwise -> small } model m { route = d }", "the way there leaves something over"],
  ["W3003", "dispatcher d { when request.tokens > 32Ki -> small otherwise -> wide } model m { route = d }", "dispatcher d { when request.tokens >= 32Ki -> small otherwise -> wide } model m { route = d }", "one request just fits"],
  ["W3003", "dispatcher d { when request.tokens >= 32Ki -> small otherwise -> wide } model m { route = d reserve = 1 }", "dispatcher d { when request.tokens >= 32_767 -> small otherwise -> wide } model m { route = d reserve = 1 }", "it fits with the reserve"],
  ["W3004", "dispatcher d { when request.turn < 3 and request.turn > 3 -> wide otherwise -> large } model m { route = d }", "dispatcher d { when request.turn <= 3 and request.turn >= 3 -> wide otherwise -> large } model m { route = d }", "one turn is left"],
  ["W3004", "dispatcher d { when caller.tier != free or caller.tier != team -> wide otherwise -> large } model m { route = d }", "dispatcher d { when caller.tier == free or caller.tier == team -> wide otherwise -> large } model m { route = d }", "a caller may have no tier"],
  ["W3005", "dispatcher d { when request.stream -> wide otherwise -> wide } model m { route = d }", "dispatcher d { when request.stream -> wide otherwise -> large } model m { route = d }", "the answer differs"],
  ["W3005", "dispatcher a { smallest of small, wide } dispatcher b { smallest of small, wide } dispatcher d { when request.stream -> a otherwise -> b } model m { route = d }", "dispatcher a { smallest of small, wide } cascade b { try wide try small } dispatcher d { when request.stream -> a otherwise -> b } model m { route = d }", "the order differs"],
  ["W3007", "dispatcher d { smallest of small, large } guard g { then never zone cloud } model m { route = d guards = [g] }", "dispatcher d { smallest of small, large } guard g { when request.stream then never zone cloud } model m { route = d guards = [g] }", "some request may go there"],
  ["W3007", "dispatcher d { smallest of small, large } guard g { then never zone cloud } model m { route = d guards = [g] }", "dispatcher d { smallest of small, large } guard g { then never zone cloud } model m { route = d guards = [g] } model n { route = d }", "another model may go there"],
  ["W3008", "cascade c { try large try small } model m { route = c }", "cascade c { try large try wide } model m { route = c }", "the fallback is as large"],
  ["W3008", "cascade c { try large try small } model m { route = c }", 'cascade c { try large try small } dispatcher d { when request.tokens <= 8Ki and request.output <= 8Ki -> c otherwise -> refuse "too long" } model m { route = d }', "no large request gets there"],
  ["W3008", "cascade c { try large try small } model m { route = c }", "cascade c { try large try small try wide } model m { route = c }", "another fallback is left"],
  ["W3009", "dispatcher d { when request.stream -> wide otherwise -> seeing } model m { route = d }", "dispatcher d { when request.needs has vision -> seeing when request.stream -> wide otherwise -> seeing } model m { route = d }", "what needs eyes goes where they are"],
  ["W3009", "dispatcher d { when request.stream -> wide otherwise -> seeing } model m { route = d }", "dispatcher d { when request.stream -> wide otherwise -> large } model m { route = d }", "nothing there can do it"],
  ["W3010", "cascade c { try small try wide } model m { route = c }", "cascade c { try small try large } model m { route = c }", "another provider stands behind"],
  ["W3011", "alloy a { blend small, small } model m { route = a }", "alloy a { blend small, large partial_context = true } model m { route = a }", "two parts blend"],
  ["W3011", "alloy a { blend small, large partial_context = true } guard g { then never zone cloud } model m { route = a guards = [g] }", "alloy a { blend small, large partial_context = true } guard g { when request.stream then never zone cloud } model m { route = a guards = [g] }", "two parts are left for some request"],
  ["W3011", "alloy a { blend wide, large pick = alternate } dispatcher d { when request.turn == 0 -> a otherwise -> wide } model m { route = d }", "alloy a { blend wide, large pick = alternate } dispatcher d { when request.turn <= 1 -> a otherwise -> wide } model m { route = d }", "two turns in a row are two parts'"],
  ["W3011", "alloy a { blend wide, large pick = alternate } dispatcher d { when request.turn in [1, 3, 7] -> a otherwise -> wide } model m { route = d }", "alloy a { blend wide, large pick = alternate } dispatcher d { when request.turn in [1, 3, 8] -> a otherwise -> wide } model m { route = d }", "the turns are not all odd"],
  ["W3011", "alloy a { blend wide, large pick = alternate } dispatcher d { when request.turn == 0 -> a otherwise -> wide } model m { route = d }", "alloy a { blend wide, large pick = alternate } dispatcher d { when request.turn == 0 -> a otherwise -> wide } model m { route = d } model n { route = a }", "another model asks it in every turn"],
  ["W3011", "alloy a { blend wide, large pick = alternate partial_context = true } dispatcher d { when request.turn == 0 -> a otherwise -> wide } model m { route = d }", "alloy a { blend small, large pick = alternate partial_context = true } dispatcher d { when request.turn == 0 -> a otherwise -> wide } model m { route = d }", "where the one has no room it is the other's turn"],
  ["W3011", "alloy a { blend wide, large pick = alternate } dispatcher d { when request.turn == 0 -> a otherwise -> wide } model m { route = d }", "alloy a { blend wide, large pick = round_robin sticky = session } dispatcher d { when request.turn == 0 -> a otherwise -> wide } model m { route = d }", "where it starts is drawn for each session"],
  ["W4002", "guard g { when request.tags has pii then never zone cloud } model m { route = wide guards = [g] }", "guard g { when request.tags has pii then never zone cloud } model m { route = large guards = [g] }", "it refuses some request"],
  ["W4002", "guard g { then never zone cloud } guard h { then only zone private } model m { route = large guards = [g, h] }", 'guard g { then never zone cloud } guard h { when request.stream then refuse "no" } dispatcher d { smallest of wide, large } model m { route = d guards = [g, h] }', "each does something by itself"],
  ["W4003", "guard g { when request.tags has pii then only zone private } model m { route = large guards = [g] }", 'guard g { when request.tags has pii then refuse "no pii here" } model m { route = large guards = [g] }', "the refusal is written down"],
  ["W4003", "guard g { when request.stream then only zone private } guard h { when request.turn > 1 then only zone cloud } dispatcher d { smallest of wide, large } model m { route = d guards = [g, h] }", "guard g { when request.turn <= 1 then only zone private } guard h { when request.turn > 1 then only zone cloud } dispatcher d { smallest of wide, large } model m { route = d guards = [g, h] }", "the two never meet"],
  ["W4001", 'model m { route = large } invariant "x" { for m never zone cloud }', 'model m { route = wide } invariant "x" { for m never zone cloud }', "no target is there"],
  ["W4001", 'cascade c { try wide try large } model m { route = c } invariant "x" { for m when request.tags has pii never zone cloud }', 'cascade c { try wide try large } guard g { when request.tags has pii then never zone cloud } model m { route = c guards = [g] } invariant "x" { for m when request.tags has pii never zone cloud }', "a guard binds the fallback"],
  ["W4001", 'rule r on text { match /ab/ then escalate large } model m { route = wide rules = [r] } invariant "x" { for m only zone private }', 'rule r on text { match /ab/ then escalate large } guard g { then only zone private } model m { route = wide rules = [r] guards = [g] } invariant "x" { for m only zone private }', "a guard binds the escalation"],
  ["W4001", 'rule r on text { when request.stream match /ab/ then escalate large } model m { route = wide rules = [r] } invariant "x" { for m only zone private }', 'rule r on text { when request.stream match /ab/ then escalate large } model m { route = wide rules = [r] } invariant "x" { for m when not request.stream only zone private }', "the rule is not active"],
  ["W4001", 'model m { route = wide } invariant "x" { for m always can vision }', 'dispatcher d { when request.needs has vision -> seeing otherwise -> wide } model m { route = d } invariant "x" { for m when request.needs has vision always can vision }', "what needs eyes goes where they are"],
  ["W4001", 'model m { route = small } invariant "x" { for m always serves }', 'model m { route = small } invariant "x" { for m when request.tokens <= 8k and request.output <= 8k and not request.needs has vision and not request.needs has tools and not request.needs has json and not request.needs has json_schema and not request.needs has audio and not request.needs has files and not request.needs has reasoning and not request.needs has logprobs and not request.needs has embeddings and not request.needs has parallel_tools always serves }', "it has room and needs nothing"],
  ["W4001", 'cascade c { try wide { retry = 2 } try large } model m { route = c } invariant "x" { for m attempts <= 3 }', 'cascade c { try wide { retry = 2 } try large } model m { route = c limits = { attempts = 3 } } invariant "x" { for m attempts <= 3 }', "the runtime keeps the limit"],
  ["W4001", 'model m { route = wide } invariant "x" { for m cost <= $1.00 }', 'model m { route = wide limits = { cost = $1.00 } } invariant "x" { for m cost <= $1.00 }', "the runtime keeps the limit of cost"],
  ["W8003", 'model m { route = wide } invariant "x" { for m never zone moon }', 'model m { route = wide } invariant "x" { for m never zone cloud }', "there is such a zone"],
  ["W8003", 'guard g { when request.stream then refuse "no" } model m { route = wide guards = [g] } invariant "x" { for m when request.stream never zone cloud }', 'guard g { when request.stream and request.turn > 1 then refuse "no" } model m { route = wide guards = [g] } invariant "x" { for m when request.stream never zone cloud }', "some such request is served"],
  ["W5005", 'rule a on text { match /ab/ then block "a" } rule b on text { match /xab/ then block "b" } model m { route = wide rules = [a, b] }', 'rule a on text { match /xab/ then block "a" } rule b on text { match /ab/ then block "b" } model m { route = wide rules = [a, b] }', "the longer one is listed first"],
  ["W5005", 'rule a on text { match /ab/ then block "a" } rule b on text { match /xab/ then block "b" } model m { route = wide rules = [a, b] }', 'rule a on text { match /ab/ then note } rule b on text { match /xab/ then block "b" } model m { route = wide rules = [a, b] }', "the first one only notes"],
  ["W5005", 'rule a on text { match /ab/ then block "a" } rule b on text { match /xab/ then block "b" } model m { route = wide rules = [a, b] }', 'rule a on text { when request.stream match /ab/ then block "a" } rule b on text { match /xab/ then block "b" } model m { route = wide rules = [a, b] }', "the first one is not always active"],
  ["W5005", 'rule a on text { match /ab/ then block "a" } rule b on text { match /xab/ then block "b" } model m { route = wide rules = [a, b] }', 'rule a on text { match /abc/ then block "a" } rule b on text { match /xab/ then block "b" } model m { route = wide rules = [a, b] }', "the second one is decided before"],
  ["W5006", 'rule a on text { match /ab/ then block "a" } rule b on text { match /.b/ then redact "-" } model m { route = wide rules = [a, b] }', 'rule a on text { match /ab/ then block "a" } rule b on text { match /[b-z]b/ then redact "-" } model m { route = wide rules = [a, b] }', "no text ends both"],
  ["W5006", 'rule a on text { match /ab/ then block "a" } rule b on text { match /.b/ then redact "-" } model m { route = wide rules = [a, b] }', 'rule a on text { match /ab/ then block "a" } rule b on text { match /[a-f]b/ then block "-" } model m { route = wide rules = [a, b] }', "they want the same"],
  ["W5006", 'rule a on text { match /ab/ then block "a" } rule b on text { match /.b/ then redact "-" } model m { route = wide rules = [a, b] }', 'rule a on text { when request.stream match /ab/ then block "a" } rule b on text { when not request.stream match /.b/ then redact "-" } model m { route = wide rules = [a, b] }', "they are never active together"],
  ["W5007", 'rule r on text { when request.turn > 3 match /ab/ then note } guard g { when request.turn > 2 then refuse "no" } model m { route = wide rules = [r] guards = [g] }', 'rule r on text { when request.turn > 3 match /ab/ then note } guard g { when request.turn > 5 then refuse "no" } model m { route = wide rules = [r] guards = [g] }', "some such request is served"],
  ["W5008", 'rule r on text { match /ab/ then retry { remind = "no ab" } exhausted block "no" } model m { route = wide rules = [r] }', 'rule r on text { match /ab/ then retry { remind = "no a b" } exhausted block "no" } model m { route = wide rules = [r] }', "the reminder is no match"],
  ["W5009", 'rule r on text { match /ab/ then retry { resume = restart } exhausted block "no" } model m { route = wide rules = [r] }', 'rule r on text { match /ab/ then retry exhausted block "no" } model m { route = wide rules = [r] }', "it goes on where it stopped"],
  ["W6001", "cascade c { try wide { retry = 2 } try large } model m { route = c limits = { attempts = 3 } }", "cascade c { try wide { retry = 2 } try large } model m { route = c limits = { attempts = 4 } }", "the limit is the worst case"],
  ["W6001", "cascade c { try wide { retry = 2 } try large } model m { route = c limits = { attempts = 3 } }", "cascade c { try wide { retry = 2 } try large } model m { route = c }", "nobody wrote a limit"],
  ["W6003", "model m { route = wide limits = { wall = 5m } }", "model m { route = wide }", "nobody wrote a limit"],
  ["W6004", "rule r on text { match /ab/ then escalate m2 } model m2 { route = wide } model m { route = wide rules = [r] }", "rule r on text { match /ab/ then escalate m2 } model m2 { route = large } model m { route = wide rules = [r] }", "it leads elsewhere"],
];

describe("near misses", () => {
  it.each(cases.map(([code, hit, miss, what]) => ({ code, hit, miss, what })))("$code is not found where $what", ({ code, hit, miss }) => {
    expect(found(code, hit)).not.toEqual([]);
    expect(found(code, miss)).toEqual([]);
  });
});
