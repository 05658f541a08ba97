// A decision for a person: what was decided and every step that led there.
import type { Decision } from "#contracts";
import { milliseconds } from "./quantity.ts";
import { table } from "./verb.ts";

export function decisionAsText(decision: Decision): string {
  const rows: (readonly [string, string])[] = [
    ["model", decision.model],
    ["outcome", outcome(decision)],
    ...(decision.path.length === 0 ? [] : [["path", decision.path.join(" > ")] as const]),
    ...decision.skipped.map((one) => ["skipped", skippedLine(one)] as const),
    ...decision.alloys.map((alloy) => ["alloy", alloyLine(alloy)] as const),
    ...decision.attempts.map((attempt, index) => [`attempt ${index + 1}`, attemptLine(attempt)] as const),
    ...decision.rules.map((rule) => ["rule", rule] as const),
    ...(decision.depends.length === 0 ? [] : [["depends on", decision.depends.join(", ")] as const]),
  ];
  return `${table(rows).join("\n")}\n`;
}

const WHY: { readonly [reason in Decision["skipped"][number]["reason"]]: string } = {
  guard: "a guard forbids it",
  capability: "it lacks a capability the request needs",
  context: "the request does not fit its context",
  output: "it cannot answer at such length",
  alloy_capability: "not every part of its alloy has what the request needs",
  alloy_context: "not every part of its alloy fits the request",
};

function outcome({ outcome, refusal }: Decision): string {
  return refusal === null ? outcome : `${outcome}: ${refusal.code}, ${refusal.message}`;
}

function skippedLine({ target, reason, id }: Decision["skipped"][number]): string {
  return `${target}: ${WHY[reason]}${id === `target:${target}` ? "" : ` (${id})`}`;
}

function alloyLine({ id, pick, shares, key, order }: Decision["alloys"][number]): string {
  const parts = shares.map(({ part, share }) => `${part} ${share}`).join(", ");
  const drawn = order === null ? "not drawn (no --key)" : `${key === null ? "in the order" : `drawn by \`${key}\``}: ${order.join(", ")}`;
  return `${id}, ${pick}: ${parts}; ${drawn}`;
}

function attemptLine({ target, step, retries, on, timeout }: Decision["attempts"][number]): string {
  return [
    target,
    step === null ? null : `by ${step}`,
    timeout === null ? null : `within ${milliseconds(timeout)}`,
    retries === 0 ? null : `repeated up to ${retries} time${retries === 1 ? "" : "s"}`,
    on.length === 0 ? null : `then on after ${on.join(" ")}`,
  ].filter((part) => part !== null).join(", ");
}
