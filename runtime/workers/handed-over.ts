// Node's cluster hands each connection to a worker and lets go of it when the worker says that it has it. Of a worker that
// dies, or hangs until it is ended, it hears nothing more: the one connection then under way is nobody's, and its client waits
// for ever. Here it is closed, so that the client hears of it at once and asks again.
//
// The other ways lose more: workers that accept from one port themselves take very unequal shares (7 and 25 of 32), and where
// each has a queue of its own (`reusePort`) all that stand in that of one that hangs wait with it.
import type { ChildProcess } from "node:child_process";

/** A connection as the cluster sends it. Closing one that is closed does nothing. */
type Handle = { close(): void };

/** Which worker each was sent to last: one that a worker does not take is sent to another. */
const holders = new WeakMap<Handle, ChildProcess>();

export function closeWhatItHeld(worker: ChildProcess): void {
  const send = worker.send.bind(worker) as (...all: unknown[]) => boolean;
  // One is sent at a time, the next when the one before was answered.
  let last: Handle | null = null;
  worker.send = (...all: unknown[]): boolean => {
    const [message, handle] = all;
    if (isConnection(message) && isHandle(handle)) {
      last = handle;
      holders.set(handle, worker);
    }
    return send(...all);
  };
  const close = (): void => {
    if (last !== null && holders.get(last) === worker) last.close();
  };
  // It is no longer sent anything when both are over, whichever comes last.
  worker.once("exit", close);
  worker.once("disconnect", close);
}

function isConnection(message: unknown): boolean {
  return typeof message === "object" && message !== null && "act" in message && message.act === "newconn";
}

function isHandle(handle: unknown): handle is Handle {
  return typeof handle === "object" && handle !== null && "close" in handle && typeof handle.close === "function";
}
