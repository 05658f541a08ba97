// Other processes, by the machine's own list.
import { readFileSync, readdirSync } from "node:fs";

/** Those that it started and that run. */
export function childrenOf(pid: number): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return state !== "Z" && Number(parent) === pid;
      } catch {
        return false;
      }
    })
    .map(Number);
}

export function runs(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat[stat.lastIndexOf(")") + 2] !== "Z";
  } catch {
    return false;
  }
}

/** Why tests that look at processes are left out, or null. */
export const NO_PROC: string | null = (() => {
  try {
    readFileSync("/proc/self/stat");
    return null;
  } catch {
    return "this machine has no /proc to find processes in";
  }
})();
