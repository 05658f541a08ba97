// A whole chat completion: the provider's own JSON with the public model name and the text that may go out.
import type { Chunk, JsonObject } from "../../stream/part.ts";
import type { EncoderOptions, Released, Watched } from "../surface.ts";
import { replaceText, withoutLogprobs } from "./delta.ts";
import { choicesOf, indexOf, isObject, joined } from "./encode-stream.ts";

export type Edit = { readonly watched: Watched; readonly released: readonly Released[]; readonly options: EncoderOptions };

export function encodeWhole({ raw }: Chunk, { watched, released, options }: Edit): string {
  const governed = watched.text || watched.reasoning;
  const choices = governed ? choicesOf(raw).map((choice) => govern(choice, watched, released)) : raw["choices"];
  const id = typeof raw["id"] === "string" && raw["id"] !== "" ? raw["id"] : options.fallbackId;
  return JSON.stringify({ ...raw, id, object: "chat.completion", model: options.model, choices });
}

function govern(choice: JsonObject, watched: Watched, released: readonly Released[]): JsonObject {
  const message = isObject(choice["message"]) ? choice["message"] : {};
  const index = indexOf(choice);
  const next = replaceText(message, {
    text: watched.text ? joined(released, index, "text") : null,
    reasoning: watched.reasoning ? joined(released, index, "reasoning") : null,
  });
  return { ...withoutLogprobs(choice, watched), message: next };
}
