// Vectors of the embedded provider: a few numbers drawn from the text alone, the same on every machine, of length 1.
import type { Json } from "#contracts";
import type { JsonObject } from "../../stream/part.ts";

export function mockEmbeddings(body: JsonObject, model: string): JsonObject {
  const inputs = inputsOf(body["input"]);
  const dimensions = typeof body["dimensions"] === "number" ? Math.min(body["dimensions"], 4096) : 8;
  const data = inputs.map((input, index) => ({ object: "embedding", index, embedding: encoded(vectorOf(input, dimensions), body["encoding_format"]) }));
  const tokens = inputs.reduce((sum, one) => sum + Math.ceil(one.length / 4), 0);
  return { object: "list", data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } };
}

/** One text, several of them, or tokens in the place of either. */
function inputsOf(input: Json | undefined): readonly string[] {
  if (!Array.isArray(input)) return [typeof input === "string" ? input : ""];
  const list = input as readonly Json[];
  return list.every((one) => typeof one === "number") ? [JSON.stringify(list)] : list.map((one) => (typeof one === "string" ? one : JSON.stringify(one)));
}

function vectorOf(text: string, dimensions: number): readonly number[] {
  let state = 2166136261;
  for (let at = 0; at < text.length; at++) state = Math.imul(state ^ text.charCodeAt(at), 16777619) >>> 0;
  const numbers = Array.from({ length: dimensions }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
  const length = Math.hypot(...numbers) || 1;
  return numbers.map((one) => Math.fround(one / length));
}

function encoded(vector: readonly number[], format: Json | undefined): Json {
  if (format !== "base64") return vector;
  const bytes = new Uint8Array(new Float32Array(vector).buffer);
  return btoa(String.fromCharCode(...bytes));
}
