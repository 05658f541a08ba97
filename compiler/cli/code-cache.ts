// Half of what a short command takes is the engine compiling our own code. It can keep what it made, as long as neither
// the code nor the engine changes. What is kept is run again, so it stands in the user's own cache folder and not, as the
// platform would have it, below a temporary folder that all users share. (A Node that is too old lacks the function, and
// must get as far as saying so: hence no import by its name.)
import * as nodeModule from "node:module";
import { isAbsolute, join } from "node:path";

type Environment = { readonly [variable: string]: string | undefined };

/** Where that fails nothing is kept, and nothing is said. `NODE_COMPILE_CACHE` and `NODE_DISABLE_COMPILE_CACHE` decide, as for any Node program. */
export function keepCompiledCode(env: Environment, platform: NodeJS.Platform): void {
  const folder = env["NODE_COMPILE_CACHE"] === undefined ? cacheFolder(env, platform) : null;
  if (folder !== null) nodeModule.enableCompileCache(folder);
}

/** Null where there is no user to have one. */
export function cacheFolder(env: Environment, platform: NodeJS.Platform): string | null {
  const home = platform === "win32" ? env["LOCALAPPDATA"] : env["HOME"];
  const place = absolute(env["XDG_CACHE_HOME"]) ?? absolute(home);
  if (place === null) return null;
  if (place === env["XDG_CACHE_HOME"] || platform === "win32") return join(place, "wardwright");
  return join(place, platform === "darwin" ? "Library/Caches" : ".cache", "wardwright");
}

function absolute(path: string | undefined): string | null {
  return path !== undefined && isAbsolute(path) ? path : null;
}
