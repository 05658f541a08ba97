// Who may come in: stands before every path. What is not listed as open or as serving is for admin keys, so a path that is
// added and forgotten here is shut.
//
//   no keys configured:  serving paths for everyone who reaches the port, the others for this machine itself
//   keys:                open ─▶ anyone    serving ─▶ serving keys    all else ─▶ admin keys
import type { ApiKey } from "#contracts";
import type { Context } from "hono";
import type { Callers, Header, Identified } from "../callers/index.ts";
import { problem, type Problem } from "../gateway/problem.ts";

export type Admitted = { readonly kind: "admitted"; readonly key: ApiKey | null } | { readonly kind: "problem"; readonly problem: Problem };

/** `known`: something is there, whatever the method. */
export type Asked = { readonly path: string; readonly known: boolean; readonly callers: Callers | null; readonly header: Header };

export function admit(c: Context, { path, known, callers, header }: Asked): Admitted {
  if (OPEN.test(path)) return { kind: "admitted", key: null };
  const forServing = SERVING.test(path);
  if (callers === null) return forServing || !known ? { kind: "admitted", key: null } : refuseStranger(c);
  const found = callers.identify(header);
  if (found.kind === "none") return refused(unidentified(found.why));
  const { key } = found;
  if (forServing && key.role !== "serving" && !BOTH.test(path)) return refused(forbidden("an admin key does not serve requests; use a serving key", "serving_key_needed"));
  if (forServing || key.role === "admin") return { kind: "admitted", key };
  return refused(known ? forbidden("this needs an admin key", "admin_key_needed") : nothingAt(path));
}

export function nothingAt(path: string): Problem {
  return problem(404, `there is nothing at \`${path.slice(0, 200)}\``, { code: "unknown_path" });
}

const OPEN = /^\/(healthz|readyz)\/?$/;
const SERVING = /^\/v1\/(chat\/completions|responses|messages(\/count_tokens)?|embeddings|models(\/.*)?|wardwright\/(simulate|models(\/.*)?))\/?$/;
/** What an operator may look at as well. */
const BOTH = /^\/v1\/(wardwright\/)?models(\/.*)?$/;

function refused(why: Problem): Admitted {
  return { kind: "problem", problem: why };
}

function forbidden(message: string, code: string): Problem {
  return problem(403, message, { type: "permission_error", code });
}

function unidentified(why: Extract<Identified, { kind: "none" }>["why"]): Problem {
  return problem(401, WHY[why], { type: "invalid_request_error", code: "invalid_api_key", headers: { "www-authenticate": "Bearer" } });
}

/** That a key was revoked or is over, only whoever holds it is told. */
const WHY = {
  missing: "an API key is needed: `Authorization: Bearer KEY`, or `x-api-key: KEY`",
  malformed: "the `Authorization` header is not `Bearer KEY`",
  ambiguous: "the `Authorization` and `x-api-key` headers hold two different API keys",
  unknown: "the API key is not valid",
  revoked: "the API key was revoked",
  expired: "the API key has expired",
} as const;

/** For this machine alone while there are no keys; a page of some other site that points its name here is no part of it. */
function refuseStranger(c: Context): Admitted {
  const { incoming } = (c.env ?? {}) as { readonly incoming?: { readonly socket: { readonly remoteAddress?: string }; readonly headers: { readonly host?: string } } };
  const address = incoming?.socket.remoteAddress;
  const host = incoming?.headers.host ?? "localhost";
  const local = address === undefined || /^(::1$|127\.|::ffff:127\.)/.test(address);
  if (local && /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i.test(host)) return { kind: "admitted", key: null };
  return refused(forbidden("this is only given to this machine itself; configure API keys to ask from elsewhere", "loopback_only"));
}
