// A group of requests as it is told: by one of them, with what either side does with it and where it says so.
import type { Decision, DifferingRegion, Model, RequestFacts } from "#contracts";
import { factsOf } from "#runtime/plan";
import { differingEscalations, sameRules, severityOf, type Group } from "./group.ts";
import type { Pair } from "./pairs.ts";
import { placesOf } from "./places.ts";
import { heardBy, type Side } from "./side.ts";
import { decisionOf, treatedRequest, type Treated } from "./treated.ts";

/** INVARIANT (no unconfirmed witness): both planners were asked, and they disagree as the diagrams do. */
export function shown(pair: Pair, group: Group, facts: RequestFacts): Omit<DifferingRegion, "where" | "exact" | "cells"> {
  const witness: RequestFacts = { model: pair.name, ...facts };
  const was = replayed({ side: pair.old, model: pair.oldModel }, witness, group.old);
  const now = replayed({ side: pair.now, model: pair.nowModel }, witness, group.now);
  if (was.text === now.text) throw new Error(`the planner treats the witness the same on both sides: ${JSON.stringify(witness)}`);
  const [escalation] = group.old.way === group.now.way && sameRules(group.old.rules, group.now.rules) ? differingEscalations(group) : [];
  const answerOf = (treated: Treated): Decision | null => {
    if (escalation === undefined) return decisionOf(treated);
    const taken = treated.escalations.find((one) => one.rule === escalation.rule && one.nth === escalation.nth);
    return taken === undefined ? null : decisionOf(taken);
  };
  return {
    model: pair.name,
    severity: severityOf(group),
    changes: group.changes.map((one) => one.text),
    escalation: escalation?.rule ?? null,
    was: answerOf(was),
    now: answerOf(now),
    witness,
    ...placesOf(pair, group, escalation?.rule ?? null),
    receipts: null,
  };
}

/** As the policy is served; and as it was compared, which must be what the diagram says. */
function replayed({ side, model }: { readonly side: Side; readonly model: Model }, witness: RequestFacts, expected: Treated): Treated {
  const facts = factsOf(side.compared, witness);
  if (!facts.ok) throw new Error(`the witness is no request: ${facts.problem.message}`);
  const again = treatedRequest(side.compared, model, facts.facts);
  if (again.text !== expected.text) throw new Error(`the diagram and the planner disagree about ${JSON.stringify(witness)}: ${expected.text} against ${again.text}`);
  return treatedRequest(side.served, model, heardBy(side, witness));
}
