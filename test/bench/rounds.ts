// How servers are measured against each other. Rounds alternate between them, so that a machine that slows down slows all,
// and every ratio is one of the same round. Requests per second also hang on what else the machine does: the CPU of the
// server's process does so least.
import { runLoad, type Server } from "./children.ts";
import type { Load, LoadResult } from "./load.ts";

/**
 * One kind of request. `pace` is what the upstream is told: milliseconds between a stream's events, 0 for all in one packet.
 * `calm` is how many a single client sends after the many.
 */
export type Kind = { readonly name: string; readonly stream: boolean; readonly pace: number; readonly requests: number; readonly warmUp: number; readonly calm: number };

/** Of one round: CPU is microseconds a request; the times are milliseconds, of a single client. */
export type Figures = { readonly rps: number; readonly cpu: number; readonly firstByte: readonly number[]; readonly firstToken: readonly number[] };

/**
 * About `seconds` in all, however slow the machine is: a warm-up takes a tenth at most, a measurement a fifteenth, and after
 * the first no round begins that would not be over in time.
 */
export type Extent = { readonly rounds: number; readonly seconds?: number };

const CLIENTS = 32;

/** For each server, its figures of every round; each is warmed up first. */
export async function rounds(servers: readonly Server[], kind: Kind, extent: Extent): Promise<readonly (readonly Figures[])[]> {
  const { seconds = null } = extent;
  const share = (part: number): number | null => (seconds === null ? null : seconds / part);
  const end = performance.now() + (seconds ?? Number.POSITIVE_INFINITY) * 1000;
  let lasts = 0;
  const results: Figures[][] = servers.map(() => []);
  for (const server of servers) await busy(server, kind, kind.warmUp, share(10));
  for (let round = 0; round < extent.rounds && (round === 0 || performance.now() + lasts < end); round++) {
    const began = performance.now();
    for (let turn = 0; turn < servers.length; turn++) {
      // Nobody is always the one after the same other.
      const at = (round + turn) % servers.length;
      const server = servers[at]!;
      results[at]!.push({ ...(await busy(server, kind, kind.requests, share(15))), ...(await calm(server, kind, share(15))) });
    }
    lasts = performance.now() - began;
  }
  return results;
}

export async function busy(server: Server, kind: Kind, most: number, limit: number | null = null): Promise<Pick<Figures, "rps" | "cpu">> {
  const before = await server.usage();
  const { seconds, requests } = await load(server, kind, { requests: most, clients: CLIENTS, limit });
  const after = await server.usage();
  return { rps: requests / seconds, cpu: (after.cpu - before.cpu) / requests };
}

/** Alone on the line; what is added by waiting in a queue behind others is no part of it, nor is a client that is not warm. */
async function calm(server: Server, kind: Kind, limit: number | null): Promise<Pick<Figures, "firstByte" | "firstToken">> {
  if (kind.calm === 0) return { firstByte: [], firstToken: [] };
  const { firstByte, firstToken } = await load(server, kind, { requests: Math.ceil(kind.calm * 1.25), clients: 1, limit });
  const cold = Math.ceil(firstToken.length / 5);
  return { firstByte: firstByte.slice(cold), firstToken: firstToken.slice(cold) };
}

async function load({ port, headers }: Server, { stream, pace }: Kind, size: Pick<Load, "requests" | "clients" | "limit">): Promise<LoadResult> {
  const result = await runLoad({ port, headers, model: "bench-model", stream, pace, ...size });
  if (result.failed > 0) throw new Error(`${result.failed} requests failed, the first with: ${result.why}`);
  return result;
}
