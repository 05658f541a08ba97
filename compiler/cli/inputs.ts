// PATHs of a command line -> what they stand for. A `.ward` file is an entry; a folder stands for the entries its `ward.json` lists, or for
// every `.ward` file in it that no other one there uses, or where there is none, for what its folders stand for; any other file is a bundle.
import { parse } from "#lang";
import { resolvePath } from "../host.ts";
import { CONFIG_NAME, configAt, configBeside, configHere, configIn, type Config } from "./config.ts";
import { inFolder, kindOf, namesIn, readText, shownPath, type Rooted } from "./files.ts";
import { ok, wrong, type Result } from "./io.ts";
import type { Arguments } from "./verb.ts";

/** A program, and the settings that hold for it. */
export type Entry = { readonly kind: "entry"; readonly path: string; readonly config: Config };
export type Input = Entry | { readonly kind: "bundle"; readonly path: string };

/** What the PATHs of a command stand for, or without any the current folder: programs, each once, in the order given. */
export function programsOf(args: Arguments, io: Rooted): Result<readonly Entry[]> {
  const chosen = chosenConfig(args, io);
  if (!chosen.ok) return chosen;
  const listed = args.given.length === 0 && chosen.value !== null ? entriesBy(chosen.value) : null;
  if (listed !== null) return ok(listed);
  const found: Entry[] = [];
  for (const path of args.given.length === 0 ? ["."] : args.given) {
    const inputs = inputsAt(path, chosen.value, io);
    if (!inputs.ok) return inputs;
    for (const input of inputs.value) {
      if (input.kind === "bundle") return wrong(`\`${input.path}\` is not a \`.ward\` file`);
      if (!found.some((known) => known.path === input.path)) found.push(input);
    }
  }
  return ok(found);
}

/** For verbs that take one program. */
export function oneInput(path: string, args: Arguments, io: Rooted): Result<Input> {
  const chosen = chosenConfig(args, io);
  if (!chosen.ok) return chosen;
  const inputs = inputsAt(path, chosen.value, io);
  if (!inputs.ok) return inputs;
  const [first, second] = inputs.value;
  if (second !== undefined) return wrong(`\`${path}\` holds several entries: ${inputs.value.map((one) => `\`${one.path}\``).join(", ")}`, "name one of them");
  return ok(first!);
}

/** Null where the command names none, and each PATH has its own. */
function chosenConfig(args: Arguments, io: Rooted): Result<Config | null> {
  const file = args.text("config");
  return file === undefined ? ok(null) : configAt(file, io);
}

function inputsAt(given: string, chosen: Config | null, io: Rooted): Result<readonly Input[]> {
  const path = shownPath(io.cwd, given);
  const kind = kindOf(io.cwd, path);
  if (kind === null) return wrong(`cannot read \`${given}\`: it does not exist`);
  if (kind === "file" && !path.endsWith(".ward")) return ok([{ kind: "bundle", path }]);
  if (kind === "file") {
    const config = chosen === null ? configBeside(path, io) : ok(chosen);
    return config.ok ? ok([{ kind: "entry", path, config: config.value }]) : config;
  }
  const entries = entriesIn(path, { chosen, above: null }, io);
  if (!entries.ok) return entries;
  if (entries.value.length === 0) return wrong(`no \`.ward\` file is in \`${given}\``, `name an entry, or list the entries in \`${CONFIG_NAME}\``);
  return entries;
}

/** A folder without policies of its own stands for those of its folders: `ward check examples`. */
function entriesIn(folder: string, { chosen, above }: { readonly chosen: Config | null; readonly above: Config | null }, io: Rooted): Result<readonly Entry[]> {
  const own = chosen === null ? configIn(folder, io) : ok(null);
  if (!own.ok) return own;
  const listed = own.value === null ? null : entriesBy(own.value);
  if (listed !== null) return ok(listed);
  const nearest = chosen ?? own.value ?? above;
  const config = nearest === null ? configHere(io) : ok(nearest);
  if (!config.ok) return config;
  const roots = rootsIn(folder, io);
  if (!roots.ok) return roots;
  if (roots.value.length > 0) return ok(roots.value.map((path) => ({ kind: "entry", path, config: config.value })));
  const found: Entry[] = [];
  for (const name of namesIn(io.cwd, folder)) {
    const path = inFolder(folder, name);
    if (name.startsWith(".") || name === "node_modules" || kindOf(io.cwd, path) !== "folder") continue;
    const entries = entriesIn(path, { chosen, above: config.value }, io);
    if (!entries.ok) return entries;
    found.push(...entries.value);
  }
  return ok(found);
}

/** Null where it lists none. */
function entriesBy(config: Config): readonly Entry[] | null {
  return config.entries?.map((path) => ({ kind: "entry", path, config })) ?? null;
}

/** The `.ward` files of one folder that no other one of it uses. */
function rootsIn(folder: string, io: Rooted): Result<readonly string[]> {
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
