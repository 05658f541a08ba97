// Measured parts run as processes of their own, started and ended here; nothing outlives the bench.
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Compiled, Program } from "./compiled.ts";
import type { Load, LoadResult } from "./load.ts";
import type { Usage } from "./usage.ts";

/** `headers` are what its clients send besides the usual ones. */
export type Server = { readonly port: number; readonly headers: Readonly<Record<string, string>>; usage(): Promise<Usage>; stop(): void };
/** `stranger` is the name of a program that is not ours: its errors are shown under it, and what else it prints is not. */
type Start = { readonly headers?: Server["headers"]; readonly stranger?: string };

/** Starts `file` of this folder with `settings` and waits until it says where it listens. */
export async function startServer(file: string, settings: object, { headers = {}, stranger }: Start = {}): Promise<Server> {
  const child = start(file, settings, stranger);
  const { port } = await answer<{ port: number }>(child);
  return {
    port,
    headers,
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

function start(file: string, settings: object, stranger?: string): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const [out, err] = stranger === undefined ? (["inherit", "inherit"] as const) : (["ignore", "pipe"] as const);
  const child = fork(path, [JSON.stringify(settings)], { execArgv: ["-C", "wardwright-source"], stdio: ["ignore", out, err, "ipc"] });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => process.stderr.write(`${stranger} says: ${text}`));
  return child;
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
