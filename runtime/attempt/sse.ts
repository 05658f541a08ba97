// Server-sent events out of bytes, cut anywhere: within a character, within CRLF, within a field's name.
//
// In: pieces of a body. Out: the `data` of each event. True afterwards: what was told does not depend on the cuts, and
// no more than `LONGEST_EVENT` characters are ever held.
import { createParser } from "eventsource-parser";

export type SseReader = {
  /** False when the stream cannot be followed any further, an event being longer than anyone may send. */
  push(bytes: Uint8Array): boolean;
  /** The body's end. An event without its closing blank line still counts: several servers end with a bare `[DONE]`. */
  finish(): boolean;
  /** An event or a comment was read: this is an event stream and not just any text. */
  readonly recognised: boolean;
};

/** `event` is the event's name, undefined where it has none. */
export function createSseReader(onEvent: (data: string, event: string | undefined) => void): SseReader {
  // Without `fatal` a broken sequence becomes U+FFFD, as in every SSE client. It also takes a leading BOM away.
  const decoder = new TextDecoder("utf-8");
  let followed = true;
  const parser = createParser({
    onEvent(message) {
      reader.recognised = true;
      onEvent(message.data, message.event);
    },
    onComment() {
      reader.recognised = true;
    },
    onError(error) {
      if (error.type === "max-buffer-size-exceeded") followed = false;
    },
    maxBufferSize: LONGEST_EVENT,
  });
  const reader: { -readonly [Member in keyof SseReader]: SseReader[Member] } = {
    recognised: false,
    push(bytes) {
      if (followed) parser.feed(decoder.decode(bytes, STREAMING));
      return followed;
    },
    finish() {
      if (followed) parser.feed(`${decoder.decode()}\n\n`);
      return followed;
    },
  };
  return reader;
}

/** Characters. A whole answer may come as one event (tool calls with files in them), but not without bound. */
const LONGEST_EVENT = 32 * 1024 * 1024;
const STREAMING = { stream: true } as const;
