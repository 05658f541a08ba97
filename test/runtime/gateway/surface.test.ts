// What HTTP clients see that is not an answer: paths, methods, errors, models, decisions, receipts.
import { connect } from "node:net";
import { Receipt } from "#contracts";
import { describe, expect, test } from "vitest";
import { gatewayFor, mockModel, streamed } from "./harness.ts";

const POLICY = mockModel(
  [["Hello ", "there"]],
  `facts { request.tags: set(pii, billing) from header "X-Tags"  request.urgent: bool from metadata "urgent" }
guard no-pii { when request.tags has pii then refuse "no personal data here" }
dispatcher route { when request.urgent -> refuse "nothing is urgent"  otherwise -> t }
model greeter { route = route  guards = [no-pii]  aliases = ["acme/greeter"] }
model other { route = t }`,
);

/** A chat body of so many bytes. */
function pad(length: number): string {
  const body = JSON.stringify({ model: "greeter", messages: [{ role: "user", content: "x" }], pad: "" });
  return body.replace('"pad":""', `"pad":"${"p".repeat(length - body.length)}"`);
}

type Told = { readonly error: { readonly message: string; readonly type: string; readonly param: string | null; readonly code: string | null } };

async function told(response: Response): Promise<Told["error"]> {
  expect(response.headers.get("content-type")).toContain("application/json");
  expect(response.headers.get("x-request-id")).toMatch(/^req_/);
  const { error } = (await response.json()) as Told;
  expect(Object.keys(error).sort()).toEqual(["code", "message", "param", "type"]);
  return error;
}

describe("an answer", () => {
  test("carries the ids of its request and its receipt, and the target that gave it", async () => {
    const gateway = await gatewayFor(POLICY);
    const response = await gateway.chat({ model: "greeter" });
    expect(response.status).toBe(200);
    const body = (await response.json()) as { model: string; choices: { message: { content: string } }[] };
    expect(body.choices[0]!.message.content).toBe("Hello there");
    expect(body.model).toBe("greeter");
    expect(response.headers.get("x-wardwright-selected-model")).toBe("t");
    const [receipt] = await gateway.receipts();
    expect(receipt!.id).toBe(response.headers.get("x-wardwright-receipt-id"));
    expect(receipt!.request_id).toBe(response.headers.get("x-request-id"));
    expect(Receipt.safeParse(receipt).error).toBeUndefined();
    expect(receipt).toMatchObject({ status: "completed", selected: "target:t", surface: "chat", stream: false, attempts: [{ outcome: "ok", http_status: 200 }] });
  });

  test("goes by the name that was asked for, whichever of the model's names it was", async () => {
    const gateway = await gatewayFor(POLICY);
    for (const model of ["greeter", "acme/greeter", "wardwright/greeter"]) {
      const whole = (await (await gateway.chat({ model })).json()) as { model: string };
      expect(whole.model).toBe(model);
      const { chunks, text, done } = await streamed(await gateway.chat({ model, stream: true }));
      expect(new Set(chunks.map((chunk) => chunk.model))).toEqual(new Set([model]));
      expect([text, done]).toEqual(["Hello there", true]);
    }
  });

  test("names its caller with the most trusted source of each value", async () => {
    const gateway = await gatewayFor(POLICY);
    await gateway.chat(
      { model: "greeter", metadata: { session_id: "from-body", user_id: "ada" } },
      { headers: { "X-Wardwright-Session-Id": "from-header", "X-Client-Request-Id": "abc" } },
    );
    const [receipt] = await gateway.receipts();
    expect(receipt!.caller).toEqual({
      session: { value: "from-header", source: "header" },
      user: { value: "ada", source: "body_metadata" },
      client_request: { value: "abc", source: "header" },
    });
    expect(receipt!.request.caller).toEqual({ session: "from-header", user: "ada" });
  });
});

describe("a stream", () => {
  test("has the role in its first delta only, one finish reason, and usage only where it was asked for", async () => {
    const gateway = await gatewayFor(POLICY);
    const plain = await streamed(await gateway.chat({ model: "greeter", stream: true }));
    expect(plain.chunks.map((chunk) => chunk.choices[0]?.delta.role)).toEqual(["assistant", ...plain.chunks.slice(1).map(() => undefined)]);
    expect(plain.finish).toEqual(["stop"]);
    expect(plain.chunks.every((chunk) => !("usage" in chunk) && chunk.choices.length === 1)).toBe(true);

    const asked = await streamed(await gateway.chat({ model: "greeter", stream: true, stream_options: { include_usage: true } }));
    expect(asked.chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
    expect(asked.chunks.at(-1)!.choices).toEqual([]);
    expect(asked.chunks.at(-1)!.usage!.completion_tokens).toBeGreaterThan(0);
    expect(asked.done).toBe(true);
  });
});

describe("a refusal", () => {
  test.each([
    ["a guard", { model: "greeter" }, { "X-Tags": "pii" }, 403, "guard_refused"],
    ["an arm", { model: "greeter", metadata: { urgent: "true" } }, {}, 403, "policy_refused"],
    ["a missing capability", { model: "greeter", tools: [{ type: "function", function: { name: "f" } }] }, {}, 400, "capability_missing"],
    ["a context that is too small", { model: "greeter", messages: [{ role: "user", content: "word ".repeat(40_000) }] }, {}, 400, "context_length_exceeded"],
  ] as const)("by %s says so with its code, streamed or not, and leaves one receipt", async (_, body, headers, status, code) => {
    const gateway = await gatewayFor(POLICY);
    for (const stream of [false, true]) {
      const response = await gateway.chat({ ...body, stream }, { headers });
      expect(response.status).toBe(status);
      expect((await told(response)).code).toBe(code);
      expect(response.headers.get("x-wardwright-receipt-id")).toMatch(/^rcpt_/);
    }
    const receipts = await gateway.receipts();
    expect(receipts.map((receipt) => [receipt.status, receipt.decision.refusal?.code, receipt.error?.code, receipt.attempts.length])).toEqual([
      ["refused", code, code, 0],
      ["refused", code, code, 0],
    ]);
  });
});

describe("a bad request", () => {
  test.each([
    ["malformed JSON", '{\n  "model": "greeter",\n  oops\n}', "line 3, column 3"],
    ["half a body", `{"model": "gre`, "ends too early"],
    ["no body", "", "empty"],
    ["JSON that is no object", "[1]", "must be a JSON object"],
    ["no model", '{"messages":[{"role":"user","content":"x"}]}', "`model`"],
    ["no messages", '{"model":"greeter"}', "`messages`"],
    ["a message that is none", '{"model":"greeter","messages":[1]}', "`messages[0]`"],
    ["a wrong type", '{"model":"greeter","stream":"yes","messages":[{"role":"user","content":"x"}]}', "`stream`"],
  ])("with %s is 400 and says where", async (_, body, says) => {
    const gateway = await gatewayFor(POLICY);
    const response = await fetch(`${gateway.url}/v1/chat/completions`, { method: "POST", body, headers: { "content-type": "application/json" } });
    expect(response.status).toBe(400);
    expect((await told(response)).message).toContain(says);
    expect(await gateway.receipts()).toEqual([]);
  });

  test("with a fact outside its type is 400 and names where the value came from", async () => {
    const gateway = await gatewayFor(POLICY);
    const byHeader = await told(await gateway.chat({ model: "greeter" }, { headers: { "X-Tags": "PII" } }));
    expect(byHeader).toMatchObject({ param: "X-Tags", code: "invalid_fact" });
    expect(byHeader.message).toContain("`PII`");
    const byMetadata = await told(await gateway.chat({ model: "greeter", metadata: { urgent: "very" } }));
    expect(byMetadata).toMatchObject({ param: "metadata.urgent", code: "invalid_fact" });
  });

  test("for a model there is not is 404 and says which was meant", async () => {
    const gateway = await gatewayFor(POLICY);
    const response = await gateway.chat({ model: "greter" });
    expect(response.status).toBe(404);
    const error = await told(response);
    expect(error).toMatchObject({ code: "model_not_found", param: "model" });
    expect(error.message).toContain("did you mean `greeter`?");
  });

  test("with another media type, or compressed, is 415", async () => {
    const gateway = await gatewayFor(POLICY);
    const body = JSON.stringify({ model: "greeter", messages: [{ role: "user", content: "x" }] });
    const form = await fetch(`${gateway.url}/v1/chat/completions`, { method: "POST", body, headers: { "content-type": "application/x-www-form-urlencoded" } });
    expect([form.status, (await told(form)).code]).toEqual([415, "unsupported_media_type"]);
    const zipped = await fetch(`${gateway.url}/v1/chat/completions`, { method: "POST", body, headers: { "content-type": "application/json", "content-encoding": "gzip" } });
    expect([zipped.status, (await told(zipped)).code]).toEqual([415, "unsupported_encoding"]);
  });

  test("of 20 MB is 413, whether it says its length or not", async () => {
    const gateway = await gatewayFor(POLICY);
    const big = new Uint8Array(20 * 1024 * 1024).fill(0x20);
    const headers = { "content-type": "application/json" };
    const whole = await fetch(`${gateway.url}/v1/chat/completions`, { method: "POST", body: big, headers });
    expect([whole.status, (await told(whole)).code]).toEqual([413, "request_too_large"]);
    const pieces = new ReadableStream({
      start(controller) {
        for (let at = 0; at < big.length; at += 1024 * 1024) controller.enqueue(big.subarray(at, at + 1024 * 1024));
        controller.close();
      },
    });
    const streamed = await fetch(`${gateway.url}/v1/chat/completions`, { method: "POST", body: pieces, duplex: "half", headers } as RequestInit);
    expect([streamed.status, (await told(streamed)).code]).toEqual([413, "request_too_large"]);
    expect(await gateway.receipts()).toEqual([]);
  });

  test("that is under the limit by a byte is read", async () => {
    const gateway = await gatewayFor(POLICY, { maxBody: 1000 });
    const send = (body: string) => fetch(`${gateway.url}/v1/chat/completions`, { method: "POST", body, headers: { "content-type": "application/json" } });
    expect((await send(pad(1000))).status).toBe(200);
    expect((await send(pad(1001))).status).toBe(413);
  });

  test("that is not HTTP gets the envelope and the connection's end", async () => {
    const gateway = await gatewayFor(POLICY);
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(gateway.port, "127.0.0.1", () => socket.write("HELLO\r\n\r\n"));
      let text = "";
      socket.on("data", (data) => (text += data.toString())).on("close", () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"code":"bad_http"');
  });
});

describe("every other path", () => {
  test("that is none is 404 with the envelope", async () => {
    const gateway = await gatewayFor(POLICY);
    for (const path of ["/", "/v1", "/v1/chat", "/v1/completions", "/v2/models"]) {
      const response = await fetch(gateway.url + path);
      expect(response.status).toBe(404);
      expect((await told(response)).code).toBe("unknown_path");
    }
  });

  test("is 405 for a method it does not know, with `Allow`, and answers OPTIONS and HEAD", async () => {
    const gateway = await gatewayFor(POLICY);
    const get = await fetch(`${gateway.url}/v1/chat/completions`);
    expect([get.status, get.headers.get("allow")]).toEqual([405, "POST, OPTIONS"]);
    expect((await told(get)).code).toBe("method_not_allowed");
    const post = await fetch(`${gateway.url}/v1/models`, { method: "POST" });
    expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
    const options = await fetch(`${gateway.url}/v1/models`, { method: "OPTIONS" });
    expect([options.status, options.headers.get("allow")]).toEqual([204, "GET, HEAD, OPTIONS"]);
    const head = await fetch(`${gateway.url}/v1/models`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });
});

describe("models", () => {
  test("are listed by their public names, and found by any of them", async () => {
    const gateway = await gatewayFor(POLICY);
    const list = (await (await fetch(`${gateway.url}/v1/models`)).json()) as { object: string; data: { id: string; object: string }[] };
    expect([list.object, list.data.map((model) => model.id)]).toEqual(["list", ["greeter", "other"]]);
    for (const id of ["greeter", "wardwright/greeter", "acme/greeter"]) {
      const one = (await (await fetch(`${gateway.url}/v1/models/${id}`)).json()) as { id: string; object: string };
      expect(one).toMatchObject({ id, object: "model" });
    }
    const none = await fetch(`${gateway.url}/v1/models/nobody`);
    expect([none.status, (await told(none)).code]).toEqual([404, "model_not_found"]);
  });

  test("say how they route and what guards them", async () => {
    const gateway = await gatewayFor(POLICY);
    const about = (await (await fetch(`${gateway.url}/v1/wardwright/models/greeter`)).json()) as { bundle: string; name: string; route: { kind: string; arms: unknown[] }; guards: { name: string }[] };
    expect(about).toMatchObject({ name: "greeter", route: { kind: "dispatcher" }, guards: [{ name: "no-pii" }] });
    expect(about.bundle).toMatch(/^sha256:/);
  });
});

describe("simulate", () => {
  test("answers with the decision for facts and for a chat body, and writes nothing", async () => {
    const gateway = await gatewayFor(POLICY);
    const ask = (body: object, headers: Record<string, string> = {}) =>
      fetch(`${gateway.url}/v1/wardwright/simulate`, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } });
    const route = await (await ask({ model: "greeter", tokens: 10 })).json();
    expect(route).toMatchObject({ model: "greeter", outcome: "route", attempts: [{ target: "t" }] });
    const refuse = await (await ask({ model: "greeter", facts: { "request.tags": ["pii"] } })).json();
    expect(refuse).toMatchObject({ outcome: "refuse", refusal: { code: "guard_refused" } });
    const chat = await (await ask({ model: "greeter", messages: [{ role: "user", content: "x" }] }, { "X-Tags": "pii" })).json();
    expect(chat).toMatchObject({ outcome: "refuse", refusal: { code: "guard_refused" } });
    const depends = await (await ask({ model: "greeter", unknown: ["request.tags"] })).json();
    expect(depends).toMatchObject({ outcome: "depends", depends: ["request.tags"] });
    const wrong = await ask({ model: "greeter", tokens: -1 });
    expect([wrong.status, (await told(wrong)).param]).toEqual([400, "tokens"]);
    const undeclared = await ask({ model: "greeter", facts: { "request.tag": ["pii"] } });
    expect((await told(undeclared)).message).toContain("did you mean `request.tags`?");
    expect(await gateway.receipts()).toEqual([]);
  });

  test("decides as the live request does", async () => {
    const gateway = await gatewayFor(POLICY);
    const body = { model: "other", messages: [{ role: "user", content: "a question of some length" }], max_tokens: 7 };
    const simulated = await (await fetch(`${gateway.url}/v1/wardwright/simulate`, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } })).json();
    await gateway.chat(body);
    expect((await gateway.receipts())[0]!.decision).toEqual(simulated);
  });
});

describe("receipts over HTTP", () => {
  test("are found by the id the answer carried, and listed newest first with a cursor", async () => {
    const gateway = await gatewayFor(POLICY);
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) {
      const response = await gateway.chat({ model: n === 1 ? "other" : "greeter" });
      await response.text();
      ids.unshift(response.headers.get("x-wardwright-receipt-id")!);
    }
    const one = (await (await fetch(`${gateway.url}/v1/receipts/${ids[0]}`)).json()) as { id: string };
    expect(one.id).toBe(ids[0]);
    type Page = { data: { id: string }[]; next: string | null };
    const first = (await (await fetch(`${gateway.url}/v1/receipts?limit=2`)).json()) as Page;
    expect(first.data.map((receipt) => receipt.id)).toEqual(ids.slice(0, 2));
    const second = (await (await fetch(`${gateway.url}/v1/receipts?limit=2&cursor=${first.next}`)).json()) as Page;
    expect(second.data.map((receipt) => receipt.id)).toEqual(ids.slice(2));
    const others = (await (await fetch(`${gateway.url}/v1/receipts?model=other`)).json()) as Page;
    expect(others.data.map((receipt) => receipt.id)).toEqual([ids[1]]);
  });

  test("that are not there, and wrong questions, are said so", async () => {
    const gateway = await gatewayFor(POLICY);
    const none = await fetch(`${gateway.url}/v1/receipts/rcpt_nope`);
    expect([none.status, (await told(none)).code]).toEqual([404, "receipt_not_found"]);
    for (const query of ["limit=0", "limit=many", "status=fine", "cursor=%00", "colour=red"]) {
      const wrong = await fetch(`${gateway.url}/v1/receipts?${query}`);
      expect([query, wrong.status]).toEqual([query, 400]);
      await told(wrong);
    }
  });

  test("are not given to a page that points its own name at this machine", async () => {
    const gateway = await gatewayFor(POLICY);
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(gateway.port, "127.0.0.1", () => socket.write("GET /v1/receipts HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"));
      let text = "";
      socket.on("data", (data) => (text += data.toString())).on("close", () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
  });
});

describe("health", () => {
  test("is told on two paths", async () => {
    const gateway = await gatewayFor(POLICY, { version: "1.2.3" });
    expect(await (await fetch(`${gateway.url}/healthz`)).json()).toEqual({ status: "ok", version: "1.2.3" });
    expect(await (await fetch(`${gateway.url}/readyz`)).json()).toMatchObject({ status: "ready" });
  });
});
