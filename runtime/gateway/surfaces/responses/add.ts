// What policy adds to a prompt of this protocol: to `instructions`, and to what the user said last.
import type { Json } from "#contracts";
import type { JsonObject } from "../../../stream/index.ts";
import { isObject, text } from "../../json.ts";
import { BETWEEN, type Added } from "../added.ts";

export function addToResponses(body: JsonObject, { before, after }: Added): JsonObject {
  const own = text(body["instructions"]);
  const instructions = before.length === 0 ? {} : { instructions: own === "" ? before.join(BETWEEN) : before.join(BETWEEN) + BETWEEN + own };
  return { ...body, ...instructions, ...(after.length === 0 ? {} : { input: withAfter(body["input"], after.join(BETWEEN)) }) };
}

function withAfter(input: Json | undefined, said: string): Json {
  if (!Array.isArray(input)) return text(input) === "" ? said : text(input) + BETWEEN + said;
  const items = input as readonly Json[];
  const last = items.at(-1);
  if (!isObject(last) || last["role"] !== "user") return [...items, { role: "user", content: said }];
  const { content } = last;
  const joined: Json = typeof content === "string" ? content + BETWEEN + said : [...((content ?? []) as readonly Json[]), { type: "input_text", text: said }];
  return [...items.slice(0, -1), { ...last, content: joined } as Json];
}
