// What strict clients depend on, one test each, on every surface they use.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createMemoryStore } from "../../runtime/receipt/stores/memory.ts";
import { chatEvents, completion, type Answer } from "../support/upstream-server.ts";
import { gatewayFor, mockModel, targetsAt, upstream } from "./gateway/harness.ts";
import { ask, post, question, SURFACES, type SurfaceName } from "./surfaces-harness.ts";

const PATHS: Record<SurfaceName, string> = { chat: "/v1/chat/completions", responses: "/v1/responses", messages: "/v1/messages" };

/** The envelope of the surface, whatever the status. */
function isEnvelope(surface: SurfaceName, body: unknown): void {
  const error = { message: expect.any(String), type: expect.any(String) };
  if (surface === "messages") expect(body).toMatchObject({ type: "error", error });
  else expect(body).toEqual({ error: { ...error, param: expect.toBeOneOf([null, expect.any(String)]), code: expect.toBeOneOf([null, expect.any(String)]) } });
}

describe.each(SURFACES)("%s", (surface) => {
  const path = PATHS[surface];

  test("errors have one envelope: 400, 404, 405, 413, 415, 422, 429, 5xx", async () => {
    const failing = await upstream((_, n) => ({ does: "fails", status: [429, 500, 503][n % 3]! }));
    const gateway = await gatewayFor(
      `${mockModel([["secret"]], 'rule r on text { match /secret/  then block "no" }\nmodel blocked { route = t  rules = [r] }')}\n${targetsAt({ failing })}\nmodel m { route = failing }`,
      { maxBody: 20_000 },
    );
    const asks: readonly (readonly [number, unknown, Record<string, string>])[] = [
      [400, "{", {}],
      [404, { ...question(surface, false), model: "nothing" }, {}],
      [413, { ...question(surface, false), pad: "x".repeat(30_000) }, {}],
      [415, "x", { "content-type": "text/plain" }],
      [422, { ...question(surface, false), model: "blocked" }, {}],
      [422, { ...question(surface, true), model: "blocked" }, {}],
      [429, question(surface, false), {}],
      [502, question(surface, true), {}],
      [503, question(surface, true), {}],
    ];
    for (const [status, body, headers] of asks) {
      const response = await post(gateway, path, body, headers);
      expect(response.status).toBe(status);
      isEnvelope(surface, await response.json());
    }
    const wrongMethod = await fetch(`${gateway.url}${path}`, { method: "DELETE" });
    expect(wrongMethod.status).toBe(405);
    isEnvelope(surface, await wrongMethod.json());
    expect((await fetch(`${gateway.url}${path}`, { method: "HEAD" })).status).toBe(405);
  });

  test("`x-should-retry` is false where the chain is used up, and the wait is over the whole chain", async () => {
    const a = await upstream([{ does: "fails", status: 429, headers: { "retry-after": "30" } }]);
    const b = await upstream([{ does: "fails", status: 429, headers: { "retry-after-ms": "1500" } }]);
    const gateway = await gatewayFor(`${targetsAt({ a, b })}\ncascade both { try a  try b }\nmodel m { route = both }`);
    const { headers } = await ask(gateway, surface, question(surface, false));
    expect([headers.get("x-should-retry"), headers.get("retry-after-ms"), headers.get("retry-after")]).toEqual(["false", "1500", "2"]);
  });

  test("a truncated upstream never ends cleanly", async () => {
    const endings: readonly Answer[] = [
      { does: "stream", events: chatEvents(["half"], null), done: false, then: "end" },
      { does: "stream", events: chatEvents(["half"], null), done: false, then: "cut" },
      { does: "stream", events: chatEvents(["half"], null), done: false, then: "close" },
      { does: "stream", events: chatEvents(["half"], null), done: false, then: "hang" },
    ];
    const a = await upstream(endings);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    for (const _ of endings) {
      const answer = await ask(gateway, surface, question(surface, true));
      expect([answer.text, answer.end, answer.error !== null]).toEqual(["half", null, true]);
    }
    expect((await gateway.receipts()).map((receipt) => receipt.status)).toEqual(endings.map(() => "truncated"));
  });

  test("unknown fields of the request reach a provider of the same protocol, and `model` is the name that was asked for", async () => {
    const a = await upstream([{ does: "json", body: completion("x", { unheard_of: 1 }) }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    const answer = await ask(gateway, surface, { ...question(surface, false), model: "wardwright/m", unheard_of: [1] });
    expect(JSON.parse(answer.body).model).toBe("wardwright/m");
    if (surface === "chat") expect([a.seen[0]!.body["unheard_of"], JSON.parse(answer.body).unheard_of]).toEqual([[1], 1]);
  });

  test("SSE cut anywhere, in CRLF or in a character, with comments, says the same", async () => {
    const text = ["Grüße ", "👩‍👩‍👧 ", "an alle\r\n"];
    const body = `: hello\r\n\r\n${[...chatEvents(text), "[DONE]"].map((event) => `: comment\r\ndata: ${event}\r\n\r\n`).join("")}`;
    const a = await upstream([{ does: "raw", body, cuts: "every byte", headers: { "content-type": "text/event-stream" } }, ...[1, 2, 3].map((seed): Answer => ({ does: "raw", body, cuts: { seed, longest: 7 }, headers: { "content-type": "text/event-stream" } }))]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`);
    for (let at = 0; at < 4; at++) {
      const answer = await ask(gateway, surface, question(surface, true));
      expect([answer.text, answer.error]).toEqual([text.join(""), null]);
    }
  });

  test("a body of 10 MB is taken, and a compressed answer is read", async () => {
    const a = await upstream([{ does: "json", body: completion("whole"), encoding: "gzip" }, { does: "stream", events: chatEvents(["streamed"]), encoding: "gzip" }]);
    const gateway = await gatewayFor(`${targetsAt({ a }).replace("context = 32k", "context = 100M")}\nmodel m { route = a }`);
    expect((await ask(gateway, surface, question(surface, false, "word ".repeat(2_000_000)))).text).toBe("whole");
    expect(a.seen[0]!.text.length).toBeGreaterThan(10_000_000);
    expect((await ask(gateway, surface, question(surface, true))).text).toBe("streamed");
  });

  test("its receipt is there before the answer's last byte, and a receipt that cannot be written is an error", async () => {
    const store = createMemoryStore();
    const broken = { ...store, append: () => Promise.reject(new Error("disk full")) };
    const gateway = await gatewayFor(mockModel([["some ", "text"]], "model m { route = t }"), { store: broken });
    const streamed = await ask(gateway, surface, question(surface, true));
    expect([streamed.end, streamed.error !== null]).toEqual([null, true]);
    const whole = await ask(gateway, surface, question(surface, false));
    expect(whole.status).toBe(503);
    isEnvelope(surface, JSON.parse(whole.body));
  });
});

test("every client is a dev dependency of an exact version", () => {
  const { devDependencies } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { devDependencies: Record<string, string> };
  for (const name of ["openai", "ai", "@ai-sdk/openai", "@ai-sdk/anthropic", "@anthropic-ai/sdk", "@langchain/openai", "@langchain/core"]) expect([name, devDependencies[name]]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
});
