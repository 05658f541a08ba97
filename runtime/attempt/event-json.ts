// The JSON of one event after another. Most events of a stream differ from the one before in their text and in nothing
// else; such a one is made from the one before, at a fifth of what parsing costs.
//
//   {"id":"…","choices":[{"index":0,"delta":{"content":"│ the text │"},"finish_reason":null}]}
//   └────────────────────── before ─────────────────────┘            └──────── after ────────┘
//
// True of it: what it answers is what `parseJson` would, its members in the same order.
import type { Json } from "#contracts";
import { parseJson } from "../nesting.ts";

export type EventParser = {
  /** Undefined for what is no JSON. What it answers is not to be changed: events share their parts. */
  parse(data: string): Json | undefined;
  /** Of the event parsed last: all that have the same one differ in the text of their only choice, and in nothing else. */
  readonly like: object | null;
};

/** One stream's. */
export function createEventParser(): EventParser {
  let like: Like | null = null;
  /** Streams whose every event differs in more than its text are given up on: looking for a likeness costs too. */
  let misses = 0;

  const parser: { -readonly [Member in keyof EventParser]: EventParser[Member] } = {
    like: null,
    parse(data) {
      const text = like === null ? null : textIn(data, like);
      if (text !== null) {
        misses = 0;
        parser.like = like;
        return withText(like!, text);
      }
      const value = parseJson(data);
      parser.like = null;
      if (misses < MOST_MISSES) {
        misses++;
        parser.like = likeness(data, value);
        like = (parser.like as Like | null) ?? like;
      }
      return value;
    },
  };
  return parser;
}

const MOST_MISSES = 8;

type Members = { readonly [key: string]: Json };
type Like = { readonly before: string; readonly after: string; readonly raw: Members; readonly choice: Members; readonly delta: Members };

/** The text of an event that is like the one before in all else; null where it is not, or the text has an escape in it. */
function textIn(data: string, { before, after }: Like): string | null {
  const end = data.length - after.length;
  // Cut and compared, which the engine does many characters at a time; `startsWith` goes one by one.
  if (end < before.length || data.slice(0, before.length) !== before || data.slice(end) !== after) return null;
  for (let at = before.length; at < end; at++) {
    const unit = data.charCodeAt(at);
    if (unit === QUOTE || unit === BACKSLASH || unit < SPACE) return null;
  }
  return data.slice(before.length, end);
}

function withText({ raw, choice, delta }: Like, text: string): Json {
  return { ...raw, choices: [{ ...choice, delta: { ...delta, content: text } }] };
}

/**
 * Without a backslash every string stands in the data as it is. So the content's own place is among those where its
 * text stands in quotes, and where there is but one such place, it is that.
 */
function likeness(data: string, raw: Json | undefined): Like | null {
  if (!isMembers(raw)) return null;
  const choices = raw["choices"];
  const choice = Array.isArray(choices) && choices.length === 1 ? (choices as readonly Json[])[0] : undefined;
  const delta = isMembers(choice) ? choice["delta"] : undefined;
  if (!isMembers(choice) || !isMembers(delta) || typeof delta["content"] !== "string" || data.includes("\\")) return null;
  const quoted = `"${delta["content"]}"`;
  const at = data.indexOf(quoted);
  if (at < 0 || data.includes(quoted, at + 1)) return null;
  return { before: data.slice(0, at + 1), after: data.slice(at + quoted.length - 1), raw, choice, delta };
}

function isMembers(value: Json | undefined): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
