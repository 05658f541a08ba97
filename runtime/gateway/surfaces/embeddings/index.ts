// The surface of `/v1/embeddings`. Its answers are numbers: they are never streamed, nothing of them is text that a rule
// could match, and none goes on from another. Guards, the plan, fallback, rules on the request and receipts apply as ever.
import { CAPABILITIES } from "#contracts";
import { estimateTokens, type ChatFacts } from "../../../plan/index.ts";
import type { JsonObject } from "../../../stream/index.ts";
import { BOOL, COUNT, firstMissing, firstWrong, RECORD, refusedRead, TEXT, textsOf, wrongMetadata, type Checks } from "../checks.ts";
import { envelope } from "../../problem.ts";
import type { Read, Surface } from "../../surface.ts";

export const embeddings: Surface = {
  name: "embeddings",
  protocol: "embeddings",
  carries: [],
  prompt: "input",
  idPrefix: "emb_",
  read: readEmbeddings,
  facts: factsOfEmbeddings,
  opening: () => null,
  streamEncoder() {
    throw new Error("embeddings are never streamed");
  },
  whole: ({ raw }, { options }) => JSON.stringify({ ...raw, object: raw["object"] ?? "list", model: options.model }),
  again: (body) => body,
  toChat: (body) => ({ model: body["model"], messages: inputsOf(body).map((content) => ({ role: "user", content })) }),
  // What is embedded is the client's own text: with more around it, it would be another text's vector.
  add: (body) => body,
  added: () => "",
  envelope,
};

const REQUIRED: Checks = [
  ["model", TEXT],
  ["input", { must: "a text that is not empty, a list of texts, or a list of tokens", is: (value) => isInput(value) || (Array.isArray(value) && value.length > 0 && value.every(isInput)) }],
];
const OPTIONAL: Checks = [
  ["dimensions", COUNT],
  ["encoding_format", TEXT],
  ["metadata", RECORD],
  ["stream", { ...BOOL, must: "false: embeddings are never streamed", is: (value) => value === false }],
];

function readEmbeddings(body: JsonObject): Read {
  const wrong = firstMissing(body, REQUIRED) ?? firstWrong(body, OPTIONAL) ?? wrongMetadata(body["metadata"]);
  if (wrong !== null) return refusedRead(wrong);
  const metadata = textsOf(body["metadata"]);
  return { kind: "asked", asked: { body, model: body["model"] as string, stream: false, choices: 1, json: false, wantsUsage: false, metadata } };
}

/** A text, or a text as its tokens. */
function isInput(value: unknown): boolean {
  return typeof value === "string" ? value !== "" : typeof value === "number" || (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "number"));
}

/** All inputs together, as they are paid for: an estimate of what one of them needs would let a request pass its limits. */
function factsOfEmbeddings(body: JsonObject): ChatFacts {
  const { input } = body;
  const texts = inputsOf(body).reduce((sum, one) => sum + estimateTokens(one), 0);
  const tokens = Array.isArray(input) ? (input as readonly unknown[]).flat().filter((one) => typeof one === "number").length : 0;
  return { tokens: texts + tokens, output: 0, stream: false, turn: 0, needs: CAPABILITIES.filter((one) => one === "embeddings") };
}

function inputsOf({ input }: JsonObject): readonly string[] {
  if (typeof input === "string") return [input];
  return Array.isArray(input) ? (input as readonly unknown[]).filter((one) => typeof one === "string") : [];
}
