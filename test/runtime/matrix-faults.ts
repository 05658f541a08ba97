// The table of faults: what an upstream does, of which class that is, and what it had said before. Everything a client or a
// receipt must show follows from these three and from where the fault happens; nothing is written out by hand a second time.
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { FailureClass } from "#contracts";
import type { Answer, Cuts, Then } from "../support/upstream-server.ts";
import type { Wire, WireKind } from "./matrix-wires.ts";

/** What a good upstream says. Characters of one to four bytes, so that a byte that is lost or doubled anywhere shows. */
export const PIECES = ["Grüße ", "aus der ", "Küche 👩‍🍳: ", "das ", "Essen, 世界, ", "ist ", "fertig."];
export const WHOLE = PIECES.join("");

export type Manner = "streamed" | "whole";

export type Fault = {
  readonly name: string;
  /** How it is asked for. */
  readonly in: readonly Manner[];
  readonly answer: Answer;
  /** Null where it is no fault at all, however odd it looks. */
  readonly class: FailureClass | null;
  /** What of the text had come before it. */
  readonly said: string;
};

const BOTH: readonly Manner[] = ["streamed", "whole"];
const STREAMED: readonly Manner[] = ["streamed"];
const ENTIRE: readonly Manner[] = ["whole"];

const STATUSES: readonly (readonly [number, FailureClass])[] = [
  [307, "malformed"], [400, "bad_request"], [401, "auth"], [402, "auth"], [403, "auth"], [404, "bad_request"], [408, "timeout"], [409, "bad_request"],
  [413, "context_exceeded"], [422, "bad_request"], [429, "rate_limit"], [500, "unavailable"], [502, "unavailable"], [503, "overloaded"], [504, "timeout"], [529, "overloaded"],
];

export function faultsOf(wire: Wire): readonly Fault[] {
  return [...atTheHead(wire), ...beforeTheFirstWord(wire), ...inMidStream(wire), ...ofWholeAnswers(wire), ...onlyOdd(wire)];
}

function atTheHead(wire: Wire): Fault[] {
  const fault = (name: string, itsClass: FailureClass, answer: Answer): Fault => ({ name, in: BOTH, answer, class: itsClass, said: "" });
  return [
    ...STATUSES.map(([status, itsClass]) => fault(`${status}`, itsClass, { does: "fails", status, headers: { location: "http://127.0.0.1:1/" } })),
    fault("429 with Retry-After", "rate_limit", { does: "fails", status: 429, headers: { "retry-after": "60" } }),
    fault("503 with a page", "overloaded", { does: "fails", status: 503, body: "<html>busy</html>", headers: { "content-type": "text/html" } }),
    fault("a request that is too long", "context_exceeded", { does: "fails", status: 400, body: wire.tooLong }),
    fault("an error body that is cut", "overloaded", { does: "raw", status: 503, body: '{"error":{"mess', then: "cut" }),
    fault("an endless error body", "overloaded", { does: "raw", status: 503, body: "x".repeat(100_000), then: "hang" }),
    fault("an error under 200", "overloaded", { does: "json", body: wire.overloaded }),
    fault("a page under 200", "malformed", { does: "raw", body: "<!doctype html><p>please log in</p>", headers: { "content-type": "text/html" } }),
    fault("an encoding nobody knows", "malformed", { does: "raw", body: "x", headers: { "content-encoding": "rot13" } }),
    fault("gzip that is none", "malformed", { does: "raw", body: "plain", headers: { "content-type": "text/event-stream", "content-encoding": "gzip" } }),
    fault("a reset connection", "unavailable", { does: "cuts" }),
    fault("what is not HTTP", "malformed", { does: "babbles", text: "SSH-2.0-OpenSSH\r\n" }),
    fault("no answer at all", "timeout", { does: "hangs" }),
  ];
}

function beforeTheFirstWord(wire: Wire): Fault[] {
  const opening = wire.open([]);
  const fault = (name: string, itsClass: FailureClass, answer: Answer): Fault => ({ name, in: STREAMED, answer, class: itsClass, said: "" });
  return [
    fault("an empty stream", "truncated", events("")),
    fault("a head and then nothing", "timeout", { does: "hangs after head" }),
    fault("comments and nothing else", "timeout", events(": ping\n\n".repeat(9), { then: "hang" })),
    fault("an opening and then nothing", "timeout", events(`: hi\n\n${wire.frames(opening)}`, { then: "hang" })),
    fault("an opening and then its end", "truncated", events(`: hi\n\n${wire.frames(opening)}`)),
    fault("an opening that is cut", "truncated", events(`: hi\n\n${wire.frames(opening)}data: {"`, { then: "cut" })),
    fault("garbage for events", "malformed", events("data: what?\n\n", { then: "hang" })),
    fault("a whole answer where a stream was asked for", "malformed", { does: "json", body: wire.whole(WHOLE) }),
    fault("overload before a word", "overloaded", events(wire.frames([JSON.stringify({ type: "error", ...wire.overloaded })]), { then: "hang" })),
    fault("a refusal before a word", "refused", events(wire.frames(wire.full([], wire.refusal)) + wire.mark)),
  ];
}

function inMidStream(wire: Wire): Fault[] {
  const behind = (count: number, name: string, itsClass: FailureClass, more: string | Buffer, how: How = {}): Fault => {
    const body = Buffer.concat([Buffer.from(wire.frames(wire.open(PIECES.slice(0, count)))), Buffer.from(more)]);
    return { name: `${name}, after ${count}`, in: STREAMED, answer: events(body, how), class: itsClass, said: PIECES.slice(0, count).join("") };
  };
  const error = wire.frames([JSON.stringify({ type: "error", ...wire.overloaded })]);
  const next = Buffer.from(wire.frames(wire.open([PIECES[2]!]).slice(-2)));
  return [1, 3, 6].flatMap((count) => [
    behind(count, "a cut", "truncated", "", { then: "cut" }),
    behind(count, "a clean end", "truncated", ""),
    behind(count, "silence", "timeout", "", { then: "hang" }),
    behind(count, "an error event", "overloaded", error, { then: "hang" }),
    behind(count, "garbage", "malformed", "data: {not json\n\n", { then: "hang" }),
  ]).concat([
    behind(2, "a cut at random places of writing", "truncated", "", { then: "cut", cuts: { seed: 7, longest: 40 } }),
    behind(2, "a cut within an event", "truncated", 'data: {"choi', { then: "cut" }),
    behind(2, "an end within an event", "truncated", 'data: {"choi'),
    behind(2, "a cut within a character", "truncated", next.subarray(0, next.indexOf("👩") + 2), { then: "cut" }),
    behind(2, "the connection's end for an end", "truncated", "", { then: "close" }),
    behind(2, "fewer bytes than were promised", "truncated", "", { then: "cut", headers: { "content-length": "100000" } }),
    behind(2, "a list for an event", "malformed", "data: [1,2]\n\n", { then: "hang" }),
    behind(2, "an error named by its event alone", "unavailable", 'event: error\ndata: {"message":"x"}\n\n'),
    behind(2, "a refusal", "refused", wire.frames(wire.full(PIECES.slice(0, 2), wire.refusal).slice(wire.open(PIECES.slice(0, 2)).length)) + wire.mark),
  ]);
}

function ofWholeAnswers(wire: Wire): Fault[] {
  const text = JSON.stringify(wire.whole(WHOLE));
  const half = text.slice(0, text.indexOf("Essen"));
  const json = { "content-type": "application/json" };
  const fault = (name: string, itsClass: FailureClass, answer: Answer): Fault => ({ name, in: ENTIRE, answer, class: itsClass, said: "" });
  return [
    fault("a cut body", "truncated", { does: "raw", body: half, headers: json, then: "cut" }),
    fault("half a body that ends cleanly", "malformed", { does: "raw", body: half, headers: json }),
    fault("half a body and silence", "timeout", { does: "raw", body: half, headers: json, then: "hang" }),
    fault("fewer bytes than were promised", "truncated", { does: "raw", body: half, headers: { ...json, "content-length": "100000" }, then: "cut" }),
    fault("an empty body", "malformed", { does: "raw", body: "", headers: json }),
    fault("an empty object", "malformed", { does: "json", body: {} }),
    fault("a list", "malformed", { does: "json", body: [1] }),
    fault("garbage", "malformed", { does: "raw", body: "{what?", headers: json }),
    fault("a stream where a whole answer was asked for", "malformed", events(wire.frames(wire.full(PIECES)) + wire.mark)),
    fault("a refusal", "refused", { does: "json", body: wire.whole("", wire.refusal) }),
  ];
}

function onlyOdd(wire: Wire): Fault[] {
  const body = wire.frames(wire.full(PIECES)) + wire.mark;
  const streamed = (name: string, answer: Answer): Fault => ({ name, in: STREAMED, answer, class: null, said: WHOLE });
  const whole = (name: string, answer: Answer): Fault => ({ name, in: ENTIRE, answer, class: null, said: WHOLE });
  const text = JSON.stringify(wire.whole(WHOLE));
  const json = { "content-type": "application/json" };
  const held: readonly WireKind[] = ["openai_compatible", "anthropic"];
  return [
    streamed("nothing wrong", events(body)),
    streamed("no mark behind its end", events(wire.frames(wire.full(PIECES)))),
    // Gemini's protocol knows no last event, so there the body's end is part of the answer.
    ...(held.includes(wire.kind) ? [streamed("a connection left open behind the end", events(body, { then: "hang" }))] : []),
    streamed("the connection's end behind the answer's", events(body, { then: "close" })),
    streamed("a byte at a time", events(body, { cuts: "every byte" })),
    streamed("a BOM, comments and CRLF", events(`\ufeff: hi\r\n\r\n${body.replaceAll("\r\n", "\n").replaceAll("\n", "\r\n")}: bye\r\n\r\n`, { cuts: { seed: 3, longest: 30 } })),
    streamed("gzip nobody asked for", events(gzipSync(body), { cuts: { seed: 4, longest: 30 }, headers: { "content-encoding": "gzip" } })),
    streamed("brotli nobody asked for", events(brotliCompressSync(body), { cuts: { seed: 5, longest: 30 }, headers: { "content-encoding": "br" } })),
    streamed("no content type", { does: "raw", body }),
    whole("nothing wrong", { does: "raw", body: text, headers: json }),
    whole("gzip nobody asked for", { does: "raw", body: gzipSync(text), headers: { ...json, "content-encoding": "gzip" } }),
    whole("the connection's end for an end", { does: "raw", body: text, headers: json, then: "close" }),
    whole("space around it, a byte at a time", { does: "raw", body: `\n \n${text}\n`, headers: json, cuts: "every byte" }),
  ];
}

type How = { readonly then?: Then; readonly cuts?: Cuts; readonly headers?: Readonly<Record<string, string>> };

function events(body: string | Buffer, { headers, ...how }: How = {}): Answer {
  return { does: "raw", body, headers: { "content-type": "text/event-stream", ...headers }, ...how };
}

/** The upstream would go on for ever: only we can end it. */
export function neverEnds({ answer }: Fault): boolean {
  return answer.does === "hangs" || answer.does === "hangs after head" || ("then" in answer && answer.then === "hang");
}
