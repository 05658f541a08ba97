// What a conversation began with: the system's words, and the user's up to the model's first. Every turn of a conversation
// that its client sends whole has them, so they tell conversations apart where no client names one.
//
// A sample: of every text its length, its beginning and its end, so that a long prompt costs no more than a page.
import type { Json } from "#contracts";
import { isObject, object } from "../json.ts";

/** Null where no user has said anything: such a request is the turn of no conversation. */
export function openingOf(system: Json | undefined, prompt: Json | undefined): string | null {
  const before = createSample();
  const asked = createSample();
  before.take(system);
  if (typeof prompt === "string") asked.take(prompt);
  // What stands before the user's first words may be tools, or a greeting; what comes behind them is no opening any more.
  for (const item of Array.isArray(prompt) ? (prompt as readonly Json[]) : []) {
    const { role, content } = object(item);
    if (role === "user") asked.take(content);
    else if (asked.texts > 0) break;
    else if (role === "system" || role === "developer") before.take(content);
  }
  return asked.texts === 0 ? null : `${before.text()}\n${asked.text()}`;
}

/** UTF-16 code units taken of a text's beginning, and as many of its end; and of all texts of one side together. */
const EDGE = 256;
const MOST = 4_096;

function createSample() {
  let sample = "";
  const sampled = {
    texts: 0,
    /** A text alone and a text as the one part of a list are the same: clients write the same words now so, now so. */
    take(value: Json | undefined): void {
      if (typeof value === "string") takeText(value);
      else if (Array.isArray(value)) for (const one of value as readonly Json[]) sampled.take(one);
      else if (isObject(value)) takePart(value);
    },
    text: () => sample,
  };
  return sampled;

  function takeText(text: string): void {
    sampled.texts += 1;
    if (sample.length >= MOST) return;
    sample += `${text.length}:${text.length <= 2 * EDGE ? text : text.slice(0, EDGE) + text.slice(-EDGE)}`;
  }

  function takePart(part: { readonly [field: string]: Json | undefined }): void {
    if (typeof part["text"] === "string") return takeText(part["text"]);
    // Marks of what a provider may keep move on from turn to turn.
    for (const field in part) if (field !== "cache_control") sampled.take(part[field]);
  }
}
