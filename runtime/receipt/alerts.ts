// Which alerts a request raises, once its receipt says how it went. What is sent to whom, and how often, is for the sinks
// of a deployment: a receipt says what was so, whoever has been told of it before.
import type { Receipt } from "#contracts";
import { factsOf, matches, named, readerOf, type Lookup, type Reader, type Value } from "../plan/index.ts";

/** Ids: those of the model whose condition holds, in its order, then those that rules raised by acting. */
export function alertsOf(lookup: Lookup, receipt: Receipt): readonly string[] {
  if (lookup.alerts.size === 0) return [];
  const read = readerOver(lookup, receipt);
  const listed = named(lookup.models, receipt.model.id).alerts.filter((id) => {
    const { when } = named(lookup.alerts, id);
    return when === null || matches(when, read) === true;
  });
  // A rule in shadow changes nothing, and wakes nobody.
  const acted = receipt.triggers.filter((one) => one.mode === "enforce").flatMap((one) => named(lookup.rules, one.rule).alerts);
  return [...new Set([...listed, ...acted])];
}

/** What a receipt is asked of itself, and the facts of its request. */
function readerOver(lookup: Lookup, receipt: Receipt): Reader {
  const facts = factsOf(lookup, receipt.request);
  if (!facts.ok) throw new Error(`a receipt's facts are none: ${facts.problem.message}`);
  const ofRequest = readerOf(facts.facts);
  const own: ReadonlyMap<string, Value | undefined> = new Map<string, Value | undefined>([
    ["receipt.status", receipt.status],
    ["receipt.attempts", receipt.attempts.filter((one) => one.outcome !== "not_started").length],
    ["receipt.cost", receipt.cost ?? undefined],
    ["receipt.latency", receipt.ms.total],
    ["receipt.triggers", new Set(receipt.triggers.map((one) => named(lookup.rules, one.rule).name))],
    ["receipt.refusal", receipt.status === "refused" ? (receipt.error?.code ?? undefined) : undefined],
    ["receipt.truncated", receipt.status === "truncated"],
  ]);
  return (fact) => (own.has(fact) ? own.get(fact) : ofRequest(fact));
}
