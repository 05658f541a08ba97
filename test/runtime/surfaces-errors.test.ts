// What an error names, in the words of the API the client speaks.
import { expect, test } from "vitest";
import { gatewayFor, mockModel } from "./gateway/harness.ts";
import { PATHS, post, question, SURFACES } from "./surfaces-harness.ts";

test.each([...SURFACES, "embeddings"] as const)("of %s, a prompt that fits nowhere is named as that API names it", async (surface) => {
  const gateway = await gatewayFor(mockModel([["hi"]], "model m { route = t }").replace("context = 32k", "context = 100"));
  const long = "word ".repeat(2_000);
  const [path, body] = surface === "embeddings" ? ["/v1/embeddings", { model: "m", input: long }] : [PATHS[surface], question(surface, false, long)];
  const response = await post(gateway, path, body);
  const { error } = (await response.json()) as { readonly error: { readonly param: string } };
  expect([response.status, error.param]).toEqual([400, surface === "responses" || surface === "embeddings" ? "input" : "messages"]);
});
