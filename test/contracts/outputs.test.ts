// What scripts rely on: what each verb prints as JSON, over the examples, by the schema that is published for it.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { RULES } from "../../compiler/rules/index.ts";
import { folderOf, runIn } from "../support/ward.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples", import.meta.url));
const NAMES = ["01-one-model", "02-fallback", "03-alloy", "04-governed-stream", "05-team"];

const ajv = new Ajv2020({ strict: true, strictTypes: false, allowUnionTypes: true, allErrors: true });
function schema(name: string): (value: unknown) => readonly string[] {
  const validate = ajv.compile(JSON.parse(readFileSync(new URL(`../../contracts/schemas/${name}.schema.json`, import.meta.url), "utf8")));
  return (value) => (validate(value) ? [] : validate.errors!.map((one) => `${one.instancePath} ${one.message}`));
}

const SCHEMAS = {
  check: schema("check-report"),
  inspect: schema("inspection"),
  decision: schema("decision"),
  facts: schema("request-facts"),
  test: schema("test-report"),
  bundle: schema("bundle"),
  config: schema("ward-config"),
};

const json = async (...words: readonly string[]) => JSON.parse((await runIn(EXAMPLES, words)).out) as unknown;

describe.each(NAMES)("of %s", (name) => {
  test("the check, the inspection, the decision, the tests and the bundle are as published", async () => {
    expect(SCHEMAS.check(await json("check", name, "--format", "json"))).toEqual([]);
    expect(SCHEMAS.inspect(await json("inspect", name, "--format", "json"))).toEqual([]);
    expect(SCHEMAS.decision(await json("eval", name, "--request", `${name}/request.json`, "--format", "json"))).toEqual([]);
    expect(SCHEMAS.test(await json("test", name, "--coverage", "--format", "json"))).toEqual([]);
    expect(SCHEMAS.bundle(await json("build", name, "-o", "-"))).toEqual([]);
  });
});

test("a refusal, an open question and a draw are decisions as published", async () => {
  const requests = [
    { model: "coding-balanced", tokens: 60_000, facts: { "request.tags": ["pii"] } },
    { model: "coding-balanced", tokens: 60_000, unknown: ["caller.tier"] },
    { model: "coding-balanced", tokens: 60_000, facts: { "caller.tier": "team" } },
  ];
  for (const request of requests) expect(SCHEMAS.facts(request)).toEqual([]);
  const folder = folderOf({ "requests.jsonl": requests.map((one) => JSON.stringify(one)).join("\n") });
  const { out } = await runIn(EXAMPLES, ["eval", "05-team", "--request", `${folder.path}/requests.jsonl`, "--key", "s-42", "--format", "json"]);
  const decisions = out.trimEnd().split("\n").map((line) => JSON.parse(line) as { readonly outcome: string });
  expect(decisions.map((one) => one.outcome)).toEqual(["refuse", "depends", "route"]);
  for (const decision of decisions) expect(SCHEMAS.decision(decision)).toEqual([]);
});

test("whatever is found, the report of it is as published, and so is its witness", async () => {
  let witnesses = 0;
  for (const rule of RULES.filter((one) => one.foundBy === undefined)) {
    const { out } = await folderOf({ "policy.ward": rule.avoid, ...rule.files }).run(["check", "policy.ward", "--format", "json"]);
    const report = JSON.parse(out) as { readonly diagnostics: readonly { readonly code: string; readonly witness: unknown }[] };
    expect({ rule: rule.name, wrong: SCHEMAS.check(report) }).toEqual({ rule: rule.name, wrong: [] });
    for (const { code, witness } of report.diagnostics) {
      if (witness === null) continue;
      witnesses += 1;
      expect({ code, wrong: SCHEMAS.facts(witness) }).toEqual({ code, wrong: [] });
    }
  }
  expect(witnesses).toBeGreaterThan(5);
});

test("a failed test and a suggestion are reports as published", async () => {
  const policy = 'ward 1\n\nprovider local { kind = mock }\ntarget echo = local "echo" { context = 32Ki }\nmodel chat { route = echo }\n\ntest "it says hello" {\n  given { model = chat }\n  upstream echo "goodbye"\n  expect { released = "hello" }\n}\n';
  const folder = folderOf({ "policy.ward": policy });
  const failed = await folder.run(["test", "--coverage", "--threshold", "50", "--format", "json"]);
  expect(failed.code).toBe(1);
  expect(SCHEMAS.test(JSON.parse(failed.out))).toEqual([]);
});

test("a schema that is published is one that refuses what is not its own", () => {
  for (const wrong of Object.values(SCHEMAS)) expect(wrong({ colour: 1 })).not.toEqual([]);
});

test("`ward.json` by its schema is `ward.json` by the command, where names are not concerned", async () => {
  const cases: readonly (readonly [unknown, boolean])[] = [
    [{}, true],
    [{ $schema: "x", entries: ["policy.ward"], levels: { W1004: "off" }, thresholds: { coverage: 12.5, "fail-on": "info" } }, true],
    [{ entries: [] }, false],
    [{ entires: ["policy.ward"] }, false],
    [{ levels: { W1004: "warn" } }, false],
    [{ thresholds: { coverage: -1 } }, false],
    [[], false],
  ];
  for (const [value, good] of cases) {
    const folder = folderOf({ "ward.json": JSON.stringify(value), "policy.ward": 'ward 1\nprovider local { kind = mock }\ntarget echo = local "echo" { context = 32Ki }\nmodel chat { route = echo }\n' });
    expect([value, SCHEMAS.config(value).length === 0]).toEqual([value, good]);
    expect([value, (await folder.run(["check"])).code]).toEqual([value, good ? 0 : 2]);
  }
});
