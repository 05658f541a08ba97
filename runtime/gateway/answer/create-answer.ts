// The answer a request gets, streamed or whole, and whether an attempt of it may ever go on from another one's text.
import type { Model, Target } from "#contracts";
import { named, type Plan } from "../../plan/index.ts";
import type { Ledger } from "../../receipt/ledger.ts";
import type { Answer, Seen } from "./answer.ts";
import type { World } from "../job.ts";
import type { RuleSet } from "./rule-set.ts";
import { createStreamAnswer } from "./stream-answer.ts";
import type { Asked, Surface } from "../surface.ts";
import { transcriptOf, type Transcript } from "./transcript.ts";
import { triggerOf } from "./trigger.ts";
import { createWholeAnswer } from "./whole-answer.ts";

export type AnswerFor = {
  readonly world: World;
  readonly surface: Surface;
  readonly asked: Asked;
  readonly model: Model;
  readonly plan: Plan;
  readonly rules: RuleSet;
  readonly ledger: Ledger;
  readonly write: (text: string, from: Target) => void;
};

export function createAnswer({ world, surface, asked, model, plan, rules, ledger, write }: AnswerFor): Answer {
  const encoding = { model: asked.model, body: asked.body, wantsUsage: asked.wantsUsage, fallbackId: `${surface.idPrefix}${ledger.id.slice("rcpt_".length)}`, now: world.clock.now(), ...(asked.turn === undefined ? {} : { echo: asked.turn.echo }) };
  const noticed = (seen: Seen): void => ledger.trigger(triggerOf(seen, { attempt: ledger.attempts + 1, action: seen.match.action.kind, reasons: [] }));
  let told: Transcript | null = null;
  const transcript = (): Transcript => (told ??= transcriptOf(asked.body, surface.toChat(asked.body)));
  const common = { model, matchersOf: world.matchersOf, write, noticed, transcript };
  if (!asked.stream) return createWholeAnswer({ ...common, surface, encoding });
  return createStreamAnswer({ ...common, encoder: surface.streamEncoder(encoding), stuck: whyStuck(world, asked, plan, rules), recorded: model.receipts.capture === "full" });
}

/**
 * Why no attempt of the request can go on from what was released; null where one may. The governor releases a little later
 * where one may, so this must never say "stuck" of a request that is then continued.
 */
function whyStuck({ loaded }: World, asked: Asked, plan: Plan, rules: RuleSet): string | null {
  if (asked.choices > 1) return "more than one choice was asked for";
  const cascades = plan.attempts.some((attempt) => attempt.resume === "continue" || Object.values(attempt.moves).some((move) => move?.resume === "continue"));
  if (!rules.goesOn && !cascades) return "nothing in the model goes on after a release";
  const targets = rules.escalates ? [...loaded.targets.values()] : plan.attempts.map((attempt) => named(loaded.targets, attempt.target.id));
  if (asked.json && targets.every((target) => target.continues !== "prefix")) return "the answer must be JSON, which only a prefix can go on with";
  return null;
}
