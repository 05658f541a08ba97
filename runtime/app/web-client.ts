// A client that takes a web Response: for whoever embeds the gateway behind `fetch`.
import type { Client, ClientEvents } from "../gateway/client.ts";

/** `response` resolves when the story opens the answer. */
export type WebClient = { readonly client: Client; readonly response: Promise<Response> };

const SILENT: ClientEvents = { gone() {}, full() {}, drained() {} };
/** Bytes the reader may be behind before the story is asked to pause. */
const AHEAD = 64 * 1024;

/** `signal` is the request's own: it fires when the caller gives up. */
export function createWebClient(signal: AbortSignal): WebClient {
  const { promise: response, resolve } = Promise.withResolvers<Response>();
  const encoder = new TextEncoder();
  let events = SILENT;
  let gone = signal.aborted;
  let ended = false;
  let full = false;
  let controller: ReadableStreamDefaultController<Uint8Array>;

  const body = new ReadableStream<Uint8Array>(
    {
      start(its) {
        controller = its;
      },
      pull() {
        if (!full) return;
        full = false;
        events.drained();
      },
      cancel: leave,
    },
    { highWaterMark: AHEAD, size: (chunk) => chunk.byteLength },
  );
  signal.addEventListener("abort", () => {
    if (gone || ended) return;
    controller.error(signal.reason);
    leave();
  });

  return {
    response,
    client: {
      open: (status, headers) => resolve(new Response(body, { status, headers })),
      write(text) {
        if (gone || ended || text === "") return;
        controller.enqueue(encoder.encode(text));
        if (full || (controller.desiredSize ?? 0) > 0) return;
        full = true;
        events.full();
      },
      end() {
        if (gone || ended) return;
        ended = true;
        controller.close();
      },
      abandon(status, text) {
        if (gone || ended) return;
        ended = true;
        resolve(new Response(text, { status, headers: { "content-type": "application/json" } }));
        controller.error(new Error("the answer was given up"));
      },
      listen(to) {
        events = to;
        if (gone) to.gone();
      },
    },
  };

  function leave(): void {
    if (gone || ended) return;
    gone = true;
    // Nobody reads it; it only lets go of whoever waits for a response to a request that was given up.
    resolve(new Response(null, { status: 499 }));
    events.gone();
  }
}
