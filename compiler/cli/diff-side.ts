// A side of a comparison as it stands on the command line -> the program it means: a `.ward` file, a folder with one entry, a
// compiled bundle, or any of these as a commit has it: `git:REF[:PATH]`.
import { load } from "#runtime/load";
import type { Program } from "../diff/index.ts";
import { renderText } from "../report/index.ts";
import { paletteFor } from "./color.ts";
import { compileEntry } from "./compile-entry.ts";
import { hostAt, readText, type Root } from "./files.ts";
import { treeAt } from "./git.ts";
import { oneInput } from "./inputs.ts";
import { ok, wrong, type Io, type Result } from "./io.ts";
import type { Arguments } from "./verb.ts";

/** `other` is the other side: `git:REF` alone means the same path there. Errors of a program have been printed. */
export function sideAt(given: string, other: string, { args, io }: { readonly args: Arguments; readonly io: Io }): Result<Program> {
  const place = placeOf(given, other, io);
  if (!place.ok) return place;
  const { root, path, label } = place.value;
  const input = oneInput(path, args, { cwd: root });
  if (!input.ok) return wrong(`\`${label}\`: ${input.problem.message}`, input.problem.help);
  if (input.value.kind === "bundle") return bundleAt(root, input.value.path, label);
  const { bundle, diagnostics, sources } = compileEntry(input.value, hostAt(root));
  if (bundle === null) {
    io.err(renderText(diagnostics.filter((one) => one.severity === "error"), sources, { palette: paletteFor(args, io, "err") }));
    return wrong(`\`${label}\` does not compile, so there is nothing to compare`);
  }
  const folder = folderOf(input.value.path);
  const texts = new Map(sources.map((one) => [one.path, one.text]));
  return ok({ bundle, label, folder, text: (file) => texts.get(folder === "" ? file : `${folder}/${file}`) ?? null });
}

type SidePlace = { readonly root: Root; readonly path: string; readonly label: string };

function placeOf(given: string, other: string, io: Io): Result<SidePlace> {
  if (!given.startsWith("git:")) return ok({ root: io.cwd, path: given, label: given });
  const [ref = "", ...rest] = given.slice("git:".length).split(":");
  if (ref === "") return wrong(`\`${given}\` names no commit`, "write `git:main` or `git:HEAD~1:policies/main.ward`");
  const path = rest.join(":") || (other.startsWith("git:") ? other.split(":").slice(2).join(":") : other) || ".";
  const tree = treeAt(io.cwd, ref);
  return tree.ok ? ok({ root: tree.value, path, label: `git:${ref}:${path}` }) : tree;
}

function bundleAt(root: Root, path: string, label: string): Result<Program> {
  const text = readText(root, path);
  if (!text.ok) return text;
  const result = load(text.value);
  if (!result.ok) return wrong(`\`${label}\`: ${result.problem.message}`, result.problem.help);
  return ok({ bundle: result.loaded.bundle, label, folder: "", text: () => null });
}

function folderOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}
