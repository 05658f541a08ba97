// Rules on the finished answer of one choice. In: its text as it would go out, text rules and all. Out: the text that may
// go out, what was noticed, and the match that ends the attempt. What a pattern matches is decided in the text; whether
// the whole is what was expected, at its end. A choice that calls tools is no finished answer, so nothing is expected of it.
import type { Model } from "#contracts";
import { expectationOf, governText, laneFor, type ActiveRule, type Match } from "../../stream/index.ts";
import type { Ending, MatchersOf, Seen } from "./answer.ts";
import { utf8Length } from "../utf8.ts";

export type FinishedChoice = { readonly choice: number; readonly text: string; readonly callsTools: boolean };
export type OutputVerdict = { readonly text: string; readonly noticed: readonly Seen[]; readonly ending: Ending | null };

/** A rule that is enforced and holds keeps the whole answer back; the others look on. */
export function holdsAnswer(rules: readonly ActiveRule[]): boolean {
  return rules.some((one) => laneFor(one.rule) === "hold");
}

export function judgeOutput({ choice, text, callsTools }: FinishedChoice, { rules, model, matchersOf }: { readonly rules: readonly ActiveRule[]; readonly model: Model; readonly matchersOf: MatchersOf }): OutputVerdict {
  const noticed: Seen[] = [];
  const seen = (match: Match, feedback: readonly string[]): Seen => {
    const end = utf8Length(text.slice(0, match.offset + match.length));
    return { match, channel: "output", choice, heldBytes: match.held === 0 ? 0 : end, releasedBytes: match.held === 0 ? end : 0, feedback };
  };
  let out = text;

  const looking = rules.filter((one) => one.rule.match.kind === "pattern" || one.rule.match.kind === "any");
  if (looking.length > 0 && text !== "") {
    const { release, matches, ending } = governText(text, { rules: looking, ...matchersOf(model, "output") });
    for (const match of matches) if (match !== ending) noticed.push(seen(match, []));
    if (ending !== null) return { text: "", noticed, ending: { kind: "match", ...seen(ending, []) } };
    out = release;
  }

  if (callsTools) return { text: out, noticed, ending: null };
  for (const { rule, action } of rules) {
    if (rule.match.kind !== "json" && rule.match.kind !== "schema") continue;
    const feedback = expectationOf(rule.match)(text);
    if (feedback.length === 0) continue;
    const holds = laneFor(rule) === "hold";
    const found = seen({ rule, action, offset: 0, length: text.length, held: holds ? text.length : 0, released: holds ? 0 : text.length }, feedback);
    if (!holds || action.kind === "note") noticed.push(found);
    else return { text: "", noticed, ending: { kind: "match", ...found } };
  }
  return { text: out, noticed, ending: null };
}
