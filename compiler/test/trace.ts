// What happened to a rehearsed request, step by step, each with the place in the policy it comes from.
import type { ReceiptAttempt, ReceiptTrigger } from "#contracts";
import type { Span } from "#lang";
import type { Rehearsed } from "#runtime";
import { inTextOrder, quoted } from "./claim.ts";

export type TraceLine = { readonly label: string; readonly text: string; readonly span: Span | null };

/** `placeOf` answers where an id is written, null where nothing is known of it. */
export function traceOf({ receipt, text, unscripted }: Rehearsed, placeOf: (id: string) => Span | null): readonly TraceLine[] {
  const { request, decision, attempts, triggers, status, error } = receipt;
  const line = (label: string, said: string, id: string | null = null): TraceLine => ({ label, text: said, span: id === null ? null : placeOf(id) });
  /** 0: before any attempt. */
  const fired = (attempt: number): readonly TraceLine[] => inTextOrder(triggers).filter((one) => one.attempt === attempt).map((one) => line("fired", triggerText(one), one.rule));
  // The attempt that had no script did not happen.
  const made = unscripted === null ? attempts : attempts.slice(0, -1);
  return [
    line("request", JSON.stringify(request), receipt.model.id),
    ...decision.path.map((id) => line("path", id, id)),
    ...decision.alloys.flatMap(({ id, order, key }) => (order === null ? [] : [line("drawn", `${order.join(", ")}${key === null ? "" : ` by ${quoted(key)}`}`, id)])),
    ...decision.skipped.map(({ target, reason, id }) => line("skipped", `${target}: ${reason}`, id)),
    ...(decision.refusal === null ? [] : [line("refused", `${decision.refusal.code}: ${decision.refusal.message}`)]),
    ...fired(0),
    ...made.flatMap((one) => [line(`attempt ${one.n}`, attemptText(one), one.because ?? one.target), ...fired(one.n)]),
    ...(unscripted === null ? [line("ended", error === null ? status : `${status}: ${error.code}, ${error.message}`)] : [line("stopped", `an attempt on ${unscripted.name} has no script`, unscripted.id)]),
    ...(text === "" ? [] : [line("released", quoted(text))]),
  ];
}

function attemptText({ target, because, outcome, http_status }: ReceiptAttempt): string {
  const how = http_status === null || outcome === "ok" ? outcome : `${outcome} (${http_status})`;
  return `${target}${because === null ? "" : ` because of ${because}`}: ${how}`;
}

function triggerText({ rule, action, mode, offset, length, reason }: ReceiptTrigger): string {
  return `${rule}: ${action}${mode === "shadow" ? " (shadow)" : ""}, ${length} characters at ${offset}${reason === null ? "" : `; ${reason}`}`;
}
