// The baseline: Hono in front of the same undici pool, bytes handed on as they come. It decides nothing, watches nothing
// and writes nothing down, so what a gateway costs above it is the price of governing.
import { serve, type HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Hono } from "hono";
import { Pool } from "undici";
import { answerUsage } from "./usage.ts";

const { upstream } = JSON.parse(process.argv[2]!) as { upstream: number };
const pool = new Pool(`http://127.0.0.1:${upstream}`, { connections: 128, pipelining: 1 });
const app = new Hono<{ Bindings: HttpBindings }>();

app.post("/v1/chat/completions", async (c) => {
  const body = Buffer.from(await c.req.arrayBuffer());
  const { outgoing } = c.env;
  await new Promise<void>((done) => {
    pool.dispatch(
      { path: "/v1/chat/completions", method: "POST", headers: { "content-type": "application/json" }, body },
      {
        onRequestStart() {},
        onResponseStart(_controller, status, headers) {
          outgoing.writeHead(status, { "content-type": String(headers["content-type"]) });
        },
        onResponseData(_controller, chunk) {
          outgoing.write(chunk);
        },
        onResponseEnd() {
          outgoing.end();
          done();
        },
        onResponseError() {
          outgoing.destroy();
          done();
        },
      },
    );
  });
  return RESPONSE_ALREADY_SENT;
});

serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, (info) => process.send?.({ port: info.port }));
answerUsage();
