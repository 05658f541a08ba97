// What the command says to someone who does not know it yet, or mistypes it.
import { describe, expect, test } from "vitest";
import { verbs } from "../../compiler/cli/ward.ts";
import { folderOf } from "../support/ward.ts";

const POLICY = 'ward 1\n\nprovider local { kind = mock }\ntarget echo = local "echo" { context = 32Ki }\nmodel chat { route = echo }\n';
const run = (...words: readonly string[]) => folderOf({ "policy.ward": POLICY, "empty/readme.md": "" }).run(words);

test("`ward --help` names every verb", async () => {
  const { code, out } = await run("--help");
  expect(code).toBe(0);
  for (const verb of await verbs()) expect(out).toContain(`ward ${verb.name}`);
});

test("`ward VERB --help` names each of its flags, however it is asked for", async () => {
  for (const verb of await verbs()) {
    for (const words of [[verb.name, "--help"], [verb.name, "x", "-h"], ["help", verb.name], ["--help", verb.name]]) {
      const { code, out, err } = await run(...words);
      expect({ words, code, err }).toEqual({ words, code: 0, err: "" });
      for (const flag of Object.keys(verb.flags)) expect(out).toContain(`--${flag}`);
    }
  }
});

test("`ward --version` prints the package's version", async () => {
  expect(await run("--version")).toMatchObject({ code: 0, out: expect.stringMatching(/^ward \d+\.\d+\.\d+\n$/), err: "" });
});

describe("bad usage ends with 2, says why on standard error, and prints no result", () => {
  test.each<[string, readonly string[], string]>([
    ["no verb", [], "ward: compile, check"],
    ["an unknown verb", ["chekc"], "ward: unknown verb `chekc`\nhelp: did you mean `check`?\n"],
    ["an unknown verb like none", ["frobnicate"], "ward: unknown verb `frobnicate`\nhelp: `ward --help` lists the verbs\n"],
    ["help for an unknown verb", ["help", "biuld"], "did you mean `build`?"],
    ["an unknown flag before the verb", ["--verbose"], "unknown flag `--verbose`"],
    ["an unknown flag", ["check", "--fromat", "json"], "ward: unknown flag `--fromat`\nhelp: did you mean `--format`?\n"],
    ["an unknown short flag", ["check", "-x"], "unknown flag `-x`"],
    ["a name every object has", ["check", "--constructor"], "unknown flag `--constructor`"],
    ["a wrong choice", ["check", "--format", "jsno"], "`--format` cannot be `jsno`\nhelp: did you mean `json`?"],
    ["a flag without its value", ["check", "--format"], "`--format` needs a value: FORMAT"],
    ["a flag that swallows the next", ["eval", "policy.ward", "--model", "--key"], "`--model` needs a value"],
    ["a value for a switch", ["fmt", "--check=yes"], "`--check` takes no value"],
    ["a flag given twice", ["check", "--format", "json", "--format", "text"], "`--format` is given twice"],
    ["too few arguments", ["build"], "`ward build` needs ENTRY"],
    ["too many arguments", ["inspect", "a", "b"], "but got `b` too"],
    ["a path that is not there", ["check", "nope.ward"], "ward: cannot read `nope.ward`: it does not exist\n"],
    ["a folder without policies", ["check", "empty"], "no `.ward` file is in `empty`"],
    ["a file of another kind", ["check", "empty/readme.md"], "`empty/readme.md` is not a `.ward` file"],
    ["build with nowhere to go", ["build", "policy.ward"], "needs either `-o BUNDLE` or `--verify BUNDLE`"],
    ["an unknown code", ["explain", "W9999"], "unknown diagnostic `W9999`"],
    ["an unknown code like one", ["explain", "unresolved-nam"], "did you mean `unresolved-name`?"],
    ["an unknown kind of receipts", ["receipts", "shwo", "x"], "unknown `ward receipts shwo`\nhelp: did you mean `show`?"],
    ["a store that is not there", ["receipts", "list", "--store", "file:none"], "none: the folder does not exist"],
    ["a store of no kind", ["receipts", "list", "--store", "redis:x"], "unknown store `redis:x`\nhelp: a store is `memory:` or `file:PATH`"],
    ["a limit that is none", ["receipts", "list", "--store", "memory:", "--limit", "0"], "`--limit` cannot be `0`"],
  ])("%s", async (_name, words, said) => {
    const { code, out, err } = await run(...words);
    expect(err).toContain(said);
    expect([code, out]).toEqual([2, ""]);
  });
});

test("what comes after `--` is an argument, however it looks", async () => {
  expect(await run("check", "--", "--help")).toMatchObject({ code: 2, err: "ward: cannot read `--help`: it does not exist\n" });
});
