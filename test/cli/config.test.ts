// `ward.json`: what it may say, what it changes, and that a mistake in it has a place.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { placedJson } from "../../compiler/cli/json-places.ts";
import { folderOf } from "../support/ward.ts";

const head = 'ward 1\n\nprovider local { kind = mock }\ntarget echo = local "echo" { context = 32Ki }\n';
const good = `${head}model chat { route = echo }\n`;
/** One warning: a target that nothing uses. */
const spare = `${good}target spare = local "spare" { context = 32Ki }\n`;
const settings = (value: unknown) => JSON.stringify(value);

describe("a mistake in it is told with its place, and what to do", () => {
  test.each<[string, string]>([
    ["{", "ward.json:1:2: this is not JSON: expected a key in quotes\n"],
    ['{\n  "entries": ["a.ward",]\n}', "ward.json:2:24: this is not JSON: expected a value\n"],
    ['{ "entries": ["a.ward"] } x', "ward.json:1:27: this is not JSON: there is more after its end\n"],
    ['{ "entries": [], "entries": [] }', "ward.json:1:18: this is not JSON: `entries` is given twice\n"],
    ["[]", "ward.json:1:1: this is not a JSON object\nhelp: it may hold `entries`, `levels` or `thresholds`\n"],
    ['{\n  "entires": []\n}', "ward.json:2:3: unknown key `entires`\nhelp: did you mean `entries`?\n"],
    ['{ "colour": 1 }', "ward.json:1:3: unknown key `colour`\nhelp: it may hold `entries`, `levels` or `thresholds`\n"],
    ['{ "__proto__": {} }', "unknown key `__proto__`"],
    ['{ "entries": "a" }', 'ward.json:1:3: `entries` cannot be `"a"`\nhelp: it is a list of paths, relative to this file, of which there is at least one\n'],
    ['{ "entries": [] }', "ward.json:1:3: `entries` cannot be `[]`"],
    ['{ "entries": ["policy.ward", 7] }', "ward.json:1:30: `entries.1` cannot be `7`"],
    ['{ "entries": ["x.ward"] }', "ward.json:1:15: it lists `x.ward`, which does not exist\n"],
    ['{ "entries": ["ward.json"] }', "ward.json:1:15: `ward.json` is not a `.ward` file\n"],
    ['{ "entries": ["policy.ward", "./policy.ward"] }', "ward.json:1:30: it lists `./policy.ward` twice\n"],
    ['{ "levels": [] }', "`levels` cannot be `[]`\nhelp: it gives a level to codes or names of diagnostics\n"],
    ['{ "levels": { "W3001": "waring" } }', 'ward.json:1:15: `levels.W3001` cannot be `"waring"`\nhelp: did you mean `warning`?\n'],
    ['{ "levels": { "W3001": 2 } }', "`levels.W3001` cannot be `2`\nhelp: it is `error`, `warning`, `info` or `off`\n"],
    ['{ "levels": { "unused-defintion": "off" } }', "ward.json:1:15: `unused-defintion` is not a code or name of a diagnostic\nhelp: did you mean `unused-definition`?\n"],
    ['{ "levels": { "constructor": "off" } }', "`constructor` is not a code or name of a diagnostic\nhelp: `ward explain` lists them all\n"],
    ['{ "levels": { "W1004": "off", "unused-definition": "info" } }', "ward.json:1:31: `unused-definition` and `W1004` are the same diagnostic\nhelp: keep one of them\n"],
    ['{ "thresholds": { "coverge": 90 } }', "ward.json:1:19: unknown key `coverge`\nhelp: did you mean `coverage`?\n"],
    ['{ "thresholds": { "coverage": 101 } }', "ward.json:1:19: `thresholds.coverage` cannot be `101`\nhelp: it is a percentage, from 0 to 100\n"],
    ['{ "thresholds": { "fail-on": "fatal" } }', "`thresholds.fail-on` cannot be `\"fatal\"`\nhelp: it is `error`, `warning` or `info`\n"],
    ['{ "thresholds": 90 }', "`thresholds` cannot be `90`\nhelp: it may hold `coverage` or `fail-on`\n"],
    ['{ "$schema": 1 }', "`$schema` cannot be `1`\nhelp: it is a text\n"],
  ])("%s", async (config, said) => {
    const { code, out, err } = await folderOf({ "ward.json": config, "policy.ward": good }).run(["check"]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(said);
  });
});

describe("levels", () => {
  const at = async (levels: object, words: readonly string[] = ["check"]) => folderOf({ "ward.json": settings({ levels }), "policy.ward": spare }).run(words);

  test("make a diagnostic louder, quieter or silent, by code or by name", async () => {
    expect(await at({})).toMatchObject({ code: 0, out: expect.stringContaining("warning[W1004") });
    expect(await at({ W1004: "error" })).toMatchObject({ code: 1, out: expect.stringContaining("error[W1004") });
    expect(await at({ "unused-definition": "info" })).toMatchObject({ code: 0, out: expect.stringContaining("info[W1004") });
    expect(await at({ w1004: "off" })).toMatchObject({ code: 0, out: "ok: nothing found in 1 file\n" });
  });

  test("that make an error keep a bundle from being built, inspected, asked and served", async () => {
    for (const words of [["build", "policy.ward", "-o", "-"], ["inspect", "policy.ward"], ["eval", "policy.ward"], ["serve", "policy.ward", "--port", "0", "--store", "memory:"]]) {
      const { code, out, err } = await at({ W1004: "error" }, words);
      expect({ words, code, out }).toEqual({ words, code: 1, out: "" });
      expect(err).toContain("error[W1004 unused-definition]");
    }
  });

  test("lower no error, whatever they are called by", async () => {
    for (const [rule, said] of [
      ["W1001", "`unresolved-name` is an error, and errors cannot be lowered\nhelp: remove `W1001`, and put right what it says"],
      ["secret-literal", "`secret-literal` is an error, and errors cannot be lowered"],
      ["syntax", "`syntax` is an error, and errors cannot be lowered"],
      ["W1003", "`import-cycle` is an error, and errors cannot be lowered\nhelp: name `unused-import` instead of the code they share"],
    ] as const) {
      for (const level of ["warning", "info", "off"]) expect(await at({ [rule]: level })).toMatchObject({ code: 2, err: expect.stringContaining(said) });
      expect((await at({ [rule]: "error" })).code).toBe(0);
    }
  });

  test("that are off leave a suppression with its reason used", async () => {
    const allowed = spare.replace("target spare", "// ward-allow W1004: for tomorrow\ntarget spare");
    const folder = folderOf({ "ward.json": settings({ levels: { W1004: "off" } }), "policy.ward": allowed });
    expect(await folder.run(["check"])).toMatchObject({ code: 0, out: "ok: nothing found in 1 file\n" });
  });
});

describe("thresholds", () => {
  test("say from which severity on the command fails, unless the command line does", async () => {
    const folder = folderOf({ "ward.json": settings({ thresholds: { "fail-on": "warning" } }), "policy.ward": spare });
    expect((await folder.run(["check"])).code).toBe(1);
    expect((await folder.run(["check", "--format", "junit"])).out).toContain('failures="1"');
    expect((await folder.run(["check", "--fail-on", "error"])).code).toBe(0);
  });

  test("of several folders: the strictest", async () => {
    const folder = folderOf({ "a/policy.ward": good, "a/ward.json": settings({ thresholds: { "fail-on": "error" } }), "b/policy.ward": spare, "b/ward.json": settings({}), "c/policy.ward": good, "c/ward.json": settings({ thresholds: { "fail-on": "warning" } }) });
    expect((await folder.run(["check", "a", "b"])).code).toBe(0);
    expect((await folder.run(["check", "a", "b", "c"])).code).toBe(1);
  });
});

describe("it is found", () => {
  const off = settings({ levels: { W1004: "off" } });
  const quiet = { code: 0, out: expect.stringMatching(/^ok: nothing found/) };
  const loud = { code: 0, out: expect.stringContaining("warning[W1004") };

  test("in the folder given, beside the file given, else in the current folder", async () => {
    const folder = folderOf({ "own/ward.json": off, "own/policy.ward": spare, "other/policy.ward": spare });
    for (const path of ["own", "own/policy.ward"]) expect(await folder.run(["check", path])).toMatchObject(quiet);
    for (const path of ["other", "other/policy.ward"]) expect(await folder.run(["check", path])).toMatchObject(loud);
    folder.write("ward.json", off);
    for (const path of ["other", "other/policy.ward"]) expect(await folder.run(["check", path])).toMatchObject(quiet);
  });

  test("nearer to the policy first, and what a folder's own lists is that folder's", async () => {
    const folder = folderOf({ "ward.json": settings({ entries: ["here.ward"] }), "here.ward": good, "teams/a/ward.json": off, "teams/a/policy.ward": spare, "teams/b/policy.ward": spare.replace("spare", "extra") });
    const { out } = await folder.run(["check", "teams"]);
    expect(out).toContain("teams/b/policy.ward");
    expect(out).not.toContain("teams/a/policy.ward");
    expect(out).not.toContain("here.ward");
  });

  test("with `--config`, where that says, and nowhere else", async () => {
    const folder = folderOf({ "ci/strict.json": settings({ entries: ["../policy.ward"], levels: { W1004: "error" } }), "ward.json": "not read", "policy.ward": spare, "other.ward": good });
    const strict = await folder.run(["check", "--config", "ci/strict.json"]);
    expect(strict).toMatchObject({ code: 1, err: "" });
    expect(strict.out).toMatch(/^error\[W1004[\s\S]*1 error in 1 file\n$/);
    expect(await folder.run(["check", ".", "--config", "ci/strict.json"])).toMatchObject({ code: 1, out: expect.stringMatching(/in 2 files\n$/) });
    expect(await folder.run(["build", "policy.ward", "-o", "-", "--config", "ci/strict.json"])).toMatchObject({ code: 1, out: "" });
    expect(await folder.run(["check", "--config", "gone.json"])).toMatchObject({ code: 2, err: "ward: cannot read `gone.json`: it does not exist\n" });
  });

  test("and lists what a command without a PATH is about, also one that takes a single program", async () => {
    const folder = folderOf({ "ward.json": settings({ entries: ["deeper/policy.ward"] }), "b.ward": "not a policy", "deeper/policy.ward": good });
    expect(await folder.run(["check"])).toMatchObject({ code: 0, out: "ok: nothing found in 1 file\n" });
    expect(await folder.run(["inspect", "."])).toMatchObject({ code: 0 });
  });

  test("and without `entries` leaves a folder what it was", async () => {
    expect(await folderOf({ "ward.json": "{}", "policy.ward": good }).run(["check"])).toMatchObject({ code: 0, out: "ok: nothing found in 1 file\n" });
  });
});

describe("JSON with places", () => {
  test("reads what the platform reads, to the same value", () => {
    fc.assert(fc.property(fc.json({ maxDepth: 4 }), fc.constantFrom(0, 2), (text, indent) => {
      const pretty = JSON.stringify(JSON.parse(text), null, indent);
      const read = placedJson(pretty);
      expect(read.ok && read.json.value).toEqual(JSON.parse(pretty));
    }), { numRuns: 200 });
  });

  test("refuses what the platform refuses", () => {
    const broken = fc.tuple(fc.json({ maxDepth: 2 }), fc.nat(), fc.constantFrom("", ",", "}", '"', "\\", "1", "x", "\u0001", "tru"))
      .map(([text, at, insert]) => text.slice(0, at % (text.length + 1)) + insert + text.slice((at % (text.length + 1)) + 1));
    fc.assert(fc.property(broken, (text) => {
      let value: unknown;
      let valid = true;
      try {
        value = JSON.parse(text);
      } catch {
        valid = false;
      }
      const read = placedJson(text);
      if (read.ok) expect([valid, read.json.value]).toEqual([true, value]);
      else expect(!valid || read.mistake.message.endsWith(" is given twice")).toBe(true);
    }), { numRuns: 500 });
  });

  test("knows where each key stands", () => {
    const read = placedJson('{\n  "a": [1, {"b": 2}],\n  "c": 3\n}');
    const at = (...path: readonly (string | number)[]) => (read.ok ? read.json.placeOf(path) : null);
    expect(at("a")).toMatchObject({ line: 2, column: 3 });
    expect(at("a", 1, "b")).toMatchObject({ line: 2, column: 13 });
    expect(at("c")).toMatchObject({ line: 3, column: 3 });
    expect(at("c", "gone")).toMatchObject({ line: 3, column: 3 });
    expect(at()).toMatchObject({ line: 1, column: 1 });
  });

  test("has a bottom", () => {
    expect(placedJson("[".repeat(1e5))).toMatchObject({ ok: false, mistake: { message: "it is nested too deeply" } });
  });
});
