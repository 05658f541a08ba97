// The gateway against a bare pass-through: CPU and requests per second, time to first byte, and what rules on a stream
// cost. Rounds alternate between the servers, so that a machine that slows down slows all, and every ratio is one of the
// same round. Requests per second also hang on what else the machine does: the CPU of the server's process does so least.
import { runLoad, startServer, type Server } from "./children.ts";
import { figure, median, table } from "./figures.ts";

const ROUNDS = 5;
const CHUNKS = 64;
const RULES = [0, 1, 10, 100, 1000];
const COLD = 50;
const BY_RULES = [0, 20];

type Kind = { readonly name: string; readonly stream: boolean; readonly pace: number; readonly requests: number; readonly warmUp: number };

const UNARY: Kind = { name: "unary", stream: false, pace: 0, requests: 3000, warmUp: 6000 };
const BURST: Kind = { name: `${CHUNKS} events in one packet`, stream: true, pace: 0, requests: 1500, warmUp: 3000 };
const PACED: Kind = { name: `${CHUNKS} events, one every 4 ms`, stream: true, pace: 4, requests: 256, warmUp: 512 };

type Figures = { readonly rps: number; readonly cpu: number; readonly first: number };

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
    const [base, ...ours] = await rounds([bare, ...governed], kind);
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
  const results = await rounds(servers, BURST);
  for (const server of servers) server.stop();
  const rows = results.map((figures, at) => {
    const cpu = median(figures.map((one) => one.cpu));
    const toOne = median(figures.map((one, round) => one.cpu / results[1]![round]!.cpu));
    return [String(RULES[at]), cold[at]!, cold[at]! / cold[1]!, cpu, toOne, median(figures.map((one) => one.rps)) * CHUNKS];
  });
  const head = ["rules", `CPU µs/request, first ${COLD}`, "1 rule = 1", "CPU µs/request, warm", "1 rule = 1", "events/s, warm"];
  return table(`streams of ${CHUNKS} events by the number of rules on text`, head, rows);
}

/** For each server, its figures of every round; each is warmed up first. */
async function rounds(servers: readonly Server[], kind: Kind): Promise<readonly (readonly Figures[])[]> {
  const results: Figures[][] = servers.map(() => []);
  for (const server of servers) await busy(server, kind, kind.warmUp);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, server] of servers.entries()) results[at]!.push({ ...(await busy(server, kind, kind.requests)), first: await firstByte(server, kind) });
  }
  return results;
}

async function busy(server: Server, { stream, pace }: Kind, requests: number): Promise<{ readonly rps: number; readonly cpu: number }> {
  const before = await server.usage();
  const { seconds, failed } = await runLoad({ port: server.port, model: "bench-model", stream, pace, requests, clients: 32 });
  const after = await server.usage();
  if (failed > 0) throw new Error(`${failed} requests failed`);
  return { rps: requests / seconds, cpu: (after.cpu - before.cpu) / requests };
}

/** Alone on the line; what is added by waiting in a queue behind others is no part of it. */
async function firstByte(server: Server, { stream, pace }: Kind): Promise<number> {
  const calm = await runLoad({ port: server.port, model: "bench-model", stream, pace, requests: pace > 0 ? 8 : 150, clients: 1 });
  if (calm.failed > 0) throw new Error(`${calm.failed} requests failed`);
  return median(calm.firstByte);
}

function columns(figures: readonly Figures[]): readonly number[] {
  return [median(figures.map((one) => one.cpu)), median(figures.map((one) => one.rps)), median(figures.map((one) => one.first))];
}
