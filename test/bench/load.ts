// The load: a process of its own, a closed loop of `clients` that sends `requests`, fewer if that takes longer than `limit`
// seconds, and stops by itself.
import { Pool } from "undici";
import { SECRET } from "./key.ts";

/** `pace` is what the upstream is told: milliseconds between a stream's events, 0 for all of them in one packet. `headers` are further ones. */
export type Load = { readonly port: number; readonly headers: Readonly<Record<string, string>>; readonly model: string; readonly requests: number; readonly clients: number; readonly limit: number | null; readonly stream: boolean; readonly pace: number };
/** Milliseconds; `seconds` is the whole run, in which so many `requests` were answered. An answer without text has failed; `why` is of the first that did. */
export type LoadResult = { readonly seconds: number; readonly requests: number; readonly firstByte: readonly number[]; readonly firstToken: readonly number[]; readonly failed: number; readonly why: string };

/** Where the text begins; a stream opens with an event whose text is empty. */
const TOKEN = /"content":\s*"[^"]/;
/** Milliseconds without an answer after which a request has failed: the load ends whatever it is sent to. */
const SILENCE = 10_000;

const load = JSON.parse(process.argv[2]!) as Load;
const headers = { "content-type": "application/json", authorization: `Bearer ${SECRET}`, ...load.headers };
const pool = new Pool(`http://127.0.0.1:${load.port}`, { connections: load.clients, pipelining: 1, headersTimeout: SILENCE, bodyTimeout: SILENCE });
const body = JSON.stringify({
  model: load.model,
  stream: load.stream,
  messages: [{ role: "system", content: "You are a careful engineer. ".repeat(8) }, { role: "user", content: `Say something about keys. pace=${load.pace}` }],
});

const firstByte: number[] = [];
const firstToken: number[] = [];
let failed = 0;
let why = "";
let left = load.requests;
const started = performance.now();
const end = started + (load.limit ?? Number.POSITIVE_INFINITY) * 1000;
await Promise.all(Array.from({ length: load.clients }, client));
const result: LoadResult = { seconds: (performance.now() - started) / 1000, requests: load.requests - left, firstByte, firstToken, failed, why };
await pool.close();
// Only when it is all sent: a long message that is cut by the disconnect never arrives.
process.send?.(result, undefined, undefined, () => process.disconnect?.());

async function client(): Promise<void> {
  while (left > 0 && performance.now() < end) {
    left -= 1;
    const at = performance.now();
    await new Promise<void>((done) => {
      let began = "";
      let spoke = false;
      let status = 0;
      pool.dispatch(
        { path: "/v1/chat/completions", method: "POST", headers, body },
        {
          onRequestStart() {},
          onResponseStart(_controller, code) {
            status = code;
          },
          onResponseData(_controller, chunk) {
            if (spoke) return;
            if (began === "") firstByte.push(performance.now() - at);
            began += chunk.toString("latin1");
            spoke = TOKEN.test(began);
            if (spoke) firstToken.push(performance.now() - at);
          },
          onResponseEnd() {
            if (status !== 200 || !spoke) fail(`${status} ${began}`);
            done();
          },
          onResponseError(_controller, error) {
            fail(error.message);
            done();
          },
        },
      );
    });
  }
}

function fail(reason: string): void {
  failed += 1;
  why ||= reason;
}
