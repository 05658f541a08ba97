// The worker processes: started, replaced when they die, ended. No process of ours outlives the gateway: a worker ends by
// itself when its line to the primary is cut, whatever cut it.
import cluster, { type Worker } from "node:cluster";
import { getCompileCacheDir } from "node:module";
import { fileURLToPath } from "node:url";
import type { Say } from "../operation/log.ts";
import type { Clock } from "../ports.ts";
import type { Desk } from "./desk.ts";
import { closeWhatItHeld } from "./handed-over.ts";
import { openLine, type Line } from "./line.ts";
import { FROM_WORKER, type PrimaryAsk, type PrimaryTell, type Setup, type Started, type WorkerAsk, type WorkerTell } from "./messages.ts";
import { createRestarts, MOST_AT_START } from "./restart.ts";
import { watchPulse } from "./pulse.ts";
import type { Member } from "./steering.ts";
import { pack, unpack } from "./wire.ts";

export type Crew = {
  /** Starts all of them; answers when each of them serves, or what keeps the first that cannot. */
  open(): Promise<Started>;
  /** Those that were told what to serve. */
  members(): readonly Member[];
  /** Those that serve now: the others have nothing under way, and answer when they have started. */
  serving(): readonly Member[];
  /** How often one that died was replaced. */
  restarts(): number;
  /** What one said of itself. */
  heard(worker: number, inFlight: number): void;
  tell(worker: number, tell: PrimaryTell): void;
  /** To all of them. */
  tellAll(tell: PrimaryTell): void;
  /** Each finishes what it has under way; resolves when none is left. */
  close(): Promise<void>;
};

export type CrewOptions = {
  readonly count: number;
  readonly clock: Clock;
  /** Milliseconds that a worker may be silent. */
  readonly patience: number;
  /** Hands over what a worker is to serve, between two changes of it. */
  readonly setup: (hand: (setup: Setup) => void) => Promise<void>;
  readonly desk: () => Desk;
  readonly say: Say;
  /** None is left, and those that take their place die as they start. */
  readonly failed: (why: string) => void;
};

/** Milliseconds that a process that has nothing left to do may take to end. */
const LAST_MOMENTS = 5_000;

type Hand = {
  readonly id: number;
  readonly worker: Worker;
  readonly line: Line<PrimaryAsk, PrimaryTell>;
  readonly since: number;
  readonly ended: Promise<void>;
  told: boolean;
  serving: boolean;
  /** How many requests were under way when it last said so, and when that was; null before. */
  last: { readonly inFlight: number; readonly at: number } | null;
};

export function createCrew({ count, clock, patience, setup, desk, say, failed }: CrewOptions): Crew {
  const hands = new Map<number, Hand>();
  const waiting = new Set<() => void>();
  const restarts = createRestarts();
  let replaced = 0;
  let state: "opening" | "open" | "closing" = "opening";
  let stopPulse = (): void => undefined;
  const source = import.meta.url.endsWith(".ts");
  cluster.setupPrimary({ exec: fileURLToPath(new URL(source ? "./process.ts" : "./process.js", import.meta.url)), args: [], serialization: "advanced" });

  return {
    async open() {
      const all = Array.from({ length: count }, hire);
      const results = await Promise.all(all.map((hand) => start(hand)));
      const bad = results.find((one) => one.kind !== "started");
      if (bad === undefined) {
        state = "open";
        stopPulse = watchPulse({ clock, patience, members: serving, heard, hangs });
      }
      else await dismiss();
      return bad ?? results[0]!;
    },
    members,
    serving,
    restarts: () => replaced,
    heard,
    tell: (worker, tell) => hands.get(worker)?.line.tell(tell),
    tellAll(tell) {
      for (const hand of hands.values()) if (hand.told) hand.line.tell(tell);
    },
    async close() {
      state = "closing";
      for (const stop of waiting) stop();
      await Promise.all([...hands.values()].map((hand) => (hand.serving ? hand.line.ask({ kind: "close" }).catch(() => null) : null)));
      await dismiss();
    },
  };

  function members(): readonly Member[] {
    return [...hands.values()].filter((hand) => hand.told).map((hand) => ({ id: hand.id, ask: hand.line.ask, end: () => void hand.worker.process.kill("SIGKILL") }));
  }

  function serving(): readonly Member[] {
    return members().filter(({ id }) => hands.get(id)?.serving);
  }

  function heard(worker: number, inFlight: number): void {
    const hand = hands.get(worker);
    if (hand !== undefined) hand.last = { inFlight, at: clock.elapsed() };
  }

  function hangs(member: Member): void {
    say("warn", `worker ${member.id} has not answered for ${patience / 1000} s, and is ended\n`, { worker: member.id });
    member.end();
  }

  function hire(): Hand {
    const cache = getCompileCacheDir();
    const worker = cluster.fork(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache });
    closeWhatItHeld(worker.process);
    const line = openLine<PrimaryAsk, PrimaryTell, WorkerAsk, WorkerTell>({
      // That it is gone is heard of in its own way.
      send: (batch) => void worker.process.send?.(pack(batch) as object, undefined, undefined, () => undefined),
      from: FROM_WORKER,
      answer: (ask) => desk().answer(worker.id, ask),
      hear: (tell) => desk().hear(worker.id, tell),
      garbled() {
        say("warn", `worker ${worker.id} said what this gateway does not know, and is ended; was the package changed while it runs?\n`, { worker: worker.id });
        worker.process.kill("SIGKILL");
      },
    });
    worker.on("message", (message: unknown) => line.receive(unpack(message)));
    const ended = new Promise<void>((resolve) => {
      const end = (how: string): void => {
        resolve();
        gone(hand, how);
      };
      worker.once("exit", (code, signal) => end(signal ?? `exit code ${code}`));
      // One that never was a process does not end.
      worker.on("error", (why) => (worker.process.pid === undefined ? end(why.message) : undefined));
    });
    const hand: Hand = { id: worker.id, worker, line, since: clock.elapsed(), ended, told: false, serving: false, last: null };
    hands.set(hand.id, hand);
    return hand;
  }

  /** Never rejects. */
  async function start(hand: Hand): Promise<Started> {
    try {
      let answer: Promise<Started> | null = null;
      await setup((what) => {
        hand.told = true;
        answer = hand.line.ask({ kind: "start", setup: what });
        answer.catch(() => undefined);
      });
      const started = await answer!;
      hand.serving = started.kind === "started";
      return started;
    } catch (why) {
      return { kind: "refused", message: `worker ${hand.id} cannot start: ${why instanceof Error ? why.message : String(why)}`, help: "what it said stands above, if it said anything" };
    }
  }

  function gone(hand: Hand, how: string): void {
    if (!hands.delete(hand.id)) return;
    hand.line.close(`it ended (${how})`);
    const hadBudget = desk().gone(hand.id);
    if (state !== "open") return;
    if (hadBudget) say("warn", `worker ${hand.id}: what its requests under way could have cost at most stays counted in their keys' budgets, until the day or the month is over or the gateway is started anew\n`, { worker: hand.id });
    const others = [...hands.values()].filter((one) => one.serving).length;
    const wait = restarts.after({ served: hand.serving, lived: clock.elapsed() - hand.since, others });
    if (wait === null) return failed(`workers end as they start: ${MOST_AT_START} in a row, the last one with ${how}`);
    replaced += 1;
    say("warn", `worker ${hand.id} ended (${how}); another one takes its place${wait === 0 ? "" : ` in ${wait / 1000} s`}${lastOf(hand)}\n`, { worker: hand.id, ...(hand.last === null ? {} : { under_way: hand.last.inFlight }) });
    const stop = clock.after(wait, () => {
      waiting.delete(stop);
      void replace();
    });
    waiting.add(stop);
  }

  /** It can no longer be asked: what it had is what it said at last, which is some seconds old. */
  function lastOf({ last }: Hand): string {
    if (last === null || last.inFlight === 0) return "";
    return `; ${last.inFlight} request${last.inFlight === 1 ? " was" : "s were"} under way ${((clock.elapsed() - last.at) / 1000).toFixed(1)} s before`;
  }

  async function replace(): Promise<void> {
    const hand = hire();
    const started = await start(hand);
    if (state !== "open") return;
    if (started.kind === "started") return say("info", `worker ${hand.id} serves\n`, { worker: hand.id });
    if (started.kind === "settings") for (const { message } of started.problems) say("warn", `worker ${hand.id}: ${message}\n`, { worker: hand.id });
    else say("warn", `${started.message}\n`, { worker: hand.id });
    hand.worker.process.kill("SIGKILL");
  }

  async function dismiss(): Promise<void> {
    state = "closing";
    stopPulse();
    await Promise.all(
      [...hands.values()].map(async (hand) => {
        if (hand.worker.process.connected) hand.worker.process.disconnect();
        const stop = clock.after(LAST_MOMENTS, () => void hand.worker.process.kill("SIGKILL"));
        await hand.ended;
        stop();
      }),
    );
  }
}
