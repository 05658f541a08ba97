// The gateway against a bare pass-through: CPU and requests per second, time to first byte, and what rules on a stream cost.
import { startServer, type Server } from "./children.ts";
import { figure, median, table } from "./figures.ts";
import { busy, rounds, type Figures, type Kind } from "./rounds.ts";

const ROUNDS = 5;
const CHUNKS = 64;
const RULES = [0, 1, 10, 100, 1000];
const COLD = 50;
const BY_RULES = [0, 20];

// The engine is still compiling until some 15000 requests have passed: before that, a quarter of the CPU of a gateway is its warming up.
const UNARY: Kind = { name: "unary", stream: false, pace: 0, requests: 3000, warmUp: 16000, calm: 120 };
const BURST: Kind = { name: `${CHUNKS} events in one packet`, stream: true, pace: 0, requests: 1500, warmUp: 3000, calm: 120 };
const PACED: Kind = { name: `${CHUNKS} events, one every 4 ms`, stream: true, pace: 4, requests: 256, warmUp: 512, calm: 6 };

export async function benchGateway(): Promise<string> {
  const upstream = await startServer("upstream.ts", { chunks: String(CHUNKS) });
  const bare = await startServer("pass-through.ts", { upstream: upstream.port });
  try {
    return [await compare(upstream, bare), await byRules(upstream)].join("\n");
  } finally {
    bare.stop();
    upstream.stop();
  }
}

async function compare(upstream: Server, bare: Server): Promise<string> {
  const governed = await Promise.all(BY_RULES.map((rules) => startServer("served.ts", { upstream: upstream.port, rules })));
  const rows: (string | number)[][] = [];
  for (const kind of [UNARY, BURST, PACED]) {
    const [base, ...ours] = await rounds([bare, ...governed], kind, { rounds: ROUNDS });
    rows.push([`${kind.name}: pass-through`, ...columns(base!), "", ""]);
    for (const [at, rules] of BY_RULES.entries()) {
      const cpu = median(ours[at]!.map((one, round) => one.cpu / base![round]!.cpu));
      const rps = median(ours[at]!.map((one, round) => one.rps / base![round]!.rps));
      // At a given pace the clock decides how many streams a second there are, for both alike.
      rows.push([`${kind.name}: gateway, ${rules} rules`, ...columns(ours[at]!), `${figure(cpu)} x`, kind.pace > 0 ? "" : `${figure(rps)} x`]);
    }
  }
  for (const server of governed) server.stop();
  const head = ["", "CPU µs/request", "requests/s", "first byte ms (1 client)", "CPU", "requests/s"];
  return table("gateway with durable receipts, against a bare pass-through (on a shared machine the CPU column is the one to trust)", head, rows);
}

/** Cold is the first requests of a fresh process: its code is not compiled and no state of the matcher is made yet. */
async function byRules(upstream: Server): Promise<string> {
  const servers = await Promise.all(RULES.map((rules) => startServer("served.ts", { upstream: upstream.port, rules })));
  const cold: number[] = [];
  for (const server of servers) cold.push((await busy(server, BURST, COLD)).cpu);
  const results = await rounds(servers, BURST, { rounds: ROUNDS });
  for (const server of servers) server.stop();
  const rows = results.map((figures, at) => {
    const cpu = median(figures.map((one) => one.cpu));
    const toOne = median(figures.map((one, round) => one.cpu / results[1]![round]!.cpu));
    return [String(RULES[at]), cold[at]!, cold[at]! / cold[1]!, cpu, toOne, median(figures.map((one) => one.rps)) * CHUNKS];
  });
  const head = ["rules", `CPU µs/request, first ${COLD}`, "1 rule = 1", "CPU µs/request, warm", "1 rule = 1", "events/s, warm"];
  return table(`streams of ${CHUNKS} events by the number of rules on text`, head, rows);
}

function columns(figures: readonly Figures[]): readonly number[] {
  return [median(figures.map((one) => one.cpu)), median(figures.map((one) => one.rps)), median(figures.map((one) => median(one.firstByte)))];
}
