// HTTP to one provider over a pool of kept-alive connections. In: a request. Out: its answer's head, its bytes with
// compression undone, and one end. It knows nothing of what the bytes mean and never reports an address.
//
// undici's `dispatch` costs a sixth of what global `fetch` does here, and gives back the connection's own backpressure.
import { Pool, type Dispatcher } from "undici";
import { openDecoder, type Decoder } from "./decode.ts";

export type HttpRequest = {
  readonly path: string;
  /** Names and values in turn, as undici takes them without further work. */
  readonly headers: readonly string[];
  readonly body: string;
};

export type HttpHead = { readonly status: number; header(name: string): string | undefined };

/** `connected`, `head`, then `data` any number of times, then one of `end` and `broke`; nothing after `abort()`. */
export type HttpSink = {
  connected(): void;
  head(head: HttpHead): void;
  data(bytes: Uint8Array): void;
  end(): void;
  /** `error` is the system's or undici's: only its `code` is fit for anything. */
  broke(error: unknown): void;
};

export type Exchange = {
  /** Closes the connection, or gives up waiting for one. */
  abort(): void;
  pause(): void;
  resume(): void;
};

export type Origin = {
  post(request: HttpRequest, sink: HttpSink): Exchange;
  /** Resolves when what is under way is over. */
  close(): Promise<void>;
};

export function openOrigin(origin: string, connectTimeout: number): Origin {
  const pool = new Pool(origin, {
    // The deadlines of an attempt are kept above, on the runtime's clock; this one only ends a connection nobody waits for.
    connect: { timeout: connectTimeout + 1000 },
    headersTimeout: 0,
    bodyTimeout: 0,
    // One stream a connection, so that aborting one call never disturbs another and a pause reaches the sender's socket.
    allowH2: false,
    pipelining: 1,
  });
  let closed: Promise<void> | null = null;
  return { post: (request, sink) => post(pool, request, sink), close: () => (closed ??= pool.close()) };
}

/** The bytes are not what their `content-encoding` says. */
const BAD_ENCODING = { code: "HPE_CONTENT_ENCODING" } as const;

function post(pool: Pool, request: HttpRequest, sink: HttpSink): Exchange {
  let controller: Dispatcher.DispatchController | null = null;
  let decoder: Decoder | "none" = "none";
  let over = false;
  let paused = false;
  let returned = false;

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(its) {
      controller = its;
      if (over) return its.abort(ABORTED);
      if (paused) its.pause();
      sink.connected();
    },
    onResponseStart(its, status, headers) {
      if (over || status < 200) return;
      const header = (name: string): string | undefined => {
        const value = headers[name];
        return Array.isArray(value) ? value[0] : value;
      };
      const opened = openDecoder(header("content-encoding"), { data: tell, end: finish, broke: () => fail(BAD_ENCODING) }, () => {
        if (!paused) controller?.resume();
      });
      if (opened === null) {
        fail(BAD_ENCODING);
        its.abort(ABORTED);
        return;
      }
      decoder = opened;
      if (paused && decoder !== "none") decoder.pause();
      sink.head({ status, header });
    },
    onResponseData(its, bytes) {
      if (over) return;
      if (decoder === "none") sink.data(bytes);
      else if (!decoder.write(bytes)) its.pause();
    },
    onResponseEnd() {
      if (over) return;
      if (decoder === "none") finish();
      else decoder.end();
    },
    onResponseError(_, error) {
      // A request that undici refuses outright fails within `dispatch`; nobody has the exchange in hand yet.
      if (returned) fail(error);
      else queueMicrotask(() => fail(error));
    },
  };
  pool.dispatch({ method: "POST", path: request.path, headers: request.headers as string[], body: request.body }, handler);
  returned = true;

  return {
    abort() {
      if (over) return;
      close();
      // Before a connection is there the request waits in the pool: `onRequestStart` then ends it unsent.
      controller?.abort(ABORTED);
    },
    pause() {
      if (over) return;
      paused = true;
      if (decoder === "none") controller?.pause();
      // A full decoder stops the connection by itself, and goes on with it when it has drained.
      else decoder.pause();
    },
    resume() {
      if (over || !paused) return;
      paused = false;
      if (decoder !== "none") decoder.resume();
      controller?.resume();
    },
  };

  function tell(bytes: Uint8Array): void {
    if (!over) sink.data(bytes);
  }

  function finish(): void {
    if (over) return;
    close();
    sink.end();
  }

  function fail(error: unknown): void {
    if (over) return;
    close();
    // Whatever is left of the connection is of no use any more.
    controller?.abort(ABORTED);
    sink.broke(error);
  }

  function close(): void {
    over = true;
    if (decoder !== "none") decoder.destroy();
  }
}

const ABORTED = new Error("aborted");
