// Chat completions as server-sent events. In: the provider's events and what may go out of them. Out: the client's
// events. True of them: one id, one public model name, the role in a choice's first delta only, one finish reason a
// choice, usage only where it was asked for and then in an event of its own.
//
//   chunks ──▶ opening (no content yet: kept) ──▶ content, as it comes ──▶ finish reasons, usage (kept until the end is certain)
//
// The opening is kept so that another target can still take over, the finish reasons so that a stream that is cut behind
// them does not look whole.
import type { Json } from "#contracts";
import type { Totals } from "../../../receipt/ledger.ts";
import type { JsonObject, Part } from "../../../stream/part.ts";
import { envelope } from "../../problem.ts";
import type { EncoderOptions, Released, StreamEncoder, Watched } from "../../surface.ts";
import { createAlike, isTextAlone } from "./alike.ts";
import { chatEvent } from "./compose.ts";
import { carriesContent, choicesOf, indexOf, isObject, joined, newText, repeats, replaceText, withCallPlaces, withoutRepeats } from "./delta.ts";

type Governed = { readonly watched: Watched; readonly released: readonly Released[] };

/** Events without content that are kept at most; more of them carry no more. */
const OPENING = 16;

export function createChatStreamEncoder(options: EncoderOptions): StreamEncoder {
  let id: string | null = null;
  let created: number | null = null;
  let started = false;
  let opening: JsonObject[] = [];
  let usage: { readonly raw: JsonObject; readonly value: Json } | null = null;
  /** By choice: the event that carried its finish reason, and what it carried, without its text. */
  let finals = new Map<number, { readonly raw: JsonObject; readonly choice: JsonObject }>();
  const alike = createAlike();
  let rememberedWith: Watched | null = null;
  const seen = new Map<number, { hasRole: boolean; hasTools: boolean }>();

  return {
    begin() {
      if (!started) {
        id = null;
        created = null;
      }
      opening = [];
      usage = null;
      finals = new Map();
    },

    chunk(chunk, watched, released) {
      const raw = chatEvent(chunk);
      if (raw === null) return "";
      const quick = onlyText(raw, { watched, released }, chunk.like ?? null);
      if (quick !== null) return quick;
      learn(raw);
      if (isObject(raw["usage"])) usage = { raw, value: raw["usage"] };
      const choices = choicesOf(raw);
      if (choices.length === 0) return usage?.raw === raw ? "" : passOn(raw, choices, false);
      const out: JsonObject[] = [];
      let content = false;
      for (const choice of choices) {
        const { next, carries, hold } = govern(choice, chunk.parts, { watched, released });
        if (choice["finish_reason"] !== null && choice["finish_reason"] !== undefined) {
          finals.set(indexOf(choice), { raw, choice: withoutRepeats(choice, watched) });
          if (!carries) continue;
          out.push({ ...next, finish_reason: null });
        } else if (!hold) out.push(next);
        content ||= carries;
      }
      return out.length === 0 ? "" : passOn(raw, out, content);
    },

    release(released) {
      let text = "";
      for (const one of released) {
        if (one.text === "") continue;
        const delta = one.channel === "text" ? { content: one.text } : { reasoning_content: one.text };
        text += passOn(BARE, [{ index: one.choice, delta, finish_reason: null }], true);
      }
      return text;
    },

    finish(totals) {
      let text = start();
      if (seen.size === 0 && finals.size === 0) choiceState(0);
      for (const index of [...new Set([...seen.keys(), ...finals.keys()])].sort((a, b) => a - b)) {
        const final = finals.get(index);
        const reason = final?.choice["finish_reason"] ?? (seen.get(index)?.hasTools === true ? "tool_calls" : "stop");
        const raw = final?.raw ?? BARE;
        text += event(raw, [{ ...final?.choice, index, delta: {}, logprobs: null, finish_reason: reason }]);
      }
      return text + usageEvent(totals);
    },

    blocked(totals) {
      const indexes = seen.size === 0 ? [0] : [...seen.keys()].sort((a, b) => a - b);
      const text = start() + indexes.map((index) => event(BARE, [{ index, delta: {}, logprobs: null, finish_reason: "content_filter" }])).join("");
      return text + usageEvent(totals);
    },

    error: (problem) => `data: ${JSON.stringify(envelope(problem))}\n\n`,
    done: "data: [DONE]\n\n",
  };

  /** The event of a stream that is under way and has but text to say; null where it is another one. */
  function onlyText(raw: JsonObject, { watched, released }: Governed, like: object | null): string | null {
    if (like !== null && like === alike.like && watched === rememberedWith) return sameAgain(raw, { watched, released });
    if (!started || isObject(raw["usage"])) return null;
    const choices = raw["choices"];
    const choice = Array.isArray(choices) && choices.length === 1 ? (choices as readonly Json[])[0] : undefined;
    if (!isObject(choice) || !isObject(choice["delta"]) || !isTextAlone(choice["delta"])) return null;
    if (typeof choice["finish_reason"] === "string" || isObject(choice["logprobs"]) || repeats(choice, watched)) return null;
    const index = indexOf(choice);
    if (seen.get(index)?.hasRole !== true || (watched.reasoning && joined(released, index, "reasoning") !== "")) return null;
    const said = choice["delta"]["content"] as string;
    const text = watched.text ? joined(released, index, "text") : said;
    if (text === "") return said === "" ? null : "";
    const written = alike.write(raw, choice, text);
    if (written !== null) return written;
    learn(raw);
    alike.remember({ raw, choice, like }, (content) => event(raw, [{ ...choice, delta: { content } }]));
    if (alike.like === like) rememberedWith = watched;
    return event(raw, [text === said ? choice : { ...choice, delta: { content: text } }]);
  }

  /** As `onlyText` of an event that is like the one remembered: all it would look at was looked at then. */
  function sameAgain(raw: JsonObject, { watched, released }: Governed): string | null {
    const choice = (raw["choices"] as readonly JsonObject[])[0]!;
    const index = indexOf(choice);
    if (watched.reasoning && joined(released, index, "reasoning") !== "") return null;
    const said = (choice["delta"] as JsonObject)["content"] as string;
    const text = watched.text ? joined(released, index, "text") : said;
    if (text === "") return said === "" ? null : "";
    return alike.again(text);
  }

  function learn(raw: JsonObject): void {
    if (id === null && typeof raw["id"] === "string" && raw["id"] !== "") id = raw["id"];
    if (created === null && typeof raw["created"] === "number" && raw["created"] > 0) created = raw["created"];
  }

  /** Opens the answer with the first content; until then only keeps. */
  function passOn(raw: JsonObject, choices: readonly JsonObject[], content: boolean): string {
    if (started) return event(raw, choices);
    if (content) return start() + event(raw, choices);
    if (opening.length < OPENING) opening.push(choices.length === 0 ? raw : { ...raw, choices });
    return "";
  }

  function start(): string {
    if (started) return "";
    started = true;
    const text = opening.map((raw) => event(raw, choicesOf(raw))).join("");
    opening = [];
    return text;
  }

  function event(raw: JsonObject, choices: readonly JsonObject[]): string {
    const out = {
      ...raw,
      ...identity(),
      choices: choices.length === 1 ? [withRole(choices[0]!)] : choices.map(withRole),
      usage: options.wantsUsage ? null : undefined,
    };
    return `data: ${JSON.stringify(out)}\n\n`;
  }

  /** The role goes with a choice's first delta, whether the provider put it there, nowhere or everywhere. */
  function withRole(choice: JsonObject): JsonObject {
    const state = choiceState(indexOf(choice));
    const delta = isObject(choice["delta"]) ? choice["delta"] : {};
    if (delta["tool_calls"] !== undefined) state.hasTools = true;
    if (!state.hasRole) {
      state.hasRole = true;
      return delta["role"] === undefined ? { ...choice, delta: { role: "assistant", ...delta } } : choice;
    }
    return delta["role"] === undefined ? choice : { ...choice, delta: { ...delta, role: undefined } };
  }

  /** The provider's own count, unless several attempts gave the answer or it did not count. */
  function usageEvent(totals: Totals): string {
    if (!options.wantsUsage) return "";
    const value = totals.spliced || usage === null ? usageOf(totals) : usage.value;
    const raw = usage !== null && choicesOf(usage.raw).length === 0 ? usage.raw : BARE;
    return `data: ${JSON.stringify({ ...raw, ...identity(), choices: [], usage: value })}\n\n`;
  }

  function identity(): JsonObject {
    return { id: id ?? options.fallbackId, object: "chat.completion.chunk", created: created ?? Math.floor(options.now / 1000), model: options.model };
  }

  function choiceState(index: number): { hasRole: boolean; hasTools: boolean } {
    let state = seen.get(index);
    if (state === undefined) seen.set(index, (state = { hasRole: false, hasTools: false }));
    return state;
  }
}

function usageOf({ input, output }: Totals): JsonObject {
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}

/** An event of ours: what names the answer is put in when it is written, and stands first. */
const BARE: JsonObject = { id: null, object: null, created: null, model: null };

/** `hold` says that nothing is left to send of a choice whose text is held back. */
function govern(choice: JsonObject, parts: readonly Part[], { watched, released }: Governed): { readonly next: JsonObject; readonly carries: boolean; readonly hold: boolean } {
  const delta = isObject(choice["delta"]) ? choice["delta"] : {};
  const index = indexOf(choice);
  const texts = newText(delta, { choice: index, parts, watched, released });
  const placed = withCallPlaces(delta, parts, index);
  if (texts === null) return { next: placed === delta ? choice : { ...choice, delta: placed }, carries: carriesContent(placed), hold: false };
  const next = replaceText(placed, texts);
  const carries = carriesContent(next);
  return { next: { ...withoutRepeats(choice, watched), delta: next }, carries, hold: !carries && carriesContent(delta) };
}
