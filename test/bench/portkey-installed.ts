// The Portkey gateway is measured, and never a dependency of ours: it is installed once, into the user's cache folder.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "../../compiler/cli/code-cache.ts";

export const PORTKEY = "@portkey-ai/gateway";
export const VERSION = "1.15.2";
/** Pinned, so that it is the same program whenever it is measured; with newer ones, which it would take, its streams fail. */
const BENEATH = { "@hono/node-server": "1.13.5", hono: "4.9.7", "@hono/node-ws": "1.2.0" };

/** Milliseconds. */
const LIMIT = 180_000;

export type Installed = { readonly ok: true; readonly folder: string } | { readonly ok: false; readonly why: string };

export function installPortkey(): Installed {
  const folder = join(cacheFolder(process.env, process.platform) ?? tmpdir(), `bench-portkey-${VERSION}`);
  if (missing(folder) === null) return { ok: true, folder };
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies: { [PORTKEY]: VERSION }, overrides: BENEATH }, null, 2));
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : String(error) };
  }
  // No script of it runs: it ships built, and its own would only look for patches to apply.
  const briefly = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=2000"];
  const words = ["install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error", ...briefly];
  const { error, stderr, status } = spawnSync("npm", words, { cwd: folder, stdio: ["ignore", "ignore", "pipe"], encoding: "utf8", timeout: LIMIT });
  const absent = missing(folder);
  if (absent === null) return { ok: true, folder };
  return { ok: false, why: error?.message ?? (status === 0 ? absent : `\`npm install\` ended with ${status}: ${stderr.trim().split("\n").slice(0, 3).join("; ")}`) };
}

/** Null if all of it is there, in the very versions. */
function missing(folder: string): string | null {
  for (const [name, version] of Object.entries({ [PORTKEY]: VERSION, ...BENEATH })) {
    if (versionOf(join(folder, "node_modules", name)) !== version) return `${name} ${version} is not there`;
  }
  return null;
}

function versionOf(folder: string): string | null {
  try {
    const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { readonly version: string };
    return version;
  } catch {
    return null;
  }
}
