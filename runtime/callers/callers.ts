// Who may call a gateway, and how much: keys, and counters that stay when keys are replaced.
import { keyHash, type ApiKey, type KeysFile, type Model } from "#contracts";
import type { Loaded } from "../load.ts";
import type { Clock } from "../ports.ts";
import { StoreError, type ReceiptStore } from "../receipt/store.ts";
import { openAllowance, type Allowance } from "./allowance.ts";
import { hasBudget } from "./bounds.ts";
import { checkKeys, type Finding, type KeyFindings } from "./check-keys.ts";
import { countReceipts } from "./history.ts";
import { createKeyring, type Header, type Identified } from "./keyring.ts";
import { createMemoryMeters } from "./memory-meters.ts";
import type { Meters } from "./meters.ts";

export type Callers = {
  identify(header: Header): Identified;
  allowance(key: ApiKey, model: Model): Allowance;
  /** What the keys have against a policy. */
  check(loaded: Loaded): KeyFindings;
  /**
   * From now on these keys, for every request that comes; those under way are finished. Keys with problems change nothing.
   * A first budget is counted from the receipts before it holds.
   */
  replace(file: KeysFile, loaded: Loaded): Promise<KeyFindings>;
};

export type CallersOptions = {
  readonly file: KeysFile;
  readonly loaded: Loaded;
  readonly clock: Clock;
  /** What budgets are counted from after a restart; left out where whoever keeps the meters has done so. */
  readonly store?: ReceiptStore;
  readonly meters?: Meters;
  /** `keyHash` by the machine's own means, where they are faster. */
  readonly hash?: (secret: string) => string;
};

export type OpenedCallers = { readonly ok: true; readonly callers: Callers; readonly notes: readonly Finding[] } | { readonly ok: false; readonly problems: readonly Finding[] };

export async function openCallers({ file, loaded, clock, store, meters = createMemoryMeters(), hash = keyHash }: CallersOptions): Promise<OpenedCallers> {
  const opened = clock.now();
  let keys = file;
  let ring = createKeyring({ ...file, keys: [] }, hash);
  /** Keys whose receipts from before this process were counted. */
  const counted = new Set<string>();
  /** The last count, until it was told. */
  let took = { receipts: 0, ms: 0 };

  const callers: Callers = {
    identify: (header) => ring.identify(header, clock.now()),
    allowance: (key, model) => openAllowance({ key, model, meters, now: () => clock.now() }),
    check: (next) => checkKeys(next, keys),
    async replace(next, under) {
      const found = checkKeys(under, next);
      if (found.problems.length > 0) return found;
      const missed = await count(next, under);
      if (missed !== null) return { ...found, problems: [missed] };
      keys = next;
      ring = createKeyring(next, hash);
      return { ...found, notes: [...found.notes, ...noteOf()] };
    },
  };
  const found = await callers.replace(file, loaded);
  return found.problems.length === 0 ? { ok: true, callers, notes: found.notes } : { ok: false, problems: found.problems };

  /** Whoever waits for a start is told what it waited for. */
  function noteOf(): readonly Finding[] {
    const { receipts, ms } = took;
    took = { receipts: 0, ms: 0 };
    if (ms < WORTH_A_WORD) return [];
    return [{ message: `budgets were counted from ${receipts} receipts of this month, which took ${(ms / 1000).toFixed(1)} s`, help: "it grows with the receipts of a month, not with those the store holds" }];
  }

  async function count({ keys: all }: KeysFile, { models }: Loaded): Promise<Finding | null> {
    const fresh = all.filter((key) => key.revoked === null && hasBudget(key) && !counted.has(key.id));
    if (fresh.length === 0 || store === undefined) return null;
    for (const key of fresh) counted.add(key.id);
    try {
      const since = clock.elapsed();
      const read = await countReceipts(store, meters, { keys: fresh, models, before: opened });
      took = { receipts: read, ms: clock.elapsed() - since };
      return null;
    } catch (problem) {
      if (!(problem instanceof StoreError)) throw problem;
      for (const key of fresh) counted.delete(key.id);
      return { message: `what the budgets of the keys were used for cannot be read: ${problem.message}`, help: problem.help ?? "see what the store needs, then start again" };
    }
  }
}

const WORTH_A_WORD = 1_000;
