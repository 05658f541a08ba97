// `ward test`: what it prints in each format, and how it ends.
import { fileURLToPath } from "node:url";
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import type { TestReport } from "#contracts";
import { folderOf, runIn } from "../support/ward.ts";

const POLICY = `ward 1

provider local { kind = mock }
target small = local "small" { context = 32Ki }
target large = local "large" { context = 200k }

dispatcher by-length {
  when request.tokens > 16Ki -> large
  otherwise -> small
}

model chat { route = by-length }
`;

const GOOD = `
test "short ones stay small" {
  given { model = chat }
  upstream small "hi"
  expect { attempts = [small]  released = "hi" }
}
`;
const BAD = `
test "long ones too <&>" {
  given { model = chat  tokens = 20k }
  upstream large "hi"
  expect { attempts = [small] }
}
`;

const folder = (text: string, more: { readonly [path: string]: string } = {}) => folderOf({ "policy.ward": POLICY + text, ...more });

describe("ward test", () => {
  it("ends with 0 where every test passes, and lists them", async () => {
    expect(await folder(GOOD).run(["test"])).toEqual({ code: 0, out: "policy.ward\n  ok    short ones stay small\n\n1 test: 1 passed\n", err: "" });
  });

  it("ends with 1 where one fails, and shows it", async () => {
    const { code, out, err } = await folder(GOOD + BAD).run(["test", "policy.ward"]);
    expect([code, err]).toEqual([1, ""]);
    expect(out).toContain("  FAIL  long ones too <&>\n        policy.ward:23:12\n          expected `attempts = [small]`\n          but got  `attempts = [large]`\n");
    expect(out).toContain("2 tests: 1 failed, 1 passed\n");
  });

  it("says that there are none", async () => {
    expect(await folder("").run(["test"])).toEqual({ code: 0, out: "no tests found\n", err: "" });
  });

  it("ends with 1 where the policy has errors, which it prints as `check` does", async () => {
    const broken = folder('test "it" { given { model = chta } expect { attempts = [] } }');
    const { code, out } = await broken.run(["test"]);
    expect([code, out]).toEqual([1, (await broken.run(["check"])).out]);
  });

  it("ends with 2 where it is asked for what cannot be", async () => {
    for (const [words, message] of [
      [["--threshold", "all"], "`--threshold` cannot be `all`"],
      [["--threshold", "101"], "`--threshold` cannot be `101`"],
      [["--format", "sarif"], "`--format` cannot be `sarif`"],
      [["--run", "nothing"], "no test's title has `nothing` in it"],
      [["nowhere.ward"], "cannot read `nowhere.ward`"],
    ] as const) expect(await folder(GOOD).run(["test", ...words])).toMatchObject({ code: 2, out: "", err: expect.stringContaining(message) });
  });

  it("runs only what is asked for", async () => {
    const both = folder(GOOD + BAD);
    for (const pattern of ["short", "SHORT", "s*stay", "short ones stay small"]) expect(await both.run(["test", "--run", pattern])).toMatchObject({ code: 0, out: expect.stringContaining("1 test: 1 passed") });
    expect(await both.run(["test", "--run", "ones"])).toMatchObject({ code: 1, out: expect.stringContaining("2 tests") });
  });

  it("tells a test of a shared library once", async () => {
    const shared = folderOf({ "lib/chat.ward": POLICY + GOOD, "a.ward": 'ward 1\nuse "./lib/chat.ward" { chat }\nmodel a { route = chat }\n', "b.ward": 'ward 1\nuse "./lib/chat.ward" { chat }\nmodel b { route = chat }\n' });
    const { code, out } = await shared.run(["test"]);
    expect([code, out]).toEqual([0, "lib/chat.ward\n  ok    short ones stay small\n\n1 test: 1 passed\n"]);
  });
});

describe("coverage", () => {
  it("is counted, and names what is left with a request that shows it", async () => {
    const { code, out } = await folder(GOOD).run(["test", "--coverage"]);
    expect(code).toBe(0);
    expect(out).toContain("coverage: 1 of 4 decisions (25 %)\n");
    expect(out).toContain("info[W8001 uncovered-decision]: no test shows that arm 1 of `by-length` is taken");
    expect(out).toContain('witness: {"model":"chat","tokens":16385}');
  });

  it("ends with 1 below the threshold, and with 0 at it", async () => {
    expect(await folder(GOOD).run(["test", "--threshold", "26"])).toMatchObject({ code: 1, out: expect.stringContaining("below the threshold of 26 %") });
    expect(await folder(GOOD).run(["test", "--threshold", "25"])).toMatchObject({ code: 0 });
    expect(await folder("").run(["test", "--threshold", "1"])).toMatchObject({ code: 1, out: expect.stringContaining("coverage: 0 of 4 decisions (0 %)") });
  });

  it("may be asked for in ward.json, and is not asked of a part of the tests", async () => {
    const strict = folder(GOOD, { "ward.json": '{ "thresholds": { "coverage": 90 } }' });
    expect(await strict.run(["test"])).toMatchObject({ code: 1, out: expect.stringContaining("below the threshold of 90 %") });
    expect(await strict.run(["test", "--threshold", "20"])).toMatchObject({ code: 0 });
    expect(await strict.run(["test", "--run", "short"])).toMatchObject({ code: 0 });
  });

  it("is as loud as ward.json says", async () => {
    const loud = folder(GOOD, { "ward.json": '{ "levels": { "uncovered-decision": "error" } }' });
    expect(await loud.run(["test", "--coverage"])).toMatchObject({ code: 1, out: expect.stringContaining("error[W8001 uncovered-decision]") });
  });

  it("is whole when what is suggested is appended", async () => {
    const growing = folder(GOOD);
    expect(await growing.run(["fmt"])).toMatchObject({ code: 0 });
    const { code, out, err } = await growing.run(["test", "--suggest"]);
    expect([code, err]).toEqual([0, "policy.ward\n  ok    short ones stay small\n\n1 test: 1 passed\ncoverage: 1 of 4 decisions (25 %)\n"]);
    growing.write("policy.ward", `${growing.read("policy.ward")}\n${out}`);
    expect(await growing.run(["test", "--threshold", "100"])).toMatchObject({ code: 0, out: expect.stringContaining("coverage: 4 of 4 decisions (100 %)") });
    expect(await growing.run(["fmt", "--check", "policy.ward"])).toMatchObject({ code: 0 });
    expect(await growing.run(["test", "--suggest"])).toMatchObject({ code: 0, out: "" });
  });
});

describe("for machines", () => {
  const json = async (words: readonly string[], text = GOOD + BAD) => JSON.parse((await folder(text).run(["test", "--format", "json", ...words])).out) as TestReport;

  it("json has the published shape", async () => {
    const schema: object = JSON.parse(readFileSync(new URL("../../contracts/schemas/test-report.schema.json", import.meta.url), "utf8"));
    const validate = new Ajv2020({ strict: true, strictTypes: false, allowUnionTypes: true }).compile(schema);
    for (const report of [await json([]), await json(["--coverage"]), await json(["--suggest", "--threshold", "50"]), await json([], ""), await json([], "model broken {}")]) {
      expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
    }
  });

  it("json says all that the text says", async () => {
    const report = await json(["--suggest"]);
    expect(report.summary).toEqual({ passed: 1, failed: 1 });
    expect(report.tests.map((one) => [one.title, one.outcome, one.failures.length, one.range.start.line])).toEqual([["short ones stay small", "passed", 0, 14], ["long ones too <&>", "failed", 1, 20]]);
    expect(report.tests[1]!.failures[0]).toMatchObject({ field: "attempts", expected: "`attempts = [small]`", actual: "`attempts = [large]`", file: "policy.ward" });
    expect(report.tests[1]!.trace.map((one) => one.label)).toEqual(["request", "path", "attempt 1", "ended", "released"]);
    expect(report.coverage).toEqual({ decisions: 4, covered: 1, percent: 25, threshold: null });
    expect(report.suggestions.map((one) => one.file)).toEqual(["policy.ward", "policy.ward", "policy.ward"]);
    expect((await json(["--coverage"])).diagnostics.map((one) => one.code)).toEqual(["W8001", "W8001", "W8001"]);
  });

  it("junit is well-formed, with a case for each test and a failure for each that fails", async () => {
    const { code, out } = await folder(GOOD + BAD).run(["test", "--format", "junit"]);
    expect(code).toBe(1);
    expect(elementsOf(out)).toEqual(["testsuites", "testsuite", "testcase", "testcase", "failure"]);
    expect(out).toContain('<testsuites name="ward test" tests="2" failures="1" errors="0" skipped="0">');
    expect(out).toContain('<testcase name="short ones stay small" classname="policy.ward"/>');
    expect(out).toContain('<testcase name="long ones too &lt;&amp;&gt;" classname="policy.ward">');
    expect(out).toContain('<failure message="expected `attempts = [small]`, but got `attempts = [large]`" type="differs">');
  });

  it("junit fails where the policy does not compile", async () => {
    const { code, out } = await folder("model broken {}").run(["test", "--format", "junit"]);
    expect([code, elementsOf(out)]).toEqual([1, ["testsuites", "testsuite", "testcase", "failure"]]);
  });

  it("github gets an annotation for each failure", async () => {
    const { code, out } = await folder(GOOD + BAD).run(["test"], { env: { GITHUB_ACTIONS: "true" } });
    expect([code, out]).toEqual([1, "::error file=policy.ward,line=23,endLine=23,col=12,endColumn=30,title=test long ones too <&>::expected `attempts = [small]`, but got `attempts = [large]`\n"]);
  });
});

it("every test of the examples passes", async () => {
  const { code, out, err } = await runIn(fileURLToPath(new URL("../..", import.meta.url)), ["test", "examples"]);
  expect([code, err]).toEqual([0, ""]);
  // The team's `ward.json` asks for coverage.
  expect(out).toMatch(/\n(\d\d) tests: \1 passed\ncoverage: (\d+) of \2 decisions \(100 %\)\n$/);
});

/** Names of elements in the order they open; throws where one is not closed in its place. */
function elementsOf(xml: string): readonly string[] {
  const open: string[] = [];
  const found: string[] = [];
  for (const [, closing, name = "", inside = ""] of xml.replace(/^<\?xml[^?]*\?>/, "").matchAll(/<(\/?)(\w+)((?:[^<>"]|"[^"<]*")*)>/g)) {
    if (closing === "/") {
      if (open.pop() !== name) throw new Error(`</${name}> closes nothing`);
      continue;
    }
    found.push(name);
    if (!inside.endsWith("/")) open.push(name);
  }
  if (open.length > 0) throw new Error(`<${open.join("><")}> is not closed`);
  return found;
}
