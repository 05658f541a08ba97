// The gateway as node's HTTP server wants it.
import { getRequestListener } from "@hono/node-server";
import type { IncomingMessage, ServerResponse } from "node:http";
import { INTERNAL, problem } from "../gateway/problem.ts";
import { errorResponse } from "./app.ts";
import type { Gateway } from "./create-gateway.ts";

export function createListener(gateway: Gateway): (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void> {
  return getRequestListener((request, env) => gateway.fetch(request, env), {
    // What goes wrong before the app is asked is the request's own fault: no `Host`, a path that is none.
    errorHandler: (error) => errorResponse(error instanceof Error && error.name === "RequestError" ? problem(400, "the request's address cannot be read", { code: "bad_address" }) : INTERNAL, "req_unread"),
  });
}
