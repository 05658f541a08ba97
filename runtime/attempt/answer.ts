// One answer, of any protocol. In: its head and bytes as the transport tells them. Out: chunks, and one end with the
// class of what went wrong. True afterwards: an answer that was not complete is never reported as ended.
//
//   head ─▶ error status ── bounded body ──▶ failed(class)
//        ├▶ a stream was asked ── events ──▶ chunk* ──▶ its last event, or the end when all is finished ──▶ ended
//        └▶ a whole answer was asked ── bounded body ──▶ chunk ──▶ ended
import type { Json } from "#contracts";
import { parseJson } from "../nesting.ts";
import type { JsonObject, Part } from "../stream/part.ts";
import { createBodyReader, type BodyReader } from "./body.ts";
import { createEventParser } from "./event-json.ts";
import { failureOfConnection, failureOfError, failureOfStatus, malformed, readError, readRetryAfter, truncated } from "./outcome.ts";
import { createSseReader, type SseReader } from "./sse.ts";
import type { HttpHead, HttpSink } from "./transport.ts";
import type { Failure, UpstreamSink } from "./upstream.ts";
import type { WireReader } from "./wire.ts";

export type Asked = {
  readonly wire: WireReader;
  readonly stream: boolean;
  /** Milliseconds since 1970, for a `Retry-After` that is a date. */
  now(): number;
  /** Texts no client may see. */
  readonly secrets: readonly string[];
  /** Headers that may carry the provider's id of the call, the best first. */
  readonly requestIdHeaders: readonly string[];
  /** The answer is over before its body is: what is still to come is of no use. */
  over(how: "complete" | "broken"): void;
};

/** `silence()` makes sure that nothing is told any more, whatever of a piece is still to be read. */
export type AnswerReader = HttpSink & { silence(): void };

export function readAnswer(asked: Asked, sink: UpstreamSink): AnswerReader {
  const { wire } = asked;
  const events = createEventParser();
  let mode: Mode | null = null;
  let over = false;
  let empty = true;
  const branches = new Set<string | number>();
  let said = 0;
  let atEnd = false;

  return {
    connected: () => sink.connected(),
    head(head) {
      sink.opened(head.status, requestIdOf(head, asked));
      if (!over) mode = modeFor(head);
    },
    data(bytes) {
      if (over || mode === null) return;
      empty = false;
      if (mode.kind === "events") {
        if (!mode.reader.push(bytes)) fail(malformed("an event longer than can be held"));
      } else if (!mode.body.push(bytes)) {
        endBody(mode, "too long");
      }
    },
    end() {
      if (over || mode === null) return;
      if (mode.kind !== "events") return endBody(mode, "whole");
      atEnd = true;
      mode.reader.finish();
      if (!over) endEvents(mode.reader.recognised || empty ? truncated() : malformed(NO_EVENTS));
    },
    broke(error) {
      if (over) return;
      if (mode?.kind === "error") return endBody(mode, "cut");
      if (mode?.kind === "events") return endEvents(failureOfConnection(error, "within the answer"));
      fail(failureOfConnection(error, mode === null ? "before the answer" : "within the answer"));
    },
    silence() {
      over = true;
    },
  };

  function modeFor(head: HttpHead): Mode {
    if (head.status < 200 || head.status > 299) {
      const retryAfter = readRetryAfter((name) => head.header(name), asked.now());
      return { kind: "error", status: head.status, retryAfter, body: createBodyReader(LONGEST_ERROR) };
    }
    // An error, or an answer by a server that does not stream, may come as JSON where events were asked for.
    const isJson = /^application\/([\w.+-]+\+)?json\b/i.test(head.header("content-type") ?? "");
    if (!asked.stream) return { kind: "whole", body: createBodyReader(LONGEST_ANSWER) };
    if (isJson) return { kind: "not events", body: createBodyReader(LONGEST_ERROR) };
    return { kind: "events", reader: createSseReader(readEvent) };
  }

  function readEvent(data: string, event: string | undefined): void {
    if (over) return;
    if (data === wire.doneMark) return endEvents(wire.began ? null : malformed(EMPTY));
    const raw = events.parse(data);
    if (!isObject(raw)) {
      // The last event of a body that was cut in the middle is no garbage.
      if (!atEnd) fail(malformed("an event that is not a JSON object"));
      return;
    }
    const error = errorIn(raw);
    if (event === "error" || error !== null) return failBy(error ?? raw);
    deliver(raw, wire.read(raw), events.like);
    if (wire.ended) endEvents(wire.began ? null : malformed(EMPTY));
  }

  function deliver(raw: JsonObject, parts: Part[], like: object | null): void {
    for (const part of parts) {
      if (part.kind === "tool") branches.add(`${part.choice}/${part.index}`);
      else if ("choice" in part && part.choice !== 0) branches.add(part.choice);
      said += part.kind === "tool" ? part.arguments.length : "text" in part ? part.text.length : 0;
    }
    if (branches.size > MOST_BRANCHES || said > LONGEST_SAID) return fail(malformed("more than can be held"));
    if (wire.fault === null) return sink.chunk({ protocol: wire.protocol, raw, parts, like });
    // A refusal is a failure, so that a cascade may move on: nothing of it goes out, only what it cost is told.
    const usage = parts.filter((part) => part.kind === "usage");
    if (usage.length > 0) sink.chunk({ protocol: wire.protocol, raw: wire.emptied(raw), parts: usage });
  }

  /** `otherwise` is what it is where the answer was not complete; null where the provider said that it is. */
  function endEvents(otherwise: Failure | null): void {
    if (over) return;
    if (wire.fault !== null) return fail(wire.fault);
    if (otherwise !== null && !wire.finished) return fail(otherwise);
    end();
  }

  function endBody(mode: BodyMode, how: "whole" | "too long" | "cut"): void {
    const raw = how === "too long" ? undefined : parseJson(mode.body.text());
    switch (mode.kind) {
      case "error":
        return fail(failureOfStatus(mode.status, { error: readError(raw), retryAfter: mode.retryAfter, secrets: asked.secrets }));
      case "not events":
        return isObject(raw) && readError(raw) !== null ? failBy(raw) : fail(malformed(NO_EVENTS));
      case "whole":
        if (how === "too long") return fail(malformed("more than can be held"));
        if (!isObject(raw)) return fail(malformed("something that is not a JSON object"));
        return endWhole(raw);
      default:
        return mode satisfies never;
    }
  }

  function endWhole(raw: JsonObject): void {
    const error = errorIn(raw);
    if (error !== null) return failBy(error);
    const parts = wire.read(raw);
    if (!wire.began) return readError(raw) === null ? fail(malformed(EMPTY)) : failBy(raw);
    deliver(raw, parts, null);
    if (over) return;
    if (wire.fault !== null) fail(wire.fault);
    else end();
  }

  function failBy(raw: JsonObject): void {
    fail(failureOfError(readError(raw) ?? { message: null, code: null, type: null, status: null, flagged: false }, asked.secrets));
  }

  function end(): void {
    if (over) return;
    over = true;
    asked.over("complete");
    sink.ended();
  }

  function fail(failure: Failure): void {
    if (over) return;
    over = true;
    asked.over("broken");
    sink.failed(failure);
  }
}

/** Whoever works on an answer goes through its choices and calls again and again, so their number has a bound. */
const MOST_BRANCHES = 1000;
/** Characters. Protocols that say all of an answer again at its end must keep it until then, and no model writes so much. */
const LONGEST_SAID = 16 * 1024 * 1024;

/** What in an answer says that it is an error: of the whole, of its first choice (OpenRouter), or of its `response`. */
function errorIn(raw: JsonObject): JsonObject | null {
  if (isObject(raw["error"]) || typeof raw["error"] === "string") return raw;
  const { choices, response } = raw;
  if (isObject(response) && isObject(response["error"])) return response;
  const first: Json | undefined = Array.isArray(choices) ? (choices as readonly Json[])[0] : undefined;
  return isObject(first) && isObject(first["error"]) ? first : null;
}

type BodyMode =
  | { readonly kind: "error"; readonly status: number; readonly retryAfter: number | null; readonly body: BodyReader }
  | { readonly kind: "not events"; readonly body: BodyReader }
  | { readonly kind: "whole"; readonly body: BodyReader };
type Mode = BodyMode | { readonly kind: "events"; readonly reader: SseReader };

const NO_EVENTS = "something that is not an event stream";
const EMPTY = "an answer that says nothing";

const LONGEST_ERROR = 64 * 1024;
const LONGEST_ANSWER = 64 * 1024 * 1024;

/** It is written down, so a provider that puts our own key there has given none. */
function requestIdOf(head: HttpHead, { requestIdHeaders, secrets }: Pick<Asked, "requestIdHeaders" | "secrets">): string | null {
  for (const name of requestIdHeaders) {
    const value = head.header(name);
    if (value !== undefined && /^[\x21-\x7e]{1,200}$/.test(value) && !secrets.some((secret) => secret !== "" && value.includes(secret))) return value;
  }
  return null;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
