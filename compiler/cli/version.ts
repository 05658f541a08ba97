// The version of the package this file is part of, as source and as built.
import { existsSync, readFileSync } from "node:fs";

export function version(): string {
  for (const up of ["../../package.json", "../../../package.json"]) {
    const path = new URL(up, import.meta.url);
    if (existsSync(path)) return (JSON.parse(readFileSync(path, "utf8")) as { readonly version: string }).version;
  }
  return "unknown";
}
