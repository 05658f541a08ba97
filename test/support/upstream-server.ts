// A provider to test against: real HTTP on loopback, every answer scripted, every request remembered.
//
//   const upstream = await startUpstreamServer([{ does: "json", body: completion("hi") }, { does: "fails", status: 500 }]);
//   … base: upstream.base …
//   upstream.seen[0].body; await upstream.seen[0].ended
//   await upstream.close();
//
// The n-th request gets the n-th answer, the last one repeats; a function chooses by what was asked.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";

export type Encoding = "gzip" | "br" | "deflate" | "raw deflate";

export type Answer =
  /** A stream of events; each one JSON text or any text. `[DONE]` follows unless `done` is false. */
  | { readonly does: "stream"; readonly events: readonly string[]; readonly done?: boolean; readonly cuts?: Cuts; readonly encoding?: Encoding; readonly headers?: Headers; readonly then?: Then }
  | { readonly does: "json"; readonly body: unknown; readonly status?: number; readonly encoding?: Encoding; readonly headers?: Headers }
  | { readonly does: "fails"; readonly status: number; readonly body?: unknown; readonly headers?: Headers }
  /** Exactly these bytes as the body. */
  | { readonly does: "raw"; readonly body: string | Uint8Array; readonly status?: number; readonly headers?: Headers; readonly cuts?: Cuts; readonly then?: Then }
  /** Takes the request and never says a word. */
  | { readonly does: "hangs" }
  /** Sends the head of a stream, then nothing. */
  | { readonly does: "hangs after head" }
  /** Closes the connection instead of answering. */
  | { readonly does: "cuts" }
  /** Says something that is not HTTP. */
  | { readonly does: "babbles"; readonly text: string };

/** What follows the last byte: the body's end, silence, the socket torn down, or the connection closed as if all were said. */
export type Then = "end" | "hang" | "cut" | "close";
/** How a body is cut into writes: whole, byte by byte, or at places drawn from a seed. */
export type Cuts = "none" | "every byte" | { readonly seed: number; readonly longest?: number };
type Headers = { readonly [name: string]: string };

export type Seen = {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  /** As it came, and as JSON where it is JSON. */
  readonly text: string;
  readonly body: { readonly [key: string]: unknown };
  /** The caller went away before the answer was complete. */
  readonly aborted: boolean;
  /** Resolves when the answer was sent whole or the caller went away, with the milliseconds since the request came. */
  readonly ended: Promise<number>;
};

export type UpstreamServer = {
  /** As a provider's `base`: ends in `/v1`. */
  readonly base: string;
  readonly port: number;
  readonly seen: readonly Seen[];
  /** Resolves when the n-th request (from 0) has come. */
  request(n: number): Promise<Seen>;
  /** Connections open now. */
  readonly connections: number;
  close(): Promise<void>;
};

export async function startUpstreamServer(answers: readonly Answer[] | ((seen: Seen, n: number) => Answer)): Promise<UpstreamServer> {
  const seen: Seen[] = [];
  const waiters: { readonly n: number; tell(seen: Seen): void }[] = [];
  const sockets = new Set<Socket>();
  const choose = typeof answers === "function" ? answers : (_: Seen, n: number) => answers[Math.min(n, answers.length - 1)] ?? { does: "hangs" as const };

  const server = createServer((request, response) => {
    void take(request, response).catch(() => response.destroy());
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  return {
    base: `http://127.0.0.1:${port}/v1`,
    port,
    seen,
    request(n) {
      const already = seen[n];
      if (already !== undefined) return Promise.resolve(already);
      return new Promise((resolve) => waiters.push({ n, tell: resolve }));
    },
    get connections() {
      return sockets.size;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrived = performance.now();
    const pieces: Buffer[] = [];
    let aborted = false;
    const ended = new Promise<number>((resolve) => {
      response.on("close", () => {
        aborted = !response.writableFinished;
        resolve(performance.now() - arrived);
      });
    });
    response.on("error", () => {});
    for await (const piece of request) pieces.push(piece as Buffer);
    const text = Buffer.concat(pieces).toString();
    const one: Seen = {
      path: request.url ?? "",
      headers: request.headers,
      text,
      body: asObject(text),
      get aborted() {
        return aborted;
      },
      ended,
    };
    const n = seen.push(one) - 1;
    for (const waiter of waiters.filter((waiter) => waiter.n === n)) waiter.tell(one);
    await play(choose(one, n), response);
  }
}

async function play(answer: Answer, response: ServerResponse): Promise<void> {
  // A body without a length and without chunks ends with the connection.
  if ("then" in answer && answer.then === "close") response.useChunkedEncodingByDefault = false;
  switch (answer.does) {
    case "stream": {
      const events = answer.done === false ? answer.events : [...answer.events, "[DONE]"];
      const bytes = encode(events.map((data) => `data: ${data}\n\n`).join(""), answer.encoding);
      response.writeHead(200, { "content-type": "text/event-stream", ...encodingHeader(answer.encoding), ...answer.headers });
      response.flushHeaders();
      await send(response, cut(bytes, answer.cuts ?? "none"));
      return finish(response, answer.then ?? "end");
    }
    case "json": {
      const bytes = encode(JSON.stringify(answer.body), answer.encoding);
      response.writeHead(answer.status ?? 200, { "content-type": "application/json", ...encodingHeader(answer.encoding), ...answer.headers });
      response.end(bytes);
      return;
    }
    case "fails":
      response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
      response.end(answer.body === undefined ? "" : typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
      return;
    case "raw":
      response.writeHead(answer.status ?? 200, { ...answer.headers });
      response.flushHeaders();
      await send(response, cut(Buffer.from(answer.body), answer.cuts ?? "none"));
      return finish(response, answer.then ?? "end");
    case "hangs":
      return;
    case "hangs after head":
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.flushHeaders();
      return;
    case "cuts":
      response.socket?.resetAndDestroy();
      return;
    case "babbles":
      response.socket?.end(answer.text);
      return;
  }
}

function finish(response: ServerResponse, then: Then): void {
  switch (then) {
    case "end":
    case "close":
      response.end();
      return;
    case "cut":
      response.socket?.destroy();
      return;
    case "hang":
      return;
  }
}

// ── bytes ────────────────────────────────────────────────────────────────────────────────────────────────────

async function send(response: ServerResponse, pieces: readonly Uint8Array[]): Promise<void> {
  for (const piece of pieces) {
    if (response.destroyed) return;
    // Waits until the piece has left, so that what follows (a cut, say) follows it on the wire too.
    await new Promise<void>((resolve) => {
      response.once("close", resolve);
      response.write(piece, () => {
        response.off("close", resolve);
        resolve();
      });
    });
    // A turn of the loop between writes lets each one leave as a packet of its own.
    if (pieces.length > 1) await turn();
  }
}

/** Cuts `bytes` as `cuts` says; the same seed gives the same places. */
export function cut(bytes: Uint8Array, cuts: Cuts): Uint8Array[] {
  if (cuts === "none") return [bytes];
  const longest = cuts === "every byte" ? 1 : (cuts.longest ?? 200);
  const next = cuts === "every byte" ? () => 0 : seeded(cuts.seed);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + Math.floor(next() * longest);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

/** Numbers in [0, 1), the same on every machine for one seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function encode(text: string, encoding: Encoding | undefined): Uint8Array {
  switch (encoding) {
    case undefined:
      return Buffer.from(text);
    case "gzip":
      return gzipSync(text);
    case "br":
      return brotliCompressSync(text);
    case "deflate":
      return deflateSync(text);
    case "raw deflate":
      return deflateRawSync(text);
  }
}

function encodingHeader(encoding: Encoding | undefined): Headers {
  return encoding === undefined ? {} : { "content-encoding": encoding === "raw deflate" ? "deflate" : encoding };
}

function asObject(text: string): { readonly [key: string]: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

// ── what to say ──────────────────────────────────────────────────────────────────────────────────────────────

/** Events of a chat-completions stream that says `texts`, one a chunk, with usage at its end. */
export function chatEvents(texts: readonly string[], finish: string | null = "stop"): string[] {
  const about = { id: "chatcmpl-test", object: "chat.completion.chunk", created: 1, model: "upstream-model" };
  const chunk = (delta: object, reason: string | null) => JSON.stringify({ ...about, choices: [{ index: 0, delta, finish_reason: reason }] });
  return [
    chunk({ role: "assistant", content: "" }, null),
    ...texts.map((content) => chunk({ content }, null)),
    ...(finish === null ? [] : [chunk({}, finish), JSON.stringify({ ...about, choices: [], usage: { prompt_tokens: 3, completion_tokens: texts.length, total_tokens: 3 + texts.length } })]),
  ];
}

/** A whole chat completion that says `content`. */
export function completion(content: string, more: object = {}): object {
  return {
    id: "chatcmpl-test",
    object: "chat.completion",
    created: 1,
    model: "upstream-model",
    choices: [{ index: 0, message: { role: "assistant", content }, logprobs: null, finish_reason: "stop" }],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    ...more,
  };
}
