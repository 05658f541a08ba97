// `--store`: a path in it is meant from where the command runs.
import { resolve } from "node:path";
import { DEFAULT_STORE } from "#runtime";
import type { Io } from "./io.ts";
import type { Arguments } from "./verb.ts";

export function storeUrl(args: Arguments, io: Io): string {
  return absoluteStore(args.text("store") ?? DEFAULT_STORE, io);
}

export function absoluteStore(url: string, io: Io): string {
  const path = /^file:(?!\/)(.+)$/.exec(url)?.[1];
  return path === undefined ? url : `file:${resolve(io.cwd, path)}`;
}
