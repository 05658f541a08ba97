// A client at the other end of a node response. Bytes go straight to it; pieces written in one turn of the event loop
// leave in one write, because a provider's packet carries many events and a system call costs more than an event.
import type { ServerResponse } from "node:http";
import type { Client, ClientEvents } from "../gateway/client.ts";
import { envelope } from "../gateway/problem.ts";

const SILENT: ClientEvents = { gone() {}, full() {}, drained() {} };

export function createNodeClient(outgoing: ServerResponse): Client {
  let events = SILENT;
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
      if (!gone) outgoing.writeHead(status, headers);
    },
    write(text) {
      pending += text;
      if (scheduled) return;
      scheduled = true;
      queueMicrotask(flush);
    },
    end() {
      ended = true;
      const last = pending;
      pending = "";
      if (!gone) outgoing.end(last);
    },
    abandon(problem) {
      if (gone || ended) return;
      ended = true;
      if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(problem.status, { "content-type": "application/json" }).end(JSON.stringify(envelope(problem)));
    },
    listen(to) {
      events = to;
      if (gone) to.gone();
    },
  };

  function flush(): void {
    scheduled = false;
    if (pending === "" || gone) return;
    const text = pending;
    pending = "";
    if (!outgoing.write(text)) events.full();
  }
}
