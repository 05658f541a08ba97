// Binds a rule: what its channel lets it look for and do, its options, and its ladder of actions.
import { canonical } from "#contracts";
import type { Action, Channel, Rule, RuleClause } from "#lang";
import { resolvePath } from "../host.ts";
import { duplicateName } from "../rules/duplicate-name.ts";
import { missingExhausted } from "../rules/missing-exhausted.ts";
import { diagnose } from "../rules/rule.ts";
import { unreadableFile } from "../rules/unreadable-file.ts";
import { checkWhen, mismatch, readingOf, type Binder } from "./binder.ts";
import type { BoundAction, BoundMatch, BoundRule } from "./bound.ts";
import { fieldName, readFields, type Reading } from "./fields.ts";
import { isCount, type Json } from "./field-types.ts";
import { idOf } from "./identity.ts";
import { listed } from "./nearest.ts";
import { SELECTORS } from "./names.ts";
import { ESCALATE, RETRY, RULE } from "./tables.ts";

type Looks = "match" | "match-any" | "expect" | "after" | "repeat" | "allow";

/** What a rule on each channel may look for, and do. Only one on the request may look for nothing. */
const CHANNELS: { readonly [on in Channel["on"]]: { readonly looks: readonly Looks[]; readonly needs: boolean; readonly does: readonly Action["kind"][] } } = {
  text: { looks: ["match", "match-any"], needs: true, does: ["retry", "escalate", "block", "redact", "note"] },
  reasoning: { looks: ["match", "match-any"], needs: true, does: ["retry", "escalate", "block", "redact", "note"] },
  tool: { looks: ["match", "match-any", "after", "repeat", "allow"], needs: true, does: ["retry", "escalate", "block", "redact", "note"] },
  output: { looks: ["match", "match-any", "expect"], needs: true, does: ["retry", "escalate", "block", "redact", "note"] },
  request: { looks: ["match", "match-any"], needs: false, does: ["block", "prepend", "append", "note"] },
};

const SPOKEN: { readonly [kind in Looks]: string } = { match: "match", "match-any": "match any", expect: "expect", after: "after", repeat: "repeat", allow: "allow" };

export function bindRule(node: Rule, binder: Binder): BoundRule | null {
  const reading = readingOf(node, binder);
  const when = one("when", node, binder)?.condition ?? null;
  checkWhen(when, node, binder);
  const match = bindMatch(node, binder);
  const fields = readFields(RULE, clauses(node, "option").map((clause) => clause.field), reading);
  const ladder = bindLadder(node, reading, binder);
  const alerts = clauses(node, "also-alert").map((clause) => binder.names.resolve(clause.alert, ["alert"], node));
  checkOptions(node, match, binder);
  checkRedact(node, match, binder);
  if (match === null || fields === null || ladder === null || alerts.some((alert) => alert === null)) return null;
  if (fields.hold.kind === "none") {
    const acting = ladder.find((action) => action.node.kind !== "note");
    if (acting !== undefined) mismatch(acting.node, `${reading.what} holds nothing back, so it cannot \`${acting.node.kind}\``, "only `note` and `also alert` go with `hold = none`", binder);
  }
  return { kind: "rule", node, id: idOf(node), when, match, fields, ladder, alerts: alerts.map((alert) => alert!) };
}

/** Only what was found can be replaced. */
function checkRedact(node: Rule, match: BoundMatch | null, binder: Binder): void {
  if (match === null || match.kind === "match" || match.kind === "match-any") return;
  for (const { action } of [...clauses(node, "then"), ...clauses(node, "exhausted")]) {
    if (action.kind === "redact") mismatch(action, `rule \`${node.name.text}\` finds no text that could be replaced`, "`redact` goes with `match`", binder);
  }
}

/** A call, an answer or a request is one piece: how much of it is held is no question, but whether it is. */
function checkOptions(node: Rule, match: BoundMatch | null, binder: Binder): void {
  const { on } = node.channel;
  for (const { field } of clauses(node, "option")) {
    const name = fieldName(field);
    const word = field.value.kind === "name" ? field.value.text : null;
    if (name === "hold" && on === "request") mismatch(field, "a rule on request acts before anything is held", "leave `hold` out", binder);
    else if (name === "hold" && (on === "tool" || on === "output") && word !== "all" && word !== "none") {
      mismatch(field, `a rule on ${on} holds the whole ${on === "tool" ? "call" : "answer"} back`, "leave `hold` out, or say `hold = none` to look on", binder);
    }
    if (name === "within" && match !== null && match.kind !== "match" && match.kind !== "match-any") mismatch(field, `\`within\` of rule \`${node.name.text}\` caps a match of text, and it looks for none`, "leave `within` out", binder);
  }
}

function bindMatch(node: Rule, binder: Binder): BoundMatch | null {
  const what = `rule \`${node.name.text}\``;
  const channel = CHANNELS[node.channel.on];
  const found = node.clauses.filter((clause): clause is Extract<RuleClause, { kind: Looks }> => isLook(clause.kind));
  const [first, second] = found;
  if (first === undefined) {
    if (!channel.needs) return { kind: "nothing" };
    mismatch(node.name, `${what} looks for nothing`, `a rule on ${node.channel.on} looks with ${listed(channel.looks.map((kind) => SPOKEN[kind]), "or")}`, binder);
    return null;
  }
  if (second !== undefined) {
    binder.report(diagnose(duplicateName, { span: second.span, message: `${what} looks for two things`, labels: [{ span: first.span, text: "first given here" }], help: "write two rules, or one pattern with `|`" }));
    return null;
  }
  if (!channel.looks.includes(first.kind)) {
    mismatch(first, `a rule on ${node.channel.on} cannot look with \`${SPOKEN[first.kind]}\``, `it looks with ${listed(channel.looks.map((kind) => SPOKEN[kind]), "or")}`, binder);
    return null;
  }
  return checkMatch(first, what, binder);
}

/** The literals of what a rule looks for. Patterns are read by the checks of the W5 family. */
function checkMatch(match: Extract<RuleClause, { kind: Looks }>, what: string, binder: Binder): BoundMatch | null {
  switch (match.kind) {
    case "match": return match;
    case "match-any":
    case "allow": {
      const list = match.kind === "allow" ? match.names : match.texts;
      const wrong = list.items.find((item) => item.kind !== "string");
      if (wrong !== undefined) mismatch(wrong, `\`${SPOKEN[match.kind]}\` of ${what} lists strings`, "write each in quotes", binder);
      const empty = match.kind === "match-any" && list.items.length === 0;
      if (empty) mismatch(list, `\`match any\` of ${what} lists nothing, so it never matches`, 'list at least one text: `match any ["…"]`', binder);
      return wrong !== undefined || empty ? null : match;
    }
    case "after": return isTurns(match.turns, binder) ? match : null;
    case "repeat": return isTurns(match.times, binder) && isTurns(match.turns, binder) ? match : null;
    case "expect": {
      if (match.path === null) return match;
      const schema = readSchema(match.path, binder);
      return schema === null ? null : { kind: "schema", schema: schema.value };
    }
  }
}

function readSchema(path: { readonly value: string; readonly span: Rule["span"] }, binder: Binder): { readonly value: Json } | null {
  const text = /^[/\\]|^[A-Za-z][A-Za-z0-9+.-]*:/.test(path.value) ? null : binder.host.read(resolvePath(path.span.file, path.value));
  if (text === null) {
    binder.report(diagnose(unreadableFile, { span: path.span, message: `cannot read \`${path.value}\``, help: "write the path of a JSON schema, relative to this file" }));
    return null;
  }
  try {
    const value = JSON.parse(text) as Json;
    canonical(value); // what has no canonical text cannot stand in a bundle
    return { value };
  } catch {
    mismatch(path, `\`${path.value}\` is not JSON`, "a schema is a JSON document", binder);
    return null;
  }
}

/** `then A exhausted B exhausted C`: each `exhausted` is what happens when the action before it is used up. */
function bindLadder(node: Rule, reading: Reading, binder: Binder): readonly BoundAction[] | null {
  const then = one("then", node, binder);
  const exhausted = clauses(node, "exhausted");
  if (then === null) {
    mismatch(node.name, `${reading.what} has no \`then\``, 'say what happens: `then block "…"`', binder);
    return null;
  }
  const actions = [then, ...exhausted].map((clause) => clause.action);
  const ladder = actions.map((action) => bindAction(action, node, { reading, binder }));
  actions.forEach((action, index) => {
    const next = exhausted[index];
    if (action.kind === "retry" && next === undefined) {
      binder.report(diagnose(missingExhausted, { span: action.span, message: `${reading.what} does not say what happens when its retries are used up`, help: 'add `exhausted block "…"`, or another action' }));
    }
    if (action.kind !== "retry" && action.kind !== "escalate" && next !== undefined) mismatch(next, `\`${action.kind}\` is never exhausted`, "`exhausted` follows `retry` or `escalate`, which have a limit", binder);
  });
  return ladder.some((action) => action === null) ? null : ladder.map((action) => action!);
}

function bindAction(action: Action, node: Rule, { reading, binder }: { reading: Reading; binder: Binder }): BoundAction | null {
  const allowed = CHANNELS[node.channel.on].does;
  const sound = allowed.includes(action.kind);
  if (!sound) mismatch(action, `a rule on ${node.channel.on} cannot \`${action.kind}\``, `it can ${listed(allowed, "or")}`, binder);
  const what = `\`${action.kind}\` of ${reading.what}`;
  if (action.kind === "retry") {
    const fields = readFields(RETRY, action.fields, { ...reading, what, at: action.span });
    if (fields?.feedback === "validation" && !node.clauses.some((clause) => clause.kind === "expect")) mismatch(action, `${what} has no validation to feed back`, "`feedback = validation` goes with `expect`", binder);
    return fields === null || !sound ? null : { kind: "retry", node: action, fields };
  }
  if (action.kind === "escalate") {
    const selector = binder.names.resolve(action.selector, SELECTORS, node);
    const fields = readFields(ESCALATE, action.fields, { ...reading, what, at: action.span });
    return fields === null || selector === null || !sound ? null : { kind: "escalate", node: action, selector, fields };
  }
  return sound ? { kind: "plain", node: action } : null;
}

function isTurns(turns: { readonly value: number; readonly text: string; readonly span: Rule["span"] }, binder: Binder): boolean {
  if (isCount(turns.value) && turns.value > 0) return true;
  mismatch(turns, `\`${turns.text}\` is not a whole number of at least 1`, "count whole turns", binder);
  return false;
}

/** The only clause of its kind, or null. */
function one<K extends RuleClause["kind"]>(kind: K, node: Rule, binder: Binder): Extract<RuleClause, { kind: K }> | null {
  const [first, second] = clauses(node, kind);
  if (first !== undefined && second !== undefined) {
    binder.report(diagnose(duplicateName, { span: second.span, message: `\`${kind}\` is given twice`, labels: [{ span: first.span, text: "first given here" }], help: kind === "when" ? "join the two with `and`" : "keep one of the two" }));
  }
  return first ?? null;
}

function clauses<K extends RuleClause["kind"]>(node: Rule, kind: K): readonly Extract<RuleClause, { kind: K }>[] {
  return node.clauses.filter((clause): clause is Extract<RuleClause, { kind: K }> => clause.kind === kind);
}

function isLook(kind: RuleClause["kind"]): kind is Looks {
  return Object.hasOwn(SPOKEN, kind);
}
