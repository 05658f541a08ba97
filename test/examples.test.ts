// Every example does what its README says: it is clean, formatted, decides as written down, and answers over HTTP.
// After a change on purpose: `npx vitest run --config test/vitest.config.ts test/examples -u`, and read the difference.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { runIn } from "./support/ward.ts";

const EXAMPLES = fileURLToPath(new URL("../examples", import.meta.url));
const names = readdirSync(EXAMPLES).sort();
const run = (...words: readonly string[]) => runIn(EXAMPLES, words);

test("there are five, each a step up the ladder", () => {
  expect(names).toEqual(["01-one-model", "02-fallback", "03-alloy", "04-governed-stream", "05-team"]);
});

describe.each(names)("%s", (name) => {
  const expected = (file: string) => `${EXAMPLES}/${name}/expected/${file}`;

  test("has a README that names its files", () => {
    const readme = readFileSync(`${EXAMPLES}/${name}/README.md`, "utf8");
    expect(readme).toContain("policy.ward");
    expect(readme).toContain("request.json");
  });

  test("has nothing to complain about", async () => {
    expect(await run("check", name, "--fail-on", "info")).toMatchObject({ code: 0, out: expect.stringMatching(/^ok: nothing found/), err: "" });
  });

  test("is in the layout", async () => {
    expect(await run("fmt", "--diff", name)).toEqual({ code: 0, out: "", err: "" });
  });

  test("decides as written down", async () => {
    const { code, out } = await run("eval", name, "--request", `${name}/request.json`, "--key", "s-42", "--format", "json");
    expect(code).toBe(0);
    await expect(out).toMatchFileSnapshot(expected("decision.json"));
  });

  test("is inspected as written down", async () => {
    const { code, out } = await run("inspect", name);
    expect(code).toBe(0);
    await expect(out).toMatchFileSnapshot(expected("inspect.txt"));
  });

  test("writes nothing beside what is committed", () => {
    expect(existsSync(`${EXAMPLES}/.wardwright`)).toBe(false);
  });
});
