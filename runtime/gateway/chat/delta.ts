// Text inside a chat delta or message: where it stands, and the same object with other text in its place. Providers put
// text in a string or in a list of parts, and reasoning under either of two names or among the parts.
import type { Json } from "#contracts";
import type { JsonObject } from "../../stream/part.ts";
import type { Watched } from "../surface.ts";

/** What takes the place of each channel's text; null leaves that channel as it came. */
export type NewText = { readonly text: string | null; readonly reasoning: string | null };

export function replaceText(carrier: JsonObject, { text, reasoning }: NewText): JsonObject {
  const next: Record<string, Json | undefined> = { ...carrier };
  if (reasoning !== null) {
    // The same reasoning once more, in a shape of its own: nothing of it may go out before it was looked at.
    delete next["reasoning_details"];
    let placed = false;
    for (const key of REASONING_KEYS) {
      if (typeof next[key] !== "string") continue;
      next[key] = reasoning;
      placed = true;
    }
    if (!placed && reasoning !== "" && !Array.isArray(carrier["content"])) next["reasoning_content"] = reasoning;
  }
  const content = carrier["content"];
  if (Array.isArray(content)) next["content"] = replaceParts(content as readonly Json[], { text, reasoning });
  else if (text !== null && (text !== "" || typeof content === "string")) next["content"] = text;
  return next;
}

/** True where the choice carries anything a reader waits for: text, a call, or a field this version does not know. */
export function carriesContent(delta: JsonObject): boolean {
  for (const key in delta) {
    if (key === "role") continue;
    const value = delta[key];
    if (typeof value === "string" ? value !== "" : Array.isArray(value) ? value.length > 0 : typeof value === "object" && value !== null) return true;
  }
  return false;
}

/** Log probabilities spell the text out a second time, so they go wherever a channel of the choice is watched. */
export function withoutLogprobs(choice: JsonObject, watched: Watched): JsonObject {
  if (!(watched.text || watched.reasoning) || choice["logprobs"] === undefined || choice["logprobs"] === null) return choice;
  return { ...choice, logprobs: null };
}

const REASONING_KEYS = ["reasoning_content", "reasoning"] as const;

function replaceParts(parts: readonly Json[], { text, reasoning }: NewText): readonly Json[] {
  const next: Json[] = [];
  for (const part of parts) {
    const piece = part as JsonObject | null;
    const channel = piece?.["type"] === "thinking" ? reasoning : typeof piece?.["text"] === "string" ? text : null;
    if (channel === null) next.push(part);
  }
  if (reasoning !== null && reasoning !== "") next.push({ type: "thinking", thinking: [{ type: "text", text: reasoning }] });
  if (text !== null && text !== "") next.push({ type: "text", text });
  return next;
}
