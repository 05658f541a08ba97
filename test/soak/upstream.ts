// The soak's provider: answers chat completions as the asked model's name says, counts the calls that are open, and gives
// up everything of a call the moment its caller is gone.
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { chatEvents, completion } from "../support/upstream-server.ts";

export type SoakUpstream = {
  readonly port: number;
  /** Calls whose answer is neither complete nor given up. */
  readonly open: number;
  readonly calls: number;
  connections(): Promise<number>;
  close(): Promise<void>;
};

const WORDS = Array.from({ length: 24 }, (_, at) => ["The ", "key ", "to ", "a ", "quiet ", "house. "][at % 6]!);
const frames = (events: readonly string[]): readonly string[] => events.map((data) => `data: ${data}\n\n`);
const GOOD = frames([...chatEvents(WORDS), "[DONE]"]);
const HALF = frames(chatEvents(WORDS.slice(0, 9), null));
const BANNED = frames([...chatEvents(["Call ", "Old", "Client(x)", " now."]), "[DONE]"]);
const CARD = frames([...chatEvents(["Pay with 4111", "1111", "11111111", " today."]), "[DONE]"]);
const LARGE = frames([...chatEvents(Array.from({ length: 64 }, () => "0123456789abcdef ".repeat(1024))), "[DONE]"]);
const wholeOf = (said: readonly string[]): string => JSON.stringify(completion(said.join("")));
const WHOLE = wholeOf(WORDS);

export async function startSoakUpstream(): Promise<SoakUpstream> {
  let open = 0;
  let calls = 0;
  const server = createServer((request, response) => {
    open += 1;
    response.on("close", () => void (open -= 1));
    response.on("error", () => {});
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const { model, stream = false } = JSON.parse(Buffer.concat(pieces).toString()) as { model: string; stream?: boolean };
      answer(response, { model, stream, nth: calls++ });
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    get open() {
      return open;
    },
    get calls() {
      return calls;
    },
    connections: () => new Promise((resolve) => server.getConnections((_, count) => resolve(count))),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(response: ServerResponse, { model, stream, nth }: { readonly model: string; readonly stream: boolean; readonly nth: number }): void {
  switch (model) {
    case "slow":
      return later(response, 80, () => say(response, stream, GOOD, WHOLE));
    case "paced":
      return stream ? pace(response, GOOD) : later(response, 80, () => say(response, stream, GOOD, WHOLE));
    case "large":
      return stream ? flow(response, LARGE) : say(response, stream, LARGE, WHOLE);
    case "banned":
      return say(response, stream, BANNED, wholeOf(["Call OldClient(x) now."]));
    case "card":
      return say(response, stream, CARD, wholeOf(["Pay with 4111111111111111 today."]));
    case "flaky":
      return goWrong(response, stream, nth % 8);
    default:
      return say(response, stream, GOOD, WHOLE);
  }
}

const HEAD = { "content-type": "text/event-stream" };

function say(response: ServerResponse, stream: boolean, events: readonly string[], whole: string): void {
  response.writeHead(200, stream ? HEAD : { "content-type": "application/json" });
  response.end(stream ? events.join("") : whole);
}

function goWrong(response: ServerResponse, stream: boolean, how: number): void {
  if (how === 0) return void response.writeHead(503, { "retry-after": "0" }).end('{"error":{"message":"busy"}}');
  if (how === 1) return void response.socket?.resetAndDestroy();
  if (how === 2) return void response.writeHead(200, HEAD).end("data: what?\n\n");
  if (how === 3) return; // Never a word: the caller's deadline ends it.
  if (!stream) return void response.writeHead(200, { "content-type": "application/json", "content-length": WHOLE.length * 2 }).write(WHOLE, () => response.socket?.destroy());
  response.writeHead(200, HEAD);
  const half = HALF.join("");
  if (how === 4) response.end(half);
  else if (how === 5) response.write(half, () => response.socket?.destroy());
  else if (how === 6) response.write(`${half}data: {"error":{"message":"gone","type":"overloaded_error"}}\n\n`);
  else response.write(half);
}

function later(response: ServerResponse, ms: number, then: () => void): void {
  const timer = setTimeout(then, ms);
  response.on("close", () => clearTimeout(timer));
}

function pace(response: ServerResponse, events: readonly string[]): void {
  let at = 0;
  response.writeHead(200, HEAD);
  const timer = setInterval(() => {
    response.write(events[at++]!);
    if (at < events.length) return;
    clearInterval(timer);
    response.end();
  }, 8);
  response.on("close", () => clearInterval(timer));
}

/** As fast as the caller takes it, and no faster. */
function flow(response: ServerResponse, events: readonly string[]): void {
  let at = 0;
  response.writeHead(200, HEAD);
  response.on("drain", more);
  more();

  function more(): void {
    while (at < events.length) if (!response.write(events[at++]!)) return;
    if (!response.writableEnded) response.end();
  }
}
