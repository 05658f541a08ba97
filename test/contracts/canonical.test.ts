import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonical, canonicalOf, digest, type Json } from "#contracts";

/** The same by the platform: members put in order, then written. */
function byThePlatform(value: Json): string {
  return JSON.stringify(value, (_key, one: Json) =>
    one !== null && typeof one === "object" && !Array.isArray(one) ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))) : one,
  );
}

/** No key is a number: the platform writes those first, wherever they were put. */
const aKey = fc.string({ unit: "grapheme" }).filter((key) => !/^\d+$/.test(key) && key !== "__proto__" && key.isWellFormed());
const aValue = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Json>(null, true, false, "", "\"\\/\b\f\n\r\t", "\u007f\u2028é😀", -0, 1e21, 1e-7),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ unit: "binary" }).filter((text) => text.isWellFormed()),
    fc.array(tie("value")),
    fc.dictionary(aKey, tie("value")),
  ),
})).value;

describe("the canonical text", () => {
  it("is what the platform writes of the value with its members in order", () => {
    fc.assert(
      fc.property(aValue, (value) => {
        expect(canonical(value)).toBe(byThePlatform(value));
      }),
      { numRuns: 500 },
    );
  });

  it("of an object is that of its members, put in order", () => {
    fc.assert(
      fc.property(fc.dictionary(aKey, aValue), (value) => {
        expect(canonicalOf(Object.fromEntries(Object.entries(value).map(([key, member]) => [key, canonical(member)])))).toBe(canonical(value));
      }),
    );
  });

  it("orders members by code units, leaves out undefined ones and puts no white space", () => {
    expect(canonical({ "\u{1f600}": 1, "ﬀ": 2, b: undefined, a: [], "": {}, 10: 3, 9: 4 })).toBe('{"":{},"10":3,"9":4,"a":[],"\u{1f600}":1,"ﬀ":2}');
  });

  it("does not exist of what JSON cannot say", () => {
    for (const value of [Number.NaN, Infinity, "\ud800", { "\udc00": 1 }, ["\ud83d"]]) expect(() => canonical(value)).toThrow(TypeError);
  });

  it("is what a digest is made of", () => {
    expect(digest({ b: 1, a: 2 })).toBe(digest({ a: 2, b: 1 }));
    expect(digest({})).toBe("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  });
});
