// Every example does what its README says: it is clean, formatted, decides as written down, and answers over HTTP.
// After a change on purpose: `npx vitest run --config test/vitest.config.ts test/examples -u`, and read the difference.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { Receipt } from "#contracts";
import { runIn, startIn } from "./support/ward.ts";

const EXAMPLES = fileURLToPath(new URL("../examples", import.meta.url));
const names = readdirSync(EXAMPLES).filter((name) => existsSync(`${EXAMPLES}/${name}/policy.ward`)).sort();
/** Those that need no keys and no network. */
const OFFLINE = names.slice(0, 4);

type Whole = { readonly choices: readonly [{ readonly message: { readonly content: string } }] };
type Piece = { readonly choices: readonly { readonly delta: { readonly content?: string } }[] };

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
    const { code, out, err } = await run("check", name, "--fail-on", "info");
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^ok: nothing found/);
    await expect(out).toMatchFileSnapshot(expected("check.txt"));
  });

  test("promises something that is proved", () => {
    expect(readFileSync(`${EXAMPLES}/${name}/policy.ward`, "utf8")).toMatch(/^invariant "/m);
  });

  test("shows every decision it can take in a test that passes", async () => {
    const { code, out, err } = await run("test", name, "--coverage", "--threshold", "100");
    expect([code, err]).toEqual([0, ""]);
    await expect(out).toMatchFileSnapshot(expected("tests.txt"));
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

test.each(OFFLINE)("%s answers over HTTP as written down, streamed and not", async (name) => {
  const { url } = await startIn(EXAMPLES, ["serve", name, "--port", "0", "--store", "memory:"]);
  const request = JSON.parse(readFileSync(`${EXAMPLES}/${name}/request.json`, "utf8")) as { readonly model: string; readonly messages?: unknown };
  const body = { model: request.model, messages: request.messages ?? [{ role: "user", content: "Hello" }] };
  const [whole, streamed] = await Promise.all([ask(url, { ...body, stream: false }), ask(url, { ...body, stream: true })]);
  expect([whole.status, streamed.status]).toEqual([200, 200]);
  const expected = (file: string) => `${EXAMPLES}/${name}/expected/${file}`;
  await expect(textOfStream(await streamed.text())).toMatchFileSnapshot(expected("answer-streamed.txt"));
  await expect(((await whole.json()) as Whole).choices[0].message.content).toMatchFileSnapshot(expected("answer-whole.txt"));

  const receipt = Receipt.parse(await (await fetch(`${url}/v1/receipts/${streamed.headers.get("x-wardwright-receipt-id")}`)).json());
  await expect(`${JSON.stringify(toldBy(receipt), null, 2)}\n`).toMatchFileSnapshot(expected("receipt.json"));
});

test("05-team is not served without its keys, and says which are missing", async () => {
  const { code, out, err } = await run("serve", "05-team", "--port", "0", "--store", "memory:");
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain("environment variable `OPENAI_API_KEY` is not set");
  expect(err).toContain("environment variable `OPENROUTER_API_KEY` is not set");
});

/** What of a receipt is the same every time. */
function toldBy({ status, selected, attempts, triggers }: Receipt): object {
  return {
    status,
    selected,
    attempts: attempts.map(({ target, because, outcome, bytes }) => ({ target, because, outcome, bytes })),
    triggers: triggers.map(({ rule, action, attempt, offset, length }) => ({ rule, action, attempt, offset, length })),
  };
}

function ask(url: string, body: object): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, { method: "POST", headers: { "content-type": "application/json", "x-wardwright-session-id": "s-42" }, body: JSON.stringify(body) });
}

function textOfStream(stream: string): string {
  const events = stream.split("\n\n").map((event) => event.replace(/^data: /, "")).filter((event) => event !== "");
  expect(events.at(-1)).toBe("[DONE]");
  return events.slice(0, -1).flatMap((event) => (JSON.parse(event) as Piece).choices.map((choice) => choice.delta.content ?? "")).join("");
}
