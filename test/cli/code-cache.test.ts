import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { cacheFolder } from "../../compiler/cli/code-cache.ts";

const folder = mkdtempSync(join(tmpdir(), "ward-code-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function version(env: { readonly [variable: string]: string }): Promise<string> {
  const main = fileURLToPath(new URL("../../compiler/cli/main.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ["-C", "wardwright-source", main, "--version"], { env: { PATH: process.env["PATH"] ?? "", ...env } });
  return stdout;
}

describe("compiled code", () => {
  it("is kept in the user's cache folder, and used or not the command says the same", async () => {
    const first = await version({ XDG_CACHE_HOME: join(folder, "cache") });
    expect(readdirSync(join(folder, "cache/wardwright"))).toHaveLength(1);
    expect(await version({ XDG_CACHE_HOME: join(folder, "cache") })).toBe(first);
    expect(await version({ XDG_CACHE_HOME: join(folder, "none"), NODE_DISABLE_COMPILE_CACHE: "1" })).toBe(first);
    expect(readdirSync(folder)).toEqual(["cache"]);
  });

  it("is not kept where it cannot be, and nothing else is different", async () => {
    writeFileSync(join(folder, "file"), "no folder");
    const there = await version({ XDG_CACHE_HOME: join(folder, "file") });
    expect(there).toMatch(/^ward \S+\n$/);
    expect(await version({})).toBe(there);
  });

  it("has its place by the custom of the platform", () => {
    const table = [
      ["linux", { HOME: "/home/ada" }, "/home/ada/.cache/wardwright"],
      ["linux", { HOME: "/home/ada", XDG_CACHE_HOME: "/var/cache/ada" }, "/var/cache/ada/wardwright"],
      ["linux", { HOME: "/home/ada", XDG_CACHE_HOME: "relative" }, "/home/ada/.cache/wardwright"],
      ["darwin", { HOME: "/Users/ada" }, "/Users/ada/Library/Caches/wardwright"],
      ["linux", {}, null],
      ["linux", { HOME: "" }, null],
    ] as const;
    for (const [platform, env, expected] of table) expect([env, cacheFolder(env, platform)]).toEqual([env, expected]);
  });
});
