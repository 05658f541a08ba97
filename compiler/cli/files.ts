// The disk below a working directory, for verbs: paths as the user writes them, with forward slashes.
import { randomUUID } from "node:crypto";
import { readFileSync, readdirSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { normalPath, type Host } from "../host.ts";
import { ok, wrong, type Result } from "./io.ts";

/** A path as diagnostics and bundles show it: relative to `cwd`, however it was given. */
export function shownPath(cwd: string, path: string): string {
  const from = isAbsolute(path) ? relative(cwd, path) : path;
  return normalPath(from.split(sep).join("/"));
}

export function kindOf(cwd: string, path: string): "file" | "folder" | null {
  try {
    const found = statSync(resolve(cwd, path));
    return found.isDirectory() ? "folder" : "file";
  } catch {
    return null;
  }
}

/** Names in a folder, in code-unit order on every machine. */
export function namesIn(cwd: string, folder: string): readonly string[] {
  return readdirSync(resolve(cwd, folder)).sort();
}

export function readText(cwd: string, path: string): Result<string> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(resolve(cwd, path));
  } catch (problem) {
    return wrong(`cannot read \`${path}\`: ${reasonOf(problem)}`);
  }
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

/** The compiler's view of the disk. */
export function hostAt(cwd: string): Host {
  return {
    read(path) {
      const text = readText(cwd, path);
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
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of its path is not a folder",
  ENOSPC: "the disk is full",
  EROFS: "the disk is read-only",
};
