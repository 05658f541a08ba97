// A call's arguments read while they stream: what their leaves are, and that no cut changes it.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readArguments } from "../../../runtime/stream/arguments.ts";

type Leaf = { readonly text: string; readonly raw: string };

function leavesOf(pieces: readonly string[]): readonly Leaf[] {
  const json = pieces.join("");
  const leaves: Leaf[] = [];
  let text = "";
  const reader = readArguments({
    begin: () => void (text = ""),
    text: (piece) => void (text += piece),
    end: (from, to) => void leaves.push({ text, raw: json.slice(from, to) }),
  });
  for (const piece of pieces) reader.push(piece);
  reader.finish();
  return leaves;
}

const textsOf = (...pieces: string[]): readonly string[] => leavesOf(pieces).map((leaf) => leaf.text);

/** Every string, name, number and word of a document, in order. */
function expected(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(expected);
  if (typeof value === "object" && value !== null) return Object.entries(value).flatMap(([key, inner]) => [key, ...expected(inner)]);
  return [JSON.stringify(value)];
}

function cutAt(text: string, places: readonly number[]): readonly string[] {
  const cuts = [...new Set([0, ...places.map((place) => place % (text.length + 1)), text.length])].sort((a, b) => a - b);
  return cuts.slice(1).map((end, at) => text.slice(cuts[at], end));
}

/** The same JSON with some characters written as escapes. */
function escaped(json: string, some: readonly boolean[]): string {
  let inside = false;
  let out = "";
  for (let at = 0; at < json.length; at++) {
    const char = json[at]!;
    if (char === "\\") {
      const length = json[at + 1] === "u" ? 6 : 2;
      out += json.slice(at, at + length);
      at += length - 1;
      continue;
    }
    if (char === '"') inside = !inside;
    out += inside && char !== '"' && some[at % some.length] === true ? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}` : char;
  }
  return out;
}

const document = fc.dictionary(fc.string({ unit: "binary", maxLength: 6 }).filter((key) => key !== "__proto__"), fc.jsonValue({ maxDepth: 2, stringUnit: "binary" }), { maxKeys: 4 });
const places = fc.array(fc.nat(400), { maxLength: 12 });

describe("the leaves of a document", () => {
  test("are its names, strings, numbers and words, decoded and in order", () => {
    expect(textsOf('{"path": "caf\\u00e9\\n", "n": [1, -2.5e3 , true, null], "": ""}')).toEqual(["path", "café\n", "n", "1", "-2.5e3", "true", "null", "", ""]);
  });

  test("are decoded wherever an escape is cut, in the middle of a surrogate pair too", () => {
    const json = '{"a":"x\\u00e9\\ud83d\\ude00\\"\\\\y"}';
    for (let cut = 0; cut <= json.length; cut++) expect(textsOf(json.slice(0, cut), json.slice(cut))).toEqual(["a", 'xé😀"\\y']);
    expect(textsOf(...json)).toEqual(["a", 'xé😀"\\y']);
  });

  test("stand where they stood, quotes and all", () => {
    expect(leavesOf(['{"a": 12 ,"b":"\\t"}']).map((leaf) => leaf.raw)).toEqual(['"a"', "12", '"b"', '"\\t"']);
  });

  test.each<[string, string, readonly string[]]>([
    ["nothing at all", "", []],
    ["white space", " \n", []],
    ["a document that breaks off in a string", '{"a":"rm -r', ["a", "rm -r"]],
    ["one that breaks off in an escape", '{"a":"x\\u00', ["a", "x\\u00"]],
    ["one that breaks off behind a backslash", '{"a":"x\\', ["a", "x\\"]],
    ["an escape that is none", '{"a":"\\x41\\u00g1"}', ["a", "\\x41\\u00g1"]],
    ["two documents", '{"a":1}{"b":2}', ["a", "1", "b", "2"]],
    ["names without quotes", "{cmd: rm -rf /}", ["cmd", "rm -rf /"]],
    ["commas that are missing", '{"a" "b" 1 "c"}', ["a", "b", "1", "c"]],
    ["text that is no document", 'rm -rf /, "all": {}', ['rm -rf /, "all": {}']],
    ["a document in a string", '"{\\"a\\":1}"', ['{"a":1}']],
  ])("of %s are what there is to read", (_, json, leaves) => {
    expect(textsOf(json)).toEqual(leaves);
    expect(textsOf(...json)).toEqual(leaves);
  });

  test("are the same for every document as its JSON says, escapes, spaces and cuts or not", () => {
    fc.assert(
      fc.property(document, places, fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }), fc.constantFrom(0, 1, "\t"), (value, cuts, some, space) => {
        const json = escaped(JSON.stringify(value, null, space), some);
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(textsOf(...cutAt(json, cuts))).toEqual(expected(JSON.parse(json)));
      }),
      { numRuns: 300 },
    );
  });

  test("of any text do not hang on how it is cut", () => {
    const near = fc.array(fc.constantFrom('"', "\\", "u", "0", "é", "{", "}", ":", ",", " ", "n", "\ud83d", "\ude00", "a1"), { maxLength: 30 }).map((all) => all.join(""));
    fc.assert(fc.property(near, places, (text, cuts) => void expect(leavesOf(cutAt(text, cuts))).toEqual(leavesOf([text]))), { numRuns: 500 });
  });
});
