// Rules, each once: what it matches as a language, with the shortest text that shows a difference, and what it does then.
// Which requests it watches is a region's to say.
import type { Action, DifferingDefinition, Rule } from "#contracts";
import { differenceWitness, readPattern, spanWitness, type Pattern, type Witness } from "../../patterns/index.ts";
import type { Sides } from "../pairs.ts";
import { list } from "../severity.ts";
import { alike } from "../side.ts";
import { arrow, entries, joined, renamed, shiftOf, type Found } from "./entry.ts";

export type RuleChanges = { readonly definitions: readonly DifferingDefinition[]; readonly unproved: readonly string[] };

export function ruleChanges(sides: Sides): RuleChanges {
  const unproved: string[] = [];
  const definitions = joined(sides.old.served.rules, sides.now.served.rules).flatMap(([id, was, is]) => {
    const found = was === undefined ? added() : is === undefined ? gone(was) : changed(sides, { was, is }, (why) => unproved.push(`${list([id])}: ${why}`));
    return entries(sides, { kind: "rule", id }, found);
  });
  return { definitions, unproved };
}

function added(): readonly Found[] {
  return [{ severity: "stricter", change: "the rule is new" }];
}

function gone({ mode }: Rule): readonly Found[] {
  return [{ severity: "weaker", change: mode === "shadow" ? "the rule, in shadow, is gone" : "the rule is gone" }];
}

type Two = { readonly was: Rule; readonly is: Rule };

function changed(sides: Sides, { was, is }: Two, unproved: (why: string) => void): readonly Found[] {
  return [...renamed(was, is), ...channel(was, is), ...when(sides, was, is), ...matches({ was, is }, unproved), ...within(was, is), ...mode(was, is), ...hold(was, is), ...ladder(was, is), ...alerts(was, is)];
}

function channel({ channel: was }: Rule, { channel: is }: Rule): readonly Found[] {
  const text = (one: Rule["channel"]): string => (one.kind === "tool" ? `tool ${JSON.stringify(one.glob)}` : one.kind);
  return alike(was, is) ? [] : [{ severity: "weaker", change: arrow("on", text(was), text(is)) }];
}

function when(sides: Sides, { when: was }: Rule, { when: is }: Rule): readonly Found[] {
  if (alike(was, is)) return [];
  const shift = shiftOf(sides, was, is);
  switch (shift.is) {
    case "same":
      return [{ severity: "cosmetic", change: "`when` is written otherwise and holds for the same requests" }];
    case "more":
      return [{ severity: "stricter", change: "`when` holds for more requests", witness: shift.gained }];
    case "fewer":
      return [{ severity: "weaker", change: "`when` holds for fewer requests", witness: shift.lost }];
    case "other":
      return [{ severity: "weaker", change: "`when` holds for other requests", witness: shift.lost }];
  }
}

function matches({ was, is }: Two, unproved: (why: string) => void): readonly Found[] {
  if (alike(was.match, is.match)) return [];
  const [before, after] = [patternOf(was), patternOf(is)];
  if (before !== null && after !== null) return languages({ was, is }, { before, after }, unproved);
  const [left, right] = [was.match, is.match];
  if (left.kind === "allow" && right.kind === "allow") {
    // Names may be globs: what one list allows besides is told as it is written.
    const more = right.names.filter((one) => !left.names.includes(one));
    const less = left.names.filter((one) => !right.names.includes(one));
    if (more.length + less.length === 0) return [{ severity: "cosmetic", change: "`allow` lists the same names in another order" }];
    return [
      ...(more.length === 0 ? [] : [{ severity: "weaker", change: `allows ${more.map((one) => `\`${one}\``).join(", ")} too` } as const]),
      ...(less.length === 0 ? [] : [{ severity: "stricter", change: `no longer allows ${less.map((one) => `\`${one}\``).join(", ")}` } as const]),
    ];
  }
  if (left.kind === "after" && right.kind === "after" && left.tool === right.tool) return [{ severity: right.turns < left.turns ? "weaker" : "stricter", change: arrow("within", `${left.turns} turns`, `${right.turns} turns`) }];
  if (left.kind === "repeat" && right.kind === "repeat") {
    const less = right.times > left.times || right.turns < left.turns;
    return [{ severity: less ? "weaker" : "stricter", change: arrow("repeat", `${left.times} within ${left.turns} turns`, `${right.times} within ${right.turns} turns`) }];
  }
  return [{ severity: "weaker", change: left.kind === right.kind ? "it matches something else" : `it matches something else: ${left.kind} → ${right.kind}` }];
}

/** Texts as a whole, not their parts: a text is matched where the pattern occurs in it. */
function languages({ was, is }: Two, { before, after }: { readonly before: Pattern; readonly after: Pattern }, unproved: (why: string) => void): readonly Found[] {
  const caps = [was.within, is.within].flatMap((one) => one ?? []);
  // A text longer than a cap may show a match that is none.
  const shown = (witness: Witness): Witness => (witness.kind === "text" && caps.some((cap) => witness.text.length > cap) ? { kind: "unknown" } : witness);
  const [lost, gained] = [shown(differenceWitness(before, after)), shown(differenceWitness(after, before))];
  if (lost.kind === "none" && gained.kind === "none") return spans({ was, is }, { before, after }, unproved);
  if (lost.kind === "unknown" || gained.kind === "unknown") unproved("its patterns are too large to be compared text by text");
  return [...(lost.kind === "none" ? [] : [side("weaker", "no longer matches texts it matched", lost)]), ...(gained.kind === "none" ? [] : [side("stricter", "matches texts it did not match", gained)])];
}

/** In the same texts: but a redaction takes out what is matched, and until a match is decided it is held back. */
function spans({ is }: Two, { before, after }: { readonly before: Pattern; readonly after: Pattern }, unproved: (why: string) => void): readonly Found[] {
  const [lost, gained] = [spanWitness(before, after), spanWitness(after, before)];
  if (lost.kind === "none" && gained.kind === "none") return [{ severity: "cosmetic", change: "the pattern is written otherwise and matches the same" }];
  if (lost.kind === "unknown" || gained.kind === "unknown") unproved("its patterns are too large to be compared part by part");
  const [witness, matches] = lost.kind === "text" ? [lost, "old" as const] : [gained, "new" as const];
  const redacts = is.ladder.some((step) => step.kind === "redact");
  return [{
    severity: !redacts ? "reliability" : lost.kind === "none" ? "stricter" : "weaker",
    change: redacts ? "redacts other parts of the same texts" : "matches other parts of the same texts, which it holds back until it acts",
    witness: witness.kind === "text" ? { kind: "text", text: witness.text, matches } : null,
  }];
}

function side(severity: "weaker" | "stricter", change: string, witness: Witness): Found {
  if (witness.kind !== "text") return { severity, change: `may be one that ${change}` };
  return { severity, change, witness: { kind: "text", text: witness.text, matches: severity === "weaker" ? "old" : "new" } };
}

function patternOf({ match }: Rule): Pattern | null {
  if (match.kind !== "pattern" && match.kind !== "any") return null;
  const read = readPattern(match);
  if (!read.ok) throw new Error(`a bundle holds a pattern that is none: ${read.problem.message}`);
  return read.pattern;
}

function within({ within: was }: Rule, { within: is }: Rule): readonly Found[] {
  if (was === is) return [];
  const less = is !== null && (was === null || is < was);
  return [{ severity: less ? "weaker" : "stricter", change: arrow("within", was === null ? "no bound" : `${was} characters`, is === null ? "no bound" : `${is} characters`) }];
}

function mode({ mode: was }: Rule, { mode: is }: Rule): readonly Found[] {
  return was === is ? [] : [{ severity: is === "shadow" ? "weaker" : "stricter", change: arrow("mode", was, is) }];
}

/** How much is held back while it decides: `none` only looks on, `all` lets nothing out before the end. */
function hold({ hold: was }: Rule, { hold: is }: Rule): readonly Found[] {
  if (alike(was, is)) return [];
  const text = (one: Rule["hold"]): string => (one.kind === "size" ? `${one.characters} characters` : one.kind);
  const weaker = is.kind === "none" || was.kind === "all" || (was.kind === "size" && is.kind === "size" && is.characters < was.characters);
  return [{ severity: weaker ? "weaker" : was.kind === "none" ? "stricter" : "reliability", change: arrow("hold", text(was), text(is)) }];
}

function ladder({ ladder: was }: Rule, { ladder: is }: Rule): readonly Found[] {
  if (alike(was, is)) return [];
  if (was.length !== is.length || was.some((step, at) => step.kind !== is[at]!.kind)) {
    const [before, after] = [strength(was), strength(is)];
    return [{ severity: after < before ? "weaker" : after > before ? "stricter" : "reliability", change: arrow("does", steps(was), steps(is)) }];
  }
  return was.flatMap((step, at) => (alike(step, is[at]!) ? [] : action(step, is[at]!)));
}

/** What the last step leaves of a match: nothing, nothing of it, everything. */
function strength(ladder: readonly Action[]): number {
  const last = ladder.at(-1)!.kind;
  return last === "block" ? 3 : last === "redact" ? 2 : last === "note" ? 0 : 1;
}

function steps(ladder: readonly Action[]): string {
  return ladder.map((one) => ("limit" in one ? `${one.kind} × ${one.limit}` : one.kind)).join(", then ");
}

function action(was: Action, is: Action): readonly Found[] {
  const found: Found[] = [];
  const say = (severity: Found["severity"], change: string): void => void found.push({ severity, change });
  if ("limit" in was && "limit" in is && was.limit !== is.limit) say("reliability", arrow(`${is.kind} limit`, String(was.limit), String(is.limit)));
  if ("resume" in was && "resume" in is && was.resume !== is.resume) say("reliability", arrow(`${is.kind} resume`, was.resume, is.resume));
  if (was.kind === "retry" && is.kind === "retry" && was.remind !== is.remind) say("reliability", "its reminder says something else");
  if (was.kind === "retry" && is.kind === "retry" && was.feedback !== is.feedback) say("reliability", arrow("feedback", was.feedback, is.feedback));
  // Where the escalation leads is a region.
  if (was.kind === "escalate" && is.kind === "escalate" && was.selector !== is.selector) say("cosmetic", arrow("escalates to", list([was.selector]), list([is.selector])));
  if (was.kind === "block" && is.kind === "block") say("cosmetic", "its message is another");
  if (was.kind === "redact" && is.kind === "redact") say("cosmetic", "puts another text in the place of a match");
  if ((was.kind === "prepend" || was.kind === "append") && was.kind === is.kind) say("routing", `${is.kind}s another text`);
  return found;
}

function alerts({ alerts: was }: Rule, { alerts: is }: Rule): readonly Found[] {
  const missing = was.filter((one) => !is.includes(one));
  const come = is.filter((one) => !was.includes(one));
  return [
    ...(missing.length === 0 ? [] : [{ severity: "weaker", change: `no longer raises ${list(missing)}` } as const]),
    ...(come.length === 0 ? [] : [{ severity: "stricter", change: `raises ${list(come)} too` } as const]),
  ];
}
