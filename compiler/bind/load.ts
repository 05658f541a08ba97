// IN: the path of an entry and a host. OUT: the program: every file the entry reaches through `use`, each read and
// parsed once, the entry first. From here on nothing is read but the schemas that rules name.
import { hasErrors, parse, syntaxError, type Diagnostic, type File, type SourceFile, type Span, type Use } from "#lang";
import { normalPath, resolvePath, type Host } from "../host.ts";
import { importCycle } from "../rules/import-cycle.ts";
import { diagnose } from "../rules/rule.ts";
import { unreadableFile } from "../rules/unreadable-file.ts";

/** `path` is the file it names; null where that could not be read, which has been reported. */
export type Import = { readonly use: Use; readonly path: string | null };

export type LoadedFile = {
  readonly source: SourceFile;
  readonly tree: File;
  readonly imports: readonly Import[];
  /** Its text has syntax errors, so what it declares and uses is not known in full. */
  readonly broken: boolean;
};

export type Program = {
  readonly entry: string;
  /** The entry first, then in the order first met. Empty where the entry could not be read. */
  readonly files: readonly LoadedFile[];
};

export type Loaded = { readonly program: Program; readonly diagnostics: readonly Diagnostic[] };

export function load(entryPath: string, host: Host): Loaded {
  const entry = normalPath(entryPath);
  const diagnostics: Diagnostic[] = [];
  const files = new Map<string, LoadedFile>();
  const met = new Set<string>();
  /** The files being read, each with the `use` by which the next one was reached. */
  const trail: { readonly path: string; via: Use | null }[] = [];

  const visit = (path: string, use: Use | null): boolean => {
    if (files.has(path)) return true;
    met.add(path);
    const text = host.read(path);
    if (text === null) {
      diagnostics.push(unreadable(use, path));
      return false;
    }
    const source: SourceFile = { path, text };
    const parsed = parse(source);
    const found = [...parsed.diagnostics, ...halfCharacters(source)];
    diagnostics.push(...found);
    trail.push({ path, via: null });
    const imports = parsed.file.uses.map((next): Import => {
      trail.at(-1)!.via = next;
      return { use: next, path: follow(path, next) };
    });
    trail.pop();
    files.set(path, { source, tree: parsed.file, imports, broken: hasErrors(found) });
    return true;
  };

  const follow = (from: string, use: Use): string | null => {
    const why = notARelativePath(use.path.value);
    if (why !== null) {
      diagnostics.push(diagnose(unreadableFile, { span: use.path.span, message: `cannot use \`${use.path.value}\`: ${why}`, help: 'write a path relative to this file, such as `use "./lib/rules.ward" { name }`' }));
      return null;
    }
    const path = resolvePath(from, use.path.value);
    const at = trail.findIndex((step) => step.path === path);
    if (at >= 0) {
      diagnostics.push(cycle(trail.slice(at).map((step) => ({ path: step.path, span: step.via!.path.span })), use.path.span));
      return path;
    }
    return visit(path, use) ? path : null;
  };

  visit(entry, null);
  return { program: { entry, files: [...met].flatMap((path) => files.get(path) ?? []) }, diagnostics };
}

/** A text that has no UTF-8 form has no bundle either. Files cannot hold one; an editor's buffer can. */
function halfCharacters({ path, text }: SourceFile): readonly Diagnostic[] {
  const at = text.search(/\p{Surrogate}/u);
  return at < 0 ? [] : [syntaxError({ file: path, start: at, end: at + 1 }, "half of a character: this text is not Unicode", "remove it")];
}

function unreadable(use: Use | null, path: string): Diagnostic {
  const span = use?.path.span ?? { file: path, start: 0, end: 0 };
  return diagnose(unreadableFile, {
    span,
    message: use === null ? `cannot read \`${path}\`` : `cannot read \`${use.path.value}\``,
    help: use === null ? "check the path" : `no file \`${path}\` was found; paths are relative to the file that uses them`,
  });
}

/** Why `path` cannot be one, or null. */
function notARelativePath(path: string): string | null {
  if (path === "") return "the path is empty";
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(path)) return "there is no remote import";
  if (path.startsWith("/")) return "the path is absolute";
  if (path.includes("\\")) return "a path is written with forward slashes";
  return null;
}

/** `hops` begin at the file the last `use` leads back to. */
function cycle(hops: readonly { readonly path: string; readonly span: Span }[], closing: Span): Diagnostic {
  const names = [...hops.map((hop) => hop.path), hops[0]!.path];
  return diagnose(importCycle, {
    span: closing,
    message: `files use each other in a circle: ${names.map((name) => `\`${name}\``).join(" -> ")}`,
    labels: hops.slice(0, -1).map((hop, index) => ({ span: hop.span, text: `\`${hop.path}\` uses \`${names[index + 1]}\`` })),
    help: "move what they share into a file that uses neither",
  });
}
