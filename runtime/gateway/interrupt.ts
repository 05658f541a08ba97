// What ends a request from outside: the client hangs up, or its time is over. Heard at once by whoever works for it.
export type Cause = "client gone" | "wall";

export type Interrupt = {
  /** The first cause counts; null while nothing has happened. */
  readonly cause: Cause | null;
  raise(cause: Cause): void;
  /** One listener at a time: a request does one thing at a time. The returned function stops listening. */
  listen(then: (cause: Cause) => void): () => void;
};

export function createInterrupt(): Interrupt {
  let listener: ((cause: Cause) => void) | null = null;
  const interrupt: Raised = {
    cause: null,
    raise(why) {
      if (interrupt.cause !== null) return;
      interrupt.cause = why;
      const told = listener;
      listener = null;
      told?.(why);
    },
    listen(then) {
      listener = then;
      return () => {
        if (listener === then) listener = null;
      };
    },
  };
  return interrupt;
}

type Raised = { -readonly [Member in keyof Interrupt]: Interrupt[Member] };
