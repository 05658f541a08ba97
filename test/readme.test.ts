// What the README shows is what one gets.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { verbs } from "../compiler/cli/ward.ts";
import { folderOf, runIn } from "./support/ward.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(`${ROOT}/README.md`, "utf8");
const example = readFileSync(`${ROOT}/examples/04-governed-stream/policy.ward`, "utf8");
const blocks = [...readme.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, kind, text]) => ({ kind, text: text! }));

test("its policy is the example's, replies aside, and nothing is wrong with it", async () => {
  const { text } = blocks.find((block) => block.kind === "ward")!;
  const folder = folderOf({ "policy.ward": text });
  expect(await folder.run(["check", "--fail-on", "info"])).toMatchObject({ code: 0 });
  expect(await folder.run(["fmt", "--diff"])).toEqual({ code: 0, out: "", err: "" });
  expect(example.split("\n")).toEqual(expect.arrayContaining(text.trimEnd().split("\n")));
});

test("its digest is the one that `npm start` serves", async () => {
  const { out } = await runIn(ROOT, ["inspect", "examples/04-governed-stream"]);
  const digest = /sha256:[0-9a-f]{64}/.exec(out)![0];
  expect(new Set(readme.match(/sha256:[0-9a-f]{64}/g))).toEqual(new Set([digest]));
});

test("its error is what `ward check` prints", async () => {
  const shown = blocks.map((block) => /^\$ ward check bad\.ward\n([\s\S]+)$/.exec(block.text)?.[1]).find((text) => text !== undefined)!;
  const folder = folderOf({
    "bad.ward": 'ward 1\n\nprovider local { kind = mock }\ntarget qwen = local "qwen3" { context = 32Ki }\ntarget sonnet = local "sonnet" { context = 200k }\n\ncascade steady {\n  try sonet { retry = 1 }\n  try qwen\n}\n\nmodel chat { route = steady }\n',
  });
  expect((await folder.run(["check", "bad.ward"])).out).toContain(shown);
});

test("it names every verb", async () => {
  for (const verb of await verbs()) expect(readme).toContain(`\`ward ${verb.name} `);
});

test("its `ward.json` is one", async () => {
  const { text } = blocks.find((block) => block.kind === "json")!;
  const policy = blocks.find((block) => block.kind === "ward")!.text;
  const folder = folderOf({ "policy.ward": policy, "ward.json": text });
  expect(await folder.run(["check"])).toMatchObject({ code: 0, err: "" });
});
