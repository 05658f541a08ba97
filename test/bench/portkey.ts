// The gateway against the Portkey gateway, over the same upstream and in the same rounds as the bare pass-through. Ours does
// all it is for: an API key with limits, a dispatcher and a cascade, rules on the text, a durable receipt of every request.
// Portkey does the least it can: one provider, no key of its own, no guardrail, no retry, no cache, nothing kept.
import { startServer, type Server } from "./children.ts";
import { figure, median, quantile, table } from "./figures.ts";
import { installPortkey, PORTKEY, VERSION } from "./portkey-installed.ts";
import { rounds, type Extent, type Figures, type Kind } from "./rounds.ts";

const RULES = 20;
const CHUNKS = 64;

/** Less than a minute in all. Where only a round or two fit into that, the machine is too busy to tell. */
const KINDS: readonly (readonly [Kind, Extent])[] = [
  [{ name: "unary", stream: false, pace: 0, requests: 1000, warmUp: 4000, calm: 80 }, { rounds: 5, seconds: 20 }],
  [{ name: `${CHUNKS} events in one packet`, stream: true, pace: 0, requests: 600, warmUp: 1600, calm: 40 }, { rounds: 5, seconds: 22 }],
  [{ name: `${CHUNKS} events, one every 4 ms`, stream: true, pace: 4, requests: 64, warmUp: 96, calm: 0 }, { rounds: 4, seconds: 10 }],
];

/** The figures of each server, by the rounds. */
type Measured = { readonly direct: readonly Figures[]; readonly bare: readonly Figures[]; readonly ours: readonly Figures[]; readonly portkey: readonly Figures[] };

export async function benchPortkey(): Promise<string> {
  const installed = installPortkey();
  if (!installed.ok) return `\n${PORTKEY} ${VERSION} cannot be installed, so nothing is compared with it: ${installed.why}`;

  const running: Server[] = [];
  const started = async (server: Promise<Server>): Promise<Server> => {
    running.push(await server);
    return server;
  };
  try {
    const upstream = await started(startServer("upstream.ts", { chunks: String(CHUNKS) }));
    const bare = await started(startServer("pass-through.ts", { upstream: upstream.port }));
    const ours = await started(startServer("served.ts", { upstream: upstream.port, rules: RULES }));
    const headers = { "x-portkey-provider": "openai", "x-portkey-custom-host": `http://127.0.0.1:${upstream.port}/v1` };
    const portkey = await started(startServer("portkey-served.ts", { folder: installed.folder }, { headers, stranger: "Portkey" }));

    const rows: (readonly (string | number)[])[] = [];
    const aims: (readonly (string | number)[])[] = [];
    for (const [kind, extent] of KINDS) {
      const [toUpstream, ofBare, ofOurs, ofPortkey] = await rounds([upstream, bare, ours, portkey], kind, extent);
      const measured: Measured = { direct: toUpstream!, bare: ofBare!, ours: ofOurs!, portkey: ofPortkey! };
      rows.push(...rowsOf(kind, measured));
      aims.push(aimsOf(kind, measured));
    }
    return [table(TITLE, HEAD, rows), table("aims: what ours reaches", AIMS, aims)].join("\n");
  } finally {
    for (const server of running) server.stop();
  }
}

const TITLE = `gateway with a key, dispatcher, cascade, ${RULES} rules and durable receipts, against Portkey ${VERSION} with none of these`;
const HEAD = ["", "requests/s", "Portkey = 1", "pass-through = 1", "CPU µs/request", "Portkey = 1", "pass-through = 1", "first byte ms (1 client)", "p99", "adds to first token, ms"];
const AIMS = ["", "rounds", "requests/s: 5 x Portkey", "by CPU", "0.6 x pass-through", "by CPU", "first token: less than 2 ms more", "Portkey"];

function rowsOf({ name, pace }: Kind, { direct, bare, ours, portkey }: Measured): readonly (readonly (string | number)[])[] {
  const row = (who: string, figures: readonly Figures[]): readonly (string | number)[] => {
    // The upstream itself is no gateway, and at a given pace the clock decides how many streams a second there are.
    const to = (other: readonly Figures[], one: "rps" | "cpu"): string => (figures === direct || (one === "rps" && pace > 0) ? "" : `${figure(ratio(figures, other, one))} x`);
    const times = figures.flatMap((one) => one.firstByte);
    const rates = [median(figures.map((one) => one.rps)), to(portkey, "rps"), to(bare, "rps")];
    const cpu = [figures === direct ? "" : median(figures.map((one) => one.cpu)), to(portkey, "cpu"), to(bare, "cpu")];
    return [`${name}: ${who}`, ...rates, ...cpu, median(times), quantile(times, 0.99), figures === direct ? "" : added(figures, direct)];
  };
  return [row("upstream itself", direct), row("pass-through", bare), row("ours", ours), row("Portkey", portkey)];
}

/** Beside the requests per second what they would be if the CPU of the server's process were all that counts. */
function aimsOf({ name, pace }: Kind, { direct, bare, ours, portkey }: Measured): readonly (string | number)[] {
  const met = (value: number, unit: string, holds: boolean): string => `${figure(value)} ${unit}, ${holds ? "met" : "NOT met"}`;
  const to = (other: readonly Figures[], aim: number): readonly string[] => {
    const rps = ratio(ours, other, "rps");
    return [pace > 0 ? "" : met(rps, "x", rps >= aim), `${figure(ratio(other, ours, "cpu"))} x`];
  };
  const adds = added(ours, direct);
  return [name, ours.length, ...to(portkey, 5), ...to(bare, 0.6), Number.isNaN(adds) ? "" : met(adds, "ms", adds < 2), Number.isNaN(adds) ? "" : `${figure(added(portkey, direct))} ms`];
}

/** Of each round with itself. */
function ratio(figures: readonly Figures[], other: readonly Figures[], one: "rps" | "cpu"): number {
  return median(figures.map((figure, round) => figure[one] / other[round]![one]));
}

/** Milliseconds to the first token above those of a client that asks the upstream itself. */
function added(figures: readonly Figures[], direct: readonly Figures[]): number {
  return median(figures.map((one, round) => median(one.firstToken) - median(direct[round]!.firstToken)));
}
