// Measured parts run as processes of their own, started and ended here; nothing outlives the bench.
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Compiled, Program } from "./compiled.ts";
import type { Load, LoadResult } from "./load.ts";
import type { Usage } from "./usage.ts";

export type Server = { readonly port: number; usage(): Promise<Usage>; stop(): void };

/** Starts `file` of this folder with `settings` and waits until it says where it listens. */
export async function startServer(file: string, settings: object): Promise<Server> {
  const child = start(file, settings);
  const { port } = await answer<{ port: number }>(child);
  return {
    port,
    async usage() {
      child.send("usage");
      return answer<Usage>(child);
    },
    stop: () => child.disconnect(),
  };
}

export function runLoad(load: Load): Promise<LoadResult> {
  return answer<LoadResult>(start("load.ts", load));
}

export function runCompiler(program: Program): Promise<Compiled> {
  return answer<Compiled>(start("compiled.ts", program));
}

function start(file: string, settings: object): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return fork(path, [JSON.stringify(settings)], { execArgv: ["-C", "wardwright-source"], stdio: ["ignore", "inherit", "inherit", "ipc"] });
}

function answer<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const failed = (code: number | null): void => reject(new Error(`a measured process ended early (exit ${code})`));
    child.once("exit", failed);
    child.once("message", (message) => {
      child.off("exit", failed);
      resolve(message as T);
    });
  });
}
