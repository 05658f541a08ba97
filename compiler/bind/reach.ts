// Which declarations are in force: those that can be reached from a root by following names.
import type { Declaration, NamedDeclaration } from "#lang";
import type { Names } from "./names.ts";

export function reachedFrom(roots: readonly Declaration[], names: Names): ReadonlySet<Declaration> {
  const uses = new Map<Declaration, NamedDeclaration[]>();
  for (const { owner, to } of names.references) {
    const list = uses.get(owner);
    if (list === undefined) uses.set(owner, [to]);
    else list.push(to);
  }
  const reached = new Set<Declaration>(roots);
  for (const declaration of reached) for (const next of uses.get(declaration) ?? []) reached.add(next);
  return reached;
}

/** What a bundle is made of. A program without models is a library: all of it may be wanted. */
export function inForce(declarations: readonly Declaration[], names: Names): ReadonlySet<Declaration> {
  const hasModels = declarations.some((one) => one.kind === "model");
  return reachedFrom(hasModels ? declarations.filter((one) => one.kind === "model" || one.kind === "invariant") : declarations, names);
}
