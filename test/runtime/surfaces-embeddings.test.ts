// `/v1/embeddings`: planned, guarded and receipted as every request is, and never streamed.
import { OpenAIEmbeddings } from "@langchain/openai";
import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { gatewayFor, upstream } from "./gateway/harness.ts";
import { post } from "./surfaces-harness.ts";

const MOCK = `provider local { kind = mock }
target talks = local "mock-1" { context = 8Ki  output = 1k }
target vectors = local "mock-2" { context = 8Ki  can = [embeddings]  price = $1/$1 }
cascade either { try talks  try vectors }
guard short { when request.tokens > 500 then refuse "too long" }
model m { route = either  guards = [short] }
model talker { route = talks }`;

const VECTOR = { object: "list", data: [{ object: "embedding", index: 0, embedding: [0.5, -0.25] }], model: "up", usage: { prompt_tokens: 4, total_tokens: 4 }, unheard_of: true };

async function embed(gateway: { url: string }, body: object): Promise<{ status: number; headers: Headers; body: { data: { embedding: number[]; index: number }[]; model: string; usage: object; error?: { code: string; param: string } } }> {
  const response = await post(gateway as never, "/v1/embeddings", { model: "m", ...body });
  return { status: response.status, headers: response.headers, body: (await response.json()) as never };
}

describe("the mock", () => {
  test("gives every text a vector of its own, and always the same one", async () => {
    const gateway = await gatewayFor(MOCK);
    const { body, headers } = await embed(gateway, { input: ["one", "two", "one"] });
    const [one, two, again] = body.data.map((entry) => entry.embedding);
    expect(one).toEqual(again);
    expect(one).not.toEqual(two);
    expect([Math.hypot(...one!).toFixed(5), one!.length, body.model]).toEqual(["1.00000", 8, "m"]);
    expect((await embed(gateway, { input: "one" })).body.data[0]!.embedding).toEqual(one);
    expect((await embed(gateway, { input: "one", dimensions: 3 })).body.data[0]!.embedding.length).toBe(3);
    expect(headers.get("x-wardwright-selected-model")).toBe("vectors");
    // Only what can embed is planned for it.
    const [receipt] = await gateway.receipts();
    expect(receipt).toMatchObject({ surface: "embeddings", stream: false, status: "completed", selected: "target:vectors", request: { needs: ["embeddings"] }, tokens: { input: 3, output: 0 } });
    expect(receipt!.attempts.map((attempt) => attempt.target)).toEqual(["target:vectors"]);
  });
});

describe("a provider", () => {
  test("gets the request as it came and answers as it does, under the public name", async () => {
    const a = await upstream([{ does: "json", body: VECTOR }]);
    const gateway = await gatewayFor(`provider p { kind = openai_compatible  base = "${a.base}" }\ntarget t = p "up" { context = 8Ki  can = [embeddings] }\nmodel m { route = t }`);
    const { body } = await embed(gateway, { input: "hi", user: "ada", unheard_of: [1] });
    expect(body).toEqual({ ...VECTOR, model: "m" });
    expect([a.seen[0]!.path, a.seen[0]!.body]).toEqual(["/v1/embeddings", { model: "up", input: "hi", user: "ada", unheard_of: [1] }]);
    expect((await gateway.receipts())[0]!.tokens).toEqual({ input: 4, output: 0 });
  });

  test("that fails is followed by the next", async () => {
    const a = await upstream([{ does: "fails", status: 500 }]);
    const b = await upstream([{ does: "json", body: { object: "list" } }]);
    const c = await upstream([{ does: "json", body: VECTOR }]);
    const targets = Object.entries({ a, b, c }).map(([name, server]) => `provider p-${name} { kind = openai_compatible  base = "${server.base}" }\ntarget ${name} = p-${name} "up" { context = 8Ki  can = [embeddings] }`).join("\n");
    const gateway = await gatewayFor(`${targets}\ncascade all { try a  try b  try c }\nmodel m { route = all }`);
    expect((await embed(gateway, { input: "hi" })).body.data).toEqual(VECTOR.data);
    expect((await gateway.receipts())[0]!.attempts.map((attempt) => attempt.outcome)).toEqual(["unavailable", "malformed", "ok"]);
  });
});

describe("a request", () => {
  test("is refused where its input is none, or nothing can embed it, or a guard says so", async () => {
    const gateway = await gatewayFor(MOCK);
    for (const input of ["", [], [""], {}, null]) expect(await embed(gateway, { input })).toMatchObject({ status: 400, body: { error: { param: "input" } } });
    expect(await embed(gateway, { input: "x", stream: true })).toMatchObject({ status: 400, body: { error: { param: "stream" } } });
    expect(await embed(gateway, { model: "talker", input: "x" })).toMatchObject({ status: 400, body: { error: { code: "capability_missing" } } });
    expect(await embed(gateway, { input: ["word ".repeat(300), "word ".repeat(300)] })).toMatchObject({ status: 403, body: { error: { code: "guard_refused" } } });
    expect(await embed(gateway, { input: Array.from({ length: 600 }, (_, at) => at) })).toMatchObject({ status: 403 });
    expect((await fetch(`${gateway.url}/v1/embeddings`)).status).toBe(405);
  });
});

test("the official client and LangChain read the vectors", async () => {
  const gateway = await gatewayFor(MOCK);
  const plain = (await embed(gateway, { input: "one" })).body.data[0]!.embedding;
  // It asks for base64 and takes it apart by itself.
  const { data } = await new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "none", maxRetries: 0 }).embeddings.create({ model: "m", input: "one" });
  expect(data[0]!.embedding.map((one) => Math.fround(one))).toEqual(plain.map((one) => Math.fround(one)));
  const langchain = new OpenAIEmbeddings({ model: "m", apiKey: "none", maxRetries: 0, configuration: { baseURL: `${gateway.url}/v1` } });
  expect((await langchain.embedQuery("one")).map((one) => Math.fround(one))).toEqual(plain.map((one) => Math.fround(one)));
});
