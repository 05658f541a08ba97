// Which decisions a rehearsed request showed. Read off its receipt and off the plan it followed, never guessed from what
// the test expected.
import type { Receipt } from "#contracts";
import type { Loaded, Rehearsed } from "#runtime";
import { factsOf, named, plan, type Facts, type Plan } from "#runtime/plan";
import { guardsThatHold, isUsedUp, keyOf, type Decision, type DecisionKind } from "./decisions.ts";

/** `covered` and `uncovered` are in the order of `decisions`. */
export type Coverage = { readonly covered: readonly Decision[]; readonly uncovered: readonly Decision[]; readonly percent: number };

export function coverageOf(decisions: readonly Decision[], shown: ReadonlySet<string>): Coverage {
  const covered = decisions.filter((one) => shown.has(one.key));
  // Rounded down: 100 says that nothing is left.
  const percent = decisions.length === 0 ? 100 : Math.floor((covered.length * 100) / decisions.length);
  return { covered, uncovered: decisions.filter((one) => !shown.has(one.key)), percent };
}

/** Keys of the decisions that this request brought about. */
export function decisionsShown({ receipt, keys, unscripted }: Rehearsed, loaded: Loaded): ReadonlySet<string> {
  const shown = new Set<string>();
  const show = (kind: DecisionKind, id: string): void => void shown.add(keyOf(kind, id));
  const model = named(loaded.models, receipt.model.id);
  const read = factsOf(loaded, receipt.request);
  if (!read.ok) throw new Error(`a receipt's facts are none: ${read.problem.message}`);
  const planned = plan(loaded, model, read.facts, { keys });

  planShown(planned, receipt, show);
  for (const [id, holds] of guardsThatHold(loaded, planned, receipt.request)) show(holds ? "guard-true" : "guard-false", id);
  if (planned.refusal !== null && planned.wording === "planner") show("refused", `${model.id}/${planned.refusal.code}`);
  for (const route of escalationsTaken(receipt, loaded)) planShown(plan(loaded, model, read.facts as Facts, { keys, route }), null, show);
  // Without its end nobody knows what a rule would have seen.
  if (unscripted === null) rulesShown(planned, receipt, { loaded, show });
  return shown;
}

type Show = (kind: DecisionKind, id: string) => void;

/** `receipt` null: of a route that was escalated to, only how it begins is known. */
function planShown({ path, attempts }: Plan, receipt: Receipt | null, show: Show): void {
  for (const id of path) show("arm", id);
  for (const id of attempts[0]?.trail ?? []) show("first", id);
  const met = new Set<string>();
  for (const { trail } of attempts) {
    for (const id of trail) {
      const alloy = id.slice(0, id.lastIndexOf("/"));
      if (!met.has(alloy)) show("drawn", id);
      met.add(alloy);
    }
  }
  if (receipt === null) return;
  let at = 0;
  for (const { target, because, outcome } of receipt.attempts) {
    const next = attempts.findIndex((one, index) => index >= at && one.target.id === target && one.step === because);
    // What a rule asked for is no step of the chain.
    if (next <= at) continue;
    if (outcome !== "not_started") for (const id of attempts[next]!.trail) if (!attempts[at]!.trail.includes(id)) show("failure", id);
    at = next;
  }
}

function escalationsTaken({ triggers }: Receipt, loaded: Loaded): readonly string[] {
  return triggers.flatMap(({ rule, action }) => (action === "escalate" ? named(loaded.rules, rule).ladder.flatMap((step) => (step.kind === "escalate" ? [step.selector] : [])) : []));
}

function rulesShown({ rules }: Plan, { triggers, attempts }: Receipt, { loaded, show }: { readonly loaded: Loaded; readonly show: Show }): void {
  // Where no answer was read to its end, a rule that saw nothing might have.
  const wasRead = attempts.some((one) => one.outcome === "ok" || one.outcome === "ended_by_rule");
  for (const id of rules) {
    const its = triggers.filter((one) => one.rule === id);
    if (its.length > 0 || wasRead) show(its.length === 0 ? "quiet" : "fired", id);
    if (isUsedUp(loaded, id) && its.some((one) => one.action === named(loaded.rules, id).ladder.at(-1)!.kind && one.mode === "enforce")) show("exhausted", id);
  }
}
