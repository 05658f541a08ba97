// The same pass again whenever a file it depends on changes, until the process is asked to stop. Changes that come together
// are one; a change that changes nothing (the report itself, written into the folder it is about) is none.
import type { Io } from "./io.ts";

export type Pass = {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
  /** Two passes of the same basis have nothing new to say. */
  readonly basis: string;
  /** It changed a file itself, which is news whatever the basis. */
  readonly wrote: boolean;
  /** The folders of everything it read, or looked for and did not find. */
  readonly folders: readonly string[];
};

/** What follows every pass that is shown. */
export const WATCHING = "watching; Ctrl-C ends\n";

/** Editors write a file in several steps; after this long without another one it is whole. */
const SETTLED_MS = 50;
/** One that is written to all the time is looked at all the same. */
const MOST_POSTPONED = 20;

/** Answers the exit code of the last pass. One pass follows the other, also where each takes its time. */
export async function watching(look: () => Pass | Promise<Pass>, io: Io): Promise<number> {
  let shown = show(await look(), io);
  return new Promise((resolve, reject) => {
    let unwatch = io.watch(shown.folders, changed);
    let postponed = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let looking = false;
    let missed = false;
    let over = false;
    const stopped = io.onStop(() => {
      end();
      resolve(shown.exit);
    });
    // What changed after it was read and before anybody watched.
    changed();

    function changed(): void {
      if (timer !== undefined && postponed >= MOST_POSTPONED) return;
      postponed = timer === undefined ? 0 : postponed + 1;
      clearTimeout(timer);
      timer = setTimeout(() => void again(), SETTLED_MS);
    }

    async function again(): Promise<void> {
      timer = undefined;
      if (looking) {
        missed = true;
        return;
      }
      looking = true;
      try {
        const next = await look();
        if (over) return;
        if (next.basis === shown.basis && !next.wrote) return;
        const moved = next.folders.join("\n") !== shown.folders.join("\n");
        shown = show(next, io);
        if (!moved) return;
        unwatch();
        unwatch = io.watch(shown.folders, changed);
        changed();
      } catch (bug) {
        end();
        stopped();
        reject(bug as Error);
      } finally {
        looking = false;
        if (missed && !over) changed();
        missed = false;
      }
    }

    function end(): void {
      over = true;
      clearTimeout(timer);
      unwatch();
    }
  });
}

function show(pass: Pass, io: Io): Pass {
  if (pass.err !== "") io.err(pass.err);
  if (pass.out !== "") io.out(pass.out);
  io.err(WATCHING);
  return pass;
}
