// The attempt loop: follows a plan until the client has an answer or nothing is left to try.
//
//   failure ──▶ the same step again, the next one, or the end of the chain
//   match   ──▶ the rule's ladder: the same target again, another selector, or the end by policy
//
// True of it: no attempt is started beyond the model's limits of attempts, cost and time; none is sent what its target
// cannot hold; once something was released, an attempt either goes on from it or is not made.
import type { Action, Rule, Target } from "#contracts";
import { worstUse, type Allowance } from "../../callers/index.ts";
import { planRetry, type Failure } from "../../attempt/index.ts";
import { estimateTokens, factsOf, named, needOf, plan as planRoute } from "../../plan/index.ts";
import { costOf } from "../../receipt/ledger.ts";
import type { Ending } from "../answer/answer.ts";
import { createChain, type Chain, type Way } from "./chain.ts";
import type { Job } from "../job.ts";
import { createLadders } from "./ladder.ts";
import { runAttempt } from "./one-attempt.ts";
import { requestFor } from "./request-for.ts";
import { triggerOf } from "../answer/trigger.ts";

export type LoopEnd =
  | { readonly kind: "completed" }
  | { readonly kind: "cancelled" }
  /** `retryAfter` over the whole chain: when the first of its targets can be asked again. */
  | { readonly kind: "failed"; readonly failure: Failure; readonly retryAfter: number | null }
  /** Nothing may be started under the model's limits. */
  | { readonly kind: "limited"; readonly message: string }
  /** Our own bug: the request ends and is written down like any other. */
  | { readonly kind: "broken" }
  | { readonly kind: "blocked"; readonly code: string; readonly message: string };

type Resume = "restart" | "continue";
type Again = { readonly chain: Chain; readonly resume: Resume };

export async function runAttempts(job: Job): Promise<LoopEnd> {
  const { world, asked, model, facts, answer, ledger, interrupt } = job;
  const { loaded, clock, chance } = world;
  const ladders = createLadders(job.rules);
  const calls = new Map<Target, number>();
  let chain = createChain(job.plan.attempts);
  let resume: Resume = "restart";
  let because: string | null = chain.current.step;
  /** Reminders stay for the rest of the request: what one rule asked for still holds when the next one asks. */
  let reminders: readonly string[] = [];
  let asking: Action | null = null;
  let started = 0;
  let failure: Failure | null = null;
  let retryAfter: number | null = null;

  for (;;) {
    if (interrupt.cause !== null) return interrupted();
    const { target, timeout } = chain.current;
    const added = addedTokens(target, resume, reminders);
    const unfit = whyNotStart(target, added) ?? (job.allowance === null ? null : await whyNotAllowed(job.allowance, target, added));
    if (interrupt.cause !== null) return interrupted();
    if (unfit !== null) {
      ledger.attempt({ target, because, outcome: "not_started", measured: null, bytes: { received: 0, held: 0, released: 0 }, promptEstimate: 0 });
      const way = chain.past();
      if (way === null || !possible(way)) return failure === null ? { kind: "limited", message: unfit } : used(failure);
      follow(way);
      continue;
    }

    started++;
    const provider = named(loaded.providers, target.provider);
    const nth = calls.get(target) ?? 0;
    calls.set(target, nth + 1);
    const end = await runAttempt(job, {
      target,
      provider,
      request: requestFor(provider, { surface: job.surface, asked, how: howAgain(target, resume, reminders) }),
      rules: ladders.active(started < model.limits.attempts, asking),
      resume,
      nth,
      timeout,
      because,
      promptEstimate: facts.tokens + added,
      delivered() {
        if (asking !== null) ladders.commit(asking);
        asking = null;
      },
    });

    switch (end.kind) {
      case "completed":
        return { kind: "completed" };
      case "interrupted":
        return interrupted();
      case "failed": {
        failure = end.failure;
        if (failure.retryAfter !== null) retryAfter = Math.min(retryAfter ?? Number.POSITIVE_INFINITY, failure.retryAfter);
        const way = started < model.limits.attempts ? wayAfter(failure) : null;
        if (way === null) return used(failure);
        await pause(way.wait);
        follow(way.way);
        break;
      }
      case "ended": {
        const next = afterEnding(end.ending);
        if (next.kind !== "again") return next;
        chain = next.chain;
        resume = next.resume;
        because = next.because;
        break;
      }
      default:
        return end satisfies never;
    }
  }

  function interrupted(): LoopEnd {
    if (interrupt.cause === "client gone") return { kind: "cancelled" };
    const late: Failure = { class: "timeout", status: null, message: "the request took longer than its model allows", retryAfter: null, code: "wall" };
    return { kind: "failed", failure: late, retryAfter };
  }

  function used(last: Failure): LoopEnd {
    return { kind: "failed", failure: last, retryAfter };
  }

  // ── after a failure ──────────────────────────────────────────────────────────────────────────────────────

  /** The first way on that is possible now and whose wait ends in time. */
  function wayAfter(last: Failure): { readonly way: Way; readonly wait: number } | null {
    const left = job.deadline - clock.elapsed();
    for (const way of chain.after(last.class)) {
      if (!possible(way)) continue;
      const wait = way.backoff === null ? 0 : planRetry(last, way.backoff, { nth: way.nth, left, chance });
      if (wait !== null) return { way, wait };
    }
    return null;
  }

  function possible(way: Way): boolean {
    return !answer.released || (way.resume === "continue" && whyNotContinue(chain.at(way.to).target) === null);
  }

  function follow(way: Way): void {
    chain.take(way);
    resume = answer.released ? "continue" : "restart";
    because = chain.current.step;
  }

  function pause(ms: number): Promise<void> {
    if (ms <= 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(ms, resolve);
    const deaf = interrupt.listen(() => resolve());
    return promise.finally(() => {
      cancel();
      deaf();
    });
  }

  // ── after a match ────────────────────────────────────────────────────────────────────────────────────────

  function afterEnding(ending: Ending): ({ readonly kind: "again"; readonly because: string } & Again) | Extract<LoopEnd, { kind: "blocked" }> {
    if (ending.kind === "overflow") return { kind: "blocked", code: "held_limit_exceeded", message: "more of the answer had to be held back than its model allows" };
    const { rule } = ending.match;
    const reasons: string[] = ladders.passedOver(rule, ending.match.action).map((action) => `${action.kind}: ${NO_ATTEMPTS_LEFT}`);
    for (const action of ladders.from(rule, ending.match.action)) {
      switch (action.kind) {
        case "block":
          ledger.trigger(triggerOf(ending, { attempt: ledger.attempts, action: "block", reasons }));
          return { kind: "blocked", code: rule.id, message: action.message === "" ? stopped(rule) : action.message };
        case "retry":
        case "escalate": {
          const again = askAgain(rule, action, ending.feedback ?? []);
          if (typeof again === "string") {
            reasons.push(`${action.kind}: ${again}`);
            break;
          }
          asking = action;
          ledger.trigger(triggerOf(ending, { attempt: ledger.attempts, action: action.kind, reasons }));
          return { kind: "again", because: rule.id, ...again };
        }
        default:
          // The match has ended the attempt, so there is nothing left to redact or to let through.
          reasons.push(`${action.kind}: the match had ended the attempt`);
      }
    }
    ledger.trigger(triggerOf(ending, { attempt: ledger.attempts, action: "block", reasons }));
    return { kind: "blocked", code: rule.id, message: stopped(rule) };
  }

  /** The next attempt of a rule that asks for one, or why there can be none. */
  function askAgain(rule: Rule, action: Extract<Action, { readonly kind: "retry" | "escalate" }>, feedback: readonly string[]): Again | string {
    if (started >= model.limits.attempts) return NO_ATTEMPTS_LEFT;
    if (answer.released && (action.resume === "restart" || action.resume === "never")) return "something was released";
    const how: Resume = answer.released ? "continue" : "restart";
    const more = action.kind === "retry" ? withReminder(reminders, rule, reminderOf(action, feedback)) : reminders;
    const again = action.kind === "retry" ? sameAgain(how, more) : planAgain(how, more, action.selector);
    if (typeof again !== "string") reminders = more;
    return again;
  }

  function sameAgain(how: Resume, more: readonly string[]): Again | string {
    const { target } = chain.current;
    const stuck = how === "continue" ? whyNotContinue(target) : null;
    if (stuck !== null) return stuck;
    const added = addedTokens(target, how, more);
    if (!fits(target, added)) return planAgain(how, more, model.route);
    return whyNotStart(target, added) ?? { chain, resume: how };
  }

  /** The route planned for the request as it has grown, under the same guards. */
  function planAgain(how: Resume, more: readonly string[], route: string): Again | string {
    const added = estimateTokens(job.surface.added({ reminders: more, kept: how === "continue" ? answer.kept : "", continues: "instruction" }));
    const grown = factsOf(loaded, { ...job.request, tokens: facts.tokens + added });
    if (!grown.ok) throw new Error(`facts that were right are wrong: ${grown.problem.message}`);
    const planned = planRoute(loaded, model, grown.facts, { keys: job.keys, route });
    if (planned.attempts.length === 0) return planned.refusal?.message ?? "nothing fits";
    const first = planned.attempts[0]!.target;
    const stuck = how === "continue" ? whyNotContinue(first) : null;
    if (stuck !== null) return stuck;
    // Limits of attempts and cost may rule out every one of them, though each would fit.
    const reasons = planned.attempts.map((attempt) => whyNotStart(attempt.target, added));
    return reasons.every((reason) => reason !== null) ? reasons[0]! : { chain: createChain(planned.attempts), resume: how };
  }

  // ── what an attempt must keep to ─────────────────────────────────────────────────────────────────────────

  function whyNotContinue(target: Target): string | null {
    if (answer.stuck !== null) return answer.stuck;
    return asked.json && target.continues !== "prefix" ? "the answer must be JSON, which only a prefix can go on with" : null;
  }

  function whyNotStart(target: Target, added: number): string | null {
    if (started >= model.limits.attempts) return NO_ATTEMPTS_LEFT;
    if (added > 0 && !fits(target, added)) return "the request has grown beyond the target's context";
    const { cost } = model.limits;
    if (cost === null) return null;
    const worst = worstCost(target, facts.tokens + added, facts.output);
    if (worst === null) return "the target declares no price, so the model's limit of cost cannot be kept";
    return ledger.spent + worst > cost ? "the model's limit of cost would be passed" : null;
  }

  async function whyNotAllowed(allowance: Allowance, target: Target, added: number): Promise<string | null> {
    const worst = worstUse(target, { input: facts.tokens + added, output: facts.output, choices: asked.choices });
    const covered = await allowance.cover({ tokens: ledger.tokens + worst.tokens, cost: worst.cost === null ? null : ledger.spent + worst.cost });
    return covered ? null : "the budget of the API key could be passed";
  }

  function fits(target: Target, added: number): boolean {
    return needOf(facts, model.reserve).needed + added <= target.context;
  }

  function addedTokens(target: Target, how: Resume, more: readonly string[]): number {
    const text = job.surface.added(howAgain(target, how, more));
    return text === "" ? 0 : estimateTokens(text);
  }

  function howAgain(target: Target, how: Resume, more: readonly string[]): Parameters<Job["surface"]["again"]>[1] {
    return { reminders: more, kept: how === "continue" ? answer.kept : "", continues: target.continues };
  }
}

const NO_ATTEMPTS_LEFT = "the model's limit of attempts is reached";

function stopped(rule: Rule): string {
  return `the rule \`${rule.name}\` stopped the answer`;
}

/** With `feedback = validation`, what is wrong with the answer besides: its model is the one that can put it right. */
function reminderOf({ remind, feedback }: Extract<Action, { readonly kind: "retry" }>, problems: readonly string[]): string | null {
  if (feedback === "none" || problems.length === 0) return remind;
  return [remind ?? "The answer before this one did not have the form it must have. Answer again, with this put right:", ...problems.map((one) => `- ${one}`)].join("\n");
}

/** Carries the rule's id and its text, and nothing of the machine. */
function withReminder(reminders: readonly string[], rule: Rule, remind: string | null): readonly string[] {
  const text = `[${rule.id}] ${remind ?? "The answer before this one was stopped by this rule. Answer again in another way."}`;
  return [...reminders.filter((one) => one !== text), text];
}

/** The most an attempt can cost: its whole prompt and the longest answer the target may give. Null without a price. */
function worstCost(target: Target, input: number, requested: number): number | null {
  const output = requested > 0 ? requested : (target.output ?? Math.max(0, target.context - input));
  return costOf(target, { input, output });
}
