// The gateway against a bare pass-through: requests per second, CPU per request, time to first byte, and what rules on a
// stream cost. Rounds alternate between the two, so that a machine that slows down slows both.
import { startServer, runLoad, type Server } from "./children.ts";
import { figure, median, table } from "./figures.ts";

const ROUNDS = 5;
const CHUNKS = 64;
const RULES = [0, 1, 10, 100, 1000];

type Figures = { readonly rps: number; readonly cpu: number; readonly first: number };

export async function benchGateway(): Promise<string> {
  const upstream = await startServer("upstream.ts", { chunks: String(CHUNKS) });
  const bare = await startServer("pass-through.ts", { upstream: upstream.port });
  const tables: string[] = [];
  try {
    const governed = await startServer("served.ts", { upstream: upstream.port, rules: 20 });
    tables.push(await compare("gateway with 20 rules and durable receipts, against a bare pass-through", bare, governed));
    governed.stop();
    tables.push(await byRules(upstream, bare));
  } finally {
    bare.stop();
    upstream.stop();
  }
  return tables.join("\n");
}

async function compare(title: string, bare: Server, ours: Server): Promise<string> {
  const rows: (string | number)[][] = [];
  for (const stream of [false, true]) {
    const [base, gateway] = await rounds([bare, ours], stream);
    const ratio = median(gateway!.map((one, at) => one.rps / base![at]!.rps));
    const kind = stream ? `streamed, ${CHUNKS} chunks` : "unary";
    rows.push([`${kind}: pass-through`, ...columns(base!), ""], [`${kind}: gateway`, ...columns(gateway!), `${figure(ratio)} x`]);
  }
  return table(title, ["", "requests/s", "CPU µs/request", "first byte ms (1 client)", "requests/s ratio"], rows);
}

async function byRules(upstream: Server, bare: Server): Promise<string> {
  const servers = await Promise.all(RULES.map((rules) => startServer("served.ts", { upstream: upstream.port, rules })));
  const [base, ...results] = await rounds([bare, ...servers], true);
  for (const server of servers) server.stop();
  const one = median(results[1]!.map((round) => round.cpu));
  const rows = results.map((figures, at) => {
    const cpu = median(figures.map((round) => round.cpu));
    const rps = median(figures.map((round) => round.rps));
    return [String(RULES[at]), rps * CHUNKS, cpu, median(figures.map((round, n) => round.rps / base![n]!.rps)), cpu / one];
  });
  return table("streams by the number of rules on text", ["rules", "chunks/s", "CPU µs/request", "of the pass-through", "CPU, 1 rule = 1"], rows);
}

/** For each server, its figures of every round; a first round warms up and is not counted. */
async function rounds(servers: readonly Server[], stream: boolean): Promise<readonly (readonly Figures[])[]> {
  const results: Figures[][] = servers.map(() => []);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [at, server] of servers.entries()) {
      const figures = await measure(server, stream);
      if (round > 0) results[at]!.push(figures);
    }
  }
  return results;
}

async function measure(server: Server, stream: boolean): Promise<Figures> {
  const requests = stream ? 1500 : 3000;
  const load = { port: server.port, model: "bench-model", stream };
  const before = await server.usage();
  const busy = await runLoad({ ...load, requests, clients: 32 });
  const after = await server.usage();
  const calm = await runLoad({ ...load, requests: 150, clients: 1 });
  if (busy.failed + calm.failed > 0) throw new Error(`${busy.failed + calm.failed} requests failed`);
  return { rps: requests / busy.seconds, cpu: (after.cpu - before.cpu) / requests, first: median(calm.firstByte) };
}

function columns(figures: readonly Figures[]): readonly number[] {
  return [median(figures.map((one) => one.rps)), median(figures.map((one) => one.cpu)), median(figures.map((one) => one.first))];
}
