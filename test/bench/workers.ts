// One process against `--workers 2`, the same load on both in the same run. What several of them gain hangs on the cores
// there are: the load, the upstream and the primary need theirs too. What they cost is the CPU of a request: its receipt and
// its key's limits cross to the primary and back.
import { availableParallelism } from "node:os";
import { startServer } from "./children.ts";
import { figure, median, table } from "./figures.ts";
import { rounds, type Kind } from "./rounds.ts";

const COUNTS = [1, 2];
const RULES = 20;
const UNARY: Kind = { name: "unary", stream: false, pace: 0, requests: 3000, warmUp: 6000, calm: 150 };

export async function benchWorkers(): Promise<string> {
  const upstream = await startServer("upstream.ts", { chunks: "64" });
  const servers = await Promise.all(COUNTS.map((workers) => startServer("served.ts", { upstream: upstream.port, rules: RULES, workers })));
  try {
    const results = await rounds(servers, UNARY, { rounds: 5, seconds: 40 });
    const rows = results.map((figures, at) => {
      const to = (of: (one: (typeof figures)[number]) => number): string => `${figure(median(figures.map((one, round) => of(one) / of(results[0]![round]!))))} x`;
      const first = median(figures.flatMap((one) => one.firstByte));
      return [COUNTS[at] === 1 ? "one process" : `${COUNTS[at]} workers and their primary`, median(figures.map((one) => one.cpu)), median(figures.map((one) => one.rps)), first, to((one) => one.cpu), to((one) => one.rps)];
    });
    const head = ["", "CPU µs/request", "requests/s", "first byte ms (1 client)", "CPU", "requests/s"];
    return table(`workers: ${UNARY.name}, ${RULES} rules, keys and durable receipts, on ${availableParallelism()} cores shared with the load and the upstream`, head, rows);
  } finally {
    for (const server of servers) server.stop();
    upstream.stop();
  }
}
