// What the governor of a block does, by example.
import { type ActiveRule, type BlockGovernor, governText, type Match } from "#runtime/stream";
import { describe, expect, test } from "vitest";
import { BLOCK, governor, lanesOf, NOTE, redact, rule } from "./rules.ts";

/** What goes out after each piece, and at the end. */
function released(governing: BlockGovernor, ...pieces: readonly string[]): readonly string[] {
  return [...pieces.map((piece) => governing.push(piece).release), governing.finish().release];
}

function all(governing: BlockGovernor, ...pieces: readonly string[]): readonly Match[] {
  return [...pieces.flatMap((piece) => governing.push(piece).matches), ...governing.finish().matches];
}

const oldClient = rule("rule:no-old-client", /OldClient\s{0,8}\(/, BLOCK);

describe("release", () => {
  test("a split match is held from its first character", () => {
    const one = governor([oldClient]);
    expect(one.push("call Old").release).toBe("call ");
    expect(one.held).toBe(3);
    const said = one.push("Client(x)");
    expect(said.release).toBe("");
    expect(said.ending).toMatchObject({ offset: 5, length: 10, released: 5, held: 10 });
    expect(one.push("more").release).toBe("");
    expect(one.finish()).toEqual({ release: "", matches: [], ending: null, overflow: false });
  });

  test("a match that comes to nothing goes out at once", () => {
    expect(released(governor([oldClient]), "call Old", "Cli", "que", " x")).toEqual(["call ", "", "OldClique", " x", ""]);
  });

  test("an empty piece changes nothing", () => {
    const one = governor([oldClient]);
    expect(released(one, "", "Old", "", "x", "")).toEqual(["", "", "", "Oldx", "", ""]);
  });

  test("without rules every piece passes as it is", () => {
    const one = governor([]);
    expect(released(one, "a\ud83d", "\ude00b")).toEqual(["a\ud83d", "\ude00b", ""]);
    expect(one.held).toBe(0);
  });

  test("half a surrogate pair waits for the other half", () => {
    const one = governor([rule("rule:smile", /😀!/u, redact(":)"))]);
    expect(released(one, "a\ud83d", "\ude00", "! \ud83d", "\ude0e", "\ud83d")).toEqual(["a", "", ":) ", "😎", "", "\ud83d"]);
  });

  test("a pattern that counts, in which nearly every character makes a state and all are forgotten again and again, finds what the platform finds", () => {
    // The generator of Numerical Recipes, so that the text is the same each time.
    let seed = 7;
    const next = (): number => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) >>> 16;
    const text = Array.from({ length: 60_000 }, () => (next() % 150 === 0 ? "c" : "ab"[next() % 2]!)).join("");
    const one = governor([rule("rule:counts", /a[ab]{100}c/, redact("-"))]);
    const pieces = text.match(/.{1,7}/g)!;
    const expected = text.replaceAll(/a[ab]{100}c/g, "-");
    expect(expected.length).toBeLessThan(text.length);
    expect(released(one, ...pieces).join("")).toBe(expected);
  });

  test("where nothing continues, only the longest match under way is held", () => {
    const rules = [rule("rule:aab", /aab/, BLOCK)];
    expect(released(governor(rules, { canContinue: true }), "aaaa", "aax")).toEqual(["", "aaaaaax", ""]);
    expect(released(governor(rules, { canContinue: false }), "aaaa", "aax")).toEqual(["aa", "aaaax", ""]);
  });

  test("a literal holds the longest end of the text that begins it, where nothing continues", () => {
    const texts = ["abcab", "bca", "cc"];
    const one = governor([rule("rule:any", texts, BLOCK)], { canContinue: false });
    let text = "";
    for (const char of "xabcaxbcbcabbc") {
      text += char;
      if (one.push(char).ending !== null) break;
      const longest = Math.max(...texts.flatMap((literal) => [...literal].map((_, length) => (text.endsWith(literal.slice(0, length)) ? length : 0))));
      expect(one.held, text).toBe(longest);
    }
  });
});

describe("holds", () => {
  const secret = (hold: ActiveRule["rule"]["hold"]): BlockGovernor => governor([rule("rule:secret", /sec\w*ret/, redact("#"), { hold })]);

  test("`line` lets text out at a line's end", () => {
    expect(released(secret({ kind: "line" }), "one", " two\nthr", "ee\r", "\nfour secr", "et\n", "end")).toEqual(["", "one two\n", "three\r", "\n", "four #\n", "", "end"]);
  });

  test("`sentence` lets text out behind the white space after a full stop, and behind a blank line", () => {
    expect(released(secret({ kind: "sentence" }), "One. T", "wo 3.4", "! ", "head\n\nbody")).toEqual(["One. ", "", "Two 3.4! ", "head\n\n", "body"]);
  });

  test("`all` lets text out at the end", () => {
    expect(released(secret({ kind: "all" }), "one\n", "secret. ", "x")).toEqual(["", "", "", "one\n#. x"]);
  });

  test("a size lets text out when so many characters stand behind it", () => {
    expect(released(secret({ kind: "size", characters: 3 }), "ab", "cd", "e", "😀f")).toEqual(["", "a", "b", "cd", "e😀f"]);
  });

  test("more than the limit held is an overflow, and nothing goes out any more", () => {
    const one = governor([rule("rule:key", /key=[^;]*;/, BLOCK)], { limit: 8 });
    expect(one.push("a key=1234")).toMatchObject({ release: "a ", overflow: false });
    expect(one.push("5;")).toMatchObject({ release: "", overflow: true, ending: null });
    expect(one.push("x")).toMatchObject({ release: "", overflow: true });
    expect(one.finish()).toMatchObject({ release: "" });
  });

  test("with `within`, text older than the cap goes out although the pattern has no end", () => {
    const rules = [rule("rule:key", /k[^;]*;/, BLOCK, { within: 4 })];
    expect(released(governor(rules), "k12", "34", "5 k")).toEqual(["", "k1234", "5 ", "k"]);
    expect(governor(rules).push("k12;").ending).toMatchObject({ offset: 0, length: 4 });
    expect(governor(rules).push("k123;").ending).toBeNull();
  });
});

describe("matches", () => {
  test("an ending match is decided at the first character where the pattern has matched", () => {
    const said = governor([rule("rule:key", /sk-\w{20,}/, BLOCK)]).push(`sk-${"a".repeat(40)}`);
    expect(said.ending).toMatchObject({ offset: 0, length: 23 });
  });

  test("a redaction takes the leftmost longest match, whatever the order of its choices", () => {
    expect(released(governor([rule("rule:ab", /a|ab|abc/, redact("#"))]), "xabcabx").join("")).toBe("x##x");
  });

  test("redactions that overlap are one, with the replacement of the rule listed first", () => {
    const rules = [rule("rule:b", /bc+/, redact("B")), rule("rule:a", /ab/, redact("A"))];
    expect(released(governor(rules), "xabccx").join("")).toBe("xBx");
    expect(released(governor(rules.toReversed()), "xabccx").join("")).toBe("xAx");
  });

  test("a match too long from its first start may be short enough from a later one", () => {
    const rules = [rule("rule:az", /a[^]*z/, redact("#"), { within: 20 })];
    expect(released(governor(rules), `a${"x".repeat(10)}a${"x".repeat(15)}z.`).join("")).toBe(`a${"x".repeat(10)}#.`);
  });

  test("redactions that touch are two", () => {
    expect(released(governor([rule("rule:a", /a/, redact("1")), rule("rule:b", /b/, redact("2"))]), "abab").join("")).toBe("1212");
  });

  test("the match decided first in the text ends the attempt, and the listed order breaks ties", () => {
    const rules = [rule("rule:long", /abcd/, BLOCK), rule("rule:short", /bc/, BLOCK), rule("rule:other", /abc/, BLOCK)];
    expect(governor(rules).push("abcd").ending).toMatchObject({ rule: { id: "rule:short" } });
    expect(governor([rules[0]!, rules[2]!, rules[1]!]).push("abcd").ending).toMatchObject({ rule: { id: "rule:other" } });
  });

  test("what hangs on the next character is decided by it, or by the block's end", () => {
    const rules = [rule("rule:word", /\bend\b/, BLOCK)];
    expect(governor(rules).push("ends").ending).toBeNull();
    expect(governor(rules).push("end.").ending).toMatchObject({ offset: 0, length: 3 });
    const last = governor(rules);
    expect(last.push("the end")).toMatchObject({ release: "the ", ending: null });
    expect(last.finish()).toMatchObject({ release: "", ending: { offset: 4, length: 3 } });
  });

  test("where a match begins may hang on the next character although that it matched does not", () => {
    const rules = [rule("rule:either", /a\b|ba\B/, redact("#"))];
    expect(released(governor(rules), "ba", "x")).toEqual(["", "#x", ""]);
    expect(released(governor(rules), "ba", " ")).toEqual(["", "b# ", ""]);
  });

  test("notes before the ending match are told, in order, and it comes last", () => {
    const rules = [oldClient, rule("rule:call", /call/, NOTE), rule("rule:old", /Old\w+/, NOTE)];
    const said = governor(rules).push("call OldClient(x)");
    expect(said.matches.map((match) => [match.rule.id, match.offset, match.length])).toEqual([
      ["rule:call", 0, 4],
      ["rule:old", 5, 9],
      ["rule:no-old-client", 5, 10],
    ]);
  });
});

describe("looking on", () => {
  test("a rule in shadow mode tells what it would have done, once, and changes nothing", () => {
    const rules = [rule("rule:shadow", /bad/, BLOCK, { mode: "shadow" })];
    const one = governor(rules);
    const said = one.push("so ba");
    expect(said.release).toBe("so ba");
    const next = one.push("d bad");
    expect(next.release).toBe("d bad");
    expect(next.matches).toMatchObject([{ rule: { id: "rule:shadow" }, offset: 3, length: 3, held: 0 }]);
    expect(one.finish().matches).toEqual([]);
  });

  test("a rule that holds nothing notes every match, the longest ones", () => {
    const rules = [rule("rule:note", /a+b?/, NOTE, { hold: { kind: "none" } })];
    expect(all(governor(rules), "aa", "ab", " a").map((match) => [match.offset, match.length])).toEqual([
      [0, 4],
      [5, 1],
    ]);
  });

  test("what is held is looked at when it goes out, or when it is dropped", () => {
    const rules = [oldClient, rule("rule:note", /Old/, NOTE, { hold: { kind: "none" } })];
    const one = governor(rules);
    expect(one.push("Old").matches).toEqual([]);
    expect(one.push("Client (").matches.map((match) => match.rule.id)).toEqual(["rule:note", "rule:no-old-client"]);
  });

  test("a match under way that is longer than the limit is given up, and memory stays bounded", () => {
    const rules = [rule("rule:note", /a[^]*z/, NOTE, { hold: { kind: "none" } })];
    expect(all(governor(rules, { limit: 10 }), `a${"x".repeat(20)}z`, "a12z").map((match) => [match.offset, match.length])).toEqual([[22, 4]]);
  });
});

describe("a seam", () => {
  test("lets no match through that begins before it: `api key: none` is dropped, `api key: 1` is caught", () => {
    const rules = [rule("rule:digit", /api key: [0-9]/, BLOCK), rule("rule:none", /key: none/, BLOCK)];
    const one = governor(rules);
    let out = "";
    for (const char of "the api key: none") out += one.push(char).release;
    expect(out).toBe("the ");
    const next = one.continueWith(rules);
    expect(next.push("api key: 1").ending).toMatchObject({ rule: { id: "rule:digit" }, offset: 4, released: 4 });
  });

  test("keeps what stands before it for assertions, and offsets go on", () => {
    const rules = [oldClient, rule("rule:word", /\bab\b/, redact("#"))];
    const one = governor(rules);
    expect(one.push("zOldClient(").release).toBe("z");
    const next = one.continueWith(rules);
    expect(released(next, "ab ab").join("")).toBe("ab #");
  });

  test("gives a rule its next action", () => {
    const one = governor([{ ...oldClient, action: { kind: "retry", limit: 1, remind: null, resume: "auto", feedback: "none" } }]);
    expect(one.push("OldClient(").ending?.action.kind).toBe("retry");
    const next = one.continueWith([oldClient]);
    expect(next.push("OldClient(").ending?.action.kind).toBe("block");
  });

  test("is refused where text went out that could only stand without one", () => {
    expect(() => governor([oldClient], { canContinue: false }).continueWith([oldClient])).toThrow("never continued");
  });

  test("counts half a pair that went out with nobody holding it", () => {
    const rules = [rule("rule:note", /b/, NOTE, { hold: { kind: "none" } })];
    const one = governor(rules);
    expect(one.push("a\ud83d").release).toBe("a\ud83d");
    expect(all(one.continueWith(rules), "b").map((match) => match.offset)).toEqual([2]);
  });

  test("those who look on see the joined text", () => {
    const rules = [oldClient, rule("rule:note", /call New/, NOTE, { hold: { kind: "none" } })];
    const one = governor(rules);
    one.push("call OldClient(");
    expect(all(one.continueWith(rules), "New").map((match) => [match.rule.id, match.offset, match.length])).toEqual([["rule:note", 0, 8]]);
  });
});

describe("memory", () => {
  /** The same digits on every machine. */
  function digits(count: number): string {
    let text = "";
    for (let at = 0, seed = 1; at < count; at++) {
      seed = (seed * 48_271) % 2_147_483_647;
      text += "ab"[seed % 2]!;
    }
    return text;
  }

  test("is bounded: states are forgotten and made again, and streams that waited go on", () => {
    const rules = [rule("rule:far", /a[ab]{13}c/, NOTE)];
    const lanes = lanesOf(rules);
    const waiting = governor(rules, { lanes });
    waiting.push("abbbbbb");
    // Enough to need more states than are kept: any of 2^14 sets of places where an `a` stood.
    const text = digits(40_000);
    expect(all(governor(rules, { lanes }), text, "c").map((match) => match.offset)).toEqual(text.at(-14) === "a" ? [text.length - 14] : []);
    expect(all(waiting, "bbbbbbbc").map((match) => match.offset)).toEqual([0]);
  });
});

describe("a whole text", () => {
  test("is released as a whole, redacted", () => {
    const rules = [rule("rule:digits", /\d+/, redact("#")), rule("rule:note", /a/, NOTE)];
    const said = governText("a 12 b 3", { rules, ...lanesOf(rules) });
    expect(said).toMatchObject({ release: "a # b #", ending: null, overflow: false });
    expect(said.matches).toHaveLength(3);
  });

  test("is not released where a match ends it", () => {
    const said = governText("call OldClient(x)", { rules: [oldClient], ...lanesOf([oldClient]) });
    expect(said).toMatchObject({ release: "", ending: { offset: 5, length: 10, released: 0 } });
  });

  test("of any length is searched in time that grows with it and no faster", () => {
    const rules = [rule("rule:a", /a|a[^]*z/, redact("#"))];
    expect(governText("a".repeat(30_000), { rules, ...lanesOf(rules) }).release).toBe("#".repeat(30_000));
  });
});
