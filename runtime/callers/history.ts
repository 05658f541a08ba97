// Budgets after a restart: counted again from the receipts of this month. Receipts are what was used, so there is no second
// file that could say something else; what left no receipt (a process that was killed in mid-request) is not counted.
import type { ApiKey, Model, Receipt } from "#contracts";
import type { ReceiptStore } from "../receipt/store.ts";
import { boundsOf } from "./bounds.ts";
import { periodStart, type Charge, type Meters } from "./meters.ts";

export type History = {
  readonly keys: readonly ApiKey[];
  readonly models: ReadonlyMap<string, Model>;
  /** Receipts from then on were counted while they were made. */
  readonly before: number;
};

const DAY = 86_400_000;
const PAGE = 200;

/** Answers how many receipts were read: those of this month and a day, whatever else the store holds. */
export async function countReceipts(store: ReceiptStore, meters: Meters, { keys, models, before }: History): Promise<number> {
  let seen = 0;
  const byId = new Map(keys.map((key) => [key.id, key]));
  // Receipts stand in the order they were ended, so one that began last month may stand among those of this one.
  const from = periodStart("month", before) - DAY;
  for (let cursor: string | null = null, first = true; first || cursor !== null; first = false) {
    const page = await store.list({ limit: PAGE, ...(cursor === null ? {} : { cursor }) });
    for (const receipt of page.receipts) {
      const created = Date.parse(receipt.created);
      if (created < from) return seen;
      seen += 1;
      const key = keyOf(receipt, byId);
      if (key !== undefined && !receipt.simulated && created < before) await meters.correct(chargesOf(key, models.get(receipt.model.id) ?? null, receipt), created, before);
    }
    cursor = page.next;
  }
  return seen;
}

/** A caller cannot name a key: only a key itself is recorded as trusted. */
function keyOf({ caller }: Receipt, byId: ReadonlyMap<string, ApiKey>): ApiKey | undefined {
  return caller["key"]?.source === "trusted_auth" ? byId.get(caller["key"].value) : undefined;
}

function chargesOf(key: ApiKey, model: Model | null, { tokens, attempts }: Receipt): readonly Charge[] {
  const cost = attempts.reduce((sum, one) => sum + (one.cost ?? 0), 0);
  return boundsOf(key, model).flatMap((bound) => (bound.per === "minute" ? [] : [{ bound, amount: bound.measure === "cost" ? cost : tokens.input + tokens.output }]));
}
