// How servers are measured against each other. Rounds alternate between them, so that a machine that slows down slows all,
// and every ratio is one of the same round. Requests per second also hang on what else the machine does: the CPU of the
// server's process does so least.
import { runLoad, type Server } from "./children.ts";

/** One kind of request. `pace` is what the upstream is told: milliseconds between a stream's events, 0 for all in one packet. */
export type Kind = { readonly name: string; readonly stream: boolean; readonly pace: number; readonly requests: number; readonly warmUp: number };

/** Of one round: CPU is microseconds a request; the times are milliseconds, of a single client. */
export type Figures = { readonly rps: number; readonly cpu: number; readonly firstByte: readonly number[] };

const CLIENTS = 32;

/** For each server, its figures of every round; each is warmed up first. */
export async function rounds(servers: readonly Server[], kind: Kind, count: number): Promise<readonly (readonly Figures[])[]> {
  const results: Figures[][] = servers.map(() => []);
  for (const server of servers) await busy(server, kind, kind.warmUp);
  for (let round = 0; round < count; round++) {
    for (const [at, server] of servers.entries()) results[at]!.push({ ...(await busy(server, kind, kind.requests)), ...(await calm(server, kind)) });
  }
  return results;
}

export async function busy(server: Server, kind: Kind, requests: number): Promise<Pick<Figures, "rps" | "cpu">> {
  const before = await server.usage();
  const { seconds } = await load(server, kind, { requests, clients: CLIENTS });
  const after = await server.usage();
  return { rps: requests / seconds, cpu: (after.cpu - before.cpu) / requests };
}

/** Alone on the line; what is added by waiting in a queue behind others is no part of it. */
export async function calm(server: Pick<Server, "port">, kind: Kind): Promise<Pick<Figures, "firstByte">> {
  const { firstByte } = await load(server, kind, { requests: kind.pace > 0 ? 8 : 150, clients: 1 });
  return { firstByte };
}

async function load({ port }: Pick<Server, "port">, { stream, pace }: Kind, size: { readonly requests: number; readonly clients: number }): ReturnType<typeof runLoad> {
  const result = await runLoad({ port, model: "bench-model", stream, pace, ...size });
  if (result.failed > 0) throw new Error(`${result.failed} requests failed`);
  return result;
}
