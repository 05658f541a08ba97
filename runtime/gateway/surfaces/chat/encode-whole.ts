// A whole chat completion: the provider's own JSON with the public model name and the text that may go out.
import type { Chunk, JsonObject, Part } from "../../../stream/part.ts";
import type { Edit } from "../../surface.ts";
import { chatAnswer } from "./compose.ts";
import { choicesOf, indexOf, isObject, newText, replaceText, withoutRepeats } from "./delta.ts";

export function encodeWhole(chunk: Chunk, edit: Edit): string {
  const { options } = edit;
  const raw = chatAnswer(chunk, options.now);
  const { parts } = chunk;
  const id = typeof raw["id"] === "string" && raw["id"] !== "" ? raw["id"] : options.fallbackId;
  return JSON.stringify({ ...raw, id, object: "chat.completion", model: options.model, choices: choicesOf(raw).map((choice) => govern(choice, parts, edit)) });
}

function govern(choice: JsonObject, parts: readonly Part[], { watched, released }: Edit): JsonObject {
  const message = isObject(choice["message"]) ? choice["message"] : {};
  const texts = newText(message, { choice: indexOf(choice), parts, watched, released });
  return texts === null ? choice : { ...withoutRepeats(choice, watched), message: replaceText(message, texts) };
}
