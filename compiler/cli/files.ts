// The disk below a working directory, for verbs: paths as the user writes them, with forward slashes.
import { randomUUID } from "node:crypto";
import { lstatSync, mkdirSync, readFileSync, readdirSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { normalPath, type Host } from "../host.ts";
import { ok, wrong, type Result } from "./io.ts";

/** Files that are not on the disk, such as those of a commit; paths are as seen from the working directory. */
export type Tree = {
  kind(path: string): "file" | "folder" | null;
  names(folder: string): readonly string[];
  text(path: string): Result<string>;
};

/** What paths are looked up in: the disk below a working directory, or a tree in its place. */
export type Root = string | Tree;

/** As much of an `Io` as it takes to find files. */
export type Rooted = { readonly cwd: Root };

/** A path as diagnostics and bundles show it: relative to `cwd`, however it was given. */
export function shownPath(root: Root, path: string): string {
  const from = typeof root === "string" && isAbsolute(path) ? relative(root, path) : path;
  return normalPath(from.split(sep).join("/"));
}

export function inFolder(folder: string, name: string): string {
  return normalPath(folder === "" ? name : `${folder}/${name}`);
}

export function kindOf(root: Root, path: string): "file" | "folder" | null {
  if (typeof root !== "string") return root.kind(path);
  try {
    const found = statSync(resolve(root, path));
    return found.isDirectory() ? "folder" : "file";
  } catch {
    return null;
  }
}

/** Names in a folder, in code-unit order on every machine. */
export function namesIn(root: Root, folder: string): readonly string[] {
  return (typeof root === "string" ? readdirSync(resolve(root, folder)) : [...root.names(folder)]).sort();
}

export function readText(root: Root, path: string): Result<string> {
  if (typeof root !== "string") return root.text(path);
  let bytes: Buffer;
  try {
    bytes = readFileSync(resolve(root, path));
  } catch (problem) {
    return wrong(`cannot read \`${path}\`: ${reasonOf(problem)}`);
  }
  return decoded(bytes, path);
}

export function decoded(bytes: Uint8Array, path: string): Result<string> {
  try {
    return ok(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return wrong(`cannot read \`${path}\`: it is not UTF-8 text`);
  }
}

/** Whole or not at all: a reader never sees half of it, and a full disk leaves the old text. */
export function writeText(cwd: string, path: string, text: string): Result<null> {
  const place = resolve(cwd, path);
  // A link stays a link: what it points at is replaced.
  const target = kindOf(cwd, path) === null ? place : realpathSync(place);
  const draft = `${target}.${randomUUID()}`;
  try {
    writeFileSync(draft, text, kindOf(cwd, path) === null ? {} : { mode: statSync(target).mode });
    renameSync(draft, target);
    return ok(null);
  } catch (problem) {
    rmSync(draft, { force: true });
    return wrong(`cannot write \`${path}\`: ${reasonOf(problem)}`);
  }
}

/** Whether anything is called that, a link to nothing too. */
export function existsAt(cwd: string, path: string): boolean {
  try {
    lstatSync(resolve(cwd, path));
    return true;
  } catch {
    return false;
  }
}

/** A new file, in folders that are made for it; never in place of another. */
export function createText(cwd: string, path: string, text: string): Result<null> {
  const place = resolve(cwd, path);
  try {
    makeFolder(dirname(place));
    writeFileSync(place, text, { flag: "wx" });
    return ok(null);
  } catch (problem) {
    return wrong(`cannot write \`${path}\`: ${reasonOf(problem)}`);
  }
}

/** Folder by folder: the platform's recursive way tries for ever where a folder that is there takes none, as `/proc`. */
function makeFolder(folder: string): void {
  if (kindOf(folder, ".") === "folder") return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  mkdirSync(folder);
}

/** The compiler's view of it. */
export function hostAt(root: Root): Host {
  return {
    read(path) {
      const text = readText(root, path);
      return text.ok ? text.value : null;
    },
  };
}

/** What the system says, without its codes and paths. */
export function reasonOf(problem: unknown): string {
  const code = problem instanceof Error && "code" in problem ? String(problem.code) : "";
  return REASONS[code] ?? (problem instanceof Error ? problem.message : String(problem));
}

const REASONS: { readonly [code: string]: string | undefined } = {
  ENOENT: "it does not exist",
  EEXIST: "it is there already",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of its path is not a folder",
  ENOSPC: "the disk is full",
  EROFS: "the disk is read-only",
};
