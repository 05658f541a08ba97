// When a worker that died is replaced. In: how it died. Out: after how many milliseconds another one starts, or that there
// is no use in it. One death is replaced at once; a loop of them costs a little each time, and less and less often.
export type Death = {
  /** It had begun to serve. */
  readonly served: boolean;
  /** Milliseconds since it was started. */
  readonly lived: number;
  /** Others that serve. */
  readonly others: number;
};

export type Restarts = {
  /** Null: give up. */
  after(death: Death): number | null;
};

/** A worker that lived so long did not die of its start. */
const LONG = 10_000;
const FIRST = 100;
const LONGEST = 30_000;
/** Deaths at the start, in a row and with nobody serving, that are no accident. */
export const MOST_AT_START = 5;

export function createRestarts(): Restarts {
  let soon = 0;
  let atStart = 0;
  return {
    after({ served, lived, others }) {
      soon = lived < LONG ? soon + 1 : 0;
      atStart = served ? 0 : atStart + 1;
      if (others === 0 && atStart >= MOST_AT_START) return null;
      return soon <= 1 ? 0 : Math.min(LONGEST, FIRST * 2 ** (soon - 2));
    },
  };
}
