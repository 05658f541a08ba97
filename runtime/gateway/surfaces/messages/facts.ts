// A messages body as facts. Tokens are estimated from the same request in chat: the texts are the same, but for what has no place there.
import { CAPABILITIES } from "#contracts";
import { estimateTokens, factsOfChat, type ChatFacts } from "../../../plan/index.ts";
import type { JsonObject } from "../../../stream/index.ts";
import { besidesOf } from "../besides.ts";
import { object, objects } from "../../json.ts";
import { chatOfMessages } from "./to-chat.ts";

export function factsOfMessages(body: JsonObject): ChatFacts {
  const facts = factsOfChat(chatOfMessages(body));
  const needs = new Set(facts.needs);
  // Tools that run at the provider have no place in chat and need a target with tools all the same.
  if (objects(body["tools"]).length > 0) needs.add("tools");
  // Adaptive thinking leaves it to the model whether it thinks, so one that cannot will do.
  if (object(body["thinking"])["type"] === "enabled") needs.add("reasoning");
  else needs.delete("reasoning");
  return { ...facts, tokens: facts.tokens + estimateTokens(besidesOf("messages", body).join("\n")), stream: body["stream"] === true, needs: CAPABILITIES.filter((one) => needs.has(one)) };
}
