// A measured process answers "usage" with the CPU it and the processes it started have used so far, in microseconds, and
// its own resident memory in bytes.
import { readFileSync } from "node:fs";
import { childrenOf, NO_PROC } from "../support/processes.ts";

export type Usage = { readonly cpu: number; readonly memory: number };

export function answerUsage({ several }: { readonly several: boolean } = { several: false }): void {
  if (several && NO_PROC !== null) process.stderr.write(`the CPU of the workers is not counted: ${NO_PROC}\n`);
  process.on("message", (message) => {
    if (message !== "usage") return;
    const { user, system } = process.cpuUsage();
    const others = several && NO_PROC === null ? childrenOf(process.pid).reduce((sum, pid) => sum + cpuOf(pid), 0) : 0;
    process.send?.({ cpu: user + system + others, memory: process.memoryUsage.rss() });
  });
  process.on("disconnect", () => process.exit(0));
}

const MICROSECONDS_PER_TICK = 10_000;

function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const [user, system] = stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 13);
  return (Number(user) + Number(system)) * MICROSECONDS_PER_TICK;
}
