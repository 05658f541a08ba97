// `ward graph`: formats, sides, what it refuses.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import type { PolicyGraph } from "#contracts";
import { schemaFiles } from "../../contracts/schemas.ts";
import { folderOf, runIn } from "../support/ward.ts";

const OLD = `ward 1

provider local { kind = mock  zone = private }

target echo = local "echo" { context = 32Ki  can = [tools] }

target spare = local "spare" { context = 64Ki  can = [tools] }

cascade steady {
  try echo { retry = 1 }
  try spare
}

model chat { route = steady }

model side { route = echo }
`;
const NEW = OLD.replace("retry = 1", "retry = 2").replace("model side { route = echo }", "model side { route = spare }");
const folder = () => folderOf({ "policy.ward": NEW, "old.ward": OLD });
const graph = async (...words: readonly string[]): Promise<PolicyGraph> => JSON.parse((await folder().run(["graph", ...words, "--format", "json"])).out) as PolicyGraph;

test("draws every format, from a policy and from its bundle alike", async () => {
  const here = folder();
  await here.run(["build", "policy.ward", "-o", "policy.json"]);
  for (const [format, begins] of [["mermaid", "flowchart LR\n"], ["dot", "digraph policy {\n"], ["svg", "<svg xmlns="], ["json", "{\n"]] as const) {
    const drawn = await here.run(["graph", "policy.ward", "--format", format]);
    expect({ ...drawn, out: drawn.out.slice(0, begins.length) }).toEqual({ code: 0, out: begins, err: "" });
    expect((await here.run(["graph", "policy.json", "--format", format])).out).toBe(drawn.out);
  }
});

test("its JSON is as its schema says, compared or not", async () => {
  const validate = new Ajv2020({ strict: false }).compile(JSON.parse(schemaFiles().get("graph.schema.json")!) as object);
  for (const drawn of [await graph("policy.ward"), await graph("policy.ward", "--diff", "old.ward")]) expect(validate(drawn), JSON.stringify(validate.errors)).toBe(true);
});

test("--model draws what that model reaches, by its name", async () => {
  expect((await graph("policy.ward", "--model", "side")).nodes.map((node) => node.id)).toEqual(["model:side", "target:spare"]);
});

test("--diff says what was added, removed and changed", async () => {
  const { nodes, edges, against } = await graph("policy.ward", "--diff", "old.ward");
  expect(against).toMatch(/^sha256:/);
  expect(nodes.filter((node) => node.change !== null).map((node) => [node.id, node.change])).toEqual([["model:chat", "changed"], ["cascade:steady", "changed"]]);
  expect(edges.filter((edge) => edge.change !== null).map((edge) => [edge.from, edge.to, edge.change])).toEqual([["model:side", "target:spare", "added"], ["model:side", "target:echo", "removed"]]);
});

test("--diff of a policy with itself says that nothing changed", async () => {
  const { out } = await folder().run(["graph", "policy.ward", "--diff", "policy.ward", "--format", "svg"]);
  expect(out).toContain("nothing changed");
});

test("-o writes a file", async () => {
  const here = folder();
  expect(await here.run(["graph", "policy.ward", "--format", "svg", "-o", "out.svg"])).toEqual({ code: 0, out: "", err: "" });
  expect(here.read("out.svg")).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
});

test("the picture of an example is as committed", async () => {
  const examples = fileURLToPath(new URL("../../examples", import.meta.url));
  const { out } = await runIn(examples, ["graph", "05-team", "--format", "svg"]);
  await expect(out).toMatchFileSnapshot(`${examples}/05-team/expected/graph.svg`);
  expect(readFileSync(`${examples}/05-team/README.md`, "utf8")).toContain("expected/graph.svg");
});

describe("bad usage ends with 2 and draws nothing", () => {
  test.each<[string, readonly string[], string]>([
    ["an unknown model", ["graph", "policy.ward", "--model", "chta"], "unknown model `chta`\nhelp: did you mean `chat`?"],
    ["an unknown format", ["graph", "policy.ward", "--format", "png"], "`--format` cannot be `png`"],
    ["an old side that is not there", ["graph", "policy.ward", "--diff", "none.ward"], "`none.ward`"],
  ])("%s", async (_, words, said) => {
    const { code, out, err } = await folder().run(words);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(said);
  });
});
