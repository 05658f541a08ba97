import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createSseReader } from "../../../runtime/attempt/sse.ts";
import { cut } from "../../support/upstream-server.ts";

type Event = { readonly data: string; readonly event: string | undefined };

function readAll(pieces: readonly Uint8Array[]): Event[] {
  const events: Event[] = [];
  const reader = createSseReader((data, event) => events.push({ data, event }));
  for (const piece of pieces) reader.push(piece);
  reader.finish();
  return events;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const line = fc.string({ unit: fc.constantFrom("a", " ", ":", "é", "漢", "😀", "\u2028", "{", '"'), maxLength: 12 });

test("what is read does not depend on where the bytes were cut", () => {
  const newline = fc.constantFrom("\n", "\r\n", "\r");
  const events = fc.array(fc.record({ data: fc.array(line, { minLength: 1, maxLength: 3 }), comment: fc.option(line), name: fc.option(fc.constantFrom("error", "message")) }), { maxLength: 6 });
  fc.assert(
    fc.property(events, newline, fc.boolean(), fc.integer(), (events, nl, bom, seed) => {
      const text = events
        .map(({ data, comment, name }) => `${comment === null ? "" : `:${comment}${nl}`}${name === null ? "" : `event: ${name}${nl}`}${data.map((one) => `data: ${one}${nl}`).join("")}${nl}`)
        .join("");
      const wire = bytes(`${bom ? "\ufeff" : ""}${text}`);
      const expected = events.map(({ data, name }) => ({ data: data.join("\n"), event: name ?? undefined }));
      expect(readAll([wire])).toEqual(expected);
      expect(readAll(cut(wire, "every byte"))).toEqual(expected);
      expect(readAll(cut(wire, { seed, longest: 7 }))).toEqual(expected);
    }),
  );
});

test("every two-piece cut of a stream with every oddity reads the same", () => {
  const wire = bytes('\ufeff: hi\r\ndata: {"a":"😀é"}\r\n\r\nretry: 10\nid: 1\nevent: x\ndata:no space\ndata\n\n:\n\ndata: [DONE]');
  const whole = readAll([wire]);
  expect(whole).toEqual([
    { data: '{"a":"😀é"}', event: undefined },
    { data: "no space\n", event: "x" },
    { data: "[DONE]", event: undefined },
  ]);
  for (let at = 0; at <= wire.length; at++) expect(readAll([wire.subarray(0, at), wire.subarray(at)])).toEqual(whole);
});

test("broken UTF-8 becomes a replacement character and nothing is lost", () => {
  expect(readAll([new Uint8Array([...bytes("data: a"), 0xff, 0xe2, 0x82, ...bytes("b\n\n")])])).toEqual([{ data: "a\ufffd\ufffdb", event: undefined }]);
});

test("text that is no event stream is not recognised, a lone comment is", () => {
  const alien = createSseReader(() => {});
  alien.push(bytes("<html>\n<p>hello</p>\n\n"));
  alien.finish();
  expect(alien.recognised).toBe(false);
  const comment = createSseReader(() => {});
  comment.push(bytes(": ping\n\n"));
  comment.finish();
  expect(comment.recognised).toBe(true);
});

test("an event longer than anyone may send is given up, not held", () => {
  const reader = createSseReader(() => {});
  const piece = bytes(`data: ${"x".repeat(1024 * 1024 - 6)}`);
  let followed = reader.push(piece);
  const more = bytes("x".repeat(1024 * 1024));
  for (let i = 0; i < 40 && followed; i++) followed = reader.push(more);
  expect(followed).toBe(false);
  expect(reader.push(more)).toBe(false);
  expect(reader.finish()).toBe(false);
});
