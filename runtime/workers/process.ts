// A worker as a process: only input and output. Signals are the primary's to hear, also where a terminal or a supervisor
// sends them to the whole group; a worker ends when its primary has let go of it, or is gone (node:cluster sees to that).
import { pack, unpack } from "./wire.ts";
import { openWorker } from "./worker.ts";

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

const worker = openWorker({
  send: (batch) => void process.send?.(pack(batch) as object, undefined, undefined, () => undefined),
  garbled() {
    process.stderr.write("ward: a worker does not understand its gateway; was the package changed while it runs?\n");
    process.exit(70);
  },
});
process.on("message", (message: unknown) => worker.receive(unpack(message)));
