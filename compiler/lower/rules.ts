// Rules: what they look for, how much they hold, and their ladder with its last step written out.
import type { Action, Json, Rule } from "#contracts";
import type { ExpectedSchema } from "#runtime/stream";
import { fieldName, type BoundAction, type BoundMatch, type BoundRule, type RulePattern } from "../bind/index.ts";
import { readSchema } from "../patterns/index.ts";
import { lowerWhen, type Types } from "./conditions.ts";
import type { Lead } from "./selectors.ts";

/** What the client is told where the author leaves it open. */
const BLOCKED = "blocked by policy";

/** `pattern` is what it matches, where that is text to be found. */
export function lowerRule(rule: BoundRule, pattern: RulePattern | undefined, { lead, types }: { readonly lead: Lead; readonly types: Types }): Rule {
  const { node, id, fields: { within, mode } } = rule;
  return {
    id,
    name: node.name.text,
    channel: node.channel.on === "tool" ? { kind: "tool", glob: node.channel.glob?.value ?? "*" } : { kind: node.channel.on },
    when: lowerWhen(rule.when, types),
    mode,
    match: lowerMatch(rule.match),
    hold: lowerHold(rule),
    within,
    ladder: lowerLadder(rule.ladder, lead),
    alerts: rule.alerts.map((alert) => alert.id).sort(),
    longest: pattern?.longest ?? null,
  };
}

/**
 * A call, an answer or a request is one piece: it is held whole, or only looked at. A rule that does no more than note
 * needs nothing held.
 */
function lowerHold({ node, fields: { hold }, ladder }: BoundRule): Rule["hold"] {
  if (node.channel.on === "text" || node.channel.on === "reasoning") return hold;
  const held = node.clauses.some((clause) => clause.kind === "option" && fieldName(clause.field) === "hold") ? hold.kind === "all" : ladder.some((action) => action.node.kind !== "note");
  return { kind: held ? "all" : "none" };
}

function lowerMatch(match: BoundMatch): Rule["match"] {
  switch (match.kind) {
    case "match": return { kind: "pattern", source: match.pattern.source, flags: [...match.pattern.flags].sort().join("") };
    case "match-any": return { kind: "any", texts: match.texts.items.flatMap((item) => (item.kind === "string" ? item.value : [])) };
    case "expect": return { kind: "json" };
    case "schema": return lowerSchema(match.schema);
    case "after": return { kind: "after", tool: match.tool.value, turns: match.turns.value };
    case "repeat": return { kind: "repeat", times: match.times.value, turns: match.turns.value };
    case "allow": return { kind: "allow", names: match.names.items.flatMap((item) => (item.kind === "string" ? item.value : [])) };
    case "nothing": return { kind: "always" };
  }
}

/** Its patterns are good: a schema that cannot be held to is an error, and nothing is lowered where there is one. */
function lowerSchema(schema: Json): Rule["match"] {
  const read = readSchema(schema);
  return { kind: "schema", schema: schema as ExpectedSchema["schema"], ...(read.ok && read.patterns !== null ? { patterns: read.patterns } : {}) };
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
