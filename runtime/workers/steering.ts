// What is served, on all workers or on none.
//
//   swap ─▶ every worker opens it ─▶ all can ─▶ every worker serves it ─▶ done, and said
//                                └▶ one cannot: all let go of it, and nothing has changed
//
// True at any moment: changes go one after the other, and a worker that starts is told what is served between two of them;
// who asked for a change hears of it when no worker serves otherwise.
import { canonical, type Json, type KeysFile } from "#contracts";
import type { Callers, KeyFindings } from "../callers/index.ts";
import type { Steering, Swapped } from "../gateway/bundles.ts";
import type { Loaded, Problem } from "../load.ts";
import type { EndsWatch } from "../operation/watch.ts";
import type { Clock } from "../ports.ts";
import type { Answers, PrimaryAsk } from "./messages.ts";
import { within } from "./within.ts";

/** A worker, as far as it can be asked something. `end` is for one that does not answer. */
export type Member = {
  readonly id: number;
  ask<One extends PrimaryAsk>(ask: One): Promise<Answers[One["kind"]]>;
  end(): void;
};

export type FarSteering = Steering & {
  readonly active: Loaded;
  readonly previous: Loaded | null;
  /** One was to be served, and is none. */
  refuse(): void;
  /** The keys that hold; null where there are none. */
  readonly keys: KeysFile | null;
  swap(loaded: Loaded): Promise<Swapped>;
  rollback(): Promise<Swapped>;
  replaceKeys(file: KeysFile, loaded: Loaded): Promise<KeyFindings>;
  /** Between two changes. */
  between<T>(job: () => T): Promise<T>;
};

export type SteeringOptions = {
  readonly loaded: Loaded;
  readonly keys: KeysFile | null;
  readonly callers: Callers | null;
  readonly clock: Clock;
  /** Milliseconds for a worker to open a bundle, and to change over to it. */
  readonly patience: number;
  /** Those that were told what to serve. */
  readonly members: () => readonly Member[];
  readonly watch: Pick<EndsWatch, "swap">;
};

export function createSteering({ loaded, keys, callers, clock, patience, members, watch }: SteeringOptions): FarSteering {
  let last: Promise<unknown> = Promise.resolve();
  const steering: { -readonly [Member in keyof FarSteering]: FarSteering[Member] } = {
    active: loaded,
    previous: null,
    keys,
    refuse,
    swap: (next) => inTurn(() => swap(next)),
    rollback: () => inTurn(() => (steering.previous === null ? Promise.resolve(refused([{ message: "there is no bundle to go back to", help: "a rollback undoes the swap before it" }])) : swap(steering.previous))),
    replaceKeys: (file, under) =>
      inTurn(async () => {
        if (callers === null) throw new Error("keys for a gateway without them");
        const found = await callers.replace(file, under);
        if (found.problems.length > 0) return found;
        steering.keys = file;
        await onAll({ kind: "keys", file });
        return found;
      }),
    between: (job) => inTurn(() => Promise.resolve(job())),
  };
  return steering;

  function inTurn<T>(job: () => Promise<T>): Promise<T> {
    const done = last.then(job);
    last = done.catch(() => undefined);
    return done;
  }

  function refuse(): void {
    watch.swap({ result: "refused", active: steering.active.digest, previous: steering.previous?.digest ?? null });
  }

  async function swap(next: Loaded): Promise<Swapped> {
    if (next.digest === steering.active.digest) return { kind: "same", active: next.digest };
    const byKeys: readonly Problem[] = callers?.check(next).problems ?? [];
    const found = byKeys.length > 0 ? byKeys : await unfit(next);
    if (found.length > 0) {
      refuse();
      return refused(found);
    }
    const old = steering.active;
    steering.active = next;
    steering.previous = old;
    await onAll({ kind: "commit" });
    watch.swap({ result: "swapped", active: next.digest, previous: old.digest });
    return { kind: "swapped", active: next.digest, previous: old.digest };
  }

  /** What keeps a worker from serving it. Nothing is left open then. */
  async function unfit(next: Loaded): Promise<readonly Problem[]> {
    const asked = members();
    const bundle = textOf(next);
    const found = await Promise.all(asked.map((member) => within(member.ask({ kind: "prepare", bundle }), { clock, patience })));
    const first = found.flatMap((one, at) => {
      if (one.kind === "gone") return [];
      if (one.kind === "answered") return one.value.length > 0 ? [one.value] : [];
      return [[{ message: `worker ${asked[at]!.id} ${one.kind === "silent" ? "does not answer" : `cannot take it: ${one.why}`}`, help: "try again; if it goes on, end that process, and another takes its place" }]];
    })[0];
    if (first === undefined) return [];
    // In the order of the line: one that answers late lets go of it all the same.
    for (const member of asked) member.ask({ kind: "abandon" }).catch(() => undefined);
    return first;
  }

  /** One that cannot be told is ended: it would serve something else. */
  async function onAll(ask: Extract<PrimaryAsk, { readonly kind: "commit" | "keys" }>): Promise<void> {
    await Promise.all(
      members().map(async (member) => {
        const told = await within(member.ask(ask), { clock, patience });
        if (told.kind === "silent" || told.kind === "failed") member.end();
      }),
    );
  }
}

export function textOf({ bundle }: Loaded): string {
  return canonical(bundle as unknown as Json);
}

function refused(problems: readonly Problem[]): Swapped {
  return { kind: "refused", problems };
}
