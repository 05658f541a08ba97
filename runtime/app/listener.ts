// The gateway as node's HTTP server wants it. INVARIANT (seen): what node refuses before the app is asked is counted as what
// the app refuses.
import { getRequestListener } from "@hono/node-server";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { envelope, INTERNAL, problem, type Problem } from "../gateway/problem.ts";
import type { Gateway } from "./create-gateway.ts";
import { responseOf } from "./reply.ts";

export type Listener = {
  readonly request: (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;
  /** What is not HTTP never reaches the app, and gets the envelope all the same. */
  readonly badHttp: (error: Error & { readonly code?: string }, socket: Duplex) => void;
};

export function createListener(gateway: Gateway): Listener {
  /** Of each connection the answer that was begun last. */
  const answers = new WeakMap<Duplex, ServerResponse>();
  const listen = getRequestListener((request, env) => gateway.fetch(request, env), {
    // What goes wrong before the app is asked is the request's own fault: no `Host`, a path that is none.
    errorHandler: (error) => {
      const refused = error instanceof Error && error.name === "RequestError" ? UNREADABLE : INTERNAL;
      return responseOf({ kind: "problem", problem: refused }, gateway.turnedAway(refused));
    },
  });

  return {
    request(incoming, outgoing) {
      answers.set(incoming.socket, outgoing);
      // A client that keeps its connection would never hear that the port is closed.
      if (!gateway.isOpen) outgoing.shouldKeepAlive = false;
      return listen(incoming, outgoing);
    },
    badHttp(error, socket) {
      if (!socket.writable || isAnswering(answers.get(socket), socket)) return void socket.destroy();
      const [refused, text] = error.code === "HPE_HEADER_OVERFLOW" ? HEADERS : error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? SLOW : BAD;
      const requestId = gateway.turnedAway(refused);
      const body = JSON.stringify(envelope(refused));
      socket.end(`HTTP/1.1 ${refused.status} ${text}\r\ncontent-type: application/json\r\nx-request-id: ${requestId}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`);
    },
  };
}

/** Whether another answer would stand in the midst of one, or in front of one that is its turn. */
function isAnswering(last: ServerResponse | undefined, socket: Duplex): boolean {
  if (last === undefined || last.writableFinished) return false;
  return last.headersSent || last.socket !== socket;
}

const UNREADABLE = problem(400, "the request's address cannot be read", { code: "bad_address" });

const BAD = refusal(400, "Bad Request");
const SLOW = refusal(408, "Request Timeout");
const HEADERS = refusal(431, "Request Header Fields Too Large");

function refusal(status: number, text: string): readonly [Problem, string] {
  return [problem(status, "this is not a request that can be read", { code: "bad_http" }), text];
}
