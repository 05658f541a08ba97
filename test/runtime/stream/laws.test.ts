// The laws of a governed stream, held against the platform's RegExp on whole texts.
import type { Hold } from "#contracts";
import type { ActiveRule, BlockGovernor, Match } from "#runtime/stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { everyMatch, expected, isEnding, looksOn, redactedText } from "./reference.ts";
import { anyCuts, anyRules, anyText, BLOCK, cut, governor, lanesOf, rule } from "./rules.ts";

type Seen = { readonly release: string; readonly matches: readonly Match[]; readonly ending: Match | null; readonly overflow: boolean };

/** What is said of a text, piece by piece, up to its end. */
function govern(blockGovernor: BlockGovernor, pieces: readonly string[]): Seen {
  const verdicts = pieces.map((piece) => blockGovernor.push(piece));
  verdicts.push(blockGovernor.finish());
  return {
    release: verdicts.map((one) => one.release).join(""),
    matches: verdicts.flatMap((one) => one.matches),
    ending: verdicts.find((one) => one.ending !== null)?.ending ?? null,
    overflow: verdicts.some((one) => one.overflow),
  };
}

const isShadow = (match: Match): boolean => match.rule.mode === "shadow";

const named = ({ rule, offset, length }: Match): { readonly rule: string; readonly offset: number; readonly length: number } => ({ rule: rule.id, offset, length });

const HOLDS: readonly Hold[] = [{ kind: "match" }, { kind: "match" }, { kind: "line" }, { kind: "sentence" }, { kind: "size", characters: 3 }, { kind: "all" }];
const WITHINS = [null, null, 1, 2, 4];

const runs = { numRuns: 200 };

describe("what is decided", () => {
  /** Both the way that can be continued and the closer one that cannot. */
  const agrees = (rules: readonly ActiveRule[], text: string, canContinue: boolean): void => {
    const said = govern(governor(rules, { canContinue }), [text]);
    const should = expected(rules, text);
    expect(said.ending === null).toBe(should.ending === null);
    const others = said.matches.filter((match) => match !== said.ending).map(named);
    const order = (id: string): number => rules.findIndex((one) => one.rule.id === id);
    expect(others.toSorted((a, b) => a.offset - b.offset || order(a.rule) - order(b.rule))).toEqual(should.matches);
    if (said.ending === null) {
      expect(said.release).toBe(redactedText(rules, text, should.matches));
      return;
    }
    const { ending } = said;
    expect(said.matches.at(-1)).toBe(ending);
    expect(ending.offset + ending.length).toBe(should.ending!.end);
    expect(should.ending!.rules).toContain(ending.rule.id);
    // An assertion may leave a match to the next character, and then another rule's is decided before it.
    if (!should.ending!.rules.some((id) => asserts(rules, id))) expect(ending.rule.id).toBe(should.ending!.rules[0]);
    if (!asserts(rules, ending.rule.id)) expect(ending.offset).toBe(should.ending!.starts.get(ending.rule.id));
    // What went out is the text up to a place before the match, redacted.
    const out = text.slice(0, ending.released);
    expect(said.release).toBe(redactedText(rules, out, should.matches.filter((one) => one.offset + one.length <= ending.released)));
    expect(ending.offset).toBeGreaterThanOrEqual(ending.released);
  };
  const asserts = (rules: readonly ActiveRule[], id: string): boolean => {
    const { match } = rules.find((one) => one.rule.id === id)!.rule;
    return match.kind === "pattern" && /\\b|\\B|\$|\^/.test(match.source);
  };

  test("matches are those the platform finds in the whole text, leftmost and longest, and the first decided ends it", () => {
    fc.assert(fc.property(anyRules(), anyText(), fc.boolean(), agrees), runs);
  });

  test("a match longer than `within` is none", () => {
    fc.assert(fc.property(anyRules({ withins: WITHINS }), anyText(), fc.boolean(), agrees), runs);
  });

  test("any hold decides the same matches", () => {
    fc.assert(fc.property(anyRules({ holds: HOLDS, withins: WITHINS }), anyText(), fc.boolean(), agrees), runs);
  });

  test("with `u` a character beyond U+FFFF is one character", () => {
    fc.assert(fc.property(anyRules({ flags: ["u", "iu", "su"], withins: WITHINS }), anyText(16, ["😀", "😎", "K"]), fc.boolean(), agrees), runs);
  });
});

describe("the rules and texts tried", () => {
  test("end attempts, redact, overlap, hang on what follows and leave matches out of `within`, each often", () => {
    const seen = { ended: 0, redactions: 0, shadows: 0, tooLong: 0, overlapping: 0, clean: 0 };
    for (const [rules, text] of fc.sample(fc.tuple(anyRules({ withins: WITHINS }), anyText()), { numRuns: 400, seed: 7 })) {
      const should = expected(rules, text);
      const actions = new Map(rules.map(({ rule, action }) => [rule.id, looksOn(rule) ? "shadow" : action.kind]));
      if (should.ending !== null) seen.ended++;
      else if (should.matches.length === 0) seen.clean++;
      if (should.matches.some((one) => actions.get(one.rule) === "redact")) seen.redactions++;
      if (should.matches.some((one) => actions.get(one.rule) === "shadow")) seen.shadows++;
      if (should.matches.some((one, at) => at > 0 && one.offset < should.matches[at - 1]!.offset + should.matches[at - 1]!.length)) seen.overlapping++;
      if (rules.some(({ rule }) => rule.within !== null && everyMatch({ ...rule, within: null }, text).length > everyMatch(rule, text).length)) seen.tooLong++;
    }
    for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(10);
  });
});

describe("how the text is cut", () => {
  test("never changes what is decided, nor what has gone out when a piece is read", () => {
    fc.assert(
      fc.property(anyRules({ holds: HOLDS, withins: WITHINS }), anyText(30, ["😀"]), anyCuts, fc.record({ canContinue: fc.boolean(), limit: fc.constantFrom(4, 10, 1000) }), (rules, text, cuts, options) => {
        const lanes = lanesOf(rules);
        const slowly = governor(rules, { ...options, lanes });
        const afterUnits = [""];
        let out = "";
        const matches: Match[] = [];
        for (const unit of text.split("")) {
          const said = slowly.push(unit);
          out += said.release;
          matches.push(...said.matches);
          afterUnits.push(out);
        }
        const last = slowly.finish();
        matches.push(...last.matches);
        out += last.release;

        const pieces = cut(text, cuts);
        const other = governor(rules, { ...options, lanes });
        const found: Match[] = [];
        let released = "";
        let read = 0;
        for (const piece of pieces) {
          const said = other.push(piece);
          released += said.release;
          found.push(...said.matches);
          read += piece.length;
          expect(released).toBe(afterUnits[Math.min(read, text.length)]);
          if (said.overflow) break;
          // What is held never passes the limit unsaid; half a pair is not counted before the other half is there.
          if (other.held > 0 && said.ending === null && found.every((one) => isShadow(one) || !isEnding(one.action))) expect(other.held).toBeLessThanOrEqual(options.limit + 1);
          if (rules.some((one) => !looksOn(one.rule))) expect(released.isWellFormed()).toBe(true);
        }
        const end = other.finish();
        expect(released + end.release).toBe(out);
        expect([...found, ...end.matches]).toEqual(matches);
        expect(end.overflow).toBe(last.overflow);
      }),
      runs,
    );
  });
});

/** Whether a governor of these rules lets out what it must not, at any place of the text; null where it does not. */
function leak(make: () => BlockGovernor, rules: readonly ActiveRule[], text: string): string | null {
  const holding = rules.filter((one) => !looksOn(one.rule));
  const hits = holding.flatMap(({ rule, action }) => everyMatch(rule, text).map((hit) => ({ ...hit, action })));
  const one = make();
  let read = 0;
  for (const char of text) {
    const said = one.push(char);
    read += char.length;
    if (said.ending !== null || said.overflow) break;
    const released = read - one.held;
    const out = hits.find((hit) => hit.start < released && (hit.end > read || isEnding(hit.action)));
    if (out !== undefined) return `of ${JSON.stringify(text)} ${released} are out after ${read}, and [${out.start}, ${out.end}) is a match`;
  }
  return null;
}

/** A governor that keeps a fixed tail back, as several gateways do. It says nothing of redactions. */
function withTail(tail: number): BlockGovernor {
  let kept = "";
  return {
    push: (text) => {
      kept += text;
      const release = kept.slice(0, Math.max(0, kept.length - tail));
      kept = kept.slice(release.length);
      return { release, matches: [], ending: null, overflow: false };
    },
    finish: () => ({ release: kept, matches: [], ending: null, overflow: false }),
    get held() {
      return kept.length;
    },
    continueWith: () => withTail(tail),
  };
}

describe("nothing that may still be part of a match is released", () => {
  test("at any place of any text, with any hold", () => {
    fc.assert(
      fc.property(anyRules({ holds: HOLDS, withins: WITHINS }), anyText(), fc.boolean(), (rules, text, canContinue) => {
        expect(leak(() => governor(rules, { canContinue }), rules, text)).toBeNull();
      }),
      runs,
    );
  });

  test("a governor that keeps a fixed tail is caught by the same law", () => {
    const caught = fc.check(
      fc.property(anyRules({ kinds: ["block"] }), anyText(), (rules, text) => leak(() => withTail(3), rules, text) === null),
      { numRuns: 2000, seed: 1 },
    );
    expect(caught.failed).toBe(true);
  });

  test("where nothing continues, text goes out no later", () => {
    fc.assert(
      fc.property(anyRules({ withins: WITHINS }), anyText(), (rules, text) => {
        const lanes = lanesOf(rules);
        const [far, close] = [governor(rules, { lanes, canContinue: true }), governor(rules, { lanes, canContinue: false })];
        for (const char of text) {
          const said = far.push(char);
          close.push(char);
          // A redaction that is decided earlier may go out in one piece later; what is not decided never does.
          if (said.ending !== null) return;
          if (!rules.some((one) => one.action.kind === "redact")) expect(close.held).toBeLessThanOrEqual(far.held);
        }
      }),
      runs,
    );
  });
});

describe("a seam", () => {
  /** The text is left after `left` characters and goes on with `next`. */
  const continued = fc.record({ text: anyText(), left: fc.nat(24), next: anyText(16), cuts: anyCuts });

  test("is never inside a match of the joined text, and what is decided behind it is what the joined text says", () => {
    fc.assert(
      fc.property(anyRules({ holds: HOLDS, withins: WITHINS }), continued, (rules, { text, left, next, cuts }) => {
        const first = governor(rules);
        let release = "";
        let read = 0;
        const matches: Match[] = [];
        for (const char of text.slice(0, left)) {
          const said = first.push(char);
          release += said.release;
          matches.push(...said.matches);
          read += char.length;
          if (said.ending !== null) break;
        }
        const kept = read - first.held;
        const joined = text.slice(0, kept) + next;
        const holding = rules.filter((one) => !looksOn(one.rule));
        for (const { rule } of holding) expect(everyMatch(rule, joined).filter((hit) => hit.start < kept && hit.end > kept)).toEqual([]);

        const second = govern(first.continueWith(rules), cut(next, cuts));
        const should = expected(rules, joined);
        expect(second.ending === null).toBe(should.ending === null);
        if (second.ending !== null) expect(second.ending.offset + second.ending.length).toBe(should.ending!.end);
        const ofHolding = (id: string): boolean => holding.some((one) => one.rule.id === id);
        expect(second.matches.filter((match) => match !== second.ending && ofHolding(match.rule.id)).map(named).toSorted(byOffset)).toEqual(
          should.matches.filter((match) => match.offset >= kept && ofHolding(match.rule)).toSorted(byOffset),
        );
        if (second.ending === null) expect(release + second.release).toBe(redactedText(rules, joined, should.matches));
      }),
      runs,
    );
  });

  test("is never inside a literal that the next attempt completes", () => {
    const literals = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 2, maxLength: 5 }), { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(literals, fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 12 }), fc.nat(12), fc.nat(3), (texts, text, left, which) => {
        const rules = texts.map((one, at) => rule(`rule:r${at}`, [one], BLOCK));
        const first = governor(rules);
        let read = 0;
        for (const char of text.slice(0, left)) {
          read += char.length;
          if (first.push(char).ending !== null) break;
        }
        const kept = read - first.held;
        const literal = texts[which % texts.length]!;
        for (let begun = 1; begun < literal.length; begun++) {
          if (text.slice(0, kept).endsWith(literal.slice(0, begun))) expect.fail(`${JSON.stringify(text.slice(0, kept))} went out, and ${literal.slice(begun)} may follow`);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("would be inside one if text went out as close as it may where nothing continues: the law sees that too", () => {
    const caught = fc.check(
      fc.property(anyRules({ kinds: ["block"] }), continued, (rules, { text, left, next }) => {
        const first = governor(rules, { canContinue: false });
        let read = 0;
        for (const char of text.slice(0, left)) {
          read += char.length;
          if (first.push(char).ending !== null) break;
        }
        const kept = read - first.held;
        const joined = text.slice(0, kept) + next;
        const crosses = rules.some(({ rule }) => !looksOn(rule) && everyMatch(rule, joined).some((hit) => hit.start < kept && hit.end > kept));
        return !crosses;
      }),
      { numRuns: 2000, seed: 1 },
    );
    expect(caught.failed).toBe(true);
  });

  const byOffset = (a: { readonly offset: number; readonly rule: string }, b: { readonly offset: number; readonly rule: string }): number => a.offset - b.offset || (a.rule < b.rule ? -1 : 1);
});
