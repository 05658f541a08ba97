// The story of a request: read it, turn it into facts, plan, refuse or attempt, govern, encode, write the receipt.
//
//   body [─▶ with its history] ─▶ facts ─▶ plan ─▶ refuse
//                                               └─▶ attempts ─▶ answer ─▶ receipt ─▶ the answer's last byte
//
//   surfaces/   the protocols clients speak     surface.ts is the seam to them
//   request/    from the body to a plan         who asks, what was said before, rules on the request
//   attempts/   from the plan to a model        loop.ts follows the plan, one-attempt.ts is one of them
//   answer/     from the model to the client    what rules hold back, change, or end
//
// INVARIANT (one receipt): from the moment a decision was taken, every way out passes `conclude` exactly once, and the
// receipt is durable before the client sees the end of its answer. A request that never comes to a decision (malformed, an
// unknown model, a fact outside its type) decided nothing and leaves none.
import type { Receipt, Rollout, Target } from "#contracts";
import { worstUse } from "../callers/index.ts";
import { decide, type DrawKeys } from "../plan/index.ts";
import { openLedger } from "../receipt/ledger.ts";
import type { Bundles } from "./bundles.ts";
import { createAnswer } from "./answer/create-answer.ts";
import type { Client, Incoming } from "./client.ts";
import { conclude, errorOf, NOT_WRITTEN } from "./conclude.ts";
import { governed } from "./request/governed.ts";
import { createInterrupt } from "./interrupt.ts";
import { createFlow, type Job, type World } from "./job.ts";
import { runAttempts, type LoopEnd } from "./attempts/loop.ts";
import { blocked, exhausted, INTERNAL, limited, refusal, type Problem } from "./problem.ts";
import { overLimit, rateHeaders } from "./request/over-limit.ts";
import type { ReadRequest } from "./request/read-request.ts";
import { keepTurn, tellHistory } from "./request/recall.ts";
import { enterRequest } from "./rollout.ts";
import type { Surface } from "./surface.ts";
import { openTrail, type Trail } from "../operation/trail.ts";

export async function serveRequest(bundles: Bundles, surface: Surface, { incoming, client }: { readonly incoming: Incoming; readonly client: Client }): Promise<void> {
  const requestId = `req_${bundles.shared.chance.id()}`;
  const told = surface.history === undefined ? incoming : await tellHistory(surface.history, bundles.shared.memory, incoming);
  const { use, read, keys, rollout } = enterRequest(bundles, { surface, incoming: told, requestId });
  const trail = use.world.traced ? openTrail(use.world.loaded, incoming.header) : null;
  try {
    if (read.kind === "request") return await answerRequest(use.world, surface, { requestId, read, keys, client, rollout, trail });
    use.world.watch.unread({ requestId, surface: surface.name, status: read.problem.status, code: read.problem.code ?? read.problem.type, trail });
    reply(client, surface, { problem: read.problem, headers: { "x-request-id": requestId } });
  } finally {
    use.leave();
  }
}

/** A request that can be planned, its client, and what its alloys are drawn by. */
export type Readable = { readonly requestId: string; readonly read: Extract<ReadRequest, { readonly kind: "request" }>; readonly keys: DrawKeys; readonly client: Client; readonly rollout: Rollout | null; readonly trail: Trail | null };

/** The story from the plan on: a live request and a rehearsed one differ in nothing from here. */
export async function answerRequest(world: World, surface: Surface, { requestId, read, keys, client, rollout, trail }: Readable): Promise<void> {
  const { model, caller } = read;
  const { asked, request, facts, plan, rules, judged } = governed(world.loaded, surface, { read, keys });
  const ledger = openLedger(world.clock, {
    id: `rcpt_${world.chance.id()}`,
    requestId,
    bundle: world.loaded.digest,
    model,
    requested: asked.model,
    surface: surface.name,
    stream: asked.stream,
    caller,
    request,
    declared: [...world.loaded.facts.keys()],
    decision: decide(plan),
    content: model.receipts.capture === "full" ? (read.asked.body as NonNullable<Receipt["content"]>["request"]) : null,
    rollout,
    trail,
  });
  let headers: Readonly<Record<string, string>> = { "x-request-id": requestId, "x-wardwright-receipt-id": ledger.id };

  for (const trigger of judged?.triggers ?? []) ledger.trigger(trigger);
  if (judged !== null && judged.stoppedBy !== null) {
    const { id, name, ladder } = judged.stoppedBy;
    const [action] = ladder;
    const stopped = blocked(id, action?.kind === "block" && action.message !== "" ? action.message : `the rule \`${name}\` stopped the request`);
    await conclude(world, ledger, { status: "blocked", error: errorOf(stopped), released: [] });
    return reply(client, surface, { problem: stopped, headers });
  }
  if (plan.refusal !== null) {
    const refused = refusal(plan.refusal.code, plan.refusal.message, surface.prompt);
    await conclude(world, ledger, { status: "refused", error: errorOf(refused), released: [] });
    return reply(client, surface, { problem: refused, headers });
  }

  const allowance = read.key === null || world.callers === null ? null : world.callers.allowance(read.key, model);
  const taken = allowance === null ? null : await allowance.enter(worstUse(plan.attempts[0]!.target, { input: facts.tokens, output: facts.output, choices: asked.choices }));
  if (taken !== null && !taken.ok) {
    const over = overLimit(taken);
    await conclude(world, ledger, { status: "refused", error: errorOf(over), released: [] });
    return reply(client, surface, { problem: over, headers });
  }
  if (taken !== null) headers = { ...headers, ...rateHeaders(taken.left) };

  const interrupt = createInterrupt();
  const flow = createFlow();
  let opened = false;
  const write = (text: string, from: Target): void => {
    if (!opened) {
      opened = true;
      ledger.firstByte();
      client.open(200, { ...headers, ...(asked.stream ? EVENT_STREAM : WHOLE), "x-wardwright-selected-model": from.name });
    }
    client.write(text);
  };
  const answer = createAnswer({ world, surface, asked, model, plan, rules, ledger, write });
  const deadline = world.clock.elapsed() + model.limits.wall;
  const stopWall = world.clock.after(model.limits.wall, () => interrupt.raise("wall"));
  client.listen({ gone: () => interrupt.raise("client gone"), full: flow.full, drained: flow.drained });

  const job: Job = { world, surface, asked, requestId, model, request, facts, keys, plan, rules, answer, ledger, allowance, interrupt, flow, deadline };
  const end = await runAttempts(job).catch((): LoopEnd => ({ kind: "broken" }));
  stopWall();
  await allowance?.settle({ tokens: ledger.tokens, cost: ledger.spent });
  await finish(job, end, { client, headers });
}

type Way = { readonly client: Client; readonly headers: Readonly<Record<string, string>> };

/** Every end of a request that had an attempt, or could have had one. */
async function finish(job: Job, end: LoopEnd, { client, headers }: Way): Promise<void> {
  const { world, surface, asked, answer, ledger } = job;
  const close = (status: Receipt["status"], problem: Problem | null): Promise<boolean> =>
    conclude(world, ledger, { status, error: problem === null ? null : errorOf(problem), released: answer.texts });

  switch (end.kind) {
    case "completed": {
      // A whole answer is written here for the first time; a bug in that leaves a receipt like any other.
      try {
        answer.close(ledger.totals);
      } catch {
        return finish(job, { kind: "broken" }, { client, headers });
      }
      ledger.firstByte();
      if (!(await close("completed", null))) return fail(NOT_WRITTEN);
      if (asked.turn !== undefined) await keepTurn(surface, world.memory, { turn: asked.turn, last: answer.last });
      answer.done();
      return client.end();
    }
    case "cancelled": {
      await close("cancelled", null);
      return client.end();
    }
    case "blocked": {
      const problem = blocked(end.code, end.message);
      const written = await close("blocked", problem);
      if (!answer.released) return reply(client, job.surface, { problem, headers });
      if (!written) return fail(NOT_WRITTEN);
      answer.block(ledger.totals, problem.message);
      // A client goes on from what it has of it, as where it sends all of that itself.
      if (asked.turn !== undefined) await keepTurn(surface, world.memory, { turn: asked.turn, last: answer.last });
      answer.done();
      return client.end();
    }
    case "failed": {
      const problem = exhausted(end.failure, end.retryAfter);
      await close(answer.released ? "truncated" : "failed", problem);
      return fail(problem);
    }
    case "limited": {
      const problem = limited(end.message);
      await close(answer.released ? "truncated" : "refused", problem);
      return fail(problem);
    }
    case "broken": {
      await close(answer.released ? "truncated" : "failed", INTERNAL);
      return fail(INTERNAL);
    }
    default:
      return end satisfies never;
  }

  /** An error answer where nothing was given yet; else an error in the stream, and never a clean end. */
  function fail(problem: Problem): void {
    if (!answer.released) return reply(client, job.surface, { problem, headers });
    answer.fail(problem);
    client.end();
  }
}

const EVENT_STREAM = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache", "x-accel-buffering": "no" };
const WHOLE = { "content-type": "application/json" };

export function reply(client: Client, surface: Surface, { problem, headers }: { readonly problem: Problem; readonly headers: Readonly<Record<string, string>> }): void {
  client.open(problem.status, { ...headers, ...problem.headers, ...WHOLE });
  client.write(JSON.stringify(surface.envelope(problem)));
  client.end();
}
