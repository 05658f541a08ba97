// Chunks per second through a block's governor with 0 to 1000 rules, on text that keeps partial matches alive, cut into
// chunks of 1 to 9 characters. Cold is the first 100,000 characters after loading, warm the same text again and again.
import { buildAutomaton, readPattern } from "../../compiler/patterns/index.ts";
import { type ActiveRule, createBlockGovernor, loadMatcher, type Matcher } from "#runtime/stream";
import { table } from "./figures.ts";
import { patterns } from "./rules.ts";

const CHARACTERS = 100_000;
const WARM_RUNS = 10;

export async function benchMatcher(): Promise<string> {
  const pieces = chunks(almostMatching(CHARACTERS));
  const rows: { readonly rules: number; readonly build: number; readonly cold: number; readonly warm: number; readonly held: number }[] = [];
  // Once before, so that no row pays for the compilation of the code itself.
  run(pieces, ruleSet(3), 3);
  for (const count of [0, 1, 10, 100, 1000]) {
    const began = performance.now();
    const rules = ruleSet(count);
    const build = performance.now() - began;
    const cold = run(pieces, rules, 1);
    const warm = run(pieces, rules, WARM_RUNS);
    rows.push({ rules: count, build, cold: cold.ms, warm: warm.ms / WARM_RUNS, held: warm.held });
  }
  const one = rows.find((row) => row.rules === 1)!;
  return table(
    `matcher: ${pieces.length} chunks of 1 to 9 characters`,
    ["rules", "build ms", "cold ms", "warm ms", "warm, to 1 rule", "chunks/s", "mean held"],
    rows.map(({ rules, build, cold, warm, held }) => [String(rules), build, cold, warm, warm / one.warm, (pieces.length / warm) * 1000, held]),
  );
}

type RuleSet = { readonly active: readonly ActiveRule[]; readonly matcher: Matcher | null };

function ruleSet(count: number): RuleSet {
  const read = patterns(count).map((written, at) => {
    const end = written.lastIndexOf("/");
    const match = { kind: "pattern", source: written.slice(1, end), flags: written.slice(end + 1) } as const;
    const result = readPattern(match);
    if (!result.ok) throw new Error(result.problem.message);
    return { id: `rule:r${at}`, match, pattern: result.pattern };
  });
  const action = { kind: "block", message: "found" } as const;
  const active = read.map(({ id, match }): ActiveRule => ({
    rule: { id, name: id, channel: { kind: "text" }, when: null, mode: "enforce", match, hold: { kind: "match" }, within: null, ladder: [action], alerts: [], longest: null },
    action,
  }));
  return { active, matcher: count === 0 ? null : loadMatcher(buildAutomaton("automaton:bench", read)) };
}

function run(pieces: readonly string[], { active, matcher }: RuleSet, times: number): { readonly ms: number; readonly held: number } {
  let held = 0;
  const began = performance.now();
  for (let time = 0; time < times; time++) {
    const governor = createBlockGovernor({ rules: active, hold: matcher, observe: null, canContinue: true, limit: 1 << 20 });
    for (const piece of pieces) {
      if (governor.push(piece).ending !== null) throw new Error("the bench's text is not to match");
      held += governor.held;
    }
    governor.finish();
  }
  return { ms: performance.now() - began, held: held / times / pieces.length };
}

/** What the rules look for, broken off; and prose between. */
function almostMatching(characters: number): string {
  const parts = ["use OldClient(", "the sk-abcdefg_", "a foo_", "my key ", "say FOO_b", "sk-live_ab12", "OldClient(ba ", "and so on, ", "key value. ", "Then x = y + 1;\n"];
  let text = "";
  for (let at = 0; text.length < characters; at = (at * 31 + 7) % 1009) text += `${parts[at % parts.length]!}${word(at)} `;
  return text.slice(0, characters);
}

function word(at: number): string {
  return Array.from({ length: 2 + (at % 5) }, (_, place) => String.fromCharCode(97 + ((at * (place + 3)) % 26))).join("");
}

function chunks(text: string): readonly string[] {
  const pieces: string[] = [];
  for (let at = 0, length = 1; at < text.length; at += length, length = 1 + ((length * 5 + at) % 9)) pieces.push(text.slice(at, at + length));
  return pieces;
}
