// PATHs of a command line -> what they stand for. A `.ward` file is an entry; a folder stands for the entries its `ward.json` lists, or for
// every `.ward` file in it that no other one there uses, or where there is none, for what its folders stand for; any other file is a bundle.
import { parse } from "#lang";
import { didYouMean } from "../bind/nearest.ts";
import { normalPath, resolvePath } from "../host.ts";
import { kindOf, namesIn, readText, shownPath } from "./files.ts";
import { ok, wrong, type Io, type Result } from "./io.ts";

export type Input = { readonly kind: "entry" | "bundle"; readonly path: string };

/** Each once, in the order given. */
export function inputsOf(paths: readonly string[], io: Io): Result<readonly Input[]> {
  const found: Input[] = [];
  for (const path of paths) {
    const inputs = inputsAt(path, io);
    if (!inputs.ok) return inputs;
    found.push(...inputs.value.filter((one) => !found.some((known) => known.path === one.path)));
  }
  return ok(found);
}

/** For verbs that take one program. */
export function oneInput(path: string, io: Io): Result<Input> {
  const inputs = inputsAt(path, io);
  if (!inputs.ok) return inputs;
  const [first, second] = inputs.value;
  if (second !== undefined) return wrong(`\`${path}\` holds several entries: ${inputs.value.map((one) => `\`${one.path}\``).join(", ")}`, "name one of them");
  return ok(first!);
}

/** The entries of a program's source; a bundle is none. */
export function entriesOf(paths: readonly string[], io: Io): Result<readonly string[]> {
  const inputs = inputsOf(paths, io);
  if (!inputs.ok) return inputs;
  const bundle = inputs.value.find((one) => one.kind === "bundle");
  if (bundle !== undefined) return wrong(`\`${bundle.path}\` is not a \`.ward\` file`);
  return ok(inputs.value.map((one) => one.path));
}

/** Every `.ward` file: of a folder, also those below it; hidden folders and `node_modules` are left out. */
export function wardFilesOf(paths: readonly string[], io: Io): Result<readonly string[]> {
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

function inputsAt(given: string, io: Io): Result<readonly Input[]> {
  const path = shownPath(io.cwd, given);
  const kind = kindOf(io.cwd, path);
  if (kind === null) return wrong(`cannot read \`${given}\`: it does not exist`);
  if (kind === "file") return ok([{ kind: path.endsWith(".ward") ? "entry" : "bundle", path }]);
  const entries = entriesIn(path, io);
  if (!entries.ok) return entries;
  if (entries.value.length === 0) return wrong(`no \`.ward\` file is in \`${given}\``, "name an entry, or list the entries in `ward.json`");
  return ok(entries.value.map((entry) => ({ kind: "entry", path: entry })));
}

/** A folder without policies of its own stands for those of its folders: `ward check examples`. */
function entriesIn(folder: string, io: Io): Result<readonly string[]> {
  if (kindOf(io.cwd, inFolder(folder, "ward.json")) === "file") return listedEntries(folder, io);
  const roots = rootsIn(folder, io);
  if (!roots.ok || roots.value.length > 0) return roots;
  const found: string[] = [];
  for (const name of namesIn(io.cwd, folder)) {
    const path = inFolder(folder, name);
    if (name.startsWith(".") || name === "node_modules" || kindOf(io.cwd, path) !== "folder") continue;
    const entries = entriesIn(path, io);
    if (!entries.ok) return entries;
    found.push(...entries.value);
  }
  return ok(found);
}

/** `{ "entries": ["policy.ward"] }`, relative to its folder. */
function listedEntries(folder: string, io: Io): Result<readonly string[]> {
  const path = inFolder(folder, "ward.json");
  const text = readText(io.cwd, path);
  if (!text.ok) return text;
  let config: unknown;
  try {
    config = JSON.parse(text.value);
  } catch {
    return wrong(`\`${path}\` is not JSON`);
  }
  if (typeof config !== "object" || config === null || Array.isArray(config)) return wrong(`\`${path}\` is not a JSON object`);
  const unknown = Object.keys(config).find((key) => key !== "entries");
  if (unknown !== undefined) return wrong(`unknown key \`${unknown}\` in \`${path}\``, didYouMean(unknown, ["entries"]) ?? "it may hold `entries`");
  const entries = "entries" in config ? config.entries : [];
  if (!Array.isArray(entries) || !entries.every((entry) => typeof entry === "string")) return wrong(`\`entries\` in \`${path}\` is not a list of paths`);
  const missing = entries.find((entry) => kindOf(io.cwd, inFolder(folder, entry)) !== "file");
  if (missing !== undefined) return wrong(`\`${path}\` lists \`${missing}\`, which does not exist`);
  return ok(entries.map((entry) => inFolder(folder, entry)));
}

/** The `.ward` files of one folder that no other one of it uses. */
function rootsIn(folder: string, io: Io): Result<readonly string[]> {
  const files = namesIn(io.cwd, folder).filter((name) => name.endsWith(".ward")).map((name) => inFolder(folder, name)).filter((path) => kindOf(io.cwd, path) === "file");
  const used = new Set<string>();
  for (const path of files) {
    const text = readText(io.cwd, path);
    if (!text.ok) return text;
    for (const use of parse({ path, text: text.value }).file.uses) {
      const target = resolvePath(path, use.path.value);
      if (target !== path) used.add(target);
    }
  }
  const roots = files.filter((path) => !used.has(path));
  // Files that use each other in a circle: any of them shows it.
  return ok(roots.length === 0 ? files.slice(0, 1) : roots);
}

function wardFilesBelow(folder: string, io: Io): readonly string[] {
  return namesIn(io.cwd, folder).flatMap((name) => {
    if (name.startsWith(".") || name === "node_modules") return [];
    const path = inFolder(folder, name);
    if (kindOf(io.cwd, path) === "folder") return wardFilesBelow(path, io);
    return name.endsWith(".ward") ? [path] : [];
  });
}

function inFolder(folder: string, name: string): string {
  return normalPath(folder === "" ? name : `${folder}/${name}`);
}
