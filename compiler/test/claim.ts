// One thing a test says of how a request went, and what there is to say of a request that was rehearsed. Both are the same
// kind of thing, so they compare, and both are written the same way: as fields of `expect`.
import { FAILURE_CLASSES, type Receipt, type ReceiptTrigger } from "#contracts";
import { escapeString } from "#lang";
import type { Loaded, Rehearsed } from "#runtime";
import type { BoundTest } from "../bind/index.ts";
import { moneyText } from "../check/limits.ts";

export type FieldName = keyof NonNullable<BoundTest["expect"]>;
/** Names, texts and words are strings, money is millionths of a dollar; null: there is none. */
export type ClaimValue = string | number | readonly string[] | null;
export type Claim = { readonly field: FieldName; readonly value: ClaimValue };

/** How a value of each field is written. */
const WRITTEN: { readonly [field in FieldName]: "names" | "texts" | "text" | "name" | "money" } = {
  attempts: "names",
  skipped: "names",
  fired: "names",
  alerts: "names",
  released: "text",
  reasoning: "text",
  tools: "texts",
  status: "name",
  refused: "name",
  blocked: "name",
  failed: "name",
  selected: "name",
  cost: "money",
};

/** Everything a test could expect of what happened. */
export function shownBy({ receipt, text, reasoning, tools }: Rehearsed, loaded: Loaded): { readonly [field in FieldName]: ClaimValue } {
  const { attempts, decision, triggers, alerts, status, error, selected, cost } = receipt;
  const target = (id: string): string => loaded.targets.get(id)?.name ?? id;
  const rule = (id: string): string => loaded.rules.get(id)?.name ?? id;
  const alert = (id: string): string => loaded.alerts.get(id)?.name ?? id;
  const code = error?.code ?? null;
  return {
    attempts: attempts.filter((one) => one.outcome !== "not_started").map((one) => target(one.target)),
    skipped: [...new Set(decision.skipped.map((one) => target(one.target)))],
    fired: inTextOrder(triggers).map((one) => rule(one.rule)),
    alerts: alerts.map(alert),
    released: text,
    reasoning,
    tools: tools.map((one) => one.name),
    status,
    refused: status === "refused" ? code : null,
    blocked: status === "blocked" && code !== null ? rule(code) : null,
    failed: failureOf(receipt),
    selected: selected === null ? null : target(selected),
    cost,
  };
}

const CHANNELS: readonly ReceiptTrigger["channel"][] = ["request", "reasoning", "text", "tool", "output"];

/** By attempt, channel and the end of the match: what fired must not hang on how the text was cut, nor on which rules hold. */
export function inTextOrder(triggers: readonly ReceiptTrigger[]): readonly ReceiptTrigger[] {
  const place = (one: ReceiptTrigger): readonly number[] => [one.attempt, CHANNELS.indexOf(one.channel), one.choice, one.offset + one.length];
  return triggers.toSorted((left, right) => place(left).reduce((found, value, at) => found || value - place(right)[at]!, 0));
}

/** `attempts = [qwen, qwen]`, or what is said where there is none. */
export function claimText({ field, value }: Claim): string {
  return value === null ? `no \`${field}\`` : `\`${field} = ${valueText(field, value)}\``;
}

/** As it is written in a policy. */
export function valueText(field: FieldName, value: Exclude<ClaimValue, null>): string {
  switch (WRITTEN[field]) {
    case "names": return `[${(value as readonly string[]).join(", ")}]`;
    case "texts": return `[${(value as readonly string[]).map(quoted).join(", ")}]`;
    case "text": return quoted(value as string);
    case "name": return String(value);
    case "money": return moneyText(value as number);
  }
}

export function sameValue(left: ClaimValue, right: ClaimValue): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

export function quoted(text: string): string {
  return `"${escapeString(text)}"`;
}

/** The class of the failure the client heard of: its code is the class, but for the one that clients know by another name. */
function failureOf({ status, error }: Receipt): string | null {
  if (error === null || (status !== "failed" && status !== "truncated")) return null;
  if (error.code === "context_length_exceeded") return "context_exceeded";
  return (FAILURE_CLASSES as readonly string[]).includes(error.code) ? error.code : null;
}
