// An answer that is waited for no longer than so long.
import type { Clock } from "../ports.ts";
import { Gone } from "./line.ts";

/** A worker that is gone has no say, and is replaced by one that knows what is served. */
export type Heard<T> = { readonly kind: "answered"; readonly value: T } | { readonly kind: "silent" } | { readonly kind: "gone" } | { readonly kind: "failed"; readonly why: string };

/** `patience` in milliseconds. Never rejects. */
export function within<T>(answer: Promise<T>, { clock, patience }: { readonly clock: Clock; readonly patience: number }): Promise<Heard<T>> {
  return new Promise((resolve) => {
    const stop = clock.after(patience, () => resolve({ kind: "silent" }));
    const settle = (heard: Heard<T>): void => {
      stop();
      resolve(heard);
    };
    answer.then(
      (value) => settle({ kind: "answered", value }),
      (why: unknown) => settle(why instanceof Gone ? { kind: "gone" } : { kind: "failed", why: why instanceof Error ? why.message : String(why) }),
    );
  });
}
