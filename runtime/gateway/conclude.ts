// The end of a request: its receipt is written, and what that means for the client.
import type { World } from "./job.ts";
import { alertsOf } from "../receipt/alerts.ts";
import type { End, Ledger } from "../receipt/ledger.ts";
import { problem, type Problem } from "./problem.ts";

/**
 * Resolves true when the client may have the end of its answer: the receipt is durable, or the deployment does not insist
 * on it. The store's own words are for operators and go nowhere.
 */
export async function conclude({ loaded, store, durability, onStoreFailure, health, watch, work }: World, ledger: Ledger, end: End): Promise<boolean> {
  const closed = ledger.close(end);
  const receipt = { ...closed, alerts: alertsOf(loaded, closed) };
  const written = store.append(receipt).then(
    () => !(health.storeFailing = false),
    () => !(health.storeFailing = true),
  );
  work.add(written);
  void written.then((isWritten) => {
    work.delete(written);
    if (ledger.trail !== null) ledger.trail.withheld = !mayEnd(isWritten);
    watch.ended(receipt, isWritten, ledger.trail);
  });
  return durability === "relaxed" || mayEnd(await written);

  function mayEnd(isWritten: boolean): boolean {
    return isWritten || durability === "relaxed" || onStoreFailure === "degrade";
  }
}

export const NOT_WRITTEN: Problem = problem(503, "the receipt of this request could not be written, so its answer is not given", { code: "receipt_not_written" });

export function errorOf({ status, code, type, message }: Problem): End["error"] {
  return { code: code ?? type, message, http_status: status };
}
