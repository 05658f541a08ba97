// Clients that do not speak HTTP as it is meant, or take their time with it. What is read is node's own parser; here is shown
// that nothing it lets through is taken for two requests, and that nobody is waited for without end.
import { connect, type Socket } from "node:net";
import { onTestFinished, describe, expect, test } from "vitest";
import { gatewayFor, mockModel, upstream, targetsAt, type TestGateway } from "./harness.ts";
import { completion } from "../../support/upstream-server.ts";

const POLICY = mockModel([["hello"]], "model m { route = t }");
const BODY = JSON.stringify({ model: "m", messages: [{ role: "user", content: "hi" }] });
const HEAD = "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
const LENGTH = `content-length: ${BODY.length}\r\n`;
const HIDDEN = "GET /v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n";

/** All that comes over a connection until it is closed. */
function talk(gateway: TestGateway, text: string, then: (socket: Socket) => void = () => {}): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(gateway.port, "127.0.0.1", () => {
      socket.write(text, "latin1");
      then(socket);
    });
    onTestFinished(() => void socket.destroy());
    let heard = "";
    socket.on("data", (data) => (heard += data.toString())).on("error", () => {}).on("close", () => resolve(heard));
  });
}

/** Requests without a receipt, by the status they were answered with, as the metrics have them. */
async function countOf(gateway: TestGateway, status: number): Promise<number> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  return Number(new RegExp(`^wardwright_unread_requests_total\\{surface="other",http_status="${status}"\\} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
}

const answers = (heard: string): number => heard.split("HTTP/1.1 ").length - 1;

describe("what could be read as two requests, by us and by whoever stands in front, is none", () => {
  test.each([
    ["a length and chunks", `${HEAD}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`],
    ["chunks and a length", `${HEAD}transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n${HIDDEN}`],
    ["two lengths", `${HEAD}${LENGTH}content-length: 5\r\n\r\n${BODY}${HIDDEN}`],
    ["the same length twice", `${HEAD}${LENGTH}${LENGTH}\r\n${BODY}${HIDDEN}`],
    ["a list of lengths", `${HEAD}content-length: ${BODY.length}, ${BODY.length}\r\n\r\n${BODY}${HIDDEN}`],
    ["a length with a sign", `${HEAD}content-length: +${BODY.length}\r\n\r\n${BODY}${HIDDEN}`],
    ["an encoding that is not the last", `${HEAD}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n${HIDDEN}`],
    ["an encoding nobody knows", `${HEAD}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n${HIDDEN}`],
    ["two encodings", `${HEAD}transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n${HIDDEN}`],
    ["a folded header", `${HEAD}x-one: a\r\n b\r\n${LENGTH}\r\n${BODY}${HIDDEN}`],
    ["a space before the colon", `${HEAD}content-length : ${BODY.length}\r\n\r\n${BODY}${HIDDEN}`],
    ["lines without CR", `${HEAD.replaceAll("\r", "")}content-length: ${BODY.length}\n\n${BODY}${HIDDEN}`],
    ["a CR within a header", `${HEAD}x-one: a\rcontent-length: 3\r\n${LENGTH}\r\n${BODY}${HIDDEN}`],
    ["a zero byte within a header", `${HEAD}x-one: a\0b\r\n${LENGTH}\r\n${BODY}${HIDDEN}`],
    ["a chunk without a size", `${HEAD}transfer-encoding: chunked\r\n\r\nzz\r\n${HIDDEN}`],
    ["chunks in HTTP/1.0 beside a length", `POST /v1/chat/completions HTTP/1.0\r\nhost: localhost\r\ntransfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n${HIDDEN}`],
  ])("%s", async (_, text) => {
    const gateway = await gatewayFor(POLICY);
    const heard = await talk(gateway, text);
    // A body that ends before its length is known to be wrong may have reached the gate; what stands behind it never does.
    expect([heard.slice(0, 12), answers(heard)]).toEqual(["HTTP/1.1 400", 1]);
    expect(heard).toContain('"error":{');
    expect(heard).toMatch(/connection: close/i);
    expect(await gateway.receipts()).toEqual([]);
  });
});

test("a request without a host has the envelope, and one that expects magic is answered", async () => {
  const gateway = await gatewayFor(POLICY);
  const hostless = await talk(gateway, "GET /v1/models HTTP/1.1\r\nconnection: close\r\n\r\n");
  expect([hostless.slice(0, 12), hostless.includes('"code":"bad_address"')]).toEqual(["HTTP/1.1 400", true]);
  expect((await talk(gateway, `${HEAD}expect: magic\r\nconnection: close\r\n${LENGTH}\r\n${BODY}`)).slice(0, 12)).toBe("HTTP/1.1 200");
});

test("headers larger than 16 KB are 431, and too many as well", async () => {
  const gateway = await gatewayFor(POLICY);
  for (const headers of [`x: ${"y".repeat(20_000)}`, Array.from({ length: 3_000 }, (_, at) => `a${at}: b`).join("\r\n")]) {
    expect((await talk(gateway, `GET /v1/models HTTP/1.1\r\nhost: localhost\r\n${headers}\r\n\r\n`)).slice(0, 12)).toBe("HTTP/1.1 431");
  }
});

test("what node itself refuses is counted and has an id as every refused request, on a connection that served before as well", async () => {
  const gateway = await gatewayFor(POLICY);
  const large = `GET /v1/models HTTP/1.1\r\nhost: localhost\r\nx: ${"y".repeat(20_000)}\r\n\r\n`;
  for (const [status, text] of [[400, "HELLO\r\n\r\n"], [431, large], [400, "GET /v1/models HTTP/1.1\r\nconnection: close\r\n\r\n"]] as const) {
    const before = await countOf(gateway, status);
    const heard = await talk(gateway, text);
    expect([heard.slice(0, 12), /x-request-id: req_[\w-]{10,}\r/.test(heard), heard.includes('"error":{')]).toEqual([`HTTP/1.1 ${status}`, true, true]);
    expect(await countOf(gateway, status)).toBe(before + 1);
  }
  const heard = await talk(gateway, HIDDEN, (socket) => socket.once("data", () => setTimeout(() => socket.write(large), 50)));
  expect(heard.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 431"]);
  expect(await countOf(gateway, 431)).toBe(2);
});

test("garbage behind a request never stands within its answer", async () => {
  const gateway = await gatewayFor(mockModel([["slowly ", { wait: 400 }, "to the end"]], "model m { route = t }"));
  const body = JSON.stringify({ model: "m", stream: true, messages: [{ role: "user", content: "hi" }] });
  const heard = await talk(gateway, `${HEAD}content-length: ${body.length}\r\n\r\n${body}`, (socket) => socket.once("data", () => socket.write("garbage\r\n\r\n")));
  expect([answers(heard), heard.includes("slowly "), heard.includes("[DONE]")]).toEqual([1, true, false]);
  await expect.poll(async () => (await gateway.receipts()).map((one) => one.status)).toEqual(["cancelled"]);
});

describe("a client that takes its time", () => {
  const slow = { headers: 300, request: 600 };

  test("with its headers is let go with 408", async () => {
    const gateway = await gatewayFor(POLICY, { slow });
    const heard = await talk(gateway, HEAD, (socket) => {
      const drip = setInterval(() => socket.write("x: y\r\n"), 50);
      socket.on("close", () => clearInterval(drip));
    });
    expect([heard.slice(0, 12), heard.includes('"error":{')]).toEqual(["HTTP/1.1 408", true]);
    expect(await countOf(gateway, 408)).toBe(1);
  });

  test("with its body is let go with 408, and leaves no receipt", async () => {
    const gateway = await gatewayFor(POLICY, { slow });
    const heard = await talk(gateway, `${HEAD}content-length: 100000\r\n\r\n{`, (socket) => {
      const drip = setInterval(() => socket.write(" "), 50);
      socket.on("close", () => clearInterval(drip));
    });
    expect(heard.slice(0, 12)).toBe("HTTP/1.1 408");
    expect(await gateway.receipts()).toEqual([]);
    expect(await countOf(gateway, 408)).toBe(1);
  });

  test("with reading is let go when all was said and nothing is taken, and its receipt is there", async () => {
    const a = await upstream([{ does: "json", body: completion("hi", { padding: "x".repeat(40_000_000) }) }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`, { patience: 300 });
    let reader: Socket | null = null;
    const talking = talk(gateway, `${HEAD.replace("\r\n", "\r\nconnection: close\r\n")}${LENGTH}\r\n${BODY}`, (socket) => (reader = socket.pause()));
    await expect.poll(async () => (await gateway.receipts()).length, { timeout: 20_000 }).toBe(1);
    // It looks again long after: what the system's own buffers had taken is there, and then nothing.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    reader!.resume();
    const heard = await talking;
    expect(heard.length).toBeLessThan(40_000_000);
    expect((await gateway.receipts()).map((one) => one.status)).toEqual(["completed"]);
  });

  test("with reading, but reads, gets all of it", async () => {
    const a = await upstream([{ does: "json", body: completion("x".repeat(12_000_000)) }]);
    const gateway = await gatewayFor(`${targetsAt({ a })}\nmodel m { route = a }`, { patience: 500 });
    const heard = await talk(gateway, `${HEAD.replace("\r\n", "\r\nconnection: close\r\n")}${LENGTH}\r\n${BODY}`, (socket) => {
      socket.on("data", () => {
        socket.pause();
        setTimeout(() => socket.resume(), 2);
      });
    });
    expect(heard.length).toBeGreaterThan(12_000_000);
  });
});
