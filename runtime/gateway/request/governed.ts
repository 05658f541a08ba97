// In: a request that was read. Out: its plan, and what its rules on the request make of it. What they add is part of the
// prompt from here on: the request is planned again as it has grown, and its facts are those of the request that is sent.
//
// Whoever says what would be done with a request asks here too, so that nothing else is said than is done.
import type { Model, RequestFacts } from "#contracts";
import type { Loaded } from "../../load.ts";
import { factsOf, plan as planRoute, type Facts, type Plan, type PlanOptions } from "../../plan/index.ts";
import type { JsonObject } from "../../stream/index.ts";
import { besidesOf } from "../surfaces/besides.ts";
import { chat } from "../surfaces/chat/index.ts";
import { matchersOf } from "../answer/matchers.ts";
import { judgeRequest, tokensOf, type RequestVerdict } from "./request-rules.ts";
import { ruleSetOf, type RuleSet } from "../answer/rule-set.ts";
import type { Surface } from "../surface.ts";

export type Governable<Asked extends { readonly body: JsonObject }> = { readonly asked: Asked; readonly model: Model; readonly request: RequestFacts; readonly facts: Facts };
export type Governed<Asked extends { readonly body: JsonObject }> = Pick<Governable<Asked>, "asked" | "request" | "facts"> & {
  readonly plan: Plan;
  /** Those that the plan lists. */
  readonly rules: RuleSet;
  readonly judged: RequestVerdict | null;
};

export function governed<Asked extends { readonly body: JsonObject }>(loaded: Loaded, surface: Surface, { read, keys }: { readonly read: Governable<Asked> } & PlanOptions): Governed<Asked> {
  const { asked, model, request, facts } = read;
  const plan = planRoute(loaded, model, facts, { keys });
  const rules = ruleSetOf(loaded, model, plan.rules);
  if (plan.refusal !== null || rules.request.length === 0) return { asked, request, facts, plan, rules, judged: null };
  const judged = judgeRequest({ model, rules: rules.request, matchersOf: matchersOf(loaded), chat: surface.toChat(asked.body), besides: besidesOf(surface.protocol, asked.body) });
  const more = tokensOf(judged.added);
  if (judged.stoppedBy !== null || more === 0) return { asked, request, facts, plan, rules, judged };
  const grown = { ...request, tokens: facts.tokens + more };
  const again = factsOf(loaded, grown);
  if (!again.ok) throw new Error(`facts that were right are wrong: ${again.problem.message}`);
  const anew = planRoute(loaded, model, again.facts, { keys });
  return { asked: { ...asked, body: surface.add(asked.body, judged.added) }, request: grown, facts: again.facts, plan: anew, rules: ruleSetOf(loaded, model, anew.rules), judged };
}

/** The plan of a chat body, for whoever asks what would be done with it. */
export function planChat(loaded: Loaded, { body, ...read }: Omit<Governable<never>, "asked"> & { readonly body: object }, { keys }: PlanOptions): Plan {
  return governed(loaded, chat, { read: { ...read, asked: { body: body as JsonObject } }, keys }).plan;
}
