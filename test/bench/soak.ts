// Half a minute at full load: what the gateway's process holds in memory, every three seconds. Not part of a plain run.
import { runLoad, startServer } from "./children.ts";
import { table } from "./figures.ts";

const SECONDS = 30;
const STEP = 3;

export async function benchSoak(): Promise<string> {
  const upstream = await startServer("upstream.ts", { chunks: "64" });
  const governed = await startServer("served.ts", { upstream: upstream.port, rules: 20 });
  const rows: (string | number)[][] = [];
  const began = performance.now();
  let requests = 0;
  for (let at = 0; at <= SECONDS; at += STEP) {
    while (performance.now() - began < at * 1000) {
      const stream = requests % 2 === 0;
      const { failed } = await runLoad({ port: governed.port, model: "bench-model", stream, pace: 0, requests: 501, clients: 32 });
      if (failed > 0) throw new Error(`${failed} requests failed`);
      requests += 501;
    }
    rows.push([`${Math.round((performance.now() - began) / 1000)} s`, requests, (await governed.usage()).memory / 2 ** 20]);
  }
  governed.stop();
  upstream.stop();
  return table("soak: resident memory under full load", ["", "requests", "MiB"], rows);
}
