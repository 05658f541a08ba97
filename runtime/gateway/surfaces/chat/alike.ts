// Most events of a stream differ from the one before in nothing but their text. Where that is so, the event is written as
// the one before it with the text replaced, at a third of the cost of writing it anew.
import type { JsonObject } from "../../../stream/part.ts";

export type Alike = {
  /** What the remembered event was said to be like; null where nothing was said. */
  readonly like: object | null;
  /** The event with `text` as its content; null where it differs from the one before in anything else. */
  write(raw: JsonObject, choice: JsonObject, text: string): string | null;
  /** The same of an event that is `like` the remembered one. */
  again(text: string): string;
  /** Remembers this event; `compose` writes it whole with the content it is given. */
  remember(event: Remembered, compose: (content: string) => string): void;
};

type Remembered = { readonly raw: JsonObject; readonly choice: JsonObject; readonly like: object | null };

export function createAlike(): Alike {
  let last: { readonly raw: JsonObject; readonly rawKeys: number; readonly choice: JsonObject; readonly choiceKeys: number; readonly before: string; readonly after: string } | null = null;
  /** What was looked at and cannot be written this way need not be looked at again at once. */
  let misses = 0;

  const alike: { -readonly [Member in keyof Alike]: Alike[Member] } = {
    like: null,
    again: (text) => last!.before + quoted(text) + last!.after,
    write(raw, choice, text) {
      if (last === null || !same(raw, last.raw, { keys: last.rawKeys, but: "choices" }) || !same(choice, last.choice, { keys: last.choiceKeys, but: "delta" })) return null;
      misses = 0;
      return alike.again(text);
    },
    remember({ raw, choice, like }, compose) {
      if (misses > 8 || !isPlain(raw, "choices") || !isPlain(choice, "delta")) return;
      misses++;
      const written = compose(MARK);
      const quoted = JSON.stringify(MARK);
      const at = written.indexOf(quoted);
      // Two marks: the provider's own text looks like one, and then no place is certain.
      if (at < 0 || written.includes(quoted, at + 1)) return;
      last = { raw, rawKeys: Object.keys(raw).length, choice, choiceKeys: Object.keys(choice).length, before: written.slice(0, at), after: written.slice(at + quoted.length) };
      alike.like = like;
    },
  };
  return alike;
}

/** As JSON.stringify, which takes longer to begin with than a few letters take to look at. */
function quoted(text: string): string {
  if (text.length > 64) return JSON.stringify(text);
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x20 || unit === 0x22 || unit === 0x5c || unit > 0x7e) return JSON.stringify(text);
  }
  return `"${text}"`;
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
