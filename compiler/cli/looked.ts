// The folders a command looked into, to be watched: of everything it read, and of what it looked for and did not find.
import { dirname } from "node:path";
import type { Host } from "../host.ts";
import { CONFIG_NAME } from "./config.ts";
import { kindOf, shownPath } from "./files.ts";
import type { Io } from "./io.ts";
import type { Arguments } from "./verb.ts";

/** Where entries and settings are looked for, and where they would appear. */
export function givenFolders(args: Arguments, io: Io): readonly string[] {
  const config = args.text("config");
  const given = [...(args.given.length === 0 ? ["."] : args.given), ...(config === undefined ? [CONFIG_NAME] : [config])];
  return given.map((path) => shownPath(io.cwd, path)).map((path) => (kindOf(io.cwd, path) === "folder" ? path || "." : dirname(path)));
}

export function recording(host: Host, looked: Set<string>): Host {
  return {
    read(path) {
      looked.add(dirname(path));
      return host.read(path);
    },
  };
}
