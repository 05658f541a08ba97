// One end of the line between a worker and its primary. What a turn of the event loop says goes as one message, however
// many receipts it holds: a message costs two system calls and a wake-up, a receipt among others a few microseconds.
//
//   ask ─▶ ┐                        ┌ answer ─▶ its promise
//   tell ─▶┴ batch of the turn ─▶ … ┴ failed ─▶ its promise
//
// Order is kept: what was said first is heard first.
import { StoreError } from "../receipt/store.ts";
import { isAnswerTo, readFrames, type Answers, type Failed, type Frame, type Shapes } from "./messages.ts";

type Said = { readonly kind: string };

export type Line<Ask extends { readonly kind: keyof Answers }, Tell extends Said> = {
  /** Rejects as the other end did, or with {@link Gone}. */
  ask<One extends Ask>(ask: One): Promise<Answers[One["kind"]]>;
  tell(tell: Tell): void;
  receive(message: unknown): void;
  /** The other end is gone: what waits is rejected, and what is asked from now on. */
  close(how: string): void;
};

export type Ends<TheirAsk, TheirTell> = {
  send(batch: readonly Frame[]): void;
  readonly from: { readonly asks: Shapes; readonly tells: Shapes };
  answer(ask: TheirAsk): Promise<unknown>;
  hear(tell: TheirTell): void;
  /** It said something that is none of ours. */
  garbled(): void;
};

/** What `close` rejects with: nobody is there any more to have refused anything. */
export class Gone extends Error {}

type Waiting = { readonly kind: string; readonly resolve: (value: never) => void; readonly reject: (why: Error) => void };

export function openLine<Ask extends { readonly kind: keyof Answers }, Tell extends Said, TheirAsk, TheirTell>({ send, from, answer, hear, garbled }: Ends<TheirAsk, TheirTell>): Line<Ask, Tell> {
  const waiting = new Map<number, Waiting>();
  let batch: Frame[] = [];
  let last = 0;
  let closed: string | null = null;

  return {
    ask(ask) {
      if (closed !== null) return Promise.reject(new Gone(closed));
      const n = ++last;
      return new Promise((resolve, reject) => {
        waiting.set(n, { kind: ask.kind, resolve, reject });
        post({ is: "ask", n, says: ask });
      });
    },
    tell: (tell) => post({ is: "tell", says: tell }),
    receive(message) {
      const frames = readFrames(message, from);
      if (frames === null) return garbled();
      for (const frame of frames) take(frame);
    },
    close(how) {
      closed = how;
      batch = [];
      const all = [...waiting.values()];
      waiting.clear();
      for (const one of all) one.reject(new Gone(how));
    },
  };

  function post(frame: Frame): void {
    if (closed !== null) return;
    if (batch.push(frame) > 1) return;
    setImmediate(() => {
      const full = batch;
      batch = [];
      if (full.length > 0) send(full);
    });
  }

  function take(frame: Frame): void {
    switch (frame.is) {
      case "ask": {
        const { n } = frame;
        return void answer(frame.says as TheirAsk).then(
          (value) => post({ is: "answer", n, value }),
          (why: unknown) => post({ is: "failed", n, failed: failedOf(why) }),
        );
      }
      case "tell":
        return hear(frame.says as TheirTell);
      case "answer":
        return settle(frame.n, ({ kind, resolve, reject }) => (isAnswerTo(kind, frame.value) ? resolve(frame.value as never) : reject(new Error(`the answer to \`${kind}\` is none`))));
      case "failed":
        return settle(frame.n, ({ reject }) => reject(errorOf(frame.failed)));
      default:
        return frame satisfies never;
    }
  }

  function settle(n: number, how: (waiting: Waiting) => void): void {
    const one = waiting.get(n);
    if (one === undefined) return garbled();
    waiting.delete(n);
    how(one);
  }
}

function failedOf(why: unknown): Failed {
  if (why instanceof StoreError) return { problem: why.problem, message: why.message, help: why.help };
  return { problem: null, message: why instanceof Error ? (why.stack ?? why.message) : String(why), help: null };
}

function errorOf({ problem, message, help }: Failed): Error {
  return problem === null ? new Error(message) : new StoreError(problem, message, help);
}
