// The gateway under the soak, a process of its own or several: serves with durable receipts, and says on request what it holds.
import { readFileSync, readdirSync } from "node:fs";
import { compile, bundleText } from "#compiler";
import { createMemoryConversations, load, openStore, serve, systemPorts } from "#runtime";
import { serveWorkers } from "#runtime/workers";
import { UNWATCHED } from "../../runtime/operation/watch.ts";
import { childrenOf } from "../support/processes.ts";

/** `heap` is what a full collection leaves, buffers included; `timers` and `sockets` are those that keep a process alive. */
export type State = { readonly heap: number; readonly resident: number; readonly timers: number; readonly sockets: number; readonly workers: readonly WorkerState[] };
/** As the machine has it; `handles` are its open files, sockets and pipes. */
export type WorkerState = { readonly pid: number; readonly resident: number; readonly handles: number };
export type Ask = "state" | "close";

const { policy, folder, workers } = JSON.parse(process.argv[2]!) as { readonly policy: string; readonly folder: string; readonly workers: number };
const { bundle, diagnostics } = compile("policy.ward", { read: (path) => (path === "policy.ward" ? policy : null) });
if (bundle === null) throw new Error(`the soak's policy does not compile: ${diagnostics.map((one) => one.message).join("; ")}`);
const result = load(bundleText(bundle));
if (!result.ok) throw new Error(result.problem.message);
const { store } = await openStore(`file:${folder}`);
// So little, and for so short, that all of it comes and goes many times over.
const conversations = createMemoryConversations({ clock: systemPorts().clock, most: 16 * 1024 * 1024, life: 3_000 });
const served =
  workers === 1
    ? await serve({ loaded: result.loaded, store, port: 0, conversations })
    : await serveWorkers({ loaded: result.loaded, store, port: 0, host: "127.0.0.1", conversations, count: workers, tracing: null, watch: UNWATCHED, watchOf: () => UNWATCHED, say: (_, text) => void process.stderr.write(text) });
if (served.kind !== "serving") throw new Error("the soak's gateway does not start");

let closing: Promise<void> | null = null;
process.on("message", (ask: Ask) => void reply(ask));
process.on("disconnect", () => process.exit(0));
process.send?.({ port: served.serving.port });

async function reply(ask: Ask): Promise<void> {
  if (ask === "close" && served.kind === "serving") {
    await (closing ??= served.serving.close());
    // What is over has one turn of the loop to be gone.
    await new Promise((resolve) => setImmediate(resolve));
  }
  process.send?.(stateNow());
}

function stateNow(): State {
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  const count = (kind: string): number => process.getActiveResourcesInfo().filter((one) => one === kind).length;
  return { heap: heapUsed + external, resident: rss, timers: count("Timeout"), sockets: count("TCPSocketWrap"), workers: workers === 1 ? [] : childrenOf(process.pid).map(workerNow) };
}

function workerNow(pid: number): WorkerState {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return { pid, resident: Number(kib) * 1024, handles: readdirSync(`/proc/${pid}/fd`).length };
}
