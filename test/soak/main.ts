// `npm run soak [-- --seconds N --workers N]`: everything at once for ten minutes, then nothing, and what is left. Exits with 1 where
// memory has grown beyond what receipts take, where a socket, a timer or an upstream call is left, where an answer was not
// what it must be, or where the store does not hold one receipt for each request.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { readStore } from "#runtime";
import { table } from "../bench/figures.ts";
import { NO_PROC } from "../support/processes.ts";
import { KINDS, startClients, type Asked, type Kind } from "./clients.ts";
import type { Ask, State, WorkerState } from "./gateway.ts";
import { startSoakUpstream } from "./upstream.ts";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "600" }, clients: { type: "string", default: "64" }, seed: { type: "string", default: "1" }, workers: { type: "string", default: "1" } } });
const SECONDS = Number(values.seconds);
const CLIENTS = Number(values.clients);
const WORKERS = Number(values.workers);
if (!(SECONDS >= 5) || !(CLIENTS >= 1)) {
  process.stderr.write("`--seconds` is at least 5, and `--clients` at least 1\n");
  process.exit(2);
}

if (!(Number.isInteger(WORKERS) && WORKERS >= 1) || (WORKERS > 1 && NO_PROC !== null)) {
  process.stderr.write(`${NO_PROC ?? "`--workers` is a whole number from 1"}\n`);
  process.exit(2);
}

/** What the store's index of a receipt may take; its receipts themselves are on disk. */
const BYTES_A_RECEIPT = 700;
/** Growth that is no leak: code that is compiled late, tables that find their size. */
const SLACK = 8 * 2 ** 20;
/** What a process has open that does nothing. */
const HANDLES = 60;
/** Milliseconds. */
const CLOSES_WITHIN = 20_000;
/** The platform gives memory back late, and keeps some of what a busy moment took. */
const RESIDENT_SLACK = 64 * 2 ** 20;
/** Nobody has a worker collect its garbage at each sample, so that it takes what its engine thinks right. */
const WORKER_SLACK = 128 * 2 ** 20;
const MIB = 2 ** 20;

type Sample = State & { readonly at: number; readonly requests: number; readonly open: number };

const problems: string[] = [];
const check = (holds: boolean, problem: string): void => {
  if (!holds) problems.push(problem);
};

const folder = mkdtempSync(join(tmpdir(), "wardwright-soak-"));
try {
  await soak();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(problems.length === 0 ? "\nnothing leaked\n" : `\n${problems.map((one) => `LEFT: ${one}`).join("\n")}\n`);
process.exit(problems.length === 0 ? 0 : 1);

async function soak(): Promise<void> {
  const upstream = await startSoakUpstream();
  const gateway = await startGateway(upstream.port);
  const clients = startClients({ port: gateway.port, clients: CLIENTS, seed: Number(values.seed) });
  const began = performance.now();
  const step = Math.max(1, SECONDS / 30);
  const samples: Sample[] = [];
  for (let at = step; at <= SECONDS; at += step) {
    await after(began + at * 1000 - performance.now());
    samples.push({ ...(await gateway.ask("state")), at, requests: clients.asked.size, open: upstream.open });
  }
  await clients.stop();
  await until(() => upstream.open === 0);
  // What is remembered of conversations is forgotten in a few seconds, and then waits for nothing; only workers are looked after.
  const lasting = WORKERS > 1 ? 1 : 0;
  await until(async () => (await gateway.ask("state")).timers <= lasting);
  const idle = await gateway.ask("state");
  const openCalls = upstream.open;
  const closed = await Promise.race([gateway.ask("close"), after(CLOSES_WITHIN).then(() => null)]);
  await until(async () => (await upstream.connections()) === 0);
  const connections = await upstream.connections();
  gateway.stop();
  await upstream.close();

  check(openCalls === 0, `${openCalls} upstream calls are open after the load`);
  check(idle.timers <= lasting, `${idle.timers} timers are set after the load`);
  check(closed !== null, "the gateway does not close: something of it is under way for ever");
  if (closed !== null) check(closed.timers === 0 && closed.sockets === 0, `${closed.timers} timers and ${closed.sockets} sockets are left by a gateway that is closed`);
  check(connections === 0, `${connections} connections to the upstream are left by a gateway that is closed`);
  check(clients.wrongs === 0, `${clients.wrongs} answers were wrong:\n  ${clients.wrong.join("\n  ")}`);
  const written = await checkReceipts(clients.asked);
  const growth = checkMemory(samples);
  const ofWorkers = WORKERS === 1 ? "" : `\n${checkWorkers(samples, idle)}`;
  if (closed !== null) check(closed.workers.length === 0, `${closed.workers.length} workers are left by a gateway that is closed`);
  const row = (name: string, state: State, requests: number, open: number): (string | number)[] => [name, requests, state.heap / MIB, state.resident / MIB, state.sockets, state.timers, open];
  const rows = everyTenth(samples).map((one) => row(`${Math.round(one.at)} s`, one, one.requests, one.open));
  rows.push(row("idle", idle, clients.asked.size, openCalls), ...(closed === null ? [] : [row("closed", closed, clients.asked.size, upstream.open)]));
  process.stdout.write(`${table(`soak: ${CLIENTS} clients for ${SECONDS} seconds`, ["", "requests", "heap MiB", "resident MiB", "sockets", "timers", "upstream calls"], rows)}\n`);
  process.stdout.write(`${table("what was asked, and what was written of it", ["", "requests", "receipts"], written)}\n${growth}${ofWorkers}\n`);
}

/** Every request that was decided has one receipt, with the status it must have; who left early may have left before that. */
async function checkReceipts(asked: ReadonlyMap<string, Asked>): Promise<(string | number)[][]> {
  const { store, notes } = await readStore(`file:${folder}`);
  check(notes.length === 0, `the store is not as it was left: ${notes.join("; ")}`);
  const ids = new Set<string>();
  const had = new Map<string, string>();
  const counts = new Map<Kind, number>();
  let doubled = 0;
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof store.list>> = await store.list({ limit: 1000, ...(cursor === null ? {} : { cursor }) });
    for (const receipt of page.receipts) {
      const id = receipt.caller["client_request"]!.value;
      if (had.has(id) || ids.has(receipt.id)) doubled += 1;
      ids.add(receipt.id);
      had.set(id, receipt.status);
      const kind = asked.get(id)?.kind;
      if (kind !== undefined) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    cursor = page.next;
  } while (cursor !== null);
  await store.close();
  check(doubled === 0, `${doubled} receipts are doubled`);

  const odd: string[] = [];
  for (const [id, { kind, stream }] of asked) {
    const status = had.get(id) ?? null;
    const { receipts } = KINDS[kind];
    // Who leaves may leave behind the answer's end, on a machine that was busy meanwhile.
    const fits = status === null ? receipts.length === 0 || kind === "leaves_early" : (receipts as readonly string[]).includes(status) || (kind.startsWith("leaves") && status === "completed");
    if (!fits) odd.push(`${kind}, ${stream ? "streamed" : "whole"}: ${status ?? "none"}`);
  }
  check(odd.length === 0, `${odd.length} requests have no receipt, or not the one they must have: ${[...new Set(odd)].slice(0, 5).join("; ")}`);
  return (Object.keys(KINDS) as Kind[]).map((kind) => [kind.replace("_", " "), [...asked.values()].filter((one) => one.kind === kind).length, counts.get(kind) ?? 0]);
}

/** The first third warms up; of the rest, the end is held against the beginning. */
function checkMemory(samples: readonly Sample[]): string {
  const warm = samples.slice(Math.floor(samples.length / 3));
  const third = Math.max(1, Math.floor(warm.length / 3));
  const early = warm.slice(0, third);
  const late = warm.slice(-third);
  // The least of several: what is under way at the moment of a sample is no leak.
  const of = (some: readonly Sample[], field: Exclude<keyof Sample, "workers">): number => Math.min(...some.map((one) => one[field]));
  const requests = of(late, "requests") - of(early, "requests");
  const grown = of(late, "heap") - of(early, "heap");
  const resident = of(late, "resident") - of(early, "resident");
  check(grown <= SLACK + requests * BYTES_A_RECEIPT, `the heap has grown by ${(grown / MIB).toFixed(1)} MiB over ${requests} requests`);
  check(resident <= RESIDENT_SLACK + requests * BYTES_A_RECEIPT, `resident memory has grown by ${(resident / MIB).toFixed(1)} MiB over ${requests} requests`);
  return `heap after warm-up: ${(grown / MIB).toFixed(1)} MiB over ${requests} requests, ${Math.round(grown / Math.max(1, requests))} bytes each (resident: ${(resident / MIB).toFixed(1)} MiB)`;
}

/** The same workers from the first sample to the last, none of which grows; idle, each has the handles it had, and no connection more. */
function checkWorkers(samples: readonly Sample[], idle: State): string {
  const warm = samples.slice(Math.floor(samples.length / 3));
  const third = Math.max(1, Math.floor(warm.length / 3));
  const lines = samples[0]!.workers.map(({ pid }) => {
    const of = (state: State): WorkerState | null => state.workers.find((one) => one.pid === pid) ?? null;
    const least = (some: readonly State[]): number => Math.min(...some.map((state) => of(state)?.resident ?? 0));
    const grown = least(warm.slice(-third)) - least(warm.slice(0, third));
    const handles = Math.max(...warm.map((state) => of(state)?.handles ?? 0));
    const last = of(idle);
    check(last !== null, `worker ${pid} has ended`);
    check(grown <= WORKER_SLACK, `worker ${pid} has grown by ${(grown / MIB).toFixed(1)} MiB`);
    // Connections that are kept alive, of its clients and to its upstream, are all it may have more than it began with.
    check(handles <= HANDLES + 4 * CLIENTS && (last?.handles ?? 0) <= HANDLES + 4 * CLIENTS, `worker ${pid} has ${handles} handles under load, and ${last?.handles} after it`);
    return `worker ${pid}: resident ${((last?.resident ?? 0) / MIB).toFixed(1)} MiB, after warm-up ${(grown / MIB).toFixed(1)} MiB more; at most ${handles} handles, ${last?.handles ?? 0} when idle`;
  });
  check(lines.length === WORKERS, `${lines.length} workers at the first sample`);
  return lines.join("\n");
}

function everyTenth(samples: readonly Sample[]): readonly Sample[] {
  const every = Math.max(1, Math.ceil(samples.length / 10));
  return samples.filter((_, at) => (samples.length - 1 - at) % every === 0);
}

// ── the gateway's process ────────────────────────────────────────────────────────────────────────────────────

async function startGateway(port: number): Promise<{ readonly port: number; ask(what: Ask): Promise<State>; stop(): void }> {
  const path = fileURLToPath(new URL("gateway.ts", import.meta.url));
  const child = fork(path, [JSON.stringify({ policy: policy(port), folder, workers: WORKERS })], { execArgv: ["-C", "wardwright-source", "--expose-gc"], stdio: ["ignore", "inherit", "inherit", "ipc"] });
  let over = false;
  child.once("exit", (code) => {
    if (over) return;
    process.stderr.write(`the gateway ended early (exit ${code})\n`);
    rmSync(folder, { recursive: true, force: true });
    process.exit(1);
  });
  const [first] = (await once(child, "message")) as [{ readonly port: number }];
  return {
    port: first.port,
    async ask(what) {
      child.send(what);
      const [state] = (await once(child, "message")) as [State];
      return state;
    },
    stop() {
      over = true;
      child.disconnect();
    },
  };
}

function policy(port: number): string {
  const provider = (name: string, timeout: string): string => `provider ${name} { kind = openai_compatible  base = "http://127.0.0.1:${port}/v1"  timeout = { ${timeout} } }`;
  const target = (name: string, provider: string): string => `target to-${name} = ${provider} "${name}" { context = 128Ki  can = [tools, json]  price = $1/$2 }`;
  const model = (name: string): string => `model ${name} { route = to-${name}  rules = [old-client, hide-card] }`;
  const direct = ["good", "slow", "paced", "large", "banned", "card", "flaky"];
  return `ward 1
${provider("up", "first_token = 20s  idle = 20s")}
${provider("brief", "first_token = 200ms  idle = 200ms  total = 400ms")}
${direct.map((name) => target(name, name === "flaky" ? "brief" : "up")).join("\n")}
rule old-client on text { match /OldClient\\([a-z]{0,9}\\)/  then retry { limit = 1  remind = "Use NewClient." }  exhausted block "not that" }
rule hide-card on text { match /\\b4[0-9]{15}\\b/  then redact "[card]" }
cascade steadily { resume = continue  try to-flaky  try to-good }
model steady { route = steadily  rules = [old-client, hide-card] }
${direct.map(model).join("\n")}
`;
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}

/** Gives what is over some seconds to be gone. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let at = 0; at < 100 && !(await holds()); at++) await after(50);
}
