// The gateway as node's HTTP server wants it.
import { getRequestListener } from "@hono/node-server";
import type { IncomingMessage, ServerResponse } from "node:http";
import { INTERNAL, problem } from "../gateway/problem.ts";
import type { Gateway } from "./create-gateway.ts";
import { responseOf } from "./reply.ts";

export function createListener(gateway: Gateway): (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void> {
  const listen = getRequestListener((request, env) => gateway.fetch(request, env), {
    // What goes wrong before the app is asked is the request's own fault: no `Host`, a path that is none.
    errorHandler: (error) => responseOf({ kind: "problem", problem: error instanceof Error && error.name === "RequestError" ? UNREADABLE : INTERNAL }, "req_unread"),
  });
  return (incoming, outgoing) => {
    // A client that keeps its connection would never hear that the port is closed.
    if (!gateway.isOpen) outgoing.shouldKeepAlive = false;
    return listen(incoming, outgoing);
  };
}

const UNREADABLE = problem(400, "the request's address cannot be read", { code: "bad_address" });
