// A receipt for a person: what was asked, what was decided, what was tried, what fired, how it ended.
import type { Receipt, ReceiptAttempt, ReceiptTrigger } from "#contracts";
import { dollars, milliseconds } from "./quantity.ts";
import { table } from "./verb.ts";

export function receiptAsText(receipt: Receipt): string {
  const rows: (readonly [string, string])[] = [
    ["receipt", receipt.id],
    ["created", receipt.created],
    ["bundle", receipt.bundle],
    ["model", receipt.model.requested === receipt.model.name ? receipt.model.name : `${receipt.model.name} (asked for as ${receipt.model.requested})`],
    ["request", `${receipt.surface}${receipt.stream ? ", streamed" : ""}, ${receipt.request.tokens ?? 0} tokens`],
    ...Object.entries(receipt.caller).map(([name, { value, source }]) => [`caller.${name}`, `${value} (${source})`] as const),
    ...(receipt.decision.path.length === 0 ? [] : [["path", receipt.decision.path.join(" > ")] as const]),
    ...receipt.decision.skipped.map((one) => ["skipped", `${one.target}: ${one.reason}${one.id === `target:${one.target}` ? "" : ` (${one.id})`}`] as const),
    ...receipt.attempts.map((attempt) => [`attempt ${attempt.n}`, attemptLine(attempt)] as const),
    ...receipt.triggers.map((trigger) => ["rule fired", triggerLine(trigger)] as const),
    ...receipt.alerts.map((alert) => ["alert", alert] as const),
    ...(receipt.rollout?.canary ? [["canary", `${receipt.rollout.canary.taken ? "answered" : "did not answer"}, ${receipt.rollout.canary.percent}% go to ${receipt.rollout.canary.bundle}`] as const] : []),
    ...(receipt.rollout?.shadow ? [["shadow", `${receipt.rollout.shadow.bundle} ${shadowText(receipt.rollout.shadow)}`] as const] : []),
    ["status", receipt.error === null ? receipt.status : `${receipt.status}: ${receipt.error.code}, ${receipt.error.message}`],
    ["tokens", `${receipt.tokens.input} in, ${receipt.tokens.output} out${receipt.cost === null ? "" : `, ${dollars(receipt.cost)}`}`],
    ["time", `${receipt.ms.first_byte === null ? "" : `first byte ${milliseconds(receipt.ms.first_byte)}, `}total ${milliseconds(receipt.ms.total)}`],
  ];
  return `${table(rows).join("\n")}\n`;
}

function shadowText({ same, problem, decision }: NonNullable<NonNullable<Receipt["rollout"]>["shadow"]>): string {
  if (same) return "would do the same";
  if (problem !== null) return `cannot read the request: ${problem}`;
  return decision?.refusal ? `would refuse: ${decision.refusal.code}` : `would try ${decision?.attempts.map((one) => one.target).join(", ") ?? ""}`;
}

function attemptLine(attempt: ReceiptAttempt): string {
  return [
    attempt.target,
    attempt.because === null ? null : `because of ${attempt.because}`,
    attempt.http_status === null ? attempt.outcome : `${attempt.outcome} (${attempt.http_status})`,
    `${attempt.bytes.received} bytes received, ${attempt.bytes.released} released, ${attempt.bytes.held} held back`,
    milliseconds(attempt.ms.end),
    attempt.left_out === undefined ? null : `not told of ${attempt.left_out.join(", ")}`,
  ].filter((part) => part !== null).join(", ");
}

function triggerLine(trigger: ReceiptTrigger): string {
  return [
    `${trigger.rule}: ${trigger.action}${trigger.mode === "shadow" ? " (shadow)" : ""}`,
    `attempt ${trigger.attempt}`,
    `${trigger.length} characters of ${trigger.channel} at ${trigger.offset}`,
    `${trigger.held_bytes} bytes held, ${trigger.released_bytes} released before it`,
    trigger.reason,
  ].filter((part) => part !== null).join(", ");
}
