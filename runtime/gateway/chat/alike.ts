// Most events of a stream differ from the one before in nothing but their text. Where that is so, the event is written as
// the one before it with the text replaced, at a third of the cost of writing it anew.
import type { JsonObject } from "../../stream/part.ts";

export type Alike = {
  /** The event with `text` as its content; null where it differs from the one before in anything else. */
  write(raw: JsonObject, choice: JsonObject, text: string): string | null;
  /** Remembers this event; `compose` writes it whole with the content it is given. */
  remember(raw: JsonObject, choice: JsonObject, compose: (content: string) => string): void;
};

export function createAlike(): Alike {
  let last: { readonly raw: JsonObject; readonly rawKeys: number; readonly choice: JsonObject; readonly choiceKeys: number; readonly before: string; readonly after: string } | null = null;
  /** What was looked at and cannot be written this way need not be looked at again at once. */
  let misses = 0;

  return {
    write(raw, choice, text) {
      if (last === null || !same(raw, last.raw, { keys: last.rawKeys, but: "choices" }) || !same(choice, last.choice, { keys: last.choiceKeys, but: "delta" })) return null;
      misses = 0;
      return last.before + JSON.stringify(text) + last.after;
    },
    remember(raw, choice, compose) {
      if (misses > 8 || !isPlain(raw, "choices") || !isPlain(choice, "delta")) return;
      misses++;
      const written = compose(MARK);
      const quoted = JSON.stringify(MARK);
      const at = written.indexOf(quoted);
      // Two marks: the provider's own text looks like one, and then no place is certain.
      if (at < 0 || written.includes(quoted, at + 1)) return;
      last = { raw, rawKeys: Object.keys(raw).length, choice, choiceKeys: Object.keys(choice).length, before: written.slice(0, at), after: written.slice(at + quoted.length) };
    },
  };
}

const MARK = "\u0001text\u0001";

function isPlain(object: JsonObject, but: string): boolean {
  for (const key in object) if (key !== but && typeof object[key] === "object" && object[key] !== null) return false;
  return true;
}

function same(one: JsonObject, other: JsonObject, { keys, but }: { readonly keys: number; readonly but: string }): boolean {
  let count = 0;
  for (const key in one) {
    count++;
    if (key !== but && one[key] !== other[key]) return false;
  }
  return count === keys;
}

/** True where the delta is a text and nothing else. */
export function isTextAlone(delta: JsonObject): boolean {
  for (const key in delta) if (key !== "content" || typeof delta[key] !== "string") return false;
  return delta["content"] !== undefined;
}
