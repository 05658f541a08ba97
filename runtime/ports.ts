// What the runtime needs of the world, handed in so that a test can hold time and chance still.

/** `now` is milliseconds since 1970; `elapsed` is monotonic milliseconds from any fixed point. */
export type Clock = {
  now(): number;
  elapsed(): number;
  /** Calls `then` once after `ms`; the returned function takes that back. */
  after(ms: number, then: () => void): () => void;
};

export type Chance = {
  /** A number in [0, 1), for jitter. */
  next(): number;
  /** A fresh id of URL-safe characters, unguessable. */
  id(): string;
};

/** A secret or setting of the environment; undefined where it is not set. */
export type Secrets = (variable: string) => string | undefined;

export type Ports = { readonly clock: Clock; readonly chance: Chance; readonly secrets: Secrets };
