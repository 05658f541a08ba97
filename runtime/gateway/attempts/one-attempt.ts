// One attempt, from its call to its end. True afterwards: the upstream is read to its end or aborted, and the ledger has
// its entry. Where a rule ends it, the upstream is aborted first and everything else comes after.
import type { Provider, ReceiptAttempt, Target } from "#contracts";
import type { Attempt, Failure } from "../../attempt/index.ts";
import type { Ending } from "../answer/answer.ts";
import type { Cause } from "../interrupt.ts";
import type { Job } from "../job.ts";
import type { RequestFor } from "./request-for.ts";
import type { Active } from "../answer/rule-set.ts";

export type AttemptPlan = {
  readonly target: Target;
  readonly provider: Provider;
  readonly request: RequestFor;
  readonly rules: Active;
  readonly resume: "restart" | "continue";
  readonly nth: number;
  readonly timeout: number | null;
  readonly because: string | null;
  readonly promptEstimate: number;
  /** A model has the request: what was added to it was delivered. */
  readonly delivered: () => void;
};

export type AttemptEnd =
  | { readonly kind: "completed" }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "ended"; readonly ending: Ending }
  | { readonly kind: "interrupted"; readonly cause: Cause };

export async function runAttempt(job: Job, plan: AttemptPlan): Promise<AttemptEnd> {
  const { answer, interrupt, flow, ledger, world } = job;
  const { target, provider, request, nth, timeout } = plan;
  answer.begin({ target, rules: plan.rules, resume: plan.resume });
  const { promise, resolve, reject } = Promise.withResolvers<AttemptEnd>();
  let over = false;
  const settle = (end: AttemptEnd): void => {
    if (over) return;
    over = true;
    resolve(end);
  };

  /** A bug of ours in here must end this request alone, and not fall into the provider's reader. */
  const guarded = (step: () => void): void => {
    if (over) return;
    try {
      step();
    } catch (error) {
      over = true;
      attempt.abort();
      reject(error);
    }
  };

  const attempt: Attempt = world.startAttempt(
    { target, provider, ...request, stream: job.asked.stream, nth, requestId: job.requestId, timeout },
    {
      opened(status) {
        if (status < 300) plan.delivered();
      },
      chunk: (chunk) =>
        guarded(() => {
          const ending = answer.chunk(chunk);
          if (ending === null) return;
          attempt.abort();
          settle({ kind: "ended", ending });
        }),
      ended: () =>
        guarded(() => {
          const ending = answer.finish();
          settle(ending === null ? { kind: "completed" } : { kind: "ended", ending });
        }),
      failed: (failure) => settle({ kind: "failed", failure }),
    },
  );
  flow.reading(attempt);
  const deaf = interrupt.listen((cause) => {
    attempt.abort();
    settle({ kind: "interrupted", cause });
  });

  const end = await promise.finally(() => {
    deaf();
    flow.reading(null);
  });
  const bytes = answer.bytes();
  ledger.attempt({ target, because: plan.because, outcome: outcomeOf(end), measured: attempt.measured(), bytes, promptEstimate: plan.promptEstimate, ...(request.leftOut === undefined ? {} : { leftOut: request.leftOut }) });
  if (bytes.released > 0 || end.kind === "completed") ledger.selected(target);
  return end;
}

function outcomeOf(end: AttemptEnd): ReceiptAttempt["outcome"] {
  switch (end.kind) {
    case "completed":
      return "ok";
    case "failed":
      return end.failure.class;
    case "ended":
      return "ended_by_rule";
    case "interrupted":
      return end.cause === "wall" ? "timeout" : "cancelled";
    default:
      return end satisfies never;
  }
}
