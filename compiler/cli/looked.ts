// What a command looked at, to be watched: the folders of everything it read, and of what it looked for and did not find; and
// what it read, so that a change that is none of its own costs a look at a few files and no compiling.
import { dirname } from "node:path";
import type { Host } from "../host.ts";
import { CONFIG_NAME } from "./config.ts";
import { kindOf, readText, shownPath } from "./files.ts";
import type { Io } from "./io.ts";
import type { Arguments } from "./verb.ts";

/** By path, as it was read; null where nothing could be. */
export type Looked = { readonly folders: Set<string>; readonly texts: Map<string, string | null> };

export function lookedAt(folders: readonly string[] = []): Looked {
  return { folders: new Set(folders), texts: new Map() };
}

/** Where entries and settings are looked for, and where they would appear. */
export function givenFolders(args: Arguments, io: Io): readonly string[] {
  const config = args.text("config");
  const given = [...(args.given.length === 0 ? ["."] : args.given), ...(config === undefined ? [CONFIG_NAME] : [config])];
  return given.map((path) => shownPath(io.cwd, path)).map((path) => (kindOf(io.cwd, path) === "folder" ? path || "." : dirname(path)));
}

export function recording(host: Host, looked: Looked): Host {
  return {
    read(path) {
      const text = host.read(path);
      record(looked, path, text);
      return text;
    },
  };
}

export function record(looked: Looked, path: string, text: string | null): void {
  looked.folders.add(dirname(path));
  looked.texts.set(path, text);
}

/** Whether all of it would be read again as it was. */
export function readsAsBefore({ texts }: Looked, io: Pick<Io, "cwd">): boolean {
  for (const [path, before] of texts) {
    const now = readText(io.cwd, path);
    if ((now.ok ? now.value : null) !== before) return false;
  }
  return true;
}
