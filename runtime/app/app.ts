// Every path of the gateway. What is not one of them gets the error envelope too: 404, or 405 with `Allow`.
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Hono, type Context } from "hono";
import type { ApiKey } from "#contracts";
import { chat } from "../gateway/surfaces/chat/index.ts";
import type { Client, Incoming } from "../gateway/client.ts";
import type { Bundles, Steering } from "../gateway/bundles.ts";
import { embeddings } from "../gateway/surfaces/embeddings/index.ts";
import { messages } from "../gateway/surfaces/messages/index.ts";
import { responses } from "../gateway/surfaces/responses/index.ts";
import { INTERNAL, problem, type Problem } from "../gateway/problem.ts";
import { serveRequest } from "../gateway/story.ts";
import type { Metrics } from "../operation/metrics.ts";
import type { Unread } from "../operation/watch.ts";
import type { Surface } from "../gateway/surface.ts";
import { allowOrigin } from "./cors.ts";
import { admit, nothingAt } from "./gate.ts";
import { refusePage, rollBack, servedBundles, swapBundle } from "./admin.ts";
import { readNodeBody, readWebBody, type ReadBody } from "./body.ts";
import { countTokens } from "./count-tokens.ts";
import { aboutModel, aboutModels, publicModel, publicModels } from "./models.ts";
import { createNodeClient } from "./node-client.ts";
import { oneReceipt, someReceipts } from "./receipts.ts";
import { responseOf, type Reply } from "./reply.ts";
import { simulate } from "./simulate.ts";
import { createWebClient } from "./web-client.ts";

/** Bindings of a node server; none where the app is embedded behind `fetch`. */
export type Env = { Bindings: Partial<HttpBindings>; Variables: { key: ApiKey | null } };

export type AppOptions = {
  readonly bundles: Bundles;
  /** Whom `/admin/bundles` asks for a swap. */
  readonly steering: Steering;
  readonly metrics: Pick<Metrics, "contentType" | "text">;
  /** Bytes a request's body may have. */
  readonly maxBody: number;
  /** Milliseconds a client that reads nothing more is waited for. */
  readonly patience: number;
  readonly version: string | null;
  /** False once the gateway is closing: `/readyz` says so, and requests under way are finished. */
  readonly isOpen: () => boolean;
  /** Origins of web pages that may read answers. */
  readonly cors: readonly string[];
  /** Seconds since 1970 at which the gateway began to serve. */
  readonly started: number;
};

export function createApp({ bundles, steering, metrics, maxBody, patience, version, isOpen, cors, started }: AppOptions): Hono<Env> {
  const world = bundles.shared;
  const app = new Hono<Env>({ strict: false });

  // INVARIANT (the gate): it stands before every handler, and no handler is reached that it did not let through.
  app.use(async (c, next) => {
    const { path, method } = c.req;
    const allowed = allowedAt(path);
    if (allowOrigin(c, cors) === "answered") return c.body(null, 204);
    if (method === "OPTIONS") return allowed === null ? send(c, { kind: "problem", problem: nothingAt(path) }) : c.body(null, 204, { allow: allowed.join(", ") });
    const admitted = admit(c, { path, known: allowed !== null, callers: world.callers, header: headersOf(c) });
    if (admitted.kind === "problem") return send(c, admitted);
    c.set("key", admitted.key);
    return next();
  });

  app.post("/v1/chat/completions", (c) => serve(c, chat));
  app.post("/v1/responses", (c) => serve(c, responses));
  app.post("/v1/embeddings", (c) => serve(c, embeddings));
  app.post("/v1/messages", (c) => serve(c, messages));
  app.post("/v1/messages/count_tokens", async (c) => send(c, await replyTo(c, (body) => countTokens(bundles.active, c.get("key"), body))));
  app.get("/v1/models", (c) => send(c, { kind: "json", body: publicModels(bundles.active, c.get("key"), started) }));
  app.get("/v1/models/:id{.+}", (c) => send(c, publicModel(bundles.active, c.get("key"), { id: c.req.param("id"), created: started })));
  app.get("/v1/wardwright/models", (c) => send(c, { kind: "json", body: aboutModels(bundles.active, c.get("key")) }));
  app.get("/v1/wardwright/models/:id{.+}", (c) => send(c, aboutModel(bundles.active, c.get("key"), c.req.param("id"))));
  app.post("/v1/wardwright/simulate", async (c) => send(c, await replyTo(c, (body) => simulate(bundles.active, { body, key: c.get("key"), header: (name) => c.req.header(name) }, world.unnamed))));
  app.get("/v1/receipts", async (c) => send(c, await someReceipts(world.store, c.req.query())));
  app.get("/v1/receipts/:id", async (c) => send(c, await oneReceipt(world.store, c.req.param("id"))));
  app.get("/admin/bundles", (c) => send(c, refusePage(c) ?? servedBundles(bundles)));
  app.post("/admin/bundles", async (c) => send(c, refusePage(c) ?? (await replyTo(c, (body) => swapBundle(bundles, steering, body)))));
  app.post("/admin/bundles/rollback", async (c) => send(c, refusePage(c) ?? (await rollBack(steering))));
  app.get("/metrics", async () => new Response(await metrics.text(), { headers: { "content-type": metrics.contentType } }));
  app.get("/healthz", (c) => send(c, { kind: "json", body: { status: "ok", version } }));
  app.get("/readyz", (c) => {
    const why = !isOpen() ? "the gateway is closing" : world.health.storeFailing ? "receipts cannot be written" : null;
    if (why !== null) return send(c, { kind: "problem", problem: problem(503, why, { code: "not_ready" }) });
    return send(c, { kind: "json", body: { status: "ready", bundle: bundles.active.digest } });
  });

  app.notFound((c) => {
    const allowed = allowedAt(c.req.path);
    if (allowed === null) return send(c, { kind: "problem", problem: nothingAt(c.req.path) });
    const allow = allowed.join(", ");
    return send(c, { kind: "problem", problem: problem(405, `\`${c.req.method}\` is not allowed here, only ${allow}`, { code: "method_not_allowed", headers: { allow } }) });
  });
  app.onError((_, c) => send(c, { kind: "problem", problem: INTERNAL }));
  return app;

  async function replyTo(c: Context<Env>, then: (body: Uint8Array) => Reply | Promise<Reply>): Promise<Reply> {
    const unfit = unfitType(c);
    if (unfit !== null) return { kind: "problem", problem: unfit };
    const read = await readBody(c);
    return read.kind === "read" ? then(read.bytes) : { kind: "problem", problem: tooLarge(maxBody) };
  }

  async function serve(c: Context<Env>, surface: Surface): Promise<Response> {
    const unfit = unfitType(c);
    if (unfit !== null) return send(c, { kind: "problem", problem: unfit });
    const read = await readBody(c);
    if (read.kind === "too large") return send(c, { kind: "problem", problem: tooLarge(maxBody) });
    if (read.kind === "gone") return new Response(null, { status: 499 });
    const incoming: Incoming = { body: read.bytes, key: c.get("key"), header: headersOf(c) };
    const outgoing = c.env?.outgoing;
    if (outgoing !== undefined) {
      await tell(createNodeClient(outgoing, patience), surface, incoming);
      return RESPONSE_ALREADY_SENT;
    }
    const { client, response } = createWebClient(c.req.raw.signal);
    void tell(client, surface, incoming);
    return response;
  }

  /** A bug in the story must not leave a client waiting, nor look like a whole answer. */
  function tell(client: Client, surface: Surface, incoming: Incoming): Promise<void> {
    const told: Promise<void> = serveRequest(bundles, surface, { incoming, client })
      .catch(() => {
        turnedAway(surface.name, { requestId: "req_broken", problem: INTERNAL });
        client.abandon(INTERNAL.status, JSON.stringify(surface.envelope(INTERNAL)));
      })
      .finally(() => world.work.delete(told));
    world.work.add(told);
    return told;
  }

  function readBody(c: Context<Env>): Promise<ReadBody> {
    const incoming = c.env?.incoming;
    return incoming === undefined ? readWebBody(c.req.raw, maxBody) : readNodeBody(incoming, maxBody);
  }

  /** What has no story. INVARIANT (seen): whoever is turned away is counted, wherever it was; only health is asked for all day. */
  function send({ req: { path } }: Context<Env>, reply: Reply): Response {
    const requestId = `req_${world.chance.id()}`;
    if (reply.kind === "problem" && !HEALTH.test(path)) turnedAway(SURFACES[path.replace(/\/$/, "")] ?? "other", { requestId, problem: reply.problem });
    return responseOf(reply, requestId, (/^\/v1\/messages(\/|$)/.test(path) ? messages : chat).envelope);
  }

  function turnedAway(surface: Unread["surface"], { requestId, problem: { status, code, type } }: { readonly requestId: string; readonly problem: Problem }): void {
    world.watch.unread({ requestId, surface, status, code: code ?? type, trail: null });
  }
}

const ROUTES: readonly (readonly [path: RegExp, methods: readonly string[]])[] = [
  [/^\/v1\/(chat\/completions|responses|embeddings)\/?$/, ["POST"]],
  [/^\/v1\/messages(\/count_tokens)?\/?$/, ["POST"]],
  [/^\/v1\/wardwright\/simulate\/?$/, ["POST"]],
  [/^\/v1\/(wardwright\/)?models(\/.*)?$/, ["GET", "HEAD"]],
  [/^\/v1\/receipts(\/[^/]*)?\/?$/, ["GET", "HEAD"]],
  [/^\/admin\/bundles\/?$/, ["GET", "HEAD", "POST"]],
  [/^\/admin\/bundles\/rollback\/?$/, ["POST"]],
  [/^\/(healthz|readyz|metrics)\/?$/, ["GET", "HEAD"]],
];

function allowedAt(path: string): readonly string[] | null {
  const route = ROUTES.find(([pattern]) => pattern.test(path));
  return route === undefined ? null : [...route[1], "OPTIONS"];
}

const SURFACES: { readonly [path: string]: Surface["name"] | undefined } = { "/v1/chat/completions": "chat", "/v1/responses": "responses", "/v1/messages": "messages", "/v1/embeddings": "embeddings" };
const HEALTH = /^\/(healthz|readyz)\/?$/;

function tooLarge(limit: number): Problem {
  return problem(413, `the body is larger than ${limit} bytes`, { code: "request_too_large", headers: { connection: "close" } });
}

/** A body that says it is something else than JSON is not read; one that says nothing is taken at its word. */
function unfitType(c: Context<Env>): Problem | null {
  const type = c.req.header("content-type");
  const encoding = c.req.header("content-encoding");
  if (encoding !== undefined && encoding !== "" && encoding.toLowerCase() !== "identity") return problem(415, "a compressed body is not read; send it as it is", { code: "unsupported_encoding" });
  if (type === undefined || /^\s*application\/([\w.+-]+\+)?json\s*(;|$)/i.test(type)) return null;
  return problem(415, "the body must be JSON, with `content-type: application/json`", { code: "unsupported_media_type" });
}

function headersOf(c: Context<Env>): (name: string) => string | undefined {
  const headers = c.env?.incoming?.headers;
  if (headers === undefined) return (name) => c.req.header(name);
  return (name) => {
    const value = headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  };
}
