// A client at the other end of a node response. Bytes go straight to it; what is written in one turn of the event loop
// leaves in one write, because a provider's packet carries many events and a system call costs more than an event.
import type { ServerResponse } from "node:http";
import type { Client, ClientEvents } from "../gateway/client.ts";

/** Characters that wait for the turn's end at most. */
const MOST = 64 * 1024;

const SILENT: ClientEvents = { gone() {}, full() {}, drained() {} };

/** `patience`: milliseconds a client that has stopped reading is waited for once all was said. */
export function createNodeClient(outgoing: ServerResponse, patience: number): Client {
  let events = SILENT;
  let head: { readonly status: number; readonly headers: Readonly<Record<string, string>> } | null = null;
  let pending = "";
  let scheduled = false;
  let ended = false;
  let gone = outgoing.destroyed;

  outgoing.on("close", () => {
    gone = true;
    if (!ended) events.gone();
  });
  // A socket that breaks while we write is a client that is gone; `close` follows and says so.
  outgoing.on("error", () => {});
  outgoing.on("drain", () => events.drained());

  return {
    open(status, headers) {
      head = { status, headers };
    },
    write(text) {
      pending += text;
      if (pending.length > MOST) return flush();
      if (scheduled) return;
      scheduled = true;
      setImmediate(() => {
        scheduled = false;
        flush();
      });
    },
    end() {
      ended = true;
      if (gone) return;
      // An answer that is whole before anything of it has left says how long it is.
      if (head !== null) outgoing.writeHead(head.status, { ...head.headers, "content-length": Buffer.byteLength(pending) });
      head = null;
      outgoing.end(pending);
      pending = "";
      // What has not left by now waits for a client that may never read on; each byte it takes begins the wait anew.
      if (outgoing.writableLength > 0) outgoing.setTimeout(patience, () => outgoing.destroy());
    },
    abandon(status, body) {
      if (gone || ended) return;
      ended = true;
      pending = "";
      if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(status, { "content-type": "application/json" }).end(body);
    },
    listen(to) {
      events = to;
      if (gone) to.gone();
    },
  };

  function flush(): void {
    if (pending === "" || gone || ended) return;
    if (head !== null) outgoing.writeHead(head.status, head.headers);
    head = null;
    const text = pending;
    pending = "";
    if (!outgoing.write(text)) events.full();
  }
}
