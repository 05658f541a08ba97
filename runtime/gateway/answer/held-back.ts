// What has to wait because text before it is held back: a protocol that keeps the order of an answer's blocks must not
// send a tool call before the end of the text that stands in front of it. Text that is dropped takes what waits with it.

export type HeldBack = {
  /** What the step writes, now or when nothing is held any more. */
  inOrder(held: boolean, step: () => string): string;
  /** What waited, if it need not wait any more. */
  settle(held: boolean): string;
  drop(): void;
};

export function createHeldBack(): HeldBack {
  let waiting: (() => string)[] = [];
  return {
    inOrder(held, step) {
      if (!held && waiting.length === 0) return step();
      waiting.push(step);
      return "";
    },
    settle(held) {
      if (held || waiting.length === 0) return "";
      const steps = waiting;
      waiting = [];
      return steps.map((step) => step()).join("");
    },
    drop() {
      waiting = [];
    },
  };
}
