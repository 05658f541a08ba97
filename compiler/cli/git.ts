// The files of a commit, as seen from the working directory. Git is asked for objects only: no checkout, no index, no hook,
// no filter, and nothing of the user's configuration is run.
import { spawnSync } from "node:child_process";
import { normalPath } from "../host.ts";
import { didYouMean, listed } from "../bind/nearest.ts";
import { decoded, type Tree } from "./files.ts";
import { ok, wrong, type Result } from "./io.ts";

/** The tree of one commit; `ref` is whatever git understands: a branch, a tag, `HEAD~3`, the beginning of a hash. */
export function treeAt(cwd: string, ref: string): Result<Tree> {
  const top = git(cwd, ["rev-parse", "--show-prefix"]);
  if (top.kind === "missing") return wrong(`cannot read \`git:${ref}\`: git is not installed`);
  if (top.kind === "failed") return wrong(`cannot read \`git:${ref}\`: ${top.said.includes("dubious ownership") ? "git does not trust this repository, which belongs to somebody else" : "this folder is not in a git repository"}`, top.said.includes("dubious ownership") ? "`git config --global --add safe.directory PATH` makes it" : null);
  // What follows `--end-of-options` is never taken for a flag.
  const commit = git(cwd, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`]);
  if (commit.kind !== "ok") return wrong(`git knows no \`${ref}\``, nearRefs(cwd, ref));
  return ok(treeOf(cwd, textOf(commit.bytes), textOf(top.bytes)));
}

/** `prefix`: where the working directory lies in the repository, `a/b/` or empty. */
function treeOf(cwd: string, commit: string, prefix: string): Tree {
  const kinds = new Map<string, "file" | "folder" | null>();
  const object = (path: string): string => `${commit}:${within(prefix, path)}`;
  const kind: Tree["kind"] = (path) => {
    const at = within(prefix, path);
    if (at.startsWith("../")) return null;
    const known = kinds.get(at);
    if (known !== undefined) return known;
    const type = git(cwd, ["cat-file", "-t", object(path)]);
    const found = type.kind !== "ok" ? null : textOf(type.bytes) === "tree" ? "folder" : "file";
    kinds.set(at, found);
    return found;
  };
  return {
    kind,
    names(folder) {
      const names = git(cwd, ["ls-tree", "-z", "--name-only", object(folder)]);
      return names.kind === "ok" ? new TextDecoder().decode(names.bytes).split("\0").filter((name) => name !== "") : [];
    },
    text(path) {
      if (kind(path) !== "file") return wrong(`cannot read \`${path}\`: it does not exist in that commit`);
      const blob = git(cwd, ["cat-file", "blob", object(path)]);
      return blob.kind === "ok" ? decoded(blob.bytes, path) : wrong(`cannot read \`${path}\` from git`);
    },
  };
}

function within(prefix: string, path: string): string {
  return normalPath(`${prefix}${path}`);
}

type Answer = { readonly kind: "ok"; readonly bytes: Uint8Array } | { readonly kind: "failed"; readonly said: string } | { readonly kind: "missing" };

function git(cwd: string, words: readonly string[]): Answer {
  const { status, stdout, stderr, error } = spawnSync("git", words, { cwd, maxBuffer: 64 * 1024 * 1024, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, LC_ALL: "C" } });
  if (error !== undefined && "code" in error && error.code === "ENOENT") return { kind: "missing" };
  return status === 0 ? { kind: "ok", bytes: stdout } : { kind: "failed", said: stderr === null ? "" : textOf(stderr) };
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).trim();
}

function nearRefs(cwd: string, ref: string): string {
  const found = git(cwd, ["for-each-ref", "--format=%(refname:short)", "--count=200", "--sort=-committerdate", "refs/heads", "refs/remotes", "refs/tags"]);
  const refs = found.kind === "ok" ? textOf(found.bytes).split("\n").filter((one) => one !== "") : [];
  const known = refs.length === 0 ? "" : `; it knows ${listed(refs.slice(0, 5))}`;
  return didYouMean(ref, refs) ?? `fetch it first${known}; a CI checkout often has one commit only`;
}
