// What an answer is checked against, held against the platform's own RegExp and against answers that were written to make
// checking long: a model's text is not to be trusted.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json } from "#contracts";
import { expectationOf, type ExpectedSchema } from "#runtime/stream";
import { readSchema, readSearched } from "../../../compiler/patterns/index.ts";
import { createTwins } from "../../../runtime/stream/distinct.ts";
import { testsOf } from "../../../runtime/stream/search.ts";
import { anyText } from "./rules.ts";

function expectation(schema: Json): (text: string) => readonly string[] {
  const read = readSchema(schema);
  if (!read.ok) throw new Error(read.problem);
  return expectationOf({ kind: "schema", schema, ...(read.patterns === null ? {} : { patterns: read.patterns }) } as ExpectedSchema);
}

/** Together in one schema, as a bundle has them. */
function together(sources: readonly string[]): readonly ((text: string) => boolean)[] {
  const read = readSchema({ allOf: sources.map((pattern) => ({ pattern })) });
  if (!read.ok) throw new Error(read.problem);
  const tests = testsOf(read.patterns!);
  return sources.map((source) => tests(source)!);
}

/**
 * As schemas have them: anchored or not, and often good with nothing at all. Not with `(?i:…)`, which the platform lets
 * out of its group: `(?i:k)|\W` does not find "ſ" and `\W|(?i:k)` does; `(?i:\b)\Sa|[ab]` finds "kA".
 */
const anySource: fc.Arbitrary<string> = (() => {
  const atom = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom("a", "b", "k", "A", " ", "_", "ab", "é", "😀", "\\u{1F600}", "\\uD83D", "\\/") },
    { weight: 4, arbitrary: fc.constantFrom("[ab]", "[^a]", "[b-k]", "\\w", "\\W", "\\s", "\\S", ".", "[^\\w]", "\\d", "\\n", "\\p{L}", "\\P{Lu}", "[^😀]", "[]", "[^]", "[ſk]") },
    { weight: 3, arbitrary: fc.constantFrom("\\b", "\\B", "^", "$", "(?m:^)", "(?m:$)", "(?s:.)", "") },
  );
  const { tree } = fc.letrec<{ tree: string; atom: string }>((tie) => ({
    atom,
    tree: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      tie("atom"),
      fc.array(tie("tree"), { minLength: 1, maxLength: 3 }).map((of) => of.join("")),
      fc.array(tie("tree"), { minLength: 2, maxLength: 3 }).map((of) => `(${of.join("|")})`),
      fc.tuple(tie("tree"), fc.constantFrom("?", "*", "+", "+?", "{0}", "{2}", "{1,3}", "{0,2}", "{2,}")).map(([of, how]) => `(?:${of})${how}`),
    ),
  }));
  const edges = fc.constantFrom("", "^", "$");
  return fc.tuple(edges, tree, edges).map(([first, of, last]) => `${first === "^" ? "^" : ""}${of}${last === "$" ? "$" : ""}`).filter(isPlatforms);
})();

function isPlatforms(source: string): boolean {
  try {
    return new RegExp(source, "u") instanceof RegExp;
  } catch {
    return false;
  }
}

const anyAnswer = anyText(12, ["😀", "é", "\u212a", "\u{1F600}", "\ud83d", "\ude00", "\r", "\u2028", "-"]);

describe("a schema's pattern", () => {
  test("is found in exactly the texts in which the platform finds it, alone and beside others", () => {
    let found = 0;
    let asked = 0;
    fc.assert(
      fc.property(fc.array(anySource, { minLength: 1, maxLength: 3 }), fc.array(anyAnswer, { minLength: 1, maxLength: 6 }), (sources, texts) => {
        const tests = together(sources);
        for (const text of [...texts, ""]) {
          for (const [at, source] of sources.entries()) {
            const match = new RegExp(source, "u").exec(text);
            // Where it takes no text, the platform looks between the halves of a character too, which are one by the standard.
            if (match !== null && /[\ud800-\udbff]/.test(text[match.index - 1] ?? "") && /[\udc00-\udfff]/.test(text[match.index] ?? "")) continue;
            const platform = match !== null;
            expect(tests[at]!(text), `/${source}/u in ${JSON.stringify(text)}`).toBe(platform);
            asked++;
            if (platform) found++;
          }
        }
      }),
      { numRuns: 1500 },
    );
    // Neither everything nor nothing was found.
    expect(Math.min(found, asked - found) / asked).toBeGreaterThan(0.1);
  });

  test.each([
    ["", "", true],
    ["^$", "", true],
    ["^$", "a", false],
    ["^[a-z]*$", "", true],
    ["^[a-z]*$", "ab", true],
    ["^[a-z]*$", "aB", false],
    ["\\b", " ", false],
    ["\\b", " a", true],
    ["\\B", "ab", true],
    ["^(?:\\d{4}-\\d\\d-\\d\\d)?$", "2026-11-23", true],
    ["^.$", "😀", true],
    ["^.$", "\ud83d", true],
    ["^\\S+@\\S+$", "a@b@c", true],
  ] as const)("/%s/u in %j: %s", (source, text, answer) => {
    expect([together([source])[0]!(text), new RegExp(source, "u").test(text)]).toEqual([answer, answer]);
  });

  test("that ignores case does so in its group alone, whichever of its alternatives comes first", () => {
    expect(together(["(?i:\\b)\\Sa|[ab]", "(?i:k)a"]).map((finds) => ["kA", "Ka", "KA"].map(finds))).toEqual([[false, true, false], [false, true, false]]);
    expect(together(["(?i:k)|\\W", "\\W|(?i:k)"]).map((finds) => ["ſ", "\u212a", "K", "a"].map(finds))).toEqual([[true, true, true, false], [true, true, true, false]]);
  });

  test("of more states than are kept is found as the others are, in one text after another", () => {
    const source = "a[ab]{9}c|b\\b[^c]{12}$|^(?:[ab]{40}){2,3}$";
    const [finds] = together([source]);
    const platform = new RegExp(source, "u");
    const seen = [0, 0];
    const anyLong = fc.array(fc.constantFrom("a", "b", "ab", "bb", "ba", "aab", "babb", "c", " "), { minLength: 10, maxLength: 60, size: "max" }).map((all) => all.join(""));
    for (const text of fc.sample(anyLong, { numRuns: 2000, seed: 11 })) {
      expect(finds!(text), text).toBe(platform.test(text));
      seen[platform.test(text) ? 1 : 0]!++;
    }
    expect(Math.min(...seen)).toBeGreaterThan(200);
  });

  test.each([
    ["(?<=a)b", "not-regular"],
    ["a(?!b)", "not-regular"],
    ["(a)\\1", "not-regular"],
    ["(?<n>a)\\k<n>", "not-regular"],
    ["^.{0,6000}$", "too-large"],
    ["^(?:a?){1000}b$", "too-large"],
    ["a(", "syntax"],
    ["\\-", "syntax"],
  ] as const)("/%s/u is none: %s", (source, kind) => {
    expect(readSearched(source)).toMatchObject({ ok: false, problem: { kind } });
  });
});

/** Each is of those with which backtracking takes time without end; a test that hangs is how they fail. */
const KILLERS: readonly (readonly [pattern: string, of: (length: number) => string])[] = [
  ["^(a+)+$", (length) => `${"a".repeat(length)}!`],
  ["^(a|a)*$", (length) => `${"a".repeat(length)}!`],
  ["^(a|ab|b)*c?(a|ab|b)*$", (length) => `${"ab".repeat(length / 2)}!`],
  ["^([a-zA-Z0-9._-]+)+@example\\.com$", (length) => "a.".repeat(length / 2)],
  ["(x+x+)+y", (length) => "x".repeat(length)],
  ["^(?:.*,){12}P", (length) => "1,".repeat(length / 2)],
  ["\\s+$", (length) => `${" ".repeat(length)}x`],
  ["^(?:.*a)?.{40}c$", (length) => "ab".repeat(length / 2)],
  ["a[ab]{64}c", (length) => Array.from({ length }, (_, at) => ((at * at) % 7 < 3 ? "a" : "b")).join("")],
  ["(?:\\w+\\s?)*$x|^(\\w+\\s?)*$", (length) => `${"ab ".repeat(length / 3)}!`],
];

describe("an answer written to be long in checking", () => {
  test.each(KILLERS)("against /%s/ takes a step for each character and no more", (source, of) => {
    const read = readSchema({ pattern: source });
    if (!read.ok) throw new Error(read.problem);
    const find = testsOf(read.patterns!)(source)!;
    for (const length of [28, 10_000, 100_000]) {
      let steps = 0;
      // What is read of a text is asked of it by place; a text that counts is one the platform's own would never end with.
      const text = of(length);
      const counted = { length: text.length, codePointAt: (at: number) => (steps++, text.codePointAt(at)) };
      expect(find(counted as unknown as string)).toBe(false);
      expect(steps).toBe(text.length);
    }
  });

  test("is refused as a whole: as a text, as a name, in a list", () => {
    const long = `${"a".repeat(100_000)}!`;
    const killer = { pattern: "^(a+)+$" };
    expect(expectation(killer)(JSON.stringify(long))).toEqual(['the answer must match pattern "^(a+)+$"']);
    expect(expectation({ type: "object", patternProperties: { "^(a+)+$": false }, additionalProperties: { type: "number" } })(JSON.stringify({ [long]: 1 }))).toEqual([]);
    expect(expectation({ propertyNames: killer })(JSON.stringify({ [long]: 1 })).length).toBeGreaterThan(0);
    expect(expectation({ items: killer })(JSON.stringify([long, "aaa"]))).toEqual(['/0 must match pattern "^(a+)+$"']);
  });

  test("of a hundred thousand items that must differ is told apart in one pass", () => {
    const items = Array.from({ length: 100_000 }, (_, at) => ({ at, name: "x" }));
    const unique = expectation({ type: "array", uniqueItems: true });
    expect(unique(JSON.stringify(items))).toEqual([]);
    expect(unique(JSON.stringify([...items, { name: "x", at: 7 }]))).toEqual(["the answer must NOT have duplicate items (items ## 7 and 100000 are identical)"]);
  });

  test("of lists in lists that must each differ is read once, however deep", () => {
    const unique = expectation({ $ref: "#/$defs/list", $defs: { list: { uniqueItems: true, items: { $ref: "#/$defs/list" } } } });
    let nested: Json = "x".repeat(100_000);
    for (let level = 0; level < 480; level++) nested = [nested, [level, level + 1]];
    expect(unique(JSON.stringify(nested))).toEqual([]);
    expect(unique(JSON.stringify([nested, nested]))).toEqual(["the answer must NOT have duplicate items (items ## 0 and 1 are identical)"]);
  });

  test("that a schema would look at in more ways than can be counted is given up, and a plain one is not", () => {
    const tree = (ops: readonly string[]): Json => ({
      $ref: "#/$defs/e",
      $defs: { e: { oneOf: [{ type: "number" }, ...ops.map((op) => ({ type: "object", properties: { left: { $ref: "#/$defs/e" }, right: { $ref: "#/$defs/e" }, op: { const: op } }, required: ["op", "left", "right"] }))] } },
    });
    const deep = (levels: number): string => `${'{"op":"+","right":1,"left":'.repeat(levels)}1${"}".repeat(levels)}`;
    const check = expectation(tree(["+", "-", "*"]));
    expect(check(deep(6))).toEqual([]);
    expect(check(deep(60))).toEqual(["the answer cannot be checked"]);
    // The one before leaves nothing behind.
    expect(check(deep(6))).toEqual([]);
    const list = expectation({ items: { $ref: "#/$defs/n" }, $defs: { n: { anyOf: [{ type: "string" }, { $ref: "#/$defs/m" }] }, m: { type: "array", items: { $ref: "#/$defs/n" } } } });
    expect(list(JSON.stringify(Array.from({ length: 100_000 }, () => ["a"])))).toEqual([]);
  });

  test("of which each part is wrong is told one thing of, where there are thousands", () => {
    const schema = { items: { $ref: "#/$defs/n" }, $defs: { n: { type: "string", not: { $ref: "#/$defs/m" } }, m: { items: { $ref: "#/$defs/n" } } } };
    const wrong = (length: number): string => JSON.stringify(Array.from({ length }, () => 1));
    expect(expectation(schema)(wrong(200_000)).length).toBeLessThanOrEqual(2);
    expect(expectation({ items: { type: "string" } })(wrong(20))).toHaveLength(9);
  });

  test("with names the platform's objects have is checked, or said not to be", () => {
    const answer = '[{"valueOf":1},{"toString":2},{"__proto__":3},{"constructor":4}]';
    expect(expectation({ uniqueItems: true })(answer)).toEqual([]);
    expect(expectation({ items: { enum: [{ a: 1 }] } })(answer)).toEqual(["the answer cannot be checked"]);
  });
});

test("items are the same exactly if they are the same JSON", () => {
  const scalar = fc.constantFrom<Json>(null, true, false, 0, -0, 1, "", "1", "null", "a\ud800", '"', "[1]", "{}", "__proto__");
  const { value } = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof({ maxDepth: 2 }, scalar, fc.array(tie("value"), { maxLength: 2 }) as fc.Arbitrary<Json>, fc.dictionary(fc.constantFrom("a", "b", "a\":"), tie("value"), { maxKeys: 2 }) as fc.Arbitrary<Json>),
  }));
  const same = (a: unknown, b: unknown): boolean => {
    if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
    if (Array.isArray(a) !== Array.isArray(b)) return false;
    const [one, two] = [a as Record<string, unknown>, b as Record<string, unknown>];
    const names = Object.keys(one);
    return names.length === Object.keys(two).length && names.every((name) => Object.hasOwn(two, name) && same(one[name], two[name]));
  };
  const twins = createTwins();
  fc.assert(
    fc.property(fc.array(value, { maxLength: 5 }), (list) => {
      const expected = list.flatMap((one, at) => { const before = list.slice(0, at).findIndex((other) => same(one, other)); return before < 0 ? [] : [[at, before]]; })[0] ?? null;
      expect(twins.of(list)).toEqual(expected);
      if (list.length === 2) twins.forget();
    }),
    { numRuns: 2000 },
  );
  expect(twins.of(JSON.parse("[1e999,null]") as unknown[])).toBeNull();
});
