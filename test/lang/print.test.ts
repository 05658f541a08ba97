// What the two directions of the language promise each other.
import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { childrenOf, type File, type Node, parse, print, walk } from "#lang";
import { lex } from "../../lang/lex.ts";
import { stripSpans } from "../support/spans.ts";
import { file } from "./arbitrary.ts";

const read = (text: string) => parse({ path: "random.ward", text });
const example = readFileSync(new URL("example.ward", import.meta.url), "utf8");

describe("parsing what was printed", () => {
  it("gives the same tree, and nothing to complain about", () => {
    fc.assert(
      fc.property(file, (tree) => {
        const again = read(print(tree));
        expect(again.diagnostics).toEqual([]);
        expect(stripSpans(again.file)).toEqual(stripSpans(tree));
      }),
      { numRuns: 400 },
    );
  });

  it("and printing that again changes nothing", () => {
    fc.assert(
      fc.property(file, (tree) => {
        const once = print(tree);
        expect(print(read(once).file)).toBe(once);
      }),
      { numRuns: 200 },
    );
  });

  it("meets every kind of node the language has", () => {
    const met = new Set<string>();
    for (const tree of fc.sample(file, { numRuns: 400, seed: 1 })) walk(tree, (node) => void met.add(node.kind));
    expect([...met].sort()).toEqual(KINDS);
  });
});

describe("a printed file", () => {
  const layouts = fc.tuple(file, fc.infiniteStream(fc.nat())).map(([tree, dice]) => scatter(print(tree), dice));

  it("keeps every comment, in its order, whatever stood between which two words", () => {
    fc.assert(
      fc.property(layouts, (text) => {
        const before = read(text);
        expect(before.diagnostics).toEqual([]);
        const after = read(print(before.file));
        expect(after.diagnostics).toEqual([]);
        expect(textsOf(after.file)).toEqual(textsOf(before.file));
        expect(stripSpans(after.file)).toEqual(stripSpans(before.file));
      }),
      { numRuns: 300 },
    );
  });

  it("is not changed by printing it again, whatever comments and empty lines it has", () => {
    fc.assert(
      fc.property(layouts, (text) => {
        const once = print(read(text).file);
        expect(print(read(once).file)).toBe(once);
      }),
      { numRuns: 300 },
    );
  });

  it("has no line that ends in white space, no two empty lines together, and one line break at its end", () => {
    fc.assert(
      fc.property(file, (tree) => {
        const text = print(tree);
        // A text block may hold anything; only the layout around it is ours.
        if (text.includes('"""')) return;
        expect(text).not.toMatch(/[ \t]\n|\n\n\n|^\n|\n\n$/);
        expect(text.endsWith("\n")).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it("does not depend on how the file ended its lines", () => {
    fc.assert(
      fc.property(layouts, (text) => {
        const once = print(read(text).file);
        expect(print(read(text.replace(/\r?\n/g, "\r\n")).file)).toBe(once);
      }),
      { numRuns: 100 },
    );
  });
});

describe("the specification's example", () => {
  it("parses without a complaint and is already laid out as printed, but for columns", () => {
    const parsed = read(example);
    expect(parsed.diagnostics).toEqual([]);
    const once = print(parsed.file);
    expect(print(read(once).file)).toBe(once);
    expect(stripSpans(read(once).file)).toEqual(stripSpans(parsed.file));
    const squeezed = (text: string) => text.replace(/ +/g, " ").trimEnd();
    expect(squeezed(once)).toBe(squeezed(example));
  });

  it("has every node inside its parent, and children in the order of the text within a clause", () => {
    const { file: tree } = read(example);
    const check = (node: Node) => {
      for (const child of childrenOf(node)) {
        expect(child.span.start).toBeGreaterThanOrEqual(node.span.start);
        expect(child.span.end).toBeLessThanOrEqual(node.span.end);
        check(child);
      }
    };
    check(tree);
  });
});

// ── helpers ──────────────────────────────────────────────────────────────────────────────────────────────────

const KINDS = [
  "absent", "after", "alert", "allow", "alloy", "also-alert", "always-can", "always-serves", "and", "append", "arm", "arms", "block", "bound", "bytes", "cascade", "channel",
  "choice", "compare", "cuts", "dispatcher", "duration", "env", "escalate", "exhausted", "expect", "fact", "fact-declaration", "fact-source", "facts", "fails", "field", "file",
  "guard", "hangs", "has", "in", "invariant", "list", "match", "match-any", "model", "money", "name", "never", "not", "note", "number", "only", "option", "or", "part", "pattern",
  "percent", "prepend", "price", "provider", "range", "reasoning", "record", "redact", "refuse", "repeat", "retry", "rule", "scalar", "size", "smallest", "string", "target", "test",
  "text", "then", "to", "tool", "truth", "try", "upstream", "use", "when",
];

function textsOf(tree: File): readonly string[] {
  return tree.comments.map((one) => one.text.replace(/\r\n?/g, "\n"));
}

/** Comments and empty lines between random words of a text, on the line before, behind, or in the middle. */
function scatter(text: string, dice: Iterator<number>): string {
  const roll = (sides: number) => (dice.next().value as number) % sides;
  let out = "";
  let from = 0;
  let count = 0;
  for (const token of [...lex({ path: "", text }).tokens, null]) {
    const [previousEnd, start] = [from, token?.startOffset ?? text.length];
    const between = text.slice(previousEnd, start);
    const comment = () => (roll(2) === 0 ? `${["//", "///", "////"][roll(3)]} c${count++}` : ["/* b", count++, ["", "\n   still", "\r\nstill"][roll(3)], " */"].join(""));
    const dropped = () => {
      const one = comment();
      return ["", " ", "\n", "\n\n", "\n\n\n  "][roll(5)] + one + (one.startsWith("//") ? ["\n", "\n\n"][roll(2)] : ["", " ", "\n", "\n\n"][roll(4)]);
    };
    const behind = roll(8) === 0 ? dropped() : "";
    const before = roll(8) === 0 ? dropped() + (roll(3) === 0 ? dropped() : "") : "";
    out += behind + between + (roll(10) === 0 ? "\n\n" : "") + before;
    if (token) out += text.slice(start, token.endOffset + 1);
    from = token ? token.endOffset + 1 : start;
  }
  return out;
}
