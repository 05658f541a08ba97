// Text inside a chat delta or message: where it stands, and the same object with other text in its place. Providers put
// text in a string or in a list of pieces, and reasoning under either of two names or among the pieces; what clients get
// is one shape, a string and `reasoning_content`, because a client of one provider's shape breaks on another's.
import type { Json } from "#contracts";
import type { JsonObject, Part } from "../../../stream/part.ts";
import type { Channel, Released, Watched } from "../../surface.ts";

/** What takes the place of each channel's text; null leaves that channel as it came. `watched` where a rule looks at one of them. */
export type NewText = { readonly text: string | null; readonly reasoning: string | null; readonly watched: boolean };

/**
 * The texts to put into one choice's carrier: of a watched channel what was released, of another what the provider said
 * where its shape is not the clients'. Null where nothing is to be put in.
 */
export function newText(carrier: JsonObject, from: { readonly choice: number; readonly parts: readonly Part[]; readonly watched: Watched; readonly released: readonly Released[] }): NewText | null {
  const { choice, parts, watched, released } = from;
  const inPieces = Array.isArray(carrier["content"]);
  if (!inPieces && !watched.text && !watched.reasoning) return null;
  const of = (channel: Channel): string | null => (watched[channel] ? joined(released, choice, channel) : inPieces ? saidIn(parts, choice, channel) : null);
  return { text: of("text"), reasoning: of("reasoning"), watched: watched.text || watched.reasoning };
}

export function replaceText(carrier: JsonObject, { text, reasoning, watched }: NewText): JsonObject {
  const next: Record<string, Json | undefined> = {};
  for (const key in carrier) if (!watched || KNOWN.has(key)) next[key] = carrier[key];
  // What can be heard, in letters.
  if (watched && text !== null && isObject(next["audio"])) next["audio"] = { ...next["audio"], transcript: undefined } as Json;
  if (reasoning !== null) {
    for (const key of AGAIN) delete next[key];
    let placed = false;
    for (const key of REASONING_KEYS) {
      if (typeof next[key] !== "string") continue;
      next[key] = reasoning;
      placed = true;
    }
    if (!placed && reasoning !== "") next["reasoning_content"] = reasoning;
  }
  const content = carrier["content"];
  if (Array.isArray(content)) next["content"] = withoutText(content as readonly Json[], text ?? "");
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

/** Log probabilities spell the text out a second time, and what nobody has heard of may: they go wherever a channel of the choice is watched. */
export function withoutRepeats(choice: JsonObject, watched: Watched): JsonObject {
  if (!repeats(choice, watched)) return choice;
  const next: Record<string, Json | undefined> = {};
  for (const key in choice) if (IN_CHOICE.has(key)) next[key] = choice[key];
  return choice["logprobs"] === undefined ? next : { ...next, logprobs: null };
}

export function repeats(choice: JsonObject, { text, reasoning }: Watched): boolean {
  if (!text && !reasoning) return false;
  for (const key in choice) if (!IN_CHOICE.has(key) && (typeof choice[key] === "string" || (typeof choice[key] === "object" && choice[key] !== null))) return true;
  return false;
}

/** `logprobs` is not among them: it is given as null. */
const IN_CHOICE: ReadonlySet<string> = new Set(["index", "delta", "finish_reason", "native_finish_reason", "stop_reason", "content_filter_results"]);


/** Tool calls with the place and the type that clients tell them apart by; some providers leave both out. */
export function withCallPlaces(carrier: JsonObject, parts: readonly Part[], choice: number): JsonObject {
  const calls = carrier["tool_calls"];
  if (!Array.isArray(calls) || (calls as readonly Json[]).every((call) => isObject(call) && typeof call["index"] === "number")) return carrier;
  const places = parts.filter((part) => part.kind === "tool" && part.choice === choice).map((part) => (part as Extract<Part, { kind: "tool" }>).index);
  const placed = (calls as readonly Json[]).filter(isObject).map((call, at) => ({ index: places[at] ?? at, ...(call["id"] === undefined ? {} : { type: "function" }), ...call }));
  return { ...carrier, tool_calls: placed as readonly Json[] };
}

export function joined(released: readonly Released[], choice: number, channel: Channel): string {
  let text = "";
  for (const one of released) if (one.choice === choice && one.channel === channel) text += one.text;
  return text;
}

export function choicesOf(raw: JsonObject): readonly JsonObject[] {
  const choices = raw["choices"];
  return Array.isArray(choices) ? (choices as readonly JsonObject[]).filter(isObject) : [];
}

export function indexOf(choice: JsonObject): number {
  return typeof choice["index"] === "number" ? choice["index"] : 0;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const REASONING_KEYS = ["reasoning_content", "reasoning"] as const;
/** The same reasoning once more, in a shape of its own: nothing of it may go out before it was looked at. */
const AGAIN = ["reasoning_details", "thinking_blocks"] as const;

/** A field nobody has heard of may say the text once more (proxies have some that do), so where rules watch, these alone go out. */
const KNOWN: ReadonlySet<string> = new Set(["role", "name", "content", ...REASONING_KEYS, ...AGAIN, "refusal", "tool_calls", "function_call", "annotations", "images", "audio"]);

/** A string, unless there are pieces that are no text (a picture, say): those stay, in a list. */
function withoutText(pieces: readonly Json[], text: string): Json {
  const others = pieces.filter((piece) => !isObject(piece) || (piece["type"] !== "thinking" && typeof piece["text"] !== "string"));
  if (others.length === 0) return text;
  return text === "" ? others : [{ type: "text", text }, ...others];
}

function saidIn(parts: readonly Part[], choice: number, channel: Channel): string {
  let text = "";
  for (const part of parts) if (part.kind === channel && part.choice === choice) text += part.text;
  return text;
}
