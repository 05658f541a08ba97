// Rules: what they look for, how much they hold, and their ladder with its last step written out.
import type { Action, Rule } from "#contracts";
import type { BoundAction, BoundMatch, BoundRule } from "../bind/index.ts";
import { longest, readPattern, type Decided, type Pattern } from "../patterns/index.ts";
import { lowerWhen, type Types } from "./conditions.ts";
import type { Lead } from "./selectors.ts";

/** What the client is told where the author leaves it open. */
const BLOCKED = "blocked by policy";

export function lowerRule(rule: BoundRule, lead: Lead, types: Types): Rule {
  const { node, id, fields: { hold, within, mode } } = rule;
  const match = lowerMatch(rule.match, id);
  const ladder = lowerLadder(rule.ladder, lead);
  const pattern = patternOf(match);
  return {
    id,
    name: node.name.text,
    channel: node.channel.on === "tool" ? { kind: "tool", glob: node.channel.glob?.value ?? "*" } : { kind: node.channel.on },
    when: lowerWhen(rule.when, types),
    mode,
    match,
    hold,
    within,
    ladder,
    alerts: rule.alerts.map((alert) => alert.id).sort(),
    longest: pattern === null ? null : capped(longest(pattern, decidedBy(ladder)), within),
  };
}

/** Null for what is not text to be found. The checks have let no pattern pass that cannot be read. */
export function patternOf(match: Rule["match"]): Pattern | null {
  if (match.kind !== "pattern" && match.kind !== "any") return null;
  const read = readPattern(match);
  if (!read.ok) throw new Error(`a pattern that cannot be read came to be lowered: ${read.problem.message}`);
  return read.pattern;
}

/** A rule that only ever ends the attempt decides at the first character where its pattern has matched. */
export function decidedBy(ladder: readonly Action[]): Decided {
  return ladder.every((action) => action.kind === "retry" || action.kind === "escalate" || action.kind === "block") ? "at-first-accept" : "at-longest";
}

function lowerMatch(match: BoundMatch, id: string): Rule["match"] {
  switch (match.kind) {
    case "match": return { kind: "pattern", source: match.pattern.source, flags: [...match.pattern.flags].sort().join("") };
    case "match-any": return { kind: "any", texts: match.texts.items.flatMap((item) => (item.kind === "string" ? item.value : [])) };
    case "expect": return { kind: "json" };
    case "schema": return { kind: "schema", schema: match.schema };
    case "after": return { kind: "after", tool: match.tool.value, turns: match.turns.value };
    case "repeat": return { kind: "repeat", times: match.times.value, turns: match.turns.value };
    case "allow": return { kind: "allow", names: match.names.items.flatMap((item) => (item.kind === "string" ? item.value : [])) };
    case "nothing": throw new Error(`${id} looks for nothing: rules on request are not supported yet`);
  }
}

function lowerLadder(ladder: readonly BoundAction[], lead: Lead): readonly Action[] {
  const steps = ladder.map((action) => lowerAction(action, lead));
  const last = steps.at(-1)?.kind;
  return last === "escalate" || last === "retry" ? [...steps, { kind: "block", message: BLOCKED }] : steps;
}

function lowerAction(action: BoundAction, lead: Lead): Action {
  switch (action.kind) {
    case "retry": return { kind: "retry", ...action.fields };
    case "escalate": return { kind: "escalate", selector: lead(action.selector), ...action.fields };
    case "plain":
      switch (action.node.kind) {
        case "block": return { kind: "block", message: action.node.message.value };
        case "redact": return { kind: "redact", replacement: action.node.replacement.value };
        case "prepend": case "append": return { kind: action.node.kind, text: action.node.text.value };
        case "note": return { kind: "note" };
      }
  }
}

function capped(length: number | null, within: number | null): number | null {
  return length === null || within === null ? (length ?? within) : Math.min(length, within);
}
