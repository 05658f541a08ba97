// Web pages of other origins: none may read an answer unless its operator named it. Only for paths that serve; nothing that
// administers the gateway is reached from a page.
import type { Context } from "hono";

/** `answered` where the request was a browser's question whether it may ask. */
export function allowOrigin(c: Context, origins: readonly string[]): "answered" | "goes on" {
  if (origins.length === 0 || !c.req.path.startsWith("/v1/")) return "goes on";
  const origin = c.req.header("origin");
  tell(c, "vary", "origin");
  if (origin === undefined || !(origins.includes(origin) || origins.includes("*"))) return "goes on";
  tell(c, "access-control-allow-origin", origin);
  tell(c, "access-control-expose-headers", EXPOSED);
  if (c.req.method !== "OPTIONS" || c.req.header("access-control-request-method") === undefined) return "goes on";
  tell(c, "access-control-allow-methods", "GET, HEAD, POST");
  // What a page sends is named one by one: clients differ in the headers they add, and none of them grants anything.
  tell(c, "access-control-allow-headers", c.req.header("access-control-request-headers") ?? "authorization, content-type");
  tell(c, "access-control-max-age", "600");
  return "answered";
}

const EXPOSED = "x-request-id, x-wardwright-receipt-id, x-wardwright-selected-model, retry-after, retry-after-ms, x-should-retry, x-ratelimit-limit-requests, x-ratelimit-remaining-requests, x-ratelimit-reset-requests, x-ratelimit-limit-tokens, x-ratelimit-remaining-tokens, x-ratelimit-reset-tokens";

/** Straight to the node response where there is one: an answer that streams does not pass through the app again. */
function tell(c: Context, name: string, value: string): void {
  const { outgoing } = (c.env ?? {}) as { readonly outgoing?: { setHeader(name: string, value: string): void } };
  if (outgoing === undefined) c.header(name, value);
  else outgoing.setHeader(name, value);
}
