// What a receipt says of one match.
import type { Action, ReceiptTrigger } from "#contracts";
import type { Seen } from "./answer.ts";

export type Taken = { readonly attempt: number; readonly action: Action["kind"]; readonly reasons: readonly string[] };

export function triggerOf({ match, channel, choice, heldBytes, releasedBytes, reason }: Seen, { attempt, action, reasons }: Taken): ReceiptTrigger {
  const why = [...(reason === undefined ? [] : [reason]), ...reasons];
  return {
    rule: match.rule.id,
    channel,
    attempt,
    choice,
    offset: match.offset,
    length: match.length,
    action,
    mode: match.rule.mode,
    held_bytes: heldBytes,
    released_bytes: releasedBytes,
    // Less held than matched: the match's beginning had gone out when its end was read.
    violation_released: match.held < match.length,
    reason: why.length === 0 ? null : why.join("; "),
  };
}
