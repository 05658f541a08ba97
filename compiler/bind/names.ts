// IN: a program. OUT: its one namespace: every named declaration of every file, and what each file may say.
// From here on a reference points at its declaration, and every reference is remembered with the declaration it is in.
import type { Declaration, Diagnostic, Label, Name, NamedDeclaration } from "#lang";
import { duplicateName } from "../rules/duplicate-name.ts";
import { diagnose } from "../rules/rule.ts";
import { typeMismatch } from "../rules/type-mismatch.ts";
import { unresolvedName } from "../rules/unresolved-name.ts";
import { pathFrom } from "../host.ts";
import { identity, idOf } from "./identity.ts";
import type { LoadedFile, Program } from "./load.ts";
import { didYouMean, listed, meantBy } from "./nearest.ts";

export type Kind = NamedDeclaration["kind"];

/** What a selector may be: a model stands for its route. */
export const SELECTORS = ["target", "dispatcher", "cascade", "alloy", "model"] as const satisfies readonly Kind[];

/** A name where it is used, and what it means. `id` is its declaration's. */
export type Reference<K extends Kind = Kind> = { readonly name: Name; readonly id: string; readonly to: Extract<NamedDeclaration, { kind: K }> };

export type Names = {
  /** By current name, over all files. */
  readonly declarations: ReadonlyMap<string, NamedDeclaration>;
  /** Every use of a name, in the order met; `owner` is the declaration it stands in. */
  readonly references: readonly (Reference & { readonly owner: Declaration })[];
  readonly diagnostics: readonly Diagnostic[];
  /** Finds what `name` means where it is written; reports and is null where it means nothing, or nothing of these kinds. */
  resolve<K extends Kind>(name: Name, kinds: readonly K[], owner: Declaration): Reference<K> | null;
};

export function collectNames(program: Program): Names {
  const diagnostics: Diagnostic[] = [];
  const references: (Reference & { owner: Declaration })[] = [];
  const declarations = declareAll(program, diagnostics);
  const scopes = new Map(program.files.map((file) => [file.source.path, openScope(file, program, diagnostics)]));

  function resolve<K extends Kind>(name: Name, kinds: readonly K[], owner: Declaration): Reference<K> | null {
    const scope = scopes.get(name.span.file);
    if (scope === undefined || name.text === "") return null;
    const found = declarations.get(name.text);
    if (found === undefined || !scope.visible.has(name.text)) {
      if (!scope.excused.has(name.text) && !mayBeBroken(program, name.text)) diagnostics.push(unresolved(name, { kinds, scope, declarations, found }));
      return null;
    }
    // A name used for the wrong kind of thing is used nonetheless.
    references.push({ name, id: idOf(found), to: found, owner });
    if (!isOneOf(found, kinds)) {
      diagnostics.push(
        diagnose(typeMismatch, {
          span: name.span,
          message: `expected ${expectation(kinds)}, but \`${name.text}\` is ${article(found.kind)}`,
          labels: [{ span: found.name.span, text: "declared here" }],
          ...helpOf(didYouMean(name.text, visibleOf(scope, declarations, kinds))),
        }),
      );
      return null;
    }
    return { name, id: idOf(found), to: found };
  }

  return { declarations, references, diagnostics, resolve };
}

/** `target`, or `a target`, for messages. */
export function expectation(kinds: readonly Kind[]): string {
  return kinds.length > 1 ? "something to route to" : article(kinds[0]!);
}

export function isNamed(declaration: Declaration): declaration is NamedDeclaration {
  return declaration.kind !== "facts" && declaration.kind !== "invariant" && declaration.kind !== "test";
}

type Scope = {
  readonly file: LoadedFile;
  readonly visible: ReadonlySet<string>;
  /** Names whose absence has been reported where they are imported. */
  readonly excused: ReadonlySet<string>;
};

function declareAll(program: Program, diagnostics: Diagnostic[]): ReadonlyMap<string, NamedDeclaration> {
  const declarations = new Map<string, NamedDeclaration>();
  const ids = new Map<string, NamedDeclaration>();
  for (const declaration of program.files.flatMap((file) => file.tree.declarations).filter(isNamed)) {
    const { name } = declaration;
    if (name.text === "") continue;
    const first = declarations.get(name.text);
    if (first !== undefined) {
      diagnostics.push(diagnose(duplicateName, { span: name.span, message: `\`${name.text}\` is declared twice`, labels: [firstHere(first)], help: "all declarations of a program share one namespace, whatever their kind: rename one of them" }));
      continue;
    }
    declarations.set(name.text, declaration);
    const id = idOf(declaration);
    const twin = ids.get(id);
    if (twin === undefined) ids.set(id, declaration);
    else {
      const place = declaration.was ?? name;
      diagnostics.push(diagnose(duplicateName, { span: place.span, message: `\`${name.text}\` and \`${twin.name.text}\` both have the identity \`${identity(declaration)}\``, labels: [firstHere(twin)], help: "a `was` names what this declaration was called before; only one declaration can continue it" }));
    }
  }
  return declarations;
}

function openScope(file: LoadedFile, program: Program, diagnostics: Diagnostic[]): Scope {
  const visible = new Set(namesIn(file));
  const excused = new Set<string>();
  const imported = new Map<string, Name>();
  for (const { use, path } of file.imports) {
    const source = program.files.find((one) => one.source.path === path);
    for (const name of use.names) {
      const before = imported.get(name.text);
      if (before !== undefined) diagnostics.push(diagnose(duplicateName, { span: name.span, message: `\`${name.text}\` is imported twice`, labels: [{ span: before.span, text: "first imported here" }], help: "remove one of the two" }));
      imported.set(name.text, name);
      const offered = source === undefined ? [] : namesIn(source);
      if (offered.includes(name.text)) visible.add(name.text);
      else {
        excused.add(name.text);
        if (source !== undefined && !declaresInText(source, name.text)) diagnostics.push(notOffered(name, use.path.value, { source, offered }));
      }
    }
  }
  return { file, visible, excused };
}

function notOffered(name: Name, path: string, { source, offered }: { source: LoadedFile; offered: readonly string[] }): Diagnostic {
  const passedOn = source.imports.find(({ use }) => use.names.some((one) => one.text === name.text));
  const help = passedOn === undefined
    ? (didYouMean(name.text, offered) ?? (offered.length === 0 ? "that file declares nothing with a name" : `that file declares ${listed([...offered].sort())}`))
    : `that file imports it itself, and imports are not passed on: use \`${passedOn.use.path.value}\` instead`;
  return diagnose(unresolvedName, { span: name.span, message: `\`${path}\` declares no \`${name.text}\``, help });
}

type Looked = {
  readonly kinds: readonly Kind[];
  readonly scope: Scope;
  readonly declarations: ReadonlyMap<string, NamedDeclaration>;
  readonly found: NamedDeclaration | undefined;
};

function unresolved(name: Name, { kinds, scope, declarations, found }: Looked): Diagnostic {
  const labels: Label[] = [];
  const help = didYouMean(name.text, visibleOf(scope, declarations, kinds));
  if (found !== undefined) {
    labels.push({ span: found.name.span, text: "declared here" });
    const path = importPath(scope.file.source.path, found.span.file);
    return diagnose(unresolvedName, { span: name.span, message: `\`${name.text}\` is declared in another file and not imported in this one`, labels, help: `import it: \`use "${path}" { ${name.text} }\`` });
  }
  return diagnose(unresolvedName, { span: name.span, message: `unknown ${nounFor(name.text, { kinds, scope, declarations, found })} \`${name.text}\``, labels, ...helpOf(help ?? whatThereIs(scope, declarations, kinds)) });
}

/** What the author was about to name: where it can be of many kinds, that of the name it is closest to. */
function nounFor(name: string, { kinds, scope, declarations }: Looked): string {
  if (kinds.length === 1) return kinds[0]!;
  const meant = meantBy(name, visibleOf(scope, declarations, kinds));
  return meant === null ? "target or selector" : declarations.get(meant)!.kind;
}

function whatThereIs(scope: Scope, declarations: ReadonlyMap<string, NamedDeclaration>, kinds: readonly Kind[]): string | null {
  const names = [...visibleOf(scope, declarations, kinds)].sort();
  if (names.length === 0) return kinds.length > 1 ? "declare a target or a selector of this name" : `declare ${article(kinds[0]!)} of this name`;
  return names.length > 8 ? null : `there ${names.length === 1 ? "is" : "are"} ${listed(names)}`;
}

function visibleOf(scope: Scope, declarations: ReadonlyMap<string, NamedDeclaration>, kinds: readonly Kind[]): readonly string[] {
  return [...scope.visible].filter((name) => {
    const declaration = declarations.get(name);
    return declaration !== undefined && isOneOf(declaration, kinds);
  });
}

function isOneOf<K extends Kind>(declaration: NamedDeclaration, kinds: readonly K[]): declaration is Extract<NamedDeclaration, { kind: K }> {
  return kinds.some((kind) => kind === declaration.kind);
}

/** A declaration that did not parse is not in the tree; a use of it is not another mistake. */
function mayBeBroken(program: Program, name: string): boolean {
  return program.files.some((file) => declaresInText(file, name));
}

function declaresInText(file: LoadedFile, name: string): boolean {
  if (!file.broken || !/^[\w-]+$/.test(name)) return false;
  return new RegExp(`\\b(provider|target|dispatcher|cascade|alloy|guard|rule|alert|model)\\s+${name}(?![A-Za-z0-9_-])`).test(file.source.text);
}

function namesIn(file: LoadedFile): readonly string[] {
  return file.tree.declarations.filter(isNamed).map((one) => one.name.text);
}

function importPath(from: string, to: string): string {
  const path = pathFrom(from, to);
  return path.startsWith("../") ? path : `./${path}`;
}

function firstHere(first: NamedDeclaration): Label {
  return { span: first.name.span, text: "first declared here" };
}

function article(kind: Kind): string {
  return `${kind === "alert" || kind === "alloy" ? "an" : "a"} ${kind}`;
}

function helpOf(help: string | null): { readonly help?: string } {
  return help === null ? {} : { help };
}
