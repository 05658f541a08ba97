// Looks after workers that hang: the port goes on giving them connections, which nobody answers. Each is asked now and then,
// and one that was silent from one time to the next but one is ended, and replaced like any that died.
//
// Two times, since after a machine was asleep all that was due comes at once: a worker then has the second to answer in.
import type { Clock } from "../ports.ts";
import type { Member } from "./steering.ts";

export type PulseOptions = {
  readonly clock: Clock;
  /** Milliseconds that one may be silent. */
  readonly patience: number;
  readonly members: () => readonly Member[];
  readonly heard: (worker: number, inFlight: number) => void;
  readonly hangs: (member: Member) => void;
};

/** Answers how to stop. */
export function watchPulse({ clock, patience, members, heard, hangs }: PulseOptions): () => void {
  /** How often each was asked since it answered. */
  const silent = new Map<number, number>();
  let stop = clock.after(patience / 2, look);
  return () => stop();

  function look(): void {
    const present = members();
    for (const id of silent.keys()) if (!present.some((one) => one.id === id)) silent.delete(id);
    for (const member of present) {
      const times = silent.get(member.id) ?? 0;
      silent.set(member.id, times + 1);
      if (times === 2) hangs(member);
      if (times === 0) {
        member.ask({ kind: "state" }).then(
          ({ inFlight }) => {
            silent.delete(member.id);
            heard(member.id, inFlight);
          },
          () => undefined,
        );
      }
    }
    stop = clock.after(patience / 2, look);
  }
}
