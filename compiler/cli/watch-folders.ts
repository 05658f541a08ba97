// Folders of the disk, watched. Only what happens directly in them counts; a folder that is not there is looked for in the
// nearest one above it that is.
import { watch } from "node:fs";
import { dirname, resolve } from "node:path";
import { kindOf } from "./files.ts";

/** The returned function ends it. A folder that cannot be watched is not: the others still are. */
export function watchFolders(cwd: string, folders: readonly string[], then: () => void): () => void {
  const watchers = [...new Set(folders.map((folder) => existing(resolve(cwd, folder))))].flatMap((folder) => {
    try {
      // A folder that is removed while it is watched is an error here, and a change for whoever looks again.
      return [watch(folder, () => then()).on("error", () => then())];
    } catch {
      return [];
    }
  });
  return () => {
    for (const watcher of watchers) watcher.close();
  };
}

function existing(folder: string): string {
  return kindOf(folder, ".") === "folder" || dirname(folder) === folder ? folder : existing(dirname(folder));
}
