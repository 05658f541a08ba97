// PATHs of a command line -> files of the language, for a verb that takes each by itself and asks for no settings.
import { inFolder, kindOf, namesIn, shownPath, type Rooted } from "./files.ts";
import { ok, wrong, type Result } from "./io.ts";

/** Every `.ward` file: of a folder, also those below it; hidden folders and `node_modules` are left out. */
export function wardFilesOf(paths: readonly string[], io: Rooted): Result<readonly string[]> {
  const found: string[] = [];
  for (const given of paths) {
    const path = shownPath(io.cwd, given);
    const kind = kindOf(io.cwd, path);
    if (kind === null) return wrong(`cannot read \`${given}\`: it does not exist`);
    const files = kind === "file" ? [path] : wardFilesBelow(path, io);
    if (kind === "file" && !path.endsWith(".ward")) return wrong(`\`${given}\` is not a \`.ward\` file`);
    if (files.length === 0) return wrong(`no \`.ward\` file is in \`${given}\``);
    found.push(...files.filter((file) => !found.includes(file)));
  }
  return ok(found);
}

function wardFilesBelow(folder: string, io: Rooted): readonly string[] {
  return namesIn(io.cwd, folder).flatMap((name) => {
    if (name.startsWith(".") || name === "node_modules") return [];
    const path = inFolder(folder, name);
    if (kindOf(io.cwd, path) === "folder") return wardFilesBelow(path, io);
    return name.endsWith(".ward") ? [path] : [];
  });
}
