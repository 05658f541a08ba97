// What a handler that plans or looks up answers with: a JSON value, or what went wrong.
import { envelope, type Problem } from "../gateway/problem.ts";

export type Reply = { readonly kind: "json"; readonly body: unknown } | { readonly kind: "problem"; readonly problem: Problem };

/** `wrap` is the envelope of the protocol the path belongs to. */
export function responseOf(reply: Reply, requestId: string, wrap: (problem: Problem) => unknown = envelope): Response {
  const headers = { "content-type": "application/json", "x-request-id": requestId };
  if (reply.kind === "json") return new Response(JSON.stringify(reply.body), { headers });
  return new Response(JSON.stringify(wrap(reply.problem)), { status: reply.problem.status, headers: { ...headers, ...reply.problem.headers } });
}
