// Counts replayed receipts in bounded memory: one group for each way they differ, a few examples of each, never the receipts.
import type { PlannedAnswer, Receipt, ReplayReport } from "#contracts";
import type { Differs, Replayed } from "./replay.ts";

export type Tally = { add(receipt: Receipt, replayed: Replayed): void; readonly count: number; report(bundle: string): ReplayReport };

const MOST_GROUPS = 1_000;
const EXAMPLES = 3;

export function openTally(): Tally {
  let receipts = 0;
  let same = 0;
  let withoutContent = 0;
  const different = createGroups<Difference>();
  const unknown = createGroups<{ readonly model: string; readonly missing: string }>();
  const rules = new Map<string, { readonly mode: "enforce" | "shadow"; replayed: number; fired: number; readonly examples: string[] }>();
  const elsewhere = new Set<string>();

  return {
    get count() {
      return receipts;
    },
    add(receipt, replayed) {
      receipts++;
      const model = receipt.model.name;
      if (replayed.kind === "unknown") return unknown.add(receipt.id, { model, missing: replayed.missing });
      if (replayed.kind === "same") same++;
      else different.add(receipt.id, { model, was: replayed.was, now: replayed.now, differs: replayed.differs, fires: replayed.fires });
      const { tried, fired } = replayed.text;
      for (const rule of replayed.text.elsewhere) elsewhere.add(rule.id);
      if (tried === null) withoutContent++;
      for (const rule of tried ?? []) {
        const row = rules.get(rule.id) ?? { mode: rule.mode, replayed: 0, fired: 0, examples: [] };
        rules.set(rule.id, row);
        row.replayed++;
        if (!fired.includes(rule)) continue;
        row.fired++;
        if (row.examples.length < EXAMPLES) row.examples.push(receipt.id);
      }
    },
    report(bundle) {
      const shared = (count: number) => ({ count, share: receipts === 0 ? 0 : count / receipts });
      return {
        bundle,
        receipts,
        same: shared(same),
        different: { ...shared(different.count), groups: different.list().map(({ of, count, examples }) => ({ ...of, ...shared(count), examples })), ungrouped: different.ungrouped },
        unknown: { ...shared(unknown.count), groups: unknown.list().map(({ of, count, examples }) => ({ ...of, ...shared(count), examples })), ungrouped: unknown.ungrouped },
        rules: [...rules].sort(([a], [b]) => (a < b ? -1 : 1)).map(([rule, row]) => ({ rule, ...row })),
        without_content: withoutContent,
        not_replayed: [...elsewhere].sort(),
      };
    },
  };
}

type Difference = { readonly model: string; readonly was: PlannedAnswer; readonly now: PlannedAnswer; readonly differs: readonly Differs[]; readonly fires: readonly string[] };
type Group<T> = { readonly of: T; count: number; readonly examples: string[] };
type Groups<T> = { add(id: string, of: T): void; readonly count: number; readonly ungrouped: number; list(): readonly Group<T>[] };

function createGroups<T>(): Groups<T> {
  const groups = new Map<string, Group<T>>();
  let count = 0;
  let ungrouped = 0;
  return {
    get count() {
      return count;
    },
    get ungrouped() {
      return ungrouped;
    },
    add(id, of) {
      count++;
      const key = JSON.stringify(of);
      let group = groups.get(key);
      if (group === undefined && groups.size >= MOST_GROUPS) {
        ungrouped++;
        return;
      }
      if (group === undefined) groups.set(key, (group = { of, count: 0, examples: [] }));
      group.count++;
      if (group.examples.length < EXAMPLES) group.examples.push(id);
    },
    // Of equally frequent ones, the one by its content: the order of receipts in a store says nothing.
    list: () => [...groups].sort(([a, left], [b, right]) => right.count - left.count || (a < b ? -1 : 1)).map(([, group]) => group),
  };
}
