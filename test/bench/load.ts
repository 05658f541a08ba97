// The load: a process of its own, a closed loop of `clients` that sends `requests` and stops by itself.
import { Pool } from "undici";
import { SECRET } from "./key.ts";

/** `pace` is what the upstream is told: milliseconds between a stream's events, 0 for all of them in one packet. */
export type Load = { readonly port: number; readonly model: string; readonly requests: number; readonly clients: number; readonly stream: boolean; readonly pace: number };
/** Milliseconds; `seconds` is the whole run. */
export type LoadResult = { readonly seconds: number; readonly firstByte: readonly number[]; readonly failed: number };

const load = JSON.parse(process.argv[2]!) as Load;
const pool = new Pool(`http://127.0.0.1:${load.port}`, { connections: load.clients, pipelining: 1 });
const body = JSON.stringify({
  model: load.model,
  stream: load.stream,
  bench_pace: load.pace,
  messages: [{ role: "system", content: "You are a careful engineer. ".repeat(8) }, { role: "user", content: "Say something about keys." }],
});

const firstByte: number[] = [];
let failed = 0;
let left = load.requests;
const started = performance.now();
await Promise.all(Array.from({ length: load.clients }, client));
const result: LoadResult = { seconds: (performance.now() - started) / 1000, firstByte, failed };
await pool.close();
// Only when it is all sent: a long message that is cut by the disconnect never arrives.
process.send?.(result, undefined, undefined, () => process.disconnect?.());

async function client(): Promise<void> {
  while (left > 0) {
    left -= 1;
    const at = performance.now();
    await new Promise<void>((done) => {
      let first = true;
      let status = 0;
      pool.dispatch(
        { path: "/v1/chat/completions", method: "POST", headers: { "content-type": "application/json", authorization: `Bearer ${SECRET}` }, body },
        {
          onRequestStart() {},
          onResponseStart(_controller, code) {
            status = code;
          },
          onResponseData() {
            if (first) firstByte.push(performance.now() - at);
            first = false;
          },
          onResponseEnd() {
            if (status !== 200) failed += 1;
            done();
          },
          onResponseError() {
            failed += 1;
            done();
          },
        },
      );
    });
  }
}
