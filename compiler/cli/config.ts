// `ward.json`: where it is looked for, what it says, and where it is wrong. Everything that depends on it asks here.
//
//   PATH is a folder    its own ward.json, else that of the current folder
//   PATH is a file      that beside it, else that of the current folder
//   `--config FILE`     that, whatever the PATH; and its entries, where no PATH is given
import { dirname } from "node:path";
import { LEVELS, WardConfig } from "#contracts";
import type { Severity } from "#lang";
import { didYouMean, listed } from "../bind/nearest.ts";
import { levelsOf, type Levels } from "../check/levels.ts";
import { inFolder, kindOf, readText, shownPath, type Rooted } from "./files.ts";
import { ok, wrong, type Result } from "./io.ts";
import { placedJson, type JsonPath, type PlacedJson } from "./json-places.ts";
import type { Flag } from "./verb.ts";

export type Config = {
  /** Null where there is no file, and everything is as it is by default. */
  readonly path: string | null;
  /** As seen from the current folder; null where none are listed. */
  readonly entries: readonly string[] | null;
  readonly levels: Levels;
  readonly failOn: Severity | null;
  /** Percent. */
  readonly coverage: number | null;
};

export const CONFIG: Flag = { value: "FILE", about: "the settings to use (ward.json of the folder given, or of the current one)" };
export const CONFIG_NAME = "ward.json";

const NONE: Config = { path: null, entries: null, levels: new Map(), failOn: null, coverage: null };
const KEYS = Object.keys(WardConfig.shape).filter((key) => key !== "$schema");

/** That of one folder; null where it has none. */
export function configIn(folder: string, io: Rooted): Result<Config | null> {
  const path = inFolder(folder, CONFIG_NAME);
  return kindOf(io.cwd, path) === "file" ? configAt(path, io) : ok(null);
}

/** For a folder or file that has none of its own. */
export function configHere(io: Rooted): Result<Config> {
  const config = configIn("", io);
  // What the current folder lists is what the current folder stands for, and nothing else.
  return config.ok ? ok(config.value === null ? NONE : { ...config.value, entries: null }) : config;
}

/** That beside a file, or of the current folder. */
export function configBeside(file: string, io: Rooted): Result<Config> {
  const config = configIn(folderOf(file), io);
  return config.ok && config.value === null ? configHere(io) : (config as Result<Config>);
}

/** Of a file that must be there: what `--config` names. */
export function configAt(given: string, io: Rooted): Result<Config> {
  const path = shownPath(io.cwd, given);
  const text = readText(io.cwd, path);
  if (!text.ok) return text;
  const read = placedJson(text.value);
  if (!read.ok) return wrong(`${placeText(path, read.mistake.at)}: this is not JSON: ${read.mistake.message}`);
  return configOf({ path, json: read.json }, io);
}

type Written = { readonly path: string; readonly json: PlacedJson };
type Issue = { readonly code: string; readonly path: readonly PropertyKey[]; readonly keys?: readonly string[] };

function configOf(written: Written, io: Rooted): Result<Config> {
  const parsed = WardConfig.safeParse(written.json.value);
  if (!parsed.success) return problemAt(written, parsed.error.issues[0]! as Issue);
  const { entries, levels = {}, thresholds = {} } = parsed.data;
  const set = levelsOf(levels);
  const [problem] = set.problems;
  if (problem !== undefined) return wrongAt(written, ["levels", problem.rule], problem);
  const listedEntries = entries === undefined ? ok(null) : entriesOf(entries, written, io);
  if (!listedEntries.ok) return listedEntries;
  return ok({ path: written.path, entries: listedEntries.value, levels: set.levels, failOn: thresholds["fail-on"] ?? null, coverage: thresholds.coverage ?? null });
}

function entriesOf(entries: readonly string[], written: Written, io: Rooted): Result<readonly string[]> {
  const found: string[] = [];
  for (const [index, entry] of entries.entries()) {
    const path = inFolder(folderOf(written.path), entry);
    const place = ["entries", index];
    if (!entry.endsWith(".ward")) return wrongAt(written, place, { message: `\`${entry}\` is not a \`.ward\` file` });
    if (kindOf(io.cwd, path) !== "file") return wrongAt(written, place, { message: `it lists \`${entry}\`, which does not exist` });
    if (found.includes(path)) return wrongAt(written, place, { message: `it lists \`${entry}\` twice` });
    found.push(path);
  }
  return ok(found);
}

/** In our words; zod's speak of types. */
function problemAt(written: Written, issue: Issue): Result<never> {
  const path = issue.path.filter((step) => typeof step !== "symbol");
  const name = path.map((step) => `.${step}`).join("").slice(1);
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys![0]!;
    const known = path[0] === "thresholds" ? Object.keys(WardConfig.shape.thresholds.unwrap().shape) : KEYS;
    return wrongAt(written, [...path, key], { message: `unknown key \`${key}\``, help: didYouMean(key, known) ?? `it may hold ${listed(known, "or")}` });
  }
  const value = path.reduce<unknown>((at, step) => (at as { readonly [key: string]: unknown })[String(step)], written.json.value);
  const say = (help: string) => wrongAt(written, path, { message: `\`${name}\` cannot be \`${JSON.stringify(value)}\``, help });
  switch (path[0]) {
    case undefined:
      return wrongAt(written, [], { message: "this is not a JSON object", help: `it may hold ${listed(KEYS, "or")}` });
    case "entries":
      return say("it is a list of paths, relative to this file, of which there is at least one");
    case "levels":
      return path.length === 1 ? say("it gives a level to codes or names of diagnostics") : say((typeof value === "string" ? didYouMean(value, LEVELS) : null) ?? `it is ${listed(LEVELS, "or")}`);
    case "thresholds":
      return path[1] === "coverage" ? say("it is a percentage, from 0 to 100") : path[1] === "fail-on" ? say("it is `error`, `warning` or `info`") : say("it may hold `coverage` or `fail-on`");
    default:
      return say("it is a text");
  }
}

function wrongAt(written: Written, path: JsonPath, { message, help }: { readonly message: string; readonly help?: string | null }): Result<never> {
  return wrong(`${placeText(written.path, written.json.placeOf(path))}: ${message}`, help);
}

function placeText(path: string, { line, column }: { readonly line: number; readonly column: number }): string {
  return `${path}:${line}:${column}`;
}

function folderOf(file: string): string {
  const folder = dirname(file);
  return folder === "." ? "" : folder;
}
