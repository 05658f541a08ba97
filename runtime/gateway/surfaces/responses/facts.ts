// A responses body as facts. Tokens are estimated from the same request in chat: the texts are the same, but for what has no place there.
import { CAPABILITIES } from "#contracts";
import { estimateTokens, factsOfChat, type ChatFacts } from "../../../plan/index.ts";
import type { JsonObject } from "../../../stream/index.ts";
import { besidesOf } from "../besides.ts";
import { objects } from "../../json.ts";
import { chatOfResponses } from "./to-chat.ts";

export function factsOfResponses(body: JsonObject): ChatFacts {
  const facts = factsOfChat(chatOfResponses(body));
  const needs = new Set(facts.needs);
  // Tools that have no place in chat need a target with tools all the same.
  if (objects(body["tools"]).length > 0 || objects(body["input"]).some((item) => item["type"] === "additional_tools")) needs.add("tools");
  if (Array.isArray(body["include"]) && body["include"].includes("message.output_text.logprobs")) needs.add("logprobs");
  return { ...facts, tokens: facts.tokens + estimateTokens(besidesOf("responses", body).join("\n")), stream: body["stream"] === true, needs: CAPABILITIES.filter((one) => needs.has(one)) };
}
